"""Numbers to words, rows to cells, the header, the footer's groups."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from tests.make import pod, snapshot
from tui.domain.attention import Attention, Grade
from tui.format import numbers as fmt
from tui.format.width import shown
from tui.store.fleet import Fleet
from tui.store.views import pods
from tui.ui.primitives.cells import fair, fit, width_of, wrap
from tui.ui.primitives.empty_state import EmptyState, notice_line
from tui.ui.render import row_columns, rows
from tui.ui.widgets.status_lines import TwoSided, join
from tui.ui.widgets.table import visible

NOW = 1_000_000.0
NUMBERS = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"), (math.inf, "∞"), (-17, "0s"), (0, "0s"), (42.9, "42s"), (725, "12m 05s"), (11_220, "3h 07m"),
        (367_200, "4d 06h"), (100 * 86_400, "14w 2d"),
    ],
)  # fmt: skip
def test_duration(seconds: float | None, words: str) -> None:
    assert fmt.duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "–"), (42.0, "42s"), (115.0, "1m 55s"), (3360.0, "56m"), (3900.0, "1h 05m")]
)
def test_from_ten_minutes_on_no_seconds_are_told(seconds: float | None, words: str) -> None:
    assert fmt.lasting(seconds) == words


def test_money_and_prices() -> None:
    assert fmt.money(1234.5) == "$1,234.50"
    assert fmt.money(-1) == "-$1.00"
    assert fmt.money(None) == fmt.price(None) == fmt.UNKNOWN
    assert [fmt.price(v) for v in (0.0, 0.06, 0.065, 2.99)] == ["0.00", "0.06", "0.065", "2.99"]


@given(NUMBERS)
def test_no_number_is_too_wild_for_words(value: float | None) -> None:
    for words in (fmt.money, fmt.price, fmt.percent, fmt.duration, fmt.short_duration):
        assert words(value)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(240.0, "one in 4m"), (4.2, "one in 4s"), (0.98, "one in 1s"), (0.5, "2 per second"), (0.0, "1000 per second")],
)  # fmt: skip
def test_how_often_something_comes_is_never_one_in_no_time(seconds: float, words: str) -> None:
    assert fmt.pace(seconds) == words


@given(st.one_of(st.none(), st.floats(-50, 150)), st.integers(0, 20))
def test_a_bar_is_exactly_as_wide_as_asked(value: float | None, width: int) -> None:
    filled, empty = fmt.bar(value, width)
    assert len(filled + empty) == (width if value is not None else 0)


def test_a_spark_tells_unknown_from_zero() -> None:
    assert fmt.spark((None, 0, 50, 100)) == " ▁▄▇"


@given(
    st.lists(st.tuples(st.text(max_size=12), st.sampled_from(["text", "bad"])), max_size=4),
    st.integers(0, 30),
    st.booleans(),
)
def test_fit_is_exact_in_terminal_cells(parts: list[tuple[str, str]], width: int, right: bool) -> None:
    assert width_of(fit(tuple(parts), width, right=right)) == width


@given(st.lists(st.tuples(st.text(max_size=30), st.sampled_from(["text", "bad"])), max_size=4), st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_nothing(parts: list[tuple[str, str]], width: int) -> None:
    lines = wrap(tuple(parts), width)
    assert all(width_of(line) <= width for line in lines)
    words = "".join("".join(text for text, _ in line) for line in lines)
    assert "".join(words.split()) == "".join("".join(shown(text) for text, _ in parts).split())


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        ([("$1.81/h", "text"), (" · ", "muted"), ("▰▰▰ ", "good"), ("high", "text"), (" · ↓900 ↑800 Mbit/s", "quiet")],
         ["$1.81/h · ▰▰▰ high ·", "↓900 ↑800 Mbit/s"]),
        ([("CPU ", "muted"), ("40%", "text"), ("  GPU 95% 94% 97%", "muted")], ["CPU 40%", "GPU 95% 94% 97%"]),
        ([("one item that is longer than a line", "text")], ["one item that is", "longer than a line"]),
    ],
)  # fmt: skip
def test_what_belongs_together_stays_on_one_line(parts: list[tuple[str, str]], lines: list[str]) -> None:
    assert ["".join(text for text, _ in line).rstrip() for line in wrap(tuple(parts), 20)] == lines


@given(st.integers(0, 250))
def test_columns_never_need_more_than_there_is(width: int) -> None:
    for columns in (
        row_columns.pod_columns(width, True),
        row_columns.pod_columns(width, False),
        row_columns.offer_columns(width),
    ):
        shown = visible(columns, width)
        assert sum(w for _, w in shown) + len(shown) - 1 <= max(width, 0) or len(shown) == 1
        assert shown[0][0].key == columns[0].key or len(shown) == 1


DEMO = {"name": len("distill-student spot"), "gpu": len("2×RTX 4090")}
IDLE = Attention(
    "idle", "idle", Grade.WARN, "all GPUs idle for at least 56m ($1.38/h); $1.29 so far", "a", "a",
    lasts=3400.0, cost_per_hr=1.38, so_far=1.29,
)  # fmt: skip
LAGS = Attention(
    "straggler", "straggler", Grade.WARN,
    "GPU 2 lags: 45%, the others 88%, for 58m; they wait for it: $3.40/h of $6.96/h; $3.36 so far", "b", "b",
    lasts=3525.0, cost_per_hr=6.96, so_far=3.36,
)  # fmt: skip


@pytest.mark.parametrize(("width", "room", "keys"), [
    (80, 75, ("name", "gpu", "util")),
    (120, 115, ("name", "gpu", "util", "uptime")),
    (200, 135, ("name", "gpu", "util", "power", "location")),
    (250, 183, ("name", "gpu", "util", "power", "location", "spent", "alert")),
])  # fmt: skip
def test_columns_are_as_wide_as_their_content_and_leave_room_for_more(
    width: int, room: int, keys: tuple[str, ...]
) -> None:
    columns = row_columns.pod_columns(width, False, (IDLE, LAGS), 8)
    widest = row_columns.pod_widths(DEMO, (IDLE, LAGS), 8)
    shown = {column.key: room for column, room in visible(columns, room, widest)}
    assert set(keys) <= shown.keys()
    assert shown["name"] >= DEMO["name"]
    assert DEMO["gpu"] <= shown["gpu"] <= DEMO["gpu"] + 4


def test_the_alert_in_a_row_says_what_its_state_and_its_price_do_not() -> None:
    assert row_columns.brief(LAGS) == "GPU 2 lags: 45%, the others 88%"
    assert row_columns.brief(IDLE) == ""
    held = "all GPUs idle for at least 56m ($1.38/h); GPU memory still held (60%); $1.29 so far"
    assert row_columns.brief(replace(IDLE, text=held)) == "GPU memory still held (60%)"
    assert "alert" not in {column.key for column in row_columns.pod_columns(250, False, (IDLE,), 8)}


def test_the_alert_in_a_row_says_what_an_errored_pod_may_cost() -> None:
    doubt = "whether the pod is still billed $2.99/h is unknown: at most $1.08 so far"
    alert = Attention(
        "pod-error", "error", Grade.BAD, f"RunPod reports an error since 21m; {doubt}", "a", "a", cost_per_hr=2.99
    )
    assert row_columns.brief(alert) == doubt
    assert "alert" in {column.key for column in row_columns.pod_columns(250, False, (alert,), 8)}


@given(st.integers(1, 120), st.integers(1, 12), st.text(max_size=200))
def test_a_notice_line_fills_its_line(width: int, height: int, text: str) -> None:
    for y in range(height):
        assert width_of(notice_line(EmptyState("nothing here", (text,)), y, width, height)) == width


@given(st.integers(1, 120))
def test_a_two_sided_line_fills_its_line(width: int) -> None:
    line = TwoSided(((("left one", "text"),), (("left two", "text"),)), ((("right", "text"),), (("last", "text"),)))
    text = "".join(t for t, _ in join(line, width))
    assert cell_len(text) == width
    assert width < 15 or "right" in text


def test_a_straggler_is_marked_by_a_glyph_and_not_by_hue_alone() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a", utils=(90, 90, 20, 90)), pod("b", utils=(90, 88))), NOW)
    cells = {key: rows.pod_cells(pods.pod_row(fleet.records[key], NOW), NOW, 8)["util"] for key in ("a", "b")}
    assert "".join(t for t, _ in cells["a"]) == "72▾"
    assert "".join(t for t, _ in cells["b"]) == "89%"


@pytest.mark.parametrize(("is_muted", "roles"), [(False, ("warn", "warn")), (True, ("muted", "quiet"))])
def test_the_row_of_an_idle_pod_is_as_loud_as_its_alert(is_muted: bool, roles: tuple[str, str]) -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a", utils=(0, 0))), NOW)
    alert = Attention("idle", "idle", Grade.WARN, "all GPUs idle", "a", "a", muted=is_muted)
    cells = rows.pod_cells(pods.pod_row(fleet.records["a"], NOW, alert=alert), NOW, 8)
    assert (cells["gpus"][0][1], cells["util"][0][1]) == roles


def test_of_a_spot_pod_the_name_is_cut_and_not_that_it_is_one() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a", name="distill-student", kind="INTERRUPTABLE")), NOW)
    row = pods.pod_row(fleet.records["a"], NOW)

    def name(room: int, marked: bool = False) -> str:
        return "".join(text for text, _ in rows.pod_cells(row, NOW, 8, marked, name_width=room)["name"])

    assert name(0) == name(20) == "distill-student spot"
    assert name(18) == "distill-stud… spot"
    assert name(18, marked=True) == "✓ distill-st… spot"


def test_a_status_is_whole_and_its_duration_is_shown_if_there_is_room() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a", utils=None)), NOW)
    row = replace(pods.pod_row(fleet.records["a"], NOW), since=NOW - 1560)
    words = ["".join(text for text, _ in rows.phase_cell(row, NOW, room)) for room in (13, 11)]
    assert words == ["◔ booting 26m", "◔ booting"]


@given(st.lists(st.text(max_size=20), max_size=6), st.integers(0, 80))
def test_texts_share_their_room_and_the_longest_are_cut(texts: list[str], cells: int) -> None:
    widths = [width_of(((text, ""),)) for text in fair(texts, cells)]
    whole = [width_of(((shown(text), ""),)) for text in texts]
    assert sum(widths) <= max(cells, 2 * len(texts))
    if sum(whole) <= cells:
        assert fair(texts, cells) == tuple(texts)


def test_three_names_in_a_title_are_all_told_apart() -> None:
    names = ("distill-student", "llama-70b-pretrain", "mixtral-8x7b-sft")
    assert fair(names, 39) == ("distill-stud…", "llama-70b-pr…", "mixtral-8x7b…")


def test_a_stopped_pods_leftover_telemetry_is_not_shown() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a", status="EXITED", utils=(90,))), NOW)
    row = pods.pod_row(fleet.records["a"], NOW, spark=10)
    assert (row.figures["util"], row.figures["cpu"], row.uptime, row.spark) == (None, None, None, ())
