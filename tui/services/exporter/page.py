"""The page that is scraped: the fleet as of the last response, as text. Pure.

Written by hand: a page of 72,000 samples must cost less than a poll. What is unknown is absent, so that it makes a gap;
once RunPod's last answer is stale, everything about pods and money is absent, and only the polls are described.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tui import __version__
from tui.domain import pod_health
from tui.services.exporter import families
from tui.services.exporter.exposition import head, labels, line, number
from tui.services.exporter.families import Family
from tui.services.exporter.pod_lines import pod_lines
from tui.store.views.offer_rows import stock_rank

if TYPE_CHECKING:
    from tui.api.models import Market
    from tui.domain.recorders import AccountRecorder
    from tui.store.fleet import Fleet

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

Lines = dict[Family, list[str]]
"""The samples of each family, a line each, or several in one text."""


class Counts(NamedTuple):
    """What only the exporter counts: requests sent, and polls about the pods that failed, by reason."""

    requests: int = 0
    failures: Mapping[str, int] = {}


class View(NamedTuple):
    """One account to export: its name, its fleet, and its counts. `offers`: whether to export the market too.

    recorder: this podtop, for recorders of the same account on other hosts.
    """

    account: str
    fleet: Fleet
    counts: Counts = Counts()
    offers: bool = False
    recorder: AccountRecorder | None = None


def page(views: Iterable[View], now: float, openmetrics: bool = False) -> str:
    """The whole page for one or more accounts."""
    lines: Lines = {family: [] for family in families.ALL}
    for view in views:
        _polls(view, lines)
        if view.recorder is not None:
            for family, text in _recorder(view.account, view.recorder):
                lines[family].append(text)
        if view.fleet.pods_at is not None and not view.fleet.pods_stale(now):
            _pods(view, now, lines)
        if not view.fleet.stale(now):
            _money(view, lines)
        if view.offers and not view.fleet.market_stale(now):
            _offers(view, view.fleet.market.value, lines)
    lines[families.BUILD].append(line(families.BUILD, labels(version=__version__), "1"))
    blocks = [text for family, samples in lines.items() if samples for text in (*head(family, openmetrics), *samples)]
    return "\n".join([*blocks, "# EOF", ""] if openmetrics else [*blocks, ""])


def _polls(view: View, lines: Lines) -> None:
    fleet, account = view.fleet, view.account
    for what, feed, at in (("pods", fleet.snapshot, fleet.pods_at), ("market", fleet.market, fleet.market.at)):
        if at is None and feed.error is None:
            continue
        label = labels(account=account, what=what)
        if at is not None:
            lines[families.POLL_AT].append(line(families.POLL_AT, label, number(at)))
        lines[families.POLL_OK].append(line(families.POLL_OK, label, "0" if feed.error is not None else "1"))
    lines[families.REQUESTS].append(line(families.REQUESTS, labels(account=account), str(view.counts.requests)))
    for reason, count in view.counts.failures.items():
        lines[families.FAILURES].append(line(families.FAILURES, labels(account=account, reason=reason), str(count)))


@lru_cache(16)
def _recorder(account: str, recorder: AccountRecorder) -> tuple[tuple[Family, str], ...]:
    """Who records, and what it does and leaves alone."""
    known = {
        "account": account,
        "key": recorder.key,
        "host": recorder.host,
        "pid": recorder.pid,
        "files": recorder.files or None,
    }
    held, since, family = recorder.holdings, number(recorder.since), families.RECORDER_DUTY
    duties: list[tuple[dict[str, object], str]] = [({"duty": "idle stop", "pod": pod}, since) for pod in held.idle]
    for each in held.watches:
        duties.append(({"duty": "watch", "watch": each.watch, "progress": each.progress.value}, number(each.at)))
    for keep in held.keeps:
        duties.append(({"duty": "keep", "pod": keep.pod}, "+Inf" if keep.until is None else number(keep.until)))
    whole = line(families.RECORDER, labels(**known, duties=",".join(recorder.duties)), since)
    return (families.RECORDER, whole), *((family, line(family, labels(**known, **what), at)) for what, at in duties)


def _money(view: View, lines: Lines) -> None:
    funds, label = view.fleet.funds, labels(account=view.account)
    if funds is not None:
        runway = pod_health.runway(funds)
        for family, value in (
            (families.BALANCE, funds.balance),
            (families.SPEND, funds.spend_per_hr),
            (families.SPEND_LIMIT, funds.spend_limit),
            (families.RUNWAY, runway if runway is not None and math.isfinite(runway) else None),
        ):
            if value is not None:
                lines[family].append(line(family, label, number(value)))
    for alert in view.fleet.attention:
        if not alert.muted:
            shown = labels(account=view.account, pod=alert.pod or None, alert=alert.kind, grade=alert.grade.value)
            lines[families.ALERT].append(line(families.ALERT, shown, "1"))


def _pods(view: View, now: float, lines: Lines) -> None:
    pods_at = view.fleet.pods_at

    def add(family: Family, text: str) -> None:
        lines[family].append(text)

    for record in view.fleet.records.values():
        if pods_at is not None and record.told_at >= pods_at:
            pod_lines(view.account, record, now, add)


def _offers(view: View, market: Market | None, lines: Lines) -> None:
    for offer in market.offers if market is not None else ():
        for cloud, quote in (("secure", offer.secure), ("community", offer.community)):
            if quote is None:
                continue
            for kind, price in (("on-demand", quote.on_demand), ("spot", quote.spot)):
                if price is not None:
                    label = labels(account=view.account, gpu_type=offer.name, gpu=offer.gpu_id, cloud=cloud, kind=kind)
                    lines[families.OFFER_PRICE].append(line(families.OFFER_PRICE, label, number(price)))
            label = labels(account=view.account, gpu_type=offer.name, gpu=offer.gpu_id, cloud=cloud)
            lines[families.OFFER_STOCK].append(line(families.OFFER_STOCK, label, str(stock_rank(quote.stock))))
