"""`Run`: the training run of a pod, as its signals show it, and what follows from them. Time is an argument."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from tui.api.secret import masked_start
from tui.domain.signals.epochs import EpochCount
from tui.domain.signals.machine import Machine, is_gone, training
from tui.domain.signals.troubles import Trouble, is_end, trouble
from tui.domain.signals.values import LARGEST_COUNT, NOTHING, Values
from tui.store.signal_series import SignalSeries

LONGEST_LINE = 300
"""Characters of the last line that are kept."""

INTERVALS = 128
"""Intervals between lines by which the usual one is known."""

KNOWN_AFTER = 10
"""Intervals without which no usual one is known."""

SAME = 0.05
"""Seconds within which lines are written at once."""

RATE_SPAN = 1800.0
"""Seconds by whose progress the end is computed."""

RATE_LEAST = 60.0
"""Seconds of progress without which a program's own rate is used."""

OTHER_BAR = 1800.0
"""Seconds after which a shorter bar is that of a new run: before, it is one of an evaluation."""


class Said(NamedTuple):
    """A line that matters, and when it was written."""

    at: float
    line: str
    trouble: Trouble | None = None


class Run(Struct, frozen=True):
    """What is known of a pod's run.

    title:     whose lines they are; `detected`: whether podtop found that out. Empty as long as it is unknown.
    source:    where from: "log", "ssh" or "files".
    now:       the last value of each field.
    began:     when the first line arrived; `values_at`: the last one with values; `line_at`: the last one at all.
    line:      the last line. `lines`: how many there were. `left_out`: how many were skipped, as they came too fast.
    usual:     the median of seconds between lines, `longest`: the longest of the last ones; None as long as unknown.
    not_finite: the first line whose loss is not a number, if all since then are like it.
    trouble:   the line of the last trouble, unless there was progress after it.
    ended:     the line that says that the run has ended, unless there was progress after it.
    gone:      when the processes of the run were first missing, unless there was progress after it.
    problem:   why nothing is read at the moment; empty if that works.
    machine:   what the pod last said about its processes and disks; None if it was not asked.
    quotes:    whether alerts may have lines of the log.
    series:    values over time; grows in place.
    """

    title: str = ""
    detected: bool = False
    source: str = ""
    now: Values = NOTHING
    began: float | None = None
    values_at: float | None = None
    line: str = ""
    line_at: float | None = None
    lines: int = 0
    left_out: int = 0
    usual: float | None = None
    longest: float | None = None
    not_finite: Said | None = None
    trouble: Said | None = None
    ended: Said | None = None
    gone: float | None = None
    problem: str = ""
    quotes: bool = False
    machine: Machine | None = None
    series: SignalSeries = field(default_factory=SignalSeries)


class Progress(NamedTuple):
    """How far a run is. `whole`: of the run, not only of its epoch."""

    done: float
    total: float
    whole: bool

    @property
    def part(self) -> float:
        return min(1.0, self.done / self.total) if self.total > 0 else 1.0


def progress(values: Values) -> Progress | None:
    """How far it is, by steps or epochs; None if that is not reported."""
    step, total = values.step, values.total
    if not values.within and step is not None and total:
        return Progress(float(step), float(total), True)
    within = step / total if values.within and step is not None and total else None
    if values.epochs and values.epoch is not None:
        return Progress(max(0.0, values.epoch - values.counts_from) + (within or 0.0), values.epochs, True)
    return None if within is None or step is None or total is None else Progress(float(step), float(total), False)


class Eta(NamedTuple):
    """When it ends: seconds from now. `whole`: the run, not only the epoch."""

    seconds: float
    whole: bool


def eta(run: Run, now: float) -> Eta | None:
    """How long it will take; None if that is unknown, or if it has ended or been silent for too long to say."""
    so_far = progress(run.now)
    if so_far is None or run.values_at is None or has_ended(run) or is_silent(run, now):
        return None
    if so_far.part >= 1.0:
        return Eta(0.0, so_far.whole)
    rate = _rate(run, now)
    if rate is None and run.now.it_per_s and run.now.step is not None and run.now.total:
        rate = run.now.it_per_s / run.now.total
        if so_far.whole and run.now.within:
            rate /= so_far.total
    if not rate:
        return None
    since = max(0.0, now - run.values_at)
    return Eta(max(0.0, (1.0 - so_far.part) / rate - since), so_far.whole)


