"""Recorders of one account on several hosts: which of them has a duty, so that nothing is done twice. Pure.

Locks of files end at a host, and at a user. Beyond them each recorder says when it began, and pod by pod what it has to
do and what to leave as it is: the first that has a duty keeps it, and a pod that is kept anywhere is stopped nowhere.
All instants are those of RunPod's clock, which all hosts know: the clocks of two hosts may be minutes apart.
Leases are no such duty: a pod that is stopped twice costs nothing, while one that nobody stops does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from enum import StrEnum

import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr

WATCHES, IDLE = "watches", "idle stops"


class Progress(StrEnum):
    """How far a recorder is with an armed watch. LOST: it was sent, and what came of it is unknown."""

    ARMED = "armed"
    SENDING = "sending"
    DONE = "done"
    LOST = "lost"


class HeldWatch(Struct, frozen=True):
    """An armed watch of a recorder.

    watch: what stands for it: the same for all that would do the same.
    at:    when it was armed; once it was sent, when that was.
    """

    watch: str
    progress: Progress
    at: float


class Keep(Struct, frozen=True):
    """A pod that is not to be stopped for being idle. `until`: an instant; None: no end is known."""

    pod: str
    until: float | None = None

    def holds(self, now: float) -> bool:
        return self.until is None or now < self.until


class Holdings(Struct, frozen=True):
    """What a recorder does without asking, and leaves alone.

    idle: ids of the pods that it stops once they are idle, sorted: there may be thousands.
    """

    idle: tuple[str, ...] = ()
    watches: tuple[HeldWatch, ...] = ()
    keeps: tuple[Keep, ...] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "idle", tuple(sorted(self.idle)))

    def later(self, seconds: float) -> Holdings:
        """The same by a clock that is ahead by this many seconds."""
        if not seconds:
            return self
        return Holdings(
            self.idle,
            tuple(HeldWatch(held.watch, held.progress, held.at + seconds) for held in self.watches),
            tuple(Keep(keep.pod, None if keep.until is None else keep.until + seconds) for keep in self.keeps),
        )

    def has(self, duty: str, subject: str) -> bool:
        """Whether this is to be done. `subject`: the id of a pod, or what stands for a watch."""
        if duty == IDLE:
            at = bisect_left(self.idle, subject)
            return self.idle[at : at + 1] == (subject,)
        waits = (Progress.ARMED, Progress.SENDING)
        return any(held.watch == subject and held.progress in waits for held in self.watches)


class AccountRecorder(Struct, frozen=True, omit_defaults=True):
    """A podtop that records an account.

    key:    stands for the account: the same for all of its recorders, and without its id.
    since:  when it began, in whole seconds.
    duties: what it may do without asking.
    files:  stands for the files that it acts by, those of a user on a host; empty: those of the host.
    gone:   whether it was not seen of late: what it last said holds where nothing else is known.
    """

    key: str
    host: str
    pid: int
    since: float
    duties: tuple[str, ...] = ()
    files: str = ""
    holdings: Holdings = Holdings()
    gone: bool = False

    @property
    def name(self) -> str:
        """For people: podtop record on jump1 (PID 4711)."""
        return f"podtop record on {self.host} (PID {self.pid})"

    @property
    def site(self) -> str:
        """Where it acts: of the recorders of a site, locks of files let one act."""
        return self.files or self.host

    def holds(self, duty: str, subject: str) -> bool:
        """Whether it does this. `subject`: the id of a pod, or what stands for a watch."""
        return duty in self.duties and self.holdings.has(duty, subject)


def key_of(account_id: str) -> str:
    """What stands for an account where others read it."""
    return _digest(f"podtop account {account_id}".encode())


def files_of(host: str, directory: str) -> str:
    """What stands for a user's files on a host."""
    return _digest(f"podtop files {host} {directory}".encode())


def watch_key(*order: object) -> str:
    """What stands for a watch: all that decides what is done, and when."""
    return _digest(msgspec.json.encode(order, order="deterministic"))


def _digest(text: bytes) -> str:
    # The hashes are an import of their own, and a start needs none.
    import hashlib

    return hashlib.sha256(text).hexdigest()[:16]


def elsewhere(recorders: Iterable[AccountRecorder], key: str, site: str) -> tuple[AccountRecorder, ...]:
    """The recorders of an account at other sites, the first one first. At one site, locks of files decide."""
    others = {other for other in recorders if other.key == key and other.site != site}
    return tuple(sorted(others, key=lambda other: (other.since, other.site, other.pid)))


def ahead(
    others: Iterable[AccountRecorder], duty: str, subject: str, since: float, site: str
) -> AccountRecorder | None:
    """Who does something before a podtop that began at an instant; None if that does it itself."""
    return next(
        (other for other in others if other.holds(duty, subject) and (other.since, other.site) < (since, site)), None
    )


CLOCKS = 5.0
"""Seconds by which two hosts may know RunPod's clock differently: what one sent so long before counts as after."""


def sender(others: Iterable[AccountRecorder], watch: str, since: float) -> tuple[AccountRecorder, HeldWatch] | None:
    """Who has sent what a watch is armed for, after an instant; None if nobody has."""
    sent = [
        (other, held)
        for other in others
        for held in other.holdings.watches
        if held.watch == watch and held.progress is not Progress.ARMED and held.at >= since - CLOCKS
    ]
    # Of one attempt its end comes last, though it has the same instant.
    return max(sent, key=lambda each: (each[1].at, each[1].progress is not Progress.SENDING), default=None)
