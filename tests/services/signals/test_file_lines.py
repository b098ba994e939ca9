"""Lines of files and panes that are read in pieces: each once, whatever the pieces."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.signals.lines import BAR
from tui.domain.signals.pod_script import Part
from tui.services.signals.file_lines import LONGEST, FileLines, PaneLines, _known, texts

NOW = 1_000.0


def taken(pieces: list[bytes]) -> list[str]:
    log, begin, lines = FileLines(), 0, list[str]()
    for number, piece in enumerate(pieces):
        part = Part("log", piece, 7, begin, begin + len(piece))
        lines += [line.text for line in log.take(part, NOW if number else None, NOW + 30)]
        begin += len(piece)
    return lines


LINES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "M", "Z"]), min_size=1, max_size=8), max_size=20
)


@given(LINES, st.lists(st.integers(0, 40), max_size=8))
def test_lines_are_the_same_in_any_pieces(lines: list[str], cuts: list[int]) -> None:
    data = "".join(f"{line}\n" for line in lines).encode()
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    assert taken([data[a:b] for a, b in pairwise(edges)]) == [line for line in lines if line.strip()]


def test_lines_are_dated_between_two_readings_and_the_first_by_the_age_of_the_file() -> None:
    log = FileLines()
    first = log.take(Part("log", b"a\nb\n", 7, 0, 4, age=500.0), None, NOW)
    assert [line.at for line in first] == [NOW - 500.0] * 2
    then = log.take(Part("log", b"c\nd\n", 7, 4, 8), NOW, NOW + 30.0)
    assert [line.at for line in then] == [NOW + 15.0, NOW + 30.0]


def test_a_bar_that_is_drawn_over_itself_is_its_last_state_and_what_is_printed_between() -> None:
    bars = b"".join(f"\r 2%|{BAR}| {n}/6000 [01:44<1:25:03, 1.15it/s]".encode() for n in range(50))
    assert ["| 48/6000 [" in text or "| 49/6000 [" in text for text in taken([bars + b"\r"])] == [True] * 2
    lines = taken([bars + b"\r" + b" " * 60 + b"\r{'loss': 1.5, 'epoch': 0.1}\n", bars])
    assert "{'loss': 1.5, 'epoch': 0.1}" in lines


def test_what_begins_in_the_middle_begins_with_the_next_line() -> None:
    lines = FileLines().take(Part("log", b"rest of a line\nwhole\n", 7, 500, 521), None, NOW)
    assert [line.text for line in lines] == ["whole"]


def test_a_word_that_a_cut_divides_is_no_part_of_a_line() -> None:
    """It may be a part of a secret, which nothing would find and mask."""
    for number in range(12):
        head, tail = b"- " * (LONGEST // 2 - 7) + b"-" * number, b" -" * LONGEST
        (start,) = taken([head + b" very-secret-value" + b" -" * 20 + b"\n"])
        assert start.endswith(("-", "very-secret-value"))
        (end,) = texts(head + b" very-secret-value" + tail[: 2 * LONGEST - 2 * number])
        assert "e" not in end.removeprefix("very-secret-value")
    lines = FileLines()
    body = b"x" * 20 + b" very-secret-value" + b" -" * (LONGEST // 2 - 5)
    lines.take(Part("log", body, 7, 0, len(body)), None, NOW)
    (line,) = lines.take(Part("log", b"\n", 7, len(body), len(body) + 1), NOW, NOW + 30)
    assert set(line.text) == {" ", "-"}


@given(st.binary(max_size=400))
def test_whatever_the_bytes_a_line_controls_nothing(piece: bytes) -> None:
    assert all(text.isprintable() for text in texts(piece))


def test_a_line_of_a_megabyte_is_bounded() -> None:
    lines = taken([b"x" * 65_536] * 16 + [b"\nnext\n"])
    assert lines[-1] == "next"
    assert all(len(line) <= 4096 for line in lines)


def test_only_new_lines_of_a_pane_are_taken() -> None:
    pane = PaneLines()
    assert [line.text for line in pane.take(b"$ train\nstep 1\nstep 2\n\n\n", NOW)] == ["$ train", "step 1", "step 2"]
    assert [line.text for line in pane.take(b"step 1\nstep 2\nstep 3\n", NOW)] == ["step 3"]
    assert [line.text for line in pane.take(b"step 2\nstep 3\nstep 4\nstep 5\n", NOW)] == ["step 4", "step 5"]
    assert pane.take(b"step 2\nstep 3\nstep 4\nstep 5\n", NOW) == []
    assert [line.text for line in pane.take(b"cleared\n", NOW)] == ["cleared"]


def test_bars_of_a_pane_that_are_drawn_anew_repeat_no_line_above_them() -> None:
    pane, error = PaneLines(), b"Traceback (most recent call last):\n"
    for number in range(5):
        bars = f"Epoch 0:  4%|{BAR}| {number}/99\nValidation: 9%|{BAR}| {9 - number}/9\n".encode()
        taken = [line.text for line in pane.take(b"$ train\n" + error + bars, NOW)]
        assert len(taken) == (2 if number else 4), "both bars, and what is above them once"
    scrolled = [line.text for line in pane.take(error + b"loss 2.5\nEpoch 1\nValidation\n", NOW)]
    assert scrolled == ["loss 2.5", "Epoch 1", "Validation"]


class Counted(str):
    """A line that counts how often it is compared."""

    __slots__ = ()
    __hash__ = str.__hash__
    compared = 0

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other


def test_to_find_what_is_new_in_a_pane_looks_at_each_line_a_few_times() -> None:
    """However alike its lines are: it runs where everything else waits."""
    many = [Counted("loss 0.5")] * 1000
    Counted.compared = 0
    assert _known([*many, Counted("end")], [*many, Counted("more")]) == 1000
    assert Counted.compared <= 5 * len(many)


@given(st.lists(st.sampled_from("ab"), max_size=12), st.lists(st.sampled_from("ab"), max_size=12))
def test_what_was_in_a_pane_before_is_the_longest_beginning_of_it_that_was(before: list[str], lines: list[str]) -> None:
    known = _known(before, lines)
    beginnings = [n for n in range(len(lines) + 1) for at in range(len(before) + 1) if before[at : at + n] == lines[:n]]
    assert known == max(beginnings, default=0)
