"""`LineReader`: finds out which trainer writes a log, and reads its lines."""

from __future__ import annotations

from typing import Protocol

from tui.domain.signals.prefix import is_of_wandb, without_prefix
from tui.domain.signals.presets import BY_NAME, LONGEST, PRESETS, Preset, read_any
from tui.domain.signals.values import NOTHING, Values

LOOKED_AT = 200
"""Lines by which a preset is detected."""

LOST = 47
"""Lines of which the detected preset reads none, after which another program is looked for until one is found: 50 with
the 3 by which it is."""


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
        self._is_lost = False
        self._vain = ""
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
            self._used, self._is_lost = None, False
            self._look_again()

    def read(self, text: str) -> Values:
        """What a line says; `NOTHING` if nothing."""
        text = text[:LONGEST]
        if is_of_wandb(text):
            return NOTHING
        if self._own is not None:
            values = self._own.read(text)
            self._read += 1
            self._matched = self._matched or values is not None
            return values or NOTHING
        text = without_prefix(text)
        if self._given is not None:
            return self._given.read(text) or NOTHING
        if self._is_lost:
            return self._read_lost(text)
        looks = self._seen < LOOKED_AT
        if looks:
            self._look_at(text)
        used = self._used
        values = read_any(text) if used is None or looks else used.read(text) or NOTHING
        # What only others can read is of another program, already while whose lines they are is being found out.
        is_own = not values.is_empty and (used is None or not looks or used.read(text) is not None)
        self._empty = 0 if is_own else self._empty + 1
        if self._seen >= LOOKED_AT if used is None else self._empty >= LOST:
            self._is_lost = True
            self._look_again()
        return values

    def _read_lost(self, text: str) -> Values:
        """As long as another program is only looked for, the lines of the one that was detected are read. What no
        preset reads has no signs: to look at it costs no more than to read it."""
        used = self._used
        if text == self._vain:
            return NOTHING
        if used is not None and (values := used.read(text)) is not None and not values.is_empty:
            self._is_lost, self._empty, self._seen = False, 0, LOOKED_AT
            return values
        if self._seen >= LOOKED_AT:
            # Signs that are far from each other are none of one program.
            self._look_again()
        values = read_any(text)
        if values.is_empty:
            self._seen, self._vain = self._seen + 1, text
            return NOTHING
        self._look_at(text)
        if self._is_lost:
            return values if used is None else NOTHING
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
