"""Everything that an API may not offer is said where it would be shown: never a zero, never "unknown"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC

import pytest
from msgspec.structs import replace

from tests.make import funds, market, offer, pod, snapshot
from tests.make_hosts import TEMPLATE
from tests.ui.test_deploy import full_detail, full_pod
from tui.actions import BY_ID
from tui.api.account import Account, ApiKeyInfo, Billing, BillSummary, Notices, StorageBilled
from tui.api.catalogue import CpuFlavor
from tui.api.enums import BillingMode
from tui.api.features import NOT_OFFERED, Feature
from tui.api.models import Funds, GpuReading, Market, MarketQuery, Placement, Pod, Quote, Snapshot, Telemetry
from tui.commands import items
from tui.domain import consequences, deploy_price, effects, offered
from tui.domain.armed_order import no_money
from tui.domain.deploy_draft import STARTING, Draft
from tui.domain.deploy_fields import BY_NAME
from tui.domain.market_watch import MarketWatch, blind
from tui.format import numbers as fmt
from tui.store.alerts import off, off_text
from tui.store.balances import Balances
from tui.store.fleet import Fleet
from tui.store.price_history import Prices
from tui.store.views import gpu_map, pod_lines
from tui.store.views import offers as offer_views
from tui.store.views import pod_costs as cost_rows
from tui.store.views import pods as pod_views
from tui.ui.charts import captions, pod_charts
from tui.ui.charts.look import Look
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.facts import Section
from tui.ui.render import (
    account,
    balance_charts,
    charges,
    gpus,
    header,
    header_figures,
    money_rows,
    offers,
    payments,
    pod_facts,
    rows,
    watches,
)
from tui.ui.render import money as purse
from tui.ui.render.catalogue import flavor_cells
from tui.ui.render.deploy_form import UNENFORCED, help_text, price_lines
from tui.ui.render.deploy_question import price_limit
from tui.ui.render.fitting import longest
from tui.ui.render.watch_question import deploys, resumes

NOW = 1_795_435_200.0
ACCOUNT = Account(
    funds(), "a@b.c", 812.5, 5.0, False, 20.0, None, None, None, None, None, 4, True, True, "ssh-rsa A", 9, 50.0, 10.0,
    Notices(True, True, True, True), None, (ApiKeyInfo("ci", "all", None, None),), (), (), (),
)  # fmt: skip
ALL = frozenset(Feature)
NONE: frozenset[Feature] = frozenset()


def bare(pod: Pod) -> Pod:
    """What REST v2 tells of a pod."""
    place = Placement("H100 SXM", None, "h-1", None, None, True, None, None, None)
    cost = pod.cost_per_hr if pod.status == "RUNNING" else None
    return replace(pod, kind=None, status_change=None, machine=place, telemetry=None, cost_per_hr=cost)


ON, OFF = bare(pod("on")), bare(pod("off", status="EXITED", utils=None))
QUOTE = Quote(2.99, None, "High")
OFFERED = Market((offer("H100 SXM", QUOTE, QUOTE),))


def fleet(lacks: frozenset[Feature], money: Funds | None = None) -> Fleet:
    fleet = Fleet(60.0, 60.0)
    fleet.apply(Snapshot(money, (ON, OFF), lacks=lacks), NOW)
    fleet.apply_market(replace(OFFERED, lacks=lacks), NOW)
    return fleet


def text(*cells: Cell) -> str:
    return " | ".join("".join(part for part, _ in cell) for cell in cells)


def lines(sections: tuple[Section, ...]) -> dict[str, str]:
    """Facts by their label; of those without one, all texts."""
    found: dict[str, str] = {}
    for fact in (fact for section in sections for fact in section.facts):
        found[fact.label] = f"{found[fact.label]} {text(fact.value)}" if fact.label in found else text(fact.value)
    return found


def in_header(lacks: frozenset[Feature]) -> str:
    return text(*longest(header_figures.money(fleet(lacks), False)))


def in_money(label: str) -> Callable[[frozenset[Feature]], str]:
    def shown(lacks: frozenset[Feature]) -> str:
        state = fleet(lacks)
        costs = cost_rows.pod_costs(state.records, None, NOW)
        sections = purse.facts(None, None, costs, [ON], False, NOW, UTC, lacks=lacks, dark=off(state))
        return lines(sections).get(label, "")

    return shown


def in_facts(of: Pod, label: str) -> Callable[[frozenset[Feature]], str]:
    def shown(lacks: frozenset[Feature]) -> str:
        phase = fleet(lacks).records[of.id].phase(NOW)
        sections = pod_facts.sections(
            of, None, NOW, spent=pod_facts.Spent(None, None), tz=UTC, phase=phase, lacks=lacks
        )
        return lines(sections).get(label, "")

    return shown


def in_row(of: Pod, column: str) -> Callable[[frozenset[Feature]], str]:
    def shown(lacks: frozenset[Feature]) -> str:
        row = pod_views.pod_row(fleet(lacks).records[of.id], NOW)
        return text(rows.pod_cells(row, NOW, 8, lacks=lacks)[column])

    return shown


def in_bill(column: str) -> Callable[[frozenset[Feature]], str]:
    def shown(lacks: frozenset[Feature]) -> str:
        (_, row) = sorted(cost_rows.pod_costs(fleet(lacks).records, None, NOW), key=lambda row: not row.running)
        return text(money_rows.pod_cells(row, NOW, {}, lacks=lacks)[column])

    return shown


def of_a_gpu(column: str) -> Callable[[frozenset[Feature]], str]:
    def shown(lacks: frozenset[Feature]) -> str:
        gpu, *_ = gpu_map.gpus(fleet(lacks), "on", NOW)
        return text(gpus.cells(gpu, {"util": 12, "vram": 12}, lacks)[column])

    return shown


def in_offer(column: str) -> Callable[[frozenset[Feature]], str]:
    def shown(lacks: frozenset[Feature]) -> str:
        (row,) = offer_views.rows(OFFERED)
        return text(offers.cells(row, (), False, lacks)[column])

    return shown


def in_pane(column: str) -> Callable[[frozenset[Feature]], str]:
    def shown(lacks: frozenset[Feature]) -> str:
        (row,) = offer_views.rows(OFFERED)
        return text(rows.offer_cells(row, lacks)[column])

    return shown


def of_an_offer(lacks: frozenset[Feature]) -> str:
    (row,) = every = offer_views.rows(OFFERED)
    sections = offers.facts(row, OFFERED.offers[0], every, Prices(), None, None, NOW, UTC, None, lacks)
    return lines(sections).get("", "")


def in_chart(name: str) -> Callable[[frozenset[Feature]], str]:
    def shown(lacks: frozenset[Feature]) -> str:
        state = fleet(lacks)
        look = Look(now=NOW, span=3600.0, tz=UTC)
        (spec,) = pod_charts.specs(state, [state.records["on"]], look, 60.0, [(60, 8)], [name])
        return f"{spec.note} {''.join(part for part, _ in captions.title(spec, 60))}"

    return shown


def in_form(lacks: frozenset[Feature]) -> str:
    price = deploy_price.price(Draft({**STARTING, "gpu_type_id": "H100 SXM"}), OFFERED.offers, None)
    return text(*price_lines(price, False, None, [], narrow=False, tiny=False, lacks=lacks))


def of_a_watch(**more: object) -> Callable[[frozenset[Feature]], str]:
    def shown(lacks: frozenset[Feature]) -> str:
        watch = MarketWatch("w", NOW, **more)  # type: ignore[arg-type]
        now = text(watches.cells(watch, fleet(lacks), NOW, UTC)["now"])
        return f"{blind(watch, lacks, lacks)} {now.removeprefix('◌ loading')}"

    return shown


def of_filters(lacks: frozenset[Feature]) -> str:
    return offer_views.unanswered(MarketQuery(min_memory_gb=64, public_ip=True), lacks)


def of_alerts(lacks: frozenset[Feature]) -> str:
    return off_text(fleet(lacks))


DEAR = Draft({**STARTING, "gpu_type_id": "H100 SXM", "deploy_cost": "9"})


def of_resuming(lacks: frozenset[Feature]) -> str:
    asked = consequences.case(BY_ID["resume"], ["off"], {"off": OFF}, {}, None, lacks)
    return " ".join(point.text for point in asked.points if point.topic == "GPUs")


def in_access(label: str) -> Callable[[frozenset[Feature]], str]:
    def shown(lacks: frozenset[Feature]) -> str:
        bare = replace(ACCOUNT, lacks=lacks)
        for feature, names in OF_ACCOUNT.items():
            for name in names if feature in lacks else ():
                empty = () if name == "api_keys" else Notices(None, None, None, None) if name == "notices" else None
                bare = replace(bare, **{name: empty})
        if Feature.ACCOUNT_ID in lacks:
            bare = replace(bare, funds=replace(bare.funds, account_id=None))
        sections = account.access_facts(bare, None, False, NOW, UTC, "", {})
        money = purse.facts(bare, funds(), [], [], False, NOW, UTC)
        return lines((*sections[:-2], *money)).get(label, "")

    return shown


OF_ACCOUNT: Mapping[Feature, tuple[str, ...]] = {
    Feature.EMAIL: ("email",), Feature.SECURITY: ("two_factor", "terms_signed"),
    Feature.MACHINE_QUOTA: ("machine_quota",), Feature.WORKER_QUOTA: ("serverless_workers",),
    Feature.EMAIL_ALERTS: ("notices", "alert_below"), Feature.API_KEYS: ("api_keys",),
    Feature.MINIMUM_BALANCE: ("min_balance",), Feature.AUTO_RELOAD: ("reload_amount", "reload_below"),
    Feature.LIFETIME_SPEND: ("lifetime_spend",),
}  # fmt: skip


def of_a_template(lacks: frozenset[Feature]) -> str:
    bare = replace(TEMPLATE, earned=None, runtime_minutes=None) if lacks else TEMPLATE
    facts = lines(account.template_facts(bare, lacks))
    cells = account.template_rows((bare,), lacks)[bare.id or ""].cells
    return " ".join((facts["Runtime"], facts["Earned"], facts["Advanced start"], text(cells["earned"])))


def in_details(label: str) -> Callable[[frozenset[Feature]], str]:
    def shown(lacks: frozenset[Feature]) -> str:
        whole = full_detail(full_pod())
        bare = replace(
            whole, owner_id=None, adjusted_cost_per_hr=None, cost_multiplier=None, machine=None, port=None,
            registry_url=None, registry_user=None, docker_id=None, version=None, cpu_load=None, memory_load=None,
        )  # fmt: skip
        sections = pod_facts.sections(
            whole.pod, bare if lacks else whole, NOW, spent=pod_facts.Spent(None, None), tz=UTC,
            phase=pod_facts.Phase.RUNNING, lacks=lacks,
        )  # fmt: skip
        return lines(sections).get(label, "")

    return shown


def of_earnings(lacks: frozenset[Feature]) -> str:
    (*_, earned) = payments.payment_facts(None, replace(ACCOUNT, lacks=lacks), NOW)
    return " ".join(text(fact.value) for fact in earned.facts if fact.label in ("", "By hosting"))


def of_bills(lacks: frozenset[Feature]) -> str:
    size = None if lacks else 40.0
    day = BillSummary(NOW, 9.0, 0.0, 0.0, 2.0, 0.0)
    billing = Billing((), (), (StorageBilled(NOW, 2.0, size, 1.0),), (day,), lacks=lacks)
    found = lines(charges.bill_facts(billing, NOW, 28, None))
    return f"{found['By GPU type']} {found['Size']}"


def of_keys(lacks: frozenset[Feature]) -> str:
    found = account.access_rows(replace(ACCOUNT, lacks=lacks, api_keys=() if lacks else ACCOUNT.api_keys), NOW, UTC)
    return " ".join(text(*row.cells.values()) for row in found.values())


def of_a_cpu_pod(lacks: frozenset[Feature]) -> str:
    told = None if lacks else 20
    flavor = CpuFlavor("cpu3c", "CPU3", None, None, 2, 32, None if lacks else True, 2.0, told)
    cells = flavor_cells(flavor, lacks)
    return text(cells["disk"], cells["burst"])


PLACES: Mapping[Feature, tuple[tuple[Callable[[frozenset[Feature]], str], str], ...]] = {
    Feature.BALANCE: (
        (in_header, NOT_OFFERED), (in_money("Balance"), offered.MARKED), (in_money("Runs out"), offered.MARKED),
        (in_form, NOT_OFFERED), (of_alerts, "low runway"),
        (lambda lacks: no_money(None, 1.0, lacks), offered.WORDS),
    ),
    Feature.SPEND: (
        (in_header, "pods $2.99/h"), (in_money("Spend"), offered.MARKED), (in_money("Pods"), "$2.99/h"),
        (in_money("Runs out"), offered.MARKED), (in_form, offered.MARKED), (of_alerts, "low runway"),
    ),
    Feature.SPEND_LIMIT: ((in_money("Spend limit"), offered.MARKED),),
    Feature.STOPPED_COST: (
        (in_row(OFF, "cost"), NOT_OFFERED), (in_facts(OFF, "Now"), offered.MARKED),
        (lambda lacks: resumes(OFF, funds(), lacks).stop, offered.WORDS),
    ),
    Feature.POD_KIND: ((in_facts(ON, "Pricing"), offered.MARKED),),
    Feature.STATUS_CHANGE: (
        (in_bill("stopped"), NOT_OFFERED), (in_bill("stored"), NOT_OFFERED),
        (in_facts(ON, "Changed"), offered.MARKED), (of_alerts, "outbid"), (of_alerts, "restarts"),
        (lambda lacks: resumes(OFF, funds(), lacks).stop, offered.WORDS),
    ),
    Feature.GPU_TEMPERATURE: (
        (of_a_gpu("temp"), NOT_OFFERED), (in_row(ON, "temp"), NOT_OFFERED), (in_facts(ON, "GPU temp"), offered.MARKED),
        (in_chart("temp"), f"{offered.MARKED} GPU temp"), (in_chart("temp"), "GPU temp          "),
    ),
    Feature.GPU_POWER: (
        (of_a_gpu("power"), NOT_OFFERED), (in_row(ON, "power"), NOT_OFFERED),
        (in_facts(ON, "GPU power"), offered.MARKED), (in_chart("power"), offered.MARKED),
    ),
    Feature.FREE_GPUS: (
        (in_facts(OFF, "Can resume?"), offered.MARKED), (in_facts(ON, "GPUs free"), offered.MARKED),
        (of_a_watch(pod="off"), offered.MARKED), (lambda lacks: resumes(OFF, funds(), lacks).stop, offered.WORDS),
    ),
    Feature.LOCATION: ((in_row(ON, "location"), NOT_OFFERED), (in_facts(ON, "Location"), offered.MARKED)),
    Feature.MAINTENANCE: ((in_facts(ON, "Maintenance"), offered.MARKED), (of_alerts, "host maintenance")),
    Feature.SPOT_PRICE: (
        (in_offer("secure_spot"), NOT_OFFERED), (in_offer("community_spot"), NOT_OFFERED),
        (in_pane("secure_spot"), NOT_OFFERED), (in_pane("community_spot"), NOT_OFFERED),
        (of_an_offer, "spot prices"), (of_a_watch(gpus=("g",), spot=True), offered.MARKED),
    ),
    Feature.HOST_LIMITS: (
        (of_an_offer, "requirements of hosts"), (of_filters, "memory=64 ip=yes"),
        (of_a_watch(gpus=("g",), demand=MarketQuery(min_vcpus=8)), offered.MARKED),
    ),
    Feature.HOST_SPECS: (
        (in_facts(ON, "Host specs"), offered.MARKED), (in_offer("country"), NOT_OFFERED),
        (of_a_cpu_pod, NOT_OFFERED),
        (in_offer("cores"), NOT_OFFERED), (of_an_offer, "specifications of hosts"),
    ),
    Feature.RENTED_SHARE: ((in_offer("rented"), NOT_OFFERED), (of_an_offer, "share of rented GPUs")),
    Feature.ACCOUNT_ID: ((in_access("Account ID"), offered.MARKED),),
    Feature.EMAIL: ((in_access("Email"), offered.MARKED),),
    Feature.SECURITY: ((in_access("Two-factor auth"), offered.MARKED), (in_access("Terms accepted"), offered.MARKED)),
    Feature.MACHINE_QUOTA: ((in_access("Machine quota"), offered.MARKED),),
    Feature.WORKER_QUOTA: ((in_access("Worker quota"), offered.MARKED),),
    Feature.EMAIL_ALERTS: ((in_access(""), offered.MARKED), (in_access("Email alert"), offered.MARKED)),
    Feature.API_KEYS: ((in_access("API keys"), offered.MARKED), (of_keys, offered.WORDS)),
    Feature.MINIMUM_BALANCE: ((in_access("Minimum balance"), offered.MARKED),),
    Feature.AUTO_RELOAD: ((in_access("Auto-reload"), offered.MARKED),),
    Feature.LIFETIME_SPEND: ((in_access("Lifetime spend"), offered.MARKED),),
    Feature.TEMPLATE_USE: ((of_a_template, offered.MARKED),),
    Feature.POD_DETAILS: (
        (in_details("Owner ID"), offered.MARKED), (in_details("Adjusted price"), offered.MARKED),
        (in_details("Registry user"), offered.MARKED), (in_details("Docker ID"), offered.MARKED),
        (in_details("CPU load"), offered.MARKED),
    ),
    Feature.ENCRYPTION: ((in_details("Encrypted"), offered.MARKED),),
    Feature.EARNINGS: ((of_earnings, offered.MARKED),),
    Feature.BILL_TYPES: ((of_bills, offered.MARKED),),
    Feature.GPU_COUNT: ((of_resuming, offered.WORDS),),
    Feature.PRICE_LIMIT: (
        (lambda lacks: help_text(BY_NAME["deploy_cost"], lacks), UNENFORCED),
        (lambda lacks: " ".join(point.text for point in price_limit(DEAR, lacks)), UNENFORCED),
        (lambda lacks: str(deploys(MarketWatch("w", NOW, ("g",), ("g",)), DEAR, 9.0, 1, funds(), (), lacks).points),
         UNENFORCED),
    ),
}  # fmt: skip
"""Where each is said, and by what."""

CASES = [(feature, place, words) for feature, places in PLACES.items() for place, words in places]


def test_every_feature_has_a_place() -> None:
    assert set(PLACES) == set(Feature)
    assert all(PLACES.values())


@pytest.mark.parametrize(("feature", "place", "words"), CASES, ids=[f"{n}-{c[0].name}" for n, c in enumerate(CASES)])
def test_what_is_not_offered_is_said(feature: Feature, place: Callable[[frozenset[Feature]], str], words: str) -> None:
    assert words in place(frozenset({feature}))
    assert words in place(ALL)
    without = place(NONE)
    assert words not in without or "GPU temp" in words
    assert NOT_OFFERED not in without
    assert offered.WORDS not in without


@pytest.mark.parametrize(("feature", "place", "words"), CASES, ids=[f"{n}-{c[0].name}" for n, c in enumerate(CASES)])
def test_it_is_never_a_zero_and_never_unknown(
    feature: Feature, place: Callable[[frozenset[Feature]], str], words: str
) -> None:
    shown = place(ALL)
    assert "unknown" not in shown
    assert "$0.00" not in shown
    assert shown.strip() != fmt.UNKNOWN


def test_every_feature_is_named_in_what_scripts_get() -> None:
    assert offered.named(ALL) == tuple(feature.value for feature in Feature)
    assert offered.named(NONE) == ()


# The header


def test_what_an_api_gave_is_shown_whatever_it_lacks() -> None:
    shown = text(*longest(header_figures.money(fleet(ALL, funds(100.0, 10.0)), False)))
    assert "spend $10.00/h | balance $100.00" in shown
    assert NOT_OFFERED not in shown


def test_the_sum_of_pods_is_not_called_spend() -> None:
    shown = in_header(ALL)
    assert shown == f"runway {NOT_OFFERED} | pods $2.99/h | balance {NOT_OFFERED} | {offered.MARKED}"
    assert "spend" not in shown


def test_without_a_pods_price_their_sum_is_unknown() -> None:
    state = fleet(ALL)
    state.apply(Snapshot(None, (ON, replace(ON, id="p2", cost_per_hr=None)), lacks=ALL), NOW + 60)
    assert state.running_cost is None
    assert "pods unknown $/h" in text(*longest(header_figures.money(state, False)))


def test_what_is_not_offered_is_no_missing_part_of_a_response() -> None:
    assert header.missing(fleet(ALL)) == ""
    assert header.missing(fleet(NONE)) == "balance unavailable"


def test_no_runway_is_computed_from_pods() -> None:
    state = fleet(ALL, Funds("user_1", 100.0, None, None))
    shown = text(*longest(header_figures.money(state, False)))
    assert f"runway {NOT_OFFERED} | pods $2.99/h | balance $100.00" in shown


# Accounts that are billed afterwards

LATER = Funds("user_1", -3.0, 10.0, 80.0, BillingMode.POSTPAID)


def test_an_account_that_is_billed_afterwards_has_no_runway_anywhere() -> None:
    state = fleet(NONE, LATER)
    shown = text(*longest(header_figures.money(state, False)))
    assert shown == "billed afterwards | spend $10.00/h | owes $3.00"
    assert all(role != "bad" for cell in longest(header_figures.money(state, False)) for _, role in cell)
    costs = cost_rows.pod_costs(state.records, None, NOW)
    found = lines(purse.facts(None, LATER, costs, [ON], False, NOW, UTC, dark=off(state)))
    assert found["Runs out"] == "never: billed afterwards"
    assert found["Billing"] == "afterwards; nothing stops at $0"
    assert "Terminated" not in found
    assert "nothing ends: billed afterwards" in found["Pods"]
    assert "low runway: billed afterwards" in found[""]
    assert all(text(money_rows.pod_cells(row, NOW, {}, True)["fate"]) == "stays" for row in costs)
    price = deploy_price.price(Draft(STARTING), OFFERED.offers, LATER)
    assert "billed afterwards" in text(*price_lines(price, False, LATER, [], narrow=True, tiny=True))
    assert no_money(LATER, 1000.0) == ""


def test_its_balance_is_not_projected() -> None:
    balances = Balances()
    balances.tell(NOW, -3.0)
    drawn = balance_charts.projection(LATER, None, balances, ("", None), 3600.0, 40, NOW, UTC)
    assert [line.label for line in drawn.lines] == [""]
    assert [mark.glyph for mark in drawn.marks] == ["now"]
    earlier = balance_charts.projection(LATER, None, balances, ("", None), 3600.0, 40, NOW, UTC, past=True)
    assert [mark.glyph for mark in earlier.marks] == ["viewed"]


def test_scripts_get_how_it_is_billed() -> None:
    money = items.money(LATER, 2.99)
    assert money is not None
    assert (money.runway_s, money.billing_mode, money.pods_per_hr) == (None, "POSTPAID", 2.99)


def test_the_age_of_an_older_balance_is_shown() -> None:
    older = Funds("user_1", 50.0, 1.0, None, BillingMode.PREPAID, NOW - 600)
    found = lines(purse.facts(None, older, (), [], False, NOW, UTC))
    assert found["Balance"] == "$50.00  10m 00s ago"


# Pods


def test_members_of_a_cluster_are_marked() -> None:
    member = replace(ON, cluster_id="cl-7")
    state = Fleet(60.0, 60.0)
    state.apply(snapshot(member), NOW)
    row = pod_views.pod_row(state.records["on"], NOW)
    assert text(rows.pod_cells(row, NOW, 8)["name"]) == "pod on cluster"
    assert in_facts(member, "Cluster")(NONE).startswith("cl-7")
    assert "cluster cl-7" in consequences.describe(member)
    told = effects.of_terminating([member, ON], None)[0].text
    assert told == "pod on: in a cluster: RunPod will refuse; terminate the cluster in its console."
    assert "cluster" not in " ".join(point.text for point in effects.of_terminating([ON], None))


def test_whether_a_pod_is_spot_is_null_where_nobody_says() -> None:
    (on, _) = items.pods(fleet(ALL), NOW)
    assert on.spot is None  # type: ignore[attr-defined]
    assert on.cluster_id is None  # type: ignore[attr-defined]


def test_readings_from_before_are_drawn_and_the_chart_says_why_they_end() -> None:
    state = Fleet(60.0, 60.0)
    hot = replace(ON, telemetry=Telemetry(NOW, "running", (GpuReading("g", 50.0, 60.0, 71.0, 300.0),)))
    state.apply(snapshot(hot), NOW)
    for step in range(1, 6):
        state.apply(Snapshot(None, (ON,), lacks=ALL), NOW + 60 * step)
    assert "temp" in pod_lines.charts_of(state.records["on"])
    look = Look(now=NOW + 300, span=3600.0, tz=UTC)
    (spec,) = pod_charts.specs(state, [state.records["on"]], look, 60.0, [(80, 8)], ["temp"])
    title = "".join(part for part, _ in captions.title(spec, 80))
    assert "max 71" in title
    assert title.endswith(offered.MARKED)


def test_a_market_without_spot_prices_is_no_market_out_of_stock() -> None:
    (row,) = offer_views.rows(market(offer("A40", QUOTE)))
    assert text(rows.offer_cells(row)["secure_spot"]) == fmt.UNKNOWN


def test_host_specs_are_one_line_where_none_is_offered() -> None:
    whole = full_detail(full_pod())
    assert whole.machine is not None
    bare = replace(whole, machine=replace(whole.machine, os=None, kernel=None, docker=None, note=None, cpu_name=None))
    sections = pod_facts.sections(
        whole.pod, bare, NOW, spent=pod_facts.Spent(None, None), phase=pod_facts.Phase.RUNNING,
        lacks=frozenset({Feature.HOST_SPECS}),
    )  # fmt: skip
    found = lines(sections)
    assert "Kernel" not in found
    assert "CUDA" in found
    assert found["Host specs"] == offered.MARKED
