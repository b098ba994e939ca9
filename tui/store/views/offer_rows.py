"""`OfferRow`: one GPU type of the market as a row, its prices per GPU and hour. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tui.api.models import Offer, Quote


class OfferRow(Struct, frozen=True):
    """One GPU type's prices per hour for one GPU; None if that cloud has none to rent.

    count:         the requested number of GPUs.
    secure_share, community_share: percent of that cloud's GPUs that are rented; `rented` of `total` in both.
    countries:     where the cheapest hosts are.
    """

    id: str
    name: str
    manufacturer: str | None
    memory_gb: int | None
    cuda_cores: int | None
    max_count: int | None
    count: int
    secure: float | None
    secure_spot: float | None
    secure_stock: str | None
    secure_share: float | None
    community: float | None
    community_spot: float | None
    community_stock: str | None
    community_share: float | None
    stock: str | None
    rented: int | None
    total: int | None
    countries: tuple[str, ...]

    @property
    def price(self) -> float | None:
        """On demand, in the cheaper cloud."""
        return _lower(self.secure, self.community)

    @property
    def spot(self) -> float | None:
        """The lowest bid, in the cheaper cloud."""
        return _lower(self.secure_spot, self.community_spot)

    @property
    def lowest_bid(self) -> float | None:
        """The lowest bid where there is stock."""
        bids = ((self.secure_spot, self.secure_stock), (self.community_spot, self.community_stock))
        return min((bid for bid, stock in bids if bid is not None and stock is not None), default=None)

    @property
    def cheapest(self) -> float | None:
        """The lowest price at which there is stock, in either cloud, on demand or as a bid."""
        prices = ((self.secure, self.secure_stock), (self.community, self.community_stock))
        on_demand = [price for price, stock in prices if price is not None and stock is not None]
        return min((*on_demand, *((self.lowest_bid,) if self.lowest_bid is not None else ())), default=None)

    @property
    def whole(self) -> float | None:
        """On demand, for all the requested GPUs."""
        return None if self.price is None else self.price * self.count

    @property
    def per_gb(self) -> float | None:
        """On demand, per GB of GPU memory."""
        return None if self.price is None or not self.memory_gb else self.price / self.memory_gb

    @property
    def rented_share(self) -> float | None:
        """Percent of all GPUs, in both clouds, that are rented."""
        if self.rented is not None and self.total:
            return 100 * self.rented / self.total
        shares = [share for share in (self.secure_share, self.community_share) if share is not None]
        return max(shares, default=None)


_STOCK = {"high": 3, "medium": 2, "low": 1}


def _lower(first: float | None, second: float | None) -> float | None:
    if first is None or (second is not None and second < first):
        return second
    return first


def stock_rank(word: str | None) -> int:
    """High 3, Medium 2, Low 1, a word newer than podtop 1, none 0."""
    return 0 if word is None else _STOCK.get(word.lower(), 1)


def _best_stock(*quotes: Quote | None) -> str | None:
    stocks = [q.stock for q in quotes if q is not None and q.stock is not None]
    return max(stocks, key=stock_rank, default=None)


def _sum(*numbers: int | None) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def offer_row(offer: Offer, count: int = 1) -> OfferRow:
    """The row of an offer that was requested for `count` GPUs: RunPod gives totals."""
    secure, community = offer.secure, offer.community

    def each(dollars: float | None) -> float | None:
        return None if dollars is None else dollars / count

    return OfferRow(
        id=offer.gpu_id,
        name=offer.name,
        manufacturer=offer.manufacturer,
        memory_gb=offer.memory_gb,
        cuda_cores=offer.cuda_cores,
        max_count=offer.max_count,
        count=count,
        secure=each(secure.on_demand) if secure else None,
        secure_spot=each(secure.spot) if secure else None,
        secure_stock=secure.stock if secure else None,
        secure_share=secure.rented_share if secure else None,
        community=each(community.on_demand) if community else None,
        community_spot=each(community.spot) if community else None,
        community_stock=community.stock if community else None,
        community_share=community.rented_share if community else None,
        stock=_best_stock(secure, community),
        rented=_sum(*(q.rented for q in (secure, community) if q)),
        total=_sum(*(q.total for q in (secure, community) if q)),
        countries=tuple(dict.fromkeys(q.country for q in (secure, community) if q and q.country)),
    )
