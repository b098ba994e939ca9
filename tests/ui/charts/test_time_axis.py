"""The clock times below a chart stand apart from its events and its cursor."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.variants import up_to
from tui.ui.charts.event_signs import GLYPHS
from tui.ui.charts.spec import BAD, CURSOR, EVENT, AxisSpec, ChartSpec, Mark, Row, Window, window
from tui.ui.charts.time_axis import axis_rows, tick_of, ticks, time_axis
from tui.ui.screens.charted import RANGES
from tui.ui.terminal.filters import ascii_text

NOON = 1_795_435_200.0


def test_a_time_is_never_right_beside_an_event_or_the_cursor() -> None:
    window = Window(NOON, 60, 40)
    times = "".join(text for text, _ in time_axis(ChartSpec("CPU", (), window, tz=UTC).time, 40)).count(":")
    for column in range(40):
        at = NOON + 60 * column
        for spec in (
            ChartSpec("CPU", (), window, tz=UTC, marks=(Mark(at, "●"),)),
            ChartSpec("CPU", (), window, tz=UTC, cursor=at),
        ):
            line = "".join(text for text, _ in time_axis(spec.time, 40))
            assert line[column] in "●┃"
            assert not (line[:column][-1:] + line[column + 1 : column + 2]).strip()
            assert line.count(":") >= times - 1 > 1, "at most the one below it is left out"


ZONES = st.sampled_from((
    "UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Pacific/Apia", "America/Sao_Paulo", "Pacific/Chatham",
))  # fmt: skip
PARTS = st.floats(0, 1)
# Any time, and around the days when clocks are set.
TIMES = st.one_of(
    st.floats(1.2e9, 2.2e9),
    *(st.floats(day - 90_000, day + 90_000) for day in (1_774_746_000.0, 1_793_495_000.0, 1_775_318_000.0)),
)


def text(row: Row) -> str:
    return "".join(part for part, _ in row)


@settings(max_examples=up_to(150))
@given(
    TIMES, st.sampled_from(RANGES), st.integers(1, 300), ZONES, st.lists(st.floats(0, 1), max_size=5), st.floats(0, 1)
)
def test_no_label_touches_another_and_none_is_of_the_future(
    now: float, span: float, columns: int, zone: str, marks: list[float], cursor: float
) -> None:
    shown, tz = window(now, span, columns), ZoneInfo(zone)
    length = shown.end - shown.start
    at = shown.start + cursor * length if cursor < 0.5 else None
    happened = tuple(Mark(shown.start + part * length, "▼") for part in marks)
    axis = AxisSpec(shown, tz, happened, at, now)
    for row in (time_axis(axis, columns), *axis_rows(axis, columns, 2)):
        assert len(text(row)) == columns
    tick = tick_of(shown, columns)
    labelled = list(ticks(shown, columns, tick, tz, now))
    assert all(before < after for before, after in pairwise(labelled))
    assert all(shown.start <= at <= now + 1e-3 for at in labelled)
    for moment in labelled:
        wall = datetime.fromtimestamp(moment, tz)
        seconds = wall.hour * 3600 + wall.minute * 60 + wall.second
        assert seconds % min(tick, 86_400) == 0, "a round time on the clock of this zone"
    words = text(axis_rows(AxisSpec(shown, tz, until=now), columns, 2)[1]).split("  ")
    assert all(len(word.strip()) <= 8 for word in words), "at least two cells between two labels"


@pytest.mark.wide
def test_most_labels_are_shown() -> None:
    for span in RANGES:
        for columns in range(24, 240):
            shown = window(NOON, span, columns)
            row = text(axis_rows(AxisSpec(shown, UTC, until=NOON), columns, 2)[1])
            assert len(row.split("  ")) >= 2, (span, columns)
            due = list(ticks(shown, columns, tick_of(shown, columns), UTC, NOON))
            assert len([word for word in row.split("  ") if word.strip()]) >= len(due) - 2


def test_where_the_clock_is_set_back_an_hour_is_shown_twice() -> None:
    tz = ZoneInfo("Europe/Berlin")
    # 25 October 2026, 03:00 is 02:00 again.
    shown = Window(datetime(2026, 10, 25, tzinfo=tz).timestamp(), 600.0, 36)
    hours = [datetime.fromtimestamp(at, tz).hour for at in ticks(shown, 36, 3600, tz)]
    assert hours == [0, 1, 2, 2, 3, 4]
    spring = Window(datetime(2026, 3, 29, tzinfo=tz).timestamp(), 600.0, 30)
    assert [datetime.fromtimestamp(at, tz).hour for at in ticks(spring, 30, 3600, tz)] == [0, 1, 3, 4, 5]


def test_events_have_a_row_of_their_own_and_the_time_of_the_cursor_is_read_below_it() -> None:
    shown = Window(NOON - 2400, 60.0, 40)
    axis = AxisSpec(shown, UTC, (Mark(NOON - 1500, "↻"),), NOON - 600, NOON)
    above, below = axis_rows(axis, 40, 2)
    assert [(n, letter) for n, letter in enumerate(text(above)) if letter != " "] == [(15, "↻"), (30, "┃")]
    assert {kind for part, kind in above if part in "↻┃"} == {EVENT, CURSOR}
    assert [part for part, kind in below if kind == CURSOR] == ["11:50"]
    assert "11:30" in text(below)


def test_the_cursor_names_the_events_where_there_is_room() -> None:
    shown = Window(NOON - 2400, 60.0, 40)
    marks = (Mark(NOON - 2400, "+", "new"), Mark(NOON - 1500, "↻", "restart"), Mark(NOON - 60, "◌", "idle"))
    axis = AxisSpec(shown, UTC, marks, NOON - 1500, NOON)
    above, _ = axis_rows(axis, 40, 2)
    assert text(above) == "+ new          ↻ restart          idle ◌"
    assert ("restart", CURSOR) in above
    # At rest there are the events alone: names would be sent again with each column.
    assert text(axis_rows(replace(axis, cursor=None), 40, 2)[0]).split() == ["+", "↻", "◌"]
    near = replace(axis, marks=(*marks[1:2], Mark(NOON - 1500 + 240, "●", "up")))
    assert text(axis_rows(near, 40, 2)[0]).split() == ["restart", "↻", "●", "up"]


@pytest.mark.parametrize("columns", [40, 57, 60, 77, 104, 105, 186, 187, 236])
def test_the_label_of_now_stands_at_the_right_edge(columns: int) -> None:
    """The newest time is read first: it is there at every width."""
    shown = window(NOON, 900, columns)
    line = text(time_axis(AxisSpec(shown, UTC, until=NOON), columns))
    assert line.rstrip().endswith("12:00")
    assert abs(line.index("12:00") + 2 - (shown.column(NOON) or 0)) <= 3


@pytest.mark.parametrize("order", [1, -1])
def test_what_needs_a_person_is_not_hidden_by_what_ended_well(order: int) -> None:
    shown = Window(NOON - 2400, 60.0, 40)
    happened = (Mark(NOON - 1500, "▲", role="bad"), Mark(NOON - 1490, "◌"), Mark(NOON - 1480, "✓", role="muted"))
    ((glyph, kind),) = (
        part for part in axis_rows(AxisSpec(shown, UTC, happened[::order]), 40, 2)[0] if part[0].strip()
    )
    assert (glyph, kind) == ("▲", BAD)


def test_an_event_under_the_cursor_keeps_its_sign_and_no_event_has_that_of_the_cursor() -> None:
    shown = Window(NOON - 2400, 60.0, 40)
    made = AxisSpec(shown, UTC, (Mark(NOON - 1500, "▲", role="bad"),), NOON - 1500)
    above, below = axis_rows(made, 40, 2)
    assert ("▲", BAD) in above
    assert CURSOR in {kind for _, kind in below}
    (free,) = (part for part, kind in axis_rows(replace(made, marks=()), 40, 2)[0] if kind == CURSOR)
    assert ascii_text(free) not in {ascii_text(glyph) for glyph in GLYPHS.values()}
