"""`ScreenContext`: the services and data that every screen gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from textual.signal import Signal

from tui.storage.preferences import Preferences
from tui.ui import key_hints, screen_table
from tui.ui.controllers.alert_news import AlertNews
from tui.ui.controllers.connect import Connect
from tui.ui.controllers.on_demand import ControllersOnDemand
from tui.ui.controllers.pod_actions import PodActions
from tui.ui.render.header import Badges

if TYPE_CHECKING:
    from tui.domain.rate_limit import Use
    from tui.history.playback import Playback
    from tui.services.session import Session
    from tui.store.fleet import Fleet
    from tui.ui.controllers.deploys import Deploys
    from tui.ui.controllers.host import Host
    from tui.ui.controllers.idle_stops import IdleStopQuestions
    from tui.ui.controllers.market_watches import WatchController
    from tui.ui.controllers.muting import Muting
    from tui.ui.terminal.display import Display


class ScreenContext(Struct, frozen=True):
    """One for all screens.

    changed: published after every change of what is shown.
    marks:   ids of the selected pods, shared by all screens.
    news:    alerts that began or got worse since the user last looked at them.
    acting:  keys that act on pods.
    accounts: all of them; none where there is only this one.
    """

    session: Session
    fleet: Fleet
    changed: Signal[None]
    badges: Badges
    playback: Playback
    actions: PodActions
    on_demand: ControllersOnDemand
    tz: tzinfo | None
    preferences: Preferences
    use: Callable[[], Use | None]
    display: Display
    marks: dict[str, None]
    connect: Connect
    news: AlertNews
    acting: frozenset[str] = key_hints.ACTING
    accounts: Callable[[], tuple[AccountContext, ...]] = lambda: ()

    @property
    def deploys(self) -> Deploys:
        return self.on_demand.deploys

    @property
    def watches(self) -> WatchController:
        return self.on_demand.watches

    @property
    def muting(self) -> Muting:
        return self.on_demand.muting

    @property
    def idle_stops(self) -> IdleStopQuestions:
        return self.on_demand.idle_stops


class AccountContext(Struct, frozen=True):
    """One of several accounts as screens have it: its name, the role of its badge, and what it is shown and acted on
    with."""

    name: str
    color: str
    context: ScreenContext

    @property
    def fleet(self) -> Fleet:
        return self.context.fleet

    @property
    def now(self) -> float:
        """The time by its clock."""
        return self.context.session.clock()


def screen_context(
    session: Session,
    playback: Playback,
    host: Host,
    changed: Signal[None],
    display: Display,
    keymap: Mapping[str, str],
    accounts: Callable[[], tuple[AccountContext, ...]] | None = None,
) -> ScreenContext:
    """All that screens need, created for one session. `accounts`: all of them, where there are several."""
    source, config = session.source, session.config
    badges = Badges(
        source.badge, source.demo, False, profile=source.profile, color=config.color,
        places=screen_table.rebound(keymap, several=accounts is not None), back=key_hints.spoken(keymap, "chart.reset"),
    )  # fmt: skip
    actions = PodActions(session, playback, host, back=badges.back)
    connect = Connect(session, playback, host, simulated=source.demo or source.simulated)

    def preferences_file() -> Path:
        if session.state is None:
            raise FileNotFoundError
        return session.state.kept()

    return ScreenContext(
        session, session.fleet, changed, badges, playback, actions,
        ControllersOnDemand(session, playback, actions, host), session.tz,
        Preferences(preferences_file, fresh=source.demo), session.api_use, display, {}, connect,
        AlertNews(session.fleet, playback, session.messages),
        key_hints.acting(keymap), accounts or (lambda: ()),
    )  # fmt: skip
