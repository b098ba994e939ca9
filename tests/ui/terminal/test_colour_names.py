"""How many colours a terminal is sent, by what its environment says of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tui.ui.terminal.capabilities import colour_system


@pytest.mark.parametrize(
    ("term", "told", "expected"),
    [
        *((name, None, "truecolor") for name in (
            "alacritty", "foot", "foot-extra", "wezterm", "xterm-ghostty", "ghostty", "xterm-kitty", "kitty",
            "xterm-direct", "tmux-direct", "konsole-direct", "mintty", "contour-latest", "rio",
        )),
        ("xterm-256color", 256, "256"),
        ("tmux-256color", 256, "256"),
        ("screen-256color", None, "256"),
        ("screen.xterm-256color", None, "256"),
        ("screen.xterm-kitty", 8, "standard"),
        ("tmux", 8, "standard"),
        ("screen", 8, "standard"),
        ("xterm", 8, "standard"),
        ("linux", 8, "standard"),
        ("vt100", -1, "standard"),
        ("rxvt-unicode", 88, "standard"),
        ("my-own", 1 << 24, "truecolor"),
        ("patched-256color", 1 << 24, "truecolor"),
        ("my-own", 256, "256"),
        ("my-own", None, "standard"),
        ("", None, None),
        ("dumb", None, None),
    ],
)  # fmt: skip
def test_as_many_as_its_name_says(term: str, told: int | None, expected: str | None) -> None:
    assert colour_system({"TERM": term}, lambda name: told) == expected
    if expected is not None:
        assert colour_system({"TERM": term, "COLORTERM": "24bit"}, lambda name: told) == "truecolor"


def asked_alone(term: str) -> str:
    """What a process of its own finds: Python asks once in each."""
    code = f"from tui.ui.terminal.capabilities import terminfo; print(terminfo({term!r}))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.wide
def test_the_database_of_terminals_is_asked() -> None:
    assert asked_alone("no-such-terminal-at-all") == "None"
    assert asked_alone("xterm-256color") in ("256", "None")


def test_a_name_that_is_known_asks_nobody() -> None:
    def never(term: str) -> int | None:
        raise AssertionError(term)

    assert colour_system({"TERM": "foot"}, never) == "truecolor"
    assert colour_system({"TERM": "xterm", "COLORTERM": "truecolor"}, never) == "truecolor"
