"""`AccountsApp`: several accounts in one program: one is shown at a time, all are polled, each has its own key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App

from tui.ui.desk import Desk

if TYPE_CHECKING:
    from tui.history.playback import Playback
    from tui.services.action_lock import ActionLock
    from tui.services.messages import Messages
    from tui.services.session import Session
    from tui.store.fleet import Fleet
    from tui.ui.context import ScreenContext


class AccountsApp(App[None]):
    """The desk at which the user sits is what all screens show."""

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

    def mode_of(self, place: str) -> str:
        """The mode that shows a screen of the current account: each has screens of its own."""
        return place if self.desk is self.desks[0] else f"{place}@{self.desks.index(self.desk)}"

    async def use_account(self, name: str, pod: str | None = None) -> None:
        """Show another account, with the cursor on a pod of it. Not over an open dialog: it belongs to this one."""
        desk = next((desk for desk in self.desks if desk.name == name), None)
        if desk is None or self.screen.is_modal:
            return
        if desk is not self.desk:
            monitor = self.session.monitor
            monitor.attend(())
            monitor.want("screen", ())
            monitor.inspect(None, None)
            monitor.in_background = True
            self.sit_at(desk)
            desk.session.monitor.in_background = False
            desk.session.monitor.wake()
        await self.run_action("go('fleet')", self)
        if pod is not None:
            from tui.ui.screens.fleet import FleetScreen

            if isinstance(self.screen, FleetScreen):
                self.screen.look_at(pod)

    def action_accounts(self) -> None:
        """Show all accounts, with their money and their pods; one that is chosen is shown."""
        if self.screen.is_modal:
            return
        if len(self.desks) == 1:
            self.messages.reply("One account is shown. Start podtop with --profile for each of several")
            return
        from tui.ui.modals.accounts import Account, AccountsDialog

        def chosen(choice: tuple[str, str | None] | None) -> None:
            if choice is not None:
                self.call_later(self.use_account, *choice)

        accounts = [Account(desk.name, desk.color, desk.fleet, desk.session.clock) for desk in self.desks]
        self.push_screen(AccountsDialog(accounts, self.desk.name), chosen)
