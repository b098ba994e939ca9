"""How many colours a terminal is sent, by what its environment says of it."""

from __future__ import annotations

import pytest

from tui.ui.terminal.capabilities import colour_system, terminfo


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


def test_the_database_of_terminals_is_asked() -> None:
    assert terminfo("no-such-terminal-at-all") is None
    assert terminfo("xterm-256color") in (256, None)  # once in a process: Python asks no second time


def test_a_name_that_is_known_asks_nobody() -> None:
    def never(term: str) -> int | None:
        raise AssertionError(term)

    assert colour_system({"TERM": "foot"}, never) == "truecolor"
    assert colour_system({"TERM": "xterm", "COLORTERM": "truecolor"}, never) == "truecolor"
