"""The last question before a watch may act automatically, in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api.enums import CloudKind, ComputeKind, PodStatus
from tui.api.features import Feature
from tui.domain import costs, deploy_price, deploy_text, offered
from tui.domain import deploy_draft as drafts
from tui.domain.action import Point, State, is_spot
from tui.domain.armed_order import no_money
from tui.domain.market_watch import NEEDED_TO_RESUME, MarketWatch, what
from tui.format import numbers as fmt
from tui.ui.primitives.question import Question
from tui.ui.render.deploy_form import UNENFORCED
from tui.ui.render.deploy_question import sent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tui.api.models import Funds, Offer, Pod
    from tui.domain.deploy_draft import Draft

ONCE = Point("once", "Sends one deploy at a time and ends with the first pod. Never resent if a response is lost.")


def _at_odds(watch: MarketWatch, draft: Draft, offers: Sequence[Offer]) -> str:
    """A difference between the watch and the form; the watch's own values would be sent."""
    count = str(watch.demand.gpu_count)
    cloud = {None: CloudKind.EITHER, True: CloudKind.SECURE, False: CloudKind.COMMUNITY}[watch.demand.secure]
    named = drafts.offer_of(draft["gpu_type_id"], offers)
    for word, differs in (
        ("on demand or spot", (draft.way == "spot") != watch.spot),
        ("GPU or CPU", draft["compute"] == ComputeKind.CPU),
        ("the number of GPUs", (draft["gpu_count"].strip() or "1") != count),
        ("the GPU", named is not None and named.gpu_id not in watch.gpus),
        ("the cloud", draft.way == "demand" and draft["cloud"] != cloud),
    ):
        if differs:
            return f"the watch and the form differ on {word}; change one of them"
    return ""


def _too_little(watch: MarketWatch, draft: Draft, cap: float) -> str:
    """Why it would never be sent, whatever the market shows."""
    disks = deploy_price.price(draft, (), None).disks
    bid = deploy_text.dollars(draft, "bid_per_gpu") if draft.way == "spot" else None
    if disks is None:
        return "the disk price is unknown"
    if cap <= disks:
        return f"its disks cost {fmt.money(disks)}/h, but the cap is {fmt.money(cap)}/h"
    if bid is not None and watch.ceiling is not None and bid > watch.ceiling + 1e-9:
        return f"the form bids {fmt.money(bid)}, but the watch allows at most {fmt.money(watch.ceiling)}"
    if bid is not None and bid * watch.demand.gpu_count + disks > cap + 1e-9:
        return f"its bid and disks exceed the cap of {fmt.money(cap)}/h"
    return ""


def _lease(draft: Draft) -> tuple[Point, ...]:
    """What happens to it later."""
    if draft["lease"] != "yes":
        return (Point("later", "No lease: the pod runs, and is billed, until someone stops it.", "warn"),)
    word, text = next(
        (w, draft[n].strip()) for n, w in (("stop_after", "stops"), ("terminate_after", "TERMINATES"))
        if n == "terminate_after" or draft[n].strip()
    )  # fmt: skip
    when = f"{text} after the deploy" if deploy_text.is_span(text) else f"at {text}"
    return (Point("lease", f"podtop {word} it {when}, while podtop runs.", "warn"),)


