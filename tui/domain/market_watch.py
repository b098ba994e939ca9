"""Market watches: what the user waits for on the market or on a pod's host, and what is done on a hit. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from tui.api.enums import PodStatus
from tui.api.features import Feature
from tui.api.models import ANYTHING, MarketQuery
from tui.domain import offered, pod_health
from tui.domain.recorders import watch_key

if TYPE_CHECKING:
    from tui.api.models import Market, Offer, Pod


class State(StrEnum):
    """The progress of a watch; only `ARMED` ones do more than notify."""

    WAITING = "waiting"
    ARMED = "armed"
    SENDING = "sending"
    DONE = "done"
    GIVEN_UP = "given up"
    UNKNOWN = "unknown"


AGAIN = 600.0
"""Seconds without a hit after which a new one is reported again."""

PAUSE = 60.0
"""Seconds between two attempts of an armed watch."""

FORGOTTEN = 300.0
"""Seconds for which the outcome of an attempt is looked for after its podtop has ended."""


class ArmedDeploy(Struct, frozen=True):
    """A prepared deploy. Its secrets are not here: they live in memory alone.

    values:   of the form's fields, by their names, as typed.
    env:      names of its variables; `hidden` the fields that hold a secret.
    cap:      dollars per hour, for GPUs and disks together, above which it is not sent.
    attempts: how often it may still be sent.
    """

    values: Mapping[str, str]
    env: tuple[str, ...]
    hidden: tuple[str, ...]
    cap: float
    attempts: int


class MarketWatch(Struct, frozen=True):
    """One market watch.

    gpus:    ids of GPU types, the one wanted most first; names in the same order.
    ceiling: dollars per GPU per hour at most; None is any price. spot: of the lowest bid.
    pod:     instead of a GPU type, a stopped pod that is to be resumed when its host has free GPUs; `ceiling` is then
             what all of it may cost per hour, and `basis` how RunPod described its stop.
    met_at:  since when there is a hit; None without one. away_at: since when there is none. told_at: last report.
    account: whose money an armed one spends.
    sent:    the name, or the pod, that was sent, at `sent_at`.
    tried:   what RunPod refused although it showed it, latest last: GPU types, each with whether in the secure cloud.
    holder:  the podtop that sends it now, or that alone has the values of its variables.
    words:   how it ended, or what is wrong with it.
    lost:    whether it was given up after a request without a response, which may still become a pod.
    """

    id: str
    made_at: float
    gpus: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    demand: MarketQuery = ANYTHING
    ceiling: float | None = None
    spot: bool = False
    pod: str = ""
    pod_name: str = ""
    state: State = State.WAITING
    met_at: float | None = None
    away_at: float | None = None
    told_at: float | None = None
    plan: ArmedDeploy | None = None
    account: str = ""
    sent: str = ""
    sent_at: float | None = None
    words: str = ""
    basis: str = ""
    tried: tuple[tuple[str, bool], ...] = ()
    holder: str = ""
    lost: bool = False

    @property
    def question(self) -> MarketQuery:
        """The market query of this watch."""
        return replace(self.demand, gpus=self.gpus)

    @property
    def may_spend(self) -> bool:
        """Whether podtop automatically does what costs money."""
        return self.state in (State.ARMED, State.SENDING)

    @property
    def over(self) -> bool:
        return self.state in (State.DONE, State.GIVEN_UP, State.UNKNOWN)

    @property
    def key(self) -> str:
        """What stands for it on other hosts: the same for all watches that would do the same at the same price."""
        plan = self.plan
        order = (sorted(plan.values.items()), plan.env, plan.hidden, plan.cap) if plan is not None else None
        return watch_key(self.account, self.pod, self.gpus, self.demand, self.ceiling, self.spot, order)


class Hit(NamedTuple):
    """A hit: a GPU type in one cloud, at a price per GPU per hour."""

    gpu: str
    name: str
    secure: bool
    price: float
    stock: str | None


NEEDED_TO_RESUME = (Feature.FREE_GPUS, Feature.STATUS_CHANGE, Feature.STOPPED_COST)
"""Whether its host has room, whether it ran in the meantime, and whether it became dearer."""


def blind(watch: MarketWatch, lacks: frozenset[Feature], market_lacks: frozenset[Feature]) -> str:
    """Why a watch cannot see what it waits for over this API; empty if it can.

    lacks, market_lacks: what the API does not offer of pods, and of the market.
    """
    if watch.pod:
        missing = [feature for feature in NEEDED_TO_RESUME if feature in lacks]
    else:
        missing = [Feature.SPOT_PRICE] if watch.spot and Feature.SPOT_PRICE in market_lacks else []
        missing += [Feature.HOST_LIMITS] if offered.unanswered(watch.demand, market_lacks) else []
    return f"{' and '.join(missing)} {offered.WORDS}" if missing else ""


def unread(watch: MarketWatch, market: Market) -> str:
    """Why a list of prices says nothing of what a watch waits for: it is cut, and has none of its GPU types."""
    if not market.is_cut or not watch.gpus or any(offer.gpu_id in watch.gpus for offer in market.offers):
        return ""
    return "RunPod lists more GPU types than podtop reads, and it is not among those"


def hits(watch: MarketWatch, market: Market) -> tuple[Hit, ...]:
    """The current hits: in the order of the GPU types, of each the cheaper cloud first."""
    offers = {offer.gpu_id: offer for offer in market.offers}
    return tuple(hit for gpu in watch.gpus if gpu in offers for hit in _clouds(watch, offers[gpu]))


def hit(watch: MarketWatch, market: Market) -> Hit | None:
    """The first hit; what RunPod refused comes after what it did not, the earliest refused first."""
    tried = {offer: number for number, offer in enumerate(watch.tried)}
    return min(hits(watch, market), key=lambda hit: tried.get((hit.gpu, hit.secure), -1), default=None)


def refused(watch: MarketWatch, hit: Hit) -> tuple[tuple[str, bool], ...]:
    """The refused hits, with this one as the latest."""
    place = (hit.gpu, hit.secure)
    return (*(offer for offer in watch.tried if offer != place), place)


def _clouds(watch: MarketWatch, offer: Offer) -> list[Hit]:
    hits = []
    for secure, quote in ((True, offer.secure), (False, offer.community)):
        if quote is None or watch.demand.secure not in (None, secure):
            continue
        total = quote.spot if watch.spot else quote.on_demand
        # RunPod omits the prices if there is no stock.
        if total is None:
            continue
        price = total / watch.demand.gpu_count
        if watch.ceiling is None or price <= watch.ceiling + 1e-9:
            hits.append(Hit(offer.gpu_id, offer.name, secure, price, quote.stock))
    return sorted(hits, key=lambda hit: hit.price)


def has_room(pod: Pod | None) -> bool:
    """Whether a stopped pod's host has as many free GPUs as the pod had."""
    if pod is None or pod.status != PodStatus.EXITED or pod.machine is None or pod.machine.gpu_available is None:
        return False
    return 0 < pod.gpu_count <= pod.machine.gpu_available


