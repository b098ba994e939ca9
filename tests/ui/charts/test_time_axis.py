"""The clock times below a chart stand apart from its events and its cursor."""

from __future__ import annotations

from datetime import UTC

from tui.ui.charts import captions
from tui.ui.charts.spec import ChartSpec, Mark, Window

NOON = 1_795_435_200.0


def test_a_time_is_never_right_beside_an_event_or_the_cursor() -> None:
    times = 0
    for column in range(40):
        at = NOON + 60 * column
        for spec in (
            ChartSpec("CPU", (), Window(NOON, 60, 40), tz=UTC, marks=(Mark(at, "●"),)),
            ChartSpec("CPU", (), Window(NOON, 60, 40), tz=UTC, cursor=at),
        ):
            line = "".join(text for text, _ in captions.time_axis(spec, 40))
            assert line[column] in "●▲"
            assert not (line[:column][-1:] + line[column + 1 : column + 2]).strip()
            times += line.count(":")
    assert times > 80
