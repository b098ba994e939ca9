"""Lines of logs in the recording: only where they are wanted, of each pod the newest, in no export unasked."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.make import pod, snapshot
from tui.history.archive import log_text
from tui.history.archive.checked import BadRow
from tui.history.archive.facts import Facts
from tui.history.archive.reader import Recording
from tui.history.archive.schema import ArchiveError, connect
from tui.history.archive.writer import Polled, Writer
from tui.history.export import export
from tui.store import kept_log
from tui.store.kept_log import LONGEST, WAITING_CHARACTERS, WAITING_LINES, KeptLine, KeptLog

NOW = 1_795_435_200.0


class Recorder:
    """A podtop that records every 5 seconds what is written in between."""

    def __init__(self, path: Path, most: int = 100) -> None:
        self.log, self.at = KeptLog(most), NOW
        self.writer = Writer(connect(path, write=True), NOW - 1, silence=60.0)

    def write(self, *texts: str, pod_id: str = "a") -> None:
        for number, text in enumerate(texts):
            self.log.add(pod_id, self.at + number / 100, text)
        self.poll()

    def poll(self) -> None:
        told = snapshot(pod("a", name="train-1"), pod("b", name="other"))
        self.writer.write([Polled(self.at, told, facts=Facts(log=self.log))] * 2)
        self.at += 5.0


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(tmp_path / "a.sqlite")
    yield recorder
    recorder.writer.close()


def kept(path: Path, pod_id: str = "a", at: float = NOW + 1e6, most: int = 10_000) -> list[str]:
    with closing(Recording(path)) as recording:
        lines = [line.text for line in recording.log_text(pod_id, at, most)]
        assert recording.damaged == 0
    return lines


def test_each_line_is_there_once_and_around_any_instant(here: Recorder, tmp_path: Path) -> None:
    here.write("one", "two")
    here.write("of b", pod_id="b")
    here.write("three")
    assert kept(tmp_path / "a.sqlite") == ["one", "two", "three"]
    assert kept(tmp_path / "a.sqlite", "b") == ["of b"]
    assert kept(tmp_path / "a.sqlite", at=NOW + 2, most=1) == ["two", "three"]
    assert kept(tmp_path / "a.sqlite", "c") == []


def test_without_lines_a_recording_has_no_table(here: Recorder, tmp_path: Path) -> None:
    here.poll()
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db:
        assert not log_text.is_there(db)
    assert kept(tmp_path / "a.sqlite") == []


def test_of_each_pod_the_newest_lines_are_kept(here: Recorder, tmp_path: Path) -> None:
    here.write("of b", pod_id="b")
    for number in range(60):
        here.write(f"{number} first", f"{number} second", f"{number} third")
    lines = kept(tmp_path / "a.sqlite")
    assert 97 <= len(lines) <= 100
    assert lines[-1] == "59 third"
    assert kept(tmp_path / "a.sqlite", "b") == ["of b"]
    here.write(*(f"again {number}" for number in range(500)))
    assert kept(tmp_path / "a.sqlite") == [f"again {number}" for number in range(400, 500)]


def test_a_secret_across_the_end_of_what_is_kept_of_a_line_is_not_recorded_in_part() -> None:
    log = KeptLog(10, lambda text: text.replace("very-secret-value", "•••"))
    for place in (LONGEST - 30, LONGEST - 10, LONGEST - 1, LONGEST):
        log.add("a", NOW, f"{'-' * (place - 1)} very-secret-value and more")
    (_, lines) = log.waiting()["a"]
    assert [len(line.text) for line in lines] == [LONGEST - 30 + 3 + 9, LONGEST - 10 + 3 + 1, LONGEST, LONGEST]
    assert not any("v" in line.text for line in lines)


def test_bytes_are_bounded_too(here: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_text, "MOST_BYTES", 300)
    for number in range(20):
        here.write(f"{number} " + "".join(chr(97 + number * place % 26) for place in range(50)))
    assert len(kept(tmp_path / "a.sqlite")) < 10
    monkeypatch.setattr(log_text, "ALL_BYTES", 200)
    for number in range(20):
        here.write(f"{number} of many", pod_id=f"pod{number}")
    assert kept(tmp_path / "a.sqlite") == []
    assert kept(tmp_path / "a.sqlite", "pod19") == ["19 of many"]
    assert kept(tmp_path / "a.sqlite", "pod2") == []


def test_what_could_not_be_written_is_written_with_the_next_poll(here: Recorder, tmp_path: Path) -> None:
    here.write("one")
    here.log.add("a", here.at, "two")
    lines = here.writer._log_text
    here.writer._log_text = _Full(lines)  # type: ignore[assignment]
    with pytest.raises(ArchiveError):
        here.poll()
    here.writer._log_text = lines
    here.poll()
    assert kept(tmp_path / "a.sqlite") == ["one", "two"]


class _Full:
    """A disk that is full right behind the lines."""

    def __init__(self, lines: log_text.LogWriter) -> None:
        self.lines = lines

    def write(self, log: KeptLog) -> None:
        self.lines.write(log)
        raise sqlite3.OperationalError("database or disk is full")

    def forget(self) -> None:
        self.lines.forget()


def test_a_podtop_that_is_started_again_reads_the_same_lines_and_keeps_them_once(tmp_path: Path) -> None:
    texts = [f"step {number}" for number in range(12)]
    with closing((first := Recorder(tmp_path / "a.sqlite")).writer):
        first.write(*texts[:8])
    with closing((second := Recorder(tmp_path / "a.sqlite")).writer):
        second.write(*texts[3:])
        second.write("step 12")
    assert kept(tmp_path / "a.sqlite") == [*texts, "step 12"]


def test_what_waits_is_bounded() -> None:
    log = KeptLog(100_000)
    for number in range(3 * WAITING_LINES):
        log.add("a", NOW, str(number))
    for _ in range(2 * WAITING_CHARACTERS // LONGEST):
        log.add("b", NOW, "x" * (LONGEST + 1))
    number, lines = log.waiting()["a"]
    assert (len(lines), number, lines[-1].text) == (WAITING_LINES, 3 * WAITING_LINES, str(3 * WAITING_LINES - 1))
    assert sum(len(line.text) for line in log.waiting()["b"][1]) <= WAITING_CHARACTERS
    assert len(log.waiting()["b"][1][0].text) == LONGEST
    for pod_number in range(2 * kept_log.PODS):
        log.add(f"pod{pod_number}", NOW, "line")
    assert len(log.waiting()) <= kept_log.PODS
    log.written({"a": number - 1})
    assert [line.text for line in log.waiting()["a"][1]] == [str(3 * WAITING_LINES - 1)]


def test_a_full_piece_is_one_that_is_read() -> None:
    lines = [KeptLine(NOW, "\U0001d54f" * (WAITING_CHARACTERS // WAITING_LINES)) for _ in range(WAITING_LINES)]
    assert log_text.unpacked(log_text.packed(lines)) == tuple(lines)


@pytest.mark.parametrize(
    "data", [b"", b"x", "text", None, 7, zlib.compress(b"[[1, 2]]"), zlib.compress(b'[[1e300, "a"]]')]
)
def test_a_piece_that_podtop_cannot_have_written_is_none(data: object) -> None:
    with pytest.raises(BadRow):
        log_text.unpacked(data)


@pytest.mark.parametrize(
    ("begin", "piece", "times", "end"),
    [(b"[", b"", 0, b""), (b"", b"[", 100_000, b""), (b"[", b" ", 64 << 20, b"]"),
     (b"[", b"[1,\"\"],", 3_000, b"[1,\"\"]]")],
)  # fmt: skip
def test_nor_is_one_that_is_deep_or_large(begin: bytes, piece: bytes, times: int, end: bytes) -> None:
    with pytest.raises(BadRow):
        log_text.unpacked(zlib.compress(begin + piece * times + end))


def test_an_export_has_lines_only_if_they_are_asked_for(here: Recorder, tmp_path: Path) -> None:
    here.write("a line of a")
    here.write("a line of b", pod_id="b")
    source = tmp_path / "a.sqlite"
    export(source, tmp_path / "without.sqlite")
    assert kept(tmp_path / "without.sqlite") == []
    with closing(sqlite3.connect(tmp_path / "without.sqlite")) as db:
        assert not log_text.is_there(db)
    export(source, tmp_path / "some.sqlite", pods="train-*", logs=True)
    assert kept(tmp_path / "some.sqlite") == ["a line of a"]
    assert kept(tmp_path / "some.sqlite", "b") == []
    export(source, tmp_path / "late.sqlite", since=NOW + 3, logs=True)
    assert kept(tmp_path / "late.sqlite", "b") == ["a line of b"]
    assert kept(tmp_path / "late.sqlite") == []