def _rate(run: Run, now: float) -> float | None:
    """The part of the run that is done in a second, over the last half hour without a step back."""
    points = run.series.column("done", now - RATE_SPAN)
    begin = len(points) - 1
    while begin > 0 and points[begin - 1].value <= points[begin].value:
        begin -= 1
    if begin < 0 or points[-1].at - points[begin].at < RATE_LEAST:
        return None
    gained = points[-1].value - points[begin].value
    return gained / (points[-1].at - points[begin].at) if gained > 0 else None


def cost_to_finish(run: Run, cost_per_hr: float | None, now: float) -> float | None:
    """Dollars until the end of the run at the pod's price; None if either is unknown."""
    left = eta(run, now)
    if left is None or not left.whole or cost_per_hr is None:
        return None
    return left.seconds * cost_per_hr / 3600.0


def has_ended(run: Run) -> bool:
    """Whether the run says that it has ended, or its processes are gone."""
    return run.ended is not None or run.gone is not None


def patience(run: Run, least: float) -> float:
    """Seconds without a line after which a run is silent: far longer than usual, and longer than any pause of late."""
    return max(least, 30.0 * (run.usual or 0.0), 3.0 * (run.longest or 0.0))


SILENT = 600.0
"""Seconds without a line at least for a run to be silent."""


def is_silent(run: Run, now: float, least: float = SILENT) -> bool:
    return run.line_at is not None and now - run.line_at > patience(run, least)


