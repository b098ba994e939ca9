"""A text gets as far as it can, and no further is claimed."""

from __future__ import annotations

import base64
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tui.system import clipboard
from tui.system.clipboard import MOST, Outcome, copy, is_far, osc52, sequence, tools
from tui.system.multiplexer import Inside

TEXT = "ssh root@194.68.245.9 -p 40123; é \u4f60"


def payload(sent: str) -> str:
    return base64.b64decode(sent.removeprefix("\x1b]52;c;").removesuffix("\x07")).decode()


def program(folder: Path, name: str, body: str) -> None:
    """A program that does as `body` says, in Python; its standard input is kept in a file beside it."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\nfolder = {str(folder)!r}\n{body}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


KEEPS = """\
with open(folder + "/" + os.path.basename(sys.argv[0]) + ".got", "w", encoding="utf-8", newline="") as out:
    out.write(repr((sys.argv[1:], "RUNPOD_API_KEY" in os.environ)) + "\\n" + sys.stdin.buffer.read().decode())
"""


class Desk:
    """An environment with the programs of one folder, and a terminal that keeps what it is sent."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        self.sent: list[str] = []
        self.takes = True
        self.environ: Mapping[str, str] = {"PATH": str(folder), "RUNPOD_API_KEY": "secret", **environ}

    def which(self, name: str) -> str | None:
        return shutil.which(name, path=str(self.folder))

    def write(self, text: str) -> bool:
        self.sent.append(text)
        return self.takes

    async def copy(self, text: str = TEXT) -> Outcome:
        # A program is looked for on the PATH of podtop itself.
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", str(self.folder))
            return await copy(text, self.write, environ=self.environ, which=self.which)

    def got(self, name: str) -> tuple[str, str]:
        """The arguments and the text that a program was given."""
        first, _, rest = (self.folder / f"{name}.got").read_text("utf-8").partition("\n")
        return first, rest


def test_what_a_terminal_is_sent() -> None:
    assert payload(osc52(TEXT)) == TEXT
    assert osc52(TEXT).count("\x1b") == 1
    assert sequence(TEXT, Inside.NOTHING) == osc52(TEXT)
    # tmux beyond an ssh takes the one or the other, as it is configured.
    assert sequence(TEXT, Inside.FAR_TMUX) == osc52(TEXT) + sequence(TEXT, Inside.TMUX)
    assert osc52("\ud800") == osc52("?"), "half a character is none"


@pytest.mark.parametrize("name", ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"])
def test_over_ssh_no_program_of_the_far_machine_is_used(name: str) -> None:
    environ = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}
    assert [tool.name for tool in tools(environ, str)] == ["wl-copy", "xclip", "xsel", "pbcopy"]
    assert is_far({**environ, name: "x"})
    assert tools({**environ, name: "x"}, str) == ()


def test_without_a_desktop_there_is_no_program() -> None:
    assert tools({}, lambda name: None) == ()
    assert [tool.name for tool in tools({}, str)] == ["pbcopy"]


async def test_a_program_that_took_it_is_believed(tmp_path: Path) -> None:
    program(tmp_path, "xclip", KEEPS)
    desk = Desk(tmp_path, DISPLAY=":0")
    assert await desk.copy() == Outcome("copied (xclip)", True)
    assert desk.got("xclip") == ("(['-selection', 'clipboard', '-in'], False)", TEXT)
    assert desk.sent == []


async def test_the_next_way_is_tried_when_a_program_fails(tmp_path: Path) -> None:
    program(tmp_path, "wl-copy", "sys.exit(1)")
    (tmp_path / "xclip").write_text("no program at all")
    (tmp_path / "xclip").chmod(0o755)
    program(tmp_path, "xsel", KEEPS)
    desk = Desk(tmp_path, DISPLAY=":0", WAYLAND_DISPLAY="wayland-0")
    assert await desk.copy() == Outcome("copied (xsel)", True)
    assert desk.got("xsel")[1] == TEXT


async def test_a_program_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "PATIENCE", 0.3)
    program(tmp_path, "xclip", "time.sleep(60)")
    desk = Desk(tmp_path, DISPLAY=":0")
    outcome = await desk.copy()
    assert outcome.words == "sent to the terminal's clipboard (OSC 52)"
    assert payload(desk.sent[0]) == TEXT


async def test_a_terminal_is_not_said_to_have_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, SSH_CONNECTION="10.0.0.1 1 10.0.0.2 22", DISPLAY="localhost:10.0")
    program(tmp_path, "xclip", KEEPS)
    outcome = await desk.copy()
    assert outcome == Outcome("sent to the terminal's clipboard (OSC 52)", True)
    assert "copied" not in outcome.words
    assert payload(desk.sent[0]) == TEXT


async def test_a_terminal_that_takes_nothing_is_told_of(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.takes = False
    assert await desk.copy() == Outcome("the terminal accepts no output now", False)


async def test_what_is_too_long_is_said_and_not_sent(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert (await desk.copy("x" * MOST)).good
    outcome = await desk.copy("é" * (MOST // 2 + 1))
    assert not outcome.good
    assert "too long" in outcome.words
    assert "74,996 bytes" in outcome.words
    assert len(desk.sent) == 1


async def test_tmux_keeps_it_and_tells_whether_it_sends_it_on(tmp_path: Path) -> None:
    program(tmp_path, "tmux", KEEPS + 'print("256,clipboard,title")')
    desk = Desk(tmp_path, TMUX="/tmp/tmux-0/default,1,0")
    outcome = await desk.copy()
    assert outcome == Outcome("in tmux's buffer, and sent to the terminal's clipboard by tmux", True)
    assert desk.got("tmux")[1] == TEXT
    assert desk.sent == []
    # A terminal that tmux does not know to have a clipboard: the sequence goes past tmux.
    program(tmp_path, "tmux", KEEPS + 'print("256,title")')
    outcome = await desk.copy()
    assert outcome.words.startswith("in tmux's buffer; sent to the terminal's clipboard (OSC 52;")
    assert desk.sent == [sequence(TEXT, Inside.TMUX)]
    # An older tmux has no -w.
    program(tmp_path, "tmux", "sys.exit(1)")
    outcome = await desk.copy()
    assert outcome.words.startswith("sent to the terminal's clipboard")


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a program in a real tmux, which has no terminal outside."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    command = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    subprocess.run([*command, "new", "-d", "-s", "test", "cat"], check=True, env={**os.environ, "TERM": "xterm"})
    pid = subprocess.run([*command, "display", "-p", "#{pid}"], check=True, capture_output=True, text=True).stdout
    yield {"TMUX": f"{tmp_path / 'socket'},{pid.strip()},0", "PATH": os.environ["PATH"], "TERM": "tmux-256color"}
    subprocess.run([*command, "kill-server"], check=True)


def buffer_of(environ: dict[str, str]) -> str:
    return subprocess.run(["tmux", "show-buffer"], check=True, capture_output=True, env=environ).stdout.decode()


async def test_the_real_tmux_has_it_in_its_buffer(tmux: dict[str, str], tmp_path: Path) -> None:
    sent: list[str] = []
    text = TEXT + " # " + "x" * 20_000
    outcome = await copy(text, lambda sequence: not sent.append(sequence), environ=tmux)
    assert outcome.words.startswith("in tmux's buffer")
    assert buffer_of(tmux) == text
