"""Prints findings: a line each for people, one document for scripts."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tui.api.log_lines import masked
from tui.api.secret import MASK
from tui.commands.doctor.finding import Finding, Verdict
from tui.commands.envelope import Document
from tui.commands.items import iso

SYMBOLS = {Verdict.OK: "✓", Verdict.WARNING: "!", Verdict.ERROR: "✕"}
ASCII = {Verdict.OK: "+", Verdict.WARNING: "!", Verdict.ERROR: "x"}

NARROWEST = 40
"""Columns of text below which lines are not wrapped any more."""


class CheckItem(Struct, frozen=True):
    """A finding in the document.

    check:   the name of the check; names stay, and checks may be added.
    verdict: "ok", "warning" or "error".
    advice:  what to do; null if nothing.
    """

    check: str
    verdict: str
    text: str
    advice: str | None


def item(name: str, finding: Finding) -> CheckItem:
    """A finding without secrets, in printable characters."""
    return CheckItem(name, finding.verdict.value, _safe(finding.text), _safe(finding.advice) or None)


def _safe(text: str) -> str:
    return "".join(ch if ch.isprintable() else " " for ch in masked(text)).replace(f"{MASK}{MASK}", MASK)


def line(shown: CheckItem, width: int | None, ascii: bool) -> str:
    """One line; on a terminal wrapped to its width, below where its text begins."""
    symbol = (ASCII if ascii else SYMBOLS)[Verdict(shown.verdict)]
    head = f"{symbol} {shown.verdict:<7} {shown.check.replace('_', ' '):<13} "
    stop = "" if shown.text.endswith((".", "?")) else "."
    text = f"{shown.text}{stop} {shown.advice}" if shown.advice else shown.text
    if width is None or width - len(head) < NARROWEST:
        return f"{head}{text}\n"
    lines = textwrap.wrap(text, width - len(head), break_long_words=False, break_on_hyphens=False)
    return f"{head}{(chr(10) + ' ' * len(head)).join(lines)}\n"


def summary(items: Sequence[CheckItem]) -> str:
    """How many errors and warnings there are."""
    counts = [(sum(shown.verdict == kind for shown in items), kind) for kind in (Verdict.ERROR, Verdict.WARNING)]
    return ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for count, kind in counts if count) or "no problems"


def document(items: tuple[CheckItem, ...], source: str, profile: str, at: float) -> str:
    """All of it as one JSON document, in the envelope of `podtop once`."""
    shown = Document(
        kind="doctor", at=iso(at) or "", source=source, profile=profile or msgspec.UNSET, total=len(items), items=items
    )
    return msgspec.json.encode(shown).decode() + "\n"
