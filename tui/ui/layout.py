"""Positions of panes and charts: pure functions of a size, and the Textual layouts that apply them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from tui.ui.chart_tiles import stacked, tiles

MARKET_WIDTH = 60
MARKET_WIDE = 63
MARKET_NARROW = 47
WIDE = 160
NORMAL = 100
NORMAL_HEIGHT = 24
_FEWEST_POD_LINES = 7
_NOTICE_LINES = 10

BOTH = 200
"""Columns from which on the market stands beside the map of GPUs, and not in its place."""

PANES = ("pods", "telemetry", "market")
ASIDES = ("map", "market", "none")
"""What stands beside pods and telemetry."""

_LEAST_UNDER = 4
"""Lines under the pods in which the GPUs of one are shown."""

_NEEDY, _NEEDY_FROM = 7, 17
"""Lines of GPUs that need attention under a long list of pods, and of a body from which on they are shown."""


def single(width: int, height: int) -> bool:
    """Whether a terminal of this size has room for one pane at a time only."""
    return width < NORMAL or height < NORMAL_HEIGHT


def panes(
    width: int,
    height: int,
    active: str,
    rows: int,
    alone: bool = False,
    *,
    aside: str = "market",
    cells: Callable[[int], int] = lambda width: 0,
    gpus: bool = False,
    needy: bool = False,
) -> dict[str, Region]:
    """The region of every visible pane in a body of this size.

    Alone: the active pane. Normal: pods above, telemetry and market below; or the map of GPUs between pods and
    telemetry. Wide: the market beside both. `rows`: number of pods to show.

    aside: one of `ASIDES`; cells: the lines that the map takes in a pane of a width.
    gpus:  whether, where the list of pods is alone and leaves room, the GPUs of one of them stand below it.
    needy: whether there are GPUs that need attention: in a list that leaves no room they have some.
    """
    if alone:
        top = rows + 3
        if needy and height >= _NEEDY_FROM and height - top < _LEAST_UNDER:
            top = height - _NEEDY
        if gpus and rows and active == "pods" and height - top >= _LEAST_UNDER:
            return {"pods": Region(0, 0, width, top), "gpus": Region(0, top, width, height - top)}
        return {active: Region(0, 0, width, height)}
    pods = min(max(rows + 3, _FEWEST_POD_LINES) if rows else _NOTICE_LINES, height * 2 // 5)
    rest = height - pods
    beside = MARKET_WIDE if width >= WIDE else MARKET_WIDTH if width >= 2 * MARKET_WIDTH else MARKET_NARROW
    left = width - beside
    has_market = aside == "market" or (aside == "map" and width >= BOTH)
    upper = left if has_market and width >= WIDE else width
    lines = min(cells(upper) + 2, max(3, rest // 3)) if aside == "map" else 0
    lower = left if has_market else width
    regions = {
        "pods": Region(0, 0, upper, pods),
        "map": Region(0, pods, upper, lines),
        "telemetry": Region(0, pods + lines, lower, rest - lines),
    }
    if has_market:
        above = 0 if width >= WIDE else pods
        regions["market"] = Region(left, above, width - left, height - above)
    return {name: region for name, region in regions.items() if region.height}


DETAIL = ("gpus", "facts", "charts", "timeline")
_FACTS_WIDTH = 58
_LEAST_CHART = 6


_FACTS_ASIDE = 112
"""Columns from which on the facts of a pod have room beside its charts: half of that."""


_TIMELINE = (6, 14)
"""Lines of the events of a pod, at least and at most, where they stand below its charts."""


def detail(
    width: int, height: int, active: str, alone: bool = False, gpus: int = 0, events: int = 0
) -> dict[str, Region]:
    """The region of every pane of a pod's screen: its GPUs, below them charts and events, below these its facts.

    With room for a line of them: the facts beside charts and events. Alone: the active pane; the GPUs have the charts
    below them, if there is room.
    gpus: how many GPUs the pod has; without any there is no pane of them, unless it is the only one.
    events: how many there are: lines that they do not take are for the charts above them.
    """
    top = min(gpus + 3, height if alone else height // 2) if gpus else 0
    below = height - top
    if alone:
        if active == "gpus" and top and below >= _LEAST_CHART:
            return {"gpus": Region(0, 0, width, top), "charts": Region(0, top, width, below)}
        return {active: Region(0, 0, width, height)}
    if width >= _FACTS_ASIDE:
        left = width * 11 // 20
        least, most = _TIMELINE
        charts = max(below * 3 // 5, below - min(most, max(least, events + 3)))
        regions = {
            "charts": Region(0, top, left, charts),
            "timeline": Region(0, top + charts, left, below - charts),
            "facts": Region(left, top, width - left, below),
        }
    else:
        left, charts = width * 3 // 5, below // 2
        regions = {
            "charts": Region(0, top, left, charts),
            "timeline": Region(left, top, width - left, charts),
            "facts": Region(0, top + charts, width, below - charts),
        }
    regions["gpus"] = Region(0, 0, width, top)
    return {name: region for name, region in regions.items() if region.height}


EVENTS_ASIDE = 64
_LEAST_ABOUT, _MOST_ABOUT = 12, 24
"""Lines of the details of one event: at least; and where they take no more beside the log."""


def events(width: int, height: int, rows: int = 0) -> dict[str, Region]:
    """The log, and the details of one event with what else happened to its pod.

    These are below a log of so few rows that it leaves room for them, else in wide terminals beside it.
    """
    top = rows + 3
    if rows and height - top >= _LEAST_ABOUT and (width < WIDE or top <= height // 2):
        left = max(EVENTS_ASIDE, width // 3) if width >= WIDE else width // 2 if width >= NORMAL else width
        regions = {"about": Region(0, top, left, height - top)}
        if left < width:
            regions["others"] = Region(left, top, width - left, height - top)
        return {"events": Region(0, 0, width, top), **regions}
    if width < WIDE:
        return {"events": Region(0, 0, width, height)}
    left, about = width - max(EVENTS_ASIDE, width // 3), min(_MOST_ABOUT, max(1, height * 3 // 5))
    regions = {
        "events": Region(0, 0, left, height),
        "about": Region(left, 0, width - left, about),
        "others": Region(left, about, width - left, height - about),
    }
    return {name: region for name, region in regions.items() if region.height}


_LEAST_FACTS = 6
"""Lines under the hosts in which facts of one are shown."""

HOSTS = ("hosts", "facts", "charts", "earnings")
_EARNINGS = 10


def hosts(
    width: int, height: int, active: str, rows: int, alone: bool = False, whole: bool = False, facts: bool = False
) -> dict[str, Region]:
    """The region of every pane of the hosts' screen: the list above; below it the details of the host under the cursor.

    whole: the details take the room of the list.
    facts: whether, where the list is alone and leaves room, the facts of the host stand below it.
    """
    top = rows + 3
    if alone and facts and rows and active == "hosts" and height - top >= _LEAST_FACTS:
        return {"hosts": Region(0, 0, width, top), "facts": Region(0, top, width, height - top)}
    if alone:
        return {active: Region(0, 0, width, height)}
    top = 0 if whole else min(max(rows + 3, 5), max(5, height // 3))
    rest = height - top
    left = min(max(_FACTS_WIDTH, width * 2 // 5), width // 2)
    earnings = min(_EARNINGS + (rest - 24) // 3, rest // 2) if rest >= 16 else 0
    regions = {
        "hosts": Region(0, 0, width, top),
        "facts": Region(0, top, left, rest),
        "charts": Region(left, top, width - left, rest - earnings),
        "earnings": Region(left, height - earnings, width - left, earnings),
    }
    return {name: region for name, region in regions.items() if region.height}


_LEAST_MAP = 3
"""Lines of the map of GPUs with its frame, at least."""


def all_accounts(
    width: int,
    height: int,
    active: str,
    count: int,
    alone: bool = False,
    rows: int = 0,
    cells: Callable[[int], int] = lambda width: 0,
) -> dict[str, Region]:
    """The regions of the screen of all accounts: these above, and their pods; below, in the room that the pods leave,
    the map of all GPUs and the GPUs of one pod.

    count: how many accounts there are; rows: how many pods; cells: the lines that the map takes in a pane of a width.
    """
    least = rows + 3
    if alone:
        if rows and active == "pods" and height - least >= _LEAST_UNDER:
            return {"pods": Region(0, 0, width, least), "gpus": Region(0, least, width, height - least)}
        return {active: Region(0, 0, width, height)}
    top = min(count + 3, max(4, height // 3))
    free = height - top - least if rows else 0
    wanted = cells(width)
    mapped = min(wanted + 2, free) if wanted and free >= _LEAST_MAP else 0
    under = free - mapped if free - mapped >= _LEAST_UNDER else 0
    y, regions = 0, {}
    for name, lines in (
        ("accounts", top), ("pods", height - top - mapped - under), ("map", mapped), ("gpus", under)
    ):  # fmt: skip
        if lines:
            regions[name] = Region(0, y, width, lines)
            y += lines
    return regions


MARKET = ("list", "facts", "trend")
_BESIDE = 66

_FEWEST_LISTED = 5
"""Rows that a list above or below other panes has room for at least."""

_FEWEST_OFFERS, _TREND = 10, 17
"""Rows that the list of a wide terminal has room for at least, and lines that its charts get beside a long one."""


def over_facts(width: int, height: int, rows: int) -> dict[str, Region]:
    """A list of so few rows that the facts of one have room below it; empty if they have not, or without rows."""
    top = rows + 3
    if not rows or height - top < _LEAST_FACTS:
        return {}
    return {"list": Region(0, 0, width, top), "facts": Region(0, top, width, height - top)}


def market(
    width: int, height: int, active: str, rows: int, alone: bool = False, trend: bool = True, below: int = 0
) -> dict[str, Region]:
    """The region of every pane of the market's screen: the list, and facts and trend of the row under the cursor.

    Below the list; in wide terminals the facts beside both. Without a trend they take the room below the list.

    rows: of the list, which takes no more lines than it has.
    below: the rows of the list, if it is alone and may leave room for the facts of one.
    """
    if alone:
        return over_facts(width, height, below) or {active: Region(0, 0, width, height)}
    if not trend:
        top = min(max(rows, _FEWEST_LISTED) + 3, height * 3 // 5)
        return {"list": Region(0, 0, width, top), "facts": Region(0, top, width, height - top)}
    if width >= WIDE:
        left = width - max(_BESIDE, width // 3)
        top = min(max(rows, _FEWEST_OFFERS) + 3, max(height - _TREND, height * 3 // 5))
        return {
            "list": Region(0, 0, left, top),
            "facts": Region(left, 0, width - left, height),
            "trend": Region(0, top, left, height - top),
        }
    top = max(min(rows + 3, height - 15), height // 2)
    left = max(width // 2, min(_BESIDE, width - 40))
    return {
        "list": Region(0, 0, width, top),
        "facts": Region(0, top, left, height - top),
        "trend": Region(left, top, width - left, height - top),
    }


_FACTS = 50


def account(
    width: int, height: int, active: str, rows: int, head: int, alone: bool = False, below: int = 0
) -> dict[str, Region]:
    """The region of every pane of the account's screen.

    head: cells of the facts, which then stand above the list with the chart, as they matter most; 0: beside it,
          without a chart. rows: number of rows in the list. below: see `market`.
    """
    if alone:
        return over_facts(width, height, below) or {active: Region(0, 0, width, height)}
    if not head:
        left = width - max(_FACTS, min(width * 2 // 5, _FACTS + 20))
        return {"list": Region(0, 0, left, height), "facts": Region(left, 0, width - left, height)}
    left = min(max(head, width * 3 // 10), 2 * _FACTS, width // 2) if width >= WIDE else min(head, width // 2)
    top = height - min(max(rows, _FEWEST_LISTED) + 3, height // 2)
    return {
        "list": Region(0, top, width, height - top),
        "facts": Region(0, 0, left, top),
        "trend": Region(left, 0, width - left, top),
    }


def place_of(widget: Widget) -> str:
    """The place of a widget among the panes: its id; tables of the class `list` share one."""
    return "list" if widget.has_class("list") else widget.id or ""


class RegionLayout(Layout):
    """Places the children in the regions that a function of the size has for them."""

    name = "regions"

    def __init__(self, regions: Callable[[int, int], Mapping[str, Region]]) -> None:
        self._regions = regions

    def arrange(self, parent: Widget, children: Sequence[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        regions = self._regions(size.width, size.height)
        return _place((child, regions[place_of(child)]) for child in children if place_of(child) in regions)


AXIS = "axis"
"""The class of the time axis among charts."""


class Tiles(Layout):
    """Applies `tiles` to the children, in order: the charts, and the time axis of several."""

    name = "tiles"

    def __init__(self) -> None:
        self.count = 0
        self.rows_of: tuple[int, ...] = ()
        self.lines: tuple[int, ...] = ()

    def arrange(self, parent: Widget, children: Sequence[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        charts = [child for child in children if not child.has_class(AXIS)]
        count = self.count or len(charts)
        regions = stacked(size.width, self.lines) if self.lines else tiles(
            size.width, size.height, count, self.rows_of
        )  # fmt: skip
        if count > 1:
            *regions_of_charts, below = regions or (Region(),)
            axes = [child for child in children if child.has_class(AXIS)]
            return _place([*zip(charts, regions_of_charts, strict=False), *((axis, below) for axis in axes)])
        return _place(zip(charts, regions, strict=False))


def _place(pairs: Iterable[tuple[Widget, Region]]) -> ArrangeResult:
    return [WidgetPlacement(region, Offset(), Spacing(), widget, order) for order, (widget, region) in enumerate(pairs)]
