"""What is not known is told as that: of GPUs, of the balance, of pods that a filter hides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests import make_hosts
from tests.make import funds, pod, runtime, snapshot
from tests.ui.conftest import NOW, Launch
from tests.ui.test_deploy import shown
from tui.api.errors import TimedOut
from tui.api.hosts import Capacity, Hosts
from tui.api.models import Pod
from tui.format import numbers as fmt
from tui.store.fleet import Fleet
from tui.store.views import hosts, pod_costs
from tui.ui.modals.confirm import Confirm
from tui.ui.render import balance_charts
from tui.ui.render import header as status
from tui.ui.render import money as purse


def fleet_of(*pods: Pod, **money: float | None) -> Fleet:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(*pods, funds=funds(**money)), NOW)
    return fleet


def header(fleet: Fleet, width: int = 200) -> str:
    badges = status.Badges("api.runpod.io", demo=False, read_only=False)
    lines = status.header(fleet, badges, NOW, status.connection(fleet, NOW, None), width)
    return " ".join("".join(part for part, _ in cell) for cell in lines[1].left)


SILENT = replace(pod("s", utils=(1,) * 8), runtime=runtime(()), gpu_count=8)
READINGS = st.lists(st.one_of(st.none(), st.floats(0, 100)), max_size=8).map(tuple)


def test_of_gpus_that_nothing_is_known_of_none_is_told_to_be_idle() -> None:
    assert "GPUs busy –/16" in header(fleet_of(SILENT, replace(SILENT, id="t")))
    assert "GPUs busy –/8" in header(fleet_of(pod("a", utils=(None,) * 8)))
    booting = header(fleet_of(replace(pod("b", utils=None), gpu_count=4)))
    assert "GPUs busy –/4, 4 booting" in booting
    assert "busy" not in header(fleet_of(pod("c", status="EXITED", utils=None))), "there is none to be busy"


def test_what_is_known_in_part_is_told_as_a_part() -> None:
    said = header(fleet_of(SILENT, pod("a", utils=(90, 0)), replace(pod("b", utils=None), gpu_count=4)))
    assert "GPUs busy 1/14, 8 unknown, 4 booting" in said
    assert "GPUs busy 0/10, 8 unknown" in header(fleet_of(SILENT, pod("a", utils=(0, 0))))
    # Where there is no room for the words a sign says it.
    assert "busy ≥1/10" in header(fleet_of(SILENT, pod("a", utils=(90, 0))), 40)


@given(st.lists(st.one_of(st.none(), READINGS), min_size=1, max_size=5))
def test_a_zero_is_told_only_where_a_gpu_was_read(readings: list[tuple[float | None, ...] | None]) -> None:
    pods = [
        replace(pod(str(n), utils=None), gpu_count=8)
        if each is None
        else replace(pod(str(n), utils=(1,)), runtime=runtime(each), gpu_count=8)
        for n, each in enumerate(readings)
    ]
    read = any(value is not None for each in readings if each is not None for value in each)
    assert ("busy –/" in header(fleet_of(*pods))) == (not read)


def test_an_idle_pod_without_a_price_does_not_idle_for_nothing() -> None:
    fleet = fleet_of(pod("a", utils=(0,), cost=None))
    for second in range(10, 701, 10):
        fleet.apply(snapshot(pod("a", utils=(0,), cost=None)), NOW + second)
    assert fleet.idle_burn(NOW + 700) is None


# A debt


@pytest.mark.parametrize("balance", [-0.01, -3.1, -1234.5])
def test_a_negative_balance_is_a_debt_everywhere(balance: float) -> None:
    money = funds(balance, 2.0)
    owed = fmt.balance(balance)
    assert owed == f"owes {fmt.money(-balance)}"
    said = header(fleet_of(pod("a"), balance=balance, spend=2.0))
    assert owed in said
    assert "balance" not in said
    assert "runway ▲ none" in said
    words = "\n".join(
        "".join(part for part, _ in fact.value)
        for section in purse.facts(None, money, (), (), False, NOW, None)
        for fact in section.facts
    )
    assert words.count(owed) == 2, words
    assert "$0.00" not in words
    drawn = balance_charts.projection(money, None, fleet_of(pod("a")).balances, ("", None), 3600.0, 40, NOW, None)
    ahead = next(line for line in drawn.lines if line.label == "in 24 h")
    assert ahead.last == balance
    assert drawn.low < 0


def test_less_than_half_a_cent_is_no_debt() -> None:
    assert fmt.balance(-0.001) == fmt.balance(0.0) == "$0.00"
    assert fmt.balance(None) == fmt.balance(float("nan")) == "–"


# What a filter hides


async def test_selected_pods_that_a_filter_hides_are_counted_and_named(launch: Launch) -> None:
    async with launch(size=(120, 40)) as run:
        await run.press("space", "space", "space")
        await run.settle()
        assert "3 selected" in run.text()
        await run.press("slash", *"llama", "enter")
        await run.settle()
        assert "3 selected, 2 hidden" in run.text()
        await run.press("S")
        await shown(run, Confirm)
        text = " ".join(run.text().replace("│", " ").split())
        assert "2 of these are selected but hidden by the filter:" in text
        for name in ("eval-sweep", "flux-lora"):
            assert text.count(name) >= 2, "in the list of all pods, and among the hidden ones"
        await run.press("escape")
        await run.settle()
        await run.press("escape")
        await run.settle()
        assert "hidden" not in run.text()
        await run.press("S")
        await shown(run, Confirm)
        assert "hidden by the filter" not in run.text()


async def test_the_account_screen_counts_them_too(launch: Launch) -> None:
    async with launch(size=(120, 40)) as run:
        run.cloud.account_answer = TimedOut("api.runpod.io did not respond in time.")
        await run.press("space", "space", "3")
        await run.settle()
        assert "2 selected" in run.text()
        assert "hidden" not in run.text()


# Sums of which a part is unknown


def _fact(label: str, *pods: Pod) -> str:
    rows = pod_costs.pod_costs(fleet_of(*pods).records, None, NOW)
    facts = [fact for section in purse.facts(None, funds(), rows, (), False, NOW, None) for fact in section.facts]
    return "".join("".join(part for part, _ in fact.value) for fact in facts if fact.label == label)


def test_the_disks_of_stopped_pods_are_unknown_where_one_is() -> None:
    since = "Exited by user: Mon Nov 23 2026 02:00:00 GMT+0000 (Coordinated Universal Time)"
    known = pod("a", status="EXITED", utils=None, change=since)
    assert _fact("Stopped pods", known).startswith("1: disks $0.027/h  $")
    assert _fact("Stopped pods", known, replace(known, id="b", volume_gb=None)).startswith("2: disks –  ≥$")
    assert _fact("Stopped pods", replace(known, id="b", volume_gb=None)) == "1: disks –"
    assert _fact("Stopped pods", replace(known, id="b", volume_gb=0.0)) == ""


def test_a_status_of_which_nobody_knows_what_it_costs_costs_no_zero() -> None:
    (row,) = pod_costs.pod_costs(fleet_of(pod("a", status="RESTARTING")).records, None, NOW)
    assert row.per_hr is None
    assert row.storage_per_hr is None


def test_machines_that_report_no_gpus_are_counted_as_unknown() -> None:
    def rows(*gpus: Capacity) -> tuple[hosts.HostRow, ...]:
        machines = (replace(make_hosts.host(str(n)), gpus=each) for n, each in enumerate(gpus))
        return hosts.rows(Hosts(tuple(machines)), NOW)

    assert hosts.rented(rows(Capacity(None, None))) == (None, None, 1)
    assert hosts.rented(rows(Capacity(8, None), Capacity(None, 2))) == (None, None, 2)
    assert hosts.rented(rows(Capacity(8, 3), Capacity(8, None))) == (3, 8, 1)
    assert hosts.rented(rows(Capacity(8, 0))) == (0, 8, 0)


def test_while_a_demos_history_is_loaded_no_money_of_it_is_shown() -> None:
    fleet = fleet_of(pod("a"))
    fleet.past, fleet.past_share = True, 0.4
    said = header(fleet)
    assert status.connection(fleet, NOW, None)[0] == (("◌ loading history 40 %", "muted"),)
    assert "history up to Mon" in said
    assert not [word for word in ("$", "busy", "spend", "runs out", "▲") if word in said]
    fleet.past = False
    assert "spend $" in header(fleet)
