"""`Keyboard`: terminal input as Textual's events, by its own parser, which gets only whole sequences."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterator

from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

from tui.ui.input.sequences import Assembler, Kind, Piece

PARSER = ("feed", "tick", "_timeout_time", "last_x", "last_y", "mouse_pixels", "terminal_size", "terminal_pixel_size")
"""Names of Textual's parser that are needed here."""

_KEPT = ("last_x", "last_y", "mouse_pixels", "terminal_size", "terminal_pixel_size")


class Keyboard:
    """Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._assembler = Assembler()
        self._parser = XTermParser()
        # A byte that is no character is no key either.
        self._decode = getincrementaldecoder("utf-8")("replace").decode

    def due(self) -> float | None:
        """When `late` must be called; None while no input is pending."""
        return self._assembler.due()

    def late(self, now: float) -> Iterator[Message]:
        """No more input has arrived by now."""
        for piece in self._assembler.late(now):
            yield from self._told(piece)

    def feed(self, data: bytes, now: float) -> Iterator[Message]:
        for piece in self._assembler.feed(self._decode(data), now):
            yield from self._told(piece)

    def _told(self, piece: Piece) -> Iterator[Message]:
        if piece.kind is Kind.PASTE:
            yield events.Paste(piece.text.replace("\x00", ""))
            return
        try:
            messages = list(self._parser.feed(piece.text))
        except Exception:
            # Numbers of a sequence may be anything, and Textual takes some for characters that there are not.
            self._start_over()
            return
        yield from filter(_is_text, messages)
        if self._parser._timeout_time is None:
            return
        if piece.kind is Kind.SEQUENCE:
            # It waits for more, and there is none: whole sequences unknown to it are dropped.
            self._start_over()
        else:
            self._parser._timeout_time = 0.0
            yield from self._parser.tick()

    def _start_over(self) -> None:
        parser = XTermParser()
        for name in _KEPT:
            setattr(parser, name, getattr(self._parser, name))
        self._parser = parser


def _is_text(message: Message) -> bool:
    """Whether it is no key with half a character, which no file and no terminal takes."""
    return not (isinstance(message, events.Key) and any("\ud800" <= ch <= "\udfff" for ch in message.character or ""))
