"""`LineReader`: finds out which trainer writes a log, and reads its lines."""

from __future__ import annotations

import re
from typing import Protocol

from tui.domain.signals.presets import BY_NAME, LONGEST, PRESETS, Preset, read_any
from tui.domain.signals.values import NOTHING, Values

LOOKED_AT = 200
"""Lines by which a preset is detected."""

LOST, LOST_AT_MOST = 50, 1_600
"""Lines without anything to read after which another program is looked for; twice as many each time none is found."""


_PREFIX = re.compile(
    r"(?:(?:"
    r"\[(?:rank|default|trainer|worker)?[ ]?\d{1,6}(?:,\d{1,6})?\](?:<std\w{3}>)?:?|"
    r"\(\w{1,60} pid=\d{1,9}(?:, ip=[\da-f.:]{1,45})?\)|\d{1,6}:(?= )|[\w.]{1,40}-\d{1,6}[ ]{0,20}[|:](?=[ ])|"
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?(?=[ ])"
    r")[ ]?){1,4}"
)
"""What others write before a trainer's line: its rank or its host (torchrun, mpirun, srun, ray), the time (Docker)."""


class Own(Protocol):
    """The user's own pattern."""

    def read(self, text: str) -> Values | None: ...


class LineReader:
    """Reads one pod's lines, in order.

    preset: the name of a preset to use; empty: it is detected from the first lines.
    own:    the user's own pattern, in place of presets.
    """

    def __init__(self, preset: str = "", own: Own | None = None) -> None:
        self._given = BY_NAME.get(preset)
        self._own = own
        self._used: Preset | None = self._given
        self._seen = 0
        self._empty = 0
        self._lost, self._is_lost = LOST, False
        self._read = 0
        self._matched = False
        self._signs: dict[str, int] = {}

    @property
    def detected(self) -> str:
        """What was detected: a preset that was not given, or that lines match the own pattern; empty if nothing was."""
        if self._own is not None:
            return "own pattern" if self._matched else ""
        return self._used.title if self._used is not None and self._given is None else ""

    @property
    def title(self) -> str:
        """How lines are read, for people; empty if that is not known yet."""
        if self._own is not None:
            return "own pattern" if self._matched else f"own pattern, no match in {self._read:,} lines"
        return self._used.title if self._used is not None else ""

    def restart(self) -> None:
        """Another program may write from now on."""
        if self._given is None:
            self._used, self._lost, self._is_lost = None, LOST, False
            self._look_again()

    def read(self, text: str) -> Values:
        """What a line says; `NOTHING` if nothing."""
        text = text[:LONGEST]
        if self._own is not None:
            values = self._own.read(text)
            self._read += 1
            self._matched = self._matched or values is not None
            return values or NOTHING
        if (prefix := _PREFIX.match(text)) is not None:
            text = text[prefix.end() :]
        if self._given is not None:
            return self._given.read(text) or NOTHING
        looks = self._seen < LOOKED_AT
        if looks:
            self._look_at(text)
        # As long as another program is only looked for, the lines of the one that was detected are read.
        used = self._used if self._is_lost or not looks else None
        values = read_any(text) if used is None else used.read(text) or NOTHING
        if not values.is_empty:
            if self._is_lost:
                self._seen = LOOKED_AT
            self._is_lost, self._empty, self._lost = False, 0, LOST
            return values
        self._empty += 1
        if not looks and self._empty >= self._lost:
            self._is_lost, self._lost = True, min(LOST_AT_MOST, 2 * self._lost)
            self._look_again()
        return values

    def _look_again(self) -> None:
        self._seen, self._empty, self._signs = 0, 0, {}

    def _look_at(self, text: str) -> None:
        self._seen += 1
        for preset in PRESETS:
            if preset is self._used:
                if self._is_lost:
                    continue
                # Those behind it change nothing any more.
                return
            if preset.may_read(text) and preset.signs(text):
                signs = self._signs[preset.name] = self._signs.get(preset.name, 0) + 1
                if signs >= preset.least:
                    self._used, self._is_lost = preset, False
                    return
