"""Recorders of one account on several hosts: which of them has a duty, so that nothing is done twice. Pure.

Locks of files end at a host. Beyond it each recorder says when it began: the first one that has a duty keeps it.
Leases are no such duty: they are in the files of one host, nobody else knows of them, and a pod that is stopped twice
costs nothing, while one that nobody stops does.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

WATCHES, IDLE = "watches", "idle stops"


class AccountRecorder(Struct, frozen=True):
    """A podtop that records an account.

    key:    stands for the account: the same for all of its recorders, and without its id.
    since:  when it began, in epoch seconds.
    duties: what it does without asking.
    """

    key: str
    host: str
    pid: int
    since: float
    duties: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """For people: podtop record on jump1 (PID 4711)."""
        return f"podtop record on {self.host} (PID {self.pid})"


def key_of(account_id: str) -> str:
    """What stands for an account where others read it."""
    # The hashes are an import of their own, and a start needs none.
    import hashlib

    return hashlib.sha256(f"podtop account {account_id}".encode()).hexdigest()[:16]


def elsewhere(recorders: Iterable[AccountRecorder], key: str, host: str) -> tuple[AccountRecorder, ...]:
    """The recorders of an account on other hosts, the first one first. On one host, locks of files decide."""
    others = {other for other in recorders if other.key == key and other.host != host}
    return tuple(sorted(others, key=lambda other: (other.since, other.host, other.pid)))


def ahead(others: Iterable[AccountRecorder], duty: str, since: float, host: str) -> AccountRecorder | None:
    """Who has a duty before a podtop that began at an instant; None if that has it itself."""
    return next((other for other in others if duty in other.duties and (other.since, other.host) < (since, host)), None)
