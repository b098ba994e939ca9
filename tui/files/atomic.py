"""Writes files whole or not at all: every small file of podtop's is put in place of the one before by this."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from tui.files import private


def write(path: Path, content: bytes, *, over: bool = True, sync: bool = True) -> None:
    """Write a file whole or not at all, for its owner alone, and make its folder where that is missing.

    With `sync` it is on the disk when this returns. Raises OSError; FileExistsError where there is one already, unless
    `over`.
    """
    private.folder(path.parent)
    # A name of its own: two may be under way at once.
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
            # Unlike a rename, a link takes nothing's place.
            path.hardlink_to(half)
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)
