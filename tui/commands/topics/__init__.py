"""The reference: help topics as Markdown, printed by `podtop help`, part of the man page, linked from the README.

`markdown` parses the subset that the topics use, `plain` renders it as text for a terminal. This module is part of
every start, because the parser lists the topics, so it imports next to nothing.
"""

from __future__ import annotations

from pathlib import Path

TOPICS = (
    "screens", "keys", "tables", "market", "actions", "leases", "watches", "alerts", "notifications", "report",
    "history", "logs", "signals", "teams", "scripts", "config", "ssh", "terminals", "safety", "api",
)  # fmt: skip
"""Names of the topics, in the order in which they are listed."""


def source(name: str) -> str:
    """Return the Markdown of a topic. Raises OSError if the package is incomplete."""
    return (Path(__file__).parent / f"{name}.md").read_text("utf-8")


def summary(name: str) -> str:
    """Return the subject of a topic in one line: its title after the colon."""
    return source(name).partition("\n")[0].partition(": ")[2]
