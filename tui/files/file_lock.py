"""Locks between podtop processes: flock(2), or on file systems without it, a file that only one of them can create.

The system releases flock automatically when a process ends; the file must be checked: it names its owner. On the same
host podtop sees whether that process lives; one on another host counts as alive as long as it touches its file.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.files import private, reading

WAIT = 5.0
"""Seconds to wait for a file that another podtop holds for a single write."""

BEAT = 20.0
"""Seconds between two touches of a file that is held for long."""

GONE = 120.0
"""Seconds without a touch, by the file system's own clock, after which a podtop on another host counts as ended."""

# Lustre without -o flock and FUSE, NFS without lockd, and others.
_ABSENT = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}

_log = logging.getLogger(__name__)
_news: list[str] = []


class Owner(Struct, frozen=True):
    """The holder of a file. Two with the same host, boot and namespace can see each other's processes."""

    token: str
    host: str
    boot: str
    pid: int
    born: str

    def sees(self, other: Owner) -> bool:
        return (self.host, self.boot) == (other.host, other.boot)


class Held:
    """A lock that is held until `close`. `check` raises OSError if another process took it over."""

    def __init__(self, file: int | None, path: Path | None = None, owner: Owner | None = None) -> None:
        self._file = file
        self._path = path
        self._owner = owner

    def is_mine(self) -> bool:
        """Whether nobody took it over: after a long sleep, a podtop on another host may have."""
        if self._path is None or self._owner is None:
            return True
        owner = _read(self._path)
        return owner is not None and owner.owner == self._owner

    def check(self) -> None:
        if not self.is_mine():
            raise OSError(errno.EBUSY, "another podtop has taken over")

    def close(self) -> None:
        if self._path is not None and self._owner is not None:
            _keeper.forget(self._path)
            with suppress(OSError):
                if self.is_mine():
                    self._path.unlink()
            self._path = None
        if self._file is not None:
            os.close(self._file)
            self._file = None


def wait_for(path: Path) -> Held:
    """Lock a file, creating it if missing, for a single write. Raises OSError, TimeoutError."""
    held = _take(path, wait=True)
    if held is None:
        raise BlockingIOError(errno.EWOULDBLOCK, "another podtop holds the lock", str(path))
    return held


def hold(path: Path) -> Held | None:
    """Lock a file, creating it if missing, for the life of this podtop; None if another podtop holds it.

    Raises OSError if the file cannot be created.
    """
    return _take(path, wait=False)


def _take(path: Path, *, wait: bool) -> Held | None:
    file = private.open_file(path, os.O_CREAT | os.O_RDWR)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        except OSError as error:
            if error.errno not in _ABSENT:
                raise
            _fall_back(file, path, error)
        # If one podtop had to fall back, as on a host with other mount options, all of them do.
        if not os.fstat(file).st_size:
            return Held(file)
        owned = _named(path)
        mine = _wait(owned) if wait else _try(owned)
    except BaseException:
        with suppress(OSError):
            os.close(file)
        raise
    if mine is None:
        os.close(file)
        return None
    if not wait:
        _keeper.keep(owned)
    return Held(file, owned, mine)


def is_first(file: int) -> bool:
    """Whether no other process holds the lock of an open file; it is then held until the file is closed.

    True if the file system has no locks: this is for work that may safely be done twice.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def is_held(path: Path) -> bool:
    """Whether a running podtop holds the lock of this file for long. Raises OSError, FileNotFoundError."""
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno not in _ABSENT:
                return True
        owner = _read(_named(path))
        return owner is not None and not _is_gone(_named(path), owner)
    finally:
        os.close(file)


def remove(path: Path) -> None:
    """Remove a lock that nobody holds."""
    for part in (_named(path), path):
        with suppress(OSError):
            part.unlink()


def news() -> str | None:
    """The message that podtop had to fall back, if it is still to be shown: once per file."""
    if not _news:
        return None
    text = _news[0]
    _news.clear()
    return text


def _named(path: Path) -> Path:
    """The file that names the owner of a lock."""
    return path.with_name(f"{path.name}.owner")


def _fall_back(file: int, path: Path, error: OSError) -> None:
    if os.fstat(file).st_size:
        return
    os.pwrite(file, b"no flock\n", 0)
    _log.warning("%s: %s; falling back to a lock file that names its owner", path, error)
    _news.append(
        f"the file system of {path.parent} does not support locks ({error.strerror}). podtop uses lock files that name "
        "their owner; every podtop that shares it must be this version or later"
    )


# The file


class _Found(Struct, frozen=True):
    """The current content of a lock file; `owner` is None while it is being created, or if it is damaged."""

    owner: Owner | None
    stamp: str
    touched: float

    @property
    def name(self) -> str:
        return self.owner.token if self.owner is not None else self.stamp


def _me() -> Owner:
    return Owner(os.urandom(8).hex(), os.uname().nodename, _boot(), os.getpid(), _born(os.getpid()))


def _boot() -> str:
    """This machine's boot id and the PID namespace, within which processes are visible: containers share the boot."""
    with suppress(OSError):
        space = Path("/proc/self/ns/pid").readlink()
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {space}"
    return ""


