"""What a notification says: always the dollars, never twice, and of what is unknown that it is."""

from __future__ import annotations

import pytest

from tests.domain.test_ringing import NOW, alert
from tui.domain.attention import Grade, Topic
from tui.domain.ring_words import LONG, NAMED, sentence, words
from tui.domain.ringing import Call, Occasion


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"so_far": 3.99}, "alder: none of its GPUs has worked for 14 min; $3.99 so far, $23.92/h"),
        ({}, "alder: none of its GPUs has worked for 14 min; $23.92/h"),
        ({"text": "hung ($23.92/h); $5.98 so far", "so_far": 5.98}, "alder: hung ($23.92/h); $5.98 so far"),
        ({"text": "gone: $2.99/h of $23.92/h", "wasted_per_hr": 2.99}, "alder: gone: $2.99/h of $23.92/h"),
        ({"text": "outbid", "wasted_per_hr": None}, "alder: outbid; $23.92/h while it runs"),
        ({"text": "outbid", "wasted_per_hr": None, "cost_per_hr": None}, "alder: outbid; price unknown"),
        ({"text": "loses $4", "wasted_per_hr": None, "cost_per_hr": None}, "alder: loses $4"),
        (
            {"pod": "", "name": "", "text": "5h left", "wasted_per_hr": None, "cost_per_hr": 256.78},
            "5h left; $256.78/h",
        ),
    ],
)
def test_one_alert(more: dict[str, object], text: str) -> None:
    assert sentence(alert(**more)) == text  # type: ignore[arg-type]


def test_alerts_of_several_kinds_are_listed_and_unknown_prices_make_a_sum_a_least_one() -> None:
    alerts = (
        alert("", "runway", name="", word="low runway", grade=Grade.BAD, topic=Topic.MONEY, text="5h left at $9.00/h",
              wasted_per_hr=None, cost_per_hr=9.0),
        alert("birch", so_far=1.0), alert("cedar", wasted_per_hr=None, cost_per_hr=None),
        alert("fir", "outbid", text="outbid", wasted_per_hr=None, cost_per_hr=0.2),
        alert("gum", "outbid", text="outbid", wasted_per_hr=None, cost_per_hr=0.3),
    )  # fmt: skip
    call = Call("id", NOW, Occasion.ALERTS, alerts)
    assert words(call, str) == (
        "podtop: 5 alerts",
        "5h left at $9.00/h · 2 pods idle, ≥$23.92/h together, ≥$1.00 so far (birch, cedar) · "
        "2 pods outbid, $0.50/h while they run (fir, gum)",
    )
    assert (call.grade, call.topic) == (Grade.BAD, Topic.MONEY)


def test_of_many_pods_some_are_named() -> None:
    call = Call("id", NOW, Occasion.ALERTS, tuple(alert(f"pod{n}") for n in range(100)))
    title, text = words(call, str)
    assert title == "podtop: 100 alerts"
    assert text.startswith("100 pods idle, $2,392.00/h together (pod0, ")
    assert text.endswith(f"pod{NAMED - 1} and {100 - NAMED} more)")


def test_a_digest_of_a_day_without_waste() -> None:
    call = Call("id", NOW, Occasion.DIGEST, (), since=NOW - 86_400)
    assert words(call, lambda at: "Sat 09:00") == (
        "podtop: daily digest", "nothing is wasted now; wasted since Sat 09:00: about $0.00",
    )  # fmt: skip


def test_many_alerts_of_many_kinds_are_put_in_brief_and_all_are_there() -> None:
    alerts = tuple(alert(f"pod{n}", f"kind{n}", text="x" * 90, so_far=n / 2) for n in range(20))
    _, text = words(Call("id", NOW, Occasion.ALERTS, alerts, (("pod3", "kind3"),)), str)
    assert len(text) <= LONG
    assert text.count(" so far, $23.92/h") == 20
    assert "pod3 kind3, $1.50 so far, $23.92/h (over)" in text
