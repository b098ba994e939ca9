"""The lease of a pod, from t to the column that counts down, and what happens at its end."""

from __future__ import annotations

import pytest

from tests.ui.conftest import Launch, Running
from tests.ui.test_acting import LLAMA, on
from tui.ui.modals.lease import LeaseDialog


async def opened(run: Running) -> None:
    await run.press("t")
    await run.settle()
    assert isinstance(run.app.screen, LeaseDialog)
    await run.wait(0.5)


async def test_a_lease_is_set_shown_extended_and_ended(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        assert "LEASE" not in run.text()
        await opened(run)
        await run.press(*"8h", "enter")
        await run.until("■ 8h 00m")
        assert "LEASE" in run.text()
        await opened(run)
        assert "now     stop in 8h 00m" in run.text()
        await run.press(*"9h", "enter")
        await run.until("■ 9h 00m")
        await opened(run)
        await run.press("tab", "tab", "enter")
        await run.until("lease: removed from")
        await run.settle()
        assert "LEASE" not in run.text()


@pytest.mark.wide
async def test_what_is_no_time_is_refused_and_terminating_takes_the_name(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await opened(run)
        await run.press(*"soon", "enter")
        await run.settle()
        assert "must be a duration" in run.text()
        await run.press("escape")
        await run.settle()
        await opened(run)
        await run.press(*"8h", "up", "right", "down", "enter")
        await run.settle()
        assert isinstance(run.app.screen, LeaseDialog)
        await run.press("down", *"llama-pretrain", "enter")
        await run.until("✕ 8h 00m")


async def test_at_its_end_it_warns_and_then_stops(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "llama")
        await opened(run)
        await run.press(*"1h", "enter")
        await run.until("■ 1h 00m")
        run.cloud.now += 3100
        await run.poll()
        await run.until("llama-pretrain: auto-stop timer stops it in 10m")
        assert run.toasts().count("t extends it") == 1, "the alert tells it, and nobody else"
        assert run.cloud.sent == []
        # The runner has seen that the user is warned.
        await run.until_so(lambda: all(lease.warned_at for lease in run.app.fleet.leases.values()))
        run.cloud.now += 600
        await run.poll()
        await run.until("▸ stopping")
        for _ in range(6_000):
            if run.cloud.sent:
                break
            await run.pilot.pause(0.01)
        assert run.cloud.sent == [("stop", LLAMA)]


async def test_locked_or_for_several_there_is_no_lease(launch: Launch) -> None:
    async with launch() as run:
        await run.press("g", "space", "space", "t")
        await run.until("lease: one pod at a time")
        await run.press("L", "t")
        await run.until("lease: actions locked")
        assert not isinstance(run.app.screen, LeaseDialog)


@pytest.mark.wide
async def test_what_is_stopped_already_has_no_lease_to_stop_it(launch: Launch) -> None:
    async with launch() as run:
        await on(run, "dataset")
        await opened(run)
        await run.press(*"8h", "enter")
        await run.settle()
        assert "already stopped" in run.text()
        assert isinstance(run.app.screen, LeaseDialog)
        await run.press("up", "right", "down", "down", *"dataset-prep", "enter")
        await run.until("podtop will terminate dataset-prep")
