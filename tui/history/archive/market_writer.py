"""`MarketWriter`: writes offers and quotes when they change."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from tui.api.models import Offer, Quote
from tui.history.archive import checked
from tui.history.archive.checked import MOST_STATE, BadRow, fits, storable
from tui.history.archive.entries import say_the_same
from tui.turns import give_way


def run(db: sqlite3.Connection, sql: str, *values: object) -> sqlite3.Cursor:
    """Execute SQL with storable values: no value may make SQLite, or Python, refuse the rest."""
    return db.execute(sql, tuple(map(storable, values)))


class MarketWriter:
    """Knows what the file says of the market, and writes what differs. Raises SQLite's exceptions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._offers: dict[str, tuple[int, bytes]] = {}
        self._quotes: dict[tuple[int, int], Quote | None] = {}

    def remember(self, at: float) -> None:
        """Read the file's state as of an instant."""
        offers = self._db.execute(f"SELECT id, gpu, {fits('data', MOST_STATE)} FROM offer")
        self._offers = {gpu: (key, data or b"") for key, gpu, data in offers if isinstance(gpu, str)}
        self.remember_quotes(at)

    def remember_quotes(self, at: float) -> None:
        """Read the quotes alone as of an instant."""
        self._quotes = {}
        for key, cloud, _, *row in self._db.execute(
            "SELECT offer, cloud, max(at), sold, on_demand, spot, stock, rented, total FROM quote WHERE at <= ? "
            "GROUP BY offer, cloud",
            (at,),
        ):
            try:
                self._quotes[key, cloud] = checked.quote(*row)
            except BadRow:
                continue  # It is written again.

    def write(self, offers: Iterable[Offer], at: float) -> None:
        """Write a response's offers, and their quotes in both clouds, as far as they are new."""
        for offer in offers:
            give_way()
            key = self._offer(offer)
            for cloud, quote in enumerate((offer.secure, offer.community)):
                if quote is not None:
                    # History keeps prices and stock, not which host was the cheapest. How many are rented changes
                    # with every poll, and is only updated together with another value.
                    quote = Quote(quote.on_demand, quote.spot, quote.stock, rented=quote.rented, total=quote.total)
                if (key, cloud) in self._quotes and say_the_same(self._quotes[key, cloud], quote):
                    continue
                self._quotes[key, cloud] = quote
                row = (
                    (0, None, None, None, None, None)
                    if quote is None
                    else (1, quote.on_demand, quote.spot, quote.stock, quote.rented, quote.total)
                )
                run(self._db, "INSERT OR REPLACE INTO quote VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", key, cloud, at, *row)

    def _offer(self, offer: Offer) -> int:
        data = msgspec.json.encode(replace(offer, secure=None, community=None))
        known = self._offers.get(offer.gpu_id)
        if known is None:
            number = int(
                run(self._db, "INSERT INTO offer (gpu, data) VALUES (?, ?)", offer.gpu_id, data).lastrowid or 0
            )
        else:
            number = known[0]
            if known[1] == data:
                return number
            run(self._db, "UPDATE offer SET data = ? WHERE id = ?", data, number)
        self._offers[offer.gpu_id] = (number, data)
        return number
