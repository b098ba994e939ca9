"""Idle stops on the screen: armed and disarmed from the palette, shown as they come near, and postponed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.make import pod, snapshot
from tests.ui.conftest import Launch, Running
from tui.config.loader import Config
from tui.config.settings import Auto
from tui.domain.lease import Lease
from tui.storage.auto_file import AutoFile
from tui.ui.modals.lease import LeaseDialog
from tui.ui.modals.question import QuestionDialog

EVAL = "p8d2n5c1r4t6yw"
IDLE = snapshot(pod(EVAL, name="eval-sweep", utils=(0, 1), cost=1.38, gpu="RTX 4090"))
AUTO = Config(auto=Auto(pods=(("eval-*", "stop after 15m"),)))


def file_of(run: Running) -> AutoFile:
    found = run.app.session.idle_stops.file
    assert found is not None
    return found


async def palette(run: Running) -> None:
    await run.press(":", *"auto-stop when", "enter")
    await run.settle()
    assert isinstance(run.app.screen, QuestionDialog)
    await run.wait(0.5)


@pytest.mark.wide
async def test_it_is_armed_and_disarmed_from_the_palette(launch: Launch) -> None:
    async with launch(config=AUTO) as run:
        await run.poll(IDLE)
        await palette(run)
        text = run.text()
        for part in ("podtop stops eval-sweep without asking", "15m", "erases the container disk", "saves   $1.38/h"):
            assert part in text, part
        await run.press("escape")
        await run.settle()
        assert not file_of(run).state().armed
        await palette(run)
        await run.press("y")
        await run.until("Auto-stop armed: eval-sweep")
        assert list(file_of(run).state().armed) == [EVAL]
        await palette(run)
        assert "Disarm auto-stop of eval-sweep" in run.text()
        await run.press("y")
        await run.until("Auto-stop disarmed: eval-sweep")
        assert not file_of(run).state().armed


@pytest.mark.wide
async def test_without_a_rule_it_says_how_to_set_one_and_arms_nothing(launch: Launch) -> None:
    async with launch() as run:
        await run.poll(IDLE)
        await palette(run)
        assert "[auto.pods." in run.text()
        await run.press("y")
        await run.settle()
        assert not file_of(run).state().armed


async def test_a_stop_that_comes_near_is_shown_once_and_postponed_with_a_key(launch: Launch) -> None:
    # Without a rule no runner looks after it: the stop stays as it is set here.
    async with launch() as run:
        await run.poll(IDLE)
        assert "LEASE" not in run.text()
        now = run.cloud.now
        run.app.fleet.idle_stops = {EVAL: Lease(EVAL, "eval-sweep", "stop", now + 570.0, now, warned_at=now - 30.0)}
        run.cloud.now += 10.0
        await run.poll(IDLE)
        await run.until("▲ auto-stop 9m")
        assert "■ 9m 20s" in run.text()
        assert "eval-sweep: auto-stop in 9m" in run.toasts()
        assert run.toasts().count("podtop auto --keep eval-sweep, postpones it") == 1
        await run.press("t")
        await run.settle()
        assert isinstance(run.app.screen, LeaseDialog)
        assert "podtop stops it in 9m" in run.text()
        await run.wait(0.5)
        await run.pilot.click("#keep")
        await run.until("Auto-stop postponed by 1h 00m: eval-sweep")
        assert EVAL in file_of(run).state().kept
        assert run.cloud.sent == []


def test_the_question_of_a_pattern_says_whom_else_it_disarms(tmp_path: Path) -> None:
    from tui.domain.auto import rules_of
    from tui.services.idle_stops import Standing
    from tui.ui.render.auto_question import question

    rules = rules_of("off", (("eval-*", "stop after 15m"),), 3)
    asked = question("a", "eval-1", 1.0, Standing(900.0, ("a", "eval-*"), 0), rules)
    assert [point.text for point in asked.points] == ["Also disarms all other pods named eval-*."]
    assert question("a", "eval-1", 1.0, Standing(900.0, ("a",), 0), rules).points == ()
