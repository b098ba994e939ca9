"""Render help topics as plain text: no colour, no markup, limited to a width in cells. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from tui.commands.topics.markdown import Block, Bullets, Code, Heading, Paragraph, Table, rendered
from tui.format.width import width as width_of

WIDEST = 80
INDENT = 2
GAP = 2
NARROWEST = 10
"""Minimum width of a column of a table, in cells."""

_SOLID = "\N{NO-BREAK SPACE}"


def render(blocks: Sequence[Block], width: int = WIDEST) -> str:
    """Return blocks as text of at most `width` cells per line; only code may be wider, as it is never wrapped."""
    lines: list[str] = []
    for block in blocks:
        if lines:
            lines.append("")
        lines += _block(block, max(20, width))
    return "".join(f"{line.rstrip()}\n" for line in lines).replace(_SOLID, " ")


def inline(text: str) -> str:
    """Return a text without markup: code keeps its quotes, a link to a topic becomes the command that prints it.

    Spaces within code are no-break spaces, so that it stays on one line.
    """
    return rendered(text, _quoted, _link)


def _quoted(code: str) -> str:
    return f"`{code.replace(' ', _SOLID)}`"


def _link(label: str, target: str) -> str:
    if target.endswith(".md"):
        return _quoted(f"podtop help {target.removesuffix('.md')}")
    return f"{label} ({target})"


def _block(block: Block, width: int) -> Iterator[str]:
    room = width - INDENT
    match block:
        case Heading(_, text):
            yield from _wrapped(inline(text), width)
        case Paragraph(text):
            yield from _indented(_wrapped(inline(text), room))
        case Bullets(items):
            for item in items:
                first, *rest = _wrapped(inline(item), room - 2)
                yield from _indented([f"- {first}", *(f"  {line}" for line in rest)])
        case Table(head, rows):
            yield from _indented(_table([head, *rows] if head else rows, room))
        case Code(_, lines):
            yield from (" " * (INDENT + 2) + line for line in lines)


def _indented(lines: Sequence[str]) -> Iterator[str]:
    return (" " * INDENT + line for line in lines)


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of an inline text. Code that is longer than a line is broken at its spaces."""
    pieces = (word if width_of(word) <= width else word.replace(_SOLID, " ") for word in text.split(" "))
    return wrap(" ".join(pieces), width, break_on_hyphens=False) or [""]


def _table(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Aligned columns. The first names the row: its code spans lose their quotes. Cells that do not fit are wrapped."""
    texts = [[_term(first), *map(inline, rest)] for first, *rest in rows]
    sizes = [max(width_of(row[n]) for row in texts) for n in range(len(texts[0]))]
    room = width - GAP * (len(sizes) - 1)
    while sum(sizes) > room and max(sizes) > NARROWEST:
        sizes[sizes.index(max(sizes))] -= 1
    lines: list[str] = []
    for row in texts:
        cells = [_wrapped(text, size) for text, size in zip(row, sizes, strict=True)]
        for n in range(max(map(len, cells))):
            parts = [cell[n] if n < len(cell) else "" for cell in cells]
            lines.append(
                (" " * GAP).join(_padded(part, size) for part, size in zip(parts, sizes, strict=True)).rstrip()
            )
    return lines


def _term(text: str) -> str:
    return rendered(text, lambda code: code.replace(" ", _SOLID), _link)


def _padded(text: str, cells: int) -> str:
    return text + " " * max(0, cells - width_of(text))
