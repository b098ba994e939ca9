"""The Account screen as it is used: every list, what is asked for and when, marks, empty and odd accounts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.api.make import cloud as wire
from tests.make import funds, pod, snapshot
from tests.stage import landed, make_recording, replay_app
from tests.ui.conftest import NOW, PODS, HeldCloud, Launch, Running
from tui import turns
from tui.api.account import Account, Billing, Charge, Ledger, Profile, Readmes, Templates
from tui.api.errors import CloudError, Rejected, Unreachable
from tui.api.graphql.client import GraphQLCloud
from tui.api.models import Problem
from tui.demo.asgi import Simulator
from tui.demo.execution import KEY
from tui.demo.source import in_process
from tui.demo.world import World
from tui.domain.attention import Attention, Grade
from tui.store.fleet_sums import CROWD
from tui.ui.modals.deploy import DeployForm
from tui.ui.modals.readme import Readme
from tui.ui.render import money_rows
from tui.ui.screens.account import AccountScreen
from tui.ui.screens.account_lists import LISTINGS
from tui.ui.widgets.table import Table

DAY = 86_400.0


class AccountCloud(HeldCloud):
    """Answers about the account as the simulated RunPod does, or as it is told to; and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.topics: list[str] = []
        self.answers: dict[str, Any] = {}
        world = World(seed=7, start=NOW - 3600)
        simulator = in_process(Simulator(world, lambda: NOW, None, packs=False))
        self.real = GraphQLCloud("https://api.test/graphql", KEY, transport=simulator)

    async def _part(self, name: str) -> Any:
        self.topics.append(name)
        answer = self.answers.get(name)
        if answer is None:
            answer = await getattr(self.real, name)()
        if isinstance(answer, CloudError):
            raise answer
        return answer

    async def account(self) -> Account:
        found: Account = await self._part("account")
        return found

    async def ledger(self) -> Ledger:
        found: Ledger = await self._part("ledger")
        return found

    async def templates(self) -> Templates:
        found: Templates = await self._part("templates")
        return found

    async def readmes(self) -> Readmes:
        found: Readmes = await self._part("readmes")
        return found

    async def billing(self) -> Billing:
        found: Billing = await self._part("billing")
        return found

    async def profile(self) -> Profile:
        found: Profile = await self._part("profile")
        return found


async def go(run: Running, name: str) -> None:
    """To a list of the screen, and its answers there."""
    await run.press("3", *["right"] * [listing.name for listing in LISTINGS].index(name))
    await run.settle()
    await run.settle()


async def test_the_money_and_what_happens_at_zero(launch: Launch) -> None:
    cloud = AccountCloud()
    kept = replace(pod("n", name="kept-one", cost=2.0), network_volume_id="vol1")
    cloud.fleet_answer = snapshot(*(PODS.pods or ()), kept, funds=funds(100.0, 10.0))
    async with launch(cloud=cloud) as run:
        await go(run, "money")
        # It comes with an answer of its own.
        await run.until("$50.00")
        text = run.text()
    for words in (
        "Mon 23 Nov 22:00  in 10h 00m", "$100.00 ÷ $10.00/h = 10h 00m", "✕ 4 pods and all their data",
        "they have no network volume", "■ 1 pod, its network volume stays", "kept-one", "✕ loses data", "■ stops",
        "$240.00/day", "Spend limit", "12%",
    ):  # fmt: skip
        assert words in text, words


async def test_marked_pods_tell_what_stopping_them_would_do_and_are_marked_on_the_fleet_too(launch: Launch) -> None:
    cloud = AccountCloud()
    cloud.fleet_answer = snapshot(pod("a", cost=8.0), pod("b", cost=1.0), pod("c", cost=1.0), funds=funds(100.0, 10.0))
    async with launch(cloud=cloud) as run:
        await go(run, "money")
        assert "When stopped" in run.text()
        await run.press("space", "space")
        text = run.text()
        assert "When 2 stopped" in text
        assert "2 selected" in text
        assert "stopped" in text
        # $10 an hour less $9, and the disks of two pods, 100 GB twice as dear, 50 GB gone.
        change = 2 * (100 * 0.20 - 150 * 0.10) / 730 - 9.0
        assert f"−${-change:,.2f}/h" in text
        await run.press("1")
        assert run.app.screen._targets() == ("a", "b")  # type: ignore[attr-defined]
        await run.press("escape", "3")
        assert "When 2 stopped" not in run.text()


