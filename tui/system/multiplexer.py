"""Wraps terminal sequences so that they reach the terminal outside tmux or GNU screen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

SCREEN_CHUNK = 240
"""Characters of one string that GNU screen passes on: its buffer long had 256."""


class Inside(Enum):
    """What podtop runs in, as far as its environment shows."""

    NOTHING = "nothing"
    TMUX = "tmux"
    FAR_TMUX = "tmux, over SSH"
    SCREEN = "GNU screen"


def inside(environ: Mapping[str, str]) -> Inside:
    """Which multiplexer is between podtop and the terminal.

    `TMUX` and `STY` are not passed through ssh, the name of the terminal is; "screen" may mean tmux as well as screen.
    """
    if environ.get("TMUX"):
        return Inside.TMUX
    if environ.get("STY"):
        return Inside.SCREEN
    return Inside.FAR_TMUX if environ.get("TERM", "").startswith("tmux") else Inside.NOTHING


def through_tmux(sequence: str) -> str:
    """A sequence wrapped so that tmux passes it on unchanged, if `allow-passthrough` is on."""
    return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"


def through_screen(sequence: str) -> str:
    """A sequence wrapped so that GNU screen passes it on unchanged, in strings as short as it accepts.

    It must not contain ESC \\, which would end them.
    """
    pieces = (sequence[at : at + SCREEN_CHUNK] for at in range(0, len(sequence), SCREEN_CHUNK))
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def outward(sequence: str, where: Inside) -> str:
    """A sequence wrapped for the outer terminal."""
    match where:
        case Inside.TMUX | Inside.FAR_TMUX:
            return through_tmux(sequence)
        case Inside.SCREEN:
            return through_screen(sequence)
        case Inside.NOTHING:
            return sequence
