"""The topics that are requested from RunPod, or from the recording, only while a screen shows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from tui.api.cloud import Cloud


class Topic(Struct, frozen=True):
    """A topic: how to request it, and every how many seconds while a screen shows it.

    fetch:   None if it comes from the recording.
    private: whether it is dropped as soon as no screen shows it.
    """

    fetch: Callable[[Cloud], Callable[[], Awaitable[Any]]] | None
    interval: float
    private: bool = False


TOPICS = {
    "account": Topic(lambda cloud: cloud.account, 60.0),
    "ledger": Topic(lambda cloud: cloud.ledger, 900.0),
    "templates": Topic(lambda cloud: cloud.templates, 900.0),
    "readmes": Topic(lambda cloud: cloud.readmes, 3600.0),
    "billing": Topic(lambda cloud: cloud.billing, 900.0),
    "profile": Topic(lambda cloud: cloud.profile, 900.0, private=True),
    "books": Topic(None, 300.0),
    "week": Topic(None, 900.0),
    "month": Topic(None, 3600.0),
    "hosts": Topic(lambda cloud: cloud.hosts, 30.0),
    "places": Topic(lambda cloud: cloud.places, 120.0),
    "cpus": Topic(lambda cloud: cloud.cpu_types, 3600.0),
    "flavors": Topic(lambda cloud: cloud.cpu_flavors, 120.0),
    "sheets": Topic(lambda cloud: cloud.gpu_sheets, 600.0),
    "countries": Topic(lambda cloud: cloud.countries, 86_400.0),
}
