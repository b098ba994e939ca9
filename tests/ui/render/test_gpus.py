"""GPUs in cells: one idle GPU of eight is seen, an unknown one is none, and nothing is wider than its room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.attention import Attention, Grade
from tui.format import numbers as fmt
from tui.store.views.gpu_map import Doing, Gpu, Spot
from tui.ui.primitives import ramp
from tui.ui.primitives.cells import Cell, width_of
from tui.ui.render import gpu_blocks, gpu_map, gpus

UTIL = st.none() | st.floats(0, 100)


def text(cell: Cell) -> str:
    return "".join(part for part, _ in cell)


@given(st.lists(st.floats(50, 100), min_size=7, max_size=7), st.integers(0, 7))
def test_one_idle_gpu_of_eight_has_a_block_of_its_own(busy: list[float], at: int) -> None:
    utils = [*busy[:at], 0.0, *busy[at:]]
    cell = gpu_blocks.blocks(utils, 8)
    assert [number for number, block in enumerate(text(cell)) if block == "▁"] == [at]
    assert [role for part, role in cell if "▁" in part] == ["warn"]


@given(st.lists(UTIL, min_size=1, max_size=200), st.integers(1, 20))
def test_blocks_fit_and_an_unknown_gpu_is_no_low_one(utils: list[float | None], room: int) -> None:
    cell = gpu_blocks.blocks(utils, room)
    assert width_of(cell) <= max(room, gpu_blocks.BLOCKS)
    if len(utils) <= min(room, gpu_blocks.MOST_BLOCKS):
        assert [block == "?" for block in text(cell)] == [util is None for util in utils]


def test_a_gpu_far_below_the_others_is_marked_and_none_of_a_steady_pod() -> None:
    assert gpu_blocks.blocks([88.0, 88.0, 45.0, 88.0], 8) == (("▇▇", "spark"), ("▄", "warn"), ("▇", "spark"))
    assert gpu_blocks.blocks([88.0, 70.0, 65.0, 88.0], 8) == (("▇▅▅▇", "spark"),)


@given(st.lists(UTIL, min_size=1, max_size=16))
def test_rows_one_below_the_other_stay_apart(utils: list[float | None]) -> None:
    assert "█" not in text(gpu_blocks.blocks(utils, 16))
    assert "█" not in fmt.spark(utils)


def test_many_gpus_are_a_histogram_in_which_one_idle_gpu_is_seen() -> None:
    cell = gpu_blocks.blocks([0.0] + [95.0] * 31, 16)
    assert text(cell) == "▁      ▇"
    assert cell[0] == ("▁", "warn")
    assert text(gpu_blocks.blocks([95.0] * 32, 16)) == "       ▇"
    assert text(gpu_blocks.blocks([None] * 32, 16)) == "????????"


def test_a_pod_without_work_is_quiet_and_one_that_hangs_is_not() -> None:
    assert gpu_blocks.blocks([0.0, 1.0], 8) == (("▁▁", "muted"),)
    assert gpu_blocks.blocks([0.0, 1.0], 8, loud=True) == (("▁▁", "warn"),)
    assert gpu_blocks.blocks([0.0] * 32, 16)[0] == ("▇       ", "spark")
    assert gpu_blocks.blocks([0.0] * 32, 16, loud=True)[0] == ("▇", "warn")
    assert gpu_blocks.blocks([100.0, 99.0], 8) == (("▇▇", "spark"),)
    assert gpu_blocks.blocks([100.0, 99.0], 8, hangs=True) == (("▇▇", "bad"),)


def test_signs_stand_in_place_of_a_shade_and_are_told_apart() -> None:
    signs = [text((gpus.sign(Spot(doing, 100.0, True), True),)) for doing in Doing]
    assert len(set(signs)) == len(signs)
    assert gpus.sign(Spot(Doing.IDLE, 0.0, loud=False), True) == ("◌", "muted")
    assert gpus.sign(Spot(Doing.BOOTING, None, loud=False), True) == ("◔", "muted")
    assert gpus.sign(Spot(Doing.BOOTING, None, loud=True), True) == ("◔", "warn"), "for too long"
    assert gpus.sign(Spot(Doing.LAGS, 45.0, loud=True), True) == ("▾", "warn"), "as in the table"
    assert gpus.sign(Spot(Doing.WORKS, 100.0), False) == ("█", "spark")
    assert gpus.sign(Spot(Doing.WORKS, 100.0), True) == ("█", "heat-8")


@given(st.integers(10, 250), st.booleans())
def test_the_legend_explains_what_is_drawn_and_fits(width: int, shades: bool) -> None:
    legend = gpu_map.legend(shades, width)
    assert width_of(legend) <= max(width, ramp.STEPS)
    signs = [sign for sign in "◌▾▲°◔?" if sign in text(legend)]
    assert signs == list("◌▾▲°◔?")[: len(signs)], "what costs most comes first"
    assert len(signs) >= (3 if width >= 32 else 1 if width >= 16 else 0)
    assert len(signs) == 6 or width < 64


HUNG = Gpu(3, Doing.HUNG, 100.0, 100.0, 89.0, 71.0, 155.0, 700.0, 2640.0, cost=2.99, loud=True, spark=(100.0,) * 10)


def test_one_gpu_is_read_in_a_line() -> None:
    assert gpus.words("deepseek-grpo", HUNG) == "deepseek-grpo GPU 3  100%  155 W of 700  71 °C  hung 44m  $2.99/h"
    assert gpus.words("a", Gpu(0, Doing.UNKNOWN, None, 97.0)) == "a GPU 0  unknown (last 97%)"
    assert gpus.words("a", Gpu(1, Doing.IDLE, 0.0, since=7200.0, at_least=True)) == "a GPU 1  0%  idle ≥2h"


def test_a_gpu_that_lags_is_marked_in_a_line_of_its_own_as_in_the_row_of_its_pod() -> None:
    (line,) = gpus.strip([Gpu(2, Doing.LAGS, 45.0, 45.0, loud=True)], None, 76, 1)
    assert ("▄", "warn") in line
    (line,) = gpus.strip([Gpu(2, Doing.WORKS, 45.0, 45.0, loud=True)], None, 76, 1)
    assert ("▄", "spark") in line
    (line,) = gpus.strip([Gpu(0, Doing.IDLE, 0.0, 0.0, loud=True)], None, 76, 1)
    assert {("▁", "warn"), ("  0", "warn")} <= set(line)


ALERT = Attention("hung", "hung", Grade.BAD, "GPUs report full load, but draw 155 of 700 W: hung? ($23.92/h)", "a", "a")


@given(st.integers(0, 40), st.integers(1, 250), st.integers(0, 30), st.sampled_from([None, ALERT]))
def test_the_gpus_of_a_pod_fit_in_the_lines_that_there_are(
    count: int, width: int, height: int, alert: Attention | None
) -> None:
    of_pod = [HUNG] * count
    lines = gpus.strip(of_pod, alert, width, height)
    assert len(lines) <= height
    assert all(width_of(line) <= width for line in lines) or width < 24


def test_the_only_gpu_of_a_pod_has_no_price_of_its_own() -> None:
    assert "$" not in text(gpus.strip([HUNG], None, 120, 3)[0])
    assert "$2.99/h" in text(gpus.strip([HUNG] * 2, None, 120, 3)[0])


def test_eight_gpus_stand_in_four_lines_of_a_small_terminal_with_what_is_wrong() -> None:
    shown = [text(line) for line in gpus.strip([HUNG] * 8, ALERT, 76, 6)]
    assert shown[0].startswith("▲ GPUs report full load")
    assert sum("hung 44m" in line for line in shown) == 4
    assert sum(line.count("155/700W") for line in shown) == 8


@given(st.integers(20, 300))
def test_a_row_of_a_gpu_has_a_bar_only_if_its_value_is_known(width: int) -> None:
    room = {column.key: column.width for column in gpus.columns(width)}
    assert "━" in text(gpus.cells(HUNG, room)["util"])
    unknown = gpus.cells(Gpu(0, Doing.UNKNOWN), room)["util"]
    assert not {"━", "─"} & set(text(unknown))
    assert width_of(unknown) <= room["util"]


def shade(shown: gpu_map.Signs, util: float) -> int:
    ((_, role),) = shown.of_pod("a", [Spot(Doing.WORKS, util)])
    return int(role.removeprefix("heat-")) - 1


@given(st.lists(st.floats(5, 100), min_size=1, max_size=30), st.sampled_from([5.0, 60.0]))
def test_a_shade_is_about_right_or_wrong_for_half_a_minute(utils: list[float], step: float) -> None:
    shown, wrong = gpu_map.Signs(), 0
    for number, util in enumerate(utils):
        shown.follow(number * step, True)
        low = shade(shown, util) * 12.5
        wrong = 0 if low - gpu_map.SLACK <= util <= low + 12.5 + gpu_map.SLACK else wrong + 1
        assert wrong <= (gpu_map.HOLD / step if step <= gpu_map.SOON else 0)


@given(st.lists(st.floats(5, 100), max_size=5), st.floats(5, 100), st.sampled_from([None, 9.0]))
def test_what_was_drawn_while_history_was_loaded_decides_no_shade(
    loaded: list[float], now: float, live: float | None
) -> None:
    shown, fresh = gpu_map.Signs(), gpu_map.Signs()
    fresh.follow(live, True)
    for util in loaded:
        shown.follow(None, True)
        shade(shown, util)
    shown.follow(live, True)
    assert shade(shown, now) == shade(fresh, now)


def drawn(*responses: tuple[float, Doing, float, bool]) -> list[str]:
    """The role of a GPU's cell with each response."""
    shown, roles = gpu_map.Signs(), []
    for at, doing, util, loud in responses:
        shown.follow(at, True)
        ((_, role),) = shown.of_pod("a", [Spot(doing, util, loud)])
        roles.append(role)
    return roles


