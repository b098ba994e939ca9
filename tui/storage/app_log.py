"""The application log: what podtop saw, received and did, in one rotating file in the state directory, without secrets.

One searchable line per entry: `2026-11-28T14:03:07.512Z 4711 WARNING api: failed operation=Fleet status=502`, with the
time in UTC and the process id. No error of the file, such as a full disk, ever reaches the code that logs.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tui.api.log_lines import _visible, masked
from tui.files import presence, private

LOG_NAME = "podtop.log"
BYTES = 1_000_000
FILES = 3
"""Maximum size of one file, and maximum number of files, including the current one."""

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

AGAIN = 600.0
"""Seconds within which the same line is written once; repeats in the meantime are counted."""

REMEMBERED = 256
"""How many different lines are remembered to detect repeats."""

LONGEST = 16_384
"""Maximum characters of one entry."""

_LOGGERS = ("tui", "asyncio")


class _Lines(logging.Formatter):
    """One line per record, whatever it contains; a traceback follows on lines that begin with a bar."""

    def format(self, record: logging.LogRecord) -> str:
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        name = record.name.removeprefix("tui.")
        text = masked(record.getMessage())
        if record.exc_info:
            text += "\n" + masked("".join(traceback.format_exception(record.exc_info[1])))
        head, *rest = text[:LONGEST].split("\n")
        lines = [f"{when}.{int(record.msecs):03d}Z {record.process} {record.levelname} {name}: {_visible(head)}"]
        lines += [f"| {_visible(line)}" for line in rest if line]
        return "\n".join(lines) + "\n"


class _Seldom(logging.Filter):
    """Passes repeated lines only now and then, and adds how often they were repeated."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = self._monotonic()
        text = record.getMessage()
        key = (record.name, _without_figures(text))
        at, repeats = self._seen.pop(key, (None, 0))
        if at is not None and now - at < AGAIN and record.levelno < logging.CRITICAL:
            self._seen[key] = (at, repeats + 1)
            return False
        if len(self._seen) >= REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._seen[key] = (now, 0)
        if repeats:
            record.msg, record.args = f"{text} more={repeats}", ()
        return True

    def rest(self) -> list[logging.LogRecord]:
        """A record for every line that was repeated and not yet written; each is reported once."""
        records = []
        for (name, text), (at, repeats) in self._seen.items():
            if repeats:
                records.append(logging.LogRecord(name, logging.INFO, "", 0, "%s", (f"{text} more={repeats}",), None))
                self._seen[name, text] = (at, 0)
        return records


_FIGURES = re.compile(r"(?:(?<=request_id=)|(?<=cf_ray=)|(?<=took=))\S+")


def _without_figures(text: str) -> str:
    """The constant part of a line: request ids and durations always differ."""
    return _FIGURES.sub("", text)


class _File(logging.Handler):
    """Appends to a file that is reopened for each record.

    So anyone may rename or delete it, including another podtop that rotates it, and a disk that was full is used again
    once it has room.
    """

    def __init__(self, path: Path, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self.path = path
        self._seldom = _Seldom(monotonic)
        self.setFormatter(_Lines())
        self.addFilter(self._seldom)

    def end(self) -> None:
        """Log the repeats since the last write."""
        for record in self._seldom.rest():
            self.emit(record)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.append(self.format(record).encode("utf-8", "backslashreplace"))
        # A log that cannot be written, or a record that cannot be formatted, must not disturb the caller.
        except Exception:
            return

    def works(self) -> bool:
        """Whether the file can be written now."""
        try:
            private.folder(self.path.parent)
            self.append(b"")
        except OSError:
            return False
        return True

    def append(self, line: bytes) -> None:
        """Append a line. Raises OSError."""
        file = self._open()
        try:
            size = os.fstat(file).st_size
            if size and size + len(line) > BYTES:
                self._turn_over(file)
                os.close(file)
                file = self._open()
            os.write(file, line)
        finally:
            os.close(file)

    def _open(self) -> int:
        # Non-blocking: the file may have been replaced by a pipe that nobody reads.
        flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
        file = os.open(self.path, flags, private.FILE)
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            os.close(file)
            raise OSError(f"{self.path} is not a regular file")
        if stat.S_IMODE(status.st_mode) != private.FILE:
            os.fchmod(file, private.FILE)
        return file

    def _turn_over(self, file: int) -> None:
        """Rotate the files; of several podtops only one does."""
        from tui.files import file_lock

        # Without locks two processes may rotate at once, and older entries are lost.
        if not file_lock.is_first(file):
            return
        here, there = os.fstat(file), os.stat(self.path)  # noqa: PTH116
        if (here.st_ino, here.st_dev) == (there.st_ino, there.st_dev):
            for number in range(FILES - 1, 0, -1):
                older = self._numbered(number - 1)
                if presence.is_there(older):
                    older.replace(self._numbered(number))

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}") if number else self.path


def open_log(directory: Path, level: str = "info", *, monotonic: Callable[[], float] = time.monotonic) -> Path | None:
    """Send podtop's log to its file and nowhere else; None if that cannot be written."""
    path = directory / LOG_NAME
    root = logging.getLogger("tui")
    there = next((handler for handler in root.handlers if isinstance(handler, _File) and handler.path == path), None)
    if there is not None:
        return path if there.works() else None
    close_log()
    handler = _File(path, monotonic)
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(handler)
        logger.setLevel(LEVELS[level] if name == "tui" else max(LEVELS[level], logging.WARNING))
    return path if handler.works() else None


def close_log() -> None:
    """Stop logging."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        for handler in [opened for opened in logger.handlers if isinstance(opened, _File)]:
            handler.end()
            logger.removeHandler(handler)
        logger.propagate = True


def crash_report(error: BaseException, log: Path | None) -> str:
    """Log a crash with its traceback, without the values of variables; return the one line shown to the user."""
    cause = _logged(error)
    return f"crashed: {type(cause).__name__}. Your pods keep running. Please report it; {_where(log)}."


def refusal(cause: OSError, error: BaseException, log: Path | None) -> str:
    """The same for something the system denied podtop, which is neither's fault: a file, a process, a socket."""
    _logged(error)
    where = f"{os.fsdecode(cause.filename)}: " if isinstance(cause.filename, str | bytes) else ""
    reason = cause.strerror or str(cause) or type(cause).__name__
    return masked(f"cannot continue: {where}{reason}. Your pods keep running; {_where(log)}.")


def _logged(error: BaseException) -> BaseException:
    lines = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    logging.getLogger("tui").critical("crashed\n%s", lines)
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _where(log: Path | None) -> str:
    return f"the log is {log}" if log else "there is no log: its directory is not writable"
