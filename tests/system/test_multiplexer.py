"""Sequences reach the terminal outside tmux and GNU screen whole, whatever they hold."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.system.multiplexer import SCREEN_CHUNK, Inside, inside, outward, through_screen, through_tmux


@pytest.mark.parametrize(
    ("environ", "where"),
    [
        ({"TERM": "xterm-256color"}, Inside.NOTHING),
        ({"TERM": "screen-256color"}, Inside.NOTHING),  # tmux or screen beyond an ssh: nobody can tell
        ({"TERM": "tmux-256color"}, Inside.FAR_TMUX),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, Inside.TMUX),
        ({"TERM": "screen.xterm-256color", "STY": "1.pts-0.host"}, Inside.SCREEN),
        ({"TERM": "tmux-256color", "TMUX": "", "STY": ""}, Inside.FAR_TMUX),
        ({}, Inside.NOTHING),
    ],
)
def test_what_podtop_runs_in(environ: dict[str, str], where: Inside) -> None:
    assert inside(environ) is where


@given(st.text(alphabet=st.sampled_from("\x1b\x07]52;c\\Pa="), max_size=600))
def test_tmux_gets_it_back_by_halving_escapes(sequence: str) -> None:
    sent = through_tmux(sequence)
    assert sent.startswith("\x1bPtmux;")
    assert sent.endswith("\x1b\\")
    inner = sent[len("\x1bPtmux;") : -2]
    assert inner.replace("\x1b\x1b", "\x1b") == sequence
    # Nothing in it ends the string: every escape is one of a pair.
    assert not re.search(r"(?<!\x1b)(?:\x1b\x1b)*\x1b\\", inner)


@given(st.text(alphabet=st.sampled_from("]52;cabcXYZ0189+/=\x07"), max_size=3 * SCREEN_CHUNK))
def test_screen_gets_it_back_by_joining_pieces(text: str) -> None:
    sequence = f"\x1b{text}"
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", through_screen(sequence), re.DOTALL)
    assert "".join(pieces) == sequence
    assert all(0 < len(piece) <= SCREEN_CHUNK for piece in pieces)


def test_outward() -> None:
    assert outward("\x1b]9;x\x07", Inside.NOTHING) == "\x1b]9;x\x07"
    assert outward("\x1b]9;x\x07", Inside.TMUX) == "\x1bPtmux;\x1b\x1b]9;x\x07\x1b\\"
    assert outward("\x1b]9;x\x07", Inside.SCREEN) == "\x1bP\x1b]9;x\x07\x1b\\"
