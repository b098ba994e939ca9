"""Reasons of RunPod's refusals: its sentences, which none of its APIs sends with a code, mapped to podtop's reasons."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Reason(StrEnum):
    """Why something was refused, as far as RunPod's message shows.

    VAGUE: RunPod says this of its own faults and of input that it does not like; its resolvers say it too when they
    break midway, so that it does not show whether anything was done.
    """

    GPUS_TAKEN = "the host's GPUs are taken"
    MEMORY_TAKEN = "the host's memory is taken"
    HOST_SHORT = "the host lacks a free resource"
    NO_DISK = "no host has enough disk"
    NONE_FITS = "no host matches"
    HOST_UNABLE = "the host cannot start it"
    NO_FUNDS = "the balance is too low"
    BID_TOO_LOW = "the bid is too low"
    NOT_FOUND = "not found"
    LOCKED = "locked"
    VAGUE = "something went wrong"


_SENTENCES: tuple[tuple[Reason, tuple[str, ...]], ...] = (
    (Reason.GPUS_TAKEN, ("not enough free gpus",)),
    (Reason.MEMORY_TAKEN, ("not enough free memory",)),
    (Reason.NO_DISK, ("enough disk space",)),
    (Reason.NONE_FITS, ("no longer any instances", "no instances currently available", "could not find any pods")),
    # REST v2's "Failed to resume pod." is all that it says of a host that is full.
    (Reason.HOST_UNABLE, ("does not have the resources", "failed to resume pod")),
    (Reason.NO_FUNDS, ("insufficient balance",)),
    (Reason.BID_TOO_LOW, ("bid price is too low", "bid is too low")),
    (Reason.NOT_FOUND, ("not found",)),
    (Reason.LOCKED, ("locked",)),
    (Reason.VAGUE, ("something went wrong",)),
    (Reason.HOST_SHORT, ("not enough free",)),
)
"""Fragments of real messages, matched in any case; the more specific before the less specific."""


NO_REASON = "no reason"
"""In place of the code of a refusal that says nothing: it may not be RunPod's own."""

_CODES = {"402": Reason.NO_FUNDS, NO_REASON: Reason.VAGUE}
"""HTTP statuses of REST v2 that say why by themselves, and a refusal that does not."""


def reasons_of(message: str, codes: Iterable[str | None] = ()) -> tuple[Reason, ...]:
    """The reasons that a message names, the most specific first; none for one that podtop does not know.

    codes: the server's own codes beside the message.
    """
    text = message.lower()
    named = [reason for reason, fragments in _SENTENCES if any(fragment in text for fragment in fragments)]
    return tuple(dict.fromkeys((*(_CODES[code] for code in codes if code in _CODES), *named)))
