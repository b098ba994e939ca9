"""`StateFiles`: where podtop stores what it writes besides recordings: actions, drafts, leases, watches."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tui.storage.audit_log import AuditLog


class StateFiles(Struct, frozen=True):
    """Files of one API.

    directory: creates or finds the state directory.
    origin:    the host of the API, or "demo".
    api_url:   identifies the API in file names.
    """

    directory: Callable[[], Path]
    origin: str
    api_url: str

    def ledger(self) -> AuditLog:
        """The action log."""
        from tui.storage.audit_log import AuditLog

        return AuditLog(self.directory() / "actions.jsonl", origin=self.origin)

    def draft(self) -> Path:
        """The deploy draft being edited."""
        return self.directory() / f"draft-{self._name('')}.json"

    def leases(self, account: str) -> Path:
        """The leases of one account."""
        return self.directory() / "leases" / f"{self._name(account)}.json"

    def watches(self) -> Path:
        """The market watches."""
        return self.directory() / f"watches-{self._name('')}.json"

    def kept(self) -> Path:
        """The preferences set on the screen."""
        return self.directory() / f"screen-{self._name('')}.json"

    def _name(self, account: str) -> str:
        return hashlib.sha256(f"{self.api_url}\n{account}".encode()).hexdigest()[:16]
