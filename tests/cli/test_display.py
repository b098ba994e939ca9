"""What terminals of all kinds are sent: colours that they have, characters that they have, and the mouse or not."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cli.terminal import Terminal, podtop

SGR = re.compile(rb"\x1b\[([0-9;]*)m")
MOUSE = re.compile(rb"\x1b\[\?(?:9|100[0-35-6]|101[56])h")
NOTHING_SAID = {"COLORTERM": "", "NO_COLOR": "", "COLORFGBG": "", "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A simulated RunPod without a past to be taken in."""
    command = [sys.executable, "-m", "tui", "simulate", "--port", "0", "--pods", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield next(word for word in server.stdout.readline().split() if word.startswith("http")).rstrip(",")
        server.terminate()


def shown(url: str, *flags: str, **environ: str) -> Terminal:
    """podtop on a terminal of this environment, walked through two screens and a dialog, and quit."""
    asked = ("--api-url", url, "--no-record", *flags)
    terminal = podtop(*asked, env={"RUNPOD_API_KEY": "demo-key", **NOTHING_SAID, **environ})
    terminal.wait_for("llama-70b-pretrain")
    terminal.wait_for("GPU util")
    terminal.type("2")
    terminal.wait_for("COMM.")
    terminal.type("?")
    terminal.wait_for("Quit; pods go on")
    terminal.type("\x1b")
    terminal.wait_while("Quit; pods go on")
    assert terminal.quit() == 0
    return terminal


def kinds(output: bytes) -> set[str]:
    """The kinds of colour in a terminal's output: true, 256, 16; attributes are none."""
    found = set()
    for sgr in SGR.findall(output):
        codes = iter(sgr.decode().split(";"))
        for code in codes:
            if code in ("38", "48"):
                kind = next(codes)
                found.add({"2": "true", "5": "256"}[kind])
                for _ in range(3 if kind == "2" else 1):
                    next(codes)
            elif code.isdigit() and (30 <= int(code) <= 47 or 90 <= int(code) <= 107) and code not in ("39", "49"):
                found.add("16")
    return found


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, {"true"}),
        ({"TERM": "tmux-256color"}, {"256"}),
        ({"TERM": "xterm"}, {"16"}),
        ({"TERM": "tmux-256color", "NO_COLOR": "1"}, set()),
    ],
    ids=["truecolor", "tmux-256color", "xterm", "NO_COLOR"],
)
def test_a_terminal_is_sent_the_colours_it_has(url: str, environ: dict[str, str], expected: set[str]) -> None:
    assert kinds(shown(url, **environ).output) == expected


def test_the_linux_console_is_sent_sixteen_colours_and_ascii(url: str) -> None:
    terminal = shown(url, TERM="linux")
    assert kinds(terminal.output) == {"16"}
    assert terminal.output.isascii()
    assert b"* " in terminal.output


def test_a_locale_without_utf_8_gets_ascii(url: str) -> None:
    assert shown(url, TERM="xterm-256color", LC_ALL="de_DE.ISO-8859-1").output.isascii()


def test_a_light_terminal_gets_the_light_theme_unless_another_is_asked_for(url: str) -> None:
    light = shown(url, COLORTERM="truecolor", COLORFGBG="0;15").output
    assert b"48;2;250;251;252" in light
    asked = shown(url, "--theme", "podtop-dark", COLORTERM="truecolor", COLORFGBG="0;15").output
    assert b"48;2;250;251;252" not in asked


def test_the_mouse_is_left_to_the_terminal_where_that_is_wanted(url: str) -> None:
    assert MOUSE.search(shown(url, "--no-mouse").output) is None
    assert MOUSE.search(shown(url).output) is not None
