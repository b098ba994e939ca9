"""`World`: what actions need of whatever observes RunPod: the monitor, or a command without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.models import Snapshot
    from tui.domain.events import Event


class World(Protocol):
    """The open API, a read before something is sent, polls at once, and the event log."""

    @property
    def cloud(self) -> Cloud | None: ...

    async def look(self) -> Snapshot: ...

    def wake(self) -> None: ...

    def happened(self, event: Event) -> None: ...
