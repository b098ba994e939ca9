"""Requests from screens to the app: each a self-contained value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from tui.api.models import MarketQuery
    from tui.store.fleet import Fleet


class LookBack(Message):
    """A chart reaches beyond the samples in memory for these pods: `start` to `end`, in steps of `width` seconds."""

    def __init__(self, fleet: Fleet, pods: tuple[str, ...], start: float, end: float, width: float) -> None:
        super().__init__()
        self.fleet, self.pods, self.start, self.end, self.width = fleet, pods, start, end, width


class Attend(Message):
    """A screen is on top, and shows these topics, and the market for these queries."""

    def __init__(self, topics: tuple[str, ...], demands: tuple[MarketQuery, ...] = ()) -> None:
        super().__init__()
        self.topics, self.demands = topics, demands


class Resized(Message):
    """A chart was resized: its samples may be cut into other buckets."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Resized)


class GoBack(Message):
    """Go back to the previous screen."""


class UseAccount(Message):
    """What follows is about this account. `shown`: show it, too."""

    def __init__(self, name: str, *, shown: bool = False) -> None:
        super().__init__()
        self.name, self.shown = name, shown


class OpenPod(Message):
    """Show a pod's screen, at an instant if one is given."""

    def __init__(self, pod: str, at: float | None = None) -> None:
        super().__init__()
        self.pod, self.at = pod, at


class OpenLogs(Message):
    """Show the logs of these pods, at an instant if one is given."""

    def __init__(self, pods: tuple[str, ...], at: float | None = None) -> None:
        super().__init__()
        self.pods, self.at = pods, at


class LookAtLog(Message):
    """Show all recorded events."""


class Inspect(Message):
    """A screen shows a pod in detail, live or in history; None: no screen does any more."""

    def __init__(self, pod: str | None, at: float | None) -> None:
        super().__init__()
        self.pod, self.at = pod, at
