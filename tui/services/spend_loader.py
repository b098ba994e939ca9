"""The account's spend out of the recording, while a screen shows it. It knows no screen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui.history import spend_history
from tui.store import spend

if TYPE_CHECKING:
    from tui.history.queries import HistoryQueries
    from tui.store.spend import SpendHistory


async def read(
    past: HistoryQueries | None, pods: tuple[str, ...], now: float, today: float, month: float
) -> SpendHistory:
    """The recorded spend of these pods; empty if nothing is recorded, or if it cannot be read, which is reported
    elsewhere.

    today, month: when the local day and month of `now` began.
    """
    from tui.history.archive.schema import ArchiveError

    if past is None:
        return spend.empty(now, today, month)
    try:
        return await past.ask(partial(spend_history.read, pods=pods, now=now, today=today, month=month))
    except ArchiveError:
        return spend.empty(now, today, month)
