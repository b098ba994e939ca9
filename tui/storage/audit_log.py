"""`AuditLog`: the append-only log of requested changes, written before they are sent."""

from __future__ import annotations

import errno
import getpass
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui.api.secret import Secret
from tui.domain.action import AGREED
from tui.files import file_lock, presence, private, reading


class AuditLogError(Exception):
    """The log cannot be written or read. `str()` says why and what to do, for users."""


class Entry(Struct, frozen=True, omit_defaults=True):
    """One line: an intended action, or its outcome.

    time:  ISO 8601, UTC.
    user, host, pid: who.
    origin: the host of the API, or "demo".
    account: the pod's owner; "" if unknown.
    by:    "keys", or what acted for a user: "lease", "command".
    phase: "intent", before it is sent, or "outcome"; a later version may know others.
    inputs: what was sent besides the pod's id, only the names of variables; of an order also the agreed price.
    unpriced: of the outcome of an order: its price had yet to be compared with the agreed one.
    """

    time: str
    id: str
    phase: str
    origin: str
    user: str = ""
    host: str = ""
    pid: int = 0
    account: str = ""
    by: str = ""
    action: str = ""
    pod: str = ""
    name: str = ""
    inputs: dict[str, Any] = {}
    outcome: str = ""
    message: str = ""
    unpriced: bool = False


class Intent(Struct, frozen=True):
    """An action that was or may have been sent, with no known outcome.

    at:     by the true time, in epoch seconds; podtop's own clock may differ from it.
    text:   a new name.
    agreed: dollars per hour that a new pod may cost at most; None if no price was known.
    """

    id: str
    at: float
    action: str
    pod: str
    name: str
    account: str = ""
    text: str = ""
    agreed: float | None = None


_MOST = 1e9
"""Dollars per hour that no pod costs: a line of the file may have any number."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, None)
"""Errors that mean a lack of room; None stands for a write that was cut short."""

OPEN = ("", "unknown")
"""Outcomes after which it is still to be found out what happened."""


def user_name() -> str:
    """The name of the system's user, or the user id if it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def safe_inputs(inputs: Mapping[str, object]) -> dict[str, object]:
    """Inputs that are safe to log: no secrets, and only the names of variables."""
    return {key: value for key, old in inputs.items() if (value := _safe(old)) is not None}


def _safe(value: object) -> object:
    match value:
        case Secret():
            return None
        case str() | bool() | int() | float() | None:
            return value
        case Mapping():
            return safe_inputs({str(key): part for key, part in value.items()})
        case list() | tuple() | set() | frozenset():
            return [part for item in value if (part := _safe(item)) is not None]
        case Struct():
            name = getattr(value, "name", None)
            return name if isinstance(name, str) else None
        case _:
            return None


