"""`Session`: one account that is monitored and acted on, from start to end; the same with and without a screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from functools import cached_property, partial
from typing import TYPE_CHECKING

from tui.clocks import TimeOfDay, instant
from tui.domain.user_message import Level
from tui.services.messages import MachineMessages, to_event_log
from tui.store.fleet import Fleet
from tui.store.fleet_series import MEMORY_BUDGET

if TYPE_CHECKING:
    from tui.api.models import Snapshot
    from tui.config.loader import Config
    from tui.domain.events import Event
    from tui.domain.rate_limit import Use
    from tui.domain.user_message import UserMessage
    from tui.history.queries import HistoryQueries
    from tui.history.recorder import Recorder
    from tui.services.account_leases import AccountLeases
    from tui.services.account_link import AccountLink, Ask, Identify
    from tui.services.action_lock import ActionLock
    from tui.services.clock_notice import ClockNotice
    from tui.services.draft_keeper import DraftKeeper
    from tui.services.executor import Executor
    from tui.services.holdings import OwnHoldings
    from tui.services.idle_stops import IdleStops
    from tui.services.logs import PodLogs
    from tui.services.messages import Messages
    from tui.services.monitor import Monitor
    from tui.services.mutes import AccountMutes
    from tui.services.notifications import Notifications
    from tui.services.other_recorders import OtherRecorders
    from tui.services.owner import Ownership
    from tui.services.source import Source
    from tui.services.watch_runner import WatchRunner
    from tui.services.world import World
    from tui.storage.state_files import StateFiles

MakeRecorder = Callable[[Callable[["UserMessage"], object]], "Recorder"]


class Session:
    """Shared by the screen, `podtop record` and the commands that act.

    The fleet exists at once; all else is made when first needed, so that a start does not wait for it.

    source, config: what is monitored, and how often.
    messages:  receives messages for the user.
    guard:     the action lock.
    state:     the files of actions: action log, leases, watches; None if nothing can be done.
    record:    makes the recorder; None if nothing is recorded.
    on_change: called after every change of the fleet.
    prepare, opened: see `Monitor`.
    write:     sends text to the terminal, past what is drawn; None if it is not used for notifications.
    kind:      "screen" or "record", which notify and share duties with other podtops; empty for a command.
    world:     what actions observe; the monitor if None.
    ask_account: asks the user whether this is the account that was used last; None if nobody is there.
    hosts:     whether to find out if the account rents out machines.
    budget:    bytes of samples in memory.
    machine:   receives messages about this machine, from all its accounts; `messages` if there is no other account.
    """

    def __init__(
        self,
        source: Source,
        config: Config,
        messages: Messages,
        guard: ActionLock,
        *,
        state: StateFiles | None = None,
        record: MakeRecorder | None = None,
        on_change: Callable[[], object] = lambda: None,
        prepare: Callable[[], object] = lambda: None,
        opened: Callable[[HistoryQueries], object] = lambda past: None,
        write: Callable[[str], object] | None = None,
        world: World | None = None,
        hosts: bool = False,
        budget: int = MEMORY_BUDGET,
        ask_account: Ask | None = None,
        tz: tzinfo | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        kind: str = "",
        machine: MachineMessages | None = None,
    ) -> None:
        self.source = source
        self.config = config
        self.messages = messages
        self.guard = guard
        self.state = state
        self.clock = source.clock
        self.began = source.clock()
        self.monotonic = monotonic
        self.tz = tz if source.clocks is None else TimeOfDay(tz, source.clocks.ahead)
        self.fleet = Fleet(config.interval * source.pace, config.market_interval * source.pace, budget)
        self.fleet.keyless = source.keyless
        self.fleet.alert_rules = config.alerts
        self.fleet.tz = self.tz
        self.executor: Executor | None = None
        self.watch_runner: WatchRunner | None = None
        self.recorder: Recorder | None = None
        self.holdings: OwnHoldings | None = None
        self.kind = kind
        self._record = record
        self._on_change = on_change
        self._prepare = prepare
        self._opened = opened
        self._write = write
        self._world = world
        self._hosts = hosts
        self._notifies = bool(kind) or write is not None
        self._ask_account = ask_account
        self._link: AccountLink | None = None
        self._machine = MachineMessages(messages.post) if machine is None else machine
        messages.add(to_event_log(self._happened))
        if self._notifies:
            messages.add(self._call)

    @cached_property
    def monitor(self) -> Monitor:
        """Polls RunPod, and fills the fleet."""
        from tui.services.monitor import Monitor

        return Monitor(
            self.source, self.config, self.fleet, self.changed, self._prepare,
            None if self._record is None else partial(self._make_recorder, self._record), self.messages.post,
            self._opened, self.start_of_day, hosts=self._hosts, start_of_month=lambda at: self.start_of_day(at, day=1),
            is_news=lambda: self.state is None or self.state.is_first_switch(),
            identify=self._identify(), before=self._read_mutes if self.state is not None else None,
        )  # fmt: skip

    @property
    def records(self) -> bool:
        """Whether what is seen is recorded."""
        return self._record is not None

    def _make_recorder(self, make: MakeRecorder, post: Callable[[UserMessage], object]) -> Recorder:
        self.recorder = make(post)
        return self.recorder

    @cached_property
    def ownership(self) -> Ownership | None:
        """Which podtop does what for the account; None for a command, and where nothing is kept."""
        if self.state is None or not self.kind:
            return None
        from tui.services.owner import Ownership

        return Ownership(self.state, self.fleet, self.kind, self._is_recording, self.messages, self.clock)

    def _is_recording(self) -> bool:
        from tui.history.recorder import State

        return self.recorder is not None and self.recorder.state is State.RECORDING

    def api_use(self) -> Use | None:
        """How near the requests are to the limits of the API in use; None before the first one."""
        return self.monitor.api.use() if "monitor" in self.__dict__ else None

    def _identify(self) -> Identify | None:
        if self.state is None or self.source.demo:
            return None
        from tui.services.account_link import AccountLink

        self._link = AccountLink(
            self.state, self.source.profile, self._ask_account, self.messages.post, self.source.clock
        )
        return self._link.named

    async def _read_mutes(self, snapshot: Snapshot) -> None:
        """Read the account's mutes before its alerts are judged."""
        await self.mutes.read(snapshot.funds.account_id if snapshot.funds is not None else None)

    @cached_property
    def mutes(self) -> AccountMutes:
        """The account's mutes."""
        from tui.services.mutes import AccountMutes

        return AccountMutes(self.state, self.fleet, self.messages, self.clock, self.monitor.tell)

    @cached_property
    def leases(self) -> AccountLeases:
        """The account's leases."""
        from tui.services.account_leases import AccountLeases

        return AccountLeases(self.state, self.fleet, self.messages, self.clock, self.monitor.tell)

    @cached_property
    def idle_stops(self) -> IdleStops:
        """The account's idle stops."""
        from tui.services.idle_stops import IdleStops

        return IdleStops(self.config.auto, self.state, self.fleet, self.messages, self.clock, self.monitor.tell)

    @cached_property
    def drafts(self) -> DraftKeeper:
        """The deploy draft being edited."""
        from tui.services.draft_keeper import DraftKeeper

        return DraftKeeper(self.state, self.messages)

    @cached_property
    def logs(self) -> PodLogs:
        """The logs of pods, streamed while somebody follows them."""
        from tui.services.logs import PodLogs

        return PodLogs(lambda: self.monitor.cloud, skew=lambda: self.source.skew)

    def _happened(self, event: Event) -> None:
        (self._world or self.monitor).happened(event)

    def changed(self) -> None:
        """The fleet has changed."""
        if self.executor is not None:
            self.executor.polled()
        self._on_change()
        self._ring_alarms()
        clocks = self.source.clocks
        if self.records and clocks is not None and clocks.skew:
            self._clock_notice.look(clocks)

    @cached_property
    def _clock_notice(self) -> ClockNotice:
        """Imported when a clock was found to be wrong."""
        from tui.services.clock_notice import ClockNotice

        return ClockNotice(self._machine.post, self._happened)

    def start_of_day(self, at: float, day: int | None = None) -> float:
        """The start of the local day of an instant; or of another day of its month."""
        when = datetime.fromtimestamp(at, self.tz)
        return instant(when.replace(day=day or when.day, hour=0, minute=0, second=0, microsecond=0))

    @cached_property
    def others(self) -> OtherRecorders | None:
        """Recorders of the account on other hosts; None for a command, and where the settings name no other host."""
        if (
            not self.kind
            or self.state is None
            or self.source.demo
            or not (self.config.history.url or self.config.watcher.peer)
        ):
            return None
        from tui.domain.recorders import Holdings
        from tui.services.other_recorders import other_recorders

        return other_recorders(
            self.config, self.fleet, self.messages.post, self.clock, began=self.began, records=self.kind == "record",
            mine=lambda: (self.holdings and self.holdings.now) or Holdings(), directory=self.state.directory(),
            skew=lambda: self.source.skew,
        )  # fmt: skip

    def hold(self, *, stops: bool, watches: bool) -> OwnHoldings | None:
        """Begin to note what this podtop does for the account, and leaves alone; None where nothing is kept."""
        if self.state is not None and self.holdings is None:
            from tui.services.holdings import OwnHoldings
            from tui.services.idle_stops import rules

            self.holdings = OwnHoldings(
                self.state, self.fleet, rules(self.config.auto), self.clock, stops=stops, watches=watches,
                refusal=self.may_act,
            )  # fmt: skip
        return self.holdings

    @property
    def account_id(self) -> str | None:
        """The account's id; None while it is unknown."""
        return self.fleet.funds.account_id if self.fleet.funds is not None else None

    def may_act(self, *, shared: bool = False) -> str | None:
        """Why nothing is sent automatically; None if allowed. The action lock applies to user input only.

        shared: whether podtops on other hosts may do the same, and are asked first.
        """
        return self.guard.read_only or (self.others.refusal() if shared and self.others is not None else None) or None

    # Actions

    def start_executor(self, state: StateFiles) -> Executor:
        """Make the executor. `state`: where its action log is."""
        from tui.services.executor import Executor

        self.executor = Executor(
            self.fleet, self.guard, self._world or self.monitor, lambda: state.ledger(self.source.utc),
            clock=self.clock, skew=lambda: self.source.skew, messages=self.messages, on_change=self.changed,
        )  # fmt: skip
        return self.executor

    async def close(self) -> None:
        """Give notifications and requests under way their moment, then end them."""
        if "logs" in self.__dict__:
            await self.logs.close()
        if self._link is not None:
            self._link.close()
        if "notifications" in self.__dict__:
            await self.notifications.close()
        if self.executor is not None:
            await self.executor.close()

    # Notifications

    @cached_property
    def notifications(self) -> Notifications:
        """Notifies of alerts, and of what else is worth a call."""
        from tui.services.notifications import Notifications

        return Notifications(
            self.config.notify, self.config.hidden, self.fleet, self.messages, self.state, write=self._write,
            clock=self.clock, tz=self.tz, pace=self.source.pace,
        )  # fmt: skip

    def _call(self, message: UserMessage) -> None:
        if message.level is Level.CALL:
            self.notifications.call(message)

    def _ring_alarms(self) -> None:
        """Notify of alerts, once they were judged. Without any way to notify nothing is loaded for it."""
        if not self._notifies or self.state is None or self.fleet.judged_at is None:
            return
        if self.config.notify != type(self.config.notify)():
            self.notifications.ring_alarms(self.state)
