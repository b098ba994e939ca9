"""GPUs that need attention: which, since when and how much they waste, in the lines that there are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.store.views.gpu_map import Doing, Gpu
from tui.ui.primitives.cells import Cell, width_of
from tui.ui.render.needy_gpus import listed


def text(cell: Cell) -> str:
    return "".join(part for part, _ in cell)


def idle(index: int, since: float = 3360.0, wasted: float | None = 0.69) -> Gpu:
    return Gpu(index, Doing.IDLE, 0.0, since=since, wasted=wasted, loud=True)


LAGS = Gpu(2, Doing.LAGS, 45.0, since=3525.0, cost=1.74, wasted=3.43, loud=True)


def test_it_says_which_since_when_and_how_much_they_waste() -> None:
    shown = [text(line) for line in listed([("qwen", [idle(0), idle(1)]), ("mixtral", [LAGS])], 76, 9)]
    assert shown == [
        "",
        "GPUs that need attention",
        "qwen     GPUs 0-1  ◌ idle 56m  $1.38/h",
        "mixtral  GPU 2     ▾ lags 58m  $3.43/h",
    ]


def test_gpus_of_a_pod_share_a_line_if_they_did_the_same_for_as_long() -> None:
    shown = [text(line) for line in listed([("a", [idle(0), idle(2), idle(3, 60.0)])], 76, 9)][2:]
    assert shown == ["a  GPUs 0,2  ◌ idle 56m  $1.38/h", "   GPU 3     ◌ idle 1m   $0.69/h"]


def test_a_waste_without_that_of_one_gpu_is_unknown() -> None:
    (line,) = listed([("a", [idle(0), idle(1, wasted=None)])], 76, 9)[2:]
    assert text(line).endswith(" –")
    assert "$" not in text(line)


def test_what_has_no_line_is_counted() -> None:
    pods = [(f"pod {number}", [idle(0)]) for number in range(9)]
    shown = [text(line) for line in listed(pods, 76, 6)]
    assert [line.split("  ")[0] for line in shown[2:]] == ["pod 0", "pod 1", "pod 2", "and 6 more"]
    assert len(listed(pods, 76, 11)) == 11
    assert "more" not in text(listed(pods, 76, 11)[-1])
    assert listed(pods, 76, 3) == ()
    assert listed([], 76, 9) == ()


def test_a_narrow_pane_cuts_names_and_not_what_it_costs() -> None:
    shown = [text(line) for line in listed([("mixtral-8x7b-sft", [LAGS]), ("deepseek-grpo", [idle(0)])], 33, 9, "")]
    assert shown == ["mixtral-8x7… 2 ▾ lags 58m $3.43/h", "deepseek-gr… 0 ◌ idle 56m $0.69/h"]


def test_others_that_were_not_looked_at_are_no_number() -> None:
    shown = [text(line) for line in listed([("a", [idle(0)]), ("b", [idle(0)])], 76, 2, "", left=True)]
    assert shown[-1] == "and 1 or more others"


GPUS = st.lists(st.sampled_from([idle(0), idle(5), idle(1, 10.0), LAGS]), min_size=1, max_size=5)


@given(st.lists(st.tuples(st.text("ab漢", max_size=30), GPUS), max_size=12), st.integers(20, 200), st.integers(0, 20))
def test_it_fits(pods: list[tuple[str, list[Gpu]]], width: int, height: int) -> None:
    lines = listed(pods, width, height)
    assert len(lines) <= max(0, height)
    assert all(width_of(line) <= width for line in lines)
