"""`Exporter`: what `podtop record --listen` answers. A scrape never asks RunPod for anything."""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from tui.api import errors
from tui.services.exporter.page import OPENMETRICS, PROMETHEUS, Counts, View, page
from tui.services.exporter.server import Answer, Request, Server
from tui.services.hub.state import encoded, state_of, tag

if TYPE_CHECKING:
    from tui.api.errors import CloudError
    from tui.api.secret import Secret
    from tui.domain.listen_address import ListenAddress
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


class Exporter:
    """For one account.

    account:  its name in labels.
    requests: how many requests were sent.
    offers:   whether to export the market too.
    does:     what this podtop does besides recording, in words, for readers.
    """

    def __init__(
        self,
        account: str,
        fleet: Fleet,
        clock: Callable[[], float],
        *,
        requests: Callable[[], int] = lambda: 0,
        offers: bool = False,
        token: Secret | None = None,
        does: tuple[str, ...] = (),
    ) -> None:
        self._does = does
        self._account = account
        self._fleet = fleet
        self._clock = clock
        self._requests = requests
        self._offers = offers
        self._failures: Counter[str] = Counter()
        self._seen: object = None
        self._moment = False, -1
        self._state: tuple[object, ...] = (None, None, None)
        self._text = b""
        self._body = b""
        self._tag = ""
        self._is_current = False
        self._news = asyncio.Event()
        self.server = Server({"/metrics": self._metrics, "/healthz": self._health, "/v1/fleet": self._serve}, token)

    def changed(self) -> None:
        """The fleet has changed: count a poll that failed, and wake readers that wait."""
        self._is_current = False
        self._news.set()
        self._news = asyncio.Event()
        feed = self._fleet.snapshot
        if feed is not self._seen:
            self._seen = feed
            if feed.error is not None:
                self._failures[reason(feed.error)] += 1

    async def start(self, where: ListenAddress) -> ListenAddress:
        """Listen. Raises as `Server.start`."""
        return await self.server.start(where)

    async def close(self) -> None:
        await self.server.close()

    async def _metrics(self, request: Request) -> Answer:
        openmetrics = "application/openmetrics-text" in request.headers.get("accept", "")
        fleet, now = self._fleet, self._clock()
        # Servers that scrape within the same second get the same page.
        state: tuple[object, ...] = (fleet.snapshot, fleet.market, fleet.attention)
        moment = openmetrics, int(now)
        if moment != self._moment or any(old is not new for old, new in zip(self._state, state, strict=True)):
            counts = Counts(self._requests(), dict(self._failures))
            view = View(self._account, fleet, counts, self._offers)
            self._text = page((view,), now, openmetrics).encode()
            self._moment, self._state = moment, state
        return Answer(self._text, OPENMETRICS if openmetrics else PROMETHEUS)

    async def _serve(self, request: Request) -> Answer:
        """The fleet for readers. With ?wait=S it waits for something other than what If-None-Match names."""
        until = asyncio.get_running_loop().time() + min(LONGEST_WAIT, _seconds(request.query.get("wait", "0")))
        while True:
            if not self._is_current:
                self._is_current = True
                self._body = encoded(state_of(self._fleet, self._account, self._does))
                self._tag = tag(self._body)
            if request.headers.get("if-none-match") != self._tag:
                return Answer(self._body, "application/json", 200, (("etag", self._tag),))
            left, news = until - asyncio.get_running_loop().time(), self._news
            if left <= 0:
                return Answer(b"", status=304, headers=(("etag", self._tag),))
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), left)

    async def _health(self, request: Request) -> Answer:
        """200 while RunPod answers, 503 while it does not: the body says since when."""
        fleet, now = self._fleet, self._clock()
        feed = fleet.snapshot
        is_fresh = fleet.pods_at is not None and not fleet.pods_stale(now)
        body = {
            "ok": is_fresh,
            "answered_at": fleet.pods_at,
            "error": str(feed.error) if feed.error is not None else None,
        }
        return Answer(json.dumps(body).encode() + b"\n", "application/json", 200 if is_fresh else 503)
