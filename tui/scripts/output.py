"""Writing to whatever reads: a terminal, a file, a pipe whose reader may have had enough."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

import msgspec

from tui.scripts import plain
from tui.scripts.belongings import AccountItem, HostItem
from tui.scripts.items import AlertItem, OfferItem, PodItem

if TYPE_CHECKING:
    from tui.scripts.document import Document

ITEMS: dict[str, type[msgspec.Struct]] = {
    "pods": PodItem,
    "market": OfferItem,
    "account": AccountItem,
    "hosts": HostItem,
    "alerts": AlertItem,
}
"""What the items of each kind are."""

NOTHING = {
    "pods": "no pods",
    "market": "no GPU types",
    "account": "no account",
    "hosts": "no machines",
    "alerts": "nothing needs an eye",
}


class ReaderGone(Exception):
    """Whoever read the output has enough: no failure of theirs or ours."""


def say(text: str) -> None:
    """A line for a person, beside the output."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"podtop: {text}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        # There is nobody to tell, and the exit code tells it too.
        return


def write(text: str, out: TextIO | None = None) -> None:
    """Write at once. Raises ReaderGone, and OSError where it cannot be written."""
    out = sys.stdout if out is None else out
    try:
        out.write(text)
        out.flush()
    except BrokenPipeError:
        # What is left must not fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        raise ReaderGone from None


def make_lenient(out: TextIO) -> None:
    """Let characters that the terminal's encoding lacks become question marks."""
    reconfigure = getattr(out, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def make_utf8(out: TextIO) -> None:
    """JSON and CSV are UTF-8, whatever the terminal speaks."""
    reconfigure = getattr(out, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", newline="\n")


def width_of_terminal(out: TextIO) -> int | None:
    """Cells of the terminal that reads; None where none does."""
    try:
        return os.get_terminal_size(out.fileno()).columns or None if out.isatty() else None
    except (OSError, ValueError):
        return None


class Printer:
    """Prints documents in one form: "json", "csv" or "table". `again`: whether there may be more than one."""

    def __init__(self, form: str, again: bool, out: TextIO) -> None:
        self._write: Callable[[Document], str] = {"json": _json, "csv": self._csv, "table": self._table}[form]
        self._again = again
        self._out = out
        self._begun = False
        (make_lenient if form == "table" else make_utf8)(out)

    def show(self, document: Document) -> None:
        """Raises ReaderGone, and OSError."""
        text = self._write(document)
        self._begun = True
        write(text, self._out)

    def _csv(self, document: Document) -> str:
        head = "" if self._begun else plain.csv_header(document.kind, ITEMS[document.kind])
        return head + plain.csv_rows(document.kind, document.at, document.items)

    def _table(self, document: Document) -> str:
        """A table; where several follow, each under its instant, a blank line between."""
        lines = plain.table(document.kind, document.items, width_of_terminal(self._out))
        if self._again:
            lines = [*([""] if self._begun else []), document.at, *(lines or [NOTHING[document.kind]])]
        return "".join(f"{line}\n" for line in lines)


def _json(document: Document) -> str:
    return msgspec.json.encode(document).decode() + "\n"
