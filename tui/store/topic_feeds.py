"""The feeds of the topics that are polled only while a screen shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from msgspec import Struct, field

from tui.store.feed import Feed
from tui.store.topics import TOPICS

if TYPE_CHECKING:
    from tui.api.account import Account, Billing, Ledger, Profile, Readmes, Templates
    from tui.api.catalogue import CpuFlavors, GpuSpecs
    from tui.api.errors import CloudError
    from tui.api.hosts import CpuType, Hosts
    from tui.api.models import DataCenters
    from tui.domain.report import Report
    from tui.store.spend import SpendHistory

T = TypeVar("T")

_NOTHING: Feed[Any] = Feed()


class _Topic(Generic[T]):
    """The feed of the topic with the attribute's name: an empty one while nothing is known of it."""

    _name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, feeds: TopicFeeds, owner: type) -> Feed[T]:
        return feeds.topics.get(self._name, _NOTHING)


class TopicFeeds(Struct, eq=False, kw_only=True):
    """The feeds by the names of `tui.store.topics`, and each by its own name and type."""

    topics: dict[str, Feed[Any]] = field(default_factory=dict)

    account: ClassVar[_Topic[Account]] = _Topic()
    ledger: ClassVar[_Topic[Ledger]] = _Topic()
    templates: ClassVar[_Topic[Templates]] = _Topic()
    readmes: ClassVar[_Topic[Readmes]] = _Topic()
    billing: ClassVar[_Topic[Billing]] = _Topic()
    profile: ClassVar[_Topic[Profile]] = _Topic()
    books: ClassVar[_Topic[SpendHistory]] = _Topic()
    week: ClassVar[_Topic[Report]] = _Topic()
    month: ClassVar[_Topic[Report]] = _Topic()
    hosts: ClassVar[_Topic[Hosts]] = _Topic()
    places: ClassVar[_Topic[DataCenters]] = _Topic()
    cpus: ClassVar[_Topic[tuple[CpuType, ...]]] = _Topic()
    flavors: ClassVar[_Topic[CpuFlavors]] = _Topic()
    sheets: ClassVar[_Topic[GpuSpecs]] = _Topic()
    countries: ClassVar[_Topic[tuple[str, ...]]] = _Topic()

    def apply_topic(self, name: str, value: object, at: float, took: float | None = None) -> None:
        self.topics[name] = self.topics.get(name, _NOTHING).succeeded(value, at, took)

    def fail_topic(self, name: str, error: CloudError, at: float, retry_at: float | None = None) -> None:
        self.topics[name] = self.topics.get(name, _NOTHING).failed(error, at, retry_at)

    def forget_private_topic(self, name: str) -> None:
        """No screen shows a topic any more: its private data are removed from memory."""
        if TOPICS[name].private:
            self.topics.pop(name, None)

    def public_topics(self) -> dict[str, Feed[Any]]:
        """The feeds without those that are dropped as soon as no screen shows them."""
        return {name: feed for name, feed in self.topics.items() if not TOPICS[name].private}
