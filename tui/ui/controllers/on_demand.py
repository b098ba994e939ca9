"""`ControllersOnDemand`: the controllers that only a key needs, each made when it is first pressed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.history.playback import Playback
    from tui.services.session import Session
    from tui.ui.controllers.deploys import Deploys
    from tui.ui.controllers.host import Host
    from tui.ui.controllers.idle_stops import IdleStopQuestions
    from tui.ui.controllers.market_watches import WatchController
    from tui.ui.controllers.muting import Muting
    from tui.ui.controllers.pod_actions import PodActions


class ControllersOnDemand:
    """Deploys, market watches, mutes and idle stops of one account."""

    def __init__(self, session: Session, playback: Playback, actions: PodActions, host: Host) -> None:
        self._session = session
        self._playback = playback
        self._actions = actions
        self._host = host

    @cached_property
    def deploys(self) -> Deploys:
        from tui.ui.controllers.deploys import Deploys

        return Deploys(self._session, self._actions, self._host)

    @cached_property
    def watches(self) -> WatchController:
        from tui.ui.controllers.market_watches import WatchController

        return WatchController(self._session, self._actions, self.deploys, self._host)

    @cached_property
    def muting(self) -> Muting:
        from tui.ui.controllers.muting import Muting

        return Muting(self._session, self._playback, self._actions, self._host)

    @cached_property
    def idle_stops(self) -> IdleStopQuestions:
        from tui.ui.controllers.idle_stops import IdleStopQuestions

        return IdleStopQuestions(self._session, self._actions, self._host)
