"""`AccountHost`: the app as the controllers of one account have it: their dialogs bear the name of that account.

Whichever account is on the screen by then: a dialog acts on the account of those who opened it, and must say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextlib import AbstractContextManager

    from textual.screen import Screen

    from tui.ui.controllers.host import Host


class AccountHost:
    """`account`: the name of the account and the role of its badge; None while there is only one."""

    def __init__(self, app: Host, account: Callable[[], tuple[str, str] | None]) -> None:
        self._app = app
        self._account = account

    def push_screen(self, screen: Screen[Any], callback: Callable[[Any], None], /) -> object:
        """Show a dialog under the name of this account."""
        # Not before the first frame, which has none.
        from tui.ui.modals.dialog import Dialog

        if isinstance(screen, Dialog):
            screen.account = self._account()
        return self._app.push_screen(screen, callback)

    def run_worker(self, work: Coroutine[Any, Any, None], /) -> object:
        """See `Host`."""
        return self._app.run_worker(work)

    def clear_notifications(self) -> None:
        """See `Host`."""
        self._app.clear_notifications()

    def suspend(self) -> AbstractContextManager[None]:
        """See `Host`."""
        return self._app.suspend()

    def send(self, text: str, /) -> bool:
        """See `Host`."""
        return self._app.send(text)

    def place(self) -> object:
        """See `Host`."""
        return self._app.place()
