"""What podtop leaves on the disk: for its owner alone, and whole enough to be handed over."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import served
from tests.cli.terminal import podtop
from tui.history.archive.reader import Recording
from tui.history.replay_source import choose

PODTOP = [sys.executable, "-m", "tui"]


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """One of its own: a pod of it is stopped."""
    with served(str(tmp_path), "--pods", "3") as address:
        yield address


@pytest.fixture
def umask() -> Iterator[int]:
    """The one that takes nothing away from what others may do."""
    before = os.umask(0)
    yield 0
    os.umask(before)


def test_every_file_of_a_run_is_private_and_its_recording_can_be_handed_over(
    url: str, umask: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("RUNPOD_API_KEY", "demo-key")
    # What an earlier version left open.
    root = home / "state" / "podtop"
    root.mkdir(parents=True, mode=0o755)
    (root / "podtop.log").write_text("")
    (root / "podtop.log").chmod(0o644)
    terminal = podtop("--interval", "2", "--api-url", url, env={"PODTOP_TOUR": "1"})
    terminal.wait_for("any key")
    terminal.type(" ")
    terminal.wait_for("llama-70b-pretrain")
    terminal.wait_for("● live")
    terminal.wait_until(lambda: any(root.glob("archive/*.sqlite")))
    terminal.signal(signal.SIGTERM)
    assert terminal.end() == 128 + signal.SIGTERM
    stopped = subprocess.run([*PODTOP, "--api-url", url, "stop", "mixtral-8x7b-sft", "--yes"], check=False)
    assert stopped.returncode == 0
    subprocess.run([*PODTOP, "config", "--init"], check=True, stdout=subprocess.DEVNULL)
    found = [path for path in home.rglob("*") if path.is_relative_to(root) or "config" in path.parts]
    assert {path.suffix for path in found} >= {".sqlite", ".lock", ".jsonl", ".toml", ".log", ""}
    for path in found:
        if path.name != "state":
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), f"{path} {mode:o}"
    # The one file, and nothing of what is beside it.
    (archive,) = root.glob("archive/*.sqlite")
    copy = shutil.copy(archive, tmp_path / "copy.sqlite")
    assert choose(str(copy), None, root).origin.startswith("127.0.0.1:")
    with closing(Recording(Path(copy))) as recording:
        assert recording.damaged == 0
        snapshot = recording.snapshot(recording.spans()[-1][1])
    assert snapshot is not None
    assert len(snapshot.pods or ()) == 3
