"""`PodInspection`: one pod looked at closely: all that RunPod tells of it, what it cost, what happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from tui.store.feed import Feed

if TYPE_CHECKING:
    from tui.api.pod_detail import PodDetail, PodExtras
    from tui.domain.events import Event


class PodInspection(Struct, frozen=True):
    """What is known of the pod that is looked at. It holds secrets, and is forgotten when the look ends.

    pod:    its id.
    at:     the instant it is looked at, None for now.
    detail: RunPod's answers; the value is None where it knows no such pod.
    today:  dollars spent on it since midnight, None where that is not known.
    events: what was recorded to have happened to it, oldest first.
    extras: what is asked apart, None where RunPod does not give it.
    """

    pod: str
    at: float | None
    detail: Feed[PodDetail | None]
    today: float | None = None
    events: tuple[Event, ...] = ()
    extras: PodExtras | None = None
