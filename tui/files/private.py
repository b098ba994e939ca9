"""Files and folders that podtop creates: accessible to their owner alone, whatever the umask is."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from tui.files import presence

FOLDER, FILE = 0o700, 0o600
_OTHERS = 0o077


def folder(path: Path) -> None:
    """Create a folder and its missing parents; a folder of ours that others can access is closed to them.

    Raises OSError.
    """
    missing = []
    above = path
    while not presence.is_folder(above):
        missing.append(above)
        if above == above.parent:
            break
        above = above.parent
    for part in reversed(missing):
        # Path.mkdir applies its mode to the last folder only.
        with suppress(FileExistsError):
            part.mkdir(mode=FOLDER)
            part.chmod(FOLDER)
    if not presence.is_folder(path):
        raise NotADirectoryError(20, "a file is in its place", str(path))
    if not missing:
        _close(path, FOLDER)


def _close(path: Path, mode: int) -> None:
    status = path.stat()
    if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) & _OTHERS:
        # If this fails, the file system has no such modes; `open_to_others` finds what remains open.
        with suppress(OSError):
            path.chmod(mode)


def open_file(path: Path, flags: int) -> int:
    """The descriptor of a file that only its owner can read, created if `flags` say so. Raises OSError."""
    file = os.open(path, flags | os.O_CLOEXEC, FILE)
    with suppress(OSError):
        status = os.fstat(file)
        if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) != FILE:
            os.fchmod(file, FILE)
    return file


def open_to_others(root: Path) -> tuple[Path, ...]:
    """Close a podtop folder's content to others; return paths that stay open because another user owns them."""
    left = []
    for path in _below(root):
        with suppress(OSError):
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
                continue
            if stat.S_IMODE(status.st_mode) & _OTHERS:
                _close(path, FOLDER if stat.S_ISDIR(status.st_mode) else FILE)
                if stat.S_IMODE(path.lstat().st_mode) & _OTHERS:
                    left.append(path)
    return tuple(left)


def _below(root: Path) -> list[Path]:
    """A folder and its content, without following links."""
    if not presence.is_folder(root):
        return []
    paths = [root]
    for at, folders, files in os.walk(root):
        paths += [Path(at, name) for name in (*folders, *files)]
    return paths