def deploys(
    watch: MarketWatch,
    draft: Draft,
    cap: float,
    tries: int,
    funds: Funds | None,
    offers: Sequence[Offer] = (),
    lacks: frozenset[Feature] = offered.NOTHING,
    unoffered: Mapping[str, str] = {},
) -> Question:
    """The question before a watch may deploy.

    lacks: what the API does not offer; unoffered: the draft's faults for it, by the name of the field.
    """
    left = costs.runway(funds, cap)
    last = "" if left is None else f" At that rate the runway is {fmt.runway(left)}."
    if offered.no_runway(funds, lacks) == offered.AFTERWARDS:
        last = f" {offered.AFTERWARDS.capitalize()}: no balance limits it."
    image = draft["image"] or f"template {draft['template_id']}"
    points = [
        Point(
            "money",
            f"May spend up to {fmt.money(cap)}/h ({fmt.money(cap * 24)}/day) without asking.{last}",
            "warn",
        ),
        Point("when", f"As soon as RunPod offers {what(watch)}, even unattended."),
        ONCE,
        Point("tries", f"Up to {tries}, one minute apart; retried only if RunPod has no capacity or throttles."),
        *_lease(draft),
        *((Point("price", UNENFORCED, "warn"),) if not watch.spot and Feature.PRICE_LIMIT in lacks else ()),
        Point("needs", "podtop running; read-only mode pauses it; w edits or removes it.", "muted"),
    ]
    points += sent(draft, ("way", "gpu_count", "cloud", "gpu_type_id", "image" if draft["image"] else "template_id"))
    if draft.env or draft.secrets:
        points.append(Point("", "Variable values are not saved: arm the watch again after podtop ends.", "muted"))
    stop = _at_odds(watch, draft, offers) or _too_little(watch, draft, cap) or "; ".join(unoffered.values())
    why = no_money(funds, cap, lacks)
    if funds is None or funds.account_id is None or (funds.balance is None and why):
        stop = stop or (why if Feature.BALANCE in lacks else "account or balance unknown")
    elif why:
        stop = stop or f"the balance ({fmt.balance(funds.balance)}) covers less than 1 h at the cap"
    return Question(
        f"Arm: deploy {what(watch)} automatically",
        ((f"{watch.demand.gpu_count}×{' or '.join(watch.names)}", "text"), (f"  {image}", "muted")),
        tuple(points), "Arm", (cap, tries, stop), "", stop,
    )  # fmt: skip


def why_not(pod: Pod | None) -> str | None:
    """Why a watch on a pod's host makes no sense."""
    if pod is None:
        return "the pod is unreadable"
    if pod.status != PodStatus.EXITED:
        return "only a stopped pod can wait for free GPUs"
    if is_spot(pod):
        return "a spot pod resumes with a bid (B)"
    if pod.locked:
        return "the pod is locked on RunPod"
    return None if pod.gpu_count else "the pod has no GPU"


def resumes(pod: Pod | None, funds: Funds | None, lacks: frozenset[Feature] = offered.NOTHING) -> Question:
    """The question before a stopped pod may resume automatically. `lacks`: what the API does not offer of pods."""
    if pod is None:
        return Question(
            "Watch",
            (("the pod is no longer on the account", "bad"),),
            (),
            "Arm",
            ("gone",),
            "",
            "the pod is no longer on the account",
        )
    why = why_not(pod) or ""
    if missing := [feature for feature in NEEDED_TO_RESUME if feature in lacks]:
        why = why or f"{' and '.join(missing)} {offered.WORDS}"
    free = pod.machine.gpu_available if pod.machine is not None else None
    balance = funds.balance if funds is not None else None
    money = "Cost unknown: RunPod does not report it. You are not asked again."
    if pod.cost_per_hr:
        whole = costs.per_hr(pod, State.RUNNING)
        price = f"{fmt.money(pod.cost_per_hr)}/h for GPUs, plus disks of unknown size," if whole is None else ""
        price = price or f"{fmt.money(whole)}/h from then on, disks included,"
        money = f"Costs {price} without asking; not sent if the price is higher then."
    if not why and (funds is None or funds.account_id is None):
        why = "account unknown"
    elif not why and costs.is_short(funds, pod.cost_per_hr):
        why = f"the balance ({fmt.balance(balance)}) covers less than 1 h"
    untold = f"free GPUs {offered.WORDS}" if Feature.FREE_GPUS in lacks else "free GPUs unknown"
    known = untold if free is None else f"{free} free now"
    gpu = f"{pod.gpu_count}×{pod.machine.gpu_name if pod.machine and pod.machine.gpu_name else ComputeKind.GPU}"
    return Question(
        f"Arm: resume {pod.name} automatically",
        ((pod.name, "text"), (f"  {pod.id}", "muted")),
        (
            Point("when", f"As soon as its host has {gpu} free ({known}), even unattended."),
            Point("money", money, "warn"),
            Point("once", "Sent once, and not if the pod ran in the meantime. Never resent if a response is lost."),
            Point("needs", "podtop running; read-only mode pauses it; w removes it.", "muted"),
        ),
        "Arm", (pod.status, pod.status_change, pod.cost_per_hr, why), "", why,
    )  # fmt: skip


def no_more(watch: MarketWatch) -> Question:
    """The question before a watch is removed."""
    return Question(
        f"Watch: {what(watch)}", ((watch.pod_name or watch.pod, "text"), (f"  {watch.state}", "muted")),
        (Point("", "podtop resumes it when its host has free GPUs. Without the watch it stays stopped."),),
        "Remove the watch", (watch.id,),
    )  # fmt: skip
