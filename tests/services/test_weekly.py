"""The report of a week in a line: once, on Monday at nine, whichever podtop runs then, over restarts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.make import snapshot
from tests.report.make import DAY, HOUR, midnight, minutes, record, up
from tests.services.test_session import Stand
from tui.config.loader import Config
from tui.config.settings import History, Notify
from tui.domain.events import Kind
from tui.domain.user_message import Level, UserMessage
from tui.history.recorder import Recorder
from tui.services import duties
from tui.services.messages import Messages
from tui.services.shared_report import SharedReports
from tui.services.weekly import Weekly, latest_due
from tui.storage.weekly_file import WeeklyFile

MONDAY = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
DUE = MONDAY + 9 * HOUR


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Ten hours of last Sunday: work, then idleness."""
    polls = minutes(MONDAY - 12 * HOUR, 120, lambda n: (up((95.0,) if n < 90 else (0.0,), uptime=300 * n),), step=300.0)
    return record(tmp_path / "a.sqlite", polls, silence=900.0)


class Podtop:
    """One podtop of an account, at a clock that the test sets."""

    def __init__(
        self, folder: Path, recording: Path | None, *, notifies: bool = True, history: History | None = None
    ) -> None:
        self.now = 0.0
        self.posted: list[UserMessage] = []
        self.recording = recording
        self.weekly = Weekly(
            lambda: WeeklyFile(folder / "weekly.json"), lambda: self.recording,
            lambda: SharedReports(history, "", lambda: "user_1", lambda: self.now), Messages(self.posted.append),
            lambda: self.now, midnight, UTC, notifies=notifies,
        )  # fmt: skip

    async def at(self, now: float) -> list[str]:
        self.now = now
        before = len(self.posted)
        await self.weekly.look()
        return [message.text for message in self.posted[before:]]


LINE = "last week: ≥ $99, of which $24 (24%) did nothing; dearest: pod a $24"
"""At least: from ten o'clock to midnight nobody watched."""


async def test_it_is_posted_once_when_it_is_due(tmp_path: Path, recording: Path) -> None:
    podtop = Podtop(tmp_path, recording)
    assert await podtop.at(MONDAY + 4 * DAY - 7 * DAY) == [], "Friday: the week before is old news"
    assert await podtop.at(DUE - 1) == []
    assert await podtop.at(DUE) == [LINE]
    assert await podtop.at(DUE + 60) == []
    assert await podtop.at(DUE + 6 * DAY) == []
    (message,) = podtop.posted
    assert (message.level, message.topic) == (Level.CALL, "money")
    assert message.event is not None
    assert message.event.kind is Kind.REPORT


async def test_a_restart_and_another_podtop_post_nothing_again(tmp_path: Path, recording: Path) -> None:
    assert await Podtop(tmp_path, recording).at(DUE + HOUR) == [LINE]
    assert await Podtop(tmp_path, recording).at(DUE + 2 * HOUR) == []
    assert await Podtop(tmp_path, recording).at(DUE + 2 * DAY) == []


async def test_it_is_caught_up_within_three_days(tmp_path: Path, recording: Path) -> None:
    assert await Podtop(tmp_path, recording).at(DUE + 3.1 * DAY) == []
    assert await Podtop(tmp_path, recording).at(DUE + 2.9 * DAY) == [LINE]


async def test_nothing_recorded_is_no_news(tmp_path: Path, recording: Path) -> None:
    assert await Podtop(tmp_path, recording).at(DUE + 7 * DAY) == []
    late = Podtop(tmp_path / "b", None)
    assert await late.at(DUE) == []
    late.recording = recording
    assert await late.at(DUE + 60) == [LINE], "the recording was not open yet"


async def test_without_notifications_it_is_an_event(tmp_path: Path, recording: Path) -> None:
    podtop = Podtop(tmp_path, recording, notifies=False)
    assert await podtop.at(DUE) == [LINE]
    assert podtop.posted[0].level is Level.INFO
    assert podtop.posted[0].event is not None


async def test_it_says_that_the_history_of_others_is_not_in_it(tmp_path: Path, recording: Path) -> None:
    podtop = Podtop(tmp_path, recording, history=History(url="http://127.0.0.1:1"))
    assert await podtop.at(DUE) == [f"{LINE} · shared history unavailable"]


async def test_a_full_temporary_folder_keeps_no_report_back(
    tmp_path: Path, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(prefix: str) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tui.services.shared_report.mkdtemp", full)
    podtop = Podtop(tmp_path, recording, history=History(url="http://127.0.0.1:1"))
    assert await podtop.at(DUE) == [f"{LINE} · shared history unavailable"]


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    path = tmp_path / "spoilt.sqlite"
    path.write_bytes(b"no recording at all")
    return path


async def test_what_cannot_be_read_is_said(tmp_path: Path, spoilt: Path) -> None:
    (text,) = await Podtop(tmp_path, spoilt).at(DUE)
    assert text.startswith("no weekly report: ")


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_a_week_is_seven_local_days_also_when_clocks_change(name: str) -> None:
    tz = ZoneInfo(name)
    at = datetime(2026, 1, 1, 12, tzinfo=tz).timestamp()
    for _ in range(400):
        at += 23 * HOUR
        due, start, end = latest_due(at, tz)
        assert due <= at < due + 7 * DAY + HOUR
        assert datetime.fromtimestamp(due, tz).strftime("%a %H:%M") == "Mon 09:00"
        assert datetime.fromtimestamp(start, tz).strftime("%a %H:%M") == "Mon 00:00"
        assert abs(end - start - 7 * DAY) <= HOUR


@pytest.mark.parametrize("weekly", [True, False])
async def test_a_session_posts_it_from_the_recording_of_its_account(
    weekly: bool, tmp_path: Path, recording: Path
) -> None:
    def made(post: object) -> Recorder:
        recorder = Recorder(tmp_path / "unused", "test")
        recorder.path = recording
        return recorder

    stand = Stand(tmp_path, Config(notify=Notify(weekly=weekly)), record=made)
    session = stand.session
    session._make_recorder(made, print)
    stand.cloud.now = DUE
    session.fleet.apply(snapshot(), DUE)
    posted = asyncio.Event()
    session.messages.add(lambda message: posted.set())
    running = asyncio.ensure_future(duties.report_weekly(session))
    await asyncio.wait_for(posted.wait(), 20)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [message.text for message in stand.notes] == [LINE]
    assert (stand.notes[0].level is Level.CALL) == weekly
    assert [event.text for event in session.fleet.events if event.kind is Kind.REPORT] == [LINE]
    assert session.state is not None
    assert session.state.weekly("user_1").is_file()
