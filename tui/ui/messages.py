"""What screens ask of the app: each a value that says all there is to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from tui.store.fleet import Fleet


class LookBack(Message):
    """A chart reaches back beyond what memory has of these pods: `start` to `end`, in steps of `width` seconds."""

    def __init__(self, fleet: Fleet, pods: tuple[str, ...], start: float, end: float, width: float) -> None:
        super().__init__()
        self.fleet, self.pods, self.start, self.end, self.width = fleet, pods, start, end, width