class RunTracker:
    """Makes a `Run` of lines, in the order in which they were written.

    quotes: whether alerts may have lines of the log; `hidden`: a line without what they must not have, such as a key.
    """

    def __init__(
        self, source: str = "", *, quotes: bool = False, hidden: Callable[[str], str] = lambda text: text
    ) -> None:
        self._hidden = hidden
        self.run = Run(source=source, quotes=quotes)
        self._intervals: deque[float] = deque(maxlen=INTERVALS)
        self._total_at: float | None = None
        self._processes: frozenset[int] = frozenset()
        self._epochs, self._step = 0, 0
        self._epoch_count = EpochCount()

    def take(self, at: float, text: str, values: Values) -> None:
        """A line, what a reader made of it, and when it was written."""
        run = self.run
        if run.line_at is not None and at - run.line_at >= SAME:
            self._intervals.append(at - run.line_at)
        at = max(at, run.line_at or at)
        line = self._start_of(text.strip()) or run.line
        run = replace(run, line=line, line_at=at, lines=run.lines + 1, began=at if run.began is None else run.began)
        if not values.is_empty:
            run = self._with(run, at, self._of_the_run(run, at, values))
        if (kind := trouble(text)) is not None and not _outranks(run.trouble, kind, at):
            run = replace(run, trouble=Said(at, line, kind))
        if is_end(text, troubled=run.trouble is not None):
            run = replace(run, ended=Said(at, line))
        self.run = run

    def _start_of(self, text: str) -> str:
        """What is kept of a line. One that may be quoted leaves this machine: without what must not."""
        return masked_start(text, LONGEST_LINE, self._hidden) if self.run.quotes else text[:LONGEST_LINE]

    def take_values(self, at: float, values: Values) -> None:
        """What a file of metrics says, and when it was written; what is older than what is known is no news."""
        if self._is_news(at, values):
            self.run = self._with(self.run, at, self._of_the_run(self.run, at, values))

    def _is_news(self, at: float, values: Values) -> bool:
        return not values.is_empty and (self.run.values_at is None or at >= self.run.values_at)

    def take_state(self, at: float, values: Values) -> None:
        """All that was known at an instant, as a recording has it: what it lacks was not known any more.

        What follows from several lines is in it already: its step and its epoch may be of different lines.
        """
        self.run = replace(self.run, now=NOTHING)
        if self._is_news(at, values):
            self.run = self._with(self.run, at, values)

    def take_machine(self, machine: Machine) -> None:
        """What the pod says about itself."""
        gone = self.run.gone
        if present := training(machine):
            self._processes, gone = present, None
        elif self._processes and is_gone(self._processes, machine):
            gone = machine.at if gone is None else gone
        self.run = replace(self.run, machine=machine, gone=gone)

    def settle(self, title: str = "", *, detected: bool = False) -> Run:
        """Bring what is computed of many lines up to date, once after all that have arrived; returns the run."""
        known = len(self._intervals) >= KNOWN_AFTER
        self.run = replace(
            self.run, title=title, detected=detected,
            usual=median(self._intervals) if known else None, longest=max(self._intervals) if known else None,
        )  # fmt: skip
        return self.run

    def skipped(self, lines: int) -> None:
        """Lines came too fast to be read; what they said is unknown."""
        self.run = replace(self.run, left_out=self.run.left_out + lines)

    def hindered(self, problem: str) -> None:
        """Nothing is read at the moment, and why; empty: it is again."""
        self.run = replace(self.run, problem=problem)

    def restarted(self) -> None:
        """The container was restarted: another run, or the same from a checkpoint. Its curve goes on."""
        self._intervals.clear()
        self._epochs = self._step = 0
        self._epoch_count = EpochCount()
        self._total_at, self._processes = None, frozenset()
        self.run = replace(
            self.run, now=NOTHING, usual=None, longest=None, not_finite=None, trouble=None, ended=None, values_at=None,
            line_at=None, machine=None, gone=None,
        )  # fmt: skip

    def _of_the_run(self, run: Run, at: float, values: Values) -> Values:
        """Without the steps of a bar that is not of the run itself: those of evaluations are shorter."""
        if _is_of_another(run, values):
            self._epoch_count = EpochCount()
        self._epoch_count.see(values)
        if self._epoch_count.contradicts(values):
            values = replace(values, within=True)
        before = run.now.total
        if values.from_bar and values.total is not None and before is not None and values.total < before:
            if self._total_at is not None and at - self._total_at < OTHER_BAR:
                return replace(values, step=None, total=None, it_per_s=None, from_bar=False)
        elif values.total is not None or self._total_at is None:
            self._total_at = at
        return values

    def _counted(self, now: Values, values: Values) -> Values:
        """With the step counted over all epochs, where the program counts it within each."""
        if values.step is None or not now.total:
            return values
        if not now.within:
            self._epochs = self._step = 0
            return values
        if now.epoch is not None:
            self._epochs = max(0, int(now.epoch) - now.counts_from)
        elif values.step < self._step / 2:
            self._epochs += 1
        self._step = values.step
        return replace(values, step=min(LARGEST_COUNT, self._epochs * now.total + values.step))

    def _with(self, run: Run, at: float, values: Values) -> Run:
        run = replace(run, began=at if run.began is None else run.began)
        if _is_of_another(run, values):
            # It may have fewer steps: nothing of the one before it says how far it is.
            self._total_at, self._epochs, self._step = None, 0, 0
            run = replace(
                run, now=replace(run.now, step=None, total=None, epoch=None, epochs=None, within=False, counts_from=0)
            )
        now = values.over(run.now)
        if self._epoch_count.from_zero and now.counts_from:
            now = replace(now, counts_from=0)
        if values.step is not None and now.within and not values.within and values.total != run.now.total:
            # A step of the whole run: what was counted before it is within an epoch, and so is the number of its steps.
            # Of as many steps as an epoch has, it is one of an epoch, where it happens to fit to both.
            now = replace(now, within=False, total=values.total)
        if (
            values.epoch is not None
            and run.now.epoch is not None
            and values.epoch > run.now.epoch
            and values.step is None
        ):
            # A new epoch begins at its first step.
            now = replace(now, step=0 if now.within else now.step)
        # A loss that is a number again takes back that it was none.
        now = replace(
            now, not_finite=values.not_finite if values.loss is not None or values.not_finite else now.not_finite
        )
        so_far = progress(now)
        has_progress = (values.step is not None or values.loss is not None) and not _is_redrawn(run.now, values)
        moved = so_far is not None and (values.step is not None or values.epoch is not None)
        run.series.add(at, self._counted(now, values), so_far.part if so_far is not None and moved else None)
        not_finite = run.not_finite
        if values.not_finite:
            not_finite = not_finite or Said(at, run.line)
        elif values.loss is not None:
            not_finite = None
        return replace(
            run, now=now, values_at=at, not_finite=not_finite,
            trouble=None if has_progress else run.trouble, ended=None if has_progress else run.ended,
            gone=None if has_progress and run.gone is not None and at > run.gone else run.gone,
        )  # fmt: skip


def _is_of_another(run: Run, values: Values) -> bool:
    """Whether a line is of another run, after the end of the one before it."""
    return run.ended is not None and values.loss is not None and not _is_redrawn(run.now, values)


def _is_redrawn(before: Values, values: Values) -> bool:
    """Whether a line repeats the step that is known: bars are redrawn when they are closed, after the end of a
    run of Lightning, and after the traceback of any."""
    return values.step is not None and values.step == before.step and values.epoch in (None, before.epoch)


_SOON = 30.0


def _outranks(before: Said | None, kind: Trouble, at: float) -> bool:
    """Whether what was reported a moment ago says more: a traceback comes with the error that caused it."""
    if before is None or before.trouble is None or at - before.at > _SOON:
        return False
    order = list(Trouble)
    return order.index(before.trouble) <= order.index(kind)
