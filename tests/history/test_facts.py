"""Facts of a recording: renewed while they hold, ended when they do not, and known without their samples."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.make import pod, snapshot
from tui.api.models import Pod
from tui.domain.attention import Grade
from tui.history.archive.facts import RENEWED, Facts
from tui.history.archive.reader import Recording
from tui.history.archive.sample_reader import SampleReader
from tui.history.archive.schema import DamagedArchive, connect
from tui.history.archive.writer import Polled, Writer
from tui.history.queries import HistoryQueries
from tui.store.alert import Alert
from tui.store.alert_kinds import KINDS
from tui.store.fleet import Fleet
from tui.store.slices import Sliced, whole

NOW = 1_795_435_200.0
STEP = 30.0
IDLE = next(kind for kind in KINDS if kind.name == "idle")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two hours: a pod does nothing from the tenth minute on, which is an alert from the 20th to the 80th."""
    fleet = Fleet(STEP, 60)
    with closing(Writer(connect(tmp_path / "a.sqlite", write=True), NOW - 1, silence=90.0)) as writer:
        for number in range(240):
            at, minute = NOW + STEP * number, number * STEP / 60
            told = snapshot(pod("a", utils=(80.0 if minute < 10 else 0.0,)), pod("b", utils=(70.0,)))
            told = snapshot(*(with_uptime(each) for each in told.pods or ()))
            fleet.apply(told, at)
            lasts = at - NOW - 600.0
            alert = Alert(
                IDLE, Grade.WARN, "a", "pod a", NOW + 600.0, lasts, so_far=lasts * 3 / 3600, wasted_per_hr=3.0
            )
            writer.write([Polled(at, told, facts=Facts(fleet.records, (alert,) if 20 <= minute < 80 else ()))])
        writer.tidy(NOW + 7200.0)
    return tmp_path / "a.sqlite"


def with_uptime(known: Pod) -> Pod:
    assert known.runtime is not None
    return replace(known, runtime=replace(known.runtime, uptime=1_000_000))


def test_facts_hold_for_as_long_as_they_did(path: Path) -> None:
    with closing(Recording(path)) as recording:
        for minute in (5, 12, 30, 60, 79, 80, 110):
            at = NOW + minute * 60
            then = recording.facts(at)
            assert then.idle_since is not None
            assert ("a" in then.idle_since) == (minute >= 12)
            assert all(abs(since - NOW - 600.0) <= STEP for since in then.idle_since.values())
            assert then.alerts is not None
            (alert,) = then.alerts or (None,)
            assert (alert is not None) == (20 <= minute < 80)
            if alert is not None:
                lasts = at - NOW - 600.0
                assert (alert.kind, alert.grade, alert.name) == (IDLE, Grade.WARN, "pod a")
                assert alert.lasts == pytest.approx(lasts)
                assert alert.so_far == pytest.approx(lasts * 3 / 3600, abs=0.02)


def test_they_are_few_rows_though_all_grows_with_time(path: Path) -> None:
    with closing(connect(path, write=False)) as db:
        (count,) = db.execute("SELECT count(*) FROM fact").fetchone()
    assert count <= 4 * 7200.0 / RENEWED + 8


async def test_a_start_knows_from_them_for_how_long_a_pod_was_idle(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live, first = Fleet(STEP, 60), NOW + 7200.0 + 600.0
    live.apply(snapshot(with_uptime(pod("a", utils=(0.0,)))), first)
    asked: list[str] = []
    read = SampleReader.samples
    monkeypatch.setattr(SampleReader, "samples", lambda self, key, *more: asked.append(key) or read(self, key, *more))
    past = HistoryQueries(path)
    await past.fill(live, first, first)
    past.close()
    assert live.records["a"].idle_for(first) == pytest.approx(239 * STEP - 600.0, abs=STEP), "not while podtop was away"
    assert asked == []


async def test_what_is_drawn_is_there_before_what_alerts_are_judged_by(path: Path) -> None:
    live, first = Fleet(STEP, 60), NOW + 7200.0
    live.apply(snapshot(with_uptime(pod("a", utils=(0.0,)))), first)
    seen: list[tuple[int, float]] = []

    async def take_in(work: Sliced[None]) -> None:
        whole(work)
        seen.append((len(live.records["a"].series), live.records["a"].window.work.idle.total))

    past = HistoryQueries(path)
    await past.fill(live, first, first, take_in)
    past.close()
    (samples, idle), (_, recalled) = seen[:2]
    assert samples > 200
    assert idle < 60.0 < recalled


def test_a_table_of_another_form_is_not_written(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "a.sqlite", write=True)) as db:
        db.execute("CREATE TABLE fact (nonsense)")
    with pytest.raises(DamagedArchive):
        Writer(connect(tmp_path / "a.sqlite", write=True), NOW)
    with closing(Recording(tmp_path / "a.sqlite")) as recording:
        assert recording.facts(NOW).alerts is None


def test_rows_that_podtop_cannot_have_written_are_left_out(path: Path) -> None:
    with closing(connect(path, write=True)) as db:
        for number, value in enumerate(
            (b"", b"{}", b'{"grade": "loud"}', b'{"grade": "bad", "since": 1e99}', 7, "text", 1e99)
        ):
            db.execute("INSERT INTO fact VALUES (?, ?, 'idle', ?)", (NOW + 1800.0, f"p{number}", value))
            db.execute("INSERT INTO fact VALUES (?, ?, 'idle since', ?)", (NOW + 1800.0, f"p{number}", value))
        db.execute("INSERT INTO fact VALUES (?, 'x', 'newer kind', ?)", (NOW + 1800.0, b"?"))
    with closing(Recording(path)) as recording:
        then = recording.facts(NOW + 1830.0)
        assert then.alerts is not None
        assert [alert.pod for alert in then.alerts] == ["a"]
        assert then.idle_since is not None
        assert set(then.idle_since) == {"a", "p4"}
        assert recording.damaged
