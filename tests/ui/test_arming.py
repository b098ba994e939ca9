"""The last question before a watch may spend: what it says, and when it cannot be answered with a yes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import funds, offer, pod
from tui.api.models import MarketQuery, Quote
from tui.api.status_change import StatusChange
from tui.domain.deploy_draft import STARTING, Draft
from tui.domain.market_watch import MarketWatch
from tui.ui.primitives.question import Question
from tui.ui.render.watch_question import deploys, resumes

OFFERS = (offer("B200", Quote(5.0, 3.0, "Low")), offer("A40", Quote(0.4, 0.2, "Low")))
WAITS = MarketWatch("v1", 0.0, (OFFERS[0].gpu_id,), ("B200",), ceiling=6.0)
DRAFT = Draft({**STARTING, "gpu_type_id": "B200", "name": "b200-1"})
RICH = funds(balance=100.0, spend=10.0)


def words(question: Question) -> str:
    return "\n".join(point.text for point in question.points)


def test_it_says_the_cap_the_runway_the_tries_and_what_becomes_of_it() -> None:
    asked = deploys(WAITS, DRAFT, 10.0, 3, RICH, OFFERS)
    assert asked.stop == ""
    for text in ("up to $10.00/h ($240.00/day)", "the runway is 5h 00m", "Up to 3", "No lease"):
        assert text in words(asked), text


def test_a_lease_is_said_as_it_will_be_kept() -> None:
    leased = Draft({**DRAFT.values, "lease": "yes", "stop_after": "8h"})
    assert "podtop stops it 8h after the deploy" in words(deploys(WAITS, leased, 10.0, 3, RICH, OFFERS))
    dated = Draft({**DRAFT.values, "lease": "yes", "terminate_after": "2026-11-24 08:00"})
    assert "podtop TERMINATES it at 2026-11-24 08:00" in words(deploys(WAITS, dated, 10.0, 3, RICH, OFFERS))


@pytest.mark.parametrize(
    ("more", "cap", "money", "stop"),
    [
        ({"way": "spot", "bid_per_gpu": "3"}, 10.0, RICH, "on demand or spot"),
        ({"gpu_count": "8"}, 50.0, RICH, "the number of GPUs"),
        ({"gpu_type_id": "A40"}, 10.0, RICH, "the GPU"),
        ({"cloud": "SECURE"}, 10.0, RICH, "the cloud"),
        ({"compute": "CPU"}, 10.0, RICH, "GPU or CPU"),
        ({"volume_gb": "90000"}, 10.0, RICH, "its disks cost"),
        ({}, 10.0, funds(balance=9.0), "less than 1 h at the cap"),
        ({}, 10.0, funds(balance=None), "account or balance unknown"),
        ({}, 10.0, None, "account or balance unknown"),
    ],
)
def test_what_cannot_be_armed_says_why(more: dict[str, str], cap: float, money: object, stop: str) -> None:
    asked = deploys(WAITS, Draft({**DRAFT.values, **more}), cap, 3, money, OFFERS)  # type: ignore[arg-type]
    assert stop in asked.stop


def test_a_bid_is_held_against_the_watch_and_the_cap() -> None:
    spot = replace(WAITS, spot=True, ceiling=3.5)
    form = Draft({**DRAFT.values, "way": "spot", "bid_per_gpu": "3.20"})
    assert deploys(spot, form, 5.0, 3, RICH, OFFERS).stop == ""
    assert "the form bids $4.00" in deploys(spot, form.typed("bid_per_gpu", "4"), 5.0, 3, RICH, OFFERS).stop
    assert "exceed the cap" in deploys(spot, form, 3.2, 3, RICH, OFFERS).stop
    two = replace(spot, demand=MarketQuery(gpu_count=2))
    assert "exceed the cap" in deploys(two, form.typed("gpu_count", "2"), 5.0, 3, RICH, OFFERS).stop


def test_a_resume_says_its_price_or_that_there_is_none() -> None:
    down = replace(pod("p", status="EXITED", utils=None), cost_per_hr=0.4)
    asked = resumes(down, RICH)
    assert "$0.42/h from then on, disks included" in words(asked)
    assert asked.stop == ""
    # RunPod tells 0 for what does not run: that is no price.
    assert "Cost unknown" in words(resumes(replace(down, cost_per_hr=0.0), RICH))
    assert "less than 1 h" in resumes(down, funds(balance=0.1)).stop
    assert "account unknown" in resumes(down, None).stop
    assert (
        resumes(down, RICH).key != resumes(replace(down, status_change=StatusChange("Exited by user: later")), RICH).key
    )


def test_a_resume_by_a_watch_is_told_the_same_price_as_one_by_hand() -> None:
    from tests.make import pod
    from tui.actions import BY_ID
    from tui.domain import consequences

    down = pod("p", status="EXITED", utils=None, cost=2.0)
    by_hand = consequences.case(BY_ID["resume"], ["p"], {"p": down}, {}, RICH).points[0].text
    assert "Costs $2.02/h ($48.49/day), disks included" in by_hand
    assert "Costs $2.02/h from then on, disks included" in words(resumes(down, RICH))
    assert "$2.00/h for GPUs, plus disks of unknown size" in words(resumes(replace(down, volume_gb=None), RICH))
