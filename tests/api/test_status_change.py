"""RunPod's sentence on the last change of a pod's status: its text stays, what it says is taken out of it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.api.status_change import StatusChange

RENTED = "Rented by User: Wed Jul 29 2026 21:51:59 GMT+0000 (Coordinated Universal Time)"


@pytest.mark.parametrize(
    ("text", "what", "at"),
    [
        (RENTED, "Rented by User", 1785361919.0),
        ("Exited by Runpod", "Exited by Runpod", None),
        ("x: Foo Bar 99 2026 99:99:99 GMT+0000", "x: Foo Bar 99 2026 99:99:99 GMT+0000", None),
        ("", "", None),
    ],
)
def test_it_is_taken_apart(text: str, what: str, at: float | None) -> None:
    change = StatusChange(text)
    assert (change.what, change.at) == (what, at)
    assert change.text == text
    assert change == StatusChange(text)
    assert hash(change) == hash(StatusChange(text))


@given(st.text(max_size=80))
def test_whatever_it_says_it_never_raises(text: str) -> None:
    change = StatusChange(text)
    assert change.what == text.strip()
    assert change.at is None
    assert change.moved(60.0).text == text


@pytest.mark.parametrize("year", ["0001", "1970", "9999"])
def test_one_of_another_age_tells_no_time(year: str) -> None:
    assert StatusChange(f"Exited by User: Wed Jul 29 {year} 21:51:59 GMT+1400 (x)").at is None


@pytest.mark.parametrize(("text", "outbid"), [("Outbid: now", True), ("OUTBID", True), (RENTED, False), ("", False)])
def test_a_higher_bid_is_known_by_its_first_word(text: str, outbid: bool) -> None:
    assert StatusChange(text).is_outbid is outbid


def test_it_is_moved_by_seconds() -> None:
    moved = StatusChange(RENTED).moved(-120.0)
    assert moved.at == 1785361919.0 - 120.0
    assert moved.what == "Rented by User"
    assert moved == StatusChange(RENTED.replace("21:51:59", "21:49:59"))


def test_it_is_frozen_and_says_nothing_where_the_server_does_not() -> None:
    change = StatusChange("Outbid: now")
    with pytest.raises(AttributeError):
        change.text = "Rented"
    assert StatusChange.of(None) is StatusChange.of("") is None
    assert StatusChange.of("Outbid: now") == change
    assert change != "Outbid: now"


def test_nothing_writes_it_as_a_text_by_accident() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode(StatusChange(RENTED))
