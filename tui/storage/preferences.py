"""`Preferences`: what the user set on the screen and gets back next time: filters and sort orders, in a small file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec


class Preferences:
    """Texts by name. Errors are ignored: unreadable content counts as absent, and what cannot be saved is lost.

    path:  locates the file; called when it is first needed.
    fresh: whether there is nothing yet, as in a demo: the file is not looked up.
    """

    def __init__(self, path: Callable[[], Path], *, fresh: bool = False) -> None:
        self._path = path
        self._texts: dict[str, str] | None = {} if fresh else None

    @property
    def texts(self) -> Mapping[str, str]:
        if self._texts is None:
            from tui.files import reading

            try:
                self._texts = msgspec.json.decode(reading.own(self._path()), type=dict[str, str])
            except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
                self._texts = {}
        return self._texts

    def get(self, name: str) -> str:
        return self.texts.get(name, "")

    def keep(self, name: str, text: str) -> None:
        """Save a text, replacing the previous one."""
        if self.get(name) == text:
            return
        from tui.files import atomic

        self._texts = {**self.texts, name: text}
        with suppress(OSError):
            atomic.write(self._path(), msgspec.json.encode(self._texts), sync=False)
