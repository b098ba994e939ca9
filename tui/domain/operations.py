"""Operations of podtop, from the key to the outcome. Pure; instants in epoch seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from tui.api.refusals import Reason


class Status(StrEnum):
    """How an operation ended, as the action log has it.

    NOT_DONE: sent, its response was lost, and RunPod shows that nothing came of it.
    UNKNOWN:  sent, and whether it happened could not be found out.
    """

    DONE = "done"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    NOT_DONE = "not done"
    UNKNOWN = "unknown"


LOST = "no response received"
VAGUE = "ambiguous response from RunPod"
UNREADABLE = "invalid response from RunPod"
"""In place of a response that shows the outcome, to begin a sentence with."""

CUT = "RunPod lists more pods than podtop reads, so whether a pod of that name exists is unknown"
"""Why nothing is deployed: if the response were lost, nobody could say which pod it became, or find it."""


class Operation(Struct, frozen=True):
    """An operation under way on a pod, so that nothing else may be done to it.

    pod:      its id; of a new one, whose id is not known yet, "".
    word:     what its row shows.
    at:       when it was requested.
    answered: when RunPod confirmed it; None while it has not, or when its response was lost.
    lost:     why it is unknown whether it happened; "" while all goes well.
    answer:   what its response was like, if that does not show the outcome.
    text:     the text that was sent, such as a new name.
    since:    when an earlier podtop sent it, by the true time; 0 if this one did, at `at`.
    by:       what requested it: keys, a command, a lease, a watch.
    agreed:   dollars per hour that the user agreed to for a new pod; None if no price was known.
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
    text: str = ""
    since: float = 0.0
    by: str = ""
    agreed: float | None = None


class Outcome(Struct, frozen=True):
    """The outcome, for the user: a word, what RunPod or podtop says, what that means and what can be done.

    pod:   the id of the created pod, if any.
    later: RunPod did nothing, and may do it a little later: it had none free, or too many requests.
    answer: what the response was like, if it does not show the outcome: LOST, VAGUE or UNREADABLE.
    dearer: a pod was created that costs more than was agreed to.
    unpriced: a pod was created, and its price is not known yet, to be compared with the one that was agreed to.
    """

    ending: Status
    message: str
    advice: str = ""
    pod: str = ""
    later: bool = False
    answer: str = ""
    dearer: bool = False
    unpriced: bool = False

    @property
    def text(self) -> str:
        end = "" if not self.advice or self.message.endswith((".", "!", "?")) else "."
        return f"{self.message}{end} {self.advice}".strip()


_ADVICE: Mapping[Reason, str] = {
    Reason.GPUS_TAKEN: "The GPUs of its host are rented out. Try later, with fewer GPUs, or with 0 to reach its data.",
    Reason.MEMORY_TAKEN: "The memory of its host is in use. Try later, or deploy a new pod elsewhere.",
    Reason.NO_DISK: "No host has enough free disk. Request less disk, or another data center.",
    Reason.NONE_FITS: "Stock is only a hint: no free host fits. Try the other cloud, another country, or another GPU.",
    Reason.HOST_UNABLE: "Its host cannot start it now. Try later, or deploy a new pod elsewhere.",
    Reason.NO_FUNDS: "Add credit in the RunPod console, or request less.",
    Reason.BID_TOO_LOW: "Others bid more now; check the lowest bid again.",
    Reason.NOT_FOUND: "The pod is no longer on the account, or the API key cannot see it.",
    Reason.LOCKED: "Unlock it first: with U, or in the RunPod console.",
    Reason.VAGUE: "RunPod reports this for its own errors and for invalid input alike. "
    "podtop is checking whether it went through.",
}


def advice(reasons: Sequence[Reason], limits: Sequence[str] = ()) -> str:
    """What a refusal means and what can be tried; empty if unknown.

    reasons: the most specific first.
    limits:  what an order required of hosts, each of which may be what leaves none.
    """
    if limits and Reason.NONE_FITS in reasons:
        return f"No free host meets all requirements ({', '.join(limits)}). Relax them, or try another GPU."
    return next((_ADVICE[reason] for reason in reasons if reason in _ADVICE), "")


_SHORTAGES = frozenset({
    Reason.GPUS_TAKEN, Reason.MEMORY_TAKEN, Reason.HOST_SHORT, Reason.NO_DISK, Reason.NONE_FITS, Reason.HOST_UNABLE,
    Reason.BID_TOO_LOW,
})  # fmt: skip


def is_shortage(reasons: Sequence[Reason]) -> bool:
    """Whether RunPod refused for lack of what was requested, as far as podtop knows its messages."""
    return not _SHORTAGES.isdisjoint(reasons)


def is_vague(reasons: Sequence[Reason]) -> bool:
    """Whether a refusal leaves open if anything was done."""
    return Reason.VAGUE in reasons
