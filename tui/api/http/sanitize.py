"""Makes text from the API safe before anything reads it: no character that moves a cursor or reverses a line.

It works on the body of a response, before it is decoded, so that no string of any response can be forgotten.
"""

from __future__ import annotations

import re

# A character outside printable ASCII, or an escape sequence (a pair of them for a character beyond the first plane).
# It begins with one character set, which is what `re` searches for fast.
_HEX = "[0-9a-fA-F]"
_SUSPECT = re.compile(
    r"[^ -\[\]-~]"
    r"(?:(?<=\\)(?:"
    rf"u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}"
    rf"|u{_HEX}{{4}}"
    r"|.))?",
    re.DOTALL,
)

# Variation selectors are printable for Python; terminals disagree on the width of what they select.
_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))

_BLANK_ESCAPES = {"n": " ", "r": " ", "t": " ", "f": " ", "b": ""}


def clean(text: str) -> str:
    """`text` without control, bidirectional and zero-width characters; white space of every kind becomes a blank."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_clean_character, text))


_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colors, and movements of the cursor
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # titles, links, and other strings
    r"|\x1b[ -/]*[0-~]"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
"""Sequences by which programs control a terminal."""


def without_escapes(text: str) -> str:
    """`text` without whole escape sequences, of which `clean` removes only the character that begins them."""
    return _ESCAPES.sub("", text) if "\x1b" in text or "\x9b" in text else text


def _clean_character(character: str) -> str:
    if character in _SELECTORS:
        return ""
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return "\ufffd" if "\ud800" <= character <= "\udfff" else ""


def _clean_but_lines(match: re.Match[str]) -> str:
    """As `_clean_match`, but a line end stays one."""
    return match[0] if match[0] == r"\n" else _clean_match(match)


def _clean_match(match: re.Match[str]) -> str:
    text = match[0]
    if text[0] != "\\":
        return _clean_character(text)
    if len(text) <= 2:
        return _BLANK_ESCAPES.get(text[1:], text)
    units = bytes.fromhex(text.replace("\\u", ""))
    character = units.decode("utf-16-be", "surrogatepass")
    cleaned = _clean_character(character)
    return text if cleaned == character else cleaned


def clean_json(body: bytes, lines: bool = False) -> bytes:
    """A JSON document whose strings are clean. Bytes that are not UTF-8 become the replacement character.

    lines: line ends stay, for text that is shown in several lines.
    """
    if _is_plain(body):
        return body
    # In pieces, so that one foreign name among thousands costs little. No escape or character spans a bracket.
    return b"}".join([piece if _is_plain(piece) else _clean_piece(piece, lines) for piece in body.split(b"}")])


def _is_plain(body: bytes) -> bool:
    """True where there is nothing to clean: a raw control character below 0x20 is no JSON in a string."""
    return body.isascii() and b"\\" not in body and b"\x7f" not in body


def _clean_piece(body: bytes, lines: bool) -> bytes:
    return _SUSPECT.sub(_clean_but_lines if lines else _clean_match, body.decode("utf-8", "replace")).encode()
