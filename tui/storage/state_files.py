"""`StateFiles`: where podtop stores what it writes besides recordings: actions, drafts, leases, watches."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.api.addresses import file_name, profile_name

if TYPE_CHECKING:
    from tui.storage.audit_log import AuditLog
    from tui.storage.owner_file import OwnerFile


class StateFiles(Struct, frozen=True):
    """Files of RunPod at one host, whichever of its APIs is used.

    directory: creates or finds the state directory.
    origin:    the host of the API, or "demo".
    api_url:   identifies the host in file names: the address of either API.
    """

    directory: Callable[[], Path]
    origin: str
    api_url: str

    def ledger(self, utc: Callable[[], float] = time.time) -> AuditLog:
        """The action log. utc: the true time."""
        from tui.storage.audit_log import AuditLog

        return AuditLog(self.directory() / "actions.jsonl", origin=self.origin, wall=utc)

    def draft(self) -> Path:
        """The deploy draft being edited."""
        return self.directory() / f"draft-{self._name('')}.json"

    def leases(self, account: str) -> Path:
        """The leases of one account."""
        return self.directory() / "leases" / f"{self._name(account)}.json"

    def alarms(self, account: str) -> Path:
        """What was notified of one account, and what waits to be."""
        return self.directory() / "alarms" / f"{self._name(account)}.json"

    def notifications(self) -> Path:
        """Notifications on their way, of all accounts."""
        return self.directory() / "notify" / "spool.json"

    def owners(self, account: str) -> OwnerFile:
        """Which podtop does what for one account."""
        return _owners(self.directory(), self._name(account))

    def all_owners(self) -> tuple[OwnerFile, ...]:
        """The same for each account that any podtop has watched here."""
        return tuple(_owners(self.directory(), path.stem) for path in sorted(self.directory().glob("owners/*.json")))

    def idle_stops(self, account: str) -> Path:
        """The armed idle stops of one account."""
        return self.directory() / "auto" / f"{self._name(account)}.json"

    def weekly(self, account: str) -> Path:
        """Of which week the report of one account was posted last."""
        return self.directory() / "weekly" / f"{self._name(account)}.json"

    def mutes(self, account: str) -> Path:
        """What is muted in one account."""
        return self.directory() / "mutes" / f"{self._name(account)}.json"

    def accounts(self) -> Path:
        """Which account was used last, by host and profile."""
        return self.directory() / "accounts.json"

    def profile_name(self, profile: str) -> str:
        """The name of a profile at this host, in files."""
        return profile_name(self.api_url, profile)

    def clock(self) -> Path:
        """By which time podtop dates what it writes."""
        return self.directory() / f"clock-{self._name('')}.json"

    def watches(self) -> Path:
        """The market watches."""
        return self.directory() / f"watches-{self._name('')}.json"

    def kept(self) -> Path:
        """The preferences set on the screen."""
        return self.directory() / f"screen-{self._name('')}.json"

    def is_first_switch(self) -> bool:
        """Whether no podtop has seen yet that RunPod switched an API off here. It is recorded if it can be."""
        from tui.files import private

        try:
            private.folder(self.directory())
            mark = self.directory() / f"switched-{self._name('')}"
            os.close(private.open_file(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return False
        except OSError:
            return True
        return True

    def _name(self, account: str) -> str:
        return file_name(self.api_url, account)


def _owners(directory: Path, name: str) -> OwnerFile:
    """The owners of the account whose files have this name."""
    from tui.storage.owner_file import Duty, OwnerFile

    locks = {
        Duty.RECORDS: directory / "archive" / f"{name}.lock",
        Duty.LEASES: directory / "leases" / f"{name}.enforcer",
        Duty.IDLE: directory / "auto" / f"{name}.enforcer",
    }
    return OwnerFile(directory / "owners" / f"{name}.json", locks)