class AuditLog:
    """One file for all accounts, shared by every podtop of a user. Every method blocks: call it in a thread.

    origin: the host of the pods' API, or "demo".
    wall:   the true time, by which entries are dated.
    """

    def __init__(
        self,
        path: Path,
        *,
        origin: str,
        wall: Callable[[], float] = time.time,
        user: Callable[[], str] = user_name,
        new_id: Callable[[], str] = lambda: secrets.token_hex(6),
    ) -> None:
        self.path = path
        self._origin = origin
        self._wall = wall
        self._user = user
        self._new_id = new_id

    def intent(
        self, action: str, pod: str, name: str, inputs: Mapping[str, object], by: str = "keys", account: str = ""
    ) -> str:
        """Log what is about to be sent; it is on the disk when this returns. Raises AuditLogError."""
        entry = Entry(
            self._now(), self._new_id(), "intent", self._origin, self._user(), socket.gethostname(), os.getpid(),
            account, by, action, pod, name, safe_inputs(inputs),
        )  # fmt: skip
        try:
            self._append(entry)
        except OSError as error:
            room = "Free some space, or set" if error.errno in _FULL else "Set"
            raise AuditLogError(
                f"cannot write the action log {self.path} ({error.strerror or error}); nothing was sent. "
                f"{room} XDG_STATE_HOME to a writable directory."
            ) from None
        return entry.id

    def outcome(self, id: str, outcome: str, message: str, pod: str | None = None, *, unpriced: bool = False) -> None:
        """Log the outcome. Raises AuditLogError."""
        entry = Entry(
            self._now(), id, "outcome", self._origin, pid=os.getpid(), pod=pod or "", outcome=outcome, message=message,
            unpriced=unpriced,
        )  # fmt: skip
        try:
            self._append(entry)
        except OSError as error:
            raise AuditLogError(f"cannot write {self.path} ({error.strerror or error})") from None

    def unfinished(self) -> tuple[Intent, ...]:
        """Intents at this origin without a known outcome, oldest first. Raises AuditLogError."""
        return self._intents()[0]

    def unpriced(self) -> tuple[Intent, ...]:
        """Orders at this origin, each with its new pod, whose price was not compared yet. Raises AuditLogError."""
        return self._intents()[1]

    def _intents(self) -> tuple[tuple[Intent, ...], tuple[Intent, ...]]:
        """Without a known outcome, and with one whose price is still to be compared."""
        by_id: dict[str, Intent] = {}
        unpriced: dict[str, Intent] = {}
        for entry in entries(self.path):
            if entry.origin != self._origin:
                continue
            if entry.phase == "intent":
                by_id[entry.id] = Intent(
                    entry.id, _instant(entry.time), entry.action, entry.pod, entry.name, entry.account,
                    _text_of(entry), _agreed(entry),
                )  # fmt: skip
            elif entry.phase == "outcome" and entry.outcome not in OPEN:
                unpriced.pop(entry.id, None)
                if (intent := by_id.pop(entry.id, None)) is not None and entry.unpriced and entry.pod:
                    unpriced[entry.id] = replace(intent, pod=entry.pod)
        return tuple(by_id.values()), tuple(unpriced.values())

    def _now(self) -> str:
        return datetime.fromtimestamp(self._wall(), UTC).isoformat(timespec="milliseconds")

    def _append(self, entry: Entry) -> None:
        new = not presence.is_there(self.path)
        private.folder(self.path.parent)
        # Held for this write: a line that another podtop is still writing must not look torn.
        lock = file_lock.wait_for(self.path.with_suffix(".lock"))
        try:
            self._append_line(entry)
        finally:
            lock.close()
        if new:
            directory = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def _append_line(self, entry: Entry) -> None:
        file = private.open_file(self.path, os.O_CREAT | os.O_APPEND | os.O_RDWR)
        try:
            line = msgspec.json.encode(entry) + b"\n"
            if self._is_torn(file):
                # A line that a full disk or a kill cut short must not swallow this one.
                line = b"\n" + line
            if os.write(file, line) != len(line):
                raise OSError("the disk is full")
            os.fsync(file)
        finally:
            os.close(file)

    @staticmethod
    def _is_torn(file: int) -> bool:
        size = os.fstat(file).st_size
        return size > 0 and os.pread(file, 1, size - 1) != b"\n"


def entries(path: Path) -> Iterator[Entry]:
    """The readable lines, oldest first; none if there is no file. Raises AuditLogError."""
    try:
        with os.fdopen(reading.opened(path), "rb") as file:
            for line in file:
                try:
                    yield msgspec.json.decode(reading.unmarked(line), type=Entry)
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    continue
    except FileNotFoundError:
        return
    except OSError as error:
        raise AuditLogError(f"cannot read {path}: {error.strerror or error}") from None


def _text_of(entry: Entry) -> str:
    text = entry.inputs.get("name") if entry.pod else None
    return text if isinstance(text, str) else ""


def _agreed(entry: Entry) -> float | None:
    prices = (entry.inputs.get(AGREED), entry.inputs.get("deploy_cost"))
    known = [float(p) for p in prices if isinstance(p, int | float) and not isinstance(p, bool) and -_MOST < p < _MOST]
    return min(known, default=None)


def _instant(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0
