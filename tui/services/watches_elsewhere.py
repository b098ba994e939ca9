"""What podtops on other hosts do for an armed watch that is armed here too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.domain.market_watch import MarketWatch, State
from tui.domain.recorders import WATCHES, Progress

if TYPE_CHECKING:
    from tui.services.other_recorders import OtherRecorders
    from tui.store.fleet import Fleet


def done_elsewhere(watch: MarketWatch, others: OtherRecorders) -> MarketWatch | None:
    """The watch as it ends if one of them did what it is armed for; None if none did."""
    if watch.state is not State.ARMED:
        return None
    sent = others.sent(watch.key, watch.made_at)
    if sent is None or sent[1].progress is Progress.SENDING:
        return None
    who, how = sent
    if how.progress is Progress.DONE:
        return replace(watch, state=State.DONE, words=f"done by {who.name}")
    return replace(watch, state=State.UNKNOWN, words=f"sent by {who.name}, outcome unknown; check the pods")


def left_elsewhere(watch: MarketWatch, others: OtherRecorders, fleet: Fleet) -> str | None:
    """Why it is left to one of them; None if it is not."""
    if (sent := others.sent(watch.key, watch.made_at)) is not None:
        return f"{sent[0].name} is sending it"
    if (doer := others.doer(WATCHES, watch.key)) is not None:
        return f"{doer.name} has this watch too: it is left to it"
    if others.is_new(watch.made_at):
        return "podtop first looks whether another host has this watch too"
    if watch.gpus and (missing := others.missing(watch.key, watch.made_at)) is not None:
        # Cut off from here, it may have been served, and rented a pod that nobody told of.
        who, at = missing
        for record in fleet.records.values():
            machine = record.pod.machine if record.pod is not None else None
            if record.seen > at and machine is not None and machine.gpu_name in watch.names:
                return f"{record.name} may be what {who.name}, not seen since, rented for it; arm it again if not"
    return None
