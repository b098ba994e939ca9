"""Every status of a pod, in every place that maps statuses: a new one cannot be forgotten anywhere."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

import tui
from tests.make import funds, pod, runtime, snapshot
from tui.actions import BY_ID
from tui.api.enums import ENDED, STARTING, PodStatus
from tui.api.models import Pod
from tui.domain import consequences, costs, effects, pod_costs, pod_health, runway
from tui.domain.action import State
from tui.domain.events import Kind, between
from tui.domain.market_watch import MarketWatch, moot
from tui.domain.market_watch import State as Progress
from tui.domain.pod_health import Phase
from tui.store.alerts import alerts
from tui.store.fleet import Fleet
from tui.store.kinds.container import BOOT, ERROR
from tui.store.views import pod_costs as cost_rows
from tui.store.views import pods as pod_views
from tui.system import ssh
from tui.ui.render import pod_facts, rows

NOW = 1_795_435_200.0


def of(status: str, up: bool = False) -> Pod:
    return pod("p1", status=PodStatus(status), utils=(50.0,) if up else None)


PHASES = {
    "CREATED": Phase.OTHER,
    "PROVISIONING": Phase.BOOTING,
    "STARTING": Phase.BOOTING,
    "RUNNING": Phase.BOOTING,
    "RESTARTING": Phase.OTHER,
    "EXITED": Phase.STOPPED,
    "PAUSED": Phase.OTHER,
    "DEAD": Phase.OTHER,
    "ERROR": Phase.ERROR,
    "TERMINATED": Phase.ENDED,
    "NEWER": Phase.OTHER,
}
"""Of a pod that has no container."""

STATES = {
    "PROVISIONING": State.RUNNING,
    "STARTING": State.RUNNING,
    "RUNNING": State.RUNNING,
    "EXITED": State.STOPPED,
    "DEAD": State.STOPPED,
    "TERMINATED": State.GONE,
}
"""What is billed; of the others that is unknown."""

STARTABLE = {"EXITED", "DEAD", "ERROR"}
TERMINABLE = set(PHASES) - {"TERMINATED"}
STOPPABLE = {"CREATED", "PROVISIONING", "STARTING", "RUNNING", "RESTARTING", "PAUSED", "NEWER"}
ON = {"PROVISIONING", "STARTING", "RUNNING"}


def test_every_status_is_in_the_tables() -> None:
    assert set(PHASES) == {*PodStatus, "NEWER"}
    assert set(STATES) <= set(PHASES)


@pytest.mark.parametrize("status", PHASES)
def test_its_phase_has_a_symbol_and_a_word(status: str) -> None:
    phase = pod_health.phase(of(status))
    assert phase is PHASES[status]
    row = pod_views.pod_row(fleet_of(of(status)).records["p1"], NOW)
    glyph, word = (text.strip() for text, _ in rows.phase_cell(row, NOW)[:2])
    assert glyph
    assert word == (status.lower() if phase is Phase.OTHER else phase.value)
    shown = pod_facts.sections(of(status), None, NOW, spent=pod_facts.Spent(None, None), phase=phase)
    assert shown[0].facts[0].value[0][0] == word


@pytest.mark.parametrize("status", PHASES)
def test_what_it_is_billed_as(status: str) -> None:
    value = of(status)
    assert costs.state(value) == STATES.get(status)
    assert pod_health.is_on(value) == (status in ON)
    assert pod_health.is_booting(value) == (status in ON)
    assert not pod_health.is_booting(replace(value, runtime=runtime((1.0,)))) or status in STARTING
    span = pod_costs.spent([pod_costs.Span(NOW - 3600, status, 2.0)], NOW - 3600, NOW)
    assert span == (2.0 if status in ON else None if status == "ERROR" else 0.0)
    row = cost_rows.pod_costs(fleet_of(value).records, None, NOW)[0]
    assert row.running == (status in ON)
    assert (row.per_hr == 2.99) == (status in ON)
    if status == "ERROR":
        assert row.per_hr is None
    (line,) = [f.value for s in facts(value) if s.title == "Cost" for f in s.facts if f.label == "Now"]
    assert (line[0][0] == "$2.99/h") == (status in ON)


def facts(value: Pod) -> tuple[pod_facts.Section, ...]:
    return pod_facts.sections(value, None, NOW, spent=pod_facts.Spent(None, None), phase=pod_health.phase(value))


def fleet_of(*pods: Pod, at: float = NOW) -> Fleet:
    fleet = Fleet(60.0, 60.0)
    fleet.apply(snapshot(*pods), at)
    return fleet


@pytest.mark.parametrize("status", PHASES)
def test_what_may_be_done_to_it(status: str) -> None:
    value = of(status)
    assert (BY_ID["resume"].refuse(value) is None) == (status in STARTABLE)
    assert (BY_ID["stop"].refuse(value) is None) == (status in STOPPABLE)
    assert (BY_ID["terminate"].refuse(value) is None) == (status in TERMINABLE)
    if status in STARTING:
        assert BY_ID["resume"].refuse(value) == "already starting"


@pytest.mark.parametrize("status", PHASES)
def test_when_an_action_is_complete(status: str) -> None:
    class Seen:
        pod = of(status)

    assert BY_ID["resume"].reached(Seen()) == (status in ON)
    assert BY_ID["stop"].reached(Seen()) == (status in ENDED)
    assert BY_ID["terminate"].reached(Seen()) == (status == "TERMINATED")


@pytest.mark.parametrize("status", PHASES)
def test_what_the_dialog_of_a_stop_says(status: str) -> None:
    texts = " ".join(point.text for point in effects.of_stopping([of(status)], funds()))
    assert ("still booting (billed)" in texts) == (status in ON)
    assert ("that may end on its own" in texts) == (status not in ON)
    assert ("$2.99/h" in consequences.describe(of(status))) == (status in ON)


@pytest.mark.parametrize("status", PHASES)
def test_why_there_is_no_way_in(status: str) -> None:
    assert ssh.routes(of(status), None) == ()  # type: ignore[arg-type]
    assert ("booting" in ssh.hindrance(of(status))) == (status in ON)
    if status == "ERROR":
        assert "error" in ssh.hindrance(of(status))


@pytest.mark.parametrize("status", PHASES)
def test_what_happens_to_it_at_zero(status: str) -> None:
    networked = replace(of(status), network_volume_id="v1")
    expected = runway.STAYS if status in ENDED else runway.STOPS
    assert runway.fate(networked) == expected
    assert runway.fate(of(status)) == (runway.STAYS if status == "TERMINATED" else runway.ENDS)


@pytest.mark.parametrize("status", PHASES)
def test_what_a_watch_on_its_host_makes_of_it(status: str) -> None:
    end = moot(MarketWatch("w", NOW, pod="p1", basis="x"), of(status))
    assert (end is not None and end[0] is Progress.DONE) == (status in ON)


@pytest.mark.parametrize("status", PHASES)
def test_it_counts_in_the_header(status: str) -> None:
    totals = fleet_of(of(status)).totals
    assert (totals.running, totals.gpus, totals.gpus_booting) == ((1, 1, 1) if status in ON else (0, 0, 0))


@pytest.mark.parametrize("status", PHASES)
def test_what_needs_attention(status: str) -> None:
    fleet = fleet_of(of(status))
    later = NOW + 3 * pod_health.BOOT_PATIENCE
    for step in range(120):
        fleet.apply(snapshot(of(status)), NOW + 60.0 * step)
    kinds = {alert.kind for alert in alerts(fleet, later)}
    assert (BOOT in kinds) == (status in ON)
    assert (ERROR in kinds) == (status == "ERROR")


KINDS = {"EXITED": Kind.STOPPED, "TERMINATED": Kind.GONE, "ERROR": Kind.FAILED}


@pytest.mark.parametrize("status", PHASES)
def test_what_the_log_says_when_it_comes(status: str) -> None:
    up = of("RUNNING", up=True)
    (event,) = between("p1", up, of(status), NOW - 60, NOW)
    assert event.kind is (Kind.DOWN if status in ON else KINDS.get(status, Kind.STATUS))
    before = of("EXITED")
    changed = between("p1", before, of(status), NOW - 60, NOW)
    assert [e.kind for e in changed] == ([] if status == "EXITED" else [KINDS.get(status, Kind.STATUS)]
                                         if status not in ON else [Kind.RUNNING])  # fmt: skip


def test_a_boot_in_steps_is_reported_once_and_so_is_its_end() -> None:
    steps = [of("EXITED"), of("PROVISIONING"), of("STARTING"), of("RUNNING"), of("RUNNING", up=True)]
    told = [event for old, new in pairwise(steps) for event in between("p", old, new, 0.0, 1.0)]
    assert [event.kind for event in told] == [Kind.RUNNING, Kind.UP]


PLACES = {"actions.py", "costs.py", "pod_costs.py", "pod_health.py", "pod_facts.py", "ssh.py", "engine_account.py"}
"""The files that speak of RUNNING, the last in a table of statuses; all others ask `pod_health.is_on`, `is_booting` or
`is_live`."""


def test_no_other_place_takes_running_for_all_that_is_on() -> None:
    files = (path for path in Path(tui.__file__).parent.rglob("*.py") if not {"api", "demo"} & set(path.parts))
    assert {path.name for path in files if "PodStatus.RUNNING" in path.read_text()} <= PLACES
