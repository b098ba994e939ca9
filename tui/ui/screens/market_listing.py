"""`MarketListing`: the common part of the Market screen's lists."""

from __future__ import annotations

from tui.store.views.offer_filter import WORDS
from tui.ui.primitives.facts import Fact, copied
from tui.ui.render.copy_entries import Entry, of_market, under_cursor
from tui.ui.screens.listing import Listing


class MarketListing(Listing):
    """A list of the market. Its texts to copy are the id and the name of its row."""

    preference = "market.sort.{}"
    prompt = f"filter: {WORDS}"

    def allows(self, action: str) -> bool:
        # In a recording nothing is loading.
        past = action in ("watch", "open", "remove") and self.context.playback.view[0].recorded
        return super().allows(action) and not past

    def named(self, key: str | None) -> tuple[str, str, str]:
        """The kind of a row, its id, its name."""
        return "", "", ""

    def copies(self, key: str | None) -> tuple[Entry, ...]:
        return of_market(*self.named(key), gpu=False)

    def copies_of(self, key: str | None, title: str, fact: Fact | None) -> tuple[Entry, ...]:
        entries = self.copies(key)
        text = copied(fact) if fact is not None else ""
        return (*under_cursor(fact.label, text), *entries[1:]) if fact is not None and text else entries
