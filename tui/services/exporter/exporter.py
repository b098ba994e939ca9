"""`Exporter`: what `podtop record --listen` answers. A scrape never asks RunPod for anything."""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from tui.api import errors
from tui.services.exporter.page import OPENMETRICS, PROMETHEUS, Counts, View, page
from tui.services.exporter.server import Answer, Request, Server
from tui.services.hub.action_log import LOG
from tui.services.hub.client import FLEET
from tui.services.hub.owners import OWNERS, encode
from tui.services.hub.state import encoded, state_of, tag

if TYPE_CHECKING:
    from pathlib import Path

    from tui.api.errors import CloudError
    from tui.api.secret import Secret
    from tui.domain.listen_address import ListenAddress
    from tui.domain.recorders import AccountRecorder
    from tui.store.fleet import Fleet

LONGEST_WAIT = 60.0
"""Seconds that a reader may wait for something new."""

_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (errors.TimedOut, "timeout"),
    (errors.Faltering, "server_error"),
    (errors.Throttled, "throttled"),
    (errors.Unauthorized, "unauthorized"),
    (errors.Forbidden, "forbidden"),
    (errors.Unreachable, "unreachable"),
)


def reason(error: CloudError) -> str:
    """An error in one word, of few: it is a label."""
    return next((word for kind, word in _REASONS if isinstance(error, kind)), "other")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds < math.inf else 0.0


class AccountExport:
    """One account for others to read: counts what only an exporter counts, and keeps texts until something changes.

    account:  its name in labels.
    requests: how many requests were sent.
    offers:   whether to export the market too.
    does:     what this podtop does besides recording, in words, for readers.
    recorder: this podtop, for recorders of the same account on other hosts; None while the account is unknown.
    log:      the action log, and the host of RunPod as it is called there; None if that is not served.
    """

    def __init__(
        self,
        account: str,
        fleet: Fleet,
        clock: Callable[[], float],
        *,
        requests: Callable[[], int] = lambda: 0,
        offers: bool = False,
        does: tuple[str, ...] = (),
        recorder: Callable[[], AccountRecorder | None] = lambda: None,
        log: Callable[[], tuple[Path, str]] | None = None,
    ) -> None:
        self.recorder = recorder
        self._log = log
        self.account = account
        self.fleet = fleet
        self.clock = clock
        self._does = does
        self._requests = requests
        self._offers = offers
        self._failures: Counter[str] = Counter()
        self._seen: object = None
        self._body = b""
        self._tag = ""
        self._is_current = False
        self._news = asyncio.Event()

    def changed(self) -> None:
        """The fleet has changed: count a poll that failed, and wake readers that wait."""
        self._is_current = False
        self._news.set()
        self._news = asyncio.Event()
        feed = self.fleet.snapshot
        if feed is not self._seen:
            self._seen = feed
            if feed.error is not None:
                self._failures[reason(feed.error)] += 1

    @property
    def state(self) -> tuple[object, ...]:
        """What a page is made of: while all of it is the same, so is the page, but for the time."""
        return self.fleet.snapshot, self.fleet.market, self.fleet.attention

    def view(self) -> View:
        """The account as a page shows it."""
        return View(
            self.account, self.fleet, Counts(self._requests(), dict(self._failures)), self._offers, self.recorder()
        )

    def health(self) -> dict[str, object]:
        """Whether RunPod answers, and since when it does not."""
        feed, at = self.fleet.snapshot, self.fleet.pods_at
        is_fresh = at is not None and not self.fleet.pods_stale(self.clock())
        return {"ok": is_fresh, "answered_at": at, "error": str(feed.error) if feed.error is not None else None}

    async def serve(self, request: Request) -> Answer:
        """The fleet for readers. With ?wait=S it waits for something other than what If-None-Match names."""
        until = asyncio.get_running_loop().time() + min(LONGEST_WAIT, _seconds(request.query.get("wait", "0")))
        while True:
            if not self._is_current:
                self._is_current = True
                self._body = encoded(state_of(self.fleet, self.account, self._does))
                self._tag = tag(self._body)
            if request.headers.get("if-none-match") != self._tag:
                return Answer(self._body, "application/json", 200, (("etag", self._tag),))
            left, news = until - asyncio.get_running_loop().time(), self._news
            if left <= 0:
                return Answer(b"", status=304, headers=(("etag", self._tag),))
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), left)

    async def action_log(self, request: Request) -> Answer:
        """What was sent for the account, from this host."""
        from tui.services.hub.action_log import served
        from tui.storage.audit_log import AuditLogError

        funds = self.fleet.funds
        if self._log is None or funds is None or funds.account_id is None:
            return Answer(b"the account is not known yet\n", status=503)
        try:
            body = await asyncio.to_thread(lambda log, id: served(*log(), id), self._log, funds.account_id)
        except AuditLogError:
            return Answer(b"the action log cannot be read\n", status=503)
        return Answer(body, "application/json")


