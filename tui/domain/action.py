"""An action: something that is done to a pod, or that creates one. The table of actions is `tui/actions.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec import Struct

from tui.api.enums import INTERRUPTIBLE

if TYPE_CHECKING:
    from tui.api.capabilities import Capability
    from tui.api.cloud import Cloud
    from tui.api.models import Funds, Pod, PodVerb
    from tui.api.orders import DeployOrder, Receipt, RentOrder
    from tui.domain.operations import Operation

NEW_POD = ""
"""In place of the id of a pod that does not exist yet."""


class State(StrEnum):
    """The billing states that an action can lead a pod into."""

    RUNNING = "running"
    STOPPED = "stopped"
    GONE = "gone"


class Target(StrEnum):
    """The target of an action: an existing pod, or one that it creates."""

    POD = "pod"
    NEW = "new"


class Consent(StrEnum):
    """The confirmation that an action requires: a key, the pod's name, or the text that is sent."""

    PRESS = "press"
    NAME = "name"
    TEXT = "text"


AGREED = "agreed"
"""The input that keeps the price the user agreed to: a podtop that starts later compares it with the pod's."""


class Command(Struct, frozen=True):
    """One action on one pod, with all that is sent for it.

    pod:       its id; `NEW_POD` for one that is created.
    bid:       dollars per GPU per hour.
    text:      a new name.
    agreed:    dollars per hour, disks included, that the user was shown and agreed to.
    order:     the order, of an action that creates a pod.
    """

    action: str
    pod: str
    name: str
    gpu_count: int | None = None
    bid: float | None = None
    order: DeployOrder | RentOrder | None = None
    text: str | None = None
    agreed: float | None = None

    @property
    def gpus(self) -> int | None:
        """The number of GPUs requested; None if that is left to RunPod, or means nothing."""
        return self.order.gpu_count if self.order is not None else self.gpu_count

    @property
    def inputs(self) -> dict[str, object]:
        """What is sent beside the pod's id, in a form that may be logged; of an order also the agreed price."""
        if self.order is not None:
            agreed = {} if self.agreed is None else {AGREED: self.agreed}
            return {**order_inputs(self.order), **agreed}
        values: dict[str, object] = {"gpuCount": self.gpu_count, "bidPerGpu": self.bid, "name": self.text}
        return {name: value for name, value in values.items() if value is not None}


class Point(NamedTuple):
    """One consequence. `topic` is its subject; `role` its emphasis."""

    topic: str
    text: str
    role: str = "text"


class Seen(Protocol):
    """A pod as RunPod last showed it: `pod` is None if it could not be read."""

    @property
    def pod(self) -> Pod | None: ...


Consequences = Callable[[Sequence["Pod"], Sequence[Command], "Funds | None"], tuple[Point, ...]]


class Action(Struct, frozen=True, kw_only=True):
    """One kind of change, as it is carried out.

    id:      as the action log has it.
    verb:    to begin a sentence with.
    doing:   what a row shows while it is under way.
    done:    what is shown of the pod when it is over.
    leads:   what the pod is billed as afterwards; None if it stays as it was.
    reached: whether what RunPod shows, or that it shows nothing, is the result of the action. False if unreadable.
    call:    the one request that does it.
    needs:   the capability that it requires of the API, if not every API has it.
    shown:   the same as `reached`, where that depends on what was requested, and when: of the pod, the operation, and
             the instant at which RunPod showed the pod.
    """

    id: str
    target: Target
    verb: str
    doing: str
    done: str
    leads: State | None
    reached: Callable[[Seen | None], bool]
    call: Callable[[Cloud, Command], Awaitable[Receipt | None]]
    needs: Capability | None = None
    shown: Callable[[Pod, Operation, float], bool] | None = None

    @property
    def starts(self) -> bool:
        """Whether it starts a pod: then RunPod may give it fewer GPUs than requested."""
        return self.leads is State.RUNNING


class PodAction(Action, frozen=True, kw_only=True):
    """One action on an existing pod, as the user requests it.

    id:      also the stable id of its binding, after "act.", and the name of its command.
    help:    a sentence for the help.
    command: the help of its command on the command line; "" where it has none.
    consent: how it is confirmed.
    asks:    what the dialog lets the user choose: "gpus", "bid", "name".
    footer:  whether the footer shows its key.
    verb_at_runpod: its name in what RunPod reports as possible; None if it is always possible there.
    refuse:  why it makes no sense for a pod now, in words; None if it does.
    consequences: its effects on money and data, for its dialog: of pods, what is sent to each, and the account.
    """

    target: Target = Target.POD
    key: str
    help: str
    command: str
    consent: Consent
    asks: tuple[str, ...] = ()
    footer: bool = True
    verb_at_runpod: PodVerb | None = None
    refuse: Callable[[Pod], str | None]
    consequences: Consequences


def order_inputs(order: DeployOrder | RentOrder) -> dict[str, object]:
    """The logged part of an order: all of it but the values of its variables."""
    values = {name: getattr(order, name) for name in order.__struct_fields__}
    values["env"] = [variable.name for variable in order.env]
    values.pop("volume_key", None)
    return {name: value for name, value in values.items() if value not in (None, (), [], "")}


def is_spot(pod: Pod) -> bool:
    """Whether a pod is interruptible: it runs for a bid."""
    return pod.kind in INTERRUPTIBLE


def has_bids(pod: Pod) -> bool:
    """Whether the API that reported a pod takes bids: the one that also reports what a pod allows does not."""
    return pod.verbs is None
