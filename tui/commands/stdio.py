"""Writing to any reader: a terminal, a file, a pipe whose reader may have closed it, or nothing at all."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

from tui.api.secret import mask


class ReaderGone(Exception):
    """The reader closed the output: no failure on either side."""


class NotWritten(OSError):
    """The output accepts no data: a full disk, a closed stream, a terminal that is gone. `str()` says so, for users."""

    def __init__(self, error: OSError | ValueError) -> None:
        reason = getattr(error, "strerror", None) or str(error)
        closed = isinstance(error, ValueError) or error.errno == errno.EBADF
        super().__init__("the output is closed" if closed else f"the output cannot be written: {reason}")


def settle() -> None:
    """Make the standard streams safe to use, however the shell left them.

    A closed one (`>&-`) becomes one that refuses to be written, and its number is taken: otherwise the next file that
    is opened, such as a recording, would be the output. Characters that an encoding lacks become question marks.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123
    if sys.stdout is None:
        sys.stdout = sys.__stdout__ = _refusing()  # type: ignore[misc]
    if sys.stderr is None:
        sys.stderr = sys.__stderr__ = _refusing()  # type: ignore[misc]
    make_lenient(sys.stdout)


def _refusing() -> Any:
    return os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")


def takes_output(stream: TextIO | None) -> bool:
    """Whether a stream may be written at all; a closed one may not."""
    import fcntl

    if stream is None or stream.closed:
        return False
    try:
        return fcntl.fcntl(stream.fileno(), fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
    except ValueError:
        # A stream in memory, and no file of the system.
        return True
    except OSError:
        return False


def visible(text: str) -> str:
    """`text` in which nothing controls a terminal, or the direction of writing; line ends stay."""
    return text if text.isprintable() else "".join(ch if ch.isprintable() or ch == "\n" else "?" for ch in text)


def shown(text: str) -> str:
    """`text` that may repeat what was typed: as `visible`, and without what looks like a key."""
    return visible(mask(text))


listeners: list[Callable[[str], object]] = []
"""Called with each text that `say` prints: the log, if it is open."""


def say(text: str) -> None:
    """Print a line for users to standard error."""
    for listener in listeners:
        listener(text)
    try:
        sys.stderr.write(f"podtop: {shown(text)}\n")
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        # There is no one to report to, and the exit code reports it too.
        return


_quiet = False


def hush(quiet: bool) -> None:
    """Whether `note` prints nothing: --quiet."""
    global _quiet
    _quiet = quiet


def is_quiet() -> bool:
    return _quiet


def note(text: str) -> None:
    """Print a warning or progress to standard error, unless podtop is quiet; it is logged all the same."""
    if not _quiet:
        say(text)
        return
    for listener in listeners:
        listener(text)


def write(text: str, out: TextIO | None = None) -> None:
    """Write at once. Raises ReaderGone, and NotWritten if it cannot be written."""
    out = sys.stdout if out is None else out
    try:
        out.write(text)
        out.flush()
    except BrokenPipeError:
        drop(out)
        raise ReaderGone from None
    except (OSError, ValueError) as error:
        drop(out)
        raise NotWritten(error) from None


def finish(code: int) -> int:
    """Write pending output, before Python ends and would complain in its own way; returns the exit code."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop(sys.stdout)
    except (AttributeError, OSError, ValueError) as error:
        drop(sys.stdout)
        if not isinstance(error, AttributeError):
            say(str(NotWritten(error)))
            code = code or 1
    try:
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        drop(sys.stderr)
    return code


def drop(out: TextIO | None) -> None:
    """Discard pending output: it must not fail once more when Python ends."""
    try:
        if out is not None:
            nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            os.dup2(nowhere, out.fileno())
            os.close(nowhere)
    except (OSError, ValueError):
        return


def make_lenient(out: TextIO) -> None:
    """Replace characters that the terminal's encoding lacks by question marks."""
    reconfigure = getattr(out, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def make_utf8(out: TextIO) -> None:
    """Write JSON and CSV as UTF-8, whatever the terminal's encoding."""
    reconfigure = getattr(out, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace", newline="\n")


def width_of_terminal(out: TextIO) -> int | None:
    """Width of the reading terminal in cells; None without one."""
    try:
        return os.get_terminal_size(out.fileno()).columns or None if out.isatty() else None
    except (OSError, ValueError):
        return None
