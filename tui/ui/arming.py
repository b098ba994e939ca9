"""The last question before a watch may act by itself, in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.actions import is_spot
from tui.consequences import Point
from tui.store.vigil import Vigil, what
from tui.ui import format as fmt
from tui.ui.modals.agree import Question

if TYPE_CHECKING:
    from tui.api.models import Funds, Pod
    from tui.store.draft import Draft

ONCE = Point("once", "It sends one deploy at a time, and ends with the first pod. A lost answer is never sent again.")


def deploys(vigil: Vigil, draft: Draft, cap: float, tries: int, funds: Funds | None) -> Question:
    """What is asked before a watch may deploy."""
    balance = funds.balance if funds is not None else None
    last = "" if balance is None or cap <= 0 else f" The balance alone pays {fmt.duration(balance / cap * 3600)} of it."
    image = draft["image"] or f"template {draft['template_id']}"
    points = [
        Point(
            "money",
            f"It may spend up to {fmt.money(cap)}/h, {fmt.money(cap * 24)} a day, without asking.{last}",
            "warn",
        ),
        Point("when", f"As soon as RunPod shows {what(vigil)}, also while nobody looks."),
        ONCE,
        Point("tries", f"At most {tries}, a minute apart, and only after RunPod refused one."),
        Point("who", "podtop, while it runs; read-only stops it. w on it takes it away.", "muted"),
    ]
    if draft.env:
        points.append(
            Point("", "Its variables' values are not kept on disk: when podtop ends, it has to be armed anew.", "muted")
        )
    if draft["lease"] == "yes":
        points.append(Point("lease", "The lease of the form counts from when it was typed.", "muted"))
    stop = ""
    if (draft.way == "spot") != vigil.spot:
        stop = "the watch and the form do not agree on demand or interruptible"
    if balance is not None and balance < cap:
        stop = stop or f"the balance ({fmt.money(balance)}) is less than an hour of the cap"
    return Question(
        f"Arm: deploy {what(vigil)} by itself",
        ((f"{vigil.demand.gpu_count}×{' or '.join(vigil.names)}", "text"), (f"  {image}", "muted")),
        tuple(points), "Arm", (cap, tries, stop), "", stop,
    )  # fmt: skip


def why_not(pod: Pod | None) -> str | None:
    """Why it makes no sense to wait for a pod's host."""
    if pod is None:
        return "it cannot be read"
    if pod.status != "EXITED":
        return "only a stopped pod can wait for its host"
    if is_spot(pod):
        return "an interruptible pod comes back by a bid: B"
    if pod.locked:
        return "it is locked at RunPod"
    return None if pod.gpu_count else "it has no GPU"


def resumes(pod: Pod | None, funds: Funds | None) -> Question:
    """What is asked before a stopped pod may resume by itself."""
    if pod is None:
        return Question("Watch", (("it is gone", "bad"),), (), "Arm", ("gone",), "", "it is gone")
    why = why_not(pod) or ""
    free = pod.machine.gpu_available if pod.machine is not None else None
    cost = "an unknown price" if pod.cost_per_hr is None else f"{fmt.money(pod.cost_per_hr)}/h"
    known = "RunPod does not say how many are free" if free is None else f"{free} of them free now"
    gpu = f"{pod.gpu_count}×{pod.machine.gpu_name if pod.machine and pod.machine.gpu_name else 'GPU'}"
    return Question(
        f"Arm: resume {pod.name} by itself",
        ((pod.name, "text"), (f"  {pod.id}", "muted")),
        (
            Point("when", f"As soon as its host has {gpu} free ({known}), also while nobody looks."),
            Point("money", f"It costs {cost} from then on, without asking.", "warn"),
            Point("once", "It is sent once. A lost answer is never sent again."),
            Point("who", "podtop, while it runs; read-only stops it. w on the pod takes it away.", "muted"),
        ),
        "Arm", (pod.status, pod.cost_per_hr, why), "", why,
    )  # fmt: skip


def no_more(vigil: Vigil) -> Question:
    """What is asked before a watch is taken away."""
    return Question(
        f"Watch: {what(vigil)}", ((vigil.pod_name or vigil.pod, "text"), (f"  {vigil.state}", "muted")),
        (Point("", "podtop waits for it, and resumes it by itself. Without the watch it stays stopped."),),
        "Remove the watch", (vigil.id,),
    )  # fmt: skip
