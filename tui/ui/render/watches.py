"""Market watches in words: columns and cells. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import msgspec

from tui.domain import offered
from tui.domain.filter_units import RATE
from tui.domain.filters import Field, Fields, Kind, When
from tui.domain.market_watch import MarketWatch, State, blind, hit, what
from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell
from tui.ui.render.offers import when
from tui.ui.widgets.table import Cells, Column

if TYPE_CHECKING:
    from tui.store.fleet import Fleet

COLUMNS = (
    Column("state", "STATE", 12, 0, sort="state"),
    Column("what", "WATCH", 24, 0, flex=True, sort="what"),
    Column("now", "NOW", 22, 1),
    Column("then", "ACTION", 30, 2),
    Column("since", "SINCE", 12, 4, sort="since"),
    Column("words", "NOTE", 34, 3),
)

_STATES = {
    State.WAITING: ("◌ ", "muted"), State.ARMED: ("◉ ", "warn"), State.SENDING: ("▸ ", "accent"),
    State.DONE: ("✓ ", "good"), State.GIVEN_UP: ("✕ ", "bad"), State.UNKNOWN: ("? ", "warn"),
}  # fmt: skip


def fields(fleet: Fleet, now: float, tz: tzinfo | None) -> Fields[MarketWatch]:
    """The fields that watches are filtered by, at an instant of the market."""

    def shown(cell: Cell) -> str:
        return "".join(text for text, _ in cell)

    return Fields(
        {
            "state": (Field(Kind.WORDS, "part of a state", ("status",)), lambda watch: _word(watch)),
            "watch": (Field(Kind.WORDS, "part of what is watched", ("what",)), what),
            "gpu": (Field(Kind.WORDS, "part of a GPU type", ("name",)), lambda watch: watch.names),
            "pod": (Field(Kind.WORDS, "part of a pod's name"), lambda watch: watch.pod_name),
            "price": (Field(Kind.NUMBER, "$/GPU/h at most", ("ceiling",), unit=RATE), lambda watch: watch.ceiling),
            "now": (Field(Kind.WORDS, "part of what there is now, such as none"), lambda w: shown(_now(w, fleet))),
            "action": (Field(Kind.WORDS, "part of the action, such as deploy"), lambda watch: shown(_then(watch))),
            "since": (
                Field(Kind.TIME, "how long ago it was made, or part of the date"),
                lambda watch: When(now - watch.made_at, when(watch.made_at, now, tz)),
            ),
            "note": (Field(Kind.WORDS, "part of the note"), lambda watch: watch.words),
        },
        lambda watch: f"{what(watch)} {_word(watch)} {watch.words}".lower(),
    )


ORDERS: Mapping[str, Callable[[MarketWatch], Any]] = {
    "since": lambda watch: (watch.over, watch.made_at),
    "state": lambda watch: (watch.over, watch.state.value, watch.made_at),
    "what": lambda watch: (what(watch).lower(), watch.made_at),
}


def ordered(watches: Iterable[MarketWatch], sort: str, inverted: bool) -> list[MarketWatch]:
    """The watches, sorted."""
    return sorted(watches, key=ORDERS[sort], reverse=inverted)


def _word(watch: MarketWatch) -> str:
    """Its state in a word."""
    return "available" if watch.met_at is not None and watch.state is State.WAITING else watch.state.value


def cells(watch: MarketWatch, fleet: Fleet, now: float, tz: tzinfo | None) -> Cells:
    """The cells of one watch."""
    glyph, role = _STATES[watch.state]
    word = _word(watch)
    if word == "available":
        glyph, role = "● ", "good"
    return {
        "state": ((glyph, role), (word, role)),
        "what": ((what(watch), "muted" if watch.over else "text"),),
        "now": _now(watch, fleet),
        "then": _then(watch),
        "since": ((when(watch.made_at, now, tz), "muted"),),
        "words": ((watch.words, "muted"),),
    }


def _now(watch: MarketWatch, fleet: Fleet) -> Cell:
    """Its current state: the price, or that there is none."""
    if watch.over:
        return ()
    if blind(watch, fleet.lacks, fleet.market_lacks):
        return ((offered.MARKED, "warn"),)
    if watch.pod:
        record = fleet.records.get(watch.pod)
        machine = record.pod.machine if record is not None and record.pod is not None else None
        free = machine.gpu_available if machine is not None else None
        return (("unknown" if free is None else f"{free} free on its host", "text" if free else "muted"),)
    market = fleet.market_for(watch.question).value
    if market is None:
        return (("◌ loading", "muted"),)
    offer = hit(msgspec.structs.replace(watch, ceiling=None), market)
    if offer is None:
        return (("none free", "muted"),)
    dear = watch.ceiling is not None and offer.price > watch.ceiling
    return ((fmt.money(offer.price), "text" if not dear else "warn"), (f" {offer.name}", "muted"))


def _then(watch: MarketWatch) -> Cell:
    if watch.plan is not None:
        return (("deploy", "warn"), (f" up to {fmt.money(watch.plan.cap)}/h, {watch.plan.attempts} tries", "muted"))
    return (("resume", "warn"),) if watch.pod else (("notify me", "muted"),)
