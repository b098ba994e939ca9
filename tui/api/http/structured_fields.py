"""Lists in HTTP headers as RFC 9651 (before it 8941) defines them: a header is taken whole, or not at all."""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

LONGEST = 8192
"""Characters of a header that are read."""

Bare = int | float | str | bool | bytes


class Token(str):
    """A word without quotes."""

    __slots__ = ()


class Date(int):
    """An instant in epoch seconds."""

    __slots__ = ()


class Item(NamedTuple):
    """A member of a list: a value, or several (an inner list), with parameters."""

    value: Bare | tuple[Item, ...]
    parameters: dict[str, Bare]


class Unstructured(ValueError):
    """A header that is no list; without its text."""


_NUMBER = re.compile(r"-?(?:(\d{1,12})\.(\d{1,3})|\d{1,15})(?![\d.])")
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*")
_BYTES = re.compile(r":([A-Za-z0-9+/=]*):")
_BOOLEAN = re.compile(r"\?([01])")
_DISPLAY = re.compile(r'%"((?:[ !#$&-~]|%[0-9a-f]{2})*)"')
_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_SPACES = re.compile(r" *")
_BLANKS = re.compile(r"[ \t]*")


class _Cursor:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def next(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise Unstructured
        self.at = match.end()
        return match

    def takes(self, character: str) -> bool:
        """Take a character if it is the next one."""
        result = self.next == character
        self.at += result
        return result


def parse_list(text: str) -> list[Item]:
    """The members of a list, in order. Raises Unstructured."""
    if len(text) > LONGEST or not text.isascii():
        raise Unstructured
    cursor, members = _Cursor(text.strip(" ")), list[Item]()
    while cursor.next:
        members.append(_member(cursor))
        cursor.take(_BLANKS)
        if not cursor.next:
            break
        if not cursor.takes(","):
            raise Unstructured
        cursor.take(_BLANKS)
        if not cursor.next:
            raise Unstructured
    return members


def _member(cursor: _Cursor) -> Item:
    if not cursor.takes("("):
        return _item(cursor)
    inner: list[Item] = []
    while True:
        cursor.take(_SPACES)
        if cursor.takes(")"):
            return Item(tuple(inner), _parameters(cursor))
        inner.append(_item(cursor))
        if cursor.next not in (" ", ")"):
            raise Unstructured


def _item(cursor: _Cursor) -> Item:
    return Item(_bare(cursor), _parameters(cursor))


def _parameters(cursor: _Cursor) -> dict[str, Bare]:
    result: dict[str, Bare] = {}
    while cursor.takes(";"):
        cursor.take(_SPACES)
        key = cursor.take(_KEY)[0]
        result[key] = _bare(cursor) if cursor.takes("=") else True
    return result


def _bare(cursor: _Cursor) -> Bare:
    match cursor.next:
        case '"':
            return re.sub(r"\\(.)", r"\1", cursor.take(_STRING)[1])
        case ":":
            return _bytes(cursor.take(_BYTES)[1])
        case "?":
            return cursor.take(_BOOLEAN)[1] == "1"
        case "@":
            cursor.takes("@")
            return Date(_integer(cursor))
        case "%":
            return _display(cursor.take(_DISPLAY)[1])
        case first if first == "-" or first.isdigit():
            number = cursor.take(_NUMBER)
            return int(number[0]) if number[1] is None else float(number[0])
        case _:
            return Token(cursor.take(_TOKEN)[0])


def _integer(cursor: _Cursor) -> int:
    number = cursor.take(_NUMBER)
    if number[1] is not None:
        raise Unstructured
    return int(number[0])


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Unstructured from None


def _display(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise Unstructured from None
