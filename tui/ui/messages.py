"""What screens ask of the app: each a value that says all there is to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from tui.api.models import MarketQuery
    from tui.store.fleet import Fleet


class LookBack(Message):
    """A chart reaches back beyond what memory has of these pods: `start` to `end`, in steps of `width` seconds."""

    def __init__(self, fleet: Fleet, pods: tuple[str, ...], start: float, end: float, width: float) -> None:
        super().__init__()
        self.fleet, self.pods, self.start, self.end, self.width = fleet, pods, start, end, width


class Attend(Message):
    """A screen is on top, and shows these topics, and the market as these demands see it."""

    def __init__(self, topics: tuple[str, ...], demands: tuple[MarketQuery, ...] = ()) -> None:
        super().__init__()
        self.topics, self.demands = topics, demands


class Resized(Message):
    """A chart has another size: what it shows may be cut into other buckets."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Resized)


class GoBack(Message):
    """Back to the screen from which this one was gone to."""


class OpenPod(Message):
    """A pod is to be looked at closely, as it was at an instant where one is given."""

    def __init__(self, pod: str, at: float | None = None) -> None:
        super().__init__()
        self.pod, self.at = pod, at


class LookAtLog(Message):
    """All that was recorded to have happened is to be shown."""


class Inspect(Message):
    """A screen looks closely at a pod, now or at a past instant; None: nobody does any more."""

    def __init__(self, pod: str | None, at: float | None) -> None:
        super().__init__()
        self.pod, self.at = pod, at
