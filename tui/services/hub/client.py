"""`HubCloud`: a `Cloud` that reads a recorder in place of RunPod. It has no API key, and changes nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn

from tui.api.capabilities import Capability
from tui.api.cloud import Cloud
from tui.api.errors import Forbidden, Malformed, NotOffered, ReadOnly, Unauthorized, Unreachable
from tui.services.hub.state import VERSION, HubState, decoded

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tui.api.listener import Listener
    from tui.api.models import Market, Snapshot
    from tui.api.orders import Receipt
    from tui.api.secret import Secret
    from tui.storage.audit_log import Entry

WAIT = 25.0
"""Seconds that the hub waits for something new before it says that there is nothing."""

PATIENCE = WAIT + 10.0
FLEET = "/v1/fleet"
"""Where readers find the fleet of the only account; of several each is at its name and this."""

LARGEST = 64 * 1024 * 1024


class HubCloud(Cloud):
    """One hub. `url`: its address, such as http://jump:9464; `token`: what it wants readers to send.

    dated: called with the hub's clock, by which it dates all it says, and with how long a response took.
    `state` is what it last said: its alerts, events and idle times are those of the recorder, which has watched longer.
    """

    def __init__(
        self,
        url: str,
        token: Secret | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        dated: Callable[[float, float], object] = lambda date, waited: None,
    ) -> None:
        self._dated = dated
        from tui.api.http.endpoint import host_of

        self.name = host_of(url)
        self.state: HubState | None = None
        self._base = url.rstrip("/")
        self._token = token
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._tag = ""
        self._shown_at: float | None = None

    async def fleet(self) -> Snapshot:
        """The next response of RunPod that the hub has; waits until there is one. Never an old one as a new one."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            state = await self._ask(wait=self._tag != "")
            if state.trouble:
                raise Unreachable(f"the hub {self.name} has no current response: {state.trouble}", sent=False)
            if state.snapshot is not None and state.at != self._shown_at:
                self._shown_at = state.at
                return state.snapshot
            if loop.time() > until:
                raise Unreachable(f"the hub {self.name} has received no new response from RunPod", sent=False)

    async def market(self) -> Market:
        """Prices as the hub last had them."""
        state = self.state or await self._ask(wait=False)
        if state.market is None:
            raise NotOffered(f"The hub {self.name} has no prices.")
        return state.market

    async def action_log(self) -> tuple[Entry, ...]:
        """What was sent for the account on the hub's host, oldest first. Raises CloudError."""
        from tui.services.hub import action_log

        status, _, content = await self._get(action_log.LOG, {})
        if status == 404 and (await self._get(FLEET, {}))[0] == 200:
            raise NotOffered(f"The hub {self.name} is of an older podtop without its action log; update it")
        self._check(status)
        try:
            return await asyncio.to_thread(action_log.decoded, content)
        except ValueError:
            raise Malformed(f"{self.name} does not respond like a podtop hub; check --hub") from None

    async def stop(self, pod_id: str) -> Receipt:
        self._refuse()

    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Receipt:
        self._refuse()

    async def terminate(self, pod_id: str) -> None:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise ReadOnly(f"Nothing was sent: podtop reads the hub {self.name}, which has the API key.")

    def offers(self, capability: Capability) -> bool:
        return capability is Capability.MARKET

    def listen(self, listener: Listener) -> None:
        """RunPod's limits are the hub's affair."""

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, *, wait: bool) -> HubState:
        """What the hub says now, or once something is new. Raises CloudError."""
        status, tag, content = await self._get(FLEET, {"wait": f"{WAIT:g}"} if wait else {}, self._tag)
        return await self._read(status, tag, content)

    async def _get(self, path: str, asked: dict[str, str], known: str = "") -> tuple[int, str, bytes]:
        """The status of a response, its tag and its content. Raises CloudError."""
        from tui.api.http import body
        from tui.api.http.connection import connect
        from tui.api.http.failures import date_of, of_transport

        url, proxy = f"{self._base}{path}", None
        headers = {"Accept-Encoding": "gzip", "Accept": "application/json"}
        if known:
            headers["If-None-Match"] = known
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.reveal()}"
        try:
            begun = asyncio.get_running_loop().time()
            if self._client is None:
                line = await asyncio.to_thread(connect, url, transport=self._transport, timeout=PATIENCE)
                self._client, proxy = line.client, line.proxy
            async with (
                asyncio.timeout(PATIENCE),
                self._client.stream("GET", url, params=asked, headers=headers) as response,
            ):
                if response.is_success and (date := date_of(response)) is not None:
                    self._dated(date, asyncio.get_running_loop().time() - begun)
                content = await body.read(response, LARGEST) if response.status_code == 200 else b""
                return response.status_code, response.headers.get("etag", ""), content
        except Malformed as error:
            raise Malformed(str(error).replace("RunPod's response", f"the response of the hub {self.name}")) from None
        except Exception as error:  # Whatever the libraries raise is an outage of the hub.
            trouble = of_transport(error, f"the hub {self.name}", PATIENCE, proxy)
        raise trouble.with_traceback(None)

    async def _read(self, status: int, tag: str, content: bytes) -> HubState:
        if status == 304 and self.state is not None:
            return self.state
        self._check(status)
        try:
            state = await asyncio.to_thread(decoded, content)
        except ValueError:
            raise Malformed(f"{self.name} does not respond like a podtop hub; check --hub") from None
        if not tag:
            # Without one, waiting for the next response would be asking without end.
            raise Malformed(f"{self.name} does not respond like a podtop hub; check --hub")
        if state.version != VERSION:
            raise Malformed(f"The hub {self.name} is a podtop of another version; update the older one")
        self._tag, self.state = tag, state
        return state

    def _check(self, status: int) -> None:
        if status == 401:
            raise Unauthorized(f"The hub {self.name} wants another token (HTTP 401). Check --hub-token-file FILE")
        if status == 403:
            raise Forbidden(f"The hub {self.name} refuses this reader (HTTP 403)")
        if status == 404:
            raise Malformed(
                f"The hub {self.name} serves several accounts, or none by this name: add one to its address, as in "
                "--hub http://HOST:PORT/ACCOUNT"
            )
        if status != 200:
            raise Unreachable(f"The hub {self.name} failed (HTTP {status})", sent=False)
