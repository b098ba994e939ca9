"""`OtherRecorders`: recorders of the same account on other hosts: one acts, and the others say that it does."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.domain.market_watch import what
from tui.domain.recorders import (
    IDLE,
    WATCHES,
    AccountRecorder,
    HeldWatch,
    Holdings,
    Keep,
    Progress,
    ahead,
    elsewhere,
    files_of,
    key_of,
    sender,
)
from tui.domain.user_message import Level, UserMessage
from tui.services.hub.owners import Ask, Unknown, engine, peer

if TYPE_CHECKING:
    from pathlib import Path

    from tui.config.loader import Config
    from tui.store.fleet import Fleet

LOOK = 30.0
"""Seconds between two looks."""

SETTLE = 60.0
"""Seconds after the start in which nothing is done without asking: two that start together see each other then."""

KEEP = 600.0
"""Seconds for which a recorder counts as running after it was last seen."""

REMEMBERED = 86_400.0
"""Seconds for which what a recorder kept and sent is remembered after that."""

NAMED = 3
"""Pods and watches that a message names."""


def host() -> str:
    return os.uname().nodename


def this_recorder(
    account_id: str, began: float, duties: tuple[str, ...], holdings: Holdings, directory: Path, skew: float
) -> AccountRecorder:
    """This podtop as others are to know it. `directory`: where its files are; `skew`: as of `OtherRecorders`."""
    here = host()
    return AccountRecorder(
        key_of(account_id), here, os.getpid(), rank(began + skew), duties, files_of(here, str(directory)),
        holdings.later(skew),
    )  # fmt: skip


def rank(began: float) -> float:
    """When a podtop began, in whole seconds: as all others have it, however it reaches them."""
    return float(math.floor(began))


class OtherRecorders:
    """For one account.

    sources: whom to ask; `account`: the account's id, None while it is unknown.
    began:   when this podtop began, in epoch seconds; `here`: its site.
    ranks:   whether others may leave anything to this podtop: they see a recorder, and no screen.
    mine:    what this podtop does; `named`: what a pod or a watch is called. For messages.
    needed:  whether to look at all.
    skew:    seconds that RunPod's clock is ahead of `clock`: what others say is by RunPod's.
    """

    def __init__(
        self,
        sources: Sequence[Ask],
        account: Callable[[], str | None],
        post: Callable[[UserMessage], object],
        clock: Callable[[], float],
        *,
        began: float,
        here: str,
        ranks: bool = True,
        mine: Callable[[], Holdings] = Holdings,
        named: Callable[[str], str] = lambda subject: subject,
        needed: Callable[[], bool] = lambda: True,
        skew: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._sources = tuple(sources)
        self._account = account
        self._post = post
        self._clock = clock
        self._here = here
        self._began = began
        self._ranks = ranks
        self._skew = skew
        self._mine = mine
        self._named = named
        self._needed = needed
        self._seen: dict[str, tuple[float, AccountRecorder]] = {}
        self._gone: dict[str, tuple[float, float, AccountRecorder]] = {}
        self._keeps: dict[str, list[tuple[str, Keep]]] = {}
        self._held_since: dict[tuple[str, str], float] = {}
        self._looked_at: float | None = None
        self._failed: set[int] = set()
        self._shown: dict[AccountRecorder, str] = {}

    # What is asked before something is done

    def refusal(self) -> str | None:
        """Why nothing is done here yet; None once others can have been seen."""
        now, at = self._clock(), self._looked_at
        settles = self._ranks and now - self._began < SETTLE
        if settles or at is None or now - at > 3 * LOOK:
            return "podtop first looks for recorders on other hosts"
        return None

    def doer(self, duty: str, subject: str) -> AccountRecorder | None:
        """Who does something in place of this podtop. `subject`: the id of a pod, or what stands for a watch.

        What others may not have heard yet is done here, as what was done elsewhere until now, is left to them.
        """
        others = self._others()
        if not self._ranks:
            # A screen is seen by none: what the recorder of its files holds too, that holds for both.
            known = self._seen.get(self._here)
            holds = known is not None and self._clock() - known[0] <= KEEP and known[1].holds(duty, subject)
            return ahead(others, duty, subject, known[1].since if known is not None and holds else math.inf, self._here)
        since = self._held_since.get((duty, subject))
        is_known = since is not None and self._clock() - since >= SETTLE
        return ahead(others, duty, subject, self._rank if is_known else math.inf, self._here)

    @property
    def _rank(self) -> float:
        return rank(self._began + self._skew()) if self._ranks else math.inf

    def kept(self, pod: str) -> str:
        """Where a pod is kept, in words; empty if nowhere."""
        now = self._clock() + self._skew()
        return next((f"kept on {where}" for where, keep in self._keeps.get(pod, ()) if keep.holds(now)), "")

    def sent(self, watch: str, since: float) -> tuple[AccountRecorder, HeldWatch] | None:
        """Who has sent what a watch is armed for."""
        return sender(self._all(), watch, since + self._skew())

    def missing(self, watch: str, made_at: float) -> tuple[AccountRecorder, float] | None:
        """Who was to act for a watch and is not seen any more, and since when: it may have acted unseen.

        made_at: when the watch was armed here. Who armed it after that knew of it.
        """
        others = {other.site for other in self._others()}
        for other in self._all():
            if other.site in others or not any(held.watch == watch for held in other.holdings.watches):
                continue
            known, at = (self._gone[other.site][0], -math.inf) if other.gone else (self._seen[other.site][0],) * 2
            if made_at <= known:
                return other, at
        return None

    def is_new(self, since: float) -> bool:
        """Whether other hosts may not have heard yet of what was armed at an instant."""
        return 0 <= self._clock() - since < SETTLE

    @property
    def left(self) -> str:
        """What of its own this podtop leaves to others, in a few words; empty if nothing."""
        return "; ".join(f"{text} left to {other.host}" for other, text in self._shown.items() if text)

    def _others(self) -> tuple[AccountRecorder, ...]:
        """Those that run, as far as is known."""
        return self._of_account(recorder for at, recorder in self._seen.values() if self._clock() - at <= KEEP)

    def _all(self) -> tuple[AccountRecorder, ...]:
        """Those that ran within a day: what they kept, and what they sent, stays as it was."""
        seen = [recorder for at, recorder in self._seen.values() if self._clock() - at <= REMEMBERED]
        sites = {recorder.site for recorder in seen}
        gone = [recorder for _, at, recorder in self._gone.values() if self._clock() - at <= REMEMBERED]
        return self._of_account([*seen, *(former for former in gone if former.site not in sites)])

    def _of_account(self, recorders: Iterable[AccountRecorder]) -> tuple[AccountRecorder, ...]:
        id = self._account()
        return elsewhere(recorders, key_of(id), self._here) if id is not None else ()

    # Looking

    async def follow(self, interval: float = LOOK) -> None:
        """Look again and again, until cancelled."""
        while True:
            if is_needed := self._needed():
                await self.look()
            await asyncio.sleep(interval if is_needed and self._account() is not None else 1.0)

    async def look(self) -> None:
        """Look once. One that is not seen may go on all the same, cut off from here or from what scrapes it."""
        if (id := self._account()) is None:
            return
        for number, ask in enumerate(self._sources):
            try:
                recorders = await ask(key_of(id))
            except Unknown as error:
                if number not in self._failed:
                    self._failed.add(number)
                    self._post(
                        UserMessage(
                            f"cannot look for recorders on other hosts: {error} "
                            "podtop does what was armed on this host, unless it knew of others"
                        )
                    )
            else:
                self._failed.discard(number)
                self._found(recorders, key_of(id))
        self._looked_at = now = self._clock()
        mine = self._mine()
        holds = [(IDLE, pod) for pod in mine.idle]
        holds += [(WATCHES, held.watch) for held in mine.watches if mine.has(WATCHES, held.watch)]
        self._held_since = {each: self._held_since.get(each, now) for each in holds}
        # Asked for each of thousands of pods.
        self._keeps = {}
        for other in self._all():
            for keep in other.holdings.keeps:
                self._keeps.setdefault(keep.pod, []).append((other.host, keep))
        self._report()

    def _found(self, recorders: Iterable[AccountRecorder], key: str) -> None:
        for recorder in recorders:
            before = self._seen.get(recorder.site)
            if recorder.key != key:
                continue
            if recorder.gone:
                now = self._clock()
                self._gone[recorder.site] = self._gone.get(recorder.site, (now,))[0], now, recorder
            elif before is None or recorder.pid == before[1].pid or recorder.since >= before[1].since:
                # At a site one acts; what is older than that was there before it.
                self._seen[recorder.site] = self._clock(), recorder

    def _report(self) -> None:
        """Say who records this account too, and what is left to it: once, and when that changes."""
        others = self._others()
        left = dict(zip(others, self._left_to(others), strict=True))
        now = {replace(other, holdings=Holdings(), since=0.0): text for other, text in left.items()}
        before, self._shown = self._shown, now
        for other, text in now.items():
            if other not in before:
                tail = f"; {text} left to it" if text else ""
                self._post(UserMessage(f"{other.name} records this account too{tail}"))
            elif text != before[other]:
                self._post(UserMessage(f"{text or 'nothing'} left to {other.name}", Level.INFO))
        for other in before.keys() - now.keys():
            self._post(UserMessage(f"{other.name} no longer records this account", Level.INFO))

    def _left_to(self, others: Iterable[AccountRecorder]) -> Iterator[str]:
        """What of its own this podtop leaves to each of them, in words."""
        mine, rank_here = self._mine(), self._rank
        pods, watches = set(mine.idle), {held.watch for held in mine.watches if held.progress is Progress.ARMED}
        for other in others:
            if (other.since, other.site) >= (rank_here, self._here):
                yield ""
                continue
            its = pods.intersection(other.holdings.idle if IDLE in other.duties else ())
            too = watches.intersection(held.watch for held in other.holdings.watches if WATCHES in other.duties)
            pods, watches = pods - its, watches - too
            names = sorted(map(self._named, its)), sorted(map(self._named, too))
            parts = [_listed("idle stop of", "idle stops of", names[0]), _listed("watch", "watches", names[1])]
            yield " and ".join(filter(None, parts))


def _listed(singular: str, plural: str, names: list[str]) -> str:
    """Idle stops of exp-7, exp-8 and 3 more."""
    if not names:
        return ""
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{singular if len(names) == 1 else plural} {', '.join(names[:NAMED])}{rest}"


def other_recorders(
    config: Config,
    fleet: Fleet,
    post: Callable[[UserMessage], object],
    clock: Callable[[], float],
    *,
    began: float,
    records: bool,
    mine: Callable[[], Holdings],
    directory: Path,
    skew: Callable[[], float],
) -> OtherRecorders | None:
    """For what the settings name; None if they name no other host.

    directory: where the files of this podtop are; `skew`: as of `OtherRecorders`.
    records: whether this podtop is a recorder. A screen is seen by none: nothing is left to it, and it asks only before
             it may act.
    """
    sources: list[Ask] = []
    if config.watcher.peer:
        sources.append(peer(config.watcher))
    if config.history.url:
        sources.append(engine(config.history))

    def needed() -> bool:
        return records or bool(fleet.idle_stops) or any(watch.may_spend for watch in fleet.watches.values())

    def named(subject: str) -> str:
        record = fleet.records.get(subject)
        if record is not None:
            return record.name
        return next((what(watch) for watch in fleet.watches.values() if watch.key == subject), subject)

    if not sources:
        return None
    return OtherRecorders(
        sources, lambda: fleet.funds.account_id if fleet.funds is not None else None, post, clock,
        began=began, here=files_of(host(), str(directory)), ranks=records, mine=mine, named=named, needed=needed,
        skew=skew,
    )  # fmt: skip
