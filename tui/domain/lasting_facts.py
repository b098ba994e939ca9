"""What stays true of a pod: kept from the last response that had it, where the API in use does not report it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.api.enums import ENDED
from tui.api.features import Feature

if TYPE_CHECKING:
    from collections.abc import Collection

    from tui.api.models import Pod

KEPT = frozenset({Feature.POD_KIND, Feature.STATUS_CHANGE, Feature.LOCATION})
"""What an API may lack and podtop may know all the same."""


def kept(pod: Pod, known: Pod, lacks: Collection[Feature], *, watched: bool) -> Pod:
    """A pod as reported, with what is known of it from before and holds for as long as it does.

    The terms on which it is rented never change; the location is that of its host; the reason of a stop is as it was
    until the pod starts.

    known:   the same pod as it was reported before.
    watched: whether it cannot have started and stopped again in the meantime.
    """
    kind, change, machine = pod.kind, pod.status_change, pod.machine
    if kind is None and Feature.POD_KIND in lacks:
        kind = known.kind
    if change is None and Feature.STATUS_CHANGE in lacks and watched and known.status == pod.status in ENDED:
        change = known.status_change
    if machine is not None and machine.location is None and Feature.LOCATION in lacks:
        place = known.machine
        same_host = place is not None and place.host_id is not None and place.host_id == machine.host_id
        if place is not None and same_host and place.location is not None:
            machine = replace(machine, location=place.location)
    if kind is pod.kind and change is pod.status_change and machine is pod.machine:
        return pod
    return replace(pod, kind=kind, status_change=change, machine=machine)
