"""The frame around the whole program: whatever happens inside, it ends with an exit code and one line at most.

Failures before a command has started are handled here too, so this imports next to nothing.
"""

from __future__ import annotations

import errno
import signal
from collections.abc import Callable

from tui.commands.stdio import NotWritten, ReaderGone, finish, say, settle

OK, CRASHED, INTERRUPTED = 0, 1, 128 + signal.SIGINT

_NO_MEMORY = ("annot allocate memory", "failed to map segment", "can't start new thread")
"""The system's message for lack of memory, where Python does not raise a MemoryError for it."""


def framed(program: Callable[[], int]) -> int:
    """Run `program`; returns the exit code of the process: its own, or that of its failure."""
    try:
        settle()
        from tui.files import paths

        paths.settle()
        code = program()
    except SystemExit as end:
        code = _code(end)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except ReaderGone:
        # The reader closed the output.
        code = OK
    except NotWritten as error:
        say(str(error))
        code = CRASHED
    # A person gets one line and a script the exit code; the traceback is for podtop's developers, and is in the log.
    except Exception as error:
        say(_words(error))
        code = CRASHED
    return finish(code)


def _code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or OK
    say(str(end.code))
    return CRASHED


def _words(error: Exception) -> str:
    cause: BaseException = error
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    if _is_memory(cause):
        return "out of memory. Your pods keep running."
    try:
        from tui.files import paths
        from tui.storage import app_log

        log = app_log.open_log(paths.state_dir())
        if isinstance(cause, OSError):
            return app_log.refusal(cause, error, log)
        return app_log.crash_report(error, log)
    except Exception:
        # The failure may have broken the log as well.
        return f"crashed: {type(cause).__name__}. Your pods keep running. Please report this; no log could be written."


def _is_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return isinstance(error, ImportError | RuntimeError) and any(phrase in str(error) for phrase in _NO_MEMORY)
