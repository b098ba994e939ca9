"""Where one run of a pod ends and another begins."""

from __future__ import annotations

import pytest

from tests.store.test_run_signals import BEGUN, run_of
from tui.store.run_history import APART, EARLIER, Boundaries, PastRuns, RunParts
from tui.store.signal_series import SignalSeries

Step = float | None


@pytest.mark.parametrize(
    ("steps", "begins"),
    [
        ((1, 50, 100, 100), []),
        ((100, 80, 51, 101), []),
        ((100, 49, 100), [1]),
        ((8, 0, 4), []),
        ((100, None, 0, None, 1), [2]),
        ((100, 1, 2, 3, 90, 5), [1, 5]),
    ],
)
def test_steps_that_fall_back_far_begin_another_run(steps: tuple[Step, ...], begins: list[int]) -> None:
    boundaries = Boundaries()
    assert [n for n, step in enumerate(steps) if boundaries.is_another(BEGUN + n, step, None)] == begins


def test_without_steps_a_long_pause_or_an_epoch_from_the_start_begins_another_run() -> None:
    boundaries = Boundaries()
    points = ((0.0, None), (60.0, None), (APART + 61.0, None), (APART + 70.0, 0.9), (APART + 80.0, 0.1))
    assert [n for n, (at, done) in enumerate(points) if boundaries.is_another(at, None, done)] == [2, 4]


def test_the_last_runs_are_kept() -> None:
    parts = RunParts(100)
    for run in range(EARLIER + 3):
        for step in range(200):
            parts.put(1000.0 * run + step, (float(step), 100.0 * run, *[None] * 6))
    assert [series.last("loss", 1)[0].value for series in parts.runs] == [200.0, 300.0, 400.0, 500.0, 600.0]
    assert all(len(series) <= 100 for series in parts.runs)
    assert [series.last("step", 1)[0].value for series in parts.runs] == [199.0] * 5


def test_what_is_in_memory_goes_on_behind_the_recording() -> None:
    recorded = SignalSeries()
    for number in range(20):
        recorded.put(BEGUN + 10 * number, (float(number), 1.0, *[None] * 6))
    live = SignalSeries()
    past = PastRuns((recorded,))
    assert [len(series) for series in past.all(live)] == [20]
    live.put(BEGUN + 105.0, (12.0, 2.0, *[None] * 6))
    assert [len(series) for series in past.all(live)] == [12], "what both have is of the memory"
    live.put(BEGUN + 110.0, (1.0, 2.0, *[None] * 6))
    assert [len(series) for series in past.all(live)] == [12, 1]
    assert past.all(live) is past.all(live), "it is computed once for each new point"


def test_steps_within_epochs_count_over_all_of_them() -> None:
    keras = [
        (float(100 * epoch + step), text)
        for epoch in range(3)
        for step, text in enumerate((f"Epoch {epoch + 1}/3", *(
            f"{step}/50 ━━━━━━━━━━ 6s 125ms/step - loss: 0.25" for step in range(10, 51, 10)
        )))
    ]  # fmt: skip
    steps = [int(point.value) for point in run_of(*keras).series.column("step") if point.value]
    assert steps[-5:] == [110, 120, 130, 140, 150]
    assert len(PastRuns().all(run_of(*keras).series)) == 1


def test_epochs_without_a_number_are_counted_by_their_steps() -> None:
    lines = [
        (10.0 * n, text) for n, text in enumerate(f"{10 * n % 50 + 10}/50 [====>] - loss: 0.25" for n in range(12))
    ]
    run = run_of(*[each for at, text in lines for each in ((at, text), (at + 5, "saving checkpoint"))])
    assert [int(point.value) for point in run.series.column("step")][-4:] == [90, 100, 110, 120]


def test_a_step_of_the_whole_run_is_none_of_an_epoch() -> None:
    run = run_of(
        (0.0, "Epoch 3/9: 50%|███| 50/100 [00:12<00:12, 4.12it/s]"), (5.0, '{"step": 351, "loss": 2.5}'),
        (10.0, "Epoch 3/9: 52%|███| 52/100 [00:12<00:12, 4.12it/s]"),
    )  # fmt: skip
    assert [int(point.value) for point in run.series.column("step")] == [350, 351, 352]
