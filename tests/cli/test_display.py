"""What terminals of all kinds are sent: colours that they have, characters that they have, and the mouse or not."""

from __future__ import annotations

import re

import pytest

from tests.cli.terminal import Terminal, podtop

SGR = re.compile(rb"\x1b\[([0-9;]*)m")
MOUSE = re.compile(rb"\x1b\[\?(?:9|100[0-35-6]|101[56])h")
NOTHING_SAID = {"COLORTERM": "", "NO_COLOR": "", "COLORFGBG": "", "LC_ALL": "C.UTF-8"}


def shown(url: str, *flags: str, **environ: str) -> Terminal:
    """podtop on a terminal of this environment, walked through two screens and a dialog, and quit."""
    asked = ("--api-url", url, "--no-record", *flags)
    # The locale is made up when a program starts.
    starts = "LC_ALL" in environ
    terminal = podtop(*asked, env={"RUNPOD_API_KEY": "demo-key", **NOTHING_SAID, **environ}, starts=starts)
    terminal.wait_for("llama-70b-pretrain")
    terminal.wait_for("Telemetry")
    terminal.type("2")
    terminal.wait_for("COMM.")
    terminal.type("?")
    terminal.wait_for("Quit (pods keep")
    terminal.leave("Quit (pods keep")
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


# Which colours, characters and theme go with which environment is a function, tried by itself: here it is seen that
# what it decides is what is sent. Each case is a start of podtop.


@pytest.mark.wide
def test_a_light_terminal_of_all_colours_is_sent_them_and_the_mouse_is_asked_for(url: str) -> None:
    output = shown(url, TERM="xterm-256color", COLORTERM="truecolor", COLORFGBG="0;15").output
    assert kinds(output) == {"true"}
    assert b"48;2;250;251;252" in output
    assert MOUSE.search(output) is not None


@pytest.mark.wide
def test_the_linux_console_is_sent_sixteen_colours_and_ascii_and_its_mouse_is_left_to_it(url: str) -> None:
    terminal = shown(url, "--no-mouse", TERM="linux")
    assert MOUSE.search(terminal.output) is None
    assert kinds(terminal.output) == {"16"}
    assert terminal.output.isascii()
    assert b"* " in terminal.output


@pytest.mark.wide
@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "tmux-256color"}, {"256"}),
        ({"TERM": "xterm"}, {"16"}),
        ({"TERM": "tmux-direct"}, {"true"}),
        ({"TERM": "tmux-256color", "NO_COLOR": "1"}, set()),
    ],
    ids=["tmux-256color", "xterm", "direct", "NO_COLOR"],
)
def test_a_terminal_is_sent_the_colours_it_has(url: str, environ: dict[str, str], expected: set[str]) -> None:
    assert kinds(shown(url, **environ).output) == expected


@pytest.mark.wide
def test_a_locale_without_utf_8_gets_ascii(url: str) -> None:
    assert shown(url, TERM="xterm-256color", LC_ALL="de_DE.ISO-8859-1").output.isascii()


@pytest.mark.wide
def test_a_light_terminal_gets_another_theme_that_is_asked_for(url: str) -> None:
    asked = shown(url, "--theme", "podtop-dark", COLORTERM="truecolor", COLORFGBG="0;15").output
    assert b"48;2;250;251;252" not in asked


@pytest.mark.wide
def test_a_terminal_is_sent_no_color_where_a_flag_says_so(url: str) -> None:
    assert kinds(shown(url, "--no-color", TERM="tmux-256color").output) == set()