def _born(pid: int) -> str:
    """When a process started, as process ids are reused; empty if the system does not report it."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def _read(path: Path) -> _Found | None:
    try:
        with os.fdopen(reading.opened(path), "rb") as file:
            status = os.fstat(file.fileno())
            content = file.read(4096)
    except FileNotFoundError:
        return None
    owner = None
    with suppress(msgspec.MsgspecError, UnicodeDecodeError):
        owner = msgspec.json.decode(content, type=Owner)
    return _Found(owner, f"{status.st_ino}-{status.st_mtime_ns}", status.st_mtime)


def _is_gone(path: Path, other: _Found) -> bool:
    """Whether the process that created the file has ended."""
    me, owner = _me(), other.owner
    if owner is not None and me.sees(owner):
        try:
            os.kill(owner.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass
        return owner.born != "" and _born(owner.pid) not in ("", owner.born)
    return _clock(path) - other.touched > GONE


def _clock(path: Path) -> float:
    """The file system's current time: hosts that share it may disagree on the time."""
    probe = path.with_name(f"{path.name}.{os.urandom(6).hex()}")
    try:
        file = private.open_file(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        try:
            return os.fstat(file).st_mtime
        finally:
            os.close(file)
    finally:
        with suppress(OSError):
            probe.unlink()


def _create(path: Path, owner: Owner) -> bool:
    try:
        file = private.open_file(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    try:
        os.write(file, msgspec.json.encode(owner))
    except OSError:
        # No part of it may stay on a full disk: it would have no owner.
        with suppress(OSError):
            path.unlink()
        raise
    finally:
        os.close(file)
    return True


def _try(path: Path) -> Owner | None:
    me = _me()
    for _ in range(3):
        if _create(path, me):
            return me
        owner = _read(path)
        if owner is None:
            continue
        if not _is_gone(path, owner):
            return None
        _clear(path, owner)
    return None


def _clear(path: Path, stale: _Found) -> None:
    """Remove the file of an ended process. Of several that find it, only the holder of the lock of that name may."""
    guard = path.with_name(f"{path.name}.{stale.name}")
    mine = _try(guard)
    if mine is None:
        return
    try:
        owner = _read(path)
        if owner is not None and owner.name == stale.name:
            path.unlink()
    finally:
        with suppress(OSError):
            guard.unlink()


def _wait(path: Path) -> Owner:
    end = time.monotonic() + WAIT
    pause = 0.001
    while (mine := _try(path)) is None:
        if time.monotonic() >= end:
            other = _read(path)
            owner = other.owner if other is not None else None
            whose = f"held by process {owner.pid} on {owner.host}" if owner is not None else "held by another process"
            raise TimeoutError(errno.ETIMEDOUT, f"{whose}; remove {path} if that process has ended")
        time.sleep(pause)
        pause = min(0.05, pause * 1.5)
    return mine


class _Keeper:
    """Touches the files that are held for long, in a thread that runs only while there are any."""

    def __init__(self) -> None:
        self._paths: set[Path] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def keep(self, path: Path) -> None:
        with self._lock:
            self._paths.add(path)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="locks", daemon=True)
                self._thread.start()

    def forget(self, path: Path) -> None:
        with self._lock:
            self._paths.discard(path)

    def _run(self) -> None:
        while True:
            time.sleep(BEAT)
            with self._lock:
                if not self._paths:
                    self._thread = None
                    return
                paths = tuple(self._paths)
            for path in paths:
                with suppress(OSError):
                    os.utime(path)


_keeper = _Keeper()
