"""Entries for the writer of a recording, and which of their parts are stored only when they change."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui.api.models import Market, Pod, Quote, Snapshot
from tui.domain.events import Event
from tui.history.archive import checked
from tui.history.archive.checked import MOST_NAME, MOST_STATE, BadRow
from tui.history.archive.facts import Facts
from tui.store.metrics import without_figures
from tui.store.packed_samples import PackedSample

Samples = Mapping[str, PackedSample]
NO_SAMPLES: Samples = MappingProxyType({})


ALERTS = "alerts"
"""The key of the open alerts among what a file has only once."""


class Polled(Struct, frozen=True):
    """One response about the pods, and the events since the previous one. A snapshot of None: there was no response.

    samples: those of its live pods that are already made, by the pods' ids.
    alerts:  the open alerts since then, encoded; None if they are as they were.
    facts:   what was concluded from it; None if that is unknown.
    """

    at: float
    snapshot: Snapshot | None
    events: tuple[Event, ...] = ()
    samples: Samples = NO_SAMPLES
    alerts: bytes | None = None
    facts: Facts | None = None


class Priced(Struct, frozen=True):
    """One response about the market."""

    at: float
    market: Market


class Happened(Struct, frozen=True):
    """Events that no single poll reports."""

    events: tuple[Event, ...]


Entry = Polled | Priced | Happened


def lasting(pod: Pod) -> Pod:
    """The part of a pod that is stored as its state: without what every poll changes, or what can be done to it."""
    runtime = pod.runtime
    if runtime is not None:
        runtime = without_figures(runtime)
    machine = None if pod.machine is None else replace(pod.machine, gpu_available=None)
    return replace(pod, runtime=runtime, telemetry=None, machine=machine, lowest_bid_to_resume=None, verbs=None)


def started_at(pod: Pod, at: float) -> float | None:
    """When the container started."""
    uptime = pod.runtime.uptime if pod.runtime else None
    return None if uptime is None else at - uptime


def encoded(pod: Pod) -> bytes:
    """The state of a pod as a document of bounded length: without its ports if these make it too long."""
    lasts = lasting(pod)
    data = msgspec.json.encode(lasts, enc_hook=checked.as_text)
    if len(data) > MOST_STATE:
        lasts = replace(lasts, image=None, runtime=None if lasts.runtime is None else replace(lasts.runtime, ports=()))
        lasts = replace(lasts, name=lasts.name[:MOST_NAME], status_change=None)
        data = msgspec.json.encode(lasts, enc_hook=checked.as_text)
    return data


def unread(old: bytes | None) -> bytes:
    """The state of a pod from when the list of pods no longer showed it, though it may exist: only its name is known.

    old: its state until then. To an earlier podtop it is a pod that cannot be read.
    """
    try:
        name = checked.name_of(old)
    except BadRow:
        name = ""
    return msgspec.json.encode({checked.UNREAD: True, "name": name})


def say_the_same(old: Quote | None, new: Quote | None) -> bool:
    """Whether two quotes have the same prices and stock."""
    if old is None or new is None:
        return old is new
    return (old.on_demand, old.spot, old.stock) == (new.on_demand, new.spot, new.stock)
