"""`Playback`: the position of the screens in time: live, paused, or in the recording. Independent of any screen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.history.queries import HistoryQueries
    from tui.store.fleet import Fleet

SPEEDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds of the recording that are played per second."""

SAME = 0.05
"""Seconds by which the instant of an event may differ from itself once it is packed."""

FRAME = 1.0
"""Seconds between two frames while playing."""

Spans = tuple[tuple[float, float], ...]


def land(spans: Spans, at: float, forward: bool) -> float | None:
    """The recorded instant for `at`: `at` itself, or the nearest one on the far side of the gap that it falls into."""
    if not spans:
        return None
    for start, end in spans:
        if start <= at <= end:
            return at
    if forward:
        return min((start for start, _ in spans if start > at), default=spans[-1][1])
    return max((end for _, end in spans if end < at), default=spans[0][0])


class Playback:
    """One position in time for all screens.

    frozen_view: the fleet that is shown, and its instant; None in the live view.
    playing: whether the instant advances automatically; `speed` seconds of the recording per second.
    waiting: whether the recording is being queried: recent keys may lead into it.
    spans:   the recorded time, as of the last query; empty before the first one.
    clock:   the live time, wherever the screens are.
    replay:  whether there is no live view to return to.

    The samples of pods in history are read when they are drawn; with a step at once, of those that were drawn before.
    """

    def __init__(
        self,
        live: Fleet,
        clock: Callable[[], float],
        on_change: Callable[[], object],
        post: Callable[[str], object] = lambda text: None,
        *,
        replay: bool = False,
    ) -> None:
        self.frozen_view: tuple[Fleet, float] | None = None
        self.past: HistoryQueries | None = None
        self.playing = False
        self.waiting = False
        self.replay = replay
        self._live = live
        self.clock = clock
        self._on_change = on_change
        self._post = post
        self._speed = 1
        self._target: tuple[float, bool, float | None] | None = None
        self._played_to: float | None = None
        self._event: tuple[float, float] | None = None
        self.spans: Spans = ()
        self._drawn: dict[str, None] = {}
        self._drawn_before: tuple[str, ...] = ()
        self._unread: dict[str, None] = {}
        self._needed = asyncio.Event()

    @property
    def speed(self) -> float:
        return SPEEDS[self._speed]

    @property
    def in_history(self) -> bool:
        """Whether the data shown come from the recording."""
        return self.frozen_view is not None and self.frozen_view[0].recorded

    @property
    def view(self) -> tuple[Fleet, float]:
        """The fleet to show, and the instant to show it at."""
        if self.frozen_view is not None:
            return self.frozen_view
        at = self._live.snapshot.at
        return self._live, at if self._live.past and at is not None else self.clock()

    def pause(self) -> None:
        """Freeze the view, or resume; in the recording, play or stop."""
        if self.replay and self.frozen_view is None:
            return
        if self.in_history:
            self.playing = not self.playing
        elif self.frozen_view is None:
            self.frozen_view = (self._live.frozen(), self.clock())
        else:
            self.frozen_view = None
        self._on_change()

    def now(self) -> bool:
        """Return to live; False if it was live already, or there is no live view."""
        if self.replay or self.frozen_view is None:
            return False
        self.frozen_view, self.playing, self._target = None, False, None
        self._drawn, self._drawn_before = {}, ()
        self._on_change()
        return True

    def faster(self, by: int) -> None:
        self._speed = min(max(self._speed + by, 0), len(SPEEDS) - 1)
        self._on_change()

    async def step(self, seconds: float) -> None:
        """Step back or forward in the recording."""
        if self.past is None:
            self._post("No recording to go back to")
            return
        base = self._target[0] if self._target is not None else self.view[1]
        await self.go(base + seconds, seconds > 0, base)

    async def look_up(self) -> Spans:
        """The recorded time, oldest first; empty if there is none, or it cannot be read, which is reported."""
        from tui.history.archive.schema import ArchiveError

        if self.past is None:
            self._post("No recording to go back to")
            return ()
        try:
            self.spans = await self.past.spans()
        except ArchiveError as error:
            self._post(f"Cannot read the recording: {error}")
            return ()
        if not self.spans:
            self._post("Nothing recorded yet")
        return self.spans

    async def step_event(self, forward: bool) -> None:
        """Step to the next event, or back to the previous one: to the first sample that shows it."""
        from tui.history.archive.schema import ArchiveError

        past = self.past
        if past is None:
            self._post("No recording to go back to")
            return
        at = self.view[1]
        # The sample that shows an event may be later than it.
        if self._event is not None and self._event[0] == at:
            at = self._event[1]
        try:
            event = await past.next_event(at + (SAME if forward else -SAME), forward)
            shown = None if event is None else await past.sample_from(event.at)
        except ArchiveError as error:
            self._post(f"Cannot read the recording: {error}")
            return
        if event is None or shown is None:
            self._post(f"No {'later' if forward else 'earlier'} event is recorded")
            return
        await self.go(shown, forward=False)
        if self.frozen_view is not None:
            self._event = self.frozen_view[1], event.at
            record = self.frozen_view[0].records.get(event.pod)
            name = record.name if record is not None else event.pod
            self._post(f"{name}: {event.text}" if name else event.text)

    async def go(self, at: float, forward: bool = True, base: float | None = None) -> None:
        """Show the last sample by an instant of the recording; of several requests while one loads, the last is shown.

        base: the instant stepped from: then the sample shown lies beyond it, the nearest to `at`.
        """
        # Not imported before the first frame: it imports SQLite.
        from tui.history.archive.schema import ArchiveError
        from tui.history.instant import carry_over

        past = self.past
        if past is None:
            return
        self._target = (at, forward, base)
        if self.waiting:
            return
        self.waiting = True
        try:
            while self._target is not None:
                wanted = at, forward, base = self._target
                spans = self.spans = await past.spans()
                landed = land(spans, at, forward)
                if landed is None:
                    self._post("Nothing recorded yet")
                    self._target = None
                    return
                last = spans[-1][1]
                # A step that ends nearer to the newest sample than to the one after it goes to the newest.
                if forward and at - (0.0 if base is None else (at - base) / 2) > last:
                    self.playing = False
                    if not self.replay:
                        self.now()
                        return
                self._played_to = landed
                if base is not None:
                    landed = self._played_to = await past.sample_near(landed, base, forward)
                else:
                    landed = await past.sample_before(landed)
                if self._drawn:
                    self._drawn_before, self._drawn = tuple(self._drawn), {}
                self._unread.clear()
                fleet = await past.at(landed, self._live, self._drawn_before, self._draw)
                if self.frozen_view is not None:
                    carry_over(self.frozen_view[0], fleet, landed)
                known = self.view[0].past_runs.items()
                fleet.past_runs.update({pod: runs for pod, runs in known if runs.holds_at(landed)})
                if self._target == wanted:
                    self._target = None
                    self.frozen_view = (fleet, landed)
                self._on_change()
        except ArchiveError as error:
            self._target = None
            self._post(f"Cannot read the recording: {error}")
        finally:
            self.waiting = False

    async def visit(self, at: float) -> bool:
        """Show an instant of the recording, if recorded; else go live, or in a replay to the last sample before it."""
        from tui.history.archive.schema import ArchiveError

        past = self.past
        if past is None:
            return False
        try:
            spans, silence = await past.spans(), await past.ask(lambda recording: recording.silence)
        except ArchiveError:
            return False
        # The state of an instant is known with the poll after it, and holds until the one that does not come.
        near = ((start, end) for start, end in spans if start - silence <= at <= end + silence)
        landed = next((max(start, min(at, end)) for start, end in near), None)
        if landed is None:
            if self.replay:
                await self.go(at, forward=False)
            self.now()
            return False
        await self.go(landed, forward=False)
        return self.in_history

    def _draw(self, pod: str, is_new: bool) -> None:
        """A pod of the fleet that is shown is drawn; `is_new`: its samples have yet to be read."""
        self._drawn[pod] = None
        if is_new:
            self._unread[pod] = None
            self._needed.set()

    async def read_on(self) -> None:
        """Read the samples of pods once they are drawn, until cancelled."""
        from tui.history.archive.schema import ArchiveError

        while True:
            await self._needed.wait()
            # A frame draws all of its rows.
            await asyncio.sleep(0)
            self._needed.clear()
            unread, self._unread = tuple(self._unread), {}
            if self.past is None or self.frozen_view is None or not unread:
                continue
            try:
                await self.past.read_on(self.frozen_view[0], unread, self.frozen_view[1])
            except ArchiveError as error:
                self._post(f"Cannot read the recording: {error}")
            self._on_change()

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Advance while playing, until cancelled."""
        while True:
            await sleep(FRAME)
            if self.playing and self.frozen_view is not None and not self.waiting:
                # Not from the sample that is shown: at a low speed there is none in every frame.
                played_to = self.frozen_view[1] if self._played_to is None else self._played_to
                await self.go(played_to + self.speed * FRAME)
