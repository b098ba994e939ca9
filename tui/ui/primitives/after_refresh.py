"""`AfterRefresh`: what a screen has called after the next frame is dropped if the screen has gone by then."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from textual._callback import invoke
from textual.css.query import NoMatches

if TYPE_CHECKING:
    from textual._types import CallbackType
    from textual.message_pump import Callback
    from textual.screen import Screen

    _Screen = Screen[Any]
else:
    _Screen = object


class AfterRefresh(_Screen):
    """A mixin, placed before the screen class."""

    @property
    def _is_gone(self) -> bool:
        """Whether its widgets are not there any more, or will never be."""
        return self._closing or self._closed or self._pruning or not self.is_attached or self.app._exit

    def call_after_refresh(self, callback: Callback, *args: Any, **kwargs: Any) -> bool:
        # Textual leaves it to the screen on top, which may be another one by then.
        return super().call_after_refresh(self._unless_gone, partial(callback, *args, **kwargs))

    async def _unless_gone(self, handler: CallbackType) -> None:
        """Call a handler, which may look for widgets."""
        try:
            await invoke(handler)
        except NoMatches:
            if not self._is_gone:
                raise
