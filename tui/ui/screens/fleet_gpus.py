"""The GPUs on the Fleet screen: the map of all, and those of one pod. Imported when one of the two is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.format import numbers
from tui.store.fleet import Fleet
from tui.store.views import gpu_map
from tui.store.views.attention import worst
from tui.store.views.pods import gpu_name
from tui.ui.primitives import gpu_plan
from tui.ui.primitives.cells import Cell
from tui.ui.render import empty_states, gpus, needy_gpus
from tui.ui.render.gpu_map import Signs, legend
from tui.ui.widgets.gpu_map import GpuMap

MOST_LINES = 12
"""Lines of the map, at most, before it scrolls."""

MOST_LISTED = 64
"""Pods on the map up to which those with GPUs that need attention are listed in the room below it."""

FRAME = 5
"""Cells of a line of the map that its frame and its scroll bar take."""


class FleetGpus:
    """What the map and the pane of one pod show; each GPU keeps its shade from one drawing to the next."""

    def __init__(self) -> None:
        self._signs = Signs()
        self._grouped: tuple[Sequence[str], object, tuple[gpu_map.Group, ...]] | None = None
        self._named: tuple[tuple[gpu_map.Group, ...], tuple[gpu_map.Group, ...]] = (), ()

    def _groups(self, fleet: Fleet, keys: Sequence[str]) -> tuple[gpu_map.Group, ...]:
        """The GPUs of these pods, in their order."""
        # Asked for by each layout: there may be thousands of pods.
        if self._grouped is None or self._grouped[0] is not keys or self._grouped[1] is not fleet.records:
            self._grouped = keys, fleet.records, gpu_map.groups(fleet, keys)
        return self._grouped[2]

    def lines(self, fleet: Fleet, keys: Sequence[str], width: int) -> int:
        """The lines that the map of these pods takes in a pane of a width."""
        return gpu_plan.lines_wanted(self._by_name(self._groups(fleet, keys)), width - FRAME, MOST_LINES)

    def show_map(
        self, pane: GpuMap, fleet: Fleet, now: float, keys: Sequence[str], *, shades: bool, live: float | None
    ) -> None:
        """Show the GPUs of these pods: by name if all fit, so that each keeps its place, else in their order, so that
        the first ones are seen. `live`: see `Signs.follow`."""
        self._signs.follow(live, shades)
        groups = in_order = self._groups(fleet, keys)
        if pane.fits(groups):
            groups = self._by_name(groups)
        room = pane.room_below(groups) if len(groups) <= MOST_LISTED else 0
        needy = _needy(fleet, [group.pod for group in in_order], now) if room else ()
        pane.show(
            groups,
            lambda pod: self._signs.of_pod(pod, gpu_map.spots(fleet, pod, now)),
            notice=empty_states.gpus(fleet),
            below=needy_gpus.listed(needy, pane.size.width, room),
        )

    def _by_name(self, groups: tuple[gpu_map.Group, ...]) -> tuple[gpu_map.Group, ...]:
        if self._named[0] is not groups:
            self._named = groups, tuple(sorted(groups, key=lambda group: (group.name.lower(), group.pod)))
        return self._named[1]

    def entitle(self, pane: GpuMap, title: str, fleet: Fleet, now: float, *, brief: bool, shades: bool) -> None:
        """The title of the map reads the GPU under its cursor. `brief`: nothing else, for narrow terminals."""
        pod, number = pane.cursor or ("", 0)
        # The pod may have lost its GPUs since the map was shown.
        for gpu in gpu_map.gpus(fleet, pod, now)[number : number + 1]:
            read = gpus.words(fleet.records[pod].name or pod, gpu, brief)
            title = read if brief else f"{title}  {read}"
        pane.entitle(title, legend(shades, pane.size.width - 2))

    def of_pod(
        self, fleet: Fleet, key: str, keys: Sequence[str], now: float, width: int, height: int
    ) -> tuple[str, tuple[Cell, ...]]:
        """The title of a pane of this size and its lines: the GPUs of a pod, and those of the others that need
        attention; both are empty without a pod."""
        title, lines = of_pod(fleet, key, now, width, height)
        if not title:
            return "", ()
        others = _needy(fleet, [other for other in keys if other != key], now)
        return title, (*lines, *needy_gpus.listed(others, width, height - len(lines), "Other GPUs"))


def of_pod(fleet: Fleet, key: str, now: float, width: int, height: int) -> tuple[str, tuple[Cell, ...]]:
    """A title and lines in a room of this size: the GPUs of a pod; both are empty without one."""
    record = fleet.records.get(key)
    if record is None or record.pod is None:
        return "", ()
    cost = record.pod.cost_per_hr
    each = gpu_map.gpus(fleet, record.id, now, gpus.SPARK)
    alert = worst(fleet).get(record.id)
    lines = gpus.strip(each, alert, width, height)
    if not each:
        lines = (*lines, (("No GPU is rented now", "muted"),))
    # An alert says it, and the row of the pod above.
    price = (f"{numbers.money(cost)}/h",) if each and cost is not None and alert is None else ()
    kind = (gpus.number_of(len(each), gpu_name(record)),) if each else ()
    return "  ".join((record.name or record.id, *kind, *price)), lines


def _needy(fleet: Fleet, keys: Sequence[str], now: float) -> Iterator[tuple[str, Sequence[gpu_map.Gpu]]]:
    """The names of those of these pods that have GPUs which need attention, with these GPUs."""
    return ((record.name or record.id, needy) for record, needy in gpu_map.troubled(fleet, keys, now))
