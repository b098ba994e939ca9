"""Every alert, on the samples of real runs: a pod that works as measured and has one fault has that alert alone, and
the one next to it none. Those about what GPUs show are in `test_windows_on_traces`, on the same samples."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from tests.make import funds, market, offer, snapshot
from tests.store.pods_at_work import HOUR, MINUTE, NOW, UNKNOWN, Gpu, box, looped
from tests.store.test_account_alerts import DAY, Account, changed
from tui.api.errors import CloudError, Unauthorized, Unreachable
from tui.api.models import Funds, Pod, Quote, Unreadable
from tui.api.pod_detail import NetworkVolume
from tui.domain import lease
from tui.domain.alert_rules import AlertRules, Rule
from tui.store.alert_kinds import KINDS
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import Fleet

RICH = funds(100_000.0, 47.84)


class Case(NamedTuple):
    """What is odd from `after` seconds on, for `lasts`; polled each `step`.

    odd:   makes a pod of the one at work, by seconds since it began; `account`: whether the alert is the account's.
    money, error: what RunPod answers in place of a rich account and a response; `before`: what is set at first.
    also:  another alert that such a pod has of itself.
    """

    odd: Callable[[Pod, float], Pod | Unreadable] = lambda pod, s: pod
    lasts: float = 12 * MINUTE
    after: float = 30 * MINUTE
    step: float = 30.0
    account: bool = False
    dollars: bool = False
    money: Callable[[float], Funds] = lambda s: RICH
    error: CloudError | None = None
    before: Callable[[Fleet], None] = lambda fleet: None
    trace: str = "t3"
    also: str = ""


def with_gpus(change: Callable[[Gpu], Gpu]) -> Callable[[Pod, float], Pod]:
    """All GPUs of a run, each changed."""
    return lambda pod, s: box(
        *(change(one) for one in looped("t3", s)), at=NOW + s, limit=pod.power_limit, cost=pod.cost_per_hr
    )


def without_runtime(pod: Pod, _: float) -> Pod:
    return replace(pod, runtime=None, telemetry=None)


def missing(pod: Pod, s: float) -> Pod:
    return box(*looped("t3", s)[:7], UNKNOWN, at=NOW + s, count=8)


def no_gpus(pod: Pod, _: float) -> Pod:
    assert pod.runtime is not None
    return replace(pod, gpu_count=0, runtime=replace(pod.runtime, gpus=()), telemetry=None)


def of_container(**values: Callable[[float], float]) -> Callable[[Pod, float], Pod]:
    def odd(pod: Pod, s: float) -> Pod:
        assert pod.runtime is not None
        return replace(pod, runtime=replace(pod.runtime, **{name: value(s) for name, value in values.items()}))

    return odd


def stopped(what: str, days: float = 0.0, volume: float = 100.0) -> Callable[[Pod, float], Pod]:
    change = changed(what, NOW - days * DAY)
    return lambda pod, s: replace(
        pod, status="EXITED", status_change=change, runtime=None, telemetry=None, volume_gb=volume
    )


def due(at: float, **more: object) -> Callable[[Fleet], None]:
    def set_it(fleet: Fleet) -> None:
        begun = lease.begun("a", "a", "stop", at, NOW)
        fleet.leases = {"a": replace(begun, warned_at=at - 600, **more)}

    return set_it


def cheap(fleet: Fleet) -> None:
    fleet.apply_market(market(offer("H100 SXM", Quote(2.29, None, "High"))), NOW)


def on(kind: str) -> Callable[[Fleet], None]:
    return lambda fleet: setattr(fleet, "alert_rules", AlertRules({kind: Rule(on=True)}))


def volumes(fleet: Fleet) -> None:
    fleet.apply_topic("account", Account((NetworkVolume("v1", "old-datasets", 2000, "US-1"),)), NOW)


def reloads(fleet: Fleet) -> None:
    fleet.apply_topic("account", Account(amount=100.0, below=20.0), NOW)


def maintained(pod: Pod, _: float) -> Pod:
    assert pod.machine is not None
    window = {"maintenance_start": NOW + 2 * HOUR, "maintenance_end": NOW + 3 * HOUR, "maintenance_note": "new fan"}
    return replace(pod, machine=replace(pod.machine, **window))


CASES = {
    "missing-gpu": Case(missing, dollars=True),
    "zero-gpu": Case(no_gpus, dollars=True),
    "boot": Case(lambda pod, s: replace(without_runtime(pod, s), status_change=changed("Rented by User", NOW)),
                 lasts=25 * MINUTE, after=0.0, dollars=True),
    "lost-container": Case(without_runtime, dollars=True),
    "crash-loop": Case(of_container(uptime=lambda s: int(s % 600)), lasts=45 * MINUTE, dollars=True),
    "restarted": Case(lambda pod, s: replace(
        of_container(uptime=lambda s: int(s - 1800))(pod, s), status_change=changed("Rented by User", NOW - DAY)),
        lasts=2 * MINUTE),
    "memory": Case(of_container(memory=lambda s: 96.0)),
    "gpu-memory": Case(with_gpus(lambda gpu: gpu._replace(memory=98)), before=on("gpu-memory")),
    "hot": Case(with_gpus(lambda gpu: gpu._replace(temp=88))),
    "power-limit": Case(lambda pod, s: box(
        *(one._replace(util=98, watts=420) for one in looped("t3", s)), at=NOW + s, limit=60), lasts=15 * MINUTE),
    "under-used": Case(trace="t6", after=0.0, lasts=75 * MINUTE, dollars=True),
    "outbid": Case(stopped("Outbid")),
    "pod-error": Case(lambda pod, s: replace(pod, status="ERROR", runtime=None, telemetry=None)),
    "maintenance": Case(maintained),
    "unreadable": Case(lambda pod, s: Unreadable("a", "a", "it has no id")),
    "lease-due": Case(before=due(NOW + 50 * MINUTE)),
    "forgotten": Case(lambda pod, s: replace(pod, status_change=changed("Rented by User", NOW - 47 * DAY)), trace="t6",
                      after=0.0, lasts=13 * HOUR, step=55.0, also="under-used"),
    "zombie": Case(stopped("Exited by user", 40, 1000.0), lasts=2 * MINUTE),
    "cheaper": Case(before=cheap, lasts=35 * MINUTE),
    "orphan-volume": Case(before=volumes, account=True, lasts=5 * MINUTE),
    "runway": Case(money=lambda s: funds(47.84 * 11, 47.84), account=True),
    "auto-pay": Case(money=lambda s: funds(47.84 * 11, 47.84), account=True, before=reloads),
    "balance-unknown": Case(money=lambda s: Funds("user_1", None, None, None), account=True),
    "spend-limit": Case(money=lambda s: funds(100_000.0, 73.0), account=True, after=0.0),
    "spend-jump": Case(money=lambda s: funds(100_000.0, 70.0), account=True, lasts=2 * MINUTE),
    "unwatched": Case(error=Unreachable("no route"), account=True),
    "key-refused": Case(error=Unauthorized("no such key"), account=True),
}  # fmt: skip
OF_WINDOWS = {"idle", "run-ended", "hung", "latched", "waiting", "straggler", "unused-gpu"}
"""In `test_windows_on_traces`."""

NOT_BY_SAMPLES = {
    "loss-nan", "diverged", "plateau", "stalled", "run-error", "run-finished", "disk-full",  # by what runs write
    "quiet",  # by one response alone
    "idle-stop",  # `tests/services/test_auto_runner.py`
}  # fmt: skip


def test_no_alert_is_without_one() -> None:
    assert {kind.name for kind in KINDS} == CASES.keys() | OF_WINDOWS | NOT_BY_SAMPLES


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=pytest.mark.wide if case.lasts > 30 * MINUTE else ()) for name, case in CASES.items()
])  # fmt: skip
def test_a_fault_in_a_real_run_has_its_alert_alone(name: str) -> None:
    case = CASES[name]
    fleet, tracker = Fleet(case.step, case.step), AlertTracker()
    fleet.tz = UTC
    case.before(fleet)
    s, named = 0.0, set[tuple[str, str]]()
    while s < case.after + case.lasts:
        at, is_odd = NOW + s, s >= case.after
        if is_odd and case.error is not None:
            fleet.fail(case.error, at)
            tracker.judge_failure(fleet, at)
        else:
            pod: Pod | Unreadable = box(*looped(case.trace, s), at=at)
            if is_odd and isinstance(pod, Pod):
                pod = case.odd(pod, s)
            other = box(*looped("t3", s), at=at, id="w", gpu="H200 SXM")
            whole, broken = ((pod, other), ()) if isinstance(pod, Pod) else ((other,), (pod,))
            seen = snapshot(*whole, funds=case.money(s) if is_odd else RICH)
            fleet.apply(replace(seen, unreadable=broken), at)
            tracker.judge(fleet, at)
        if not is_odd or s == 0.0:
            assert {one.kind for one in fleet.attention} <= {name}
        named |= {(one.pod, one.kind) for one in fleet.attention}
        s += case.step
    assert named == {("" if case.account else "a", kind) for kind in (name, case.also) if kind}
    if case.dollars:
        shown = next(one for one in fleet.attention if one.kind == name)
        assert shown.wasted_per_hr
        assert "so far" in shown.text
