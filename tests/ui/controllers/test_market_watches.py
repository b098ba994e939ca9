"""Watches from the keyboard: set, armed by a confirmation that says the cap, taken away; and never by a slip."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from tests.make import market, offer, snapshot
from tests.ui.conftest import OFFERS, PODS, HeldCloud, Launch, Running
from tests.ui.test_market_screen import MarketCloud
from tui.api.models import Quote
from tui.domain.market_watch import State
from tui.ui.modals.deploy import DeployForm
from tui.ui.modals.question import QuestionDialog
from tui.ui.modals.watch import WatchDialog, Wrong

B200 = "NVIDIA B200"


def cloud() -> MarketCloud:
    made = MarketCloud()
    made.market_answer = OFFERS
    made.picky = market(offer("B200", Quote(None, None, None), memory=180))
    return made


def on_disk(path: Path) -> list[dict[str, Any]]:
    return [w for f in path.glob("watches-*.json") for w in json.loads(f.read_text()).values()]


async def opened(run: Running) -> None:
    """The dialog of a watch for the B200, listening."""
    await run.press("2", "slash", "b", "2", "0", "0", "enter", "w")
    await run.wait(1)
    assert isinstance(run.app.screen, WatchDialog)


async def typed(run: Running, **fields: str) -> None:
    for name, text in fields.items():
        run.app.screen.query_one(f"#watch-{name}").value = text  # type: ignore[attr-defined]
    await run.settle()


@pytest.mark.parametrize("text", ["9" * 400, "9" * 5000, "101", "0", "-1", "1.5", "x"])
def test_a_number_of_gpus_that_no_pod_has_is_wrong(text: str) -> None:
    typed: Any = SimpleNamespace(_typed=lambda id: text)
    with pytest.raises(Wrong, match="GPUs: must be a whole number up to 100"):
        WatchDialog._number(typed, "watch-count", "GPUs", 100, whole=True)


@pytest.mark.wide
async def test_a_watch_is_set_changed_and_taken_away(launch: Launch, tmp_path: Path) -> None:
    async with launch(cloud=cloud()) as run:
        await opened(run)
        await typed(run, ceiling="5.50")
        assert "→ B200 at up to $5.50/h" in run.text()
        await run.press("enter")
        await run.until("watching for B200 at up to $5.50/h")
        assert [(w["names"], w["ceiling"], w["state"]) for w in on_disk(tmp_path)] == [(["B200"], 5.5, "waiting")]
        assert "◉ B200" in run.text()
        await run.press("left")
        await run.settle()
        assert "◌ waiting" in run.text()
        assert "notify me" in run.text()
        await run.press("enter")
        await run.wait(1)
        await typed(run, ceiling="6", **{"else": "h100 sxm"})
        await run.press("enter")
        await run.until("B200 or H100 SXM at up to $6.00/h")
        await run.press("x")
        await run.until("No watches")
        assert on_disk(tmp_path) == []


@pytest.mark.wide
async def test_what_is_not_accepted_is_told_and_nothing_is_set(launch: Launch, tmp_path: Path) -> None:
    async with launch(cloud=cloud()) as run:
        await opened(run)
        for fields, words in (
            ({"ceiling": "cheap"}, "Max price: must be a number"),
            ({"ceiling": "1", "else": "GTX 9000"}, "no GPU named GTX 9000"),
            ({"else": "", "count": "0"}, "GPUs: must be a whole number"),
            ({"count": "1", "then": "deploy"}, "Max cost: enter the limit"),
            ({"cap": "5", "tries": "99"}, "Max attempts: must be a whole number up to 10"),
        ):
            await typed(run, **fields)
            assert words in run.text(), words
            await run.press("enter")
            assert isinstance(run.app.screen, WatchDialog)
        assert on_disk(tmp_path) == []


async def armed(run: Running) -> None:
    """As far as the last question."""
    await opened(run)
    await typed(run, ceiling="6", then="deploy", cap="7.5", tries="2")
    run.app.screen.query_one("#watch-cap").focus()
    await run.press("enter")
    for _ in range(100):
        if isinstance(run.app.screen, DeployForm):
            break
        await run.pilot.pause(0.01)
    await run.wait(1)
    assert "when available" in run.text()
    await run.press("ctrl+s")
    await run.wait(1)
    assert isinstance(run.app.screen, QuestionDialog)


async def test_what_deploys_by_itself_is_armed_by_a_yes_to_its_cap(launch: Launch, tmp_path: Path) -> None:
    held = cloud()
    async with launch(cloud=held) as run:
        await armed(run)
        text = run.text()
        for words in ("Arm: deploy B200 at up to $6.00/h automatically", "up to $7.50/h ($180.00/day)", "Up to 2"):
            assert words in text, words
        assert on_disk(tmp_path) == []
        await run.press("y")
        await run.until("armed: B200 at up to $6.00/h")
        (kept,) = on_disk(tmp_path)
        assert (kept["state"], kept["plan"]["cap"], kept["plan"]["attempts"]) == ("armed", 7.5, 2)
        assert kept["account"] == "user_1"
        held.picky = market(offer("B200", Quote(5.0, None, "Low"), memory=180))
        held.market_answer = market(offer("B200", Quote(5.0, None, "Low"), memory=180))
        held.now += 30
        await run.poll()
        for _ in range(6_000):
            if held.orders:
                break
            await run.pilot.pause(0.02)
        assert [order.gpu_type_id for order in held.orders] == [B200]
        # RunPod is told the lower of the watch's price and what the cap leaves for GPUs.
        assert held.orders[0].deploy_cost == 6.0  # type: ignore[union-attr]
        for _ in range(3):
            held.now += 120
            await run.poll()
        assert len(held.orders) == 1


@pytest.mark.wide
async def test_cancel_arms_nothing(launch: Launch, tmp_path: Path) -> None:
    async with launch(cloud=cloud()) as run:
        await armed(run)
        await run.press("escape")
        await run.settle()
        assert on_disk(tmp_path) == []


async def test_keys_in_a_burst_arm_nothing(launch: Launch, tmp_path: Path) -> None:
    held = cloud()
    held.fleet_answer = replace(PODS, pods=tuple(p for p in PODS.pods or () if p.status == "EXITED"))
    async with launch(cloud=held) as run:
        await run.press("w", "y", "enter", "y")
        await run.settle()
        assert on_disk(tmp_path) == []
        assert isinstance(run.app.screen, QuestionDialog)


async def test_a_stopped_pod_waits_for_its_host(launch: Launch, tmp_path: Path) -> None:
    held = HeldCloud()
    (down,) = (p for p in PODS.pods or () if p.status == "EXITED")
    assert down.machine is not None
    full = replace(down, cost_per_hr=0.4, machine=replace(down.machine, gpu_available=0))
    held.fleet_answer = snapshot(full)
    async with launch(cloud=held) as run:
        await run.press("w")
        await run.wait(1)
        text = run.text()
        assert "Arm: resume dataset-prep automatically" in text
        assert "0 free now" in text
        assert "$0.42/h from then on, disks included" in text
        await run.press("y")
        await run.until("armed: resume")
        assert [w["state"] for w in on_disk(tmp_path)] == [State.ARMED]
        free = replace(full, machine=replace(down.machine, gpu_available=1))
        held.now += 5
        await run.poll(snapshot(free))
        for _ in range(6_000):
            if held.sent:
                break
            await run.pilot.pause(0.02)
        assert held.sent == [("resume", "m5n4b3v2c1x0z9", None)]
        for _ in range(3):
            held.now += 120
            await run.poll()
        assert len(held.sent) == 1


async def test_a_running_pod_has_nothing_to_wait_for(launch: Launch) -> None:
    async with launch() as run:
        await run.press("w")
        await run.until("only a stopped pod can wait for free GPUs")


@pytest.mark.wide
async def test_read_only_watches_and_tells_and_arms_nothing(launch: Launch, tmp_path: Path) -> None:
    async with launch(cloud=cloud()) as run:
        run.app.guard.read_only = "podtop is in read-only mode"
        await opened(run)
        await typed(run, ceiling="6", then="deploy", cap="7")
        assert "deploying is not possible now: podtop is in read-only mode" in run.text()
        await typed(run, then="tell", cap="")
        await run.press("enter")
        await run.until("watching for B200 at up to $6.00/h")
        assert len(on_disk(tmp_path)) == 1
