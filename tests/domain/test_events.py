"""Events: what is read out of two polls."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import pod, runtime
from tui.api.models import Pod
from tui.domain.events import Kind, between

NOW = 1_785_362_000.0
OUTBID = "Outbid: Wed Jul 29 2026 21:51:59 GMT+0000 (Coordinated Universal Time)"
OUTBID_AT = 1_785_361_919.0


def up(seconds: int) -> Pod:
    return replace(pod("a"), runtime=runtime((50,), uptime=seconds))


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        (None, pod("a"), [Kind.NEW]),
        (pod("a"), None, [Kind.GONE]),
        (pod("a"), pod("a"), []),
        (pod("a", status="EXITED"), pod("a", utils=None), [Kind.RUNNING]),
        (pod("a", utils=None), pod("a"), [Kind.UP]),
        (pod("a"), pod("a", utils=None), [Kind.DOWN]),
        (pod("a"), pod("a", status="EXITED"), [Kind.STOPPED]),
        (pod("a"), pod("a", status="EXITED", change=OUTBID), [Kind.OUTBID]),
        (pod("a"), pod("a", status="TERMINATED"), [Kind.GONE]),
        (pod("a"), pod("a", status="PAUSED"), [Kind.STATUS]),
        (up(3600), up(3605), []),
        (up(3600), up(4), [Kind.RESTART]),
        (up(-3), up(2), []),
    ],
)
def test_what_happened(old: Pod | None, new: Pod | None, kinds: list[Kind]) -> None:
    assert [event.kind for event in between("a", old, new, NOW - 5, NOW)] == kinds


def test_a_restart_is_seen_after_a_long_absence_too() -> None:
    (event,) = between("a", up(3600), up(7000), NOW - 10_000, NOW)
    assert event.kind is Kind.RESTART
    assert between("a", up(3600), up(13_598), NOW - 10_000, NOW) == ()


def test_runpods_own_instant_is_taken_where_it_lies_between_the_polls() -> None:
    old, new = pod("a"), pod("a", status="EXITED", change=OUTBID)
    (event,) = between("a", old, new, OUTBID_AT - 30, OUTBID_AT + 4)
    assert (event.at, event.text) == (OUTBID_AT, "Outbid")
    (late,) = between("a", old, new, OUTBID_AT + 900, OUTBID_AT + 905)
    assert late.at == OUTBID_AT + 905


def test_every_kind_has_a_word_of_its_own_that_fits_its_column() -> None:
    words = [kind.word for kind in Kind]
    assert len(set(words)) == len(words)
    assert max(map(len, words)) <= 12
