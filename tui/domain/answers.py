"""The outcome of a change, from RunPod's response or the error in place of one. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.api import errors as api
from tui.api.enums import ENDED
from tui.domain.action import Action, Command, State, Target
from tui.domain.operations import LOST, UNREADABLE, VAGUE, Outcome, Status, advice, is_shortage, is_vague
from tui.format import numbers as fmt

if TYPE_CHECKING:
    from tui.api.errors import CloudError
    from tui.api.orders import Receipt


_CENT = 0.005
"""Dollars per hour by which two prices differ that are shown alike."""

_CHECKING = "It may have gone through. podtop is checking and will not resend it."


def judge(error: CloudError, limits: Sequence[str] = ()) -> Outcome:
    """The outcome of a requested change, from the error in place of a response; `limits`: what it required of hosts."""
    text = str(error)
    match error:
        case api.ReadOnly() | api.Insecure() | api.NotOffered():
            return Outcome(Status.NOT_SENT, text)
        case api.Unreachable(sent=False):
            return Outcome(Status.NOT_SENT, text, "Nothing was sent; try again when RunPod is reachable.")
        case api.Unreachable() | api.Malformed():
            answer = UNREADABLE if isinstance(error, api.Malformed) else LOST
            return Outcome(Status.UNKNOWN, text, _CHECKING, answer=answer)
        case api.Rejected() if is_vague(error.reasons):
            return Outcome(Status.UNKNOWN, text, advice(error.reasons), answer=VAGUE)
        case api.Rejected():
            return Outcome(Status.REFUSED, text, advice(error.reasons, limits), later=is_shortage(error.reasons))
        case api.Throttled():
            return Outcome(Status.REFUSED, text, "Nothing was done; try again later.", later=True)
        case _:
            return Outcome(Status.REFUSED, text)


def answered(
    action: Action, command: Command, receipt: Receipt | None, known: Collection[str] = frozenset()
) -> Outcome:
    """The outcome in RunPod's response. A start that gave no GPU is reported as such.

    known: ids of the pods that were there before: none of them is one that was created.
    """
    if receipt is None:
        return Outcome(Status.DONE, "confirmed by RunPod")
    outcome = _answered(action, command, receipt, known)
    if not outcome.pod or agreed_price(command) is None or receipt.cost_per_hr:
        return outcome
    return replace(outcome, unpriced=True)


def _answered(action: Action, command: Command, receipt: Receipt, known: Collection[str]) -> Outcome:
    is_other = receipt.pod_id in known if action.target is Target.NEW else receipt.pod_id != command.pod
    if is_other or not receipt.pod_id:
        return Outcome(Status.UNKNOWN, "RunPod's response shows another pod.", _CHECKING, answer=UNREADABLE)
    count, asked = receipt.gpu_count, command.gpus
    pod = receipt.pod_id if action.target is Target.NEW else ""
    if action.starts and count == 0 and asked != 0:
        return Outcome(
            Status.DONE,
            "running with NO GPU: its host had none free",
            "Only its data is reachable. Stop it and try again later, or deploy elsewhere.",
            pod,
        )
    if action.starts and asked is not None and count is not None and count < asked:
        return Outcome(Status.DONE, f"got {count} of {asked} GPUs", "Its host had no more free.", pod)
    if action.target is Target.NEW and (outcome := dearer(pod, agreed_price(command), receipt.cost_per_hr)):
        return outcome
    if action.leads is State.STOPPED and receipt.status is not None and receipt.status not in ENDED:
        text = f"accepted by RunPod, which shows it {receipt.status.lower()} until it stops"
        return Outcome(Status.DONE, text, "podtop checks that it does.")
    status = receipt.status_change.text if receipt.status_change is not None else (receipt.status or "").lower()
    text = status.split(":")[0] if status else "confirmed by RunPod"
    trouble = "; ".join(p.message for p in receipt.problems)
    return Outcome(Status.DONE, f"{pod}, {text}" if pod else text, f"RunPod reports: {trouble}" if trouble else "", pod)


def agreed_price(command: Command) -> float | None:
    """Dollars per hour that the user agreed to for a new pod; None if no price was known."""
    prices = (command.agreed, getattr(command.order, "deploy_cost", None))
    return min((price for price in prices if price is not None), default=None)


def dearer(pod: str, agreed: float | None, cost: float | None, how: str = "") -> Outcome | None:
    """The outcome for a new pod that costs more than was agreed to; None if it does not, or that is unknown.

    One API of RunPod enforces the price itself; the other has no place for it, so podtop compares.

    how: how it became known that the pod was created, if its response did not show that.
    """
    # RunPod gives no pod away: 0 is a price that it does not know yet.
    if agreed is None or not cost or cost < agreed + _CENT:
        return None
    text = f"{'and' if how else 'but'} it costs {fmt.money(cost)}/h, more than the {fmt.money(agreed)}/h you agreed to"
    return Outcome(Status.DONE, f"{how}{pod}, {text}", "Stop it with S if that is too much.", pod, dearer=True)


def unpriced(pod: str, agreed: float) -> Outcome:
    """The outcome for a new pod whose price RunPod does not report."""
    text = f"{pod}, but RunPod reports no price for it, to compare with the {fmt.money(agreed)}/h you agreed to"
    return Outcome(Status.DONE, text, "Check it in the RunPod console.", pod)


def limits_of(inputs: Mapping[str, object]) -> tuple[str, ...]:
    """What an order requires of hosts beside GPUs and cloud, by the names in the form."""
    from tui.domain.deploy_fields import FIELDS, NARROWS

    asked = (field for field in FIELDS if field.name in NARROWS and inputs.get(field.name))
    return tuple(f"{field.label.partition(',')[0]} {_listed(inputs[field.name])}" for field in asked)


def _listed(value: object) -> str:
    if value is True:
        return "yes"
    return " or ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
