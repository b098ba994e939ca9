"""`Assembler`: the bytes of a keyboard as whole key sequences, however a link cuts them up. Pure; time is an argument.

A terminal sends an arrow, a click or a paste as several characters behind an ESC. Textual waits a tenth of a second for
the next one and takes what comes later for keys: the rest of an arrow sorts, stops, goes back in time. Here a started
sequence is one key or nothing. Escape alone still acts at once; late characters of its sequence are dropped.
"""

from __future__ import annotations

from enum import Enum, auto

from msgspec import Struct

ESC, BEL = "\x1b", "\x07"

ALONE = 0.1
"""Seconds after which an ESC without more characters is the Escape key."""

RELATED = 1.2
"""Seconds within which characters that could continue a sequence are part of it."""

BEGUN = 5.0
"""Seconds that a sequence with parameters may pause: nobody types those by hand."""

PASTED = 10.0
"""Seconds without new characters after which a paste without its end is given up."""

LONGEST = 32
"""Length of the longest sequence that Textual knows; longer ones are ignored by it, and by podtop."""

PASTE, PASTE_END = f"{ESC}[200~", f"{ESC}[201~"
_STRINGS = {"]": "0123456789", "P": "0123456789>!+$=|", "_": "G"}
"""The beginning of a string that a terminal replies with, and what may follow: others are alt with a key."""


class Kind(Enum):
    TEXT = auto()
    """Characters that are one key each."""
    ESCAPE = auto()
    """The Escape key."""
    ALT = auto()
    """ESC and a key: alt with that key."""
    SEQUENCE = auto()
    PASTE = auto()


class Piece(Struct, frozen=True):
    kind: Kind
    text: str


class Assembler:
    """Takes characters as they arrive; returns whole pieces."""

    def __init__(self) -> None:
        self._begun = ""
        """The received part of a sequence, from its ESC on."""
        self._spent = False
        """Whether its ESC has already acted alone: the rest is dropped."""
        self._at = 0.0
        """When the last character arrived."""
        self._paste: list[str] | None = None
        self._tail = ""

    def due(self) -> float | None:
        """When `late` must be called; None while no input is pending."""
        if self._paste is not None:
            return self._at + PASTED
        if not self._begun:
            return None
        return self._at + self._patience

    @property
    def _patience(self) -> float:
        if self._begun == ESC:
            return RELATED if self._spent else ALONE
        kind, length = self._begun[1], len(self._begun)
        certain = (kind == "[" and length > 2) or (kind in _STRINGS and length > 3 and not self._spent)
        return BEGUN if certain else RELATED

    def late(self, now: float) -> list[Piece]:
        """The result if no more characters have arrived by now."""
        due = self.due()
        if due is None or now < due:
            return []
        if self._paste is not None:
            self._paste, self._tail = None, ""
        elif self._begun == ESC and not self._spent:
            # It acts now. Characters that follow soon are no key.
            self._spent = True
            return [Piece(Kind.ESCAPE, ESC)]
        else:
            self._begun, self._spent = "", False
        return []

    def feed(self, text: str, now: float) -> list[Piece]:
        """Characters arrived. Call `late` first for what was due before, unless they may have waited."""
        pieces: list[Piece] = []
        plain: list[str] = []

        def flush() -> None:
            if plain:
                pieces.append(Piece(Kind.TEXT, "".join(plain)))
                plain.clear()

        for character in text:
            if self._paste is not None:
                pieces.extend(self._pasted(character))
            elif self._begun:
                flush()
                pieces.extend(self._next(character, plain))
            elif character == ESC:
                self._begun = ESC
            elif character != "\ufffd":
                plain.append(character)
        flush()
        self._at = now
        return pieces

    def _pasted(self, character: str) -> list[Piece]:
        self._tail += character
        if self._tail == PASTE_END:
            text = "".join(self._paste or ())
            self._paste, self._tail = None, ""
            return [Piece(Kind.PASTE, text)]
        while self._paste is not None and not PASTE_END.startswith(self._tail):
            self._paste.append(self._tail[0])
            self._tail = self._tail[1:]
        return []

    def _next(self, character: str, plain: list[str]) -> list[Piece]:
        """One more character of the current sequence."""
        begun = self._begun
        if begun == ESC:
            return self._second(character, plain)
        if begun[1] in _STRINGS:
            return self._string(character, plain)
        if character == ESC:
            # The unfinished sequence is dropped; another begins.
            self._begun, self._spent = ESC, False
            return []
        if character < " " or character == "\x7f":
            # No sequence contains such a character: it was none, or its end was lost.
            self._begun, self._spent = "", False
            plain.append(character)
            return []
        self._begun = begun + character
        return self._end() if self._whole() else []

    def _second(self, character: str, plain: list[str]) -> list[Piece]:
        if character == ESC:
            first = [] if self._spent else [Piece(Kind.ESCAPE, ESC)]
            self._spent = False
            return first
        if character in "[O" or character in _STRINGS:
            self._begun += character
            return []
        self._begun = ""
        if self._spent:
            # Escape, and a following key that belongs to no sequence.
            self._spent = False
            if character != "\ufffd":
                plain.append(character)
            return []
        return [Piece(Kind.ALT, ESC + character)]

    def _string(self, character: str, plain: list[str]) -> list[Piece]:
        """A terminal's reply to a query, up to BEL or ESC \\: ignored by podtop."""
        kind = self._begun[1]
        if self._spent:
            return self._string_behind_escape(character, plain)
        if len(self._begun) == 2 and character not in _STRINGS[kind]:
            alt = Piece(Kind.ALT, self._begun)
            self._begun = ESC if character == ESC else ""
            if not self._begun:
                plain.append(character)
            return [alt]
        ended = character == BEL or (character == "\\" and self._begun[-1] == ESC)
        if self._begun[-1] == ESC and not ended:
            # Its end was lost, and another begins.
            self._begun = ESC
            return self._second(character, plain)
        if character < " " and character != ESC and not ended:
            # No reply contains such a character: its end was lost.
            self._begun = ""
            plain.append(character)
            return []
        # Only its kind and its last character are ever read.
        self._begun = "" if ended else self._begun[:3] + character
        return []

    def _string_behind_escape(self, character: str, plain: list[str]) -> list[Piece]:
        """A reply whose ESC came long before the rest; or typed keys, which begin like one."""
        kind, known = self._begun[1], self._begun[2:]
        if character in _STRINGS[kind] or (character == ";" and known):
            # A bracket and a digit may be typed, a bracket, digits and a semicolon are not.
            self._spent = kind == "]" and character != ";"
            self._begun += character
            return []
        plain.extend(self._begun[1:])
        self._begun, self._spent = ESC if character == ESC else "", False
        if not self._begun and character != "\ufffd":
            plain.append(character)
        return []

    def _whole(self) -> bool:
        begun = self._begun
        last = begun[-1]
        if begun[1] == "O":
            return not last.isdigit() and last != ";"
        if begun[2] == "M":
            # A click in the encoding of old terminals: three characters follow.
            return len(begun) == 6
        if begun[2] == "[":
            # The function keys of the Linux console.
            return len(begun) == 4
        # rxvt ends some with $, others have it before their end.
        rxvt = last == "$" and begun[2:-1].isdigit()
        return len(begun) > 2 and ("@" <= last <= "~" or rxvt or last > "~")

    def _end(self) -> list[Piece]:
        text, spent = self._begun, self._spent
        self._begun, self._spent = "", False
        if text == PASTE:
            self._paste, self._tail = [], ""
            return []
        if spent or len(text) > LONGEST:
            return []
        return [Piece(Kind.SEQUENCE, text)]