class Exporter:
    """Serves one account, or several: one page of metrics, and for readers a fleet of each, below its name."""

    def __init__(self, exports: Sequence[AccountExport], token: Secret | None = None) -> None:
        self._exports = tuple(exports)
        self._moment = False, -1
        self._state: tuple[tuple[object, ...], ...] = ()
        self._text = b""
        fleets = {f"/{quote(export.account, safe='')}{FLEET}": export.serve for export in self._exports}
        logs = {f"/{quote(export.account, safe='')}{LOG}": export.action_log for export in self._exports}
        is_one = len(self._exports) == 1
        only, log = (self._exports[0].serve, self._exports[0].action_log) if is_one else (self._choose, self._choose)
        self.server = Server(
            {"/metrics": self._metrics, "/healthz": self._health, FLEET: only, LOG: log, OWNERS: self._owners, **fleets,
             **logs},
            token, clock=self._exports[0].clock,
        )  # fmt: skip

    async def start(self, where: ListenAddress) -> ListenAddress:
        """Listen. Raises as `Server.start`."""
        return await self.server.start(where)

    async def close(self) -> None:
        await self.server.close()

    async def _metrics(self, request: Request) -> Answer:
        openmetrics = "application/openmetrics-text" in request.headers.get("accept", "")
        # Servers that scrape within the same second get the same page.
        state = tuple(export.state for export in self._exports)
        moment = openmetrics, int(self._exports[0].clock())
        if moment != self._moment or not _are_same(self._state, state):
            now = self._exports[0].clock()
            self._text = page([export.view() for export in self._exports], now, openmetrics).encode()
            self._moment, self._state = moment, state
        return Answer(self._text, OPENMETRICS if openmetrics else PROMETHEUS)

    async def _owners(self, request: Request) -> Answer:
        """Which accounts are recorded here, and what is done for them."""
        recorders = [recorder for export in self._exports if (recorder := export.recorder()) is not None]
        return Answer(encode(recorders), "application/json")

    async def _choose(self, request: Request) -> Answer:
        """Of several accounts a reader names one: which there are is said to those who may read them."""
        names = ", ".join(export.account for export in self._exports)
        return Answer(f"several accounts are served; add one to the address: {names}\n".encode(), status=404)

    async def _health(self, request: Request) -> Answer:
        """200 while RunPod answers for all accounts, 503 while it does not: the body says since when."""
        by_account = {export.account: export.health() for export in self._exports}
        ok = all(health["ok"] for health in by_account.values())
        body = by_account[self._exports[0].account] if len(by_account) == 1 else {"ok": ok, "accounts": by_account}
        return Answer(json.dumps(body).encode() + b"\n", "application/json", 200 if ok else 503)


def _are_same(old: Sequence[tuple[object, ...]], new: Sequence[tuple[object, ...]]) -> bool:
    """Whether all objects are the same ones."""
    return len(old) == len(new) and all(
        left is right for before, now in zip(old, new, strict=True) for left, right in zip(before, now, strict=True)
    )
