"""`RestCloud`: RunPod's REST API, version 2, behind the `Cloud` protocol.

What the first screen does not request is imported on first use.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from tui.api.cloud import Cloud
from tui.api.errors import CloudError, NotOffered, ReadOnly, Rejected
from tui.api.http.endpoint import stays_here
from tui.api.http.transport import DEADLINE, LARGE
from tui.api.listener import Api
from tui.api.models import ANYTHING, Problem
from tui.api.rest import pods
from tui.api.rest.exchange import CREATE, TERMINATE, Answer, RestExchange
from tui.api.rest.lists import Items, read_list
from tui.api.rest.problems import Missing
from tui.api.rest.slow_reads import PATIENCE, GpuNames, Purse
from tui.api.secret import Secret

if TYPE_CHECKING:
    import httpx
    from msgspec import Raw

    from tui.api.account import Account, Billing, PodCosts, Templates
    from tui.api.catalogue import CpuFlavors, GpuSpecs
    from tui.api.listener import Listener
    from tui.api.models import DataCenters, Market, MarketQuery, PodVerb, Snapshot
    from tui.api.orders import DeployOrder, Receipt, RentOrder
    from tui.api.pod_detail import NetworkVolume, PodDetail, PodExtras
    from tui.api.pod_logs import LogLine, LogQuery
    from tui.api.rest.market import GpuTypes, Shelf
    from tui.api.rest.wire import WirePod

T = TypeVar("T")

FEW = 3
"""Pods whose legal actions are requested one by one; of more, all pods are read at once."""


class RestCloud(Cloud):
    """`Cloud` over REST v2. Made without network; every method raises `CloudError` and nothing else.

    url:       the API's address, which ends in /v2; with https except on this machine.
    key:       the API key. Every request but one for RunPod's description of its API needs it.
    read_only: refuse every mutation without sending anything.
    transport: stands in for the network, in demos and tests.
    deadline:  seconds for a whole request; a log has none.
    wall:      the time of day in epoch seconds, for a Retry-After given as a date, and the age of the balance.
    dated:     called with the server's time of each response, in epoch seconds, and the seconds waited for it.
    clock:     seconds by which what is read seldom is due again, for demos with a time of their own.
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
        clock: Callable[[], float] | None = None,
    ) -> None:
        secret = Secret(key.strip()) if key and key.strip() else None
        self._exchange = RestExchange(url, secret, transport=transport, deadline=deadline, wall=wall)
        self._exchange.dated = dated
        self._read_only = read_only
        self._is_here = stays_here(url)
        self._purse = Purse(self._exchange, wall, clock)
        self._gpus = GpuNames(self._exchange)
        self._beside: dict[str, asyncio.Task[None]] = {}
        self._counts: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"RestCloud({self._exchange.host})"

    @property
    def api(self) -> Api:
        """REST."""
        return Api.REST

    def listen(self, listener: Listener) -> None:
        """Report requests, limits and the end of an API to `listener`, in place of a former one."""
        self._exchange.listener = listener

    async def aclose(self) -> None:
        """Close connections; idempotent."""
        for task in self._beside.values():
            task.cancel()
        await asyncio.gather(*self._beside.values(), return_exceptions=True)
        await self._exchange.aclose()

    # Reads

    async def fleet(self) -> Snapshot:
        """All pods, those of clusters too, in one request for a thousand; beside it the balance once a minute."""
        beside = [self._begin("purse", self._purse.look), self._begin("gpus", self._gpus.look)]
        result = await read_list(self._exchange, "fleet", "pods", "pods", query={"includeClusterPods": "true"})
        await asyncio.wait(beside, timeout=PATIENCE)
        purse = self._purse
        snapshot = await _apart(
            result.items, lambda: pods.snapshot(
                result, purse.problems, purse.funds(), purse.lacks, self._gpus.names, here=self._is_here
            )
        )  # fmt: skip
        self._counts = {pod.id: pod.gpu_count for pod in snapshot.pods or ()}
        return snapshot

    def _begin(self, name: str, look: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        """Do something beside a poll, unless that is still under way."""
        task = self._beside.get(name)
        if task is None or task.done():
            task = self._beside[name] = asyncio.get_running_loop().create_task(look())
        return task

    async def market(self) -> Market:
        """All GPU types with both clouds' prices for one GPU, in two requests."""
        (single,) = await self.markets((ANYTHING,))
        return _given(single)

    async def markets(self, demands: Sequence[MarketQuery]) -> tuple[Market | CloudError, ...]:
        """The market for each of these queries, in a request for each GPU count, cloud and country among them."""
        from tui.api.rest import market

        refused = {demand: market.objection(demand) for demand in demands}
        wanted = [demand for demand in demands if refused[demand] is None]
        shelves = tuple(dict.fromkeys(shelf for demand in wanted for shelf in market.shelves(demand)))
        answers = await asyncio.gather(*map(self._shelf, shelves))
        result = dict(zip(shelves, answers, strict=True))
        return tuple(refused[demand] or market.market(demand, result) for demand in demands)

    async def _shelf(self, shelf: Shelf) -> GpuTypes | CloudError:
        from tui.api.rest import market

        try:
            result = await read_list(self._exchange, "market", "gpus", "catalog", "gpus", query=market.query(shelf))
        except CloudError as error:
            return error
        types = market.gpu_types(*result)
        self._gpus.learn(types.types)
        return types

    async def places(self) -> DataCenters:
        """The data centers and their stock for one GPU."""
        from tui.api.rest import market

        query = market.PLACES_QUERY
        result = await read_list(self._exchange, "places", "dataCenters", "catalog", "datacenters", query=query)
        return market.places(*result)

    async def gpu_sheets(self) -> GpuSpecs:
        """What v2 has of data sheets: list prices, most GPUs, versions of CUDA."""
        from tui.api.rest import market

        both = [market.Shelf(1, secure, None) for secure in (True, False)]
        secure, community = await asyncio.gather(*map(self._shelf, both))
        return market.sheets(_given(secure), _given(community))

    async def cpu_flavors(self) -> CpuFlavors:
        """The kinds of CPU pods with the price of the smallest of each."""
        from tui.api.rest import market

        query = market.FLAVORS_QUERY
        return market.flavors(*await read_list(self._exchange, "cpu_flavors", "cpus", "catalog", "cpus", query=query))

    async def pod(self, pod_id: str) -> PodDetail | None:
        """One pod with all that v2 has of it; None if RunPod itself says that no pod has that id."""
        from tui.api.rest import pod_detail

        answer = await self._pod(pod_id)
        if answer is None:
            return None
        result = pod_detail.found_pod(answer, pod_id)
        volume, problems = await self._volume(result.volume_id)
        return pod_detail.detail(result, self._gpus.names, volume, problems, here=self._is_here)

    async def pod_extras(self, pod_id: str) -> PodExtras | None:
        """Its cluster, CPU flavor, memory of its GPUs and place of its volume; None as in `pod`."""
        from tui.api.rest import pod_detail

        answer = await self._pod(pod_id)
        if answer is None:
            return None
        result = pod_detail.found_pod(answer, pod_id)
        volume, _ = await self._volume(result.volume_id)
        gpu = result.wire.gpu.id if result.wire.gpu else None
        return pod_detail.extras(result, self._gpus.names, self._gpus.memory_gb.get(gpu or ""), volume)

    async def _pod(self, pod_id: str) -> Answer | None:
        try:
            answer = await self._exchange.read("pod", "pods", pod_id, lines=True)
        except Missing:
            return None
        await self._gpus.look()
        return answer

    async def _volume(self, volume_id: str | None) -> tuple[NetworkVolume | None, tuple[Problem, ...]]:
        """A network volume, by the list of them; what went wrong in place of it."""
        if volume_id is None:
            return None, ()
        from tui.api.parts import Parts
        from tui.api.rest import account

        parts = Parts()
        try:
            result = await read_list(self._exchange, "volumes", "networkVolumes", "network-volumes")
        except CloudError as error:
            return None, (Problem(f"network volume: {error}"),)
        volume = next((v for v in account.volumes(result.items, parts) if v.id == volume_id), None)
        return volume, (*result.problems, *parts.left_out())

    async def account(self) -> Account:
        """What v2 has of the account: its keys, logins and volumes; balance and identity where the server has them."""

        from tui.api.models import Funds
        from tui.api.parts import Parts
        from tui.api.rest import account
        from tui.api.values import NOT_UNDERSTOOD

        async def keys() -> str:
            answer = await self._exchange.read("ssh_keys", "account", "ssh-keys", lines=True)
            try:
                return account.ssh_keys(answer.content)
            except NOT_UNDERSTOOD:
                error = answer.malformed("RunPod returned an invalid list of SSH keys")
            raise error

        ssh, logins, volumes, _ = await asyncio.gather(
            keys(), read_list(self._exchange, "registries", "registries", "registries"),
            read_list(self._exchange, "volumes", "networkVolumes", "network-volumes"),
            self._begin("purse", self._purse.look), return_exceptions=True,
        )  # fmt: skip
        errors = [part for part in (ssh, logins, volumes) if isinstance(part, BaseException)]
        for error in errors:
            if len(errors) == 3 or not isinstance(error, CloudError):
                raise error
        parts, purse = Parts(), self._purse
        login_list, volume_list = (part if isinstance(part, Items) else Items([]) for part in (logins, volumes))
        return account.account(
            purse.funds() or Funds(None, None, None, None),
            purse.email,
            purse.workers,
            ssh if isinstance(ssh, str) else None,
            account.logins(login_list.items, parts),
            account.volumes(volume_list.items, parts),
            (
                *(Problem(str(error)) for error in errors),
                *login_list.problems,
                *volume_list.problems,
                *purse.problems,
                *parts.left_out(),
            ),
            purse.account_lacks,
        )

    async def templates(self) -> Templates:
        """The account's templates."""
        from tui.api.rest import account

        return account.templates(*await read_list(self._exchange, "templates", "templates", "templates"))

    async def billing(self) -> Billing:
        """Cost by day."""
        from tui.api.rest import account

        result = await read_list(self._exchange, "billing", "records", "billing", query=account.BILLING_QUERY)
        return account.billing(*result)

    async def pod_costs(self) -> PodCosts:
        """What each pod cost by day."""
        from tui.api.rest import account

        result = await read_list(self._exchange, "pod_costs", "records", "billing", "pods", query=account.BILLING_QUERY)
        return await _apart(result.items, lambda: account.pod_costs(*result))

    async def legal_verbs(self, pod_ids: Sequence[str]) -> Mapping[str, frozenset[PodVerb]]:
        """What RunPod accepts for these pods at the moment, by pod; a pod that could not be read is missing."""
        from tui.api.rest import verbs

        if len(pod_ids) > FEW:
            query = {"includeClusterPods": "true"}
            result = await read_list(self._exchange, "legal_verbs", "pods", "pods", query=query)
            return await _apart(result.items, lambda: verbs.of_pods(result.items, pod_ids))
        answers = await asyncio.gather(
            *(self._exchange.read("legal_verbs", "pods", pod_id) for pod_id in pod_ids), return_exceptions=True
        )
        return verbs.of_answers(pod_ids, answers)

    async def logs(self, pod_id: str, query: LogQuery) -> AsyncIterator[LogLine]:
        """The lines of a pod's log, over one connection; as `Cloud.logs`."""
        from contextlib import aclosing

        from tui.api.rest import logs

        async with aclosing(logs.stream(self._exchange, pod_id, query)) as lines:
            async for line in lines:
                yield line

    # Changes

    async def stop(self, pod_id: str) -> Receipt:
        """Stop a pod. Its volume stays, and is billed; its container disk is lost."""
        return await self._act(pod_id, "stop")

    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Receipt:
        """Start a stopped pod on demand with the GPUs that it had; another number of them is not offered."""
        self._allow_changes()
        # A pod without GPUs, or whose number is reported as 0 while it is moved, is asked for with 1.
        if gpu_count is not None and gpu_count != (self._counts.get(pod_id, -1) or 1):
            raise NotOffered(
                "This API starts a pod only with the GPUs that it had. Leave their number as it was. Nothing was sent."
            )
        return await self._act(pod_id, "start")

    async def restart(self, pod_id: str) -> Receipt:
        """Restart a running pod in place: it keeps its GPUs and its volume, and loses its container disk."""
        return await self._act(pod_id, "restart")

    async def terminate(self, pod_id: str) -> None:
        """Delete a pod and everything on it but a network volume. This cannot be undone."""
        self._allow_changes()
        body = {"action": "terminate"}
        answer = await self._exchange.change(TERMINATE, "POST", "pods", pod_id, "action", body=body)
        if answer.body is not None:
            # It has none; one that is no pod, or another, is not RunPod's.
            self._done(pod_id, answer)

    async def set_locked(self, pod_id: str, locked: bool) -> Receipt:
        """Lock a pod at RunPod, or unlock it; nothing restarts."""
        answer = await self._patch("lock" if locked else "unlock", pod_id, {"locked": locked})
        return self._done(pod_id, answer, lambda pod: pod.locked in (locked, None))

    async def rename(self, pod_id: str, name: str) -> Receipt:
        """Rename a pod; nothing restarts."""
        if not name.strip():
            raise Rejected((Problem("A pod needs a name. Nothing was sent"),))
        return self._done(pod_id, await self._patch("rename", pod_id, {"name": name}))

    def order_objections(self, order: DeployOrder | RentOrder) -> tuple[tuple[str, str], ...]:
        """What v2 has no way to order: names of fields, each with what to do instead."""
        from tui.api.rest import orders

        return orders.objections(order)

    async def deploy(self, order: DeployOrder) -> Receipt:
        """Rent a new pod on demand. What v2 has no place for is refused by name, and nothing is sent."""
        from tui.api.order_checks import secrets_of
        from tui.api.rest import orders

        self._allow_changes()
        body = orders.create_body(order)
        answer = await self._exchange.change(CREATE, "POST", "pods", body=body, secrets=secrets_of(order))
        return orders.with_price_checked(orders.receipt(answer), order)

    def _allow_changes(self) -> None:
        if self._read_only:
            raise ReadOnly("podtop is in read-only mode; nothing was sent.")

    async def _act(self, pod_id: str, verb: str) -> Receipt:
        """Send one action of a pod, once."""
        self._allow_changes()
        return self._done(
            pod_id, await self._exchange.change(verb, "POST", "pods", pod_id, "action", body={"action": verb})
        )

    async def _patch(self, operation: str, pod_id: str, body: Mapping[str, Any]) -> Answer:
        """Change one field of a pod, once."""
        self._allow_changes()
        return await self._exchange.change(operation, "PATCH", "pods", pod_id, body=body)

    def _done(self, pod_id: str, answer: Answer, shows: Callable[[WirePod], bool] = lambda pod: True) -> Receipt:
        """What a change of a pod returned. Raises Malformed if it is of another pod, or does not show the change."""
        from tui.api.rest import orders

        return orders.receipt(answer, lambda pod: pod.id == pod_id and shows(pod))


def _given(answer: T | CloudError) -> T:
    if isinstance(answer, CloudError):
        raise answer
    return answer


async def _apart(items: Sequence[Raw], mapping: Callable[[], T]) -> T:
    """Map items; many of them in a thread, so that keys are handled in the meantime."""
    if sum(memoryview(item).nbytes for item in items) < LARGE:
        return mapping()
    return await asyncio.to_thread(mapping)
