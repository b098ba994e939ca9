"""The last question before a watch may act automatically, in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api.enums import CloudKind, ComputeKind, PodStatus
from tui.domain import costs, deploy_price, deploy_text
from tui.domain import deploy_draft as drafts
from tui.domain.action import Point, State, is_spot
from tui.domain.market_watch import MarketWatch, what
from tui.format import numbers as fmt
from tui.ui.primitives.question import Question
from tui.ui.render.deploy_question import sent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.api.models import Funds, Offer, Pod
    from tui.domain.deploy_draft import Draft

ONCE = Point("once", "It sends one deploy at a time, and ends with the first pod. A lost answer is never sent again.")


def _at_odds(watch: MarketWatch, draft: Draft, offers: Sequence[Offer]) -> str:
    """A difference between the watch and the form; the watch's own values would be sent."""
    count = str(watch.demand.gpu_count)
    cloud = {None: CloudKind.EITHER, True: CloudKind.SECURE, False: CloudKind.COMMUNITY}[watch.demand.secure]
    named = drafts.offer_of(draft["gpu_type_id"], offers)
    for word, differs in (
        ("on demand or interruptible", (draft.way == "spot") != watch.spot),
        ("a GPU or a CPU", draft["compute"] == ComputeKind.CPU),
        ("how many GPUs", (draft["gpu_count"].strip() or "1") != count),
        ("which GPU", named is not None and named.gpu_id not in watch.gpus),
        ("the cloud", draft.way == "demand" and draft["cloud"] != cloud),
    ):
        if differs:
            return f"the watch and the form do not agree on {word}: change one of them"
    return ""


def _too_little(watch: MarketWatch, draft: Draft, cap: float) -> str:
    """Why it would never be sent, whatever the market shows."""
    disks = deploy_price.price(draft, (), None).disks
    bid = deploy_text.dollars(draft, "bid_per_gpu") if draft.way == "spot" else None
    if disks is None:
        return "the price of its disks is not known"
    if cap <= disks:
        return f"its disks alone cost {fmt.money(disks)}/h, and the cap is {fmt.money(cap)}/h"
    if bid is not None and watch.ceiling is not None and bid > watch.ceiling + 1e-9:
        return f"the form bids {fmt.money(bid)}, and the watch waits for {fmt.money(watch.ceiling)} at the most"
    if bid is not None and bid * watch.demand.gpu_count + disks > cap + 1e-9:
        return f"its bid and disks come to more than the cap of {fmt.money(cap)}/h"
    return ""


def _lease(draft: Draft) -> tuple[Point, ...]:
    """What happens to it later."""
    if draft["lease"] != "yes":
        return (Point("later", "It has no lease: it runs, and is billed, until somebody stops it.", "warn"),)
    word, text = next(
        (w, draft[n].strip()) for n, w in (("stop_after", "stops"), ("terminate_after", "TERMINATES"))
        if n == "terminate_after" or draft[n].strip()
    )  # fmt: skip
    when = f"{text} after it is deployed" if deploy_text.is_span(text) else f"at {text}"
    return (Point("lease", f"podtop {word} it {when}, while podtop runs.", "warn"),)


