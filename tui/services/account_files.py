"""`AccountFiles`: the base of what is kept in a file for the monitored account, and changed by its user."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.services.messages import Messages
    from tui.storage.state_files import StateFiles
    from tui.store.fleet import Fleet


class AccountFiles:
    """What a change needs.

    state:     the files; None if nothing is kept.
    clock:     current time, in epoch seconds.
    on_change: called after every change by the user.
    """

    def __init__(
        self,
        state: StateFiles | None,
        fleet: Fleet,
        messages: Messages,
        clock: Callable[[], float],
        on_change: Callable[[], object],
    ) -> None:
        self._state = state
        self._fleet = fleet
        self._messages = messages
        self._clock = clock
        self._on_change = on_change

    @property
    def _account_id(self) -> str | None:
        """The account's id; None while it is unknown."""
        return self._fleet.funds.account_id if self._fleet.funds is not None else None
