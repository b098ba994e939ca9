"""`PodtopLife`: a name of this podtop, by which others see whether it is still running."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from tui.storage.json_store import is_claimed


class PodtopLife:
    """One run. `shared`: the file beside which each podtop holds one of its own for as long as it runs."""

    def __init__(self, shared: Path) -> None:
        self.token = secrets.token_hex(8)
        self._shared = shared

    @property
    def path(self) -> Path:
        """The file to be claimed."""
        return self._of(self.token)

    def has(self, token: str) -> bool:
        """Whether another podtop of this name is still running."""
        return token not in ("", self.token) and is_claimed(self._of(token))

    def end(self) -> None:
        """The claim was given up: the file is removed, as nobody holds it any more."""
        with suppress(OSError):
            is_claimed(self.path)

    def _of(self, token: str) -> Path:
        return self._shared.with_suffix(f".{token}")