def deploys(
    watch: MarketWatch, draft: Draft, cap: float, tries: int, funds: Funds | None, offers: Sequence[Offer] = ()
) -> Question:
    """The question before a watch may deploy."""
    balance = funds.balance if funds is not None else None
    left = costs.runway(funds, cap)
    last = "" if left is None else f" With all of it the runway is {fmt.runway(left)}."
    image = draft["image"] or f"template {draft['template_id']}"
    points = [
        Point(
            "money",
            f"It may spend up to {fmt.money(cap)}/h, {fmt.money(cap * 24)} a day, without asking.{last}",
            "warn",
        ),
        Point("when", f"As soon as RunPod shows {what(watch)}, also while nobody looks."),
        ONCE,
        Point("tries", f"At most {tries}, a minute apart, and only where RunPod had none free after all."),
        *_lease(draft),
        Point("who", "podtop, while it runs; read-only stops it. w on it takes it away.", "muted"),
    ]
    points += sent(draft, ("way", "gpu_count", "cloud", "gpu_type_id", "image" if draft["image"] else "template_id"))
    if draft.env or draft.secrets:
        points.append(
            Point("", "Its variables' values are not kept on disk: when podtop ends, it has to be armed anew.", "muted")
        )
    stop = _at_odds(watch, draft, offers) or _too_little(watch, draft, cap)
    if funds is None or funds.account_id is None or balance is None:
        stop = stop or "the account and its balance are not known now"
    elif balance < cap:
        stop = stop or f"the balance ({fmt.balance(balance)}) is less than an hour of the cap"
    return Question(
        f"Arm: deploy {what(watch)} by itself",
        ((f"{watch.demand.gpu_count}×{' or '.join(watch.names)}", "text"), (f"  {image}", "muted")),
        tuple(points), "Arm", (cap, tries, stop), "", stop,
    )  # fmt: skip


def why_not(pod: Pod | None) -> str | None:
    """Why a watch on a pod's host makes no sense."""
    if pod is None:
        return "it cannot be read"
    if pod.status != PodStatus.EXITED:
        return "only a stopped pod can wait for its host"
    if is_spot(pod):
        return "an interruptible pod comes back by a bid: B"
    if pod.locked:
        return "it is locked at RunPod"
    return None if pod.gpu_count else "it has no GPU"


def resumes(pod: Pod | None, funds: Funds | None) -> Question:
    """The question before a stopped pod may resume automatically."""
    if pod is None:
        return Question("Watch", (("it is gone", "bad"),), (), "Arm", ("gone",), "", "it is gone")
    why = why_not(pod) or ""
    free = pod.machine.gpu_available if pod.machine is not None else None
    balance = funds.balance if funds is not None else None
    money = "RunPod does not say what it costs from then on. It is not asked again."
    if pod.cost_per_hr:
        whole = costs.per_hr(pod, State.RUNNING)
        price = f"{fmt.money(pod.cost_per_hr)}/h for GPUs, and disks of unknown size," if whole is None else ""
        price = price or f"{fmt.money(whole)}/h from then on, disks included,"
        money = f"It costs {price} without asking, and is not sent if it is dearer."
    if not why and (funds is None or funds.account_id is None):
        why = "the account is not known now"
    elif not why and costs.is_short(funds, pod.cost_per_hr):
        why = f"the balance ({fmt.balance(balance)}) is less than an hour of it"
    known = "RunPod does not say how many are free" if free is None else f"{free} of them free now"
    gpu = f"{pod.gpu_count}×{pod.machine.gpu_name if pod.machine and pod.machine.gpu_name else ComputeKind.GPU}"
    return Question(
        f"Arm: resume {pod.name} by itself",
        ((pod.name, "text"), (f"  {pod.id}", "muted")),
        (
            Point("when", f"As soon as its host has {gpu} free ({known}), also while nobody looks."),
            Point("money", money, "warn"),
            Point("once", "It is sent once, and not if it ran meanwhile. A lost answer is never sent again."),
            Point("who", "podtop, while it runs; read-only stops it. w on the pod takes it away.", "muted"),
        ),
        "Arm", (pod.status, pod.status_change, pod.cost_per_hr, why), "", why,
    )  # fmt: skip


def no_more(watch: MarketWatch) -> Question:
    """The question before a watch is removed."""
    return Question(
        f"Watch: {what(watch)}", ((watch.pod_name or watch.pod, "text"), (f"  {watch.state}", "muted")),
        (Point("", "podtop waits for it, and resumes it by itself. Without the watch it stays stopped."),),
        "Remove the watch", (watch.id,),
    )  # fmt: skip
