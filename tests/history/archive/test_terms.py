"""What an API did not offer, and how an account paid, is history too: never an unknown in place of it, nor a zero."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import market, offer, pod, snapshot
from tui.api.enums import BillingMode
from tui.api.features import Feature
from tui.api.models import Funds, Quote
from tui.history.archive import terms
from tui.history.archive.overlap import MARKET, PODS
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.terms import NONE, Terms, latest, written
from tui.history.archive.writer import Entry, Polled, Priced, Writer

NOW = 1_795_435_200.0
LACKS = frozenset({Feature.BALANCE, Feature.SPEND, Feature.GPU_POWER})
OVER_REST = replace(snapshot(pod("a")), lacks=LACKS, funds=None)
AFTERWARDS = replace(OVER_REST, funds=Funds("u", None, None, None, BillingMode.POSTPAID))
PRICES = market(offer("H100", Quote(2.99, None, "High")))


def record(path: Path, *entries: Entry, at: float = NOW) -> None:
    with closing(Writer(connect(path, write=True), at - 1)) as writer:
        writer.write(entries)


def kept(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT key, value FROM meta WHERE key LIKE 'offered%' ORDER BY key").fetchall()


def test_each_instant_has_the_terms_of_its_api(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    record(
        path, Polled(NOW, snapshot(pod("a"))), Polled(NOW + 10, OVER_REST), Polled(NOW + 20, OVER_REST),
        Priced(NOW + 20, replace(PRICES, lacks=frozenset({Feature.SPOT_PRICE}))), Polled(NOW + 30, AFTERWARDS),
        Polled(NOW + 40, snapshot(pod("a"))),
    )  # fmt: skip
    with closing(Recording(path)) as recording:
        seen = [recording.snapshot(NOW + after) for after in (1, 11, 21, 31, 41)]
        assert [one.lacks for one in seen if one is not None] == [frozenset(), LACKS, LACKS, LACKS, frozenset()]
        modes = [one.funds.billing_mode if one is not None and one.funds is not None else None for one in seen]
        assert modes == [None, None, None, BillingMode.POSTPAID, None]
        prices = recording.market(NOW + 21)
        assert prices is not None
        assert prices[0].lacks == {Feature.SPOT_PRICE}
    # Only what changes is written, over restarts too.
    assert len(kept(path)) == 4
    record(path, Polled(NOW + 60, snapshot(pod("a"))), at=NOW + 60)
    assert len(kept(path)) == 4


def test_what_offers_everything_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    record(path, Polled(NOW, snapshot(pod("a"))), Priced(NOW, PRICES))
    assert kept(path) == []


def test_a_time_that_is_recorded_again_has_its_own_terms(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    record(path, Polled(NOW, OVER_REST), Polled(NOW + 100, snapshot(pod("a"))))
    # The clock was set back.
    record(path, Polled(NOW + 50, snapshot(pod("a"))), at=NOW + 50)
    with closing(Recording(path)) as recording:
        again = recording.snapshot(NOW + 51)
        assert again is not None
        assert again.lacks == frozenset()


def test_a_balance_that_gets_older_writes_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    held = [Funds("u", 40.0, None, None, None, as_of=NOW - n) for n in range(5)]
    record(path, *(Polled(NOW + n, replace(OVER_REST, funds=funds)) for n, funds in enumerate(held)))
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM funds").fetchone() == (1,)


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    return connect(tmp_path / "b.sqlite", write=True)


def test_no_more_are_kept_than_make_sense(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "MOST", 5)
    for n in range(50):
        written(db, PODS, NOW + n, Terms(LACKS) if n % 2 else NONE)
        written(db, MARKET, NOW + n, Terms(LACKS) if n % 2 else NONE)
    assert db.execute("SELECT count(*) FROM meta WHERE key LIKE 'offered%'").fetchone() == (10,)
    assert latest(db, PODS, NOW + 50).lacks == LACKS
    assert latest(db, MARKET, NOW + 48) == NONE


@pytest.mark.parametrize(
    "value",
    ["", "{", "[]", '{"lacks": 5}', '{"lacks": ["' + "x" * 5_000 + '"]}', b"\xff\xfe", 7, None, '{"mode": "GOLD"}'],
)
def test_a_row_that_podtop_cannot_have_written_is_none(db: sqlite3.Connection, value: object) -> None:
    db.execute("INSERT INTO meta VALUES (?, ?)", (f"offered pods {NOW:019.6f}", value))
    assert latest(db, PODS, NOW + 1) == NONE


def test_a_feature_of_a_later_podtop_is_left_out(db: sqlite3.Connection) -> None:
    text = '{"lacks": ["balance", "telepathy"], "mode": "POSTPAID", "more": 1}'
    db.execute("INSERT INTO meta VALUES (?, ?)", (f"offered pods {NOW:019.6f}", text))
    assert latest(db, PODS, NOW) == Terms(frozenset({Feature.BALANCE}), BillingMode.POSTPAID)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_any_instant_has_a_key_in_order(times: Sequence[float]) -> None:
    keys = [terms._key(PODS, at) for at in sorted(times)]
    assert keys == sorted(keys)
    assert len({len(key) for key in keys}) == 1