def basis_of(pod: Pod) -> str:
    """The basis of a wait for a stopped pod's host: its last change, as RunPod reports it."""
    return pod.status_change.text if pod.status_change is not None else ""


def moot(watch: MarketWatch, pod: Pod | None, is_blind: bool = False) -> tuple[State, str] | None:
    """How a wait for a pod's host ends without podtop, and why; None while there is reason to wait. `pod` None: gone.

    is_blind: the API may not report why the pod stopped: then it only waits on, and nothing is done.

    A pod that ran in between was stopped again on purpose, or for lack of money: it must not restart automatically.
    """
    if pod is None:
        return State.GIVEN_UP, "the pod is no longer on the account"
    if pod_health.is_on(pod):
        return State.DONE, "already running, not started by this watch"
    if pod.status == PodStatus.TERMINATED:
        return State.GIVEN_UP, "the pod is terminated"
    if not is_blind and pod.status == PodStatus.EXITED and basis_of(pod) != watch.basis:
        return State.GIVEN_UP, "started and stopped in the meantime; arm the watch again if needed"
    return None


def dearer(watch: MarketWatch, pod: Pod) -> bool:
    """Whether a pod now costs more than was agreed to."""
    return watch.ceiling is not None and pod.cost_per_hr is not None and pod.cost_per_hr > watch.ceiling + 1e-9


def seen(watch: MarketWatch, there: bool, now: float) -> tuple[MarketWatch, bool]:
    """The watch after a check, and whether a hit is to be reported.

    It is reported when it comes, and again only after a while without one: stock that flickers is reported once.
    """
    if not there:
        # At the next hit, what was refused before is as good as any other.
        return (watch if watch.away_at is not None else replace(watch, met_at=None, away_at=now, tried=())), False
    news = watch.told_at is None or (watch.away_at is not None and now - watch.away_at >= AGAIN)
    if watch.met_at is not None and not news:
        return watch, False
    met = watch.met_at if watch.met_at is not None else now
    # A short absence does not count: `told_at` stays then.
    fresh = replace(watch, met_at=met, away_at=None, told_at=now if news else watch.told_at)
    return fresh, news


def may_send(watch: MarketWatch, now: float) -> bool:
    """Whether an armed watch may act now."""
    if watch.state is not State.ARMED:
        return False
    return watch.sent_at is None or now - watch.sent_at >= PAUSE


def what(watch: MarketWatch) -> str:
    """What a watch waits for, in words: 4× H100 SXM or H100 PCIe at up to $2.50/GPU/h."""
    if watch.pod:
        return f"free GPUs for {watch.pod_name or watch.pod}"
    count = f"{watch.demand.gpu_count}× " if watch.demand.gpu_count > 1 else ""
    names = " or ".join(watch.names)
    kind = "a bid of " if watch.spot else ""
    unit = "/GPU/h" if count else "/h"
    price = "" if watch.ceiling is None else f" at {kind}up to ${watch.ceiling:.2f}{unit}"
    cloud = "" if watch.demand.secure is None else ", secure" if watch.demand.secure else ", community"
    return f"{count}{names}{price}{cloud}" if price or not watch.spot else f"{count}{names} spot{cloud}"
