"""What terminals of all kinds are sent: colours that they have, characters that they have, and the mouse or not."""

from __future__ import annotations

import re

import pytest

from tests.cli.terminal import Terminal, podtop

SGR = re.compile(rb"\x1b\[([0-9;]*)m")
MOUSE = re.compile(rb"\x1b\[\?(?:9|100[0-35-6]|101[56])h")
NOTHING_SAID = {"COLORTERM": "", "NO_COLOR": "", "COLORFGBG": "", "LC_ALL": "C.UTF-8"}


def shown(*flags: str, **environ: str) -> Terminal:
    """podtop's demo on a terminal of this environment, walked through two screens and a dialog, and quit."""
    terminal = podtop("--demo", *flags, env={**NOTHING_SAID, **environ})
    terminal.wait_for("llama-70b-pretrain")
    terminal.wait_for("GPU util")
    terminal.type("2")
    terminal.wait_for("COMM.")
    terminal.type("?")
    terminal.wait_for("Quit; pods go on")
    terminal.type("\x1b")
    terminal.wait_while("Quit; pods go on")
    terminal.type("q")
    assert terminal.end() == 0
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
def test_a_terminal_is_sent_the_colours_it_has(environ: dict[str, str], expected: set[str]) -> None:
    assert kinds(shown(**environ).output) == expected


def test_the_linux_console_is_sent_sixteen_colours_and_ascii() -> None:
    terminal = shown(TERM="linux")
    assert kinds(terminal.output) == {"16"}
    assert terminal.output.isascii()
    assert b"* " in terminal.output


def test_a_locale_without_utf_8_gets_ascii() -> None:
    assert shown(TERM="xterm-256color", LC_ALL="de_DE.ISO-8859-1").output.isascii()


def test_a_light_terminal_gets_the_light_theme_unless_another_is_asked_for() -> None:
    light = shown(COLORTERM="truecolor", COLORFGBG="0;15").output
    assert b"48;2;250;251;252" in light
    asked = shown("--theme", "podtop-dark", COLORTERM="truecolor", COLORFGBG="0;15").output
    assert b"48;2;250;251;252" not in asked


def test_the_mouse_is_left_to_the_terminal_where_that_is_wanted() -> None:
    assert MOUSE.search(shown("--no-mouse").output) is None
    assert MOUSE.search(shown().output) is not None
