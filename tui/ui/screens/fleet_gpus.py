"""The GPUs on the Fleet screen: the map of all, and those of one pod. Imported when one of the two is shown."""

from __future__ import annotations

from collections.abc import Sequence

from tui.format import numbers
from tui.store.fleet import Fleet
from tui.store.views import gpu_map
from tui.store.views.attention import kinds_of, ranks, worst
from tui.store.views.gpu_map import count_of
from tui.store.views.pods import gpu_name
from tui.ui.primitives import gpu_plan
from tui.ui.primitives.cells import Cell
from tui.ui.render import empty_states, gpus, needy_gpus
from tui.ui.render.gpu_map import Signs, legend
from tui.ui.widgets.gpu_map import GpuMap

MOST_LINES = 12
"""Lines of the map, at most, before it scrolls."""

MOST_LISTED = 64
"""Pods of which each GPU is looked at, to list those that need attention: of more, those with alerts, worst first."""

_OF_ONE = frozenset(("straggler", "unused", "hot"))
"""Alerts about single GPUs: their pods are looked at first."""

ATTENTION = "GPUs that need attention"

FRAME = 5
"""Cells of a line of the map that its frame and its scroll bar take."""


class ByName:
    """Pods in the order of their names, in which each keeps its place on a map. Of thousands they are kept sorted."""

    def __init__(self) -> None:
        self._last: tuple[tuple[gpu_map.Group, ...], tuple[gpu_map.Group, ...]] = (), ()

    def of(self, groups: tuple[gpu_map.Group, ...]) -> tuple[gpu_map.Group, ...]:
        if self._last[0] is not groups:
            self._last = groups, tuple(sorted(groups, key=lambda group: (group.name.lower(), group.pod)))
        return self._last[1]


class FleetGpus:
    """What the map and the pane of one pod show; each GPU keeps its shade from one drawing to the next."""

    def __init__(self) -> None:
        self._signs = Signs()
        self._grouped: tuple[Sequence[str], object, tuple[gpu_map.Group, ...]] | None = None
        self._by_name = ByName()

    def _groups(self, fleet: Fleet, keys: Sequence[str]) -> tuple[gpu_map.Group, ...]:
        """The GPUs of these pods, in their order."""
        # Asked for by each layout: there may be thousands of pods.
        if self._grouped is None or self._grouped[0] is not keys or self._grouped[1] is not fleet.records:
            self._grouped = keys, fleet.records, gpu_map.groups(fleet, keys)
        return self._grouped[2]

    def lines(self, fleet: Fleet, keys: Sequence[str], width: int) -> int:
        """The lines that the map of these pods takes in a pane of a width."""
        return gpu_plan.lines_wanted(self._by_name.of(self._groups(fleet, keys)), width - FRAME, MOST_LINES)

    def show_map(
        self, pane: GpuMap, fleet: Fleet, now: float, keys: Sequence[str], *, shades: bool, live: float | None
    ) -> None:
        """Show the GPUs of these pods: by name if all fit, so that each keeps its place, else in their order, so that
        the first ones are seen. `live`: see `Signs.follow`."""
        self._signs.follow(live, shades)
        groups = in_order = self._groups(fleet, keys)
        if pane.fits(groups):
            groups = self._by_name.of(groups)
        room = pane.room_below(groups)
        pods, left = _looked_at(fleet, [group.pod for group in in_order]) if room else ([], False)
        pane.show(
            groups,
            lambda pod: self._signs.of_pod(pod, gpu_map.spots(fleet, pod, now)),
            notice=empty_states.gpus(fleet),
            below=needy_gpus.listed(_needy(fleet, pods, now), pane.size.width, room, left=left),
        )

    def entitle(self, pane: GpuMap, title: str, fleet: Fleet, now: float, *, brief: bool, shades: bool) -> None:
        """The title of the map reads the GPU under its cursor. `brief`: nothing else, for narrow terminals."""
        pod, number = pane.cursor or ("", 0)
        # The pod may have lost its GPUs since the map was shown.
        for gpu in gpu_map.gpus(fleet, pod, now)[number : number + 1]:
            read = gpus.words(fleet.records[pod].name or pod, gpu, brief)
            title = read if brief else f"{title}  {read}"
        pane.entitle(title, legend(shades, pane.size.width - 2))

    def of_all(
        self, fleet: Fleet, keys: Sequence[str], now: float, width: int, height: int
    ) -> tuple[str, tuple[Cell, ...]]:
        """The title of a pane of this size and its lines: the GPUs of these pods that need attention."""
        pods, left = _looked_at(fleet, keys)
        lines = needy_gpus.listed(_needy(fleet, pods, now), width, height, "", left=left)
        return ATTENTION, lines or ((("None now", "muted"),),)

    def of_pod(
        self, fleet: Fleet, key: str, keys: Sequence[str], now: float, width: int, height: int
    ) -> tuple[str, tuple[Cell, ...]]:
        """The title of a pane of this size and its lines: the GPUs of a pod, and those of the others that need
        attention; both are empty without a pod."""
        title, lines = of_pod(fleet, key, now, width, height)
        if not title:
            return "", ()
        pods, left = _looked_at(fleet, [other for other in keys if other != key])
        others = list(_needy(fleet, pods, now))
        below = needy_gpus.listed(others, width, height - len(lines), "Other GPUs", left=left)
        own = gpu_map.gpus(fleet, key, now) if others and not below else ()
        if len(own) > 1 and all(gpu.loud and gpu.doing is own[0].doing for gpu in own):
            # One line says it of all of them: which ones of other pods do not work is seen beside it.
            record = fleet.records[key]
            lines = gpus.strip((), worst(fleet).get(record.id), width, height)
            each = [(record.name or record.id, own), *others]
            below = needy_gpus.listed(each, width, height - len(lines), "", left=left)
        return title, (*lines, *below)


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


def _looked_at(fleet: Fleet, keys: Sequence[str]) -> tuple[Sequence[str], bool]:
    """Those of these pods whose GPUs are looked at one by one, and whether others have alerts."""
    if len(keys) <= MOST_LISTED:
        return keys, False
    # There may be thousands: those with alerts are known.
    shown = set(keys)
    needing = [pod for pod in ranks(fleet) if pod in shown and count_of(fleet.records[pod])]
    kinds = kinds_of(fleet)
    needing.sort(key=lambda pod: _OF_ONE.isdisjoint(kinds.get(pod, ())))
    return needing[:MOST_LISTED], len(needing) > MOST_LISTED


def _needy(fleet: Fleet, keys: Sequence[str], now: float) -> list[tuple[str, Sequence[gpu_map.Gpu]]]:
    """The names of those of these pods that have GPUs which need attention, with these GPUs.

    First the pods with others that work: of one with none its row in the list says all.
    """
    troubled = sorted(
        gpu_map.troubled(fleet, keys, now), key=lambda pair: len(pair[1]) == count_of(pair[0])
    )  # fmt: skip
    return [(record.name or record.id, needy) for record, needy in troubled]
