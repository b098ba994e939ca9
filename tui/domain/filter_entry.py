"""`FilterEntry`: a filter while it is typed: the text, and the filter in effect, which is the last valid one. Pure."""

from __future__ import annotations

from tui.domain import filters
from tui.domain.filters import NO_FILTER, TEXT, Vocabulary


class FilterEntry:
    """What was typed into the filter line of a list, and what filters it.

    text:   as typed.
    chosen: the filter in effect.
    fault:  why the text is invalid, and what is in effect instead; empty if it is valid.
    """

    def __init__(self) -> None:
        self.text = ""
        self.fault = ""
        self.chosen = self._before = NO_FILTER

    def type(self, text: str, vocabulary: Vocabulary) -> None:
        """Take another text."""
        parsed = filters.parse(text, vocabulary)
        if parsed.faults:
            self._refuse(text, parsed.faults[0], vocabulary)
        else:
            if parsed != self.chosen:
                self._before, self.chosen = self.chosen, parsed
            self.fault = ""
        self.text = text

    def _refuse(self, text: str, why: str, vocabulary: Vocabulary) -> None:
        # While a field is typed it is a word at first: not that word, but what was there before it stays in effect. A
        # word with another term behind it is complete, and stays.
        before, now = filters.tokens(self.chosen.text), filters.tokens(text)
        last = len(before) - 1
        goes_on = 0 <= last == len(now) - 1 and before[:last] == now[:last] and now[last].startswith(before[last])
        if goes_on and (self.chosen.terms[last].field, self.chosen.terms[last].op) == (TEXT, "~"):
            self.chosen = filters.parse(" ".join(before[:last]), vocabulary)
        self.fault = f"{why} · {self._still()}"

    def give_up(self, why: str) -> None:
        """The filter in effect cannot be applied: the one before it is."""
        self.chosen, self._before = self._before, NO_FILTER
        self.fault = f"{why} · {self._still()}"

    def _still(self) -> str:
        return f"still filtered by {self.chosen.text}" if self.chosen else "no filter applied"

    def settle(self) -> None:
        """The line is closed: what is in effect is what was typed."""
        self.text, self.fault = self.chosen.text, ""
