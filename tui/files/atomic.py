"""Atomic writes: every small file of podtop is replaced through this module."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from tui.files import presence, private


def write(path: Path, content: bytes, *, over: bool = True, sync: bool = True, own: bool = True) -> None:
    """Write a file atomically, accessible to its owner alone, and create its folder if missing.

    With `sync` it is on the disk when this returns. `own`: whether its folder is podtop's, and closed to others if it
    exists. Raises OSError; FileExistsError if the file exists and `over` is False.
    """
    if own or not presence.is_folder(path.parent):
        private.folder(path.parent)
    # A unique name: two writes may run at once.
    half = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    try:
        file = private.open_file(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(file, rest) :]
            if sync:
                os.fsync(file)
        finally:
            os.close(file)
        if over:
            half.replace(path)
        else:
            # Unlike a rename, a link never replaces a file.
            path.hardlink_to(half)
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)
