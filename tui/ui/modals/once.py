"""`Once`: common behaviour of screens that close: a screen closes once, and closes no other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from textual._callback import invoke
from textual.await_complete import AwaitComplete
from textual.css.query import NoMatches
from textual.message import Message

if TYPE_CHECKING:
    from textual._types import CallbackType
    from textual.message_pump import Callback
    from textual.screen import Screen

    _Screen = Screen[Any]
else:
    _Screen = object


class Once(_Screen):
    """A mixin, placed before the screen class.

    Textual pops the top screen on each dismissal: two keys in one read, a double click or a late response would close
    another screen, or the last one.
    """

    _ended = False

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Close with a result, the first time; below another screen, without one, as soon as that has closed."""
        if self._ended:
            return AwaitComplete()
        self._ended = True
        return self._leave_stack(result)

    async def _dispatch_message(self, message: Message) -> None:
        await self._unless_gone(partial(super()._dispatch_message, message))

    def call_after_refresh(self, callback: Callback, *args: Any, **kwargs: Any) -> bool:
        # Textual leaves it to the screen on top, which may be another one by then.
        return super().call_after_refresh(self._unless_gone, partial(callback, *args, **kwargs))

    async def _unless_gone(self, handler: CallbackType) -> None:
        """Call a handler, which may look for widgets that are not there any more, or will never be."""
        try:
            await invoke(handler)
        except NoMatches:
            # Closed before it was mounted, by a key right behind the one that opened it, or before it was drawn for a
            # new size: there is nowhere to show it.
            if not (self._ended or self._closing or self._closed or self._pruning or self.app._exit):
                raise

    def _leave_stack(self, result: Any) -> AwaitComplete:
        stack = self.app.screen_stack
        # Not from below another screen: that one would be closed, and the decision is outdated.
        popped: AwaitComplete = super().dismiss(result) if stack and stack[-1] is self else AwaitComplete()
        return popped

    def on_screen_resume(self) -> None:
        if self._ended:
            self._leave_stack(None)
