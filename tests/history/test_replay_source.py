"""Choosing what to replay, and that nothing can be done to the past."""

from __future__ import annotations

import inspect
import os
from collections.abc import Coroutine
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import sentinel

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import snapshot
from tui.api.capabilities import Capability
from tui.api.cloud import Cloud
from tui.api.errors import ReadOnly
from tui.api.offline import OfflineCloud
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.replay_source import ReplayError, choose, instant

END = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC).timestamp()


def recorded(path: Path, *instants: float) -> Path:
    with closing(
        Writer(connect(path, write=True), instants[0] - 1 if instants else END, origin="api.runpod.io")
    ) as writer:
        writer.write(Polled(at, snapshot()) for at in instants)
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12:00", "2026-11-23T12:00:00+00:00"),
        ("11:59:30", "2026-11-23T11:59:30+00:00"),
        ("12:01", "2026-11-22T12:01:00+00:00"),
        ("2026-11-20 08:15", "2026-11-20T08:15:00+00:00"),
        ("2026-11-20T08:15:00+02:00", "2026-11-20T06:15:00+00:00"),
        ("2h", "2026-11-23T10:00:30+00:00"),
        ("-90m", "2026-11-23T10:30:30+00:00"),
        ("1.5d", "2026-11-22T00:00:30+00:00"),
    ],
)
def test_times_that_are_understood(text: str, expected: str) -> None:
    assert datetime.fromtimestamp(instant(text, END, UTC), UTC).isoformat() == expected


@pytest.mark.parametrize("text", ["", "noon", "25:00", "12:99", "2026-13-01", "5 minutes", "99999999999999d x"])
def test_other_words_are_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(ReplayError, match="expected 14:30"):
        instant(text, END, UTC)


@given(st.text(max_size=20))
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(ReplayError):
        assert isinstance(instant(text, END, UTC), float)


def test_the_end_is_where_it_begins_unless_told_otherwise(tmp_path: Path) -> None:
    path = recorded(tmp_path / "a.sqlite", END - 100, END)
    assert choose(str(path), None, tmp_path, UTC).at == END
    assert choose(str(path), "60s", tmp_path, UTC).at == END - 60
    assert choose(str(path), None, tmp_path, UTC).origin == "api.runpod.io"
    with pytest.raises(ReplayError, match=r"outside the recording .2026-11-23 11:58:50 to 2026-11-23 12:00:30"):
        choose(str(path), "2020-01-01", tmp_path, UTC)


def test_the_latest_is_the_one_that_was_written_last(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="no recording in"):
        choose("latest", None, tmp_path)
    (tmp_path / "archive").mkdir()
    old = recorded(tmp_path / "archive" / "b.sqlite", END)
    new = recorded(tmp_path / "archive" / "a.sqlite", END)
    for age, path in ((1000, old), (0, new)):
        for part in path.parent.glob(f"{path.name}*"):
            os.utime(part, (END - age, END - age))
    assert choose("latest", None, tmp_path).path == new


def test_what_cannot_be_replayed_is_named(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("dear mother " * 100)
    with pytest.raises(ReplayError, match=r"letter\.txt: file is not a database"):
        choose(str(letter), None, tmp_path)
    with pytest.raises(ReplayError, match="no such file"):
        choose(str(tmp_path / "none"), None, tmp_path)
    with pytest.raises(ReplayError, match="has no data"):
        choose(str(recorded(tmp_path / "empty.sqlite")), None, tmp_path)


ASIDE = ("aclose", "listen", "offers", "api", "logs", "order_objections")
"""What asks nothing of RunPod, and the one that streams, which `tests/api/test_cloud.py` reads."""


async def test_nothing_can_be_asked_of_or_done_to_the_past() -> None:
    cloud: Cloud = OfflineCloud()
    methods = [name for name in vars(Cloud) if not name.startswith("_") and name not in ASIDE]
    assert set(Capability) - {Capability.LOGS} < set(methods)
    for name in methods:
        method = getattr(cloud, name)
        wanted = [sentinel.any for p in inspect.signature(method).parameters.values() if p.default is p.empty]
        call: Coroutine[Any, Any, object] = method(*wanted)
        with pytest.raises(ReadOnly, match="Replay is read-only"):
            await call
    await cloud.aclose()
