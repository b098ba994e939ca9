"""`SpendLoader`: queries the recording for the account's spend while a screen shows it. It knows no screen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tui.history import spend_history
from tui.store import spend

if TYPE_CHECKING:
    from tui.history.queries import HistoryQueries
    from tui.store.fleet import Fleet
    from tui.store.spend import SpendHistory


class SpendLoader:
    """Reads the spend history of a fleet's account.

    past:            the recording, None while there is none.
    start_of_day, start_of_month: when the local day and month of an instant began.
    """

    def __init__(
        self,
        fleet: Fleet,
        past: Callable[[], HistoryQueries | None],
        clock: Callable[[], float],
        start_of_day: Callable[[float], float],
        start_of_month: Callable[[float], float],
    ) -> None:
        self._fleet = fleet
        self._past = past
        self._clock = clock
        self._start_of_day = start_of_day
        self._start_of_month = start_of_month

    async def read(self) -> SpendHistory:
        """The recorded spend; empty if nothing is recorded, or if it cannot be read, which is reported elsewhere."""
        from tui.history.archive.schema import ArchiveError

        now = self._clock()
        when = (now, self._start_of_day(now), self._start_of_month(now))
        past, pods = self._past(), tuple(self._fleet.records)
        if past is None:
            return spend.empty(*when)
        try:
            return await past.ask(partial(spend_history.read, pods=pods, now=when[0], today=when[1], month=when[2]))
        except ArchiveError:
            return spend.empty(*when)
