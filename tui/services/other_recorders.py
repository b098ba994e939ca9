"""`OtherRecorders`: recorders of the same account on other hosts: one acts, and the others say that it does."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tui.domain.recorders import AccountRecorder, ahead, elsewhere, key_of
from tui.domain.user_message import Level, UserMessage
from tui.services.hub.owners import Ask, Unknown, engine, peer

if TYPE_CHECKING:
    from tui.config.settings import History, Watcher

LOOK = 30.0
"""Seconds between two looks."""

SETTLE = 60.0
"""Seconds after the start in which nothing is done without asking: two that start together see each other then."""

KEEP = 600.0
"""Seconds for which a recorder counts as running after it was last seen."""


def host() -> str:
    return os.uname().nodename


def this_recorder(account_id: str, began: float, duties: tuple[str, ...]) -> AccountRecorder:
    """This podtop as others are to know it."""
    return AccountRecorder(key_of(account_id), host(), os.getpid(), rank(began), duties)


def rank(began: float) -> float:
    """When a podtop began, in whole seconds: as all others have it, however it reaches them."""
    return float(math.floor(began))


class OtherRecorders:
    """For one account.

    sources: whom to ask; `account`: the account's id, None while it is unknown.
    began:   when this podtop began, in epoch seconds.
    """

    def __init__(
        self,
        sources: Sequence[Ask],
        account: Callable[[], str | None],
        post: Callable[[UserMessage], object],
        clock: Callable[[], float],
        *,
        began: float,
        here: str = "",
    ) -> None:
        self._sources = tuple(sources)
        self._account = account
        self._post = post
        self._clock = clock
        self._here = here or host()
        self._began = began
        self._rank = rank(began)
        self._seen: dict[str, tuple[float, AccountRecorder]] = {}
        self._failed: set[int] = set()
        self._shown: frozenset[AccountRecorder] = frozenset()

    def refusal(self, duty: str) -> str | None:
        """Why a duty is not done here; None if it is."""
        others = self._others()
        if (other := ahead(others, duty, self._rank, self._here)) is not None:
            return f"{other.name} has the {duty} of this account"
        if self._clock() - self._began < SETTLE:
            return "podtop first looks for recorders on other hosts"
        return None

    def _others(self) -> tuple[AccountRecorder, ...]:
        id, now = self._account(), self._clock()
        recorders = [recorder for at, recorder in self._seen.values() if now - at <= KEEP]
        return elsewhere(recorders, key_of(id), self._here) if id is not None else ()

    async def follow(self, interval: float = LOOK) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(interval if self._account() is not None else 1.0)

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
                    self._post(UserMessage(f"cannot look for recorders on other hosts: {error}"))
            else:
                self._failed.discard(number)
                for recorder in recorders:
                    # On a host one acts; what is older than that was there before it.
                    before = self._seen.get(recorder.host)
                    if recorder.key == key_of(id) and (before is None or recorder.since >= before[1].since):
                        self._seen[recorder.host] = self._clock(), recorder
        self._report()

    def _report(self) -> None:
        others = self._others()
        if (now := frozenset(others)) == self._shown:
            return
        before, self._shown = self._shown, now
        for other in others:
            if other not in before:
                left = [duty for duty in other.duties if ahead([other], duty, self._rank, self._here) is not None]
                tail = f"; {' and '.join(left)} are left to it" if left else ""
                self._post(UserMessage(f"{other.name} records this account too{tail}"))
        for other in before - now:
            self._post(UserMessage(f"{other.name} no longer records this account", Level.INFO))


def other_recorders(
    history: History,
    watcher: Watcher,
    account: Callable[[], str | None],
    post: Callable[[UserMessage], object],
    clock: Callable[[], float],
    *,
    began: float,
) -> OtherRecorders | None:
    """For what the settings name; None if they name no other host."""
    sources: list[Ask] = []
    if watcher.peer:
        sources.append(peer(watcher))
    if history.url:
        sources.append(engine(history))
    return OtherRecorders(sources, account, post, clock, began=began) if sources else None
