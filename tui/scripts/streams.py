"""Writing to whatever reads: a terminal, a file, a pipe whose reader may have had enough."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from tui.api.secret import mask


class ReaderGone(Exception):
    """Whoever read the output has enough: no failure of theirs or ours."""


def say(text: str) -> None:
    """A line for a person, beside the output."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"podtop: {mask(text)}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        # There is nobody to tell, and the exit code tells it too.
        return


def write(text: str, out: TextIO | None = None) -> None:
    """Write at once. Raises ReaderGone, and OSError where it cannot be written."""
    out = sys.stdout if out is None else out
    try:
        out.write(text)
        out.flush()
    except BrokenPipeError:
        # What is left must not fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        raise ReaderGone from None


def make_lenient(out: TextIO) -> None:
    """Let characters that the terminal's encoding lacks become question marks."""
    reconfigure = getattr(out, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def make_utf8(out: TextIO) -> None:
    """JSON and CSV are UTF-8, whatever the terminal speaks."""
    reconfigure = getattr(out, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", newline="\n")


def width_of_terminal(out: TextIO) -> int | None:
    """Cells of the terminal that reads; None where none does."""
    try:
        return os.get_terminal_size(out.fileno()).columns or None if out.isatty() else None
    except (OSError, ValueError):
        return None
