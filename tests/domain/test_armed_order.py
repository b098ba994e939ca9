"""What an armed watch orders, why it may not, and what is left of it after an attempt."""

from __future__ import annotations

from datetime import UTC

import pytest
from msgspec.structs import replace

from tests.make import funds, offer
from tui.api.models import MarketQuery, Quote
from tui.api.secret import Secret
from tui.domain.armed_order import ended, fault, planned, prepared
from tui.domain.deploy_draft import STARTING, Draft
from tui.domain.market_watch import Hit, MarketWatch, State
from tui.domain.operations import Outcome, Status

NOW = 1_795_435_200.0
OFFERS = (offer("H100 SXM", Quote(2.99, 1.75, "High"), Quote(2.69, 1.5, "Low")),)
HIT = Hit(OFFERS[0].gpu_id, "H100 SXM", True, 2.99, "High")
DRAFT = Draft({**STARTING, "gpu_type_id": "H100 SXM", "name": "x"})
WATCH = MarketWatch("w", NOW, (HIT.gpu,), (HIT.name,), demand=MarketQuery(gpu_count=2), ceiling=3.0)
# Two GPUs at $2.99, and 70 GB of disk.
COST = 5.98 + 70 * 0.10 / 730


def order(watch: MarketWatch = WATCH, draft: Draft = DRAFT, cap: float = 10.0) -> Draft:
    return prepared(watch, planned(draft, cap, 3), draft, HIT, "h100-1")


def why_not(cap: float, balance: float | None = 100.0, watch: MarketWatch = WATCH, names: tuple[str, ...] = ()) -> str:
    draft = order(watch, cap=cap)
    plan = planned(DRAFT, cap, 3)
    return fault(watch, plan, draft, HIT, OFFERS, funds(balance, 1.0), names, NOW, UTC) or ""


def test_it_orders_what_is_there_under_a_name_of_its_own() -> None:
    draft = order(draft=replace(DRAFT, values={**DRAFT.values, "gpu_types": "B200", "cloud": "ALL"}))
    assert (draft["gpu_type_id"], draft["gpu_count"], draft["name"]) == (HIT.gpu, "2", "h100-1")
    assert (draft["cloud"], draft["gpu_types"]) == ("SECURE", "")


@pytest.mark.parametrize(("cap", "ceiling", "typed", "most"), [
    (10.0, 3.0, "", 6.0), (10.0, None, "", 10.0 - 70 * 0.10 / 730), (10.0, 3.0, "5.5", 5.5),
])  # fmt: skip
def test_runpod_is_told_the_least_of_what_was_agreed_to(cap: float, ceiling: float, typed: str, most: float) -> None:
    draft = order(replace(WATCH, ceiling=ceiling), DRAFT.typed("deploy_cost", typed), cap)
    assert float(draft["deploy_cost"]) == pytest.approx(most, abs=1e-3)
    assert float(draft["deploy_cost"]) <= most + 1e-9, "never above"


def test_what_costs_more_than_was_agreed_to_is_not_sent() -> None:
    assert why_not(COST + 0.01) == ""
    assert "exceeds the cap" in why_not(COST - 0.01)
    assert why_not(10.0, balance=COST - 0.01) == "the balance covers less than 1 h"
    assert why_not(10.0, balance=None) == "balance unknown"


def test_what_is_not_what_was_waited_for_is_not_sent() -> None:
    assert "does not match" in why_not(10.0, watch=replace(WATCH, spot=True))
    assert "with this name already exists" in why_not(10.0, names=("h100-1",))


def test_what_is_secret_does_not_go_to_the_disk() -> None:
    draft = Draft(DRAFT.values, (("HF_TOKEN", Secret("a")), ("not a name", Secret("b")))).typed("volume_key", "c")
    plan = planned(draft, 1.0, 1)
    assert (plan.env, plan.hidden) == (("HF_TOKEN",), ("volume_key",))


SENDING = replace(WATCH, state=State.SENDING, plan=planned(DRAFT, 10.0, 2), holder="me", sent="h100-1", sent_at=NOW)


@pytest.mark.parametrize(("outcome", "state", "attempts"), [
    (Outcome(Status.DONE, "p1, running", pod="p1"), State.DONE, 2),
    (Outcome(Status.NOT_SENT, "podtop is not connected yet."), State.ARMED, 3),
    (Outcome(Status.REFUSED, "none free", later=True), State.ARMED, 2),
    (Outcome(Status.REFUSED, "no"), State.GIVEN_UP, 2),
    (Outcome(Status.NOT_DONE, "it did not go through"), State.GIVEN_UP, 2),
    (Outcome(Status.UNKNOWN, "not known"), State.UNKNOWN, 2),
])  # fmt: skip
def test_only_what_runpod_never_had_may_be_tried_again(outcome: Outcome, state: State, attempts: int) -> None:
    after = ended(SENDING, outcome)
    assert after.plan is not None
    assert (after.state, after.plan.attempts, after.words) == (state, attempts, outcome.text)


def test_the_last_attempt_that_was_refused_was_the_last() -> None:
    last = replace(SENDING, plan=planned(DRAFT, 10.0, 0))
    assert ended(last, Outcome(Status.REFUSED, "none free", later=True)).state is State.GIVEN_UP
    assert not ended(last, Outcome(Status.REFUSED, "none free", later=True)).lost
    assert ended(SENDING, Outcome(Status.NOT_DONE, "no response received")).lost, "it may still become a pod"


def test_who_alone_knows_its_values_keeps_it() -> None:
    refused = Outcome(Status.REFUSED, "none free", later=True)
    assert ended(SENDING, refused).holder == ""
    secret = planned(Draft(DRAFT.values, (("A", Secret("b")),)), 10.0, 2)
    assert ended(replace(SENDING, plan=secret), refused).holder == "me"
