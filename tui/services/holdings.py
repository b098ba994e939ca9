"""`OwnHoldings`: what this podtop does for an account and leaves alone, for recorders of the account on other hosts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tui.domain.auto import AutoRules, AutoState, due_after
from tui.domain.market_watch import State
from tui.domain.recorders import HeldWatch, Holdings, Keep, Progress
from tui.services.other_recorders import KEEP
from tui.storage.auto_file import AutoFile
from tui.storage.json_store import StoreError
from tui.storage.owner_file import Duty
from tui.storage.watch_file import WatchFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tui.domain.market_watch import MarketWatch
    from tui.storage.state_files import StateFiles
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record

LOOK = 5.0
"""Seconds between two looks at the files."""

ATTEMPT = 600.0
"""Seconds after a stop in which its outcome may be open: the pod is left to nobody else until then."""

_PROGRESS = {
    State.ARMED: Progress.ARMED, State.SENDING: Progress.SENDING, State.DONE: Progress.DONE,
    State.UNKNOWN: Progress.LOST,
}  # fmt: skip


def _progress(watch: MarketWatch) -> Progress | None:
    """How far a watch is, for others; None for one that was refused: nothing came of it, and another podtop may try."""
    return Progress.LOST if watch.state is State.GIVEN_UP and watch.lost else _PROGRESS.get(watch.state)


class OwnHoldings:
    """Keeps `now` current: None until the account is known.

    rules: the idle rules of the settings; stops, watches: whether it stops idle pods, and acts for watches; refusal:
           why it sends nothing as things are, as with a key that turned out to be read-only.
    """

    def __init__(
        self,
        state: StateFiles,
        fleet: Fleet,
        rules: AutoRules,
        clock: Callable[[], float],
        *,
        stops: bool,
        watches: bool,
        refusal: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._state = state
        self._fleet = fleet
        self._rules = rules
        self._clock = clock
        self._stops = stops
        self._watches = watches
        self._refusal = refusal
        self.now: Holdings | None = None

    async def follow(self, interval: float = LOOK) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(interval)

    def look(self) -> None:
        """Look once, in any thread. What cannot be read stays as it was last known."""
        funds = self._fleet.funds
        if funds is None or funds.account_id is None:
            return
        try:
            auto = AutoFile(self._state.idle_stops(funds.account_id)).state()
            watches = WatchFile(self._state.watches()).all()
        except StoreError:
            # Nothing is done here by a file that cannot be read either.
            self.now = self.now or Holdings()
        else:
            self.now = self._held(funds.account_id, auto, watches)

    def _held(self, account: str, auto: AutoState, watches: Mapping[str, MarketWatch]) -> Holdings:
        now, keeps = self._clock(), {keep.pod: keep for keep in self._keeps(auto)}
        at = self._fleet.pods_at
        # One that has had no response for so long, or may not act, does nothing, and must not keep others from it.
        sees = at is not None and now - at <= KEEP and self._refusal() is None
        idle = [
            record.id
            for record in (self._records() if self._stops and sees and auto.armed and self._has(Duty.IDLE) else ())
            if record.id not in keeps
            and due_after(self._rules, auto, record.id, record.name) is not None
            and self._can_stop(record, auto, now)
        ]
        held = [
            HeldWatch(watch.key, progress, watch.made_at if watch.sent_at is None else watch.sent_at)
            for watch in watches.values()
            if watch.account == account
            and (progress := _progress(watch)) is not None
            # What was done, be it by a screen of this user, is done.
            and (watch.sent_at is not None if watch.state is not State.ARMED else sees and self._watches)
        ]
        return Holdings(tuple(sorted(idle)), tuple(held), tuple(sorted(keeps.values(), key=lambda keep: keep.pod)))

    def _can_stop(self, record: Record, auto: AutoState, now: float) -> bool:
        """Whether a pod can be stopped here if it goes on as it is: what cannot, others may do.

        One that is spared because enough were stopped within a day is still held: `per_day` is what the user agreed to,
        however many hosts there are.
        """
        if auto.is_told(record.id, now - ATTEMPT):
            return True
        idle = record.idle_for(now)
        return idle is None or not auto.is_told(record.id, now - idle)

    def _has(self, duty: Duty) -> bool:
        """Whether no other podtop of this host has a duty: a screen that has it leaves it to other hosts' recorders."""
        owner = self._fleet.owners.get(duty)
        return owner is None or owner.is_me

    def _records(self) -> list[Record]:
        """All pods as of now: the loop adds some and takes some away."""
        return list(self._fleet.records.values())

    def _keeps(self, auto: AutoState) -> Iterator[Keep]:
        """Pods that are postponed or muted; of several reasons the one without an end, or the latest."""
        now, until = self._clock(), dict(auto.kept)
        for mute in self._fleet.mutes:
            if mute.pod and mute.until is not None and mute.covers(mute.pod, "idle"):
                until[mute.pod] = max(until.get(mute.pod, 0.0), mute.until)
        endless = {m.pod for m in self._fleet.mutes if m.pod and m.until is None and m.covers(m.pod, "idle")}
        if self._fleet.alert_rules.muted:
            endless |= {r.id for r in self._records() if self._fleet.alert_rules.mutes(r.name)}
        yield from (Keep(pod, end) for pod, end in until.items() if end > now and pod not in endless)
        yield from (Keep(pod) for pod in endless)
