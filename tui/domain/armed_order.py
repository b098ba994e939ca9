"""What an armed watch orders on a hit, and why it may not. Pure; prices in dollars per hour."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.api.enums import CloudKind, ComputeKind
from tui.api.features import Feature
from tui.domain import deploy_price, deploy_text, deploy_validation, offered, pod_health
from tui.domain.deploy_draft import Draft
from tui.domain.deploy_fields import BY_NAME
from tui.domain.deploy_objections import Objections, no_objections, objections
from tui.domain.market_watch import ArmedDeploy, Hit, MarketWatch, State
from tui.domain.operations import Outcome, Status

if TYPE_CHECKING:
    from datetime import tzinfo

    from tui.api.models import Funds, Offer


def planned(draft: Draft, cap: float, attempts: int) -> ArmedDeploy:
    """The part of a draft that may be written to disk."""
    names = tuple(name for name, _ in draft.env if deploy_text.VARIABLE.fullmatch(name))
    return ArmedDeploy(dict(draft.values), names, tuple(draft.secrets), cap, attempts)


def prepared(watch: MarketWatch, plan: ArmedDeploy, draft: Draft, hit: Hit, name: str) -> Draft:
    """The draft of the order, for the available GPU, under a name that no other pod has."""
    values = {
        **draft.values, "gpu_type_id": hit.gpu, "gpu_count": str(watch.demand.gpu_count), "name": name,
        "cloud": CloudKind.SECURE if hit.secure else CloudKind.COMMUNITY, "gpu_types": "",
    }  # fmt: skip
    draft = replace(draft, values=values)
    most = _most(watch, plan, draft)
    if draft.way == "demand" and most is not None and most > 0:
        # RunPod itself gets the agreed price.
        draft = draft.typed("deploy_cost", f"{most:.4f}")
    return draft


def _most(watch: MarketWatch, plan: ArmedDeploy, draft: Draft) -> float | None:
    """What all its GPUs may cost; None if the cost of its disks is unknown."""
    disks = deploy_price.price(draft, (), None).disks
    if disks is None:
        return None
    most = [plan.cap - disks]
    if watch.ceiling is not None:
        most.append(watch.ceiling * watch.demand.gpu_count)
    if (typed := deploy_text.dollars(draft, "deploy_cost")) is not None:
        most.append(typed)
    return math.floor(min(most) * 10_000 + 1e-6) / 10_000


def fault(
    watch: MarketWatch,
    plan: ArmedDeploy,
    draft: Draft,
    hit: Hit,
    offers: Sequence[Offer],
    funds: Funds | None,
    names: Collection[str],
    now: float,
    tz: tzinfo | None,
    lacks: frozenset[Feature] = offered.NOTHING,
    of_api: Objections = no_objections,
) -> str | None:
    """Why a prepared order cannot be sent now; None if it can.

    names: of existing pods; lacks: what the API does not offer of the account; of_api: its objections to an order.
    """
    if draft["compute"] == ComputeKind.CPU or (draft.way == "spot") != watch.spot:
        return "the form does not match the watch"
    price = deploy_price.price(draft, offers, funds)
    if price.disks is None:
        return "disk price unknown"
    if draft.way == "spot":
        bid = deploy_text.dollars(draft, "bid_per_gpu")
        if bid is None:
            return "no bid given"
        if watch.ceiling is not None and bid > watch.ceiling + 1e-9:
            return f"bid of ${bid:.2f} exceeds the agreed ${watch.ceiling:.2f}"
        gpus = bid * watch.demand.gpu_count
    else:
        # What the market shows for the requested host may be dearer than its cheapest host is.
        gpus = max(hit.price * watch.demand.gpu_count, price.gpus or 0.0)
    per_hr = gpus + price.disks
    if per_hr > plan.cap + 1e-9:
        return f"cost of ${per_hr:.2f}/h exceeds the cap of ${plan.cap:.2f}/h"
    if why := no_money(funds, per_hr, lacks):
        return why
    faults = deploy_validation.faults(draft, offers, names, now, tz) or objections(draft, offers, now, tz, of_api)
    return _first(faults) or None


def unorderable(
    watch: MarketWatch, draft: Draft, offers: Sequence[Offer], now: float, tz: tzinfo | None, of_api: Objections
) -> str:
    """Why what a watch is armed for can never be ordered over this API; empty if it can, or if it orders nothing."""
    if watch.plan is None:
        return ""
    return _first(objections(draft, offers, now, tz, of_api, later=True))


def _first(faults: Mapping[str, str]) -> str:
    return next((f"{BY_NAME[name].label.partition(',')[0]}: {reason}" for name, reason in faults.items()), "")


def no_money(funds: Funds | None, per_hr: float, lacks: frozenset[Feature] = offered.NOTHING) -> str:
    """Why nothing may be rented automatically with this balance; empty if it may. An invoice has no balance to end."""
    if pod_health.is_postpaid(funds):
        return ""
    if funds is None or funds.balance is None:
        return f"balance {offered.WORDS}" if Feature.BALANCE in lacks else "balance unknown"
    return "the balance covers less than 1 h" if funds.balance < per_hr else ""


def ended(sending: MarketWatch, outcome: Outcome) -> MarketWatch:
    """The watch after an attempt: only what RunPod had none of, or never received, may be retried."""
    plan, text = sending.plan, outcome.text
    again = plan is not None and plan.attempts > 0 and outcome.later
    # Secret values are still known only here.
    is_held = plan is not None and bool(plan.env or plan.hidden)
    waits = replace(sending, state=State.ARMED, holder=sending.holder if is_held else "", words=text)
    match outcome.ending:
        case Status.DONE:
            return replace(sending, state=State.DONE, words=text)
        case Status.NOT_SENT:
            # Nothing left this machine: it does not count.
            left = replace(plan, attempts=plan.attempts + 1) if plan is not None else None
            return replace(waits, plan=left)
        case Status.REFUSED if again:
            return waits
        case Status.REFUSED:
            return replace(sending, state=State.GIVEN_UP, words=text)
        case Status.NOT_DONE:
            # A request without a response may still become a pod: after one, only the user retries.
            return replace(sending, state=State.GIVEN_UP, words=text, lost=True)
        case Status.UNKNOWN:
            return replace(sending, state=State.UNKNOWN, words=text)
