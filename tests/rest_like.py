"""`RestLike`: a cloud with the answers of another, less what REST v2 does not offer, for tests of the screens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from tui.api.account import Account, Notices
from tui.api.cloud import Cloud
from tui.api.enums import BillingMode
from tui.api.errors import CloudError
from tui.api.features import Feature
from tui.api.listener import Listener
from tui.api.models import Funds, Market, MarketQuery, Pod, Quote, Snapshot
from tui.api.orders import DeployOrder, Receipt
from tui.api.rest.account import ACCOUNT_LACKS

OF_PODS = frozenset({
    Feature.SPEND, Feature.STOPPED_COST, Feature.POD_KIND, Feature.STATUS_CHANGE, Feature.GPU_TEMPERATURE,
    Feature.GPU_POWER, Feature.FREE_GPUS, Feature.LOCATION, Feature.MAINTENANCE, Feature.HOST_SPECS,
    Feature.GPU_COUNT, Feature.PRICE_LIMIT, Feature.POD_DETAILS, Feature.ENCRYPTION,
})  # fmt: skip
OF_MARKET = frozenset({Feature.SPOT_PRICE, Feature.HOST_LIMITS, Feature.HOST_SPECS, Feature.RENTED_SHARE})


class RestLike(Cloud):
    """`has_balance`: whether its document has the route. `mode`: how the account pays."""

    def __init__(self, cloud: Cloud, has_balance: bool = False, mode: BillingMode | None = None) -> None:
        self.cloud = cloud
        self.has_balance = has_balance
        self.mode = mode
        self.asked: list[str] = []

    def _funds(self, funds: Funds | None) -> Funds:
        balance = funds.balance if funds is not None and self.has_balance else None
        return Funds(funds.account_id if funds else None, balance, None, None, self.mode)

    async def fleet(self) -> Snapshot:
        self.asked.append("fleet")
        told = await self.cloud.fleet()
        lacks = OF_PODS if self.has_balance else OF_PODS | {Feature.BALANCE, Feature.SPEND_LIMIT}
        pods = None if told.pods is None else tuple(map(_pod, told.pods))
        return replace(told, funds=self._funds(told.funds), pods=pods, lacks=lacks)

    async def stop(self, pod_id: str) -> Receipt:
        return await self.cloud.stop(pod_id)

    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Receipt:
        return await self.cloud.resume(pod_id, gpu_count)

    async def terminate(self, pod_id: str) -> None:
        await self.cloud.terminate(pod_id)

    async def deploy(self, order: DeployOrder) -> Receipt:
        return await self.cloud.deploy(order)

    def listen(self, listener: Listener) -> None:
        self.cloud.listen(listener)

    async def aclose(self) -> None:
        await self.cloud.aclose()

    async def market(self) -> Market:
        self.asked.append("market")
        return _market(await self.cloud.market())

    async def markets(self, demands: Sequence[MarketQuery]) -> tuple[Market | CloudError, ...]:
        self.asked.append("markets")
        answers = await self.cloud.markets(demands)
        return tuple(_market(answer) if isinstance(answer, Market) else answer for answer in answers)

    async def places(self) -> Any:
        return await self.cloud.places()

    async def gpu_sheets(self) -> Any:
        return await self.cloud.gpu_sheets()

    async def cpu_flavors(self) -> Any:
        return await self.cloud.cpu_flavors()

    async def templates(self) -> Any:
        return await self.cloud.templates()

    async def billing(self) -> Any:
        return await self.cloud.billing()

    async def pod(self, pod_id: str) -> Any:
        found = await self.cloud.pod(pod_id)
        return None if found is None else replace(found, machine=None, owner_id=None, gpu_average=None)

    async def account(self) -> Account:
        self.asked.append("account")
        told = await self.cloud.account()
        return Account(
            self._funds(told.funds), **{
                name: () if isinstance(value, tuple) else None
                for name, value in ((n, getattr(told, n)) for n in Account.__struct_fields__)
                if name not in ("funds", "lacks", "notices", "registry_logins", "network_volumes", "public_ssh_keys")
            },
            notices=Notices(*[None] * len(Notices.__struct_fields__)), registry_logins=told.registry_logins,
            network_volumes=told.network_volumes, public_ssh_keys=told.public_ssh_keys,
            lacks=ACCOUNT_LACKS | {Feature.EMAIL, Feature.WORKER_QUOTA},
        )  # fmt: skip


def _pod(pod: Pod) -> Pod:
    machine = pod.machine
    if machine is not None:
        machine = replace(
            machine, gpu_available=None, location=None, maintenance_start=None, maintenance_end=None,
            maintenance_note=None,
        )  # fmt: skip
    return replace(
        pod, kind=None, status_change=None, machine=machine, telemetry=None, lowest_bid_to_resume=None,
        cost_per_hr=pod.cost_per_hr if pod.status == "RUNNING" else None,
    )  # fmt: skip


def _market(market: Market) -> Market:
    def quote(told: Quote | None) -> Quote | None:
        return None if told is None else Quote(told.on_demand, None, told.stock)

    offers = tuple(
        replace(offer, secure=quote(offer.secure), community=quote(offer.community), cuda_cores=None)
        for offer in market.offers
    )
    return replace(market, offers=offers, lacks=OF_MARKET)
