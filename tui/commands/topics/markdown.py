"""Parse the subset of Markdown that help topics use. Pure.

Blocks are headings, paragraphs, lists of one level, tables and fenced code; spans are code, emphasis and links.
Comments are skipped. Anything else is an error, so that no renderer has to guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple


class MarkdownError(ValueError):
    """Text outside the subset; `str()` has the line."""


class Heading(NamedTuple):
    """A heading; level 1 is the title."""

    level: int
    text: str


class Paragraph(NamedTuple):
    """Running text, its lines joined."""

    text: str


class Bullets(NamedTuple):
    """A list, the lines of each item joined."""

    items: tuple[str, ...]


class Table(NamedTuple):
    """Rows of cells. `head` is empty if the head row has no text. Every row has as many cells as the first."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Code(NamedTuple):
    """A fenced block, with the language after its fence."""

    language: str
    lines: tuple[str, ...]


Block = Heading | Paragraph | Bullets | Table | Code


class Span(NamedTuple):
    """A part of a text. `kind` is text, code, emphasis or link; only a link has a target."""

    kind: str
    text: str
    target: str = ""


_SPAN = re.compile(
    r"`(?P<code>[^`]+)`|(?<!!)\[(?P<label>[^\]]+)\]\((?P<target>[^)\s]+)\)|(?<![*\w])\*(?P<emphasis>[^*\s][^*]*)\*(?![*\w])"
)
_OTHER = re.compile(r"\d+[.)] |>|#{4,}|[*+] |!\[|\s")
"""The beginnings of lines that are outside the subset."""


def spans(text: str) -> tuple[Span, ...]:
    """Split a text into code, emphasis, links and the text between them."""
    parts: list[Span] = []
    end = 0
    for match in _SPAN.finditer(text):
        if match.start() > end:
            parts.append(Span("text", text[end : match.start()]))
        if match["code"] is not None:
            parts.append(Span("code", match["code"]))
        elif match["emphasis"] is not None:
            parts.append(Span("emphasis", match["emphasis"]))
        else:
            parts.append(Span("link", match["label"], match["target"]))
        end = match.end()
    if end < len(text):
        parts.append(Span("text", text[end:]))
    return tuple(parts)


def rendered(
    text: str,
    code: Callable[[str], str],
    link: Callable[[str, str], str],
    plain: Callable[[str], str] = str,
    emphasis: Callable[[str], str] = str,
) -> str:
    """Return a text with each of its spans rendered by the function for its kind."""
    parts = []
    for kind, content, target in spans(text):
        match kind:
            case "code":
                parts.append(code(content))
            case "link":
                parts.append(link(content, target))
            case "emphasis":
                parts.append(emphasis(content))
            case _:
                parts.append(plain(content))
    return "".join(parts)


def parse(text: str) -> tuple[Block, ...]:
    """Return the blocks of a text. Raises MarkdownError for anything outside the subset."""
    blocks: list[Block] = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip() or (line.startswith("<!--") and line.endswith("-->")):
            at += 1
        elif line.startswith("```"):
            end = next((n for n in range(at + 1, len(lines)) if lines[n] == "```"), None)
            if end is None:
                raise MarkdownError(f"line {at + 1}: the fence is never closed")
            blocks.append(Code(line[3:].strip(), tuple(lines[at + 1 : end])))
            at = end + 1
        elif heading := re.fullmatch(r"(#{1,3}) (.+)", line):
            blocks.append(Heading(len(heading[1]), heading[2]))
            at += 1
        elif line.startswith("|"):
            end = _end(lines, at, lambda text: text.startswith("|"))
            blocks.append(_table(lines[at:end], at))
            at = end
        elif line.startswith("- "):
            end = _end(lines, at, lambda text: text.startswith(("- ", "  ")))
            items = re.split(r"(?:^|\n)- ", "\n".join(lines[at:end]))[1:]
            blocks.append(Bullets(tuple(" ".join(item.split()) for item in items)))
            at = end
        elif _OTHER.match(line):
            raise MarkdownError(f"line {at + 1}: outside the subset: {line!r}")
        else:
            end = _end(lines, at, lambda text: bool(text.strip()) and not text.startswith(("|", "- ", "```", "#")))
            blocks.append(Paragraph(" ".join(" ".join(lines[at:end]).split())))
            at = end
    return tuple(blocks)


def _end(lines: list[str], at: int, belongs: Callable[[str], bool]) -> int:
    return next((n for n in range(at + 1, len(lines)) if not belongs(lines[n])), len(lines))


def _cells(line: str) -> tuple[str, ...]:
    """The cells of a row. A bar within a cell is written as `\\|`."""
    parts = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
    return tuple(part.strip().replace("\\|", "|") for part in parts)


def _table(lines: list[str], at: int) -> Table:
    if len(lines) < 2 or not re.fullmatch(r"\|(?: ?:?-+:? ?\|)+", lines[1]):
        raise MarkdownError(f"line {at + 1}: a table needs a head and a rule below it")
    head, _, *rows = map(_cells, lines)
    if any(len(row) != len(head) for row in rows):
        raise MarkdownError(f"line {at + 1}: the rows of this table have different numbers of cells")
    return Table(head if any(head) else (), tuple(rows))
