"""`OwnPattern`: a regular expression of the user's for lines that no preset reads.

It runs in RE2, which takes linear time whatever the pattern and the line are; Python's `re` can take forever. RE2 is
imported when a pattern is set, and only then has to be installed.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tui.domain.signals.fields import LOSS, STEP, Found, values
from tui.domain.signals.values import NOTHING, Values, scaled

GROUPS = (
    STEP, "total", "epoch", "epochs", LOSS, "eval_loss", "lr", "grad_norm", "it_per_s", "tokens_per_s",
    "samples_per_s", "samples",
)  # fmt: skip
"""Names of groups that a pattern may have."""

LONGEST = 1_000
"""Characters of a pattern."""

MEMORY = 1 << 20
"""Bytes that a compiled pattern may take."""

NO_ENGINE = "patterns of your own need the package google-re2. Run: pip install 'podtop[patterns]'"


class BadPattern(ValueError):
    """A pattern that cannot be used; the text says why, and what is accepted."""


class OwnPattern:
    """A pattern that was checked. Raises BadPattern."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > LONGEST:
            raise BadPattern(f"longer than {LONGEST} characters")
        try:
            import re2
        except ImportError:
            raise BadPattern(NO_ENGINE) from None
        options = re2.Options()
        options.max_mem = MEMORY
        options.log_errors = False
        try:
            self._compiled: Any = re2.compile(pattern, options)
        except (re2.error, UnicodeEncodeError) as error:
            reason = error.args[0].decode("utf-8", "replace") if isinstance(error, re2.error) else "not valid text"
            raise BadPattern(f"{reason}; expected a regular expression in the syntax of RE2") from None
        groups = set(self._compiled.groupindex)
        if unknown := sorted(groups - set(GROUPS)):
            raise BadPattern(f"unknown group {unknown[0]!r}; expected some of {', '.join(GROUPS)}")
        if not groups:
            raise BadPattern(f"no named group; expected some of {', '.join(GROUPS)}, as in loss=(?P<loss>\\S+)")
        self._groups = [name for name in GROUPS if name in groups]

    def read(self, text: str) -> Values | None:
        """What a line says; None where the pattern does not match."""
        match = self._compiled.search(text.encode("utf-8", "replace").decode())
        if match is None:
            return None
        readings = [
            Found(name, value)
            for name in self._groups
            if (written := match.group(name)) is not None and (value := scaled(written.strip())) is not None
        ]
        result = values(readings)
        return None if result == NOTHING else replace(result, from_bar=False)
