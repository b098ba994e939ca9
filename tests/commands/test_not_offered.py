"""What scripts get of an API that does not offer everything: null and its name, a word for each refusal, no outage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tests.acting import NOON, Account
from tests.make import funds, market, offer, pod, snapshot
from tui.api.cloud import Cloud
from tui.api.enums import BillingMode
from tui.api.errors import NotOffered
from tui.api.features import Feature
from tui.api.models import ANYTHING, MarketQuery, Quote, Snapshot
from tui.commands.envelope import Desk
from tui.commands.market import Selection
from tui.commands.once import _dark
from tui.domain import offered

ALL = frozenset(Feature)


def document(kind: str, answer: Any) -> Any:
    desk = Desk(kind, "demo", "", 30.0)
    desk.take(answer, NOON)
    return desk.document(answer, NOON)


def plain(kind: str, answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(document(kind, answer)))
    return found


BARE = replace(pod("a"), kind=None, status_change=None)
LACKING = Snapshot(None, (BARE,), lacks=ALL)


def test_the_document_names_what_is_not_offered() -> None:
    names = [feature.value for feature in Feature]
    for kind in ("pods", "alerts"):
        assert plain(kind, LACKING)["not_offered"] == names
        assert plain(kind, snapshot(pod("a")))["not_offered"] == []
    answer = replace(market(offer("H100", Quote(2.99, None, "High"))), lacks=frozenset({Feature.SPOT_PRICE}))
    found = plain("market", answer)
    assert found["not_offered"] == ["spot prices"]
    assert found["items"][0]["lowest_bid_per_gpu_hr"] is None
    (item,) = plain("pods", LACKING)["items"]
    assert item["spot"] is None


def test_alerts_that_are_off_are_in_the_document_and_told() -> None:
    found = plain("alerts", LACKING)
    assert {off["alert"] for off in found["alerts_off"]} >= {"runway", "balance-unknown", "outbid", "maintenance"}
    assert {off["reason"] for off in found["alerts_off"]} == {offered.WORDS}
    assert _dark(document("alerts", LACKING)).startswith("alerts off: runway, ")
    assert "alerts_off" not in plain("pods", LACKING)
    assert plain("alerts", snapshot(pod("a")))["alerts_off"] == []
    assert _dark(document("alerts", snapshot(pod("a")))) == ""


def test_an_account_that_is_billed_afterwards() -> None:
    account = replace(funds(-5.0, 10.0), billing_mode=BillingMode.POSTPAID)
    found = plain("alerts", snapshot(pod("a"), funds=account))
    assert found["items"] == []
    assert found["money"]["billing_mode"] == "POSTPAID"
    assert found["money"]["runway_s"] is None
    assert {off["alert"] for off in found["alerts_off"]} >= {"runway"}
    assert {off["reason"] for off in found["alerts_off"]} == {offered.AFTERWARDS}


def test_the_sum_of_the_pods_is_in_the_money_under_its_own_name() -> None:
    account = funds(100.0, None)
    money = plain("pods", Snapshot(account, (BARE, replace(pod("b"), cost_per_hr=1.0))))["money"]
    assert (money["spend_per_hr"], money["pods_per_hr"]) == (None, 3.99)
    money = plain("pods", Snapshot(account, (BARE, replace(pod("b"), cost_per_hr=None))))["money"]
    assert money["pods_per_hr"] is None


@pytest.mark.parametrize("query", [MarketQuery(min_memory_gb=64), MarketQuery(public_ip=False), MarketQuery(disk_gb=9)])
async def test_a_market_filter_that_the_api_cannot_answer_is_refused(query: MarketQuery) -> None:
    class Lists(Cloud):
        async def markets(self, demands: object) -> Any:
            return (replace(market(offer("H100", Quote(2.99, None, "High"))), lacks=ALL),)

    Lists.__abstractmethods__ = frozenset()  # type: ignore[misc]
    desk = Desk("market", "demo", "", 30.0, market=Selection(query))
    with pytest.raises(NotOffered, match=offered.WORDS):
        await desk.question(Lists())()  # type: ignore[abstract]
    fine = Desk("market", "demo", "", 30.0, market=Selection(MarketQuery(gpu_count=2, country="SE")))
    assert (await fine.question(Lists())()).offers  # type: ignore[abstract]
    assert query != ANYTHING


async def test_the_parts_of_an_account_that_are_not_offered_are_no_problems(tmp_path: Path) -> None:
    cloud = Account(tmp_path).cloud

    class Part(Cloud):
        async def account(self) -> Any:
            return await cloud.account()

        async def templates(self) -> Any:
            return await cloud.templates()

    Part.__abstractmethods__ = frozenset()  # type: ignore[misc]
    found = plain("account", await Desk("account", "demo", "", 30.0).question(Part())())  # type: ignore[abstract]
    assert found["not_offered"] == ["charges and payments", "billing"]
    assert found["problems"] == []
    assert found["items"][0]["templates"]
