"""`podtop export`: the right recording into a new file, whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.services.exporter.test_archive import recorded
from tui.cli import run
from tui.commands import export as command
from tui.commands.exit_codes import Exit
from tui.commands.export import Wanted, export
from tui.commands.stdio import NotWritten, ReaderGone


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "archive").mkdir()
    recorded(tmp_path / "archive" / "one.sqlite", hours=0.1)
    return tmp_path


def wanted(output: str = "-", recording: str = "", **others: object) -> Wanted:
    return Wanted(recording, None, "*", "work", output)._replace(**others)


def test_the_one_recording_is_written_for_its_owner_alone(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = state / "out.om"
    assert export(wanted(str(target)), state) == Exit.OK
    assert target.read_bytes().endswith(b"# EOF\n")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "samples of 2 pods exported as account work" in capsys.readouterr().err
    assert sorted(path.name for path in state.iterdir()) == ["archive", "out.om"]


def test_the_output_is_the_same(state: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert export(wanted(), state) == Exit.OK
    printed = capfdbinary.readouterr().out
    export(wanted(str(state / "out.om")), state)
    assert printed == (state / "out.om").read_bytes()


def test_a_file_that_exists_stays_as_it_is(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = state / "out.om"
    target.write_text("mine")
    assert export(wanted(str(target)), state) == Exit.USAGE
    assert target.read_text() == "mine"
    assert "name another file" in capsys.readouterr().err
    assert not list(state.glob(".out*"))


def test_several_accounts_are_never_mixed_up(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(state / "archive" / "two.sqlite", hours=0.1)
    assert export(wanted(), state) == Exit.USAGE
    said = capsys.readouterr().err
    assert "choose --profile, or a FILE" in said
    assert "two.sqlite" in said
    assert export(wanted(recording=str(state / "archive" / "two.sqlite")), state) == Exit.OK


@pytest.mark.parametrize("recording", ["", "missing.sqlite", "/dev/null"])
def test_without_a_recording_nothing_is_written(
    recording: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.om"
    assert export(wanted(str(target), recording), tmp_path) == Exit.USAGE
    assert capsys.readouterr().err.startswith("podtop: ")
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_of_accounts_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORK_KEY", "demo-key")
    config, state = (Path(os.environ[f"XDG_{kind}_HOME"]) / "podtop" for kind in ("CONFIG", "STATE"))
    for folder in (config, state):
        folder.mkdir(parents=True, exist_ok=True)
    (config / "config.toml").write_text('[profiles.work]\napi_key_env = "WORK_KEY"\n')
    (state / "accounts.json").write_text("no accounts at all")
    assert run(["--profile", "work", "export", "--openmetrics"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert said.startswith("podtop: nothing was exported: ")
    assert "accounts.json" in said


def test_what_breaks_off_leaves_nothing_half_written(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command.private, "open_file", full)
    assert export(wanted(str(state / "out.om")), state) == Exit.USAGE
    assert [path.name for path in state.iterdir()] == ["archive"]


@pytest.mark.parametrize(
    ("number", "failure"), [(errno.ENOSPC, NotWritten), (errno.EBADF, NotWritten), (errno.EPIPE, ReaderGone)]
)
@pytest.mark.parametrize("fails", ["write", "flush"])
def test_an_output_that_takes_nothing_is_that_and_no_damaged_recording(
    number: int, failure: type[Exception], fails: str, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    buffer = SimpleNamespace(**{"write": len, "flush": lambda: None, fails: refuse})
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", SimpleNamespace(buffer=buffer, fileno=io.StringIO().fileno))
        with pytest.raises(failure):
            export(wanted(), state)


def test_a_disk_that_fills_while_a_file_is_written_is_told_with_its_name(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(command.private, "open_file", lambda *args: os.open("/dev/full", os.O_WRONLY))
        assert export(wanted(str(state / "out.om")), state) == Exit.USAGE
    assert "out.om: No space left on device. Nothing was written" in capsys.readouterr().err