@pytest.mark.wide
async def test_pods_that_cost_are_put_in_order_once_for_an_answer(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    price = money_rows.ORDERS["now"]
    monkeypatch.setitem(money_rows.ORDERS, "now", lambda cost: read.append(cost.id) or price(cost))
    cloud = AccountCloud()
    cloud.fleet_answer = snapshot(*(pod(f"p{n}", cost=float(n)) for n in range(9)))
    async with launch(cloud=cloud) as run:
        await go(run, "money")
        table = run.app.screen.query_one("#money", Table)
        keys = table.keys
        assert keys == tuple(f"p{n}" for n in range(8, -1, -1))
        read.clear()
        await run.press("tab", "shift+tab", "j", "space", "j")
        assert read == []
        assert "1 selected" in run.text()
        await run.press("i")
        assert table.keys == keys[::-1]
        await run.press("i", "o", "o")
        assert len(read) == 2 * 9, "each time that the order is another one"


@pytest.mark.wide
async def test_charges_by_day_with_the_month_and_more_days(launch: Launch) -> None:
    cloud = AccountCloud()
    async with launch(cloud=cloud) as run:
        await go(run, "charges")
        text = run.text()
        for words in ("today, so far", "To date", "Forecast", "Last month", "28 days", "SERVERLESS", "▪pods"):
            assert words in text, words
        assert "SAVINGS" not in text, "what nothing was charged for has no column"
        assert len(run.app.screen.query_one("#charges", Table).keys) == 28
        await run.press("minus", "minus")
        assert "last 365 days" in run.text()
        assert len(run.app.screen.query_one("#charges", Table).keys) == 90
        await run.press("o", "t")
        totals = [float(run_key) for run_key in run.app.screen.query_one("#charges", Table).keys]
        assert totals != sorted(totals, reverse=True), "the dearest day first"
        await run.press("plus", "plus", "plus")
        assert "last 14 days" in run.text()


@pytest.mark.wide
async def test_three_years_of_charges(launch: Launch) -> None:
    cloud = AccountCloud()
    rows = [Charge(NOW // DAY * DAY - n * DAY, 10.0, 10.0, 0.0, 0.0, 0.0, "CHARGE_POD") for n in range(1200)]
    cloud.answers["ledger"] = Ledger(tuple(rows), (), ())
    async with launch(cloud=cloud) as run:
        await go(run, "charges")
        await run.press("minus", "minus", "minus")
        text = run.text()
        assert "last 1095 days" in text
        assert "Charges per" in text, "a bar for several days, where there are more days than columns"
        assert "$10,950.00" in text
        await run.press("G")
        assert "2023" in run.text()


@pytest.mark.wide
async def test_billing_that_runpod_does_not_give_costs_nothing_else(launch: Launch) -> None:
    cloud = AccountCloud()
    cloud.answers["billing"] = Rejected((Problem('Unknown argument "input" on field "User.billing".'),))
    async with launch(cloud=cloud) as run:
        await go(run, "billing")
        assert "Billing is unavailable" in run.text()
        assert "Unknown argument" in run.text()
        await run.press("left")
        await run.settle()
        assert "To date" in run.text()


@pytest.mark.wide
async def test_billing_by_gpu_type(launch: Launch) -> None:
    async with launch(cloud=AccountCloud()) as run:
        await go(run, "billing")
        text = run.text()
    for words in ("NVIDIA H100 80GB HBM3", "all disks", "$420.50", "GPU pods", "1,450 GB", "endpoints"):
        assert words in text, words


@pytest.mark.wide
async def test_payments_codes_referral_and_earnings(launch: Launch) -> None:
    async with launch(cloud=AccountCloud()) as run:
        await go(run, "payments")
        text = run.text()
    for words in (
        "earned", "rack-one host0a9b8c7", "deposit", "podtop00", "2  spent $118.20", "crypto", "$42.50",
        "Host balance", "linked", "1 code",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.wide
async def test_a_template_is_shown_read_and_deployed_from(launch: Launch) -> None:
    cloud = AccountCloud()
    async with launch(cloud=cloud) as run:
        await go(run, "templates")
        await run.press("down")
        text = run.text()
        for words in ("PyTorch 2.4", "tpl_000", "acme/pytorch:latest", "8888/http,22/tcp", "HF_HOME", "••••••"):
            assert words in text, words
        assert "readmes" not in cloud.topics
        await run.press("enter")
        await run.until("A template of the demo.")
        assert isinstance(run.app.screen, Readme)
        assert cloud.topics.count("readmes") == 1
        await run.press("escape")
        assert isinstance(run.app.screen, AccountScreen)
        await run.press("D")
        for _ in range(6_000):
            if isinstance(run.app.screen, DeployForm):
                break
            await run.pilot.pause(0.01)
        form = run.app.screen
        assert isinstance(form, DeployForm)
        assert form.draft["template_id"] == "tpl_000"
        assert form.draft["image"] == "acme/pytorch:latest"
        assert form.draft["name"].startswith("pytorch-2-4-")


@pytest.mark.wide
async def test_a_readme_is_data(launch: Launch) -> None:
    cloud = AccountCloud()
    told = await cloud.real.readmes()
    nasty = "# [red]Bold[/red]\n\n[click](https://evil.example)\n\n<script>x</script>\n\n" + "long " * 2000
    cloud.answers["readmes"] = Readmes(tuple(replace(t, readme=nasty, start_script="echo [b]") for t in told.texts))
    async with launch(cloud=cloud) as run:
        await go(run, "templates")
        await run.press("enter")
        await run.until("[red]Bold[/red]")
        await run.press("G")
        await run.settle()
        assert "echo [b]" in run.text()


@pytest.mark.wide
async def test_five_hundred_templates_are_filtered(launch: Launch) -> None:
    cloud = AccountCloud()
    one = (await cloud.real.templates()).templates[0]
    many = tuple(replace(one, id=f"tpl{n}", name=f"job {n:03d}", serverless=n == 7) for n in range(500))
    cloud.answers["templates"] = Templates(many)
    async with launch(cloud=cloud) as run:
        await go(run, "templates")
        assert "Templates  500" in run.text()
        await run.press("slash", *"job", "space", *"49", "enter")
        await run.settle()
        assert "/job 49  15 of 500" in run.text()
        await run.press("escape", "slash", *"007", "enter", "D")
        await run.settle()
        assert "a serverless template" in run.toasts()
        assert isinstance(run.app.screen, AccountScreen)


@pytest.mark.wide
async def test_who_it_is_is_asked_for_by_a_key_and_forgotten_then(launch: Launch) -> None:
    cloud = AccountCloud()
    async with launch(cloud=cloud, size=(120, 60)) as run:
        await go(run, "access")
        text = run.text()
        for words in ("laptop", "READ_ONLY", "ghcr acme", "cr_0••••••", "datasets", "demo@example.com", "ssh-ed25519"):
            assert words in text, words
        assert "cr_01" not in text
        assert "profile" not in cloud.topics
        await run.press("x")
        await run.until("Dana Demo")
        assert "Acme Research" in run.text()
        run.app.playback.pause()
        assert run.app.playback.frozen_view is not None
        assert "profile" not in run.app.playback.frozen_view[0].topics, "a held screen keeps no secret"
        run.app.playback.pause()
        await run.press("x")
        await run.settle()
        assert "Dana" not in run.text()
        assert run.app.fleet.profile.value is None
        await run.press("x")
        await run.until("Dana Demo")
        await run.press("1")
        await run.settle()
        assert run.app.fleet.profile.value is None
        await run.press("3")
        await run.settle()
        assert "Dana" not in run.text()


@pytest.mark.wide
async def test_a_screen_that_is_not_on_top_asks_for_nothing(launch: Launch) -> None:
    cloud = AccountCloud()
    async with launch(cloud=cloud) as run:
        await run.poll()
        # Whether auto-pay is on was requested once, as the runway is low; that is forgotten here.
        cloud.topics.clear()
        run.app.fleet.apply_topic("account", None, NOW - 7200)
        await run.poll()
        assert cloud.topics == []
        await go(run, "money")
        assert cloud.topics == ["account", "ledger"]
        await run.press("1")
        cloud.topics.clear()
        run.cloud.now += 1800
        await run.poll()
        assert cloud.topics == []
        assert not run.app.session.monitor.attended
        await run.press("3")
        await run.settle()
        assert cloud.topics == ["account", "ledger"]


@pytest.mark.wide
async def test_facts_are_wrapped_to_the_width_that_they_get_at_the_first_layout(launch: Launch) -> None:
    async with launch(cloud=AccountCloud(), size=(40, 12)) as run:
        await run.press("3")
        await run.settle()
        assert "$100.00 ÷ $10.00/h" in run.text()
        assert "…" not in run.text()


@pytest.mark.wide
async def test_charges_are_requested_where_the_money_has_room_for_them(launch: Launch) -> None:
    cloud = AccountCloud()
    async with launch(cloud=cloud, size=(80, 24)) as run:
        await go(run, "money")
        assert "ledger" not in cloud.topics
        await run.pilot.resize_terminal(200, 50)
        await run.until("Charges per day")
        await run.until("Without pods")
        assert cloud.topics.count("ledger") == 1
        # Old charges are not shown as current.
        cloud.answers["ledger"] = Unreachable("no route")
        cloud.now += 7200
        await run.poll()
        await run.until("Charges per day ▲ 2h 00m old")


@pytest.mark.wide
async def test_nothing_is_drawn_again_without_a_change(launch: Launch) -> None:
    async with launch(cloud=AccountCloud()) as run:
        await go(run, "money")
        for name in (listing.name for listing in LISTINGS):
            before = {widget: widget._strips.copy() for widget in run.app.screen.query(Table) if widget.display}
            run.app.changed.publish(None)
            await run.settle()
            for widget, strips in before.items():
                assert strips, name
                assert all(widget._strips[y] is strip for y, strip in strips.items()), name
            await run.press("right")
            await run.settle()


EMPTY = {"data": {"myself": {"id": "user_1"}}}


async def empty(cloud: AccountCloud) -> AccountCloud:
    for name in ("account", "ledger", "templates", "readmes", "billing", "profile"):
        cloud.answers[name] = await getattr(wire(EMPTY), name)()
    cloud.fleet_answer = snapshot(funds=funds(None, None))
    return cloud


@pytest.mark.wide
@pytest.mark.parametrize("size", [(120, 40), pytest.param((40, 12), marks=pytest.mark.wide)])
async def test_an_empty_account_with_no_balance(launch: Launch, size: tuple[int, int]) -> None:
    async with launch(cloud=await empty(AccountCloud()), size=size) as run:
        wanted = {
            "money": "unknown", "charges": "No charges in the", "billing": "No billing in the",
            "report": "Nothing is recorded yet", "payments": "reports no payments", "templates": "reports no templates",
            "access": "reports no account",
        }  # fmt: skip
        await run.press("3")
        for name, words in wanted.items():
            await run.settle()
            assert words in " ".join(run.text().split()), (name, run.text())
            await run.press("right")
            await run.settle()


async def test_trouble_is_told_and_the_money_of_the_poll_stays(launch: Launch) -> None:
    cloud = AccountCloud()
    for name in ("account", "ledger", "templates"):
        cloud.answers[name] = Unreachable("no route to RunPod")
    async with launch(cloud=cloud) as run:
        await go(run, "money")
        assert "Runs out" in run.text()
        assert "no route to RunPod" in run.text()
        for _ in range(5):
            await run.press("right")
            await run.settle()
            text = run.text()
            # The report is made from the recording.
            assert any(words in text for words in ("no route to RunPod", "NVIDIA H100", "Nothing is recorded"))


@pytest.mark.wide
async def test_the_way_round_a_narrow_terminal(launch: Launch) -> None:
    async with launch(cloud=AccountCloud(), size=(80, 24)) as run:
        await go(run, "money")
        assert "Runs out" in run.text()
        await run.press("tab")
        await run.settle()
        assert "ahead" in run.text()
        await run.press("tab")
        assert "AT $0" in run.text()
        await run.press("tab", "z", "right")
        await run.settle()
        assert "today, so far" in run.text()
        await run.press("tab")
        assert "To date" in run.text()
        await run.press("escape", "escape")
        assert "today, so far" in run.text()


async def test_a_stopped_pod_is_a_zombie_with_an_age_and_a_cost(launch: Launch) -> None:
    cloud = AccountCloud()
    change = "Exited by user: Fri Nov 13 2026 12:00:00 GMT+0000 (Coordinated Universal Time)"
    cloud.fleet_answer = snapshot(
        replace(pod("z", name="forgotten", status="EXITED", utils=None, change=change), volume_gb=730.0)
    )
    async with launch(cloud=cloud) as run:
        await go(run, "money")
        text = run.text()
        for words in ("forgotten", "10d 00h", "$48.00", "no recording", "1: disks $0.20/h  $48.00 so far"):
            assert words in text, words


async def test_pods_that_cost_are_opened_and_stopped_from_here(launch: Launch) -> None:
    async with launch(cloud=AccountCloud()) as run:
        await go(run, "money")
        await run.press("S")
        await run.settle()
        assert "Stop llama-pretrain" in run.text()
        await run.wait(0.5)
        await run.press("escape")
        await run.press("enter")
        assert "llama-pretrain" in run.text()
        await run.press("escape")
        assert isinstance(run.app.screen, AccountScreen)
        # A pod is found by the alert that stands in place of its status.
        key = run.app.screen.query_one("#money", Table).cursor or ""
        run.app.fleet.attention = (Attention("lag", "straggler", Grade.WARN, "", key),)
        await run.press(*"/straggler", "enter")
        assert "/straggler  1 of " in run.text()


async def test_costs_of_the_month_are_those_that_were_recorded(launch: Launch, tmp_path: Path) -> None:
    cloud = AccountCloud()
    async with launch(cloud=cloud, record=tmp_path) as run:
        await run.until("llama-pretrain")
        for _ in range(6_000):
            past = run.app.playback.past
            if past is not None and await past.spans():
                break
            await run.pilot.pause(0.01)
        await go(run, "money")
        await run.until_so(lambda: run.app.fleet.books.value is not None)
        books = run.app.fleet.books.value
        assert books is not None
        assert books.since == NOW
        # Local midnight is that of UTC on this stage.
        assert (books.today, books.month) == (NOW - 12 * 3600, NOW - 22.5 * DAY)
        await run.until("podtop observed 0% of this month")
        assert "≥$11.96" in run.text(), "an hour at $11.96, by its uptime"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return make_recording(tmp_path / "a.sqlite", hours=1.0, step=120.0)


@pytest.mark.wide
async def test_a_recording_tells_the_money_of_its_time_and_no_more(recording: Path) -> None:
    app = replay_app(recording)
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot, "3")
        run = Running(app, pilot, HeldCloud())
        text = run.text()
        for words in ("Runs out", "Terminated", "llama-70b-pretrain", "Projection"):
            assert words in text, words
        books = app.fleet.books.value
        assert books is not None
        assert len(books.times) > 2
        await landed(pilot, "right")
        assert "Recordings have no charges" in run.text()
        await landed(pilot, "left", "left", "left", "enter")
        assert isinstance(app.screen, AccountScreen)


@pytest.mark.wide
async def test_the_costs_of_very_many_pods_are_said_to_be_added_up_and_then_shown(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = snapshot(*(pod(f"id{n}", name=f"run-{n}", utils=(90,), cost=1.0) for n in range(3 * CROWD)))
    gate, quiet = asyncio.Event(), turns.quiet

    async def at_the_gate() -> None:
        await gate.wait()
        await quiet()

    async with launch() as run:
        await run.poll(many)
        monkeypatch.setattr(turns, "quiet", at_the_gate)
        await run.press("3")
        assert "◌ Adding up the costs of 300 pods…" in run.text()
        # Nothing is said of what ends at $0, or of what the disks cost, before that is known.
        assert "At $0" not in run.text()
        # Keys are heard meanwhile.
        await run.press("right")
        assert "Charges" in run.text()
        await run.press("left")
        gate.set()
        await run.until("run-10 ")
        assert "At $0" in run.text()
