"""Alerts that cannot be judged over an API, or mean nothing to an account, are off, and visibly so: once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import funds, pod, runtime
from tui.api.enums import BillingMode
from tui.api.features import Feature
from tui.api.models import Funds, Placement, Pod, Snapshot
from tui.domain import offered
from tui.domain.events import ENDS, Event, Kind
from tui.domain.user_message import UserMessage
from tui.services.messages import post_switched
from tui.store.alert import AlertKind
from tui.store.alert_kinds import KINDS
from tui.store.alert_tracker import AlertTracker
from tui.store.alerts import alerts, off, off_text
from tui.store.fleet import Fleet
from tui.store.kinds.container import OUTBID, RESTART
from tui.store.kinds.gpus import CAPPED, LATCHED, WAITING
from tui.store.kinds.machine import MAINTENANCE
from tui.store.kinds.money import NO_BALANCE, RELOAD, RUNWAY, SPEND_LIMIT
from tui.store.views.joined_events import Joined
from tui.ui.render import events as rows

NOW = 1_795_435_200.0
STEP = 60.0
ALL = frozenset(Feature)
POOR = funds(10.0, 10.0)
AFTERWARDS = replace(POOR, billing_mode=BillingMode.POSTPAID)


class Life:
    def __init__(self) -> None:
        self.fleet, self.tracker, self.at = Fleet(STEP, STEP), AlertTracker(), NOW

    def poll(self, *pods: Pod, funds: Funds | None = POOR, lacks: frozenset[Feature] = frozenset()) -> list[Event]:
        self.fleet.apply(Snapshot(funds, pods, lacks=lacks), self.at)
        told = self.tracker.judge(self.fleet, self.at)
        self.at += STEP
        return list(told)

    def restart(self, *told: Event) -> None:
        self.fleet, self.tracker = Fleet(STEP, STEP), AlertTracker()
        self.tracker.recall(told)

    @property
    def kinds(self) -> set[AlertKind]:
        return {alert.kind for alert in alerts(self.fleet, self.at)}


def outbid() -> Pod:
    return pod("o", status="EXITED", utils=None, change="Outbid by 0.30: Wed Nov 25 2026 21:51:59 GMT+0000")


def closed() -> Pod:
    place = Placement("H100 SXM", 4, "h", "US", "US-TX-3", True, NOW + 3600, NOW + 7200, "power")
    return replace(pod("m"), machine=place)


def restarted() -> Pod:
    change = "Rented by User: Wed Nov 18 2026 21:51:59 GMT+0000"
    return replace(pod("r", change=change), runtime=runtime((50.0,), 30))


NEEDS = {RUNWAY: Feature.SPEND, OUTBID: Feature.STATUS_CHANGE, MAINTENANCE: Feature.MAINTENANCE,
         RESTART: Feature.STATUS_CHANGE}  # fmt: skip


@pytest.mark.parametrize("kind", NEEDS, ids=lambda kind: kind.name)
def test_an_alert_without_its_input_is_off_and_listed(kind: AlertKind) -> None:
    life = Life()
    pods = outbid(), closed(), restarted()
    life.poll(*pods)
    assert kind in life.kinds
    life.poll(*pods, lacks=frozenset({NEEDS[kind]}))
    assert kind not in life.kinds
    assert kind.subject in off(life.fleet)[offered.WORDS]
    assert kind.subject in off_text(life.fleet)


def test_every_alert_that_can_be_off_is_listed() -> None:
    silent = {kind for kind in KINDS if (kind.needs or kind.of_prepaid) and not kind.subject}
    assert silent == {NO_BALANCE, RELOAD, SPEND_LIMIT, LATCHED, WAITING, CAPPED}


def test_unknown_money_is_an_alert_and_money_that_is_not_offered_is_none() -> None:
    life = Life()
    life.poll(pod("a"), funds=None)
    assert NO_BALANCE in life.kinds
    life.poll(pod("a"), funds=None, lacks=frozenset({Feature.BALANCE, Feature.SPEND}))
    assert not {NO_BALANCE, RUNWAY} & life.kinds


def test_an_account_that_is_billed_afterwards_has_no_runway_alert_whatever_its_balance() -> None:
    for balance in (10.0, 0.0, -50.0):
        life = Life()
        life.poll(pod("a"), funds=replace(AFTERWARDS, balance=balance))
        assert not {NO_BALANCE, RUNWAY} & life.kinds
        assert off(life.fleet) == {offered.AFTERWARDS: ("low runway",)}


def test_the_switch_is_told_once_and_ends_what_was_open() -> None:
    life = Life()
    assert [event.kind for event in life.poll(closed())] == [Kind.RUNWAY, Kind.MAINTENANCE]
    told = life.poll(closed(), funds=None, lacks=ALL)
    assert sorted(event.kind for event in told) == sorted([Kind.RUNWAY_OVER, Kind.MAINTENANCE_OVER, Kind.ALERTS_OFF])
    assert all(offered.WORDS in event.text for event in told)
    # What they warned of may last: nothing is called well.
    assert [event.word for event in told if event.kind is not Kind.ALERTS_OFF] == ["not judged"] * 2
    shown = [dict(rows.row(Joined((event,)), event.at, None, {})) for event in told]
    assert not any("✓" in str(cells["what"]) or " ok" in str(cells["what"]) for cells in shown)
    assert life.poll(closed(), funds=None, lacks=ALL) == []
    (back, *others) = life.poll(closed())
    assert back.kind is Kind.ALERTS_ON or Kind.ALERTS_ON in [event.kind for event in others]


def test_a_run_that_begins_without_them_tells_it_once_and_the_next_one_not_again() -> None:
    life = Life()
    (told,) = life.poll(pod("a"), lacks=ALL)
    assert told.kind is Kind.ALERTS_OFF
    assert "low runway, spend jumps and limit, outbid" in told.text
    life.restart(told)
    assert [life.poll(pod("a"), lacks=ALL) for _ in range(3)] == [[], [], []]


def test_a_poll_without_the_money_does_not_switch_them_on_and_off() -> None:
    life = Life()
    (told,) = life.poll(pod("a"), funds=AFTERWARDS)
    assert told.kind is Kind.ALERTS_OFF
    for _ in range(3):
        assert Kind.ALERTS_ON not in [event.kind for event in life.poll(pod("a"), funds=None)]
        assert Kind.ALERTS_OFF not in [event.kind for event in life.poll(pod("a"), funds=AFTERWARDS)]


def test_graphql_and_a_prepaid_account_switch_nothing() -> None:
    life = Life()
    prepaid = replace(POOR, billing_mode=BillingMode.PREPAID)
    assert Kind.ALERTS_OFF not in [event.kind for event in life.poll(pod("a"), funds=prepaid)]
    assert off_text(life.fleet) == ""


def test_the_user_is_told_by_a_message() -> None:
    sent: list[UserMessage] = []
    life = Life()
    post_switched(life.poll(closed()), sent.append)
    assert sent == []
    post_switched(life.poll(closed(), lacks=ALL), sent.append)
    assert len(sent) == 1
    assert sent[0].text.startswith("alerts off: low runway, spend jumps and limit, outbid")
    assert ENDS[Kind.ALERTS_OFF] is Kind.ALERTS_ON
