"""What follows from the lines of a run: how far it is, when it ends, what that costs, and whether it is silent."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.signals.lines import BAR
from tui.domain.signals.detection import LineReader
from tui.domain.signals.troubles import Trouble, is_end, trouble
from tui.domain.signals.values import NOTHING, Values
from tui.store.run_signals import (
    LONGEST_LINE,
    SILENT,
    Progress,
    Run,
    RunTracker,
    cost_to_finish,
    eta,
    is_silent,
    patience,
    progress,
)
from tui.store.signal_series import MOST, SignalSeries

BEGUN = 1_795_435_200.0


def run_of(*lines: tuple[float, str]) -> Run:
    """A run of lines at seconds since its start."""
    tracker, reader = RunTracker(), LineReader()
    for after, text in lines:
        tracker.take(BEGUN + after, text, reader.read(text))
    return tracker.settle(reader.title, detected=bool(reader.detected))


def steady(count: int, total: int = 1000, every: float = 4.0) -> list[tuple[float, str]]:
    return [(n * every, f"step {n}/{total} | loss {5 - n / total:.4f} | lr 1e-4") for n in range(count)]


def test_the_end_follows_from_progress_and_the_cost_from_the_price() -> None:
    run = run_of(*steady(101))
    now = BEGUN + 400
    left = eta(run, now)
    assert left is not None
    assert left.whole
    assert left.seconds == pytest.approx(900 * 4)
    assert cost_to_finish(run, 2.0, now) == pytest.approx(2.0)
    assert cost_to_finish(run, None, now) is None
    # It comes nearer between two lines.
    later = eta(run, now + 100)
    assert later is not None
    assert later.seconds == pytest.approx(3500)


def test_the_rate_is_that_of_late_and_not_across_a_step_back() -> None:
    slow = [(n * 60.0, f"step {n}/1000 | loss 3") for n in range(50)]
    fast = [(3000.0 + n * 2, f"step {40 + n}/1000 | loss 3") for n in range(100)]
    left = eta(run_of(*slow, *fast), BEGUN + 3000 + 198)
    assert left is not None
    assert left.seconds == pytest.approx((1000 - 139) * 2)


def test_a_program_s_own_rate_is_used_until_there_is_progress_to_measure() -> None:
    left = eta(run_of((0, f"  2%|{BAR}| 100/6100 [00:50<1:25:03,  2.00it/s]")), BEGUN)
    assert left is not None
    assert left.seconds == pytest.approx(3000)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (Values(step=5, total=10), Progress(5, 10, True)),
        (Values(step=5, total=10, within=True), Progress(5, 10, False)),
        (Values(step=5, total=10, within=True, epoch=3, epochs=10, counts_from=1), Progress(2.5, 10, True)),
        (Values(epoch=0.25, epochs=2), Progress(0.25, 2, True)),
        (Values(step=5), None),
        (Values(step=5, total=0), None),
        (NOTHING, None),
    ],
)
def test_progress(values: Values, expected: Progress | None) -> None:
    assert progress(values) == expected


@pytest.mark.parametrize("first", [0, 1])
def test_steps_of_the_whole_run_beside_their_epoch(first: int) -> None:
    """Whether epochs count from 0 or from 1."""
    lines = [(s / 5, f"Epoch {s // 1000 + first}/10 step {s}/10000 loss 2.5") for s in range(0, 1501, 50)]
    run = run_of(*lines)
    assert progress(run.now) == Progress(1500, 10_000, True)
    left = eta(run, BEGUN + 300)
    assert left is not None
    assert left.seconds == pytest.approx(1700)


@pytest.mark.parametrize("epochs", [2, 3])
def test_steps_of_the_first_of_few_epochs_are_soon_known_as_such(epochs: int) -> None:
    run = run_of(*[(float(s), f"Epoch [1/{epochs}], Step [{s}/100], Loss: 2.5") for s in range(10, 81, 10)])
    assert progress(run.now) == Progress(0.8, epochs, True)


TENS = range(10, 81, 10)
SHAPES = {
    "steps of the run beside lines of some epochs": [
        text for s in range(20, 1001, 20)
        for text in ([f"Epoch {s // 100 + 1}/10 loss 2.5"] * (s % 200 == 20) + [f"step {s}/1000 | loss 2.5"])
    ],
    "steps of the run and epochs from 0": [f"Epoch {s // 100}/10 step {s}/1000 loss 2.5" for s in range(0, 1000, 20)],
    "steps of an epoch from 1": [f"Epoch [{e}/4], Step [{s}/80], Loss: 2.5" for e in range(1, 5) for s in TENS],
    "steps of an epoch from 0": [f"[Epoch {e}/4] [Batch {s}/80] [loss: 2.5]" for e in range(4) for s in TENS],
    "samples of an epoch": [
        f"Train Epoch: {e} [{n}/400 ({n / 4:.0f}%)]\tLoss: 0.2\tepochs: 3" for e in range(3) for n in range(0, 400, 40)
    ],
    "bars of Keras": [
        text for e in range(1, 4)
        for text in (f"Epoch {e}/3", *(f"{s}/80 ━━━━━━━━━━ 6s 125ms/step - loss: 0.25" for s in TENS))
    ],
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_recording_shows_the_same_progress_and_steps_as_the_log_did(shape: str) -> None:
    live, recorded, reader = RunTracker(), RunTracker("recording"), LineReader()
    for at, text in enumerate(SHAPES[shape]):
        live.take(BEGUN + at, text, values := reader.read(text))
        if not values.is_empty:
            recorded.take_state(BEGUN + at, live.run.now)
        assert progress(recorded.run.now) == progress(live.run.now), text
    assert recorded.run.series.column("done") == live.run.series.column("done")
    steps = {point.at: point.value for point in recorded.run.series.column("step")}
    assert [steps[point.at] for point in live.run.series.column("step")] == [
        point.value for point in live.run.series.column("step")
    ]


@pytest.mark.parametrize("shape", ["samples of an epoch", "steps of an epoch from 0"])
def test_a_new_epoch_takes_nothing_back(shape: str) -> None:
    parts = [point.value for point in run_of(*enumerate(SHAPES[shape])).series.column("done")]
    assert parts == sorted(parts)
    assert parts[-1] == pytest.approx(1.0, abs=0.04)


def test_from_which_number_epochs_count_is_found_out_for_each_run() -> None:
    again = [f"Epoch [{e}/5], Step [{s}/80], Loss: 2.5" for e in (1, 2) for s in range(20, 81, 20)]
    assert progress(run_of(*enumerate([*SHAPES["steps of an epoch from 0"], *again])).now) == Progress(2.0, 5.0, True)
    ended = [*SHAPES["steps of an epoch from 0"], "Training complete", *[text.replace("/5]", "/4]") for text in again]]
    assert progress(run_of(*enumerate(ended)).now) == Progress(2.0, 4.0, True)


def test_the_end_of_an_epoch_has_no_cost() -> None:
    lines = [(n * 1.0, f"Epoch 3:  45%|{BAR}| {n}/1000 [00:12<00:15, 1.00it/s, loss=2.0]") for n in range(1, 121)]
    run = run_of(*lines)
    left = eta(run, BEGUN + 120)
    assert left is not None
    assert (round(left.seconds), left.whole) == (880, False)
    assert cost_to_finish(run, 2.0, BEGUN + 120) is None


def test_epochs_with_bars_are_the_whole_run() -> None:
    lines: list[tuple[float, str]] = []
    for epoch in range(1, 4):
        lines.append((epoch * 100.0, f"Epoch {epoch}/10"))
        lines += [(epoch * 100.0 + n, f" {n}/100 ━━━━━━━━━━━━ 6s 1000ms/step - loss: 0.3") for n in range(1, 100)]
    left = eta(run_of(*lines), BEGUN + 399)
    assert left is not None
    assert left.whole
    assert left.seconds == pytest.approx(701, abs=5)


def test_steps_of_epochs_without_a_word_for_it_are_the_whole_run() -> None:
    lines = [(epoch, step) for epoch in range(1, 5) for step in range(10, 451, 10)]
    run = run_of(*[(4.0 * n, f"Epoch [{e}/10], Step [{s}/450], Loss: 0.5") for n, (e, s) in enumerate(lines)])
    assert progress(run.now) == Progress(pytest.approx(4.0), 10.0, True)
    assert [point.value for point in run.series.column("step")] == [450 * (e - 1) + s for e, s in lines], "one curve"
    left = eta(run, BEGUN + 4.0 * (len(lines) - 1))
    assert left is not None
    assert left.seconds == pytest.approx(6 * 45 * 4.0, rel=0.02)


def test_steps_of_the_run_with_its_epochs_are_the_whole_run() -> None:
    run = run_of(*[(4.0 * n, f"epoch {n // 10 + 1}/10 | step {n * 10}/1000 | loss 0.5") for n in range(45)])
    assert progress(run.now) == Progress(440.0, 1000.0, True)


def test_epochs_alone_tell_the_end_too() -> None:
    header = ["  Num Epochs = 3", "  Total optimization steps = 600"]
    lines = [(0.0, text) for text in header]
    lines += [
        (10.0 * n, f"{{'loss': 1.5, 'grad_norm': 0.7, 'learning_rate': 1e-05, 'epoch': {n / 100}}}") for n in range(60)
    ]
    left = eta(run_of(*lines), BEGUN + 590.0)
    assert left is not None
    assert (left.whole, left.seconds) == (True, pytest.approx(241 * 10.0, rel=0.02))
    each = run_of(*[(120.0 * n, f"epoch {n + 1}/10: train_loss=0.5, val_loss=0.6") for n in range(6)])
    left = eta(each, BEGUN + 600.0)
    assert left is not None
    assert left.seconds == pytest.approx(600.0)


def test_the_bar_of_an_evaluation_is_not_the_run_s() -> None:
    def bar(done: int, total: int) -> str:
        return f"  2%|{BAR}| {done}/{total} [01:44<1:25:03,  1.15it/s]"

    run = run_of(*[(n * 1.0, bar(n, 6000)) for n in range(100)], (101, bar(5, 63)), (102, bar(60, 63)))
    assert (run.now.step, run.now.total, run.now.it_per_s) == (99, 6000, 1.15)
    # A new run with fewer steps is taken for one once the old bar is gone for long.
    run = run_of((0, bar(99, 6000)), (4000, bar(5, 63)))
    assert (run.now.step, run.now.total) == (5, 63)


def test_silence_is_long_against_what_is_usual() -> None:
    run = run_of(*steady(50))
    assert run.usual == pytest.approx(4.0)
    last = BEGUN + 49 * 4
    assert not is_silent(run, last + SILENT)
    assert is_silent(run, last + SILENT + 1)
    assert eta(run, last + SILENT + 1) is None
    # One line a minute, and a checkpoint that takes ten: half an hour without a line is silence, a quarter is not.
    rare = run_of(*[(n * 60.0, f"step {n} loss 2") for n in range(12)], (1260.0, "step 12 loss 2"))
    assert patience(rare, SILENT) == 1800.0


def test_silence_needs_a_line() -> None:
    assert not is_silent(Run(), BEGUN)
    assert eta(Run(), BEGUN) is None


def test_a_loss_that_is_no_number_is_dated_by_the_first_and_taken_back_by_the_next_number() -> None:
    lines = [(0.0, "step 1 loss 2.5"), (4.0, "step 2 loss nan"), (8.0, "step 3 loss nan")]
    run = run_of(*lines)
    assert run.not_finite is not None
    assert (run.not_finite.at - BEGUN, run.not_finite.line) == (4.0, "step 2 loss nan")
    assert (run.now.loss, run.now.not_finite) == (2.5, "NaN")
    assert all(math.isfinite(point.value) for point in run.series.column("loss"))
    healed = run_of(*lines, (12.0, "step 4 loss 2.4"))
    assert (healed.not_finite, healed.now.not_finite, healed.now.loss) == (None, "", 2.4)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", Trouble.OOM),
        ("Traceback (most recent call last):", Trouble.TRACEBACK),
        ("RuntimeError: NCCL error in: ProcessGroupNCCL.cpp:1234, unhandled system error", Trouble.NCCL),
        ("[rank3]: Watchdog caught collective operation timeout: WorkNCCL(SeqNum=5)", Trouble.NCCL),
        ("OSError: [Errno 28] No space left on device: 'ckpt.pt'", Trouble.DISK_FULL),
        ("Segmentation fault (core dumped)", Trouble.CRASH),
        ("container exited: OOMKilled", Trouble.HOST_OOM),
        ("ResourceExhaustedError: OOM when allocating tensor with shape[1,2]", Trouble.OOM),
        ("Killed", Trouble.CRASH),
        ("./run.sh: line 3:  1234 Killed                  python train.py", Trouble.CRASH),
        ("2026-01-02T10:00:00Z Killed", Trouble.CRASH),
        ("[rank0]: Killed", Trouble.CRASH),
        ("trainer-1  | Killed", Trouble.CRASH),
        ("app_1  | Killed", Trouble.CRASH),
        ("node0: Killed", Trouble.CRASH),
        ("2026-01-02T10:00:00Z [rank0]: Killed ", Trouble.CRASH),
        ("bash-1: line 3:  1234 Killed                  python train.py", Trouble.CRASH),
        ("3 old checkpoints Killed by rotation", None),
        ("2026-01-02T10:00:00Z Killed 3 workers that were idle", None),
        ("RuntimeError: DataLoader worker (pid(s) 123) exited unexpectedly", Trouble.CRASH),
        ("ERROR:torch.distributed.elastic.multiprocessing.api:failed (exitcode: 1) local_rank: 0", Trouble.CRASH),
        ("step 5 loss 2.3", None),
        ("no traceback here", None),
    ],
)
def test_troubles(text: str, kind: Trouble | None) -> None:
    assert trouble(text) is kind


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("{'train_runtime': 912.4, 'train_loss': 1.44, 'epoch': 3.0}", True),
        ("`Trainer.fit` stopped: `max_epochs=10` reached.", True),
        ("Training completed in 3:21:11", True),
        ("INFO  trainer: finished after 3600 s", True),
        ("100 epochs completed in 0.812 hours.", True),
        ("Finished training in 3 hours", True),
        ("INFO training is complete", True),
        ("Training completed. Do not forget to share your model on huggingface.co/models =)", True),
        ("Training completed for epoch 3", False),
        ("epoch 3 training complete, starting validation", False),
        ("Training completed, now evaluating", False),
        ("finished loading the data", False),
        ("training data is complete nonsense", False),
    ],
)
def test_ends(text: str, ends: bool) -> None:
    assert is_end(text) is ends


def test_trouble_and_end_are_over_once_there_is_progress() -> None:
    lines = [*steady(5), (30.0, "Traceback (most recent call last):"), (31.0, "OutOfMemoryError: CUDA out of memory.")]
    run = run_of(*lines, (31.5, "Traceback (most recent call last):"))
    assert run.trouble is not None
    assert run.trouble.trouble is Trouble.OOM
    assert run_of(*lines, (40.0, "step 6/1000 | loss 4")).trouble is None
    ended = run_of(*steady(5), (60.0, "Training complete"))
    assert ended.ended is not None
    assert eta(ended, BEGUN + 60) is None
    assert run_of(*steady(5), (60.0, "Training complete"), (70.0, "step 1/10 loss 3")).ended is None


def test_a_bar_that_is_drawn_once_more_when_it_is_closed_is_no_progress() -> None:
    def lightning(step: int, rate: float, rest: str = "") -> str:
        return f"Epoch 2: 100%|{BAR}| {step}/1875 [00:20<00:00, {rate}it/s, v_num=3, train_loss=0.25]{rest}"

    finished = run_of(
        (0, lightning(1874, 91.0)), (4, lightning(1875, 91.17, "`Trainer.fit` stopped: `max_epochs=3` reached.")),
        (4, lightning(1875, 91.15)),
    )  # fmt: skip
    assert finished.ended is not None
    bar = f"  2%|{BAR}| 120/6000 [01:44<1:25:03,  1.15it/s]"
    crashed = run_of((0, bar), (1, "torch.OutOfMemoryError: CUDA out of memory."), (1, bar))
    assert crashed.trouble is not None
    assert run_of((0, bar), (1, "Killed"), (60, bar.replace("120/", "121/"))).trouble is None


def test_another_run_with_fewer_steps_after_the_end_of_one_is_read_at_once() -> None:
    def bar(done: int, total: int) -> str:
        return f"  2%|{BAR}| {done}/{total} [01:44<1:25:03,  1.15it/s]"

    first = [(1.0 * n, bar(n, 6000)) for n in range(5990, 6001)]
    end = (6001.0, "{'train_runtime': 912.4, 'train_loss': 1.44, 'epoch': 3.0}")
    evaluated = (6060.0, bar(63, 63))
    assert run_of(*first, end, evaluated).ended is not None, "an evaluation behind it is no other run"
    again = (6100.0, "{'loss': 2.5, 'grad_norm': 0.7, 'learning_rate': 4.9e-05, 'epoch': 0.06}")
    second = run_of(*first, end, again, (6101.0, bar(11, 400)), (6104.0, bar(12, 400)))
    assert (second.ended, second.now.step, second.now.total, second.now.loss) == (None, 12, 400, 2.5)


def test_what_is_summed_up_after_a_crash_has_not_finished() -> None:
    crashed = run_of(*steady(20), (90.0, "Traceback (most recent call last):"), (91.0, "wandb: Run summary:"))
    assert crashed.ended is None
    assert crashed.trouble is not None
    assert run_of(*steady(20), (91.0, "wandb: Run summary:")).ended is not None


@pytest.mark.parametrize("prefix", ["", "[rank0]: ", "2026-01-02T10:00:00Z "])
def test_what_wandb_repeats_is_no_progress_behind_a_crash_or_an_end(prefix: str) -> None:
    said = ("Run history:", "train/loss ▁▂▃▅█", "Run summary:", "train/loss 2.0123", "step 1000", "loss 2.0123")
    summary = [(92.0, f"{prefix}wandb: {line}") for line in said]
    crashed = run_of(*steady(20), (91.0, "Traceback (most recent call last):"), *summary)
    assert (crashed.trouble is not None, crashed.ended, crashed.now.step) == (True, None, 19)
    finished = run_of(*steady(20), (91.0, "Training complete"), *summary)
    assert (finished.trouble, finished.ended is not None) == (None, True)
    assert run_of(*steady(20), (91.0, "Training complete"), (99.0, "step 1/9 loss 3")).ended is None


def test_after_a_restart_nothing_of_before_is_judged_but_the_curve_goes_on() -> None:
    tracker, reader = RunTracker(), LineReader()
    for after, text in (*steady(30), (125.0, "Traceback (most recent call last):")):
        tracker.take(BEGUN + after, text, reader.read(text))
    tracker.restarted()
    run = tracker.settle()
    assert (run.now, run.trouble, run.usual, len(run.series)) == (NOTHING, None, None, 30)


def test_a_line_is_bounded() -> None:
    assert len(run_of((0.0, "x" * 100_000)).line) == LONGEST_LINE


@given(st.lists(st.tuples(st.floats(-100, 1e6), st.floats(0.1, 9)), max_size=60))
def test_whatever_the_clock_of_the_lines_points_stay_in_order(lines: list[tuple[float, float]]) -> None:
    run = run_of(*[(at, f"step 1/9 loss {loss}") for at, loss in lines])
    times = [point.at for point in run.series.column("loss")]
    assert times == sorted(times)
    assert len(times) <= len(lines)


def test_a_long_run_is_bounded_and_keeps_its_beginning() -> None:
    series = SignalSeries()
    for n in range(4 * MOST):
        series.add(BEGUN + 2.0 * n, Values(loss=float(n)))
    points = series.column("loss")
    assert len(points) <= MOST
    assert points[0].value < 100
    assert points[-1].value == 4 * MOST - 1
    assert series.last("loss", 3) == points[-3:]
