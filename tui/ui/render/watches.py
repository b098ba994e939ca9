"""Market watches in words: columns and cells. Pure."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

import msgspec

from tui.domain import offered
from tui.domain.market_watch import MarketWatch, State, blind, hit, what
from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell
from tui.ui.render.offers import when
from tui.ui.widgets.table import Cells, Column

if TYPE_CHECKING:
    from tui.store.fleet import Fleet

COLUMNS = (
    Column("state", "STATE", 12, 0),
    Column("what", "WATCH", 24, 0, flex=True),
    Column("now", "NOW", 22, 1),
    Column("then", "ACTION", 30, 2),
    Column("since", "SINCE", 12, 4),
    Column("words", "NOTE", 34, 3),
)

_STATES = {
    State.WAITING: ("◌ ", "muted"), State.ARMED: ("◉ ", "warn"), State.SENDING: ("▸ ", "accent"),
    State.DONE: ("✓ ", "good"), State.GIVEN_UP: ("✕ ", "bad"), State.UNKNOWN: ("? ", "warn"),
}  # fmt: skip


def cells(watch: MarketWatch, fleet: Fleet, now: float, tz: tzinfo | None) -> Cells:
    """The cells of one watch."""
    glyph, role = _STATES[watch.state]
    word = "available" if watch.met_at is not None and watch.state is State.WAITING else watch.state.value
    if word == "available":
        glyph, role = "● ", "good"
    return {
        "state": ((glyph, role), (word, role)),
        "what": ((what(watch), "muted" if watch.over else "text"),),
        "now": _now(watch, fleet),
        "then": _then(watch),
        "since": ((when(watch.made_at, now, tz), "muted"),),
        "words": ((watch.words, "muted"),),
    }


def _now(watch: MarketWatch, fleet: Fleet) -> Cell:
    """Its current state: the price, or that there is none."""
    if watch.over:
        return ()
    if blind(watch, fleet.lacks, fleet.market_lacks):
        return ((offered.MARKED, "warn"),)
    if watch.pod:
        record = fleet.records.get(watch.pod)
        machine = record.pod.machine if record is not None and record.pod is not None else None
        free = machine.gpu_available if machine is not None else None
        return (("unknown" if free is None else f"{free} free on its host", "text" if free else "muted"),)
    market = fleet.market_for(watch.question).value
    if market is None:
        return (("◌ loading", "muted"),)
    offer = hit(msgspec.structs.replace(watch, ceiling=None), market)
    if offer is None:
        return (("none free", "muted"),)
    dear = watch.ceiling is not None and offer.price > watch.ceiling
    return ((fmt.money(offer.price), "text" if not dear else "warn"), (f" {offer.name}", "muted"))


def _then(watch: MarketWatch) -> Cell:
    if watch.plan is not None:
        return (("deploy", "warn"), (f" up to {fmt.money(watch.plan.cap)}/h, {watch.plan.attempts} tries", "muted"))
    return (("resume", "warn"),) if watch.pod else (("notify me", "muted"),)
