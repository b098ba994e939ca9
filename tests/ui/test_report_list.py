"""The report on the Account screen: loading, nothing recorded, its rows and facts, week and month."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.report.make import DAY, minutes, record, up
from tests.stage import landed, make_recording, replay_app
from tests.ui.conftest import NOW, HeldCloud, Launch, Running
from tests.ui.test_account_screen import AccountCloud, go
from tui.history.recorder import archive_path

WORK, IDLE = (95.0,) * 8, (0.0,) * 8


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Ten days of two pods, one that idles half of the time."""
    path = archive_path(tmp_path, "test", "test")
    path.parent.mkdir(parents=True)
    polls = minutes(
        NOW - 10 * DAY, 10 * 48,
        lambda n: (up(WORK if n % 48 < 24 else IDLE, uptime=1800 * n), up(WORK, id="b", cost=1.0, uptime=1800 * n)),
        step=1800.0,
    )  # fmt: skip
    record(path, polls, silence=3600.0)
    return tmp_path


@pytest.mark.wide
async def test_nothing_recorded_is_said(launch: Launch) -> None:
    async with launch(cloud=AccountCloud()) as run:
        await go(run, "report")
        await run.until("Nothing is recorded yet")
        assert "podtop records while it runs" in run.text()


@pytest.mark.wide
async def test_the_report_of_what_was_recorded(launch: Launch, recorded: Path) -> None:
    async with launch(cloud=AccountCloud(), record=recorded) as run:
        await go(run, "report")
        await run.until("pod a")
        text = run.text()
        for words in ("last 7 days", "PAID", "IDLE", "Did nothing", "What if", "volume"):
            assert words in text, words
        week = float(re.findall(r"\n.*pod a +≥? ?\$([\d,.]+)", text)[0].replace(",", ""))
        assert week == pytest.approx(240 * 6.5, rel=0.01), "since the midnight six days ago"
        await run.press("minus")
        await run.until("last 30 days")
        await run.until("$2,4")
        await run.press("equals_sign")
        await run.until("last 7 days")


@pytest.mark.wide
async def test_it_is_read_while_it_is_shown_and_asks_for_charges_then(launch: Launch, recorded: Path) -> None:
    cloud = AccountCloud()
    async with launch(cloud=cloud, record=recorded) as run:
        await run.until("llama-pretrain")
        assert "week" not in run.app.fleet.topics
        await go(run, "report")
        await run.until("pod a")
        assert run.app.session.monitor.attended == {"account", "ledger", "week"}
        await run.press("right")
        assert "week" not in run.app.session.monitor.attended
        assert "month" not in run.app.fleet.topics, "nobody asked for it"


@pytest.mark.wide
async def test_its_rows_are_sorted_filtered_and_opened(launch: Launch, recorded: Path) -> None:
    async with launch(cloud=AccountCloud(), record=recorded) as run:
        await go(run, "report")
        await run.until("pod a")
        await run.press("slash", *"pod b", "enter")
        assert "1 of " in run.text()
        await run.press("enter")
        await run.until("no pod of the account now")


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return make_recording(tmp_path / "a.sqlite", hours=1.0, step=120.0)


@pytest.mark.wide
async def test_a_replay_has_the_report_of_its_recording(tape: Path) -> None:
    app = replay_app(tape)
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot, "3", "right", "right", "right")
        run = Running(app, pilot, HeldCloud())
        await run.until("Did nothing")
        assert "mixtral-8x7b-sft" in run.text()
