"""`podtop record`: watches without a screen: records, notifies, and acts as far as it may. One line shows the state."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from tui.api import log_lines
from tui.commands.exit_codes import Exit
from tui.commands.outlet import Outlet
from tui.commands.stdio import is_quiet
from tui.commands.watcher import NONE, EventLines, Powers, Service, announced, is_printed, ways
from tui.domain.lease import acts_at
from tui.domain.user_message import Level, UserMessage
from tui.history.archive.schema import size
from tui.history.recorder import Recorder, State
from tui.services.action_lock import ActionLock
from tui.services.messages import Messages, logged
from tui.services.session import Session
from tui.system.sd_notify import service_manager
from tui.system.signals import end_on_signals

if TYPE_CHECKING:
    from tui.commands.listening import Listening
    from tui.config.loader import Config
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles
    from tui.store.fleet import Fleet

WRONG = "▲"
"""The first character of a state that is an error."""

UNREPORTED = "RunPod does not report which account this is: a recording of its own begins."

LAST_WAIT = 1.5
"""Seconds that notifications and requests under way are given when podtop is asked to end."""

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
            return f"● recording {pod_count} · {when:%H:%M:%S} · {poll_count} · {megabytes:.1f} MB"
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


class _Status:
    """One line on a terminal, overwritten; elsewhere a line for each change of state."""

    def __init__(self, out: Outlet, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._kind = ""
        self._said = -SELDOM

    def show(self, text: str) -> None:
        if text[:1] != self._kind:
            log_lines.event("record", "status", text=text)
        is_shown = text.startswith(WRONG) or not is_quiet()
        if self._out.is_terminal:
            self._write(f"\r\x1b[2K{text if is_shown else ''}")
        elif is_shown and (text[:1] != self._kind or self._clock() - self._said >= SELDOM):
            self._said = self._clock()
            self._write(f"{text}\n")
        self._kind = text[:1]

    def add(self, text: str) -> None:
        self._write(f"\r\x1b[2K{text}\n" if self._out.is_terminal else f"{text}\n")

    def _write(self, text: str) -> None:
        self._out.write(text)
        if (trouble := self._out.trouble) is not None:
            log_lines.event("record", "output_lost", logging.WARNING, why=trouble.strerror)


async def _record(
    source: Source,
    config: Config,
    make: Callable[[Callable[[UserMessage], object]], Recorder],
    state: StateFiles,
    asked: Powers,
    same_account: bool | None,
    listening: Listening | None,
) -> int:
    outlet = Outlet()
    status = _Status(outlet)
    powers = asked.within(config)
    write = outlet.write if outlet.is_terminal else None
    polls = 0

    def tell(message: UserMessage) -> None:
        if is_printed(message) and (message.level is not Level.INFO or not is_quiet()):
            status.add(message.text)

    def show() -> None:
        nonlocal polls
        polls += 1
        fleet = session.fleet
        for text in events.new():
            if not is_quiet():
                status.add(text)
        text = line(fleet, session.recorder, polls, session.tz) + leased(fleet, source.clock())
        status.show(text)
        if service is not None:
            service.changed(text)
        if exporter is not None:
            exporter.changed()

    async def ask_account(at: float) -> bool | None:
        if same_account is None:
            when = datetime.fromtimestamp(at, session.tz)
            tell(UserMessage(f"{UNREPORTED} To continue that of {when:%Y-%m-%d %H:%M}: --same-account yes"))
        return same_account

    session = Session(
        source, config, Messages(logged("record"), tell),
        ActionLock("podtop is in read-only mode" if config.read_only else "", after=None),
        state=state, record=make, on_change=show, budget=0, ask_account=ask_account, write=write,
        kind="record",
    )  # fmt: skip
    events = EventLines(session.fleet, source.clock(), session.tz)
    manager = service_manager()
    service = Service(manager, session.fleet, source.clock, source.pace) if manager is not None else None
    exporter = None
    if listening is not None:
        from tui.services.exporter.exporter import Exporter

        exporter = Exporter(
            config.account or ("demo" if source.demo else "default"), session.fleet, source.clock,
            requests=lambda: session.monitor.api.requests, offers=config.watcher.offers, token=listening.token,
        )  # fmt: skip
        try:
            where = await exporter.start(listening.where)
        except OSError as error:
            status.add(f"{WRONG} cannot listen on {listening.where}: {error.strerror or error}. Choose another port.")
            await outlet.close()
            return Exit.USAGE
        status.add(f"serves http://{where}/metrics")
    reached = ways(config, write)
    if not is_quiet() or any(powers):
        for text in announced(powers, reached, config.read_only):
            status.add(text)
    beside = [asyncio.ensure_future(work) for work in _beside(session, state, powers, bool(reached), service)]
    running = asyncio.ensure_future(session.monitor.run())

    async def finish() -> None:
        if service is not None:
            service.stopping()
        try:
            async with asyncio.timeout(LAST_WAIT):
                await session.close()
        except TimeoutError:
            log_lines.event("record", "cut_short", logging.WARNING)
        finally:
            running.cancel()

    ending: list[asyncio.Task[None]] = []
    end_on_signals(lambda _: ending.append(asyncio.ensure_future(finish())))
    try:
        await running
    except asyncio.CancelledError:
        recorder = session.recorder
        is_kept = recorder is not None and (recorder.written or recorder.state is State.ELSEWHERE)
        end = "stopped, recording saved" if is_kept else "stopped, nothing recorded"
        session.messages.post(UserMessage(end, Level.INFO))
    finally:
        for work in beside:
            work.cancel()
        if exporter is not None:
            await exporter.close()
        await outlet.close()
    return Exit.OK


def _beside(
    session: Session, state: StateFiles, powers: Powers, notifies: bool, service: Service | None
) -> Iterator[Coroutine[object, object, None]]:
    """What runs beside the polls."""
    if any(powers):
        session.start_executor(state)
        yield session.catch_up()
    if powers.leases:
        yield session.enforce_leases()
    if powers.idle:
        yield session.stop_idle()
    if powers.watches or notifies:
        # Without a way to notify, a watch that is met is left to a podtop that has one.
        yield session.look_out(acts=powers.watches)
    yield session.follow_owners()
    yield session.report_weekly()
    if session.config.signals.pods:
        from tui.services.signals.start import read_signals

        yield read_signals(session)
    if service is not None:
        yield service.live()


def record(
    source: Source,
    config: Config,
    make: Callable[[Callable[[UserMessage], object]], Recorder],
    state: StateFiles,
    *,
    powers: Powers = NONE,
    same_account: bool | None = None,
    listening: Listening | None = None,
) -> int:
    """Record until stopped, which is a normal end: 0.

    state:        podtop's files; `powers`: what may be sent, as the command line has it.
    same_account: whether an account that RunPod does not report is the one that was recorded last; None if unknown.
    listening:    where the fleet is served to others; None if nowhere.
    """
    # With `stty tostop` the terminal would stop a background process that writes, and with it the whole recording.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    return asyncio.run(_record(source, config, make, state, powers, same_account, listening))
