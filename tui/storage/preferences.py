"""`Preferences`: what a person set on the screen and finds again the next time: filters and orders, in a small file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from tui.files import atomic
from tui.files.reading import unmarked


class Preferences:
    """Texts by name. Nothing of it is worth an error: what cannot be read is not there, what cannot be kept is lost.

    path: finds the file; asked when it is first needed.
    """

    def __init__(self, path: Callable[[], Path]) -> None:
        self._path = path
        self._texts: dict[str, str] | None = None

    @property
    def texts(self) -> Mapping[str, str]:
        if self._texts is None:
            try:
                self._texts = msgspec.json.decode(unmarked(self._path().read_bytes()), type=dict[str, str])
            except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
                self._texts = {}
        return self._texts

    def get(self, name: str) -> str:
        return self.texts.get(name, "")

    def keep(self, name: str, text: str) -> None:
        """Put a text in place of the one that was kept."""
        if self.get(name) == text:
            return
        self._texts = {**self.texts, name: text}
        with suppress(OSError):
            atomic.write(self._path(), msgspec.json.encode(self._texts), sync=False)
