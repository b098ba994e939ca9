"""A file is in place whole, or the one before it is."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tui.files import atomic


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    atomic.write(path, b"old")
    monkeypatch.setattr(atomic.os, "write", lambda file, data: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OSError, match="No space"):
        atomic.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_nothing_takes_the_place_of_a_file_that_is_to_stay(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    atomic.write(path, b"old", over=False)
    with pytest.raises(FileExistsError):
        atomic.write(path, b"new", over=False)
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
