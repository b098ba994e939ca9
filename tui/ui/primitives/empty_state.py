"""`EmptyState`: the text in a pane without rows: the reason, and what the user can do. Pure."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from tui.format.width import wrapped
from tui.ui.primitives.cells import Cell, fit, width_of


class EmptyState(Struct, frozen=True):
    """A title, the role it is drawn in, and sentences below it."""

    title: str
    lines: tuple[str, ...] = ()
    role: str = "muted"


_WIDEST = 72


def _even(text: str, measure: int) -> list[str]:
    """The text in as few lines as it needs, of about the same length: no word stands alone on the last."""
    lines = wrapped(text, measure, break_on_hyphens=False)
    if len(lines) < 2:
        return lines
    least = max(len(text) // len(lines), 1)
    return next(
        even for n in range(least, measure + 1) if len(even := wrapped(text, n, break_on_hyphens=False)) == len(lines)
    )


@lru_cache(16)
def _wrapped(notice: EmptyState, measure: int) -> tuple[tuple[str, str], ...]:
    """The lines of an empty state with their roles: drawn one by one, and the same for all."""
    lines = [(text, notice.role) for text in _even(notice.title, measure)]
    if notice.lines:
        lines.append(("", "muted"))
        lines += [(text, "muted") for line in notice.lines for text in _even(line, measure)]
    return tuple(lines)


def notice_line(notice: EmptyState, y: int, width: int, height: int) -> Cell:
    """Line `y` of an empty state centred in a pane of this size: sentences wrapped, the title kept if room is short."""
    lines = _wrapped(notice, min(_WIDEST, max(1, width - 4)))
    top = max(0, (height - len(lines)) // 2)
    if not top <= y < top + len(lines):
        return fit((("", "text"),), width)
    text, role = lines[y - top]
    left = max(0, (width - width_of(((text, role),))) // 2)
    return fit(((" " * left, "text"), (text, role)), width)
