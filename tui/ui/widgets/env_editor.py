"""`Variable`: a name, and a hidden value; lines of NAME=VALUE can be pasted into it."""

from __future__ import annotations

import re

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from tui.api.secret import Secret
from tui.ui.widgets.form_input import Entry

Pairs = tuple[tuple[str, Secret], ...]

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")


def pairs_of(text: str) -> Pairs:
    """The variables of lines as in a .env file; none if any line is something else."""
    lines = [line.strip() for line in text.splitlines()]
    matches = [_LINE.fullmatch(line) for line in lines if line and not line.startswith("#")]
    pairs = []
    for match in matches:
        if match is None:
            return ()
        value = match[2].strip()
        quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "'\""
        pairs.append((match[1], Secret(value[1:-1] if quoted else value)))
    return tuple(pairs)


class Pasted(Message):
    """Lines of NAME=VALUE were pasted."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__()
        self.pairs = pairs


class _Part(Entry):
    """An input that splits a paste of variables, before any of it is shown.

    least: minimum number of variables: a token that ends in "=" is a value, and no variable.
    """

    def __init__(self, text: str, placeholder: str, least: int, password: bool = False, classes: str = "") -> None:
        super().__init__(text, placeholder=placeholder, password=password, compact=True, classes=classes)
        self._least = least
        self.cursor_blink = False

    def _on_paste(self, event: events.Paste) -> None:
        pairs = pairs_of(event.text)
        if len(pairs) >= self._least:
            event.stop()
            event.prevent_default()
            self.post_message(Pasted(pairs))


class Variable(Horizontal):
    """One variable."""

    def __init__(self, name: str = "", value: Secret | None = None) -> None:
        super().__init__(classes="variable")
        # For an existing pod, a value may be known to be empty; one that was not stored on disk is unknown.
        self._empty = value if value is not None and not value.reveal() else None
        self._name_part = _Part(name, "NAME", 1, classes="variable-name")
        self._value_part = _Part(value.reveal() if value else "", "value", 2, password=True)

    def compose(self) -> ComposeResult:
        yield self._name_part
        yield self._value_part

    @property
    def pair(self) -> tuple[str, Secret | None]:
        text = self._value_part.value
        return self._name_part.value.strip(), Secret(text) if text else self._empty

    def fill(self, value: Secret) -> None:
        self._value_part.value = value.reveal()
