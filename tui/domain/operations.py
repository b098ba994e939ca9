"""Operations: what podtop is to do, from the key to how it ended. Pure; instants in epoch seconds."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tui.api.models import Problem


class Status(StrEnum):
    """How an operation ended, as the action log has it.

    NOT_DONE: sent, its answer was lost, and RunPod shows that nothing came of it.
    UNKNOWN:  sent, and whether it happened could not be found out.
    """

    DONE = "done"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    NOT_DONE = "not done"
    UNKNOWN = "unknown"


LOST = "its answer was lost"
VAGUE = "RunPod's answer was vague"
UNREADABLE = "RunPod's answer could not be read"
"""What there was in place of an answer that tells how it went, to begin a sentence with."""


class Operation(Struct, frozen=True):
    """Something that is under way with a pod, so that nothing else may be done to it.

    pod:      its id; of a new one, whose id is not known yet, "".
    word:     what its row says.
    at:       when it was asked for.
    answered: when RunPod said that it is done; None while it has not, or when its answer was lost.
    lost:     why it is not known whether it happened; "" while all goes well.
    answer:   what its answer was like, where it does not tell how it went.
    """

    id: str
    action: str
    pod: str
    name: str
    word: str
    at: float
    answered: float | None = None
    lost: str = ""
    answer: str = ""


class Outcome(Struct, frozen=True):
    """How it went, for a person: a word, what RunPod or podtop says, what that means and what can be done.

    pod:   the id of the pod that was made, where one was.
    later: RunPod did nothing, and may do it a little later: it had none free, or too many requests.
    answer: what the answer was like, where it does not tell how it went: LOST, VAGUE or UNREADABLE.
    """

    ending: Status
    message: str
    advice: str = ""
    pod: str = ""
    later: bool = False
    answer: str = ""

    @property
    def text(self) -> str:
        return f"{self.message} {self.advice}".strip()


_NONE_FITS = ("no longer any instances", "no instances currently available", "could not find any pods")

_ADVICE = (
    (
        ("not enough free gpus",),
        "Others rent the GPUs of its host now. Try later, with fewer GPUs, or with 0 to reach its data.",
    ),
    (("not enough free memory",), "Others use the memory of its host now. Try later, or deploy a new pod elsewhere."),
    (("enough disk space",), "No host has that much disk free: ask for less disk, or for another data centre."),
    (_NONE_FITS, "Stock is a hint: none was free that fits. Try the other cloud, another country, or another GPU."),
    (
        ("does not have the resources",),
        "Its host cannot start it now. Try later, or deploy a new pod elsewhere.",
    ),
    (("insufficient balance",), "Add credit in RunPod's console, or ask for less."),
    (("bid price is too low", "bid is too low"), "Others bid more by now: look at the lowest bid again."),
    (("not found",), "It is not on the account any more, or the key may not see it."),
    (("locked",), "Unlock it in RunPod's console first."),
    (
        ("something went wrong",),
        "RunPod says this of its own faults and of input that it does not like. podtop looks at what became of it.",
    ),
)


def advice(message: str, limits: Sequence[str] = ()) -> str:
    """What a known message of RunPod's means and what can be tried; empty for one that podtop does not know.

    limits: what an order asked of hosts, each of which may be what leaves none.
    """
    text = message.lower()
    if limits and any(fragment in text for fragment in _NONE_FITS):
        return f"No free host fits all that was asked for ({', '.join(limits)}). Ask for less of it, or another GPU."
    return next((words for fragments, words in _ADVICE if any(f in text for f in fragments)), "")


_NONE_FREE = (
    "not enough free", "enough disk space", "no longer any instances", "no instances currently available",
    "could not find any pods", "does not have the resources", "bid price is too low", "bid is too low",
)  # fmt: skip


def is_shortage(message: str) -> bool:
    """Whether RunPod refused for want of what was asked for, in words that podtop knows."""
    text = message.lower()
    return any(words in text for words in _NONE_FREE)


def is_vague(problems: tuple[Problem, ...]) -> bool:
    """Whether an error does not tell if anything was done: RunPod's resolvers say this when they break midway."""
    return any("something went wrong" in p.message.lower() for p in problems)
