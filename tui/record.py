"""`podtop record`: collects without a screen, so that there is a past to look back to. One line says how it goes."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

from tui.recorder import Note, Recorder, State
from tui.signals import end_on_signals
from tui.store.fleet import Fleet
from tui.watch import Watch

if TYPE_CHECKING:
    from tui.config import Config
    from tui.source import Source

SELDOM = 3600.0
"""Seconds between two lines where they are kept, as in a journal, and nothing has changed."""


def line(fleet: Fleet, recorder: Recorder | None, polls: int) -> str:
    """How the recording goes, in one line."""
    feed = fleet.snapshot
    if feed.error is not None:
        return f"▲ {feed.error} Asking again."
    if feed.at is None or recorder is None:
        return "◌ connecting"
    match recorder.state:
        case State.RECORDING:
            size = recorder.path.stat().st_size / 1e6 if recorder.path is not None else 0.0
            when = datetime.fromtimestamp(feed.at)
            return f"● recording {len(fleet.records)} pods · {when:%H:%M:%S} · {polls} polls · {size:.1f} MB"
        case State.ELSEWHERE:
            return "‖ another podtop records this account; this one goes on when that one ends"
        case state:
            return f"▲ {state.value}"


class _Status:
    """One line on a terminal, written over; a line for each change of kind elsewhere."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._kind = ""
        self._said = -SELDOM

    def show(self, text: str) -> None:
        if self._out.isatty():
            self._out.write(f"\r\x1b[2K{text}")
        elif text[:1] != self._kind or self._clock() - self._said >= SELDOM:
            self._said = self._clock()
            self._out.write(f"{text}\n")
        self._kind = text[:1]
        self._out.flush()

    def say(self, text: str) -> None:
        self._out.write(f"\r\x1b[2K{text}\n" if self._out.isatty() else f"{text}\n")
        self._out.flush()


async def _record(source: Source, config: Config, make: Callable[[Callable[[Note], object]], Recorder]) -> None:
    fleet = Fleet(config.interval * source.pace, config.market_interval * source.pace, budget=0)
    status = _Status(sys.stdout)
    recorder: Recorder | None = None
    polls = 0

    def started(say: Callable[[Note], object]) -> Recorder:
        nonlocal recorder
        recorder = make(say)
        return recorder

    def changed() -> None:
        nonlocal polls
        polls += 1
        status.show(line(fleet, recorder, polls))

    watch = Watch(source, config, fleet, changed, record=started, say=lambda note: status.say(note.text))
    running = asyncio.ensure_future(watch.run())
    end_on_signals(lambda _: running.cancel())
    try:
        await running
    except asyncio.CancelledError:
        status.say("stopped; what was seen is kept")


def record(source: Source, config: Config, make: Callable[[Callable[[Note], object]], Recorder]) -> int:
    """Collect until told to stop, which is a good end: 0."""
    asyncio.run(_record(source, config, make))
    return 0
