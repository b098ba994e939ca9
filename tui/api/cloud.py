"""`Cloud`: what podtop can ask of RunPod, in domain types, and the one tree of ways in which it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tui.api.models import PARTIAL
from tui.api.secret import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui.api.account import Account, Billing, Ledger, Profile, Readmes, Templates
    from tui.api.catalogue import CpuFlavor, GpuSpec
    from tui.api.hosts import CpuType, Hosts
    from tui.api.models import DataCenters, Market, MarketQuery, Problem, Snapshot
    from tui.api.orders import DeployOrder, Receipt, RentOrder
    from tui.api.pod_detail import PodDetail, PodExtras


class CloudError(Exception):
    """Root of everything a `Cloud` raises. `str()` is a sentence for people, free of secrets."""

    def __init__(self, message: str) -> None:
        super().__init__(mask(message))


class Unreachable(CloudError):
    """No answer reached us: no route, refused, reset, DNS, TLS, or a gateway (5xx, HTML) in RunPod's place.

    `sent`: whether the request may have reached RunPod. False only when it surely did not: then a mutation surely did
    not happen; when True it may have.
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class TimedOut(Unreachable):
    """The server did not answer in time. A mutation may or may not have happened (see `sent`)."""


class Faltering(Unreachable):
    """RunPod, or a gateway in its place, answered that it cannot answer (HTTP 5xx). A mutation may have happened."""


class Misconfigured(Unreachable):
    """Nothing can be asked as the environment is: a variable names a proxy or certificates that cannot be used."""

    def __init__(self, message: str) -> None:
        super().__init__(message, sent=False)


class Unauthorized(CloudError):
    """The key is missing, wrong or revoked (HTTP 401, or `myself: null` without an error)."""


class Forbidden(CloudError):
    """The server knows us and refuses (HTTP 403, a scoped or read-only key): not proof that the key is dead."""


class Restricted(Forbidden):
    """RunPod's "Unauthorized" at HTTP 200: this key may read, and may change nothing, or not this (skypilot 8411)."""


class ReadOnly(Forbidden):
    """podtop itself refuses: it was started read-only, so nothing was sent."""


class Insecure(Forbidden):
    """podtop itself refuses to send the key where this address would take it, so nothing was sent."""


class Throttled(CloudError):
    """Too many requests (HTTP 429). `retry_after`: seconds the server asks us to wait, if it said."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Rejected(CloudError):
    """The server understood and said no. `problems`: every message, with its path and code.

    Also an order that makes no sense, which podtop does not send; its message says so.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(p.message for p in problems) or "the request was rejected without a message")
        self.problems = problems


class Malformed(CloudError):
    """An answer that is not what the API promises: not JSON, cut short, too large, or without `data`."""


class Unforeseen(CloudError):
    """An answer over which podtop itself failed: a fault of podtop's own, which its log tells."""


def is_of_pods(problem: Problem) -> bool:
    """Whether an error may be about the pods: all but one whose path leads to another part of the answer."""
    if problem.code == PARTIAL:
        return False
    path = problem.path[1:] if problem.path[:1] == ("data",) else problem.path
    if not path or not isinstance(path[0], str):
        return True
    if path[0] != "myself":
        return "pods" in path
    return len(path) == 1 or path[1] == "pods" or not isinstance(path[1], str)


def doubt(snapshot: Snapshot) -> str:
    """What RunPod said that puts the pods of an answer in doubt; empty where nothing does."""
    return "; ".join(problem.message for problem in snapshot.problems if is_of_pods(problem))


def with_pods(snapshot: Snapshot) -> Snapshot:
    """An answer that tells of the pods. Raises Malformed: one without them is no reason to do anything."""
    if snapshot.pods is None:
        said = "; ".join(problem.message for problem in snapshot.problems)
        raise Malformed(f"RunPod answered without the pods: {said or 'it does not say why'}.")
    return snapshot


def surely_with_pods(snapshot: Snapshot) -> Snapshot:
    """The same, and without an error beside them that may be about them: what is sent is sent for what they are now."""
    if said := doubt(with_pods(snapshot)):
        raise Malformed(f"RunPod answered with an error beside the pods: {said}.")
    return snapshot


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
