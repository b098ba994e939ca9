"""`OwnerFile`: which podtop does what for an account, by duty, for all podtops of a user to see."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from tui.files import file_lock
from tui.storage.json_store import JsonStore, ProcessClaim, StoreError


class Duty(StrEnum):
    """What one podtop at a time does for an account."""

    RECORDS = "records"
    LEASES = "leases"
    IDLE = "idle"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Duty.RECORDS: "records", Duty.LEASES: "enforces leases", Duty.IDLE: "stops idle pods",
}  # fmt: skip


class Owner(Struct, frozen=True):
    """A podtop.

    kind:  "screen" or "record".
    since: when it took the duty, in epoch seconds.
    """

    kind: str
    pid: int
    host: str
    since: float

    @property
    def name(self) -> str:
        """For people: podtop record (PID 4711)."""
        if not self.pid:
            return "another podtop"
        command = "podtop record" if self.kind == "record" else "podtop"
        where = "" if self.host == _host() else f" on {self.host}"
        return f"{command} (PID {self.pid}{where})"

    @property
    def is_me(self) -> bool:
        return (self.pid, self.host) == (os.getpid(), _host())

    @property
    def is_gone(self) -> bool:
        """Whether it has surely ended; one on another host may be there."""
        if self.host != _host():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass
        return False


UNNAMED = Owner("", 0, "", 0.0)
"""A podtop that does not say who it is, as earlier versions do not."""


def _host() -> str:
    return os.uname().nodename


class OwnerFile(JsonStore[Owner]):
    """One file per account. The lock of a duty says that it is taken, and this file by whom.

    locks: the file that the podtop which has a duty holds locked, by duty.
    """

    def __init__(self, path: Path, locks: dict[Duty, Path]) -> None:
        super().__init__(path, Owner, "owners", "they are named again as podtops take over")
        self.locks = locks

    def owners(self) -> dict[Duty, Owner]:
        """Who has each duty that is taken."""
        try:
            named = self.all()
        except StoreError:
            named = {}
        taken = [duty for duty, lock in self.locks.items() if _is_held(lock)]
        return {
            duty: owner if (owner := named.get(duty)) is not None and not owner.is_gone else UNNAMED for duty in taken
        }

    def is_taken(self, duty: Duty) -> bool:
        """Whether a running podtop, this one or another, has a duty."""
        return _is_held(self.locks[duty])

    def sign(self, duty: Duty, kind: str, at: float) -> None:
        """Name this podtop as the one that has a duty. Where that cannot be written it stays unnamed."""
        with suppress(StoreError):
            self.put(duty, Owner(kind, os.getpid(), _host(), at))


def _is_held(lock: Path) -> bool:
    with suppress(OSError):
        return file_lock.is_held(lock)
    return False


class DutyClaim(ProcessClaim):
    """The right to do what one podtop at a time does for an account, until it ends; the others see who has it.

    kind: this podtop, "screen" or "record".
    """

    def __init__(self, file: OwnerFile, duty: Duty, kind: str, clock: Callable[[], float]) -> None:
        super().__init__(file.locks[duty])
        self._file = file
        self._duty = duty
        self._kind = kind
        self._clock = clock
        self._signed = False

    def taken(self) -> bool:
        has = super().taken()
        if has and not self._signed:
            self._file.sign(self._duty, self._kind, self._clock())
        self._signed = has
        return has

    def close(self) -> None:
        super().close()
        self._signed = False
