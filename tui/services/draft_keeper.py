"""`DraftKeeper`: the deploy draft being edited, in memory with its secrets and on disk without them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui.domain.deploy_draft import Draft
    from tui.services.messages import Messages
    from tui.storage.state_files import StateFiles


class DraftKeeper:
    """One draft at a time. Without `state` it is kept in memory only."""

    def __init__(self, state: StateFiles | None, messages: Messages) -> None:
        self._state = state
        self._messages = messages
        self._draft: Draft | None = None
        self._writing = asyncio.Lock()

    async def load(self) -> Draft | None:
        """The draft of this run, else the one on disk."""
        from tui.storage import draft_file

        if self._draft is not None or self._state is None:
            return self._draft
        try:
            return await asyncio.to_thread(draft_file.load, self._state.draft())
        except draft_file.DraftError as error:
            self._messages.reply(str(error))
            return None

    def keep(self, draft: Draft | None) -> Coroutine[Any, Any, None]:
        """Keep a draft, or with None discard it: in memory at once, on disk when the result has been awaited."""
        self._draft = draft
        return self._write()

    async def _write(self) -> None:
        """Write the current draft to disk: of two concurrent writes neither restores an outdated draft."""
        from tui.storage import draft_file

        if self._state is None:
            return
        async with self._writing:
            draft = self._draft
            try:
                if draft is None:
                    await asyncio.to_thread(draft_file.drop, self._state.draft())
                else:
                    await asyncio.to_thread(draft_file.save, self._state.draft(), draft)
            except draft_file.DraftError as error:
                self._messages.reply(str(error))
