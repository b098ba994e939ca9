"""`Cloud`: what podtop can ask of RunPod, in domain types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui.api.account import Account, Billing, Ledger, Profile, Readmes, Templates
    from tui.api.catalogue import CpuFlavor, GpuSpec
    from tui.api.errors import CloudError
    from tui.api.hosts import CpuType, Hosts
    from tui.api.models import DataCenters, Market, MarketQuery, Snapshot
    from tui.api.orders import DeployOrder, Receipt, RentOrder
    from tui.api.pod_detail import PodDetail, PodExtras


class Cloud(Protocol):
    """RunPod, whichever API carries it. Every method raises `CloudError` and nothing else.

    A mutation is never sent twice. It is over when its method returns; when it raises `Unreachable` with `sent`,
    or `Malformed`, it may have happened: ask for the fleet. All the other errors mean that it did not.
    """

    async def fleet(self) -> Snapshot:
        """All pods and the balance, in one request."""
        ...

    async def offers(self) -> Market:
        """All GPU types with both clouds' prices for one GPU, in one request; works without a key."""
        ...

    async def markets(self, demands: Sequence[MarketQuery]) -> tuple[Market | CloudError, ...]:
        """The market as these demands see it, in one request; an answer that is missing is the error that says why.

        Works without a key.
        """
        ...

    async def places(self) -> DataCenters:
        """The data centres and their stock for one GPU; works without a key."""
        ...

    async def pod(self, pod_id: str) -> PodDetail | None:
        """One pod with all that is known of it; None when there is none of that id."""
        ...

    async def pod_extras(self, pod_id: str) -> PodExtras | None:
        """What few sources tell of a pod; None when there is none of that id."""
        ...

    async def gpu_sheets(self) -> tuple[GpuSpec, ...]:
        """Data sheets of all GPU types; works without a key."""
        ...

    async def cpu_flavors(self) -> tuple[CpuFlavor, ...]:
        """The kinds of CPU pods with the price of the smallest of each; works without a key."""
        ...

    async def countries(self) -> tuple[str, ...]:
        """Codes of the countries in which there are hosts, such as "SE"; works without a key."""
        ...

    async def account(self) -> Account:
        """The account: money now, keys and volumes by name."""
        ...

    async def ledger(self) -> Ledger:
        """What was charged and paid."""
        ...

    async def templates(self) -> Templates:
        """The account's templates."""
        ...

    async def readmes(self) -> Readmes:
        """The long texts of the account's templates, all of them."""
        ...

    async def billing(self) -> Billing:
        """Cost by GPU type and day; RunPod may not serve it, which is Rejected."""
        ...

    async def profile(self) -> Profile:
        """Whose account it is: personal data."""
        ...

    async def hosts(self) -> Hosts:
        """The machines that the account lets to others."""
        ...

    async def cpu_types(self) -> tuple[CpuType, ...]:
        """The CPUs that RunPod knows; works without a key."""
        ...

    async def stop(self, pod_id: str) -> Receipt:
        """Stop a pod. Its volume stays, and is billed; its container disk is lost."""
        ...

    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Receipt:
        """Start a stopped pod on demand; None keeps its number of GPUs, 0 is a start for the sake of the data."""
        ...

    async def bid_resume(self, pod_id: str, gpu_count: int, bid_per_gpu: float) -> Receipt:
        """Start a stopped interruptible pod with a bid, in dollars per GPU and hour."""
        ...

    async def terminate(self, pod_id: str) -> None:
        """Delete a pod and everything on it but a network volume. There is no way back."""
        ...

    async def deploy(self, order: DeployOrder) -> Receipt:
        """Rent a new pod on demand."""
        ...

    async def rent(self, order: RentOrder) -> Receipt:
        """Rent a new interruptible pod, with a bid."""
        ...

    def listen(self, sent: Callable[[], object]) -> None:
        """Have `sent` called with every request that leaves."""
        ...

    async def aclose(self) -> None:
        """Close connections; idempotent."""
        ...
