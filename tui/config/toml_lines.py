"""The line of each key in a TOML text: tomllib does not report it, and the user needs it.

A scanner for texts that tomllib has read without error: it need not find faults, and does not.
"""

from __future__ import annotations

import re
import tomllib

Path = tuple[str, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:[^"\\\n]|\\.)*"|' r"'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\n]*")


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._line = 1
        self._counted = 0

    def run(self) -> None:
        prefix: Path = ()
        while self._next():
            if self.text[self.at] == "[":
                double = self.text.startswith("[[", self.at)
                self.at += 2 if double else 1
                start = self.at
                prefix = self._key()
                self._note(prefix, start)
                self.at += 2 if double else 1
            else:
                self._pair(prefix)

    def _next(self) -> bool:
        """Skip blanks and comments; returns whether anything follows."""
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at
        return self.at < len(self.text)

    def _note(self, path: Path, start: int) -> None:
        # Keys come in the order of the text: each piece of it is counted once.
        self._line += self.text.count("\n", self._counted, start)
        self._counted = start
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], self._line)

    def _key(self) -> Path:
        parts = []
        while match := _KEY.match(self.text, self.at):
            quoted, literal, bare = match.groups()
            if quoted is not None:
                parts.append(tomllib.loads(f'key = "{quoted}"')["key"])
            else:
                parts.append(literal if literal is not None else bare)
            self.at = match.end()
            if self.text[self.at : self.at + 1] != ".":
                break
            self.at += 1
        return tuple(parts)

    def _pair(self, prefix: Path) -> None:
        start = self.at
        path = (*prefix, *self._key())
        self._note(path, start)
        self.at += 1
        self._value(path)

    def _value(self, path: Path) -> None:
        self._next()
        opening = self.text[self.at]
        if opening in "[{":
            closing = "]" if opening == "[" else "}"
            self.at += 1
            while self._next() and self.text[self.at] != closing:
                if self.text[self.at] == ",":
                    self.at += 1
                elif opening == "[":
                    self._value(path)
                else:
                    self._pair(path)
            self.at += 1
        else:
            match = (_STRING if opening in "\"'" else _BARE).match(self.text, self.at)
            self.at = match.end() if match else len(self.text)


def lines_of(text: str) -> dict[Path, int]:
    """The line, from 1, on which each key and table of a valid TOML text first occurs, by the names that lead there."""
    scanner = _Scanner(text)
    scanner.run()
    return scanner.lines
