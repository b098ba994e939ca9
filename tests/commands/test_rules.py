"""`podtop alerts` lists every rule with the user's own; `once alerts` has dollars and their sums."""

from __future__ import annotations

from msgspec.structs import replace

from tests.make import funds, pod, snapshot
from tui.commands.envelope import Desk, Document
from tui.commands.rules import SIGNALS
from tui.commands.tables import table
from tui.commands.topics import source
from tui.domain.alert_rules import AlertRules, Mute, Rule
from tui.store.alert_kinds import KINDS

NOW = 1_795_435_200.0
STEP = 60.0


def asked(
    kind: str, rules: AlertRules | None = None, mutes: tuple[Mute, ...] = (), price: float | None = 2.99
) -> Document:
    """A document about a pod that has been idle for half an hour, and one that works."""
    desk = Desk(kind, "test", "", STEP)
    desk.fleet.alert_rules, desk.fleet.mutes = rules or AlertRules(), mutes
    document: Document | None = None
    for number in range(31):
        pods = (pod("a", name="alder", utils=(0.0,), cost=price), pod("b", name="birch"))
        up = 7200 + 60 * number
        old = tuple(replace(one, runtime=one.runtime and replace(one.runtime, uptime=up)) for one in pods)
        answer = snapshot(*old, funds=funds(1000.0, 10.0))
        desk.take(answer, NOW + number * STEP)
        document = desk.document(answer, NOW + number * STEP)
    assert document is not None
    return document


def test_every_rule_has_its_condition_in_the_list_and_in_the_topic() -> None:
    assert list(SIGNALS) == [kind.name for kind in KINDS]
    assert [item.alert for item in asked("rules").items] == list(SIGNALS)
    topic = source("alerts")
    assert [signal for signal in SIGNALS.values() if signal not in topic] == []
    assert [name for name in SIGNALS if f"| `{name}` |" not in topic] == []


def test_a_rule_shows_what_it_says_now_and_the_users_own() -> None:
    rules = AlertRules(
        {"idle": Rule(hold=1200.0), "hung": Rule(on=False)}, (("note*", {"idle": Rule(hold=7200.0)}),), ("test-*",)
    )  # fmt: skip
    mutes = (Mute("a", "idle", until=NOW + 7200.0),)
    items = {item.alert: item for item in asked("rules", rules, mutes).items}
    idle = items["idle"]
    assert (idle.hold_s, idle.default_hold_s, idle.rings, idle.on) == (1200.0, 600.0, "by money", True)
    assert [(one.pods, one.hold_s) for one in idle.overrides] == [("note*", 7200.0)]
    assert [(one.pods, one.pod_id) for one in idle.mutes] == [("test-*", None), (None, "a")]
    assert [(one.pod_name, one.muted) for one in idle.now] == [("alder", True)]
    assert (items["hung"].on, items["hung"].off_reason) == (False, "off in [alerts]")
    assert items["runway"].mutes == ()
    lines = table("rules", tuple(items.values()), None)
    assert any(line.startswith("idle") and "alder (muted)" in line and "(note*: 2h 00m)" in line for line in lines)


def test_alerts_have_dollars_and_a_sum() -> None:
    document = asked("alerts")
    (item,) = document.items
    assert (item.alert, item.wasted_per_hr, item.muted, item.step) == ("idle", 2.99, False, 0)
    assert item.so_far_usd is not None
    assert 1.3 < item.so_far_usd <= 1.5
    assert (document.totals.wasted_per_hr, document.totals.so_far_usd) == (2.99, item.so_far_usd)
    assert not document.totals.at_least
    unknown = asked("alerts", price=None)
    assert (unknown.items[0].so_far_usd, unknown.items[0].wasted_per_hr) == (None, None)
    assert unknown.totals.at_least


def test_what_is_muted_is_marked_and_in_no_sum() -> None:
    document = asked("alerts", mutes=(Mute("a"),))
    assert [item.muted for item in document.items] == [True]
    assert (document.totals.wasted_per_hr, document.totals.so_far_usd) == (0.0, 0.0)
    assert any("muted: all GPUs idle" in line for line in table("alerts", document.items, None))
