"""`podtop record`: watches without a screen: records, notifies, and acts as far as it may. One line shows the state.

Several accounts are watched in one process: each has a session, a key and a recording of its own.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from tui.api import log_lines
from tui.commands.exit_codes import Exit
from tui.commands.outlet import Outlet
from tui.commands.record_status import WRONG, Status, leased, line, named
from tui.commands.stdio import is_quiet
from tui.commands.watcher import (
    NONE,
    EventLines,
    Powers,
    Service,
    SharedManager,
    announced,
    is_printed,
    live,
    ways,
)
from tui.domain.recorders import IDLE, WATCHES
from tui.domain.user_message import Level, UserMessage
from tui.history.recorder import Recorder, State
from tui.services import duties
from tui.services.action_lock import ActionLock
from tui.services.messages import MachineMessages, Messages, logged
from tui.services.other_recorders import this_recorder
from tui.services.session import Session
from tui.system.sd_notify import service_manager
from tui.system.signals import end_on_signals

if TYPE_CHECKING:
    from tui.commands.listening import Listening
    from tui.config.loader import Config
    from tui.domain.recorders import AccountRecorder
    from tui.services.exporter.exporter import AccountExport, Exporter
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles
    from tui.system.sd_notify import ServiceManager

UNREPORTED = "RunPod does not report which account this is: a recording of its own begins."

LAST_WAIT = 1.5
"""Seconds that notifications and requests under way are given when podtop is asked to end."""


class Recorded(NamedTuple):
    """One account to record. `make` makes its recorder; `state`: podtop's files."""

    source: Source
    config: Config
    make: Callable[[Callable[[UserMessage], object]], Recorder]
    state: StateFiles

    @property
    def name(self) -> str:
        """The account's name, in labels and in the addresses of readers."""
        return self.source.profile or ("demo" if self.source.demo else "default")


class _Account:
    """One account while it is recorded. `name`: before its lines, empty for the only one."""

    def __init__(
        self,
        account: Recorded,
        name: str,
        status: Status,
        asked: Powers,
        same: bool | None,
        write: Callable[[str], object] | None,
        machine: MachineMessages,
    ) -> None:
        source, config, make, state = account
        self.recorded = account
        self.name = name
        self.powers = asked.within(config)
        self.service: Service | None = None
        self.export: AccountExport | None = None
        self.ways = ways(config, write)
        self._status = status
        self._same = same
        self._polls = 0
        self.session = Session(
            source, config, Messages(logged("record"), self.tell),
            ActionLock("podtop is in read-only mode" if config.read_only else "", after=None),
            state=state, record=make, on_change=self._show, budget=0, ask_account=self._ask_account, write=write,
            kind="record", machine=machine,
        )  # fmt: skip
        self._events = EventLines(self.session.fleet, source.clock(), self.session.tz)

    def tell(self, message: UserMessage) -> None:
        if is_printed(message) and (message.level is not Level.INFO or not is_quiet()):
            self._status.add(named(self.name, message.text))

    def exported(self, offers: bool) -> AccountExport:
        """The account for others to read."""
        from tui.services.exporter.exporter import AccountExport

        self.export = AccountExport(
            self.recorded.name, self.session.fleet, self.recorded.source.clock,
            requests=lambda: self.session.monitor.api.requests, offers=offers, recorder=self._this_one,
            log=lambda: (self.recorded.state.ledger().path, self.recorded.state.origin),
        )  # fmt: skip
        return self.export

    def _this_one(self) -> AccountRecorder | None:
        """This podtop, for recorders of the account on other hosts."""
        duties = tuple(duty for duty, may in zip((WATCHES, IDLE), self.powers[1:], strict=True) if may)
        id, held = self.session.account_id, self.session.holdings
        if id is None or held is None or held.now is None:
            return None
        source, directory = self.recorded.source, self.recorded.state.directory()
        return this_recorder(id, self.session.began, duties, held.now, directory, source.skew)

    def _show(self) -> None:
        self._polls += 1
        fleet = self.session.fleet
        for text in self._events.new():
            if not is_quiet():
                self._status.add(named(self.name, text))
        text = line(fleet, self.session.recorder, self._polls, self.session.tz)
        text += leased(fleet, self.recorded.source.clock())
        if self.session.others is not None and (left := self.session.others.left):
            text += f" · {left}"
        self._status.show(self.name, text)
        if self.service is not None:
            self.service.changed(text)
        if self.export is not None:
            self.export.changed()

    async def _ask_account(self, at: float) -> bool | None:
        if self._same is None:
            when = datetime.fromtimestamp(at, self.session.tz)
            self.tell(UserMessage(f"{UNREPORTED} To continue that of {when:%Y-%m-%d %H:%M}: --same-account yes"))
        return self._same

    def announce(self) -> None:
        """Say what it is going to do."""
        if not is_quiet() or any(self.powers):
            for text in announced(self.powers, self.ways, self.recorded.config.read_only):
                self._status.add(named(self.name, text))

    def beside(self) -> Iterator[Coroutine[object, object, None]]:
        """What runs beside the polls."""
        session, powers = self.session, self.powers
        if any(powers):
            session.start_executor(self.recorded.state)
            yield duties.catch_up(session)
        if powers.leases:
            yield duties.enforce_leases(session)
        if powers.idle:
            yield duties.stop_idle(session)
        if powers.watches or self.ways:
            # Without a way to notify, a watch that is met is left to a podtop that has one.
            yield duties.look_out(session, acts=powers.watches)
        yield duties.follow_owners(session)
        held = session.hold(stops=powers.idle, watches=powers.watches)
        if held is not None and (self.export is not None or session.others is not None):
            yield held.follow()
        if session.others is not None:
            yield session.others.follow()
        yield duties.report_weekly(session)
        if session.config.signals.pods:
            from tui.services.signals.start import read_signals

            yield read_signals(session)

    def ended(self) -> None:
        """Say how the recording ends."""
        recorder = self.session.recorder
        is_kept = recorder is not None and (recorder.written or recorder.state is State.ELSEWHERE)
        end = "stopped, recording saved" if is_kept else "stopped, nothing recorded"
        self.session.messages.post(UserMessage(end, Level.INFO))


