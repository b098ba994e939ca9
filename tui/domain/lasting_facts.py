"""What stays true of a pod: kept from the last response that had it, where the API in use does not report it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.api.enums import ENDED
from tui.api.features import Feature
from tui.domain import pod_health

if TYPE_CHECKING:
    from collections.abc import Collection

    from tui.api.models import Pod

KEPT = frozenset({Feature.POD_KIND, Feature.STATUS_CHANGE, Feature.LOCATION})
"""What an API may lack and podtop may know all the same."""


def kept(pod: Pod, known: Pod, lacks: Collection[Feature], *, watched: bool) -> Pod:
    """A pod as reported, with what is known of it from before and holds for as long as it does.

    The terms on which it is rented never change; the location is that of its host; the last change of status is as it
    was while the pod stays stopped, or is booting still.

    known:   the same pod as it was reported before.
    watched: whether it cannot have started and stopped again in the meantime.
    """
    kind, change, machine = pod.kind, pod.status_change, pod.machine
    if kind is None and Feature.POD_KIND in lacks:
        kind = known.kind
    if change is None and Feature.STATUS_CHANGE in lacks and watched and _stays(known, pod):
        change = known.status_change
    if machine is not None and machine.location is None and Feature.LOCATION in lacks:
        place = known.machine
        same_host = place is not None and place.host_id is not None and place.host_id == machine.host_id
        if place is not None and same_host and place.location is not None:
            machine = replace(machine, location=place.location)
    if kind is pod.kind and change is pod.status_change and machine is pod.machine:
        return pod
    return replace(pod, kind=kind, status_change=change, machine=machine)


def _stays(before: Pod, after: Pod) -> bool:
    if after.status in ENDED:
        return before.status == after.status
    return pod_health.is_booting(before) and pod_health.is_booting(after)
