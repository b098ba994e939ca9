"""Each preset reads the lines of its trainer, and no others; whatever else a log has is nothing."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from tests.domain.signals.lines import BAR, LOGS
from tui.domain.signals import bars, detection
from tui.domain.signals.detection import LineReader
from tui.domain.signals.presets import BY_NAME, LONGEST, NAMES, PRESETS, read_any
from tui.domain.signals.values import LARGEST, LARGEST_COUNT, NOTHING, Values

CASES = [(name, written.text, written.says) for name, log in LOGS.items() for written in log]


@pytest.mark.parametrize(("name", "text", "says"), CASES)
def test_a_preset_reads_its_lines(name: str, text: str, says: dict[str, object] | None) -> None:
    values = BY_NAME[name].read(text)
    if says is None:
        assert values is None
        return
    assert values is not None
    for field, value in says.items():
        got = getattr(values, field)
        assert got == (pytest.approx(value) if isinstance(value, float) else value), (field, values)


def test_every_preset_has_lines() -> None:
    assert set(LOGS) == set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "bar"])
def test_a_trainer_is_detected_by_its_lines(name: str) -> None:
    reader = LineReader()
    for _ in range(3):
        for written in LOGS[name]:
            reader.read(written.text)
    assert reader.detected == BY_NAME[name].title


def test_bars_come_before_what_shows_the_trainer() -> None:
    reader = LineReader()
    for step in range(100):
        values = reader.read(f"  2%|{BAR}| {step}/6000 [01:44<1:25:03,  1.15it/s]")
        assert values.step == step
    assert reader.detected == "progress bar"
    assert reader.read("{'loss': 1.5, 'grad_norm': 0.7, 'learning_rate': 4.9e-05, 'epoch': 0.06}").loss == 1.5
    assert reader.detected == "Hugging Face Trainer"


PREFIXES = (
    "[rank0]: ", "[rank12]:", "[default0]:", "[1,0]<stdout>:", "0: ", "worker-0: ", "trainer-1  | ",
    "(RayTrainWorker pid=812, ip=10.0.0.3) ", "2026-11-29T20:00:01.123456789Z ", "[2026-11-29 20:00:01,123] ",
    "2026-11-29T20:00:01Z [rank0]: ",
)  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_others_write_before_a_line_changes_nothing(prefix: str) -> None:
    for name in NAMES:
        for written in LOGS[name]:
            assert LineReader(name).read(prefix + written.text) == LineReader(name).read(written.text)


def test_after_detection_only_that_preset_reads() -> None:
    reader = LineReader()
    for step in range(300):
        reader.read(f"iter {step}: loss 2.5, time 100.00ms, mfu 30.00%")
    assert reader.read("request served: step=1 loss=99") == NOTHING
    assert reader.read("iter 301: loss 2.4, time 100.00ms, mfu 30.00%").loss == 2.4


def test_another_program_is_detected_once_the_first_writes_no_more() -> None:
    reader = LineReader()
    for step in range(300):
        reader.read(f"iter {step}: loss 2.5, time 100.00ms, mfu 30.00%")
    for step in range(800):
        reader.read(f" {step % 99 + 1}/100 ━━━━━━━━━━ 6s 125ms/step - loss: 0.25")
    assert reader.detected == "Keras"


def test_another_trainer_is_read_soon_after_the_first_has_ended_and_chatter_changes_nothing() -> None:
    reader, chatter = LineReader(), [f"INFO shard {n} of 4096 was fetched in 0.{n} s" for n in range(3_000)]
    for step in range(300):
        reader.read(f"iter {step}: loss 2.5, time 100.00ms, mfu 30.00%")
    for line in chatter:
        assert reader.read(line) == NOTHING
        assert reader.detected == "nanoGPT-like lines", "what is known stays known until another program is found"
    assert reader.read("iter 300: loss 2.4, time 100.00ms, mfu 30.00%").loss == 2.4
    for number in range(1, 100):
        if not reader.read(f" {number}/100 ━━━━━━━━━━ 6s 125ms/step - loss: 0.25").is_empty:
            break
    assert number <= 60
    assert reader.detected == "Keras"


OF_TRAINER = "{'loss': 1.5, 'grad_norm': 0.7, 'learning_rate': 4.9e-05, 'epoch': 0.06}"


@pytest.mark.parametrize("first", [1, 50, 150, 250])
@pytest.mark.parametrize("between", [0, 10, 49, 200, 1_500, 3_000])
def test_another_trainer_is_read_within_50_lines_whatever_lies_between(first: int, between: int) -> None:
    reader = LineReader()
    for _ in range(first):
        reader.read(OF_TRAINER)
    for number in range(between):
        assert reader.read(f"shard {number} was fetched") == NOTHING
    unread = [step for step in range(100) if reader.read(f"step={step} loss=2.{step}").loss is None]
    assert len(unread) < 50, unread
    assert max(unread, default=0) < 50
    assert reader.detected == "key=value lines"


def test_lines_in_which_nothing_was_found_are_not_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, searched = LineReader(), 0
    for _ in range(250):
        reader.read(OF_TRAINER)

    def counting(text: str) -> Values:
        nonlocal searched
        searched += 1
        return read_any(text)

    monkeypatch.setattr(detection, "read_any", counting)
    for text in ["", "GET /health 200 OK"]:
        for _ in range(1_000):
            assert reader.read(text) == NOTHING
    assert searched == 1
    assert reader.read(OF_TRAINER).loss == 1.5, "what is known is read at once"


def test_a_preset_that_is_set_is_not_detected() -> None:
    reader = LineReader("keras")
    assert reader.read("iter 5: loss 2.5, time 100.00ms") == NOTHING
    assert (reader.title, reader.detected) == ("Keras", "")


def test_a_line_that_a_preset_reads_is_tried() -> None:
    for _, text, _ in CASES:
        for preset in PRESETS:
            if preset.signs(text) or preset.read(text) is not None:
                assert preset.may_read(text), (preset.name, text)


def _is_plausible(values: Values) -> bool:
    numbers = [value for value in asdict(values).values() if isinstance(value, int | float)]
    counts = [value for value in (values.step, values.total, values.samples) if value is not None]
    return all(math.isfinite(n) and abs(n) <= max(LARGEST, 1e6 * LARGEST) for n in numbers) and all(
        0 <= n <= LARGEST_COUNT for n in counts
    )


WORDS = st.sampled_from([
    "step", "loss", "lr", "nan", "inf", "-inf", "1e999", "9" * 60, "1,2,3", "=", ":", "|", "/", " ", "{", "}", "'", '"',
    "%|", "it/s", "s/it", "[", "]", "<", "epoch", "Epoch 3/10", "45%|███| 4/5 [00:01<00:02, 0it/s]", "1e-400",
    "\x1b[2J", "\r", "\u202e", "\ud800", "0/0", "ms/step - ", "iter 1: loss", "iteration 5/ 9 |", "\x00",
])  # fmt: skip


@given(
    st.one_of(
        st.text(max_size=300), st.lists(WORDS, max_size=30).map("".join), st.lists(WORDS, max_size=20).map(" ".join)
    )
)
def test_no_line_upsets_any_preset(text: str) -> None:
    for preset in PRESETS:
        values = preset.read(text)
        assert values is None or _is_plausible(values)
        if preset.signs(text) or values is not None:
            assert preset.may_read(text)


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(min_value=-5, max_value=10**30))
def test_any_number_is_read_as_itself_or_as_unknown(loss: float, step: int) -> None:
    values = BY_NAME["pairs"].read(f"step={step} loss={loss!r}") or NOTHING
    if not math.isfinite(loss):
        assert values.not_finite in ("NaN", "Inf")
    elif abs(loss) <= LARGEST:
        assert values.loss == pytest.approx(loss)
        assert values.step == (step if 0 <= step <= LARGEST_COUNT else None)


HOSTILE = (
    "a" * LONGEST, "a b " * 1000, "loss " * 800, "step:" * 800, "1/" * 2000, "%|" * 2000, "9" * LONGEST, "{" * LONGEST,
    "[00:00<" * 500, "Epoch " * 600, "= " * 2000, "1 tok/" * 600, "(" * LONGEST, "a-" * 2000, "._/" * 1300,
    " " * LONGEST, "0%|" + "|" * 3900, "{'a': " * 600, '{"a":' * 800, "1|1|Loss: " * 400, "iteration 5/" * 300,
    "e9" * 2000,
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_line_takes_long(text: str) -> None:
    """All presets together take milliseconds; a search that goes over a line for every part of it takes a second."""
    begun = time.process_time()
    for preset in PRESETS:
        preset.read(text)
        preset.signs(text)
    assert time.process_time() - begun < 0.7


def _work(text: str) -> float:
    """Seconds of the processor for a search for bars; the least of several, as others run beside it."""

    def once() -> float:
        begun = time.process_time()
        for _ in range(10):
            bars.find(text)
        return time.process_time() - begun

    return min(once() for _ in range(5))


def test_a_bar_is_searched_from_where_it_begins_and_not_from_each_of_its_characters() -> None:
    assert _work("━" * 999) < 20 * _work("━━ " * 333)


def test_a_bar_as_wide_as_a_terminal_is_one() -> None:
    bar = bars.find(f"{'━' * 200} 45/100 0:00:12 • 0:00:15 3.5it/s")
    assert bar is not None
    assert (bar.before, bar.done, bar.total, bar.it_per_s) == ("", 45, 100, 3.5)
