"""A path that podtop may not see is as good as empty: no command ends for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tui
from tui.files import presence, private
from tui.history.recording_files import NoRecordings, recordings_in
from tui.history.replay_source import ReplayError, latest

UNSEEN = "n" * 300
"""Asking for a name that no file can have fails as it does below a folder that may not be entered, also for root."""

ELSEWHERE = ("files/paths.py", "domain/signals/pod_script.py")
"""podtop's own package, and what runs on a pod."""


def test_what_is_there(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("")
    link.symlink_to(file)
    (tmp_path / "dead").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert [presence.is_file(p) for p in (file, link, tmp_path)] == [True, True, False]
    assert [presence.is_folder(p) for p in (tmp_path, file)] == [True, False]
    assert all(map(presence.is_there, (file, link, tmp_path)))
    for name in ("gone", "dead", "loop", UNSEEN, f"{UNSEEN}/below", "zero\0byte", "file/below"):
        path = tmp_path / name
        assert [presence.is_there(path), presence.is_file(path), presence.is_folder(path)] == [False] * 3, name


def test_what_cannot_be_seen_ends_nothing(tmp_path: Path) -> None:
    root = tmp_path / UNSEEN / "podtop"
    assert private.open_to_others(root) == ()
    with pytest.raises(OSError, match="too long"):
        private.folder(root)
    with pytest.raises(NoRecordings, match="too long"):
        recordings_in(root)
    with pytest.raises(ReplayError, match="too long"):
        latest(root)


@pytest.mark.wide
def test_nothing_asks_in_the_way_that_raises() -> None:
    root = Path(tui.__file__).parent
    asked = [
        f"{path.relative_to(root)}: {found[0]}"
        for path in root.rglob("*.py")
        if str(path.relative_to(root)) not in ELSEWHERE and "demo" not in path.parts
        for found in re.finditer(r"\w+\.(exists|is_file|is_dir)\(\)", path.read_text())
    ]
    assert asked == []
