"""What a client keeps between polls: the account's money, which is requested rarely, and the names of GPU types."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

from tui.api.enums import BillingMode
from tui.api.errors import CloudError, Forbidden, Rejected, Throttled, Unauthorized, Unreachable
from tui.api.features import Feature
from tui.api.models import Funds, Problem
from tui.api.rest import account
from tui.api.rest.discovery import Routes, routes_of
from tui.api.rest.exchange import Answer, RestExchange
from tui.api.rest.lists import read_page
from tui.api.rest.market import gpu_types
from tui.api.rest.wire import WireGpuType
from tui.api.values import NOT_UNDERSTOOD, whole
from tui.clocks import passed

EVERY = 60.0
"""Seconds between two requests of the balance."""

AGAIN = 30.0
"""Seconds after which the balance is requested again if that failed."""

HELD = 2 * EVERY
"""Seconds for which a balance that could not be renewed is still reported, with the time that it is from."""

SELDOM = 1800.0
"""Seconds between two requests of what hardly changes."""

LATER = 600.0
"""Seconds after which what was refused, or failed, is requested once more."""

TRIES = 3
"""Failed requests of the document after which the server is taken to offer nothing beside what every v2 has."""

PATIENCE = 2.0
"""Seconds that a poll waits for what is beside the pods."""

LARGEST_DOCUMENT = 4 * 1024 * 1024


class Due:
    """When something is to be requested again."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        """`clock`: seconds; those that have passed for podtop if it is None."""
        self._clock = clock or (lambda: passed())
        self._at = float("-inf")

    @property
    def now(self) -> bool:
        return self._clock() >= self._at

    def after(self, seconds: float) -> None:
        self._at = self._clock() + seconds


class _Balance(NamedTuple):
    dollars: float
    mode: BillingMode | None
    at: float


_OF_MONEY = frozenset({Feature.BALANCE, Feature.SPEND_LIMIT})


class Purse:
    """The account's money, as far as the server has routes for it. Nothing here raises.

    wall:  the time of day in epoch seconds.
    clock: seconds by which a request is due again; those of podtop if it is None.
    """

    def __init__(
        self, exchange: RestExchange, wall: Callable[[], float], clock: Callable[[], float] | None = None
    ) -> None:
        self._exchange = exchange
        self._wall = wall
        self._routes: Routes | None = None
        self._failed = 0
        self._described = False
        self._balance: _Balance | None = None
        self._identity: tuple[str | None, str | None] = (None, None)
        self._limits: tuple[float | None, int | None] = (None, None)
        self._flaws: dict[str, str] = {}
        self._refused: set[str] = set()
        self._due = {name: Due(clock) for name in ("routes", "balance", "identity", "limits")}

    @property
    def lacks(self) -> frozenset[Feature]:
        """What this server does not offer of money; nothing while that is unknown."""
        return self.account_lacks & _OF_MONEY

    @property
    def account_lacks(self) -> frozenset[Feature]:
        """What this server does not offer of the account; nothing while that is unknown."""
        if (routes := self._routes) is None:
            return frozenset()
        absent: frozenset[Feature] = frozenset()
        for route, features in (
            (routes.balance, {Feature.BALANCE}),
            (routes.identity, {Feature.ACCOUNT_ID, Feature.EMAIL}),
            (routes.limits, {Feature.SPEND_LIMIT, Feature.WORKER_QUOTA}),
        ):
            absent |= features if route is None else frozenset()
        return absent

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why something that the server offers is unknown. None of these is about pods."""
        return tuple(Problem(text, (name,)) for name, text in self._flaws.items())

    @property
    def email(self) -> str | None:
        return self._identity[1]

    @property
    def workers(self) -> int | None:
        return self._limits[1]

    def funds(self) -> Funds | None:
        """The money as it is known; None if nothing of it is.

        A balance that is refused, or could not be renewed for long, is unknown: it may be any other by now.
        """
        held, ident, limit = self._balance, self._identity[0], self._limits[0]
        if held is None:
            return None if ident is None and limit is None else Funds(ident, None, None, limit)
        age = self._wall() - held.at
        if "balance" in self._refused or ("balance" in self._flaws and age > HELD):
            return Funds(ident, None, None, limit, held.mode)
        return Funds(ident, held.dollars, None, limit, held.mode, None if age < 1.0 else held.at)

    async def look(self) -> None:
        """Request what is due."""
        if not self._described and self._due["routes"].now:
            await self._discover()
        if (routes := self._routes) is None:
            return
        await asyncio.gather(
            self._ask("balance", routes.balance, EVERY, self._take_balance),
            self._ask("identity", routes.identity, float("inf"), self._take_identity),
            self._ask("limits", routes.limits, SELDOM, self._take_limits),
        )

    async def _discover(self) -> None:
        try:
            answer = await self._exchange.read("description", "openapi.json", with_key=False, largest=LARGEST_DOCUMENT)
            self._routes = await asyncio.to_thread(routes_of, answer.content)
            self._described = True
        except (Unreachable, Throttled):
            # A server that is away offers neither more nor less. One that never gives the document offers nothing,
            # as far as can be known.
            self._failed += 1
            if self._failed >= TRIES:
                self._routes = Routes()
            self._due["routes"].after(EVERY if self._failed < TRIES else SELDOM)
        except CloudError:
            self._routes, self._described = Routes(), True

    async def _ask(
        self, name: str, path: tuple[str, ...] | None, interval: float, take: Callable[[Answer], None]
    ) -> None:
        due = self._due[name]
        if path is None or not due.now:
            return
        # Before the response: a poll in the meantime does not ask too.
        due.after(LATER)
        refused = False
        try:
            take(await self._exchange.read(name, *path))
        except NOT_UNDERSTOOD:
            self._flaws[name] = f"RunPod returned an invalid {name}"
            due.after(AGAIN if interval == EVERY else LATER)
        except (Forbidden, Unauthorized, Rejected) as error:
            self._flaws[name] = f"{name}: {error}"
            refused = True
        except CloudError as error:
            self._flaws[name] = f"{name}: {error}"
            due.after(AGAIN if interval == EVERY else EVERY)
        else:
            self._flaws.pop(name, None)
            due.after(interval)
        (self._refused.add if refused else self._refused.discard)(name)

    def _take_balance(self, answer: Answer) -> None:
        self._balance = _Balance(*account.balance(answer.content), self._wall())

    def _take_identity(self, answer: Answer) -> None:
        self._identity = account.identity(answer.content)

    def _take_limits(self, answer: Answer) -> None:
        self._limits = account.limits(answer.content)


class GpuNames:
    """Names and memory of GPU types, from whatever response of the catalogue came last. Nothing here raises."""

    def __init__(self, exchange: RestExchange) -> None:
        self._exchange = exchange
        self._due = Due()
        self.names: dict[str, str] = {}
        self.memory_gb: dict[str, int] = {}

    async def look(self) -> None:
        """Request the catalogue if nothing of it has come yet."""
        if self.names or not self._due.now:
            return
        self._due.after(LATER)
        # Without it the ids of their GPU types, which pods have, stand for the names.
        with suppress(CloudError):
            answer = await self._exchange.read("gpu_names", "catalog", "gpus")
            self.learn(gpu_types(read_page(answer, "gpus").items).types)

    def learn(self, types: Iterable[WireGpuType]) -> None:
        for wire in types:
            if wire.name:
                self.names[wire.id] = wire.name
            if memory := whole(wire.memory):
                self.memory_gb[wire.id] = memory
