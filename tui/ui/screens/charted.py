"""`ChartScreen`: a screen with charts: their range, their cursor, and the position in history."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on

from tui.format import numbers as fmt
from tui.store.fleet import Fleet
from tui.store.fleet_state import Record
from tui.store.metrics import COMPARED
from tui.store.views.run_chart_kinds import Scale, with_runs
from tui.ui import themes
from tui.ui.context import ScreenContext
from tui.ui.messages import LookBack
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.screens.base import BaseScreen
from tui.ui.widgets.telemetry import Telemetry

if TYPE_CHECKING:
    from tui.store.views.pod_lines import Frame
    from tui.ui.charts.spec import ChartSpec
    from tui.ui.widgets.chart import Chart
    from tui.ui.widgets.time_line import TimeLine

RANGES = (300.0, 900.0, 3600.0, 6 * 3600.0, 86_400.0, 7 * 86_400.0, 30 * 86_400.0)
"""Chart ranges in seconds."""

DEFAULT_RANGE = 1
STEPS = 180
"""Steps through the recording in the range of the charts; none is shorter than the time between two polls."""


class ChartScreen(BaseScreen):
    """Its charts reach back for one of `RANGES`: from FIRST_RANGE to LAST_RANGE, initially RANGE_AT_FIRST."""

    FIRST_RANGE: ClassVar[int] = 0
    LAST_RANGE: ClassVar[int] = len(RANGES) - 1
    RANGE_AT_FIRST: ClassVar[int] = DEFAULT_RANGE

    def __init__(self, sight: ScreenContext) -> None:
        super().__init__(sight)
        self._range = self.RANGE_AT_FIRST
        self._heat: bool | None = None
        self._is_heat = False
        self._turn = 0
        self._cursor: float | None = None
        self._width = 1.0
        self._shown_pods: tuple[str, ...] = ()
        self._time: TimeLine | None = None
        self._last_sample = math.inf
        self._scale = Scale.TIME
        self._span: float | None = None
        self._recalled: set[str] = set()

    def on_resized(self) -> None:
        """A chart was resized: the same time is cut into other buckets."""
        self.show()

    def _show_charts(self, pane: Telemetry, records: Sequence[Record]) -> None:
        """Draw the charts of a pod, or of several on one axis."""
        # Charts are the most expensive import: deferred until there is data to draw.
        from tui.store.views import pod_lines
        from tui.ui.charts import pod_charts
        from tui.ui.charts.look import MANY, Look

        fleet, now = self._view
        of_runs: tuple[str, ...] = ()
        if fleet.runs:
            # Runs need statistics, which most accounts do without.
            from tui.store.views import run_lines

            of_runs = run_lines.run_charts(fleet, records)
        pane.offer_axis(bool(of_runs))
        scale = self._scale if of_runs else Scale.TIME
        if of_runs and scale is Scale.TIME:
            # An empty chart would take room from those of the GPUs.
            of_runs = run_lines.run_charts(fleet, records, now - RANGES[self._range])
        of_pods, compares = pod_lines.charts_of(records[0]) if len(records) == 1 else COMPARED, False
        if scale is not Scale.TIME:
            self._recall_runs(fleet, records)
            shown_runs = run_lines.shown(fleet, records, scale)
            compares = len(shown_runs) > 1
            if scale is Scale.STEP or compares:
                of_pods = ()
        wanted = pane.in_turn(with_runs(of_pods, of_runs), self._turn)
        if not pane.charts:
            pane.open()
            self.call_after_refresh(self.show)
            return
        alone = records[0].series.names if len(records) == 1 and not self._sight.display.pace.slow else ()
        pane.divide(len(wanted), pod_charts.rows_of(wanted, alone, self._heat))
        self._shown_pods = tuple(record.id for record in records)
        self._last_sample = pod_lines.charted_until(fleet, records, now)
        self._span, origin = None, 0.0
        if scale is not Scale.TIME:
            self._span, self._last_sample, origin = run_lines.whole(shown_runs, scale, self._last_sample)
        look = Look(
            now=now, span=self._span or RANGES[self._range], tz=self._sight.tz, heat=self._heat,
            spark=self._sight.display.pace.slow, many=1 if self.app.theme in themes.HUELESS else MANY,
            shades=self._has_shades, cursor=self._cursor, end=self._last_sample, scale=scale, origin=origin,
            compares=compares, live=not (fleet.past or self._player.in_history),
        )  # fmt: skip
        sizes = [(max(1, chart.size.width), max(1, chart.size.height)) for chart in pane.charts[: len(wanted)]]
        shown = [size for size in sizes if size != (1, 1)] or sizes
        self._width = pod_charts.width_of(look, shown)
        if of_pods:
            self._look_back(fleet, records, pod_charts.frame_of(look, max(shown), self._width))
        self._draw_charts(pane, pod_charts.specs(fleet, records, look, self._width, sizes, wanted))

    def _recall_runs(self, fleet: Fleet, records: Sequence[Record]) -> None:
        """Request from the recording what the runs of these pods reported before what is in memory: once for each."""
        for record in records:
            if record.id in fleet.runs and record.id not in fleet.past_runs and record.id not in self._recalled:
                self._recalled.add(record.id)
                self.run_worker(self._recall_run(record.id), name="earlier runs", group="earlier runs")

    async def _recall_run(self, pod: str) -> None:
        from tui.history.archive.schema import ArchiveError
        from tui.store.run_history import PastRuns

        past, (_, now) = self._player.past, self._view
        try:
            # Until the recording is opened, and where there is none, a later look asks again.
            runs = await past.runs_of(pod, now) if past is not None else None
        except ArchiveError:
            # The runs that are in memory are compared.
            runs = ()
        finally:
            self._recalled.discard(pod)
        # Another instant of the past may be shown by now.
        fleet, at = self._view
        if runs is not None and ((past_runs := PastRuns(runs, now)).holds_at(at) or not fleet.recorded):
            fleet.past_runs[pod] = past_runs
        if runs:
            self.show()

    def _draw_charts(self, pane: Telemetry, specs: Sequence[ChartSpec]) -> None:
        self._is_heat = any(spec.form.is_heat for spec in specs)
        if len(specs) > 1 and specs[0].blank and all(spec.blank == specs[0].blank for spec in specs):
            # What is true of all is said once, and not in each of them.
            pane.show_notice(EmptyState(specs[0].blank))
        else:
            pane.show(specs)

    @property
    def _has_shades(self) -> bool:
        """Whether amounts are shown by shades of a hue."""
        return themes.has_shades(self.app.current_theme) and not self._sight.display.ascii

    def _look_back(self, fleet: Fleet, records: Sequence[Record], frame: Frame) -> None:
        """Request from the recording the samples that memory lacks: once for each pod and bucket width."""
        from tui.store.views import pod_lines

        for record in records:
            lacking = pod_lines.lacking(fleet, record, frame)
            if lacking is not None:
                self.post_message(LookBack(fleet, (record.id,), *lacking, frame.width))

    def _since(self, records: Iterable[Record]) -> float:
        """The instant since which there are samples of these pods in the range of the charts."""
        from tui.store.views.pod_lines import known_since

        fleet, now = self._view
        return known_since(fleet, records, now - RANGES[self._range])

    def _span_words(self, since: float | None = None) -> str:
        """The range of the charts, and how much of it has data. `since`: the first sample."""
        fleet, now = self._view
        if self._span is not None:
            records = [fleet.records[pod] for pod in self._shown_pods if pod in fleet.records]
            from tui.ui.render import run_axis

            return run_axis.words(fleet, records, self._scale, self._cursor, self._sight.tz)
        text = fmt.span_since(RANGES[self._range], now, since, self._sight.tz) + self._whose()
        if self._cursor is None:
            return text
        at = datetime.fromtimestamp(self._cursor, self._sight.tz)
        return f"◂ {at:%H:%M:%S} ▸  {text}" if self._width < 60 else f"◂ {at:%a %H:%M} ▸  {text}"

    def _whose(self) -> str:
        """Whose history the charts show besides podtop's own; empty if nobody else's."""
        older = self._view[0].older
        sources = {older[pod].source for pod in self._shown_pods if pod in older and older[pod].width == self._width}
        return "".join(f" · {source}" for source in sorted(sources - {""}))

    def action_range(self, step: int) -> None:
        # A range is one of time: the other axes show the whole run.
        self._range = min(max(self._range + step, self.FIRST_RANGE), self.LAST_RANGE)
        self._scale, self._cursor = Scale.TIME, None
        self.show()

    def action_return(self) -> None:
        if not self._player.now():
            self._range, self._scale, self._cursor = self.RANGE_AT_FIRST, Scale.TIME, None
            self.show()

    @on(Telemetry.AxisTurned)
    def _turn_axis(self) -> None:
        """Show the next axis: time, time since the start of a run, steps."""
        scales = list(Scale)
        self._scale = scales[(scales.index(self._scale) + 1) % len(scales)]
        self._cursor = None
        self.show()

    def action_heat(self) -> None:
        self._heat = not self._is_heat
        self.show()

    def action_big(self) -> None:
        """Make the next charts big."""
        self._turn += 1
        self.show()

    @on(Telemetry.CursorMoved)
    def _cursor_moved(self, event: Telemetry.CursorMoved) -> None:
        """Move the chart cursor by whole buckets; it starts at the newest, and disappears beyond it."""
        _, now = self._view
        last = min(now, self._last_sample) if self._span is None else self._last_sample
        newest = last // self._width * self._width
        at = newest + self._width if self._cursor is None else self._cursor // self._width * self._width
        at += event.step * self._width
        span = self._span or RANGES[self._range]
        oldest = newest - max(0.0, span // self._width - (self._span is None)) * self._width
        self._cursor = None if at > newest else max(at, oldest)
        self.show()

    def on_chart_read(self, event: Chart.Read) -> None:
        """Move the chart cursor to the clicked instant, as the arrows do; a second click there removes it."""
        event.stop()
        if event.wider:
            self.action_range(event.wider)
            return
        _, now = self._view
        until = now if self._span is None else self._last_sample
        at = None if event.at is None or event.at > until else event.at
        self._cursor = None if at == self._cursor else at
        self.show()

    # History

    def action_pause(self) -> None:
        self._player.pause()

    def action_step(self, step: int) -> None:
        seconds = max(self._sight.fleet.interval, RANGES[self._range] / STEPS)
        self.run_worker(self._player.step(step * seconds), group="step")

    def action_jump(self, step: int) -> None:
        self.run_worker(self._player.step(step * RANGES[self._range]), group="step")

    def action_event(self, step: int) -> None:
        self.run_worker(self._player.step_event(step > 0), group="step")

    async def action_go_to(self) -> None:
        """Open the line in which a time is typed."""
        spans = await self._player.look_up()
        if not spans or self._time is not None:
            return
        from tui.ui.render import go_to
        from tui.ui.widgets.time_line import TimeLine

        player = self._player
        now = spans[-1][1] if player.replay else player.clock()
        prompt = go_to.PROMPT if len(go_to.PROMPT) + 2 <= self.size.width else go_to.BRIEF
        self._time = TimeLine(prompt, lambda text: go_to.meaning(text, now, spans, self._sight.tz, player.replay))
        await self.mount(self._time, before="#footer")

    def on_time_line_done(self, event: TimeLine.Done) -> None:
        from tui.domain import time_text

        event.stop()
        self._time = None
        event.line.remove()
        if event.has_focus:
            self._refocus()
        self.refresh_bindings()
        player = self._player
        if event.text is None or not player.spans:
            return
        first, last = player.spans[0][0], player.spans[-1][1]
        at = time_text.instant(event.text, last if player.replay else player.clock(), self._sight.tz, first, last)
        if at > last and not player.replay:
            # There is no sample after it: as the line said, that is live.
            player.now()
            return
        self.run_worker(player.go(at, forward=False), group="step")

    def _refocus(self) -> None:
        """Give the focus back after a line of input."""

    def action_speed(self, by: int) -> None:
        self._player.faster(by)
