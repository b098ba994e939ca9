"""`OfflineCloud`: a `Cloud` that refuses everything, for replaying a recording without RunPod."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, cast

from tui.api.errors import ReadOnly

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from tui.api.capabilities import Capability
    from tui.api.cloud import Cloud
    from tui.api.listener import Listener


async def _refuse(*_: object, **__: object) -> NoReturn:
    raise ReadOnly("Replay is read-only: podtop is not connected to RunPod and sends nothing.")


class OfflineCloud:
    """Refuses every method of `Cloud`."""

    def __getattr__(self, name: str) -> Callable[..., Coroutine[object, object, NoReturn]]:
        if name.startswith("_"):
            raise AttributeError(name)
        return _refuse

    @property
    def api(self) -> None:
        """None: nothing is requested of any."""
        return None

    async def logs(self, *_: object, **__: object) -> AsyncIterator[NoReturn]:
        """Refused when the first line is awaited."""
        yield await _refuse()

    def offers(self, capability: Capability) -> bool:
        """True, as it is not RunPod that does not offer it."""
        return True

    def order_objections(self, order: object) -> tuple[tuple[str, str], ...]:
        """None: everything is refused anyway."""
        return ()

    def listen(self, listener: Listener) -> None:
        """Nothing leaves."""

    async def aclose(self) -> None:
        """Nothing to close."""


def offline() -> Cloud:
    """An `OfflineCloud` in place of any cloud."""
    return cast("Cloud", OfflineCloud())
