"""The buffer of lines: order, each once, bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.logs import START, line
from tui.api.pod_logs import LogLine, LogSource
from tui.store.log_buffer import LogBuffer

_LINES = st.lists(
    st.builds(
        LogLine,
        st.sampled_from(["", *"abcdefghij"]),
        st.none() | st.floats(0, 100),
        st.just(LogSource.CONTAINER),
        st.text(max_size=5),
    ),
    max_size=12,
)


@given(st.lists(st.tuples(st.sampled_from("xy"), _LINES, st.booleans()), max_size=12))
def test_it_is_sorted_and_bounded_and_has_each_line_once(batches: list[tuple[str, list[LogLine], bool]]) -> None:
    buffer, added = LogBuffer(most_lines=8), 0
    for pod, lines, earlier in batches:
        added += len(buffer.add(pod, lines, earlier=earlier))
        keys = [entry.key for entry in buffer]
        assert keys == sorted(set(keys))
        named = [(entry.pod, entry.line.id) for entry in buffer if entry.line.id]
        assert len(named) == len(set(named))
        assert len(buffer) <= 8
        assert len(buffer) + buffer.dropped == added
        assert 0 <= buffer.changed <= len(buffer)
        assert buffer.size == sum(map(_size, buffer))


def _size(entry: object) -> int:
    from tui.store import log_buffer

    return log_buffer._size(entry)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.sampled_from("xy"), _LINES, st.booleans()), max_size=8))
def test_who_shows_it_needs_to_read_what_changed_only(batches: list[tuple[str, list[LogLine], bool]]) -> None:
    """A copy that is kept by `changed` and the first key is the same as the whole."""
    buffer, copy = LogBuffer(most_lines=8), []
    for pod, lines, earlier in batches:
        buffer.add(pod, lines, earlier=earlier)
        entries = list(buffer)
        since = buffer.changed
        kept = [entry for entry in copy if entries and entry.key >= entries[0].key]
        copy = [e for e in kept if since == len(entries) or e.key < entries[since].key] + entries[since:]
        assert copy == entries
        buffer.settle()


def test_pods_are_merged_by_time() -> None:
    buffer = LogBuffer()
    buffer.add("a", [line(0), line(2), line(4)])
    buffer.add("b", [line(1), line(3)])
    assert [(entry.pod, entry.line.text) for entry in buffer] == [
        ("a", "line 0"), ("b", "line 1"), ("a", "line 2"), ("b", "line 3"), ("a", "line 4"),
    ]  # fmt: skip


def test_a_line_without_a_time_stays_behind_the_one_before_it() -> None:
    buffer = LogBuffer()
    buffer.add("a", [line(5), LogLine("x", None, LogSource.CONTAINER, "more"), line(6)])
    assert [entry.line.text for entry in buffer] == ["line 5", "more", "line 6"]


def test_earlier_lines_of_the_same_instant_come_first() -> None:
    buffer = LogBuffer()
    buffer.add("a", [line(3, "new", at=START)])
    assert [each.text for each in buffer.add("a", [line(1, "old", at=START), line(3, at=START)], earlier=True)] == [
        "old"
    ]
    assert [entry.line.text for entry in buffer] == ["old", "new"]
    assert buffer.last_ids() == {"a": line(3).id}, "a stream is resumed behind its newest line"


def test_long_lines_are_bounded_by_their_bytes() -> None:
    buffer = LogBuffer(most_lines=100, most_bytes=1 << 20)
    for n in range(20):
        buffer.add("a", [line(n, "x" * 100_000)])
    assert buffer.size <= 1 << 20
    assert 8 <= len(buffer) <= 10
    assert [entry.line.id for entry in buffer][-1] == line(19).id
    buffer.add("a", [line(20, "y" * (2 << 20))])
    assert [entry.line.id for entry in buffer] == [line(20).id], "the newest line is kept, whatever it takes"
