"""The state of `podtop record` in a line: on a terminal one that is overwritten, elsewhere one for each change."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from tui.api import log_lines
from tui.commands.stdio import is_quiet
from tui.domain.lease import acts_at
from tui.format.numbers import clip
from tui.history.archive.schema import size
from tui.history.recorder import State

if TYPE_CHECKING:
    from tui.commands.outlet import Outlet
    from tui.history.recorder import Recorder
    from tui.store.fleet import Fleet

WRONG = "▲"
"""The first character of a state that is an error."""

GOOD = "●"

SELDOM = 3600.0
"""Seconds between two lines if output is kept, as in a journal, and nothing has changed."""


def line(fleet: Fleet, recorder: Recorder | None, polls: int, tz: tzinfo | None = None) -> str:
    """The state of the recording, in one line. `tz`: the time zone of its clock, None for the machine's own."""
    feed = fleet.snapshot
    if feed.error is not None:
        return f"{WRONG} {feed.error} Retrying."
    if feed.at is None or recorder is None:
        return "◌ connecting…"
    match recorder.state:
        case State.RECORDING:
            megabytes = size(recorder.path) / 1e6 if recorder.path is not None else 0.0
            when = datetime.fromtimestamp(feed.at, tz)
            pod_count, poll_count = counted(len(fleet.records), "pod"), counted(polls, "poll")
            return f"{GOOD} recording {pod_count} · {when:%H:%M:%S} · {poll_count} · {megabytes:.1f} MB"
        case State.ELSEWHERE:
            return "‖ another podtop records this account; this one takes over when it exits"
        case State.WAITING:
            return f"◌ {recorder.state.value}…"
        case state:
            return f"{WRONG} {state.value}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def leased(fleet: Fleet, now: float) -> str:
    """The next lease to end, in a few words; empty without one."""
    if not fleet.leases:
        return ""
    lease = min(fleet.leases.values(), key=acts_at)
    minutes = max(0, round((acts_at(lease) - now) / 60))
    left = f"{minutes // 60}h {minutes % 60:02d}m" if minutes >= 60 else f"{minutes}m"
    rest = f", and {len(fleet.leases) - 1} more" if len(fleet.leases) > 1 else ""
    return f" · {lease.action} {lease.name} in {left}{rest}"


def together(texts: Mapping[str, str]) -> str:
    """The states of several accounts in one line: the first that is not good, by its name; else that all are."""
    if len(texts) == 1:
        return next(iter(texts.values()))
    worst = min(texts.items(), key=lambda item: "▲◌‖".find(item[1][:1]) % 4)
    name, text = worst
    good = sum(text.startswith(GOOD) for text in texts.values())
    if good == len(texts):
        return f"{GOOD} recording {len(texts)} accounts · {name}: {text.removeprefix(f'{GOOD} ')}"
    return f"{text[:1]} {good}/{len(texts)} accounts recorded · {name}: {text[2:]}"


class Status:
    """Shows the state of each account."""

    def __init__(self, out: Outlet, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._texts: dict[str, str] = {}
        self._written_at: dict[str, float] = {}

    def show(self, account: str, text: str) -> None:
        """The state of an account is this now. `account`: its name, empty for the only one."""
        kind, before = text[:1], self._texts.get(account, "")[:1]
        self._texts[account] = text
        if kind != before:
            log_lines.event("record", "status", text=text, account=account)
        if self._out.is_terminal:
            whole = together(self._texts)
            # One that wraps could not be overwritten.
            whole = clip(whole, get_terminal_size().columns - 1)
            self._write(f"\r\x1b[2K{whole if whole.startswith(WRONG) or not is_quiet() else ''}")
        elif text.startswith(WRONG) or not is_quiet():
            written_at = self._written_at.get(account)
            if kind != before or written_at is None or self._clock() - written_at >= SELDOM:
                self._written_at[account] = self._clock()
                self._write(f"{named(account, text)}\n")

    def add(self, text: str) -> None:
        """A line that stays."""
        self._write(f"\r\x1b[2K{text}\n" if self._out.is_terminal else f"{text}\n")

    def _write(self, text: str) -> None:
        self._out.write(text)
        if (trouble := self._out.trouble) is not None:
            log_lines.event("record", "output_lost", logging.WARNING, why=trouble.strerror)


def named(account: str, text: str) -> str:
    """A line about one of several accounts; `account` is empty for the only one."""
    return f"{account}: {text}" if account else text
