"""What the panes say when they have no rows: loading, empty, filtered out, and each kind of trouble. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.ui.notice import Notice

if TYPE_CHECKING:
    from tui.api.cloud import CloudError
    from tui.api.models import Market, Snapshot
    from tui.store.feed import Feed
    from tui.store.fleet import Fleet


def failure(error: CloudError, what: str) -> Notice:
    """A first answer that never came: what happened, what podtop does about it, what can be done."""
    from tui.api import cloud

    again = "podtop keeps asking, less and less often; ctrl+r asks now."
    match error:
        case cloud.Unauthorized():
            return Notice(
                f"✕ RunPod refused the API key: no {what}",
                (
                    str(error),
                    "podtop asks again once a minute; ctrl+r asks now.",
                    "Set RUNPOD_API_KEY or pass --api-key-file FILE; podtop --demo needs no key.",
                ),
                "bad",
            )
        case cloud.Forbidden():
            return Notice(f"✕ RunPod forbids this: no {what}", (str(error), again), "bad")
        case cloud.Throttled():
            return Notice(f"▲ RunPod asks podtop to slow down: no {what} yet", (str(error), again), "warn")
        case cloud.TimedOut():
            return Notice(f"▲ RunPod does not answer in time: no {what} yet", (str(error), again), "warn")
        case cloud.Unreachable():
            return Notice(f"▲ RunPod cannot be reached: no {what} yet", (str(error), again), "warn")
        case _:
            return Notice(f"▲ RunPod's answer is of no use: no {what} yet", (str(error), again), "warn")


def _waiting(feed: Feed[Snapshot] | Feed[Market], what: str) -> Notice:
    if feed.error is not None:
        return failure(feed.error, what)
    return Notice(f"◌ asking RunPod for {what}")


def pods(fleet: Fleet, filtered: bool) -> Notice:
    """Why there is no row in the pods pane."""
    feed = fleet.snapshot
    if feed.value is None:
        return _waiting(feed, "pods")
    if feed.value.pods is None and not fleet.records:
        reasons = tuple(p.message for p in feed.value.problems)
        return Notice("▲ RunPod answered without the pods", (*reasons, "podtop asks again at the next poll."), "warn")
    if filtered and fleet.records:
        return Notice("no pod matches the filter", (f"{len(fleet.records)} are hidden; esc clears it.",))
    return Notice("no pods on this account", ("Rent one at console.runpod.io: it appears here by itself.",))


def market(fleet: Fleet, filtered: bool) -> Notice:
    """Why there is no row in the market pane."""
    feed = fleet.market
    if feed.value is None:
        return _waiting(feed, "prices")
    if filtered and feed.value.offers:
        return Notice("no GPU matches the filter", (f"{len(feed.value.offers)} are hidden; esc clears it.",))
    return Notice("RunPod offers no GPU right now")


def telemetry(fleet: Fleet) -> Notice:
    """Why there is no chart."""
    if fleet.snapshot.value is None:
        return Notice("")
    return Notice("no pod under the cursor")
