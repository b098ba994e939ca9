"""`DualCloud`: GraphQL while it answers, REST v2 from then on; and before that, REST v2 for what only it offers.

What decides is HTTP 410 on a read, and nothing else: it is how RunPod says that an API is switched off. That read is
answered by REST at once. A mutation is sent over one API, once, whatever comes back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from tui.api.addresses import AUTO, address_of
from tui.api.capabilities import Capability, not_offered
from tui.api.cloud import Cloud
from tui.api.errors import Forbidden, Insecure, NotOffered, ReadOnly, Retired, Unauthorized, Unreachable
from tui.api.listener import Api, Listener, Switched

if TYPE_CHECKING:
    from tui.api.account import Account, Billing, Ledger, PodCosts, Profile, Readmes, Templates
    from tui.api.catalogue import CpuFlavors, GpuSpecs
    from tui.api.errors import CloudError
    from tui.api.hosts import CpuType, Hosts
    from tui.api.models import DataCenters, Market, MarketQuery, PodVerb, Snapshot
    from tui.api.orders import DeployOrder, Receipt, RentOrder
    from tui.api.pod_detail import PodDetail, PodExtras
    from tui.api.pod_logs import LogLine, LogQuery

T = TypeVar("T")


BESIDE = {
    Capability.RESTART: "restart", Capability.SET_LOCKED: "lock", Capability.RENAME: "rename",
    Capability.LEGAL_VERBS: "legal actions", Capability.LOGS: "logs", Capability.POD_COSTS: "costs by pod",
}  # fmt: skip
"""What REST v2 alone offers, in words: requested of it even while everything else comes from GraphQL."""

_ON_THEIR_OWN = frozenset({Capability.LOGS, Capability.POD_COSTS})
"""Those for which a key needs a permission of their own: a refusal (HTTP 403) says nothing about the others."""

NOT_DONE = (
    "RunPod has switched GraphQL off (HTTP 410): nothing was done. Refresh, which leads to REST v2, then try again."
)
NO_ADDRESS = (
    "RunPod has switched GraphQL off (HTTP 410), and podtop cannot derive the address of REST v2 from api_url. "
    "Set api_url to the one that ends in /v2."
)


def cloud_at(url: str, api: str, make: Callable[[str], Cloud]) -> Cloud:
    """The `Cloud` for an address of either API. Nothing is sent.

    api:  "graphql" or "rest", or "auto" for both.
    make: makes the backend for an address.
    """
    if api != AUTO:
        return make(address_of(url, Api(api)) or url)
    rest = address_of(url, Api.REST)
    return DualCloud(make(address_of(url, Api.GRAPHQL) or url), partial(make, rest) if rest is not None else None)


class DualCloud(Cloud):
    """`Cloud` over both APIs. Every method raises `CloudError` and nothing else.

    graphql:   what is used first.
    open_rest: makes the other, when it is first needed, in a thread; None if it has no known address.
    """

    def __init__(self, graphql: Cloud, open_rest: Callable[[], Cloud] | None) -> None:
        self._graphql = graphql
        self._open_rest = open_rest
        self._rest: Cloud | None = None
        self._opening = asyncio.Lock()
        self._api = Api.GRAPHQL
        self._listener = Listener()
        self._barred: dict[Capability, str] = {}
        self._closed = False

    def __repr__(self) -> str:
        return f"DualCloud({self._graphql}, {self._rest})"

    @property
    def api(self) -> Api:
        """The API that is used for all that both offer."""
        return self._api

    def offers(self, capability: Capability) -> bool:
        """Whether it is offered in the present state."""
        if self._api is Api.GRAPHQL and capability not in BESIDE:
            return self._graphql.offers(capability)
        if self._open_rest is None or capability in self._barred:
            return False
        return self._rest is None or self._rest.offers(capability)

    def order_objections(self, order: DeployOrder | RentOrder) -> tuple[tuple[str, str], ...]:
        """Those of the API in use."""
        cloud = self._rest if self._api is Api.REST and self._rest is not None else self._graphql
        return cloud.order_objections(order)

    def listen(self, listener: Listener) -> None:
        """Report what both do to `listener`, in place of a former one."""
        self._listener = listener
        for cloud in (self._graphql, self._rest):
            if cloud is not None:
                cloud.listen(listener)

    async def aclose(self) -> None:
        """Close connections; idempotent."""
        self._closed = True
        await self._graphql.aclose()
        if self._rest is not None:
            await self._rest.aclose()

    # Which API

    async def _other(self) -> Cloud:
        """REST v2, opened by the first who needs it."""
        async with self._opening:
            if self._closed:
                raise Unreachable("podtop has closed its connection.", sent=False)
            if self._rest is None:
                if self._open_rest is None:
                    raise Retired(NO_ADDRESS)
                rest = await asyncio.to_thread(self._open_rest)
                rest.listen(self._listener)
                self._rest = rest
        return self._rest

    async def _read(self, request: Callable[[Cloud], Awaitable[T]]) -> T:
        if self._api is Api.GRAPHQL:
            try:
                return await request(self._graphql)
            except Retired as error:
                retired = error
            rest = await self._other()
            if self._api is Api.GRAPHQL:
                self._switch(retired)
            return await request(rest)
        return await request(await self._other())

    def _switch(self, error: Retired) -> None:
        """Use REST from now on, for the life of this object."""
        self._api = Api.REST
        self._barred.clear()
        self._listener.switched(Switched(Api.GRAPHQL, Api.REST, error))

    async def _change(self, request: Callable[[Cloud], Awaitable[T]]) -> T:
        """Send a mutation over the API in use, once. It is never a reason to use another."""
        cloud = self._graphql if self._api is Api.GRAPHQL else await self._other()
        try:
            return await request(cloud)
        except Retired:
            if cloud is not self._graphql:
                raise
        raise Retired(NOT_DONE if self._open_rest is not None else NO_ADDRESS)

    async def _read_beside(self, capability: Capability, request: Callable[[Cloud], Awaitable[T]]) -> T:
        """A read that REST alone has. If it rejects the key, that is no fault of the key where GraphQL is concerned."""
        rest = await self._for(capability)
        try:
            return await request(rest)
        except (Unauthorized, Forbidden) as error:
            self._check_key(capability, error)
            raise

    async def _for(self, capability: Capability) -> Cloud:
        if capability in self._barred:
            raise NotOffered(self._barred[capability])
        if self._open_rest is None:
            raise not_offered(capability)
        return await self._other()

    def _check_key(self, capability: Capability, error: CloudError) -> None:
        """Raise NotOffered for a capability which REST refuses to this key; it and its like are not offered any more.

        Once REST is what everything comes from, a rejected key is what it is.
        """
        if self._api is Api.REST or isinstance(error, Insecure | ReadOnly):
            return
        alone = isinstance(error, Forbidden) and capability in _ON_THEIR_OWN
        refused = [name for name in BESIDE if name not in self._barred and (name is capability or not alone)]
        if refused:
            names = ", ".join(BESIDE[name] for name in refused)
            reason = NotOffered(f"REST v2 does not accept this API key for {names}: {error}")
            self._barred.update(dict.fromkeys(refused, str(reason)))
            self._listener.barred(Api.REST, reason)
        raise NotOffered(self._barred[capability]) from None

    # Reads

    async def fleet(self) -> Snapshot:
        return await self._read(lambda cloud: cloud.fleet())

    async def market(self) -> Market:
        return await self._read(lambda cloud: cloud.market())

    async def markets(self, demands: Sequence[MarketQuery]) -> tuple[Market | CloudError, ...]:
        return await self._read(lambda cloud: cloud.markets(demands))

    async def places(self) -> DataCenters:
        return await self._read(lambda cloud: cloud.places())

    async def pod(self, pod_id: str) -> PodDetail | None:
        return await self._read(lambda cloud: cloud.pod(pod_id))

    async def pod_extras(self, pod_id: str) -> PodExtras | None:
        return await self._read(lambda cloud: cloud.pod_extras(pod_id))

    async def gpu_sheets(self) -> GpuSpecs:
        return await self._read(lambda cloud: cloud.gpu_sheets())

    async def cpu_flavors(self) -> CpuFlavors:
        return await self._read(lambda cloud: cloud.cpu_flavors())

    async def countries(self) -> tuple[str, ...]:
        return await self._read(lambda cloud: cloud.countries())

    async def account(self) -> Account:
        return await self._read(lambda cloud: cloud.account())

    async def ledger(self) -> Ledger:
        return await self._read(lambda cloud: cloud.ledger())

    async def templates(self) -> Templates:
        return await self._read(lambda cloud: cloud.templates())

    async def readmes(self) -> Readmes:
        return await self._read(lambda cloud: cloud.readmes())

    async def billing(self) -> Billing:
        return await self._read(lambda cloud: cloud.billing())

    async def profile(self) -> Profile:
        return await self._read(lambda cloud: cloud.profile())

    async def hosts(self) -> Hosts:
        return await self._read(lambda cloud: cloud.hosts())

    async def cpu_types(self) -> tuple[CpuType, ...]:
        return await self._read(lambda cloud: cloud.cpu_types())

    # Mutations

    async def stop(self, pod_id: str) -> Receipt:
        return await self._change(lambda cloud: cloud.stop(pod_id))

    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Receipt:
        return await self._change(lambda cloud: cloud.resume(pod_id, gpu_count))

    async def bid_resume(self, pod_id: str, gpu_count: int, bid_per_gpu: float) -> Receipt:
        return await self._change(lambda cloud: cloud.bid_resume(pod_id, gpu_count, bid_per_gpu))

    async def terminate(self, pod_id: str) -> None:
        await self._change(lambda cloud: cloud.terminate(pod_id))

    async def deploy(self, order: DeployOrder) -> Receipt:
        return await self._change(lambda cloud: cloud.deploy(order))

    async def rent(self, order: RentOrder) -> Receipt:
        return await self._change(lambda cloud: cloud.rent(order))

    # What only REST has

    async def restart(self, pod_id: str) -> Receipt:
        return await (await self._for(Capability.RESTART)).restart(pod_id)

    async def set_locked(self, pod_id: str, locked: bool) -> Receipt:
        return await (await self._for(Capability.SET_LOCKED)).set_locked(pod_id, locked)

    async def rename(self, pod_id: str, name: str) -> Receipt:
        return await (await self._for(Capability.RENAME)).rename(pod_id, name)

    async def legal_verbs(self, pod_ids: Sequence[str]) -> Mapping[str, frozenset[PodVerb]]:
        return await self._read_beside(Capability.LEGAL_VERBS, lambda cloud: cloud.legal_verbs(pod_ids))

    async def pod_costs(self) -> PodCosts:
        return await self._read_beside(Capability.POD_COSTS, lambda cloud: cloud.pod_costs())

    async def logs(self, pod_id: str, query: LogQuery) -> AsyncIterator[LogLine]:
        rest = await self._for(Capability.LOGS)
        try:
            # A stream that is left alone would keep its connection until the garbage collector finds it.
            async with aclosing(cast("AsyncGenerator[LogLine]", rest.logs(pod_id, query))) as lines:
                async for line in lines:
                    yield line
        except (Unauthorized, Forbidden) as error:
            self._check_key(Capability.LOGS, error)
            raise
