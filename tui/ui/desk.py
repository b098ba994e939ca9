"""`Desk`: one account on the screen: its session, its history, and all that screens need to show it and act on it.

Each desk has a cloud of its own, with the key of its account: what is done at one desk cannot reach another account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from tui.config.loader import Config
    from tui.history.playback import Playback
    from tui.services.session import MakeRecorder, Session
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles
    from tui.store.fleet import Fleet
    from tui.ui.context import ScreenContext


class AccountSetup(NamedTuple):
    """What a desk is made of.

    record: makes the recorder; None if nothing is recorded. state: the files of actions; None if nothing can be done.
    """

    source: Source
    config: Config
    record: MakeRecorder | None = None
    state: StateFiles | None = None

    @property
    def name(self) -> str:
        """The account's name, by which it is chosen."""
        return self.source.profile or self.source.badge


class Desk(Struct, frozen=True):
    """One account; `name`: that of its profile."""

    name: str
    session: Session
    playback: Playback
    context: ScreenContext

    @property
    def fleet(self) -> Fleet:
        return self.session.fleet

    @property
    def color(self) -> str:
        """The role of its badge."""
        return self.session.config.color
