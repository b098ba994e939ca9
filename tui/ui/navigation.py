"""`NavigatingApp`: navigation between screens, into a pod and back, and the dialogs available on every screen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.app import App
from textual.screen import Screen

from tui.store.views.attention import loud
from tui.ui import key_hints, screen_table
from tui.ui.messages import OpenLogs, OpenPod

if TYPE_CHECKING:
    from tui.history.playback import Playback
    from tui.services.messages import Messages
    from tui.ui.context import ScreenContext


class NavigatingApp(App[None]):
    """Screens are imported and created when first shown."""

    context: ScreenContext
    messages: Messages
    playback: Playback

    def navigate_from(self, first: str) -> None:
        """Start on a screen."""
        self._first_screen = self._maker(first)()
        self._came_from = self._place = first

    @property
    def is_ascii(self) -> bool:
        """Whether the terminal has ASCII only: keys whose symbol is an arrow are in words there."""
        return self.context.display.ascii

    @property
    def places(self) -> tuple[screen_table.Place, ...]:
        """The screens that there are, with their keys."""
        return self.context.badges.places

    def mode_of(self, place: str) -> str:
        """The mode that shows a screen."""
        return place

    def _make(self, screen: Callable[[ScreenContext], Screen[None]]) -> Screen[None]:
        """A screen whose styles are current: its widgets are styled when they are added.

        Textual does not know that, and would style all widgets of all screens when it is shown for the first time.
        """
        instance = screen(self.context)
        instance._css_update_count = self._css_update_count
        return instance

    def get_default_screen(self) -> Screen[None]:
        # The first screen is added this way, and not as a mode with a factory, which would parse all styles once more.
        return self._first_screen

    def _maker(self, mode: str) -> Callable[[], Screen[None]]:
        """The factory of a screen, imported when the screen is first shown."""
        screen = cast("Callable[[ScreenContext], Screen[None]]", screen_table.load(mode))
        return partial(self._make, screen)

    async def action_go(self, mode: str) -> None:
        """Go to a screen; if it is current already, to its bottom screen."""
        place, mode = mode, self.mode_of(mode)
        if mode == self.current_mode:
            # Not awaited: a screen whose own handler led here, as of a click on a tab, would wait for its own end.
            while len(self.screen_stack) > 1:
                self.pop_screen()
            return
        for name, screen in ((self.current_mode, self._place), (mode, place)):
            if name not in self._modes:
                self.add_mode(name, self._maker(screen))
        self._came_from, self._place = self._place, place
        await self.switch_mode(mode)

    async def on_go_back(self) -> None:
        await self.action_go(self._came_from)

    async def look_for_gpu(self, gpu: str) -> None:
        """Go to the market, with the cursor on a GPU type."""
        from tui.ui.screens.market import MarketScreen

        await self.action_go("market")
        if isinstance(self.screen, MarketScreen):
            self.screen.look_for(gpu)

    # What needs attention

    async def action_attention(self) -> None:
        """Go to the worst of what needs attention: the pod in the list, or the account's money."""
        from tui.ui.screens.fleet import FleetScreen

        first = next(iter(loud(self.context.fleet.attention)), None)
        if first is None:
            self.messages.reply("Nothing needs attention")
        elif not first.pod:
            await self.action_go("account")
        else:
            await self.action_go("fleet")
            if isinstance(self.screen, FleetScreen):
                self.screen.look_at(first.pod)

    def action_waste(self) -> None:
        """Show what the waste consists of; a pod chosen there is shown in detail."""
        from tui.ui.modals.waste import WasteDialog

        if self.screen.is_modal:
            return

        def chosen(pod: str | None) -> None:
            if pod is not None:
                self.open_pod(pod)

        self.push_screen(WasteDialog(lambda: self.playback.view, self.context.tz), chosen)

    # Into a pod

    def on_open_pod(self, request: OpenPod) -> None:
        if request.at is None:
            self.open_pod(request.pod)
        else:
            self.run_worker(self._visit_pod(request.pod, request.at), name="visit", group="visit")

    def open_pod(self, pod: str) -> None:
        """Show a pod in detail; replaces another one shown so."""
        from tui.ui.screens.pod import PodScreen

        if not isinstance(self.screen, PodScreen):
            self.push_screen(PodScreen(self.context, pod))
        elif self.screen.pod != pod:
            self.switch_screen(PodScreen(self.context, pod))

    async def _visit_pod(self, pod: str, at: float) -> None:
        """Show a pod as it was, if that was recorded."""
        screen = self.screen
        if not await self.playback.visit(at):
            instead = "was before" if self.playback.replay else "is now"
            self.messages.reply(f"Nothing recorded at that time; showing the pod as it {instead}")
        if self.screen is screen:
            self.open_pod(pod)

    def on_open_logs(self, request: OpenLogs) -> None:
        from tui.ui.screens.logs import LogsScreen

        if not isinstance(self.screen, LogsScreen):
            self.push_screen(LogsScreen(self.context, request.pods, request.at))

    # On every screen

    def action_command_palette(self) -> None:
        # Its key arrives here past a dialog: nothing may happen behind an open one.
        if not self.screen.is_modal:
            from tui.ui.command_palette import PLACEHOLDER, Palette

            self.push_screen(Palette(id="--command-palette", placeholder=PLACEHOLDER))

    def action_help(self) -> None:
        from tui.ui.modals.help import Help
        from tui.ui.screens.base import BaseScreen

        if not self.screen.is_modal:
            word = next((place.word for place in screen_table.EVERY if place.mode == self._place), "")
            vocabulary = self.screen.vocabulary if isinstance(self.screen, BaseScreen) else None
            self.push_screen(Help(self._every_key(), self.screen.title or word, vocabulary))

    def action_tour(self) -> None:
        from tui.ui.modals.tour import Tour

        if not self.screen.is_modal:
            self.push_screen(Tour(self._every_key(), self.context.session.monotonic))

    def _every_key(self) -> tuple[key_hints.Hint, ...]:
        return key_hints.every(self.screen, words=self.is_ascii)
