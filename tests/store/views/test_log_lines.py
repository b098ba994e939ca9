"""What is shown of a log: filter, search, and that keeping up costs what changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs import line
from tui.store.log_buffer import LogBuffer
from tui.store.views.log_lines import READ, LogFilter, LogLines, LogSearch, parse_filter, parse_search

WORDS = st.lists(st.sampled_from(["loss", "nan", "step", "ERROR"]), min_size=1, max_size=4).map(" ".join)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", ["step 1 loss 2.5", "step 2 loss NaN", "saved"]),
        ("LOSS", ["step 1 loss 2.5", "step 2 loss NaN"]),
        ("loss nan", ["step 2 loss NaN"]),
        ("!loss", ["saved"]),
        ("loss !nan", ["step 1 loss 2.5"]),
        ("!", ["step 1 loss 2.5", "step 2 loss NaN", "saved"]),
        (r"re:step \d loss", ["step 1 loss 2.5", "step 2 loss NaN"]),
        (r"step !re:loss \d", ["step 2 loss NaN"]),
        ("re:", ["step 1 loss 2.5", "step 2 loss NaN", "saved"]),
        ("saved re:(", ["saved"]),
    ],
)
def test_a_filter(typed: str, shown: list[str]) -> None:
    chosen = parse_filter(typed)
    assert [text for text in ("step 1 loss 2.5", "step 2 loss NaN", "saved") if chosen.holds(text)] == shown


@given(st.text())
def test_whatever_is_typed_is_a_filter_and_a_search(text: str) -> None:
    for typed in (text, f"re:{text}"):
        parse_filter(typed).holds("some line")
        parse_search(typed).spans("some line")


def test_an_invalid_pattern_says_why() -> None:
    assert parse_filter("re:(").fault == "re: missing ), unterminated subpattern at position 0"
    assert parse_search("re:[").fault.startswith("re: unterminated character set")
    assert parse_filter(f"re:{'x' * 201}").fault == "re: expects 200 characters at most"
    assert not parse_filter("re:(")


def test_a_pattern_whose_meaning_may_change_warns_nobody() -> None:
    assert parse_filter("re:[[a]").holds("[")


def test_a_search_is_plain_text_without_case() -> None:
    assert parse_search("a.b").spans("A.B axb a.b") == [(0, 3), (8, 11)]
    assert parse_search("re:a.b").spans("A.B axb") == [(0, 3), (4, 7)]
    assert parse_search("re:x*").spans("abxx") == [(2, 4)], "nothing is no place"
    assert parse_search("  ") == LogSearch()


def test_of_a_very_long_line_the_beginning_is_read() -> None:
    assert not parse_filter("needle").holds("x" * READ + "needle")
    assert not parse_search("needle").finds("x" * READ + "needle")


@given(
    st.lists(st.tuples(st.lists(st.tuples(st.integers(0, 40), WORDS), max_size=6), st.booleans()), max_size=8),
    st.sampled_from(["", "loss", "!nan", "re:^step"]),
    st.sampled_from(["", "error"]),
)
def test_what_is_kept_up_to_date_is_as_if_read_anew(
    batches: list[tuple[list[tuple[int, str]], bool]], typed: str, searched: str
) -> None:
    buffer, lines = LogBuffer(most_lines=10), LogLines()
    lines.refilter(buffer, parse_filter(typed))
    lines.research(parse_search(searched))
    for batch, earlier in batches:
        buffer.add("a", [line(n, text) for n, text in batch], earlier=earlier)
        lines.update(buffer)
        whole = LogLines()
        whole.refilter(buffer, lines.filter)
        whole.research(lines.search)
        assert lines.entries == whole.entries
        assert lines.found == whole.found
        assert lines.total == len(buffer)


def test_matches_are_gone_through_in_both_directions() -> None:
    buffer, lines = LogBuffer(), LogLines()
    buffer.add("a", [line(n, "error" if n in (2, 5, 7) else "fine") for n in range(10)])
    lines.update(buffer)
    lines.research(parse_search("error"))
    keys = lines.found
    key = lines.entries[4].key
    assert lines.next_found(key, 1) == keys[1]
    assert lines.next_found(keys[1], 1) == keys[2]
    assert lines.next_found(keys[2], 1) == keys[0]
    assert lines.next_found(key, -1) == keys[0]
    assert lines.next_found(keys[0], -1) == keys[2]
    assert (lines.next_found(None, 1), lines.next_found(None, -1)) == (keys[0], keys[2])
    lines.research(LogSearch())
    assert lines.next_found(key, 1) is None


def test_an_interrupted_update_changes_nothing() -> None:
    class Slow(LogFilter):
        def holds(self, text: str) -> bool:
            raise TimeoutError

    buffer, lines = LogBuffer(), LogLines()
    buffer.add("a", [line(0)])
    lines.update(buffer)
    lines.filter = Slow()
    buffer.add("a", [line(1)])
    with pytest.raises(TimeoutError):
        lines.update(buffer)
    lines.refilter(buffer, LogFilter())
    assert [entry.line.text for entry in lines.entries] == ["line 0", "line 1"]
