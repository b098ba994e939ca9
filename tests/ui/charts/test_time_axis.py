"""The clock times below a chart stand apart from its events and its cursor."""

from __future__ import annotations

from datetime import UTC

from tui.ui.charts import captions
from tui.ui.charts.spec import ChartSpec, Mark, Window

NOON = 1_795_435_200.0


def test_a_time_is_never_right_beside_an_event_or_the_cursor() -> None:
    window = Window(NOON, 60, 40)
    times = "".join(text for text, _ in captions.time_axis(ChartSpec("CPU", (), window, tz=UTC), 40)).count(":")
    for column in range(40):
        at = NOON + 60 * column
        for spec in (
            ChartSpec("CPU", (), window, tz=UTC, marks=(Mark(at, "●"),)),
            ChartSpec("CPU", (), window, tz=UTC, cursor=at),
        ):
            line = "".join(text for text, _ in captions.time_axis(spec, 40))
            assert line[column] in "●▲"
            assert not (line[:column][-1:] + line[column + 1 : column + 2]).strip()
            assert line.count(":") >= times - 1 > 1, "at most the one below it is left out"
