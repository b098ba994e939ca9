"""Prints documents to the output, in the requested form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

import msgspec

from tui.api.features import Feature
from tui.commands import tables
from tui.commands.account_items import AccountItem, HostItem
from tui.commands.items import AlertItem, OfferItem, PodItem
from tui.commands.rules import RuleItem
from tui.commands.run_points import RunPointItem
from tui.commands.stdio import make_lenient, make_utf8, width_of_terminal, write

if TYPE_CHECKING:
    from tui.commands.envelope import Document

ITEMS: dict[str, type[msgspec.Struct]] = {
    "pods": PodItem,
    "market": OfferItem,
    "account": AccountItem,
    "hosts": HostItem,
    "alerts": AlertItem,
    "rules": RuleItem,
    "runs": RunPointItem,
}
"""The item type of each kind."""

IN_TABLE: dict[str, frozenset[str]] = {
    "pods": frozenset({Feature.STOPPED_COST.value, Feature.POD_KIND.value}),
    "alerts": frozenset(),
}
"""What an API may not offer of the columns of a table, where those are fewer than the fields of the JSON."""

NOTHING = {
    "pods": "no pods",
    "market": "no GPU types",
    "account": "no account",
    "hosts": "no machines",
    "alerts": "no alerts",
    "rules": "no rules",
    "runs": "no runs recorded",
}


class Printer:
    """Prints documents in one form: "json", "csv" or "table". `again`: whether there may be more than one.

    named: whether they are of several accounts: tables and rows then name theirs, as JSON always does.
    """

    def __init__(self, form: str, again: bool, out: TextIO, *, named: bool = False) -> None:
        self.form = form
        self._named = named
        self._write: Callable[[Document], str] = {"json": _json, "csv": self._csv, "table": self._table}[form]
        self._again = again
        self._out = out
        self._begun = False
        (make_lenient if form == "table" else make_utf8)(out)

    def text(self, document: Document) -> str:
        """A document as text, as it follows those before it."""
        text = self._write(document)
        self._begun = True
        return text

    def show(self, document: Document) -> None:
        """Raises ReaderGone, and NotWritten."""
        write(self.text(document), self._out)

    def blanks(self, document: Document) -> str:
        """Why cells are empty that the API has nothing for; empty if there are none, and for JSON, which says it."""
        absent = () if document.not_offered is msgspec.UNSET else document.not_offered
        if self.form == "table" and document.kind in IN_TABLE:
            absent = tuple(name for name in absent if name in IN_TABLE[document.kind])
        return f"not offered by this API: {', '.join(absent)}" if absent and self.form != "json" else ""

    def _csv(self, document: Document) -> str:
        head = "" if self._begun else tables.csv_header(document.kind, ITEMS[document.kind], named=self._named)
        return head + tables.csv_rows(document.kind, document.at, document.items, self._account(document))

    def _account(self, document: Document) -> str | None:
        return (document.profile or "") if self._named else None

    def _table(self, document: Document) -> str:
        """A table; of several each has its time above it, with a blank line between."""
        lines = tables.table(document.kind, document.items, width_of_terminal(self._out))
        if self._again:
            title = f"{account} · {document.at}" if (account := self._account(document)) else document.at
            lines = [*([""] if self._begun else []), title, *(lines or [NOTHING[document.kind]])]
        return "".join(f"{line}\n" for line in lines)


def _json(document: Document) -> str:
    return msgspec.json.encode(document).decode() + "\n"
