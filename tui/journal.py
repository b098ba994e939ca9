"""The log: one rotating file in the state directory that only its owner can read, without secrets."""

from __future__ import annotations

import logging
import os
import traceback
from io import TextIOWrapper
from pathlib import Path

from tui import private
from tui.api.secret import Secret, redact

LOG_NAME = "podtop.log"
_BYTES = 1_000_000
_FILES = 3


class Redact(logging.Filter):
    """Takes a secret out of whatever is logged."""

    def __init__(self, secret: Secret) -> None:
        super().__init__()
        self._secret = secret

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage(), (self._secret,)), ()
        return True


def _file_handler(path: Path) -> logging.Handler:
    from logging.handlers import RotatingFileHandler

    class Private(RotatingFileHandler):
        """Makes the next file after a rotation as the first one."""

        def _open(self) -> TextIOWrapper:
            file = private.open_file(Path(self.baseFilename), os.O_CREAT | os.O_APPEND | os.O_WRONLY)
            return os.fdopen(file, "a", encoding=self.encoding)

    private.folder(path.parent)
    handler = Private(path, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return handler


def open_log(directory: Path, secret: Secret | None) -> Path | None:
    """Send podtop's log to its file and nowhere else; None where the directory cannot be written to."""
    logger = logging.getLogger("tui")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    path = directory / LOG_NAME
    try:
        handler = _file_handler(path)
    except OSError:
        logger.addHandler(logging.NullHandler())
        return None
    if secret:
        handler.addFilter(Redact(secret))
    logger.addHandler(handler)
    return path


def crash_report(error: BaseException, log: Path | None) -> str:
    """Log a crash with its traceback, without the values of variables, and give the one line a person sees."""
    lines = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    logging.getLogger("tui").critical("crashed\n%s", lines)
    where = f"the log is {log}" if log else "there is no log, as its directory cannot be written to"
    return f"crashed: {type(error).__name__}. Your pods go on running. Please report it; {where}."
