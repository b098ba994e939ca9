"""An account that is billed afterwards has no runway: nothing ends at $0, and no balance is too low."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import funds, pod
from tui.api.enums import BillingMode
from tui.api.features import Feature
from tui.api.models import MarketQuery
from tui.domain import consequences, costs, offered, pod_health, runway

MONEY = st.one_of(st.none(), st.floats(-1000, 1000))


@given(MONEY, MONEY)
def test_it_has_no_runway_whatever_the_balance(balance: float | None, spend: float | None) -> None:
    account = replace(funds(balance, spend), billing_mode=BillingMode.POSTPAID)
    assert pod_health.runway(account) is None
    assert runway.ends_at(account, 0.0) is None
    assert runway.balance_at(account, 0.0, 3600.0) is None
    assert costs.runway(account, 1.0) is None
    assert not costs.is_short(account, 1000.0)
    assert offered.no_runway(account) == offered.AFTERWARDS


def test_a_prepaid_account_is_as_before() -> None:
    account = replace(funds(10.0, 10.0), billing_mode=BillingMode.PREPAID)
    assert pod_health.runway(account) == 3600.0
    assert costs.is_short(account, 11.0)
    assert offered.no_runway(account) == ""


def test_its_dialogs_speak_of_no_end() -> None:
    account = replace(funds(-5.0, 10.0), billing_mode=BillingMode.POSTPAID)
    from tui.actions import BY_ID

    for action in ("stop", "resume", "terminate"):
        status = "EXITED" if action == "resume" else "RUNNING"
        case = consequences.case(BY_ID[action], ["p"], {"p": pod("p", status=status)}, {}, account)
        text = " ".join(point.text for point in case.points)
        assert "owes" not in text
        assert "Runway" not in text
        assert "refuse" not in text or "cluster" in text
        assert "billed afterwards" in text.lower()


def test_a_runway_that_is_not_offered_is_said_and_an_unknown_one_is_not() -> None:
    lacks = frozenset({Feature.SPEND})
    assert offered.no_runway(funds(10.0, None), lacks) == offered.WORDS
    assert offered.no_runway(None, lacks) == offered.WORDS
    assert offered.no_runway(funds(10.0, None)) == ""
    assert offered.no_runway(None) == ""
    # Whatever an API lacks, what it gave is shown.
    assert offered.no_runway(funds(10.0, 1.0), lacks) == ""


def test_a_market_query_is_unanswered_only_where_the_api_says_so() -> None:
    query = MarketQuery(gpu_count=2, min_memory_gb=64, public_ip=True, secure=True, country="SE")
    assert offered.unanswered(query, frozenset()) == ()
    assert offered.unanswered(query, frozenset({Feature.HOST_LIMITS})) == ("min_memory_gb", "public_ip")
    assert offered.unanswered(MarketQuery(country="SE"), frozenset(Feature)) == ()
