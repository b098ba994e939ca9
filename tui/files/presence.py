"""What is at a path, as far as podtop may see: a path below a folder that it may not enter counts as empty.

`Path`'s own methods raise PermissionError for such a path, in Pythons before 3.14.
"""

from __future__ import annotations

import stat
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether it is a file, or a link to one."""
    return stat.S_ISREG(_mode(path))


def is_folder(path: Path) -> bool:
    """Whether it is a folder, or a link to one."""
    return stat.S_ISDIR(_mode(path))


def is_there(path: Path) -> bool:
    """Whether there is anything, or a link to anything."""
    return _mode(path) != 0


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        # Also a name that no file can have: too long, or with a zero byte.
        return 0
