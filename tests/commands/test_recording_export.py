"""`podtop record --export`: which recording, what is printed, and its exit codes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.make import pod, snapshot
from tui.cli import main
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.recorder import archive_path

NOW = 1_795_435_200.0


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state of a podtop that recorded one account; there is no key."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RUNPOD_API_KEY", raising=False)
    directory = tmp_path / "state" / "podtop"
    recorded(archive_path(directory, "https://api.runpod.io", "user_1"))
    return directory


def recorded(path: Path) -> None:
    with closing(Writer(connect(path, write=True), NOW - 1)) as writer:
        writer.write(Polled(NOW + 5 * n, snapshot(pod("a", name="train"), pod("b"))) for n in range(3))


def test_the_recording_is_exported_without_a_key(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.sqlite"
    assert main(["record", "--export", str(target), "--pods", "train"]) == 0
    assert capsys.readouterr().out.startswith(f"{target}: 1 pod, ")
    assert main(["record", "--export", str(target)]) == 6
    assert "exists already; nothing was written" in capsys.readouterr().err
    recorded(archive_path(archive, "https://api.runpod.io", "user_2"))
    assert main(["record", "--export", str(tmp_path / "two.sqlite")]) == 3
    assert "choose one with --from FILE" in capsys.readouterr().err
    assert main(["record", "--export", str(tmp_path / "two.sqlite"), "--from", str(target)]) == 0


def test_what_is_wrong_is_reported(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = str(tmp_path / "out.sqlite")
    assert main(["record", "--export", target, "--since", "noon"]) == 2
    assert "--since noon: not a time; use" in capsys.readouterr().err
    assert main(["record", "--export", target, "--pods", "none-*"]) == 3
    assert "no recorded pod matches none-*" in capsys.readouterr().err
    assert main(["record", "--export", "/nowhere/out.sqlite"]) == 6
    assert main(["record", "--since", "2d"]) == 2
    assert "--since requires --export" in capsys.readouterr().err
