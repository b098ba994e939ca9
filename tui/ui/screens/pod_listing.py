"""`PodListing`: a list of what one pod has, on the Pod screen, whose facts and charts show how old it is."""

from __future__ import annotations

from tui.store.fleet import Fleet
from tui.ui.context import ScreenContext
from tui.ui.screens.listing import Listing, Rows, Scene


class PodListing(Listing):
    """Its title has neither a count nor an age."""

    def __init__(self, context: ScreenContext, pod: str) -> None:
        super().__init__(context)
        self._pod = pod

    def count(self, rows: Rows) -> str:
        return ""

    def trouble(self, scene: Scene) -> str:
        return ""

    def ages(self, fleet: Fleet, now: float) -> bool:
        return False