def every_5_s(doing: Doing, util: float, start: float, end: float, loud: bool = False) -> list[Response]:
    """Responses from one instant until before another, all alike."""
    return [(at, doing, util, loud) for at in range(int(start), int(end), 5)]


Response = tuple[float, Doing, float, bool]


def test_noise_at_the_edge_of_a_shade_and_a_moment_without_work_change_nothing() -> None:
    works = [(5.0 * n, Doing.WORKS, util, False) for n, util in enumerate((51.0, 47.0, 52.0, 44.0))]
    saves = [*every_5_s(Doing.IDLE, 0.0, 20, 50), (50.0, Doing.WORKS, 50.0, False)]
    assert len(set(drawn(*works, *saves))) == 1
    # Then as long again: idle for less than half a minute is a moment, however often.
    assert len(set(drawn(*works, *saves, *every_5_s(Doing.IDLE, 0.0, 55, 85)))) == 1
    assert drawn(*works, *saves, *every_5_s(Doing.IDLE, 0.0, 55, 90, loud=True))[-2:] == ["heat-5", "warn"]
    # Back at work it is so for as long.
    back = drawn((0.0, Doing.IDLE, 0.0, False), *every_5_s(Doing.WORKS, 98.0, 5, 40))
    assert back == [*["muted"] * 7, "heat-8"]


