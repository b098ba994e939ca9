"""`podtop stop`, `resume`, `terminate`: the confirmation steps of the dialogs, on a plain terminal.

The pods are looked up by id, the consequences are shown, a person agrees, the pods are read again, and only then is
each request logged and sent, once, by the same `Executor` as that of the full screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tui.actions import BY_ID
from tui.api.capabilities import not_offered
from tui.api.doubt import surely_with_pods, with_pods
from tui.api.errors import CloudError
from tui.commands import confirmation
from tui.commands.api_news import ApiNews
from tui.commands.confirmation import Refused
from tui.commands.exit_codes import Exit, code_of
from tui.commands.outlet import Outlet
from tui.commands.prompt import Terminal
from tui.commands.stdio import NotWritten, is_quiet, make_lenient, note, say, write
from tui.domain import consequences
from tui.domain.action import Command, is_spot
from tui.domain.events import Event, Kind
from tui.domain.operations import Outcome, Status
from tui.domain.user_message import UserMessage
from tui.services.action_lock import ActionLock
from tui.services.messages import Messages, logged
from tui.services.poller import Failed, Poller
from tui.services.session import Session
from tui.system.signals import end_on_signals

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.models import Pod, Snapshot
    from tui.config.loader import Config
    from tui.domain.consequences import Case
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles

_ENDINGS = {Status.DONE: Exit.OK, Status.UNKNOWN: Exit.UNKNOWN}


def act(
    source: Source,
    state: StateFiles,
    action: str,
    wanted: Sequence[str],
    *,
    yes: bool,
    config: Config,
    dry_run: bool = False,
) -> int:
    """Apply one action to these pods, by id or name; returns the exit code.

    yes:     do not ask.
    dry_run: print what would be sent, and send nothing.
    """
    import sys

    terminal = Terminal()
    for stream in (sys.stdout, sys.stderr):
        make_lenient(stream)
    if config.read_only and not dry_run:
        say(f"{action}: podtop is in read-only mode. Nothing was sent.")
        return Exit.REFUSED
    hands = partial(Hands, source=source, state=state, config=config, dry_run=dry_run)
    return asyncio.run(_run(source, action, wanted, None if yes or dry_run else terminal, hands))


async def _run(
    source: Source, action: str, wanted: Sequence[str], terminal: Terminal | None, make: Callable[[Cloud], Hands]
) -> int:
    signalled: list[int] = []
    acting: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(code: int) -> None:
        signalled.append(code)
        acting.cancel()

    end_on_signals(end)
    cloud = await asyncio.to_thread(source.open)
    hands = make(cloud)
    if not signalled:
        acting = asyncio.ensure_future(hands.act(action, wanted, terminal))
    try:
        code = await _ended(action, acting, hands, signalled)
    finally:
        await hands.close()
        await cloud.aclose()
    if (lost := hands.lost) is None:
        return code
    say(f"{action}: {NotWritten(lost)}. The outcome is in podtop log.")
    # What happened says more than that it could not be printed; but a success that nobody was told of is none.
    return code or Exit.CRASHED


async def _ended(action: str, acting: asyncio.Future[int], hands: Hands, signalled: Sequence[int]) -> int:
    """The exit code of how it ended; what went wrong is printed."""
    try:
        return await acting
    except Refused as refused:
        say(f"{action}: {refused}")
        return refused.code
    except CloudError as error:
        say(f"{action}: {error} Nothing was sent.")
        return code_of(error)
    except asyncio.CancelledError:
        if not hands.sent:
            say(f"{action}: canceled. Nothing was sent.")
            return signalled[0]
        await hands.close()
        if (known := hands.known) is not None:
            # RunPod has responded; only the check of the result was left.
            return known
        say(f"{action}: interrupted before the outcome was known. Check podtop log before you try again.")
        return Exit.UNKNOWN


class Hands:
    """One command, from looking up pods to the known outcome; implements what an `Executor` needs of the monitor.

    sent:    whether anything was handed to the executor.
    dry_run: hand nothing to it; print what would be.
    """

    def __init__(
        self, cloud: Cloud, source: Source, state: StateFiles, config: Config, *, dry_run: bool = False
    ) -> None:
        self.sent = False
        self._dry_run = dry_run
        self._account = f"that of {config.account}, not profile {config.profile}" if config.override else source.profile
        self._out: Outlet | None = None
        self._cloud = cloud
        self._news = ApiNews(cloud, source)
        self._clock = source.clock
        self._changed = asyncio.Event()
        guard = ActionLock("this is a dry run" if dry_run else "", after=None)
        session = Session(
            source, config, Messages(logged("act"), self._print), guard,
            state=state, on_change=self._changed.set, world=self, budget=0,
        )  # fmt: skip
        self._fleet = session.fleet
        self._executor = session.start_executor(state)
        self._looks = Poller(self._glance, config.interval, first=config.interval)
        self._looking: asyncio.Task[None] | None = None
        self._events: list[Event] = []
        self._tasks: dict[str, asyncio.Task[Outcome]] = {}

    # The executor's view of the monitor

    @property
    def cloud(self) -> Cloud | None:
        return self._cloud

    async def look(self) -> Snapshot:
        """The read before sending."""
        return surely_with_pods(await self._glance())

    async def _glance(self) -> Snapshot:
        snapshot = with_pods(await self._cloud.fleet())
        self._fleet.apply(snapshot, self._clock())
        self._news.answered()
        return snapshot

    def wake(self) -> None:
        self._looks.wake()

    def happened(self, event: Event) -> None:
        self._events.append(event)

    # From the look-up to sending

    async def act(self, action: str, wanted: Sequence[str], terminal: Terminal | None) -> int:
        """Raises Refused and CloudError for failures before anything is sent."""
        if (needed := BY_ID[action].needs) is not None and not self._cloud.offers(needed):
            raise not_offered(needed)
        await self.look()
        names = {key: record.name for key, record in self._fleet.records.items()}
        ids = confirmation.find(wanted, names, is_cut=self._fleet.is_cut)
        if not self._dry_run:
            await self._settle_earlier(ids)
        case = self._case(action, ids)
        code = self._tell_left_out(case, ids)
        while case.subjects:
            if terminal is not None and not terminal.there:
                raise Refused("no terminal to ask for confirmation; add --yes", Exit.USAGE)
            if terminal is not None or self._dry_run or not is_quiet():
                # What is to be agreed to is shown, however quiet podtop is.
                confirmation.show(case, self._account)
            if wrong := consequences.faults(case, case.count, case.bid):
                raise Refused("; ".join(wrong.values()))
            if self._dry_run:
                commands = consequences.commands(case, case.count, case.bid)
                write("".join(f"{confirmation.would(case.action.verb, command)}\n" for command in commands))
                note("dry run: nothing was sent")
                return code
            if terminal is not None:
                await confirmation.agree(case, terminal)
            subjects = [subject.pod.id for subject in case.subjects]
            await self.look()
            fresh = self._case(action, subjects)
            if fresh.key == case.key:
                sent = await self._send(consequences.commands(fresh, fresh.count, fresh.bid))
                return max(code, sent)
            say("the pod changed in the meantime. Nothing was sent.")
            if terminal is None:
                return Exit.REFUSED
            case = fresh
            code = max(code, self._tell_left_out(case, subjects))
        return code

    def _case(self, action: str, ids: Sequence[str]) -> Case:
        fleet = self._fleet
        return consequences.case(BY_ID[action], ids, self._pods(), fleet.operations, fleet.funds, fleet.lacks)

    def _pods(self) -> dict[str, Pod | None]:
        return {key: r.pod if r.unreadable is None else None for key, r in self._fleet.records.items()}

    def _tell_left_out(self, case: Case, ids: Sequence[str]) -> Exit:
        """Report the pods to which nothing will happen, and whether that counts as success."""
        code, action, records = Exit.OK, case.action, self._fleet.records
        chosen = {subject.pod.id for subject in case.subjects}
        for (name, why), key in zip(case.skipped, (key for key in ids if key not in chosen), strict=True):
            record = records.get(key)
            pod = record.pod if record is not None else None
            so = key not in self._fleet.operations and action.reached(record)
            if not so:
                code = Exit.REFUSED
            if pod is not None and is_spot(pod) and action.id == "resume" and not so:
                why = "spot pods resume with a bid; use B in the podtop UI"
            if so:
                note(f"{action.verb} {name}: {why}. Nothing to do.")
            else:
                say(f"{action.verb} {name}: {why}. Nothing was sent.")
        return code

    async def _settle_earlier(self, ids: Collection[str]) -> None:
        """Find out the outcome of earlier requests on these pods: one operation at a time."""
        await self._executor.resume_looking(ids)
        if not any(key in self._fleet.operations for key in ids):
            return
        note("an earlier request got no response; checking its outcome (ctrl+c cancels)")
        self.wake()
        await self._until_over(ids)

    async def _send(self, commands: Sequence[Command]) -> Exit:
        self.sent = True
        self._tasks = {command.pod: self._executor.start(command, by="command") for command in commands}
        self._look_on()
        # Waiting is cancelled by a signal; sending is not: `close` gives it time to end.
        await asyncio.wait(self._tasks.values())
        await self._until_over(self._tasks)
        return self.known or Exit.OK

    @property
    def known(self) -> Exit | None:
        """The worst outcome of all that was sent; None while any is unknown."""
        if not self._tasks or not all(task.done() and not task.cancelled() for task in self._tasks.values()):
            return None
        outcomes = {pod: _code(task.result()) for pod, task in self._tasks.items()}
        for event in self._events:
            if event.kind is Kind.UNKNOWN and event.pod in outcomes:
                outcomes[event.pod] = Exit.UNKNOWN
        return max(outcomes.values())

    @property
    def lost(self) -> OSError | None:
        """Why an outcome could not be printed; None if all were, or whoever read them had enough."""
        return None if self._out is None else self._out.lost

    # Outcomes

    def _look_on(self) -> None:
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._follow())

    async def _follow(self) -> None:
        looks = 0
        async for reading in self._looks:
            if isinstance(reading, Failed):
                self._fleet.fail(reading.error, self._clock())
            self._executor.polled()
            await asyncio.sleep(0)
            looks += 1
            if self._fleet.operations and looks == 2:
                note("waiting for RunPod to show the outcome (ctrl+c stops waiting)")

    async def _until_over(self, ids: Collection[str]) -> None:
        self._look_on()
        while any(key in self._fleet.operations for key in ids):
            self._changed.clear()
            await self._changed.wait()

    def _print(self, message: UserMessage) -> None:
        """Print progress to the output."""
        if self._out is None:
            # A slow or closed reader of the output must not disturb what is being sent.
            self._out = Outlet()
        self._out.write(f"{message.text}\n")

    async def close(self) -> None:
        """Give pending requests time to end; those without a response by then are logged as such."""
        await self._executor.close()
        if self._out is not None:
            await self._out.close(None)
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)


def _code(outcome: Outcome) -> Exit:
    return _ENDINGS.get(outcome.ending, Exit.REFUSED)
