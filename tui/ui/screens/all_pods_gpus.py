"""The GPUs on the screen of all accounts: the map of all, and those of the pod under the cursor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.store.views import gpu_map
from tui.store.views.all_pods import PodKey
from tui.ui.primitives import gpu_plan
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render import gpus, needy_gpus
from tui.ui.render.gpu_map import Signs, legend
from tui.ui.screens import fleet_gpus

if TYPE_CHECKING:
    from tui.store.fleet import Fleet
    from tui.ui.context import AccountContext
    from tui.ui.primitives.cells import Cell
    from tui.ui.widgets.gpu_map import GpuMap

Accounts = Sequence["AccountContext"]


class AllGpus:
    """What the map of all accounts and the pane of one pod show. A pod is named by the key of its row."""

    def __init__(self) -> None:
        self._signs: dict[int, Signs] = {}
        self._by_name = fleet_gpus.ByName()
        self._grouped: tuple[Sequence[str], list[object], tuple[gpu_map.Group, ...]] | None = None

    def _groups(self, accounts: Accounts, keys: Sequence[str]) -> tuple[gpu_map.Group, ...]:
        # Asked for by each layout: there may be thousands of pods.
        records: list[object] = [account.fleet.records for account in accounts]
        known = self._grouped
        # Accounts are added while podtop starts.
        if known is not None and known[0] is keys and list(map(id, known[1])) == list(map(id, records)):
            return known[2]
        groups = _groups(accounts, keys)
        self._grouped = keys, records, groups
        return groups

    def lines(self, accounts: Accounts, keys: Sequence[str], width: int) -> int:
        """The lines that the map of these pods takes in a pane of a width."""
        groups = self._by_name.of(self._groups(accounts, keys))
        return gpu_plan.lines_wanted(groups, width - fleet_gpus.FRAME, fleet_gpus.MOST_LINES)

    def show_map(self, pane: GpuMap, accounts: Accounts, keys: Sequence[str], *, shades: bool) -> None:
        """Show the GPUs of these pods: by name if all fit, else in their order, as on Fleet."""
        for number, account in enumerate(accounts):
            fleet = account.fleet
            answered = fleet.snapshot.took is not None and not fleet.past
            # Each account is polled for itself: how long its responses have said the same is known of each alone.
            self._signs.setdefault(number, Signs()).follow(fleet.pods_at if answered else None, shades)

        def signs(key: str) -> Cell:
            pod = PodKey.of(key)
            account = accounts[pod.account]
            return self._signs[pod.account].of_pod(pod.pod, gpu_map.spots(account.fleet, pod.pod, account.now))

        groups = self._groups(accounts, keys)
        pane.show(self._by_name.of(groups) if pane.fits(groups) else groups, signs, notice=EmptyState("No GPUs"))

    def entitle(self, pane: GpuMap, title: str, accounts: Accounts, *, brief: bool, shades: bool) -> None:
        """The title of the map reads the GPU under its cursor. `brief`: nothing else, for narrow terminals."""
        key, number = pane.cursor or ("", 0)
        if key:
            pod = PodKey.of(key)
            account = accounts[pod.account]
            # The pod may have lost its GPUs since the map was shown.
            for gpu in gpu_map.gpus(account.fleet, pod.pod, account.now)[number : number + 1]:
                read = gpus.words(_name(account.fleet, pod.pod), gpu, brief)
                title = read if brief else f"{title}  {account.name}: {read}"
        pane.entitle(title, legend(shades, pane.size.width - 2))

    def of_pod(
        self, accounts: Accounts, key: str, keys: Sequence[str], width: int, height: int
    ) -> tuple[str, tuple[Cell, ...]]:
        """The title of a pane of this size and its lines: the GPUs of a pod, and those of the others that need
        attention; both are empty without a pod."""
        pod = PodKey.of(key)
        account = accounts[pod.account]
        title, lines = fleet_gpus.of_pod(account.fleet, pod.pod, account.now, width, height)
        if not title:
            return "", ()
        others = _needy(accounts, [other for other in keys if other != key])
        lines = (*lines, *needy_gpus.listed(others, width, height - len(lines), "Other GPUs"))
        return f"{account.name}: {title}", lines


def _groups(accounts: Accounts, keys: Sequence[str]) -> tuple[gpu_map.Group, ...]:
    by_key = {
        PodKey(number, group.pod).text: group
        for number, account in enumerate(accounts)
        for group in gpu_map.groups(account.fleet, tuple(account.fleet.records))
    }
    return tuple(replace(by_key[key], pod=key) for key in keys if key in by_key)


def _needy(accounts: Accounts, keys: Sequence[str]) -> Iterator[tuple[str, Sequence[gpu_map.Gpu]]]:
    """The names of those of these pods that have GPUs which need attention, with these GPUs."""
    for pod in map(PodKey.of, keys):
        account = accounts[pod.account]
        for record, needy in gpu_map.troubled(account.fleet, (pod.pod,), account.now):
            yield f"{account.name}: {record.name or record.id}", needy


def _name(fleet: Fleet, pod: str) -> str:
    record = fleet.records.get(pod)
    return (record.name if record is not None else "") or pod
