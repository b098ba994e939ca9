"""`FactsPane`: sections of facts as a table of labels and values, with a cursor that selects one of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from tui.ui.primitives.cells import wrap
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import Fact, Section
from tui.ui.widgets.table import Cells, Column, Table

_LABEL_SHARE = 3
"""A label that is longer than usual takes a part of the pane of at most one in this number."""


def _columns(label: int, value: int) -> tuple[Column, ...]:
    return Column("label", "", label, 0), Column("value", "", value, 0, flex=True)


def label_width(sections: Iterable[Section], usual: int, room: int) -> int:
    """Cells of the labels: more than usual where a longer one leaves most of the room to the values."""
    longest = max((len(fact.label) for _, facts in sections for fact in facts), default=0)
    return longest if longest > usual and longest * _LABEL_SHARE <= room else usual


class FactsPane(Table):
    """A table of facts: a line for the title of each section, then one or more for each of its facts."""

    def __init__(self, label: int = 14, value: int = 20, *, id: str = "facts") -> None:
        """`label`: cells of a label; `value`: the minimum of a value, which takes the remaining room."""
        self._label, self._value = label, value
        super().__init__(_columns(label, value), id=id, headed=False)
        self._facts: dict[str, tuple[str, Fact]] = {}
        self._sections: set[str] = set()
        self._again: Callable[[], None] | None = None

    def on_resize(self) -> None:
        # What is shown before the first layout has no width to be wrapped to.
        self._fit()
        if self._again is not None:
            self._again()

    @property
    def fact(self) -> tuple[str, Fact] | None:
        """The title of its section, and the fact under the cursor; None on a title and between sections."""
        return self._facts.get(self.cursor or "")

    @property
    def title(self) -> str:
        """The title of the section under the cursor, if that is on its title; else empty."""
        cursor = self.cursor or ""
        return cursor if cursor in self._sections else ""

    def show_facts(
        self,
        sections: Iterable[Section],
        *,
        empty: EmptyState,
        faded: bool = False,
        wrapped: bool = False,
        folded: Collection[str] = (),
    ) -> None:
        """Show these facts.

        empty:   the content without any facts.
        wrapped: a value that is longer than its line wraps, and is copied whole from any of its lines.
        folded:  titles of sections of which only the title is shown, with the number of facts.
        """
        sections = tuple(sections)
        self._again = partial(
            self.show_facts, sections, empty=empty, faded=faded, wrapped=wrapped, folded=folded
        )  # fmt: skip
        self.refit(_columns(label_width(sections, self._label, self.size.width), self._value))
        width = self.width_of("value") if wrapped else 0
        cells: dict[str, Cells] = {}
        self._facts, self._sections = {}, set()
        before = ""
        for title, facts in sections:
            is_folded = title in folded
            # Folded ones stand close together: they are a list of what there is.
            if cells and not (is_folded and before in folded):
                cells[f"{title} above"] = {}
            before = title
            self._sections.add(title)
            cells[title] = {"label": ((title, "key"),)}
            if is_folded:
                cells[title] = {**cells[title], "value": ((f"… {len(facts)}", "quiet"),)}
                continue
            for number, fact in enumerate(facts):
                for line, value in enumerate(wrap(fact.value, width) if width else (fact.value,)):
                    key = f"{title} {number}.{line}"
                    cells[key] = {"label": ((fact.label if not line else "", "muted"),), "value": value}
                    self._facts[key] = (title, fact)
        self.show(tuple(cells), cells.__getitem__, notice=empty, faded=faded)
