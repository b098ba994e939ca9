"""`podtop logs`: the logs of pods on the output, once or as they are written. Nothing of them is kept anywhere."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from tui.api.capabilities import REST_DOES, Capability, not_offered
from tui.api.doubt import with_pods
from tui.api.errors import CloudError, NotOffered, Rejected
from tui.api.http.sanitize import clean
from tui.api.pod_logs import LogLine, LogQuery, LogSource
from tui.commands import confirmation
from tui.commands.api_news import ApiNews
from tui.commands.confirmation import Refused
from tui.commands.exit_codes import Exit, code_of
from tui.commands.items import VERSION
from tui.commands.outlet import Outlet
from tui.commands.stdio import ReaderGone, make_lenient, make_utf8, note, say
from tui.services.log_stream import Stage, StreamState
from tui.services.logs import PodLogs
from tui.store.log_buffer import LogBuffer
from tui.system.signals import cancel_on_signals

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.services.source import Source

INSTEAD = 'Set api = "auto" or "rest" (--api), with a key that REST v2 accepts.'

QUEUED = 2_000
"""Lines that wait for a slow reader, at most: then no more are read from RunPod."""


class LogItem(Struct, frozen=True):
    """One line of a pod's log.

    podtop: the version of this shape; kind: always "log".
    at:     when it was written, with milliseconds; None if RunPod does not report it.
    source: container, or system: RunPod about the container.
    id:     RunPod's name of its place.
    """

    podtop: int
    kind: str
    pod_id: str
    pod_name: str
    at: str | None
    source: str
    id: str
    text: str


class Wanted(Struct, frozen=True):
    """What to print.

    pods:   ids or names.
    source: one of them; None is both.
    tail:   earlier lines to begin with.
    since:  seconds back to begin at, in place of `tail`.
    """

    pods: tuple[str, ...]
    follow: bool = False
    source: LogSource | None = None
    tail: int = 100
    since: float | None = None
    as_json: bool = False


def logs(source: Source, wanted: Wanted) -> int:
    """Print the logs; returns the exit code."""
    (make_utf8 if wanted.as_json else make_lenient)(sys.stdout)
    return asyncio.run(_run(source, wanted))


async def _run(source: Source, wanted: Wanted) -> int:
    printing = asyncio.ensure_future(_print(source, wanted))
    signalled = cancel_on_signals(printing)
    try:
        return await printing
    except asyncio.CancelledError:
        return signalled[0]
    except ReaderGone:
        return Exit.OK


async def _print(source: Source, wanted: Wanted) -> int:
    cloud = await asyncio.to_thread(source.open)
    ApiNews(cloud, source)
    try:
        return await print_logs(cloud, source, wanted)
    finally:
        await cloud.aclose()


async def print_logs(cloud: Cloud, source: Source, wanted: Wanted, service: PodLogs | None = None) -> int:
    """Print the logs from a cloud; returns the exit code. Raises ReaderGone and NotWritten."""
    try:
        if not cloud.offers(Capability.LOGS):
            raise not_offered(Capability.LOGS)
        fleet = with_pods(await cloud.fleet())
        names = {pod.id: pod.name for pod in fleet.pods or ()}
        ids = confirmation.find(wanted.pods, names, is_cut=fleet.is_cut)
    except CloudError as error:
        say(_sentence(error))
        return code_of(error)
    except Refused as refused:
        say(str(refused).removesuffix(" Nothing was sent."))
        return refused.code
    streams = service or PodLogs(lambda: cloud, skew=lambda: source.skew)
    since = None if wanted.since is None else source.clock() - wanted.since
    reader = _Reader({id: names[id] for id in ids}, wanted)
    following = streams.follow(ids, LogQuery(wanted.source, wanted.tail, since), reader)
    try:
        return await reader.run(following.hold)
    finally:
        following.close()
        await streams.close()


def _sentence(error: CloudError) -> str:
    text = str(error)
    return f"{text} {INSTEAD}" if isinstance(error, NotOffered) and REST_DOES not in text else text


class _Reader:
    """Prints lines as they come. Earlier ones of several pods wait for each other, to be printed by time."""

    def __init__(self, names: Mapping[str, str], wanted: Wanted) -> None:
        self._names = names
        self._wanted = wanted
        self._out = Outlet()
        self._ready: list[str] = []
        self._states: dict[str, StreamState] = {}
        self._said: dict[str, str] = {}
        self._codes: dict[str, int] = {}
        self._merging: LogBuffer | None = LogBuffer() if len(names) > 1 else None
        self._count = 0
        self._news = asyncio.Event()
        self._hold: Callable[[bool], None] = lambda held: None

    # From the streams

    def add_lines(self, pod: str, lines: Sequence[LogLine], *, earlier: bool) -> None:
        """Lines arrived."""
        self._count += len(lines)
        if self._merging is not None:
            for line in lines:
                if len(self._merging) >= QUEUED * 5:
                    # Long before any is dropped.
                    self._merged()
                self._merging.add(pod, (line,))
        else:
            self._ready += [self._text(pod, line) for line in lines]
        if len(self._ready) > QUEUED:
            self._hold(True)
        self._news.set()

    def set_state(self, pod: str, state: StreamState) -> None:
        """A stream is in another state."""
        self._states[pod] = state
        if state.error is not None:
            self._report(pod, state, state.error)
        elif state.stage is Stage.LIVE:
            self._said.pop(pod, None)
        self._news.set()

    def _report(self, pod: str, state: StreamState, error: CloudError) -> None:
        """Print why a stream is broken or has ended: once while it stays so."""
        ended = state.stage is Stage.ENDED
        if ended or not self._wanted.follow:
            self._codes[pod] = Exit.REFUSED if isinstance(error, Rejected) else code_of(error)
        text = (
            f"{self._names[pod] or pod}: {_sentence(error)}{'' if ended or not self._wanted.follow else ' Retrying.'}"
        )
        if self._said.get(pod) != text:
            self._said[pod] = text
            say(text)

    # To the output

    async def run(self, hold: Callable[[bool], None]) -> int:
        """Print until all has been printed that is wanted; returns the exit code. `hold`: read no more lines."""
        self._hold = hold
        while True:
            self._news.clear()
            if self._merging is not None and all(map(self._is_complete, self._names)):
                self._merged()
                self._merging = None
            over = self._is_over()
            texts, self._ready = self._ready, []
            if texts:
                await self._out.written("".join(texts))
            if not self._ready:
                if over:
                    break
                hold(False)
                await self._news.wait()
        if not self._count and not self._codes:
            note("no log lines")
            return Exit.NOTHING
        return max(self._codes.values(), default=Exit.OK)

    def _is_complete(self, pod: str) -> bool:
        """Whether all earlier lines of a pod have arrived, or will not."""
        state = self._states.get(pod)
        return state is not None and (state.backfilled or state.stage is Stage.ENDED or pod in self._codes)

    def _is_over(self) -> bool:
        if not self._wanted.follow:
            return all(map(self._is_complete, self._names))
        states = [self._states.get(pod) for pod in self._names]
        return all(state is not None and state.stage is Stage.ENDED for state in states)

    def _merged(self) -> None:
        buffer, self._merging = self._merging, LogBuffer()
        self._ready += [self._text(entry.pod, entry.line) for entry in buffer or ()]

    def _text(self, pod: str, line: LogLine) -> str:
        text, name = clean(line.text), self._names[pod]
        if self._wanted.as_json:
            item = LogItem(VERSION, "log", pod, name, _iso(line.at), line.source.value, line.id, text)
            return msgspec.json.encode(item).decode() + "\n"
        marker = "[system] " if line.source is LogSource.SYSTEM and self._wanted.source is None else ""
        return f"{clean(name or pod) + ': ' if len(self._names) > 1 else ''}{marker}{text}\n"


def _iso(at: float | None) -> str | None:
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None
