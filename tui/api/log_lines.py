"""Lines of the application log: what happened, with its fields, and without secrets."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from tui.api.secret import MASK, known, mask, redact

_LOGIN = re.compile(r"(?<=://)[^/\s@]+(?=@)")
"""The user and password of a URL."""


_PLAIN = re.compile(r"[\w.,:;/+@%$#!?*()<>|~^&-]+")


# Before a file is opened nothing is logged: without a handler Python would write to the terminal.
logging.getLogger("tui").addHandler(logging.NullHandler())


def masked(text: str) -> str:
    """A text without the secrets that podtop knows, and without what looks like one."""
    return mask(_LOGIN.sub(MASK, redact(text, known())))


def event(
    logger: str, what: str, level: int = logging.INFO, /, *, fields: Mapping[str, object] | None = None, **more: object
) -> None:
    """Log an event with its fields; a field that is None or empty is left out."""
    log = logging.getLogger(f"tui.{logger}")
    if log.isEnabledFor(level):
        log.log(level, "%s", " ".join((what, *pairs({**(fields or {}), **more}))))


def pairs(fields: Mapping[str, object]) -> list[str]:
    """`name=value` of each field, quoted where a value is more than a word."""
    return [f"{name}={_value(value)}" for name, value in fields.items() if value is not None and value != ""]


def _value(value: object) -> str:
    # Before anything is escaped: an escaped secret would not be found.
    text = masked(f"{value:g}" if isinstance(value, float) else str(value))
    if _PLAIN.fullmatch(text):
        return text
    return '"' + _visible(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'


def _visible(text: str) -> str:
    """Text that a terminal showing the file cannot interpret."""
    return "".join(ch if ch.isprintable() else ch.encode("unicode_escape").decode() for ch in text)
