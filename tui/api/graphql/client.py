"""`GraphQLCloud`: RunPod's GraphQL API behind the `Cloud` protocol.

What the first screen does not request is imported on first use.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from tui.api.cloud import Cloud
from tui.api.errors import ReadOnly
from tui.api.graphql import fleet
from tui.api.graphql import market as prices
from tui.api.graphql.documents import document
from tui.api.graphql.envelope import data_of
from tui.api.graphql.exchange import Exchange
from tui.api.http.transport import DEADLINE, LARGE
from tui.api.listener import Api
from tui.api.models import ANYTHING
from tui.api.secret import Secret

if TYPE_CHECKING:
    import httpx
    from msgspec import Raw

    from tui.api.account import Account, Billing, Ledger, Profile, Readmes, Templates
    from tui.api.catalogue import CpuFlavors, GpuSpecs
    from tui.api.errors import CloudError
    from tui.api.hosts import CpuType, Hosts
    from tui.api.listener import Listener
    from tui.api.models import DataCenters, Market, MarketQuery, Problem, Snapshot
    from tui.api.orders import DeployOrder, Receipt, RentOrder
    from tui.api.pod_detail import PodDetail, PodExtras

T = TypeVar("T")


async def _mapped(mapping: Callable[[Raw, tuple[Problem, ...]], T], data: Raw, problems: tuple[Problem, ...]) -> T:
    """Map a response; a large one in a thread, so that keys are handled in the meantime."""
    if memoryview(data).nbytes < LARGE:
        return mapping(data, problems)
    return await asyncio.to_thread(mapping, data, problems)


class GraphQLCloud(Cloud):
    """`Cloud` over GraphQL. Made without network; every method raises `CloudError` and nothing else.

    url:       the API's address, with https except on this machine.
    key:       the API key; None is enough for the market and the CPU types.
    read_only: refuse every mutation without sending anything.
    transport: stands in for the network, in demos and tests.
    deadline:  seconds for a whole request.
    wall:      the time of day in epoch seconds, for a Retry-After given as a date.
    dated:     called with the server's time of each response, in epoch seconds, and the seconds waited for it.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        read_only: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        deadline: float = DEADLINE,
        wall: Callable[[], float] = time.time,
        dated: Callable[[float, float], object] = lambda date, waited: None,
    ) -> None:
        secret = Secret(key.strip()) if key and key.strip() else None
        self._exchange = Exchange(url, secret, transport=transport, deadline=deadline, wall=wall)
        self._exchange.dated = dated
        self._read_only = read_only

    def __repr__(self) -> str:
        return f"GraphQLCloud({self._exchange.host})"

    async def fleet(self) -> Snapshot:
        """All pods and the balance, in one request."""
        return await _mapped(fleet.snapshot, *await self._read("fleet"))

    async def market(self) -> Market:
        """All GPU types with both clouds' prices for one GPU. Sent without the key, since RunPod requires none."""
        return await _mapped(prices.market, *await self._read("market", prices.variables((ANYTHING,)), with_key=False))

    async def markets(self, demands: Sequence[MarketQuery]) -> tuple[Market | CloudError, ...]:
        """The market for each of these queries, in one request; a missing result is the error that says why."""
        text = prices.question(tuple(demand.secure for demand in demands))
        answer = await self._exchange.ask(text, prices.variables(demands), with_key=False, again=True)
        mapping = partial(prices.markets, count=len(demands))
        return await _mapped(mapping, data_of(answer), answer.problems)

    async def places(self) -> DataCenters:
        """The data centers and their stock. Sent without the key, since RunPod requires none."""
        wanted = {"input": {"gpuCount": 1, "secureCloud": True}}
        return await _mapped(prices.places, *await self._read("places", wanted, with_key=False))

    async def pod(self, pod_id: str) -> PodDetail | None:
        """One pod with all that is known of it; None if no pod has that id."""
        from tui.api.graphql import orders, pod_detail

        return await _mapped(pod_detail.pod_detail, *await self._read("pod", {"input": orders.pod_input(pod_id)}))

    async def pod_extras(self, pod_id: str) -> PodExtras | None:
        """Pod data that few sources report; None if no pod has that id."""
        from tui.api.graphql import orders, pod_detail

        return await _mapped(
            pod_detail.pod_extras, *await self._read("pod_extras", {"input": orders.pod_input(pod_id)})
        )

    async def gpu_sheets(self) -> GpuSpecs:
        """Data sheets of all GPU types. Sent without the key, since RunPod requires none."""
        from tui.api.graphql import catalogue

        return await _mapped(
            catalogue.gpu_sheets, *await self._read("gpu_sheets", {"input": {"gpuCount": 1}}, with_key=False)
        )

    async def cpu_flavors(self) -> CpuFlavors:
        """The kinds of CPU pods, then the price of the smallest of each, in two requests without the key."""
        from tui.api.graphql import catalogue

        listed = await _mapped(catalogue.cpu_flavors, *await self._read("cpu_flavors", with_key=False))
        asked = [flavor for flavor in listed.flavors if catalogue.smallest(flavor)]
        if not asked:
            return listed
        text, variables = catalogue.price_question(len(asked)), catalogue.price_variables(asked)
        answer = await self._exchange.ask(text, variables, with_key=False, again=True)
        return catalogue.with_prices(listed, asked, data_of(answer))

    async def countries(self) -> tuple[str, ...]:
        """Codes of the countries with hosts. Sent without the key, since RunPod requires none."""
        from tui.api.graphql import catalogue

        return await _mapped(catalogue.countries, *await self._read("countries", with_key=False))

    async def account(self) -> Account:
        """The account: current money, keys and volumes by name."""
        from tui.api.graphql import account

        return await _mapped(account.account, *await self._read("account"))

    async def ledger(self) -> Ledger:
        """Charges and payments."""
        from tui.api.graphql import account

        return await _mapped(account.ledger, *await self._read("ledger"))

    async def templates(self) -> Templates:
        """The account's templates."""
        from tui.api.graphql import account

        return await _mapped(account.templates, *await self._read("templates"))

    async def readmes(self) -> Readmes:
        """The long texts of the account's templates, with their lines."""
        from tui.api.graphql import account

        return await _mapped(account.readmes, *await self._read("readmes", lines=True))

    async def billing(self) -> Billing:
        """Cost by GPU type and day."""
        from tui.api.graphql import account

        return await _mapped(account.billing, *await self._read("billing", {"input": {"granularity": "DAILY"}}))

    async def profile(self) -> Profile:
        """The owner of the account."""
        from tui.api.graphql import account

        return await _mapped(account.profile, *await self._read("profile"))

    async def hosts(self) -> Hosts:
        """The machines that the account rents out."""
        from tui.api.graphql import hosts

        return await _mapped(hosts.hosts, *await self._read("hosts"))

    async def cpu_types(self) -> tuple[CpuType, ...]:
        """The CPUs that RunPod knows. Sent without the key, since RunPod requires none."""
        from tui.api.graphql import hosts

        return await _mapped(hosts.cpu_types, *await self._read("cpu_types", with_key=False))

    async def stop(self, pod_id: str) -> Receipt:
        """Stop a pod. Its volume stays, and is billed; its container disk is lost."""
        from tui.api.graphql import orders

        self._allow_changes()
        return orders.receipt("podStop", *await self._change("stop", orders.pod_input(pod_id)))

    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Receipt:
        """Start a stopped pod on demand; None keeps its number of GPUs, 0 is a start for the sake of the data."""
        from tui.api.graphql import orders

        self._allow_changes()
        return orders.receipt("podResume", *await self._change("resume", orders.resume_input(pod_id, gpu_count)))

    async def bid_resume(self, pod_id: str, gpu_count: int, bid_per_gpu: float) -> Receipt:
        """Start a stopped interruptible pod with a bid, in dollars per GPU per hour."""
        from tui.api.graphql import orders

        self._allow_changes()
        variables = orders.bid_input(pod_id, gpu_count, bid_per_gpu)
        return orders.receipt("podBidResume", *await self._change("bid_resume", variables))

    async def terminate(self, pod_id: str) -> None:
        """Delete a pod and everything on it but a network volume. This cannot be undone."""
        from tui.api.graphql import orders

        self._allow_changes()
        orders.nothing("podTerminate", *await self._change("terminate", orders.pod_input(pod_id)))

    async def deploy(self, order: DeployOrder) -> Receipt:
        """Rent a new pod on demand."""
        from tui.api.graphql import orders
        from tui.api.order_checks import secrets_of

        self._allow_changes()
        secrets = secrets_of(order)
        answer = await self._change("deploy", orders.deploy_input(order), secrets)
        return orders.receipt("podFindAndDeployOnDemand", *answer)

    async def rent(self, order: RentOrder) -> Receipt:
        """Rent a new interruptible pod, with a bid."""
        from tui.api.graphql import orders
        from tui.api.order_checks import secrets_of

        self._allow_changes()
        secrets = secrets_of(order)
        answer = await self._change("rent", orders.rent_input(order), secrets)
        return orders.receipt("podRentInterruptable", *answer)

    @property
    def api(self) -> Api:
        """GraphQL."""
        return Api.GRAPHQL

    def listen(self, listener: Listener) -> None:
        """Report requests, limits and the end of an API to `listener`, in place of a former one."""
        self._exchange.listener = listener

    async def aclose(self) -> None:
        """Close connections; idempotent."""
        await self._exchange.aclose()

    async def _read(
        self,
        operation: str,
        variables: dict[str, Any] | None = None,
        *,
        with_key: bool = True,
        lines: bool = False,
    ) -> tuple[Raw, tuple[Problem, ...]]:
        """The data of a query and the problems with them. `lines`: texts in it keep their line breaks."""
        text = document(operation).text
        answer = await self._exchange.ask(text, variables or {}, with_key=with_key, lines=lines, again=True)
        return data_of(answer), answer.problems

    def _allow_changes(self) -> None:
        if self._read_only:
            raise ReadOnly("podtop is in read-only mode; nothing was sent.")

    async def _change(
        self, operation: str, values: dict[str, Any], secrets: tuple[Secret, ...] = ()
    ) -> tuple[Raw, tuple[Problem, ...]]:
        """Send a mutation, once. `secrets` among the values are masked in the server's messages."""
        self._allow_changes()
        answer = await self._exchange.ask(document(operation).text, {"input": values}, secrets=secrets)
        return data_of(answer), answer.problems
