"""`AccountsApp`: several accounts in one program: one is shown, or all; all are polled, each with its own key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.ui.context import AccountContext
from tui.ui.desk import Desk
from tui.ui.navigation import NavigatingApp
from tui.ui.screen_table import ALL_PODS

if TYPE_CHECKING:
    from tui.history.playback import Playback
    from tui.services.action_lock import ActionLock
    from tui.services.messages import Messages
    from tui.services.session import Session
    from tui.store.fleet import Fleet
    from tui.ui.context import ScreenContext
    from tui.ui.messages import UseAccount

ALL = ALL_PODS.mode
"""The mode of the screen of all accounts."""


class AccountsApp(NavigatingApp):
    """The desk at which the user sits is what all screens show, but for the one of all accounts."""

    desk: Desk
    desks: tuple[Desk, ...] = ()
    messages: Messages
    session: Session
    fleet: Fleet
    playback: Playback
    context: ScreenContext
    guard: ActionLock

    def sit_at(self, desk: Desk) -> None:
        """Show this account from now on."""
        if desk not in self.desks:
            self.desks = (*self.desks, desk)
        self.desk = desk
        self.session, self.fleet, self.playback, self.context = desk.session, desk.fleet, desk.playback, desk.context
        self.guard = desk.session.guard

    def add_desk(self, desk: Desk) -> None:
        """Another account, which is polled in the background."""
        self.desks = (*self.desks, desk)
        desk.session.monitor.in_background = True

    @property
    def accounts(self) -> tuple[AccountContext, ...]:
        """All accounts as screens have them."""
        return tuple(AccountContext(desk.name, desk.color, desk.context) for desk in self.desks)

    @property
    def shows_all(self) -> bool:
        """Whether the accounts are shown together."""
        return self.current_mode == ALL

    def mode_of(self, place: str) -> str:
        """The mode that shows a screen of the current account: each has screens of its own."""
        return place if place == ALL or self.desk is self.desks[0] else f"{place}@{self.desks.index(self.desk)}"

    async def action_go(self, mode: str) -> None:
        """Go to a screen. What lies on that of all accounts belongs to one of them, and is closed when it is left."""
        if mode == ALL and len(self.desks) == 1:
            self._tell_of_one()
            return
        if self.shows_all and mode != ALL:
            await super().action_go(ALL)
        await super().action_go(mode)

    def change_desk(self, desk: Desk) -> None:
        """Sit at another account: what only the screen needs is requested for that one from now on."""
        if desk is self.desk:
            return
        monitor = self.session.monitor
        monitor.attend(())
        monitor.want("screen", ())
        monitor.inspect(None, None)
        monitor.in_background = True
        self.sit_at(desk)
        desk.session.monitor.in_background = False
        desk.session.monitor.wake()

    async def use_account(self, name: str, pod: str | None = None) -> None:
        """Show another account, with the cursor on a pod of it. Not over an open dialog: it belongs to this one.

        name: empty for all of them.
        """
        if self.screen.is_modal:
            return
        if not name:
            await self.action_go(ALL)
            return
        desk = next((desk for desk in self.desks if desk.name == name), None)
        if desk is None:
            return
        if self.shows_all:
            await super().action_go(ALL)
        self.change_desk(desk)
        await self.action_go("fleet")
        if pod is not None:
            from tui.ui.screens.fleet import FleetScreen

            if isinstance(self.screen, FleetScreen):
                self.screen.look_at(pod)

    async def on_use_account(self, request: UseAccount) -> None:
        if request.shown:
            await self.use_account(request.name)
        elif (desk := next((desk for desk in self.desks if desk.name == request.name), None)) is not None:
            self.change_desk(desk)

    def _tell_of_one(self) -> None:
        self.messages.reply("One account is shown. Start podtop with --profile for each of several")

    def action_accounts(self) -> None:
        """Show all accounts, with their money and their pods; one that is chosen is shown."""
        if self.screen.is_modal:
            return
        if len(self.desks) == 1:
            self._tell_of_one()
            return
        from tui.ui.modals.accounts import AccountsDialog
        from tui.ui.screens.all_pods_lists import accounts_of

        def chosen(choice: tuple[str, str | None] | None) -> None:
            if choice is not None:
                self.call_later(self.use_account, *choice)

        self.push_screen(AccountsDialog(accounts_of(self.accounts), "" if self.shows_all else self.desk.name), chosen)
