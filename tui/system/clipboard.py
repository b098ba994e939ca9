"""Puts text where the user can paste it from, and reports truthfully how far it got.

A local program (wl-copy, xclip, xsel, pbcopy) knows whether it has the text. A terminal that is sent text by OSC 52, as
over SSH, never responds: then podtop says that it was sent, not that it has arrived.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tui.config.keys import NOTHING, Hidden
from tui.system import subprocesses
from tui.system.multiplexer import Inside, inside, outward

MOST = 74_994
"""Bytes of text that terminals accept by OSC 52: 100,000 characters with its envelope, hterm's limit."""

PATIENCE = 2.0
"""Seconds that a program gets to accept a text."""


class Outcome(NamedTuple):
    """How far a text got, in words for the user; `good`: whether it can be expected in a clipboard."""

    words: str
    good: bool


class Tool(NamedTuple):
    """A program that reads a text from its standard input."""

    name: str
    arguments: tuple[str, ...] = ()


_WAYLAND = (Tool("wl-copy", ("--type", "text/plain")),)
_X11 = (Tool("xclip", ("-selection", "clipboard", "-in")), Tool("xsel", ("--clipboard", "--input")))
_MAC = (Tool("pbcopy"),)

_TMUX = Tool("tmux", ("load-buffer", "-w", "-", ";", "display-message", "-p", "#{client_termfeatures}"))
"""-w: tmux itself sends it to the outer terminal, whatever it lets programs inside pass through (3.2 and later)."""


def is_far(environ: Mapping[str, str]) -> bool:
    """Whether the user sits at another machine."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))


def tools(environ: Mapping[str, str], which: Callable[[str], str | None]) -> tuple[Tool, ...]:
    """Programs that reach the clipboard of the desktop podtop runs on, best first; empty if there are none."""
    if is_far(environ):
        return ()
    fitting = (
        *(_WAYLAND if environ.get("WAYLAND_DISPLAY") else ()),
        *(_X11 if environ.get("DISPLAY") else ()),
        *_MAC,
    )
    return tuple(tool for tool in fitting if which(tool.name))


def has_tmux(environ: Mapping[str, str], which: Callable[[str], str | None]) -> bool:
    """Whether texts also go into the buffer of the tmux that podtop runs in."""
    return inside(environ) is Inside.TMUX and which("tmux") is not None


def osc52(text: str) -> str:
    """The sequence that sends a text to the terminal's clipboard. It ends in BEL, which multiplexers pass on."""
    return f"\x1b]52;c;{base64.b64encode(text.encode('utf-8', 'replace')).decode('ascii')}\x07"


def sequence(text: str, where: Inside) -> str:
    """What is written to the terminal. tmux beyond ssh accepts one of two forms, depending on its config: send both."""
    plain = osc52(text)
    return plain + outward(plain, where) if where is Inside.FAR_TMUX else outward(plain, where)


async def copy(
    text: str,
    write: Callable[[str], bool],
    *,
    environ: Mapping[str, str] = os.environ,
    which: Callable[[str], str | None] = shutil.which,
    hidden: Hidden = NOTHING,
) -> Outcome:
    """Put a text where it can be pasted from. `write` sends to the terminal; False if it accepts nothing now.

    hidden: what the programs must not get besides the text.
    """
    for tool in tools(environ, which):
        if await _told(tool, text, environ, hidden) is not None:
            return Outcome(f"copied ({tool.name})", True)
    where = inside(environ)
    buffered = await _told(_TMUX, text, environ, hidden) if has_tmux(environ, which) else None
    if buffered is not None and "clipboard" in buffered:
        return Outcome("in tmux's buffer, and sent to the terminal's clipboard by tmux", True)
    in_tmux = "in tmux's buffer; " if buffered is not None else ""
    size = len(text.encode("utf-8", "replace"))
    if size > MOST:
        reason = f"too long for the terminal's clipboard: {size:,} bytes, limit {MOST:,}"
        return Outcome(f"{in_tmux}{reason}", buffered is not None)
    if not write(sequence(text, where)):
        return Outcome(f"{in_tmux}the terminal accepts no output now", buffered is not None)
    return Outcome(f"{in_tmux}sent to the terminal's clipboard (OSC 52{_through(where)})", True)


def _through(where: Inside) -> str:
    """What must hold for the text to arrive."""
    match where:
        case Inside.TMUX:
            return "; tmux needs allow-passthrough on"
        case Inside.FAR_TMUX:
            return "; tmux needs set-clipboard on"
        case Inside.SCREEN:
            return ", via screen"
        case Inside.NOTHING:
            return ""


async def _told(tool: Tool, text: str, environ: Mapping[str, str], hidden: Hidden) -> str | None:
    """A program's output after it was given a text; None if it could not be started, failed, or took too long."""
    argv = (tool.name, *tool.arguments)
    try:
        # Other output is not read: programs that serve the text go on in the background, and would keep it open.
        code, output = await subprocesses.run(
            argv, environ, hidden, patience=PATIENCE, text=text.encode("utf-8", "replace"), reads=tool is _TMUX
        )
    except (OSError, ValueError):
        return None
    return output.decode("utf-8", "replace") if code == 0 else None
