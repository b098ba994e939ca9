"""What others saw of an account, for its report: where its own recording did not watch."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tui.config.settings import History


class NoSharedReport(Exception):
    """It cannot be had. `str()` is a sentence."""


async def seen_by_others(
    settings: History, account: str, account_id: str, own: Path | None, start: float, end: float, into: Path
) -> bool:
    """Write to the recording `into` what the server of the settings has; returns whether it has anything.

    account, account_id: the name of the account, and its id, empty if that is unknown. own: its recording.
    Raises NoSharedReport, and ArchiveError.
    """
    from tui.domain.recorders import key_of
    from tui.history.archive.reader import Recording
    from tui.history.archive.schema import answered
    from tui.history.engine_account import accounts_of, unwatched, write_unwatched
    from tui.history.remote import HistoryUnavailable
    from tui.services.shared_history import remote_history

    def spans() -> tuple[tuple[float, float], ...]:
        if own is None:
            return ()
        with answered(), closing(Recording(own)) as recording:
            return tuple(recording.spans())

    gaps = unwatched(await asyncio.to_thread(spans), start, end)
    if not gaps:
        return False
    troubles: list[str] = []
    remote = remote_history(settings, lambda message: troubles.append(message.text))
    if remote is None:
        raise NoSharedReport(troubles[0] if troubles else "[history] cannot be used")
    try:
        key = key_of(account_id) if account_id else ""
        names = await accounts_of(remote, key, account, start, end)
        return await write_unwatched(remote, names, gaps, into)
    except HistoryUnavailable as error:
        raise NoSharedReport(str(error)) from None
    finally:
        await remote.close()
