"""Where GPUs stand on the map: each once, in order, within the pane, and found again from where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.store.views.gpu_map import Group
from tui.ui.primitives import gpu_plan
from tui.ui.primitives.gpu_plan import Plan, Run, lines_wanted, plan


def groups(*sizes: int) -> tuple[Group, ...]:
    return tuple(Group(f"id{number}", f"pod-{number:05d}", size) for number, size in enumerate(sizes))


SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=60)


def check(of: Plan, sizes: list[int], width: int) -> None:
    seen = []
    for line, runs in enumerate(of.lines):
        x = 0
        for run in runs:
            assert run.size
            assert run.x - (of.label + 1 if run.named else 0) >= x
            x = run.x + run.size
            for gpu in range(run.first, x - run.x + run.first):
                seen.append((run.group, gpu))
                assert of.place(run.group, gpu) == (line, run.x + gpu - run.first)
                assert of.gpu_at(line, run.x + gpu - run.first) == (run.group, gpu)
        assert x <= width
    assert seen == [(group, gpu) for group, size in enumerate(sizes) for gpu in range(size)]


@given(SIZES, st.integers(1, 240), st.integers(1, 60))
def test_every_gpu_has_one_place_in_order(sizes: list[int], width: int, height: int) -> None:
    check(plan(groups(*sizes), width, height), sizes, width)


def test_255_gpus_fit_in_four_lines_at_120_columns() -> None:
    for sizes in ((8,) * 31 + (7,), (1,) * 255, (4,) * 63 + (3,), (1, 1, 1, 1, 2, 2, 4, 8) * 12 + (8, 7)):
        assert sum(sizes) == 255
        assert len(plan(groups(*sizes), 115, 4).lines) <= 4


def test_16_000_gpus_have_more_lines_than_the_pane_and_keep_gaps() -> None:
    sizes = [8] * 2000
    of = plan(groups(*sizes), 115, 10)
    assert len(of.lines) > 100
    assert lines_wanted(groups(*sizes), 115, 12) == 12
    check(of, sizes, 115)
    assert all(
        after.x - before.x - before.size == 1 for before, after in zip(of.lines[0], of.lines[0][1:], strict=False)
    )


def test_of_very_many_pods_no_plan_is_made_that_cannot_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    many = groups(*[4] * 20_000)
    made: list[int] = []

    def flowing(groups: Sequence[Group], width: int, gap: int) -> Iterator[tuple[Run, ...]]:
        made.append(gap)
        return iter(((Run(0, 0, 4, 0),),) * 1000)

    def width_of(text: str) -> int:
        raise AssertionError("names that have no room are not measured")

    monkeypatch.setattr(gpu_plan, "_flowing", flowing)
    monkeypatch.setattr(gpu_plan, "cells_of", width_of)
    assert lines_wanted(many, 115, 12) == 12
    assert made == []
    plan(many, 115, 10)
    assert made == [1]


def test_names_are_there_where_there_is_room() -> None:
    assert plan(groups(8, 4, 1), 115, 4).label == len("pod-00000")
    assert plan(groups(*[8] * 30), 115, 4).label == 0


def test_without_gpus_there_is_nothing() -> None:
    assert plan((), 100, 5).gpu_at(0, 0) is None
    assert plan(groups(3), 100, 5).place(7, 0) is None
