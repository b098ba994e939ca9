"""`PodInspection`: the details of one pod: all that RunPod reports of it, its cost, its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from tui.store.feed import Feed

if TYPE_CHECKING:
    from tui.api.pod_detail import PodDetail, PodExtras
    from tui.domain.events import Event


class PodInspection(Struct, frozen=True):
    """The details of the pod that is shown. They hold secrets, and are dropped when its screen is left.

    pod:    its id.
    at:     the instant that is shown, None for live.
    detail: RunPod's responses; the value is None if it knows no such pod.
    today:  dollars spent on it since midnight, None if unknown.
    events: its recorded events, oldest first.
    extras: what is requested separately, None if RunPod does not give it.
    """

    pod: str
    at: float | None
    detail: Feed[PodDetail | None]
    today: float | None = None
    events: tuple[Event, ...] = ()
    extras: PodExtras | None = None
