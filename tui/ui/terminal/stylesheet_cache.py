"""`KeptStylesheet`: Textual's style sheet, which parses each source once for as long as its variables are the same."""

from __future__ import annotations

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet

_MOST = 1024
"""More sources than there are classes of widgets."""


class KeptStylesheet(Stylesheet):
    """Textual's parses all sources again, some 100 ms, for each screen and dialog that is shown for the first time."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(_MOST)

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            super().set_variables(variables)
            self._require_parse = True

    def reparse(self) -> None:
        if self._require_parse:
            # A source that could not be parsed is tried again; if it still cannot, the rules stay those from before.
            self._invalid_css = set()
            self.parse()
