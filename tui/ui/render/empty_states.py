"""The messages of panes without rows: loading, empty, filtered out, and each kind of error. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.format import numbers as fmt
from tui.ui.primitives.empty_state import EmptyState

if TYPE_CHECKING:
    from tui.api.errors import CloudError
    from tui.api.models import Market, Snapshot
    from tui.api.pod_detail import PodDetail
    from tui.store.feed import Feed
    from tui.store.fleet import Fleet


def marked(error: CloudError, before: str = "") -> str:
    """An error in one line, with its symbol: a capability that an API does not offer is no error."""
    from tui.api.errors import NotOffered

    return f"{'◌' if isinstance(error, NotOffered) else '▲'} {before}{error}"


def failure(error: CloudError, subject: str) -> EmptyState:
    """A missing first response: what happened, what podtop does about it, what the user can do."""
    from tui.api import errors

    again = "Retrying with back-off; ctrl+r retries now."
    patience = "podtop waits that long; ctrl+r cannot shorten it."
    match error:
        case errors.NotOffered():
            return EmptyState(f"◌ This API offers no {subject}", (str(error),))
        case errors.Unauthorized():
            return EmptyState(
                f"✕ RunPod rejected the API key: no {subject}",
                (
                    str(error),
                    "Retrying once a minute; ctrl+r retries now.",
                    "Set RUNPOD_API_KEY or --api-key-file FILE; podtop --demo needs no key.",
                ),
                "bad",
            )
        case errors.Forbidden():
            return EmptyState(f"✕ RunPod denied access: no {subject}", (str(error), again), "bad")
        case errors.Throttled():
            return EmptyState(
                f"▲ Rate limited by RunPod: no {subject} yet",
                (str(error), again if error.retry_after is None else patience),
                "warn",
            )
        case errors.TimedOut():
            return EmptyState(f"▲ RunPod timed out: no {subject} yet", (str(error), again), "warn")
        case errors.Faltering():
            return EmptyState(f"▲ RunPod server error: no {subject} yet", (str(error), again), "warn")
        case errors.Blocked():
            return EmptyState(f"▲ Blocked on the way to RunPod: no {subject} yet", (str(error), again), "warn")
        case errors.Unreachable():
            return EmptyState(f"▲ RunPod cannot be reached: no {subject} yet", (str(error), again), "warn")
        case _:
            return EmptyState(f"▲ RunPod returned an invalid response: no {subject} yet", (str(error), again), "warn")


SLOW = 2.0
"""Seconds of waiting for a first response after which the message shows how long it takes."""


def _waiting(feed: Feed[Snapshot] | Feed[Market], subject: str, waited: float) -> EmptyState:
    if feed.error is not None:
        return failure(feed.error, subject)
    return EmptyState(f"◌ Loading {subject}…" + (f" ({fmt.duration(waited)})" if waited >= SLOW else ""))


def hidden_by_filter(count: int) -> str:
    """The line below the title of a list whose rows are all filtered out."""
    return f"{count:,} hidden · esc clears the filter"


def total(fleet: Fleet, pane: str) -> int:
    """The number of rows without a filter."""
    if pane == "pods":
        return len(fleet.records)
    return len(fleet.market.value.offers) if fleet.market.value else 0


def trouble(fleet: Fleet, pane: str, now: float) -> str:
    """The note below the rows of a pane when they are stale or incomplete: their age, or the missing part."""
    at = fleet.pods_at if pane == "pods" else fleet.market.at
    stale = fleet.pods_stale(now) if pane == "pods" else fleet.market_stale(now)
    value = fleet.snapshot.value if pane == "pods" else fleet.market.value
    parts = [f"▲ {fmt.duration(now - at)} old"] if stale and at is not None else []
    if value is not None and value.problems:
        rest = f" (and {len(value.problems) - 1} more)" if len(value.problems) > 1 else ""
        parts.append(f"▲ RunPod: {value.problems[0].message}{rest}")
    return "  ".join(parts)


def pods(fleet: Fleet, filtered: bool, waited: float = 0.0, replay: bool = False) -> EmptyState:
    """Why the pods pane has no rows. `waited`: seconds since the first request."""
    feed = fleet.snapshot
    if feed.value is None and replay:
        return EmptyState("◌ Opening recording…")
    if fleet.keyless:
        return EmptyState(
            "No API key: prices only",
            ("For pods set RUNPOD_API_KEY or --api-key-file FILE; see also podtop --demo.",),
        )
    if feed.value is None:
        return _waiting(feed, "pods", waited)
    if feed.value.pods is None and not fleet.records:
        reasons = tuple(p.message for p in feed.value.problems)
        return EmptyState("▲ The response has no pod list", (*reasons, "podtop retries at the next poll."), "warn")
    if filtered and fleet.records:
        return EmptyState("No pods match", (hidden_by_filter(len(fleet.records)),))
    return EmptyState(
        "No pods on this account", ("Deploy one here or at console.runpod.io; it appears automatically.",)
    )


def market(fleet: Fleet, filtered: bool, waited: float = 0.0, replay: bool = False) -> EmptyState:
    """Why the market pane has no rows. `waited`: seconds since the first request."""
    if fleet.past and fleet.market.value is None:
        return EmptyState("Prices follow")
    return priced(fleet.market, filtered, waited, fleet.recorded or replay)


def aged(feed: Feed[Any], now: float, interval: float) -> str:
    """The note below rows that are stale or incomplete: their age, the error, the missing part."""
    parts = [f"▲ {fmt.duration(now - feed.at)} old"] if feed.at is not None and feed.stale(now, interval) else []
    problems = getattr(feed.value, "problems", ())
    if feed.error is not None and feed.value is not None:
        parts.append(f"▲ {feed.error}")
    elif problems:
        rest = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        parts.append(f"▲ RunPod: {problems[0].message}{rest}")
    return "  ".join(parts)


def topic(feed: Feed[Any], subject: str, filtered: bool, hidden: int) -> EmptyState:
    """Why a list that is loaded while shown has no rows."""
    if feed.value is None:
        return failure(feed.error, subject) if feed.error is not None else EmptyState(f"◌ Loading {subject}…")
    if filtered and hidden:
        return EmptyState("No matches", (hidden_by_filter(hidden),))
    return EmptyState(f"RunPod reports no {subject}")


def priced(feed: Feed[Market], filtered: bool, waited: float, recorded: bool) -> EmptyState:
    """Why no price is shown."""
    if recorded and feed.value is None:
        return EmptyState("No prices recorded at this time")
    if feed.value is None:
        return _waiting(feed, "prices", waited)
    if filtered and feed.value.offers:
        return EmptyState("No GPUs match", (hidden_by_filter(len(feed.value.offers)),))
    return EmptyState("RunPod offers no GPUs right now")


def telemetry(fleet: Fleet) -> EmptyState:
    """Why no chart is shown."""
    if fleet.snapshot.value is None:
        return EmptyState("")
    return EmptyState("No pod under the cursor")


def gpus(fleet: Fleet) -> EmptyState:
    """Why no GPU is on the map."""
    return EmptyState("") if fleet.pods_at is None else EmptyState("No GPU is rented now")


def held_back(feed: Feed[Snapshot], now: float) -> str:
    """Why a refresh now has to wait; empty if it need not."""
    from tui.api.errors import Throttled

    error = feed.error
    if not isinstance(error, Throttled) or error.retry_after is None or feed.retry_at is None or feed.retry_at <= now:
        return ""
    return f"Rate limited by RunPod; retrying in {fmt.duration(feed.retry_at - now)}"


def inspected(feed: Feed[PodDetail | None] | None, fleet: Fleet, now: float) -> str:
    """The note below a pod's facts when they are stale or incomplete."""
    parts = (
        [f"▲ {fmt.duration(now - fleet.pods_at)} old"] if fleet.pods_at is not None and fleet.pods_stale(now) else []
    )
    if feed is not None and feed.error is not None:
        parts.append(marked(feed.error))
    elif feed is not None and feed.value is not None and feed.value.problems:
        parts.append(f"▲ RunPod: {feed.value.problems[0].message}")
    return "  ".join(parts)
