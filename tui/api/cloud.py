"""`Cloud`: all requests to RunPod, in domain types: a core that every API has, and what an API may offer beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from tui.api.capabilities import Capability, not_offered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from tui.api.account import Account, Billing, Ledger, PodCosts, Profile, Readmes, Templates
    from tui.api.catalogue import CpuFlavors, GpuSpecs
    from tui.api.errors import CloudError
    from tui.api.hosts import CpuType, Hosts
    from tui.api.listener import Api, Listener
    from tui.api.models import DataCenters, Market, MarketQuery, PodVerb, Snapshot
    from tui.api.orders import DeployOrder, Receipt, RentOrder
    from tui.api.pod_detail import PodDetail, PodExtras
    from tui.api.pod_logs import LogLine, LogQuery


class Cloud(ABC):
    """RunPod, whichever API carries it. Every method raises `CloudError` and nothing else.

    What is abstract is the core, which every backend has; each of the others is a `Capability`, and raises `NotOffered`
    where a backend does not override it.

    A mutation is never sent twice. It is over when its method returns; when it raises `Unreachable` with `sent`,
    or `Malformed`, it may have happened: poll the fleet. All the other errors mean that it did not.
    """

    @property
    def api(self) -> Api | None:
        """The API in use at the moment; None if there is nothing to tell apart."""
        return None

    @abstractmethod
    async def fleet(self) -> Snapshot:
        """All pods, and the account's money as far as the API reports it."""

    @abstractmethod
    async def stop(self, pod_id: str) -> Receipt:
        """Stop a pod. Its volume stays, and is billed; its container disk is lost."""

    @abstractmethod
    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Receipt:
        """Start a stopped pod on demand; None keeps its number of GPUs, 0 is a start for the sake of the data."""

    @abstractmethod
    async def terminate(self, pod_id: str) -> None:
        """Delete a pod and everything on it but a network volume. This cannot be undone."""

    @abstractmethod
    def listen(self, listener: Listener) -> None:
        """Report requests, limits and the end of an API to `listener`, in place of a former one."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close connections; idempotent."""

    def offers(self, capability: Capability) -> bool:
        """Whether this API offers a capability: whether the backend overrides the method."""
        return getattr(type(self), capability) is not getattr(Cloud, capability)

    def order_objections(self, order: DeployOrder | RentOrder) -> tuple[tuple[str, str], ...]:
        """What this API has no way to order, for a form to show: names of fields, each with a sentence.

        An order with one of these is refused before anything is sent.
        """
        return ()

    async def market(self) -> Market:
        """All GPU types with both clouds' prices for one GPU. GraphQL needs no key for it."""
        raise not_offered(Capability.MARKET)

    async def markets(self, demands: Sequence[MarketQuery]) -> tuple[Market | CloudError, ...]:
        """The market for each of these queries; a missing result is the error that says why.

        GraphQL sends one request for all, and needs no key.
        """
        raise not_offered(Capability.MARKETS)

    async def places(self) -> DataCenters:
        """The data centers and their stock for one GPU. GraphQL needs no key for it."""
        raise not_offered(Capability.PLACES)

    async def pod(self, pod_id: str) -> PodDetail | None:
        """One pod with all that is known of it; None if no pod has that id."""
        raise not_offered(Capability.POD)

    async def pod_extras(self, pod_id: str) -> PodExtras | None:
        """Pod data that few sources report; None if no pod has that id."""
        raise not_offered(Capability.POD_EXTRAS)

    async def gpu_sheets(self) -> GpuSpecs:
        """Data sheets of all GPU types. GraphQL needs no key for it."""
        raise not_offered(Capability.GPU_SHEETS)

    async def cpu_flavors(self) -> CpuFlavors:
        """The kinds of CPU pods with the price of the smallest of each. GraphQL needs no key for it."""
        raise not_offered(Capability.CPU_FLAVORS)

    async def countries(self) -> tuple[str, ...]:
        """Codes of the countries with hosts, such as "SE". GraphQL needs no key for it."""
        raise not_offered(Capability.COUNTRIES)

    async def account(self) -> Account:
        """The account: current money, keys and volumes by name."""
        raise not_offered(Capability.ACCOUNT)

    async def ledger(self) -> Ledger:
        """Charges and payments."""
        raise not_offered(Capability.LEDGER)

    async def templates(self) -> Templates:
        """The account's templates."""
        raise not_offered(Capability.TEMPLATES)

    async def readmes(self) -> Readmes:
        """The long texts of the account's templates, all of them."""
        raise not_offered(Capability.READMES)

    async def billing(self) -> Billing:
        """Cost by GPU type and day; RunPod may not serve it, which is Rejected."""
        raise not_offered(Capability.BILLING)

    async def profile(self) -> Profile:
        """The owner of the account: personal data."""
        raise not_offered(Capability.PROFILE)

    async def hosts(self) -> Hosts:
        """The machines that the account rents out."""
        raise not_offered(Capability.HOSTS)

    async def cpu_types(self) -> tuple[CpuType, ...]:
        """The CPUs that RunPod knows. GraphQL needs no key for it."""
        raise not_offered(Capability.CPU_TYPES)

    async def bid_resume(self, pod_id: str, gpu_count: int, bid_per_gpu: float) -> Receipt:
        """Start a stopped interruptible pod with a bid, in dollars per GPU per hour."""
        raise not_offered(Capability.BID_RESUME)

    async def deploy(self, order: DeployOrder) -> Receipt:
        """Rent a new pod on demand."""
        raise not_offered(Capability.DEPLOY)

    async def rent(self, order: RentOrder) -> Receipt:
        """Rent a new interruptible pod, with a bid."""
        raise not_offered(Capability.RENT)

    async def restart(self, pod_id: str) -> Receipt:
        """Restart a running pod in place: it keeps its GPUs and its volume, and loses its container disk."""
        raise not_offered(Capability.RESTART)

    async def set_locked(self, pod_id: str, locked: bool) -> Receipt:
        """Lock a pod at RunPod, which then refuses to stop or terminate it, or unlock it."""
        raise not_offered(Capability.SET_LOCKED)

    async def rename(self, pod_id: str, name: str) -> Receipt:
        """Rename a pod; nothing restarts."""
        raise not_offered(Capability.RENAME)

    async def legal_verbs(self, pod_ids: Sequence[str]) -> Mapping[str, frozenset[PodVerb]]:
        """What RunPod accepts for these pods at the moment, by pod; a pod that could not be read is missing."""
        raise not_offered(Capability.LEGAL_VERBS)

    def logs(self, pod_id: str, query: LogQuery) -> AsyncIterator[LogLine]:
        """Stream the lines of a pod's log: earlier ones first, then each as it is written, until it is closed.

        One connection: it ends when the server closes it, and raises `CloudError` when it breaks; resume with the id of
        the last line. Nothing marks where the earlier lines end.
        """
        raise not_offered(Capability.LOGS)

    async def pod_costs(self) -> PodCosts:
        """What each pod cost by day."""
        raise not_offered(Capability.POD_COSTS)