@pytest.mark.parametrize("doing", [Doing.HUNG, Doing.HOT, Doing.LAGS, Doing.BOOTING, Doing.UNKNOWN])
def test_what_may_need_a_person_is_on_the_map_at_once(doing: Doing) -> None:
    responses = [(0.0, Doing.WORKS, 98.0, False), (5.0, doing, 97.0, True), (10.0, Doing.WORKS, 98.0, False)]
    before, then, after = drawn(*responses)
    assert before == after == "heat-8"
    assert then == gpus.sign(Spot(doing, 97.0, True), True)[1]


def test_a_shade_goes_by_time_and_not_by_drawings() -> None:
    utils = [(0.0, 98.0), *((5.0, 40.0) for _ in range(20)), (10.0, 98.0), (15.0, 40.0), (20.0, 42.0)]
    assert set(drawn(*((at, Doing.WORKS, util, False) for at, util in utils))) == {"heat-8"}
    # With a minute between two responses it is said at once.
    assert drawn((0.0, Doing.WORKS, 98.0, False), (60.0, Doing.WORKS, 40.0, False)) == ["heat-8", "heat-4"]
    # So it is for what has not been on the screen since: it may be of an hour ago.
    assert drawn((0.0, Doing.WORKS, 98.0, False), (3600.0, Doing.WORKS, 40.0, False))[-1] == "heat-4"


def test_a_moment_without_work_beside_others_that_work_is_not_loud() -> None:
    moments = [(0.0, Doing.IDLE, 0.0, False), (5.0, Doing.IDLE, 0.0, True), (10.0, Doing.IDLE, 0.0, False)]
    assert drawn(*moments) == ["muted"] * 3
    assert drawn(moments[0], *every_5_s(Doing.IDLE, 0.0, 5, 40, loud=True)) == [*["muted"] * 7, "warn"]


def test_a_theme_without_shades_has_heights_at_once() -> None:
    shown, spots = gpu_map.Signs(), [Spot(Doing.WORKS, 98.0)]
    cells = []
    for at, shades in ((0.0, True), (5.0, True), (5.0, False)):
        shown.follow(at, shades)
        cells += shown.of_pod("a", spots)
    assert cells == [("█", "heat-8"), ("█", "heat-8"), ("█", "spark")]


def test_a_gpu_that_was_not_on_the_screen_is_drawn_as_it_is() -> None:
    shown = gpu_map.Signs()
    for at in (0.0, 5.0, 10.0, 15.0):
        shown.follow(at, True)
        if at in (0.0, 15.0):
            cells = shown.of_pod("a", [Spot(Doing.WORKS, 95.0 if at == 0 else 12.0)])
        shown.of_pod("b", [Spot(Doing.WORKS, 50.0)])
    assert cells == (("█", "heat-1"),)
