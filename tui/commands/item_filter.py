"""The filter of items that scripts get: the filter language of the screens, on the same fields or on those of JSON."""

from __future__ import annotations

from tui.domain import filters
from tui.domain.filters import Filter, Vocabulary


def vocabulary(kind: str) -> Vocabulary:
    """The fields of a kind of items: those of its screen, if it has one."""
    match kind:
        case "pods" | "runs":
            from tui.store.views.pod_filter import VOCABULARY

            return VOCABULARY
        case "market":
            from tui.store.views.offer_filter import OFFERS

            return OFFERS.vocabulary
        case "alerts":
            from tui.commands.items import ALERTS

            return ALERTS.vocabulary
        case "hosts":
            from tui.commands.account_items import HOSTS

            return HOSTS.vocabulary
    return Vocabulary()


def parse(kind: str, text: str) -> Filter:
    """Parse the filter of a kind of items. It never fails: what is invalid is reported."""
    return filters.parse(text, vocabulary(kind))
