"""`Once`: common behaviour of screens that close: a screen closes once, and closes no other."""

from __future__ import annotations

from functools import partial
from typing import Any

from textual.await_complete import AwaitComplete
from textual.message import Message

from tui.ui.primitives.after_refresh import AfterRefresh


class Once(AfterRefresh):
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

    @property
    def _is_gone(self) -> bool:
        # Closed before it was mounted, by a key right behind the one that opened it, or before it was drawn for a new
        # size: there is nowhere to show it.
        return self._ended or super()._is_gone

    def _leave_stack(self, result: Any) -> AwaitComplete:
        stack = self.app.screen_stack
        # Not from below another screen: that one would be closed, and the decision is outdated.
        popped: AwaitComplete = super().dismiss(result) if stack and stack[-1] is self else AwaitComplete()
        return popped

    def on_screen_resume(self) -> None:
        if self._ended:
            self._leave_stack(None)
