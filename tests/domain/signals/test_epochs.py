"""Steps of the run and of an epoch, with epochs from 0 and from 1: which they are follows from their lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.signals.epochs import EpochCount, contradict
from tui.domain.signals.values import Values


def _is_within(count: EpochCount, step: int, total: int, epoch: float, epochs: float) -> bool:
    values = Values(step=step, total=total, epoch=epoch, epochs=epochs)
    return contradict(step, total, epoch, epochs) or count.contradicts(values)


@given(epochs=st.integers(2, 30), length=st.integers(1, 2000), first=st.sampled_from((0, 1, "rounded", "exact")),
       parts=st.lists(st.floats(0, 1), max_size=20))  # fmt: skip
def test_steps_of_the_run_are_of_the_run_however_its_epochs_count(
    epochs: int, length: int, first: int | str, parts: list[float]
) -> None:
    count = EpochCount()
    total = epochs * length
    for part in parts:
        step = round(part * total)
        exact = step / length
        begun = min(step, total - 1) // length
        epoch = round(exact) if first == "rounded" else exact if isinstance(first, str) else begun + first
        assert not _is_within(count, step, total, epoch, epochs), (step, total, epoch, epochs)


@given(epochs=st.integers(2, 30), length=st.integers(20, 2000), first=st.sampled_from((0, 1)))
def test_steps_of_an_epoch_are_that_before_a_second_one_has_ended(epochs: int, length: int, first: int) -> None:
    count = EpochCount()
    lines = [(begun + first, step) for begun in range(2) for step in range(1, length, max(1, length // 20))]
    assert any(_is_within(count, step, length, epoch, epochs) for epoch, step in lines)


@pytest.mark.parametrize(
    ("epoch", "epochs", "step", "total", "within"),
    [
        (1, 10, 1500, 10_000, False), (2, 10, 1500, 10_000, False), (0, 10, 500, 10_000, False),
        (10, 10, 10_000, 10_000, False), (9, 10, 10_000, 10_000, False), (3, 10, 45, 450, True),
        (9, 10, 1500, 10_000, True), (1, 1, 5, 450, False), (5, 1, 5, 450, False), (3, 0, 45, 450, False),
        (3, 10, 45, 0, False), (None, 10, 45, 450, False), (3, 10, None, 450, False),
    ],
)  # fmt: skip
def test_one_line_alone(epoch: float | None, epochs: float, step: int | None, total: int, within: bool) -> None:
    assert contradict(step, total, epoch, epochs) is within


def test_what_other_epochs_said_says_nothing_of_these() -> None:
    count = EpochCount()
    assert not _is_within(count, 10, 1000, 1, 2)
    assert _is_within(count, 900, 1000, 1, 2)
    assert not _is_within(count, 1900, 2000, 1, 2)
