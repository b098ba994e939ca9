"""`Dialog`: a modal that is deaf at first, so that what was typed for another screen does nothing in this one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import ClassVar, TypeVar

from textual.screen import ModalScreen

from tui.ui import roles

T = TypeVar("T")

DEAF = 0.4
"""Seconds without a key, from when a dialog is drawn, after which it listens: a slow link delivers keys in bursts."""


class Dialog(ModalScreen[T]):
    """The app asks it whether it hears before it hands it a key, a paste or a click."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._deaf_until = math.inf
        self._ended = False

    def on_mount(self) -> None:
        self.call_after_refresh(self.deafen)

    def deafen(self) -> None:
        """What is shown is new: let it be seen before anything typed counts."""
        self._deaf_until = self._clock() + DEAF

    def end(self, result: T) -> None:
        """Close with a result, once: a key that comes behind the closing one changes nothing."""
        if not self._ended:
            self._ended = True
            self.dismiss(result)

    def hears(self) -> bool:
        """Whether a key that comes now was typed for this dialog; one that was not keeps it deaf for longer."""
        if self._clock() >= self._deaf_until:
            return True
        if not math.isinf(self._deaf_until):
            self.deafen()
        return False