async def _record(
    recorded: Sequence[Recorded], asked: Powers, same_account: bool | None, listening: Listening | None
) -> int:
    # Before anything is said: who reads that it runs may end it at once.
    signalled = asyncio.Event()
    end_on_signals(lambda _: signalled.set())
    outlet = Outlet()
    status = Status(outlet)
    write = outlet.write if outlet.is_terminal else None
    several = len(recorded) > 1
    # Without the name of an account, as they are about all of them.
    machine = MachineMessages(Messages(logged("record"), lambda message: status.add(message.text)).post)
    accounts = [
        _Account(each, each.name if several else "", status, asked, same_account, write, machine) for each in recorded
    ]
    manager = service_manager()
    if manager is not None:
        _serve(manager, accounts)
    exporter = None
    if listening is not None:
        try:
            exporter = await _listen(accounts, listening, status)
        except OSError as error:
            status.add(f"{WRONG} cannot listen on {listening.where}: {error.strerror or error}. Choose another port.")
            await outlet.close()
            return Exit.USAGE
    for account in accounts:
        account.announce()
    beside = [asyncio.ensure_future(work) for account in accounts for work in account.beside()]
    services = [account.service for account in accounts if account.service is not None]
    if manager is not None:
        beside.append(asyncio.ensure_future(live(manager, services)))
    running = asyncio.gather(*(account.session.monitor.run() for account in accounts))

    async def finish() -> None:
        await signalled.wait()
        if manager is not None:
            manager.stopping()
        try:
            async with asyncio.timeout(LAST_WAIT):
                await asyncio.gather(*(account.session.close() for account in accounts))
        except TimeoutError:
            log_lines.event("record", "cut_short", logging.WARNING)
        finally:
            running.cancel()

    ending = asyncio.ensure_future(finish())
    try:
        await running
    except asyncio.CancelledError:
        for account in accounts:
            account.ended()
    finally:
        running.cancel()
        for work in (ending, *beside):
            work.cancel()
        if exporter is not None:
            await exporter.close()
        await outlet.close()
    return Exit.OK


def _serve(manager: ServiceManager, accounts: Sequence[_Account]) -> None:
    """Report to systemd: of several accounts once all have been polled, and that all are."""
    shared = SharedManager(manager, len(accounts))
    for account in accounts:
        source, fleet = account.recorded.source, account.session.fleet
        account.service = Service(shared.of(account.name), fleet, source.clock, source.pace)


async def _listen(accounts: Sequence[_Account], listening: Listening, status: Status) -> Exporter:
    """Serve the accounts. Raises OSError."""
    from tui.services.exporter.exporter import Exporter

    # Prices are the same for all accounts: those of the first one are enough.
    offers = accounts[0].recorded.config.watcher.offers
    exports = [account.exported(offers and number == 0) for number, account in enumerate(accounts)]
    exporter = Exporter(exports, listening.token)
    where = await exporter.start(listening.where)
    status.add(f"serves http://{where}/metrics")
    return exporter


def record(
    accounts: Sequence[Recorded],
    *,
    powers: Powers = NONE,
    same_account: bool | None = None,
    listening: Listening | None = None,
) -> int:
    """Record accounts until stopped, which is a normal end: 0.

    powers:       what may be sent, as the command line has it.
    same_account: whether an account that RunPod does not report is the one that was recorded last; None if unknown.
    listening:    where the fleets are served to others; None if nowhere.
    """
    # With `stty tostop` the terminal would stop a background process that writes, and with it the whole recording.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    return asyncio.run(_record(accounts, powers, same_account, listening))
