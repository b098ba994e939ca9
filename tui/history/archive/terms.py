"""What the API did not offer when something was recorded, how the account paid, and whether a list had more than
podtop reads: written where it changes.

They are rows of `meta`, which an earlier podtop leaves alone; in a recording that it made there are none.
"""

from __future__ import annotations

import sqlite3

import msgspec
from msgspec import Struct

from tui.api.enums import BillingMode
from tui.api.features import Feature
from tui.history.archive.overlap import MARKET, PODS

MOST = 200
"""Changes that are kept of each topic: there are a few in a year."""

MOST_CHARACTERS = 4_000
"""Of one; podtop's own are shorter."""

_KEYS = {PODS: "offered pods ", MARKET: "offered market "}
_FEATURES = {feature.value: feature for feature in Feature}


class Terms(Struct, frozen=True):
    """lacks: what the API did not offer. mode: how the account paid; None if not reported.

    is_cut: whether there was more in the list than podtop reads.
    """

    lacks: frozenset[Feature] = frozenset()
    mode: BillingMode | None = None
    is_cut: bool = False


NONE = Terms()


class _Row(Struct, frozen=True, omit_defaults=True):
    lacks: tuple[str, ...] = ()
    mode: str | None = None
    cut: bool = False


def written(db: sqlite3.Connection, topic: int, at: float, terms: Terms) -> None:
    """Keep the terms from `at` on, unless they hold already."""
    if latest(db, topic, at) == terms:
        return
    text = msgspec.json.encode(_Row(tuple(sorted(terms.lacks)), terms.mode, terms.is_cut)).decode()
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_key(topic, at), text))
    first = _KEYS[topic]
    db.execute(
        "DELETE FROM meta WHERE key >= ?1 AND key < ?2 AND key NOT IN "
        "(SELECT key FROM meta WHERE key >= ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3)",
        (first, first + ":", MOST),
    )


def latest(db: sqlite3.Connection, topic: int, at: float) -> Terms:
    """The terms that held at an instant; those of an API that offers everything if none are recorded."""
    row = db.execute(
        "SELECT value FROM meta WHERE key >= ? AND key <= ? AND typeof(value) = 'text' AND length(value) <= ? "
        "ORDER BY key DESC LIMIT 1",
        (_KEYS[topic], _key(topic, at), MOST_CHARACTERS),
    ).fetchone()
    if row is None:
        return NONE
    try:
        read = msgspec.json.decode(row[0], type=_Row)
    except (msgspec.MsgspecError, UnicodeError):
        return NONE
    modes = {mode.value: mode for mode in BillingMode}
    # A feature that a later podtop knows is left out.
    lacks = frozenset(_FEATURES[name] for name in read.lacks if name in _FEATURES)
    return Terms(lacks, modes.get(read.mode or ""), read.cut)


def _key(topic: int, at: float) -> str:
    """The row's key: in the order of text, as digits of a fixed number."""
    # Adding 0 makes a negative zero a positive one.
    return f"{_KEYS[topic]}{min(max(at, 0.0), 1e11) + 0.0:019.6f}"
