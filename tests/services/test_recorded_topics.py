"""The reports of the Account screen: what GPUs did on finished days is kept beside podtop's own recording only."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.report.make import DAY, HOUR, NOW, minutes, record, up
from tui.api.cloud import Cloud
from tui.config.loader import Config
from tui.history.recording_files import days_of
from tui.services.monitor import Monitor
from tui.services.source import Source
from tui.store.fleet import Fleet

LIVE = Source("test", False, Cloud, lambda: NOW + 2 * DAY)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return record(tmp_path / "a.sqlite", minutes(NOW, 24, lambda n: (up((95.0,), uptime=3600 * n),), step=HOUR))


@pytest.mark.parametrize("kind", ["live", "demo", "replay"])
async def test_days_are_kept_beside_podtops_own_recording(kind: str, path: Path) -> None:
    begin = NOW + 2 * DAY
    sources = {"live": LIVE, "demo": replace(LIVE, demo=True), "replay": replace(LIVE, recording=path, begin=begin)}
    monitor = Monitor(sources[kind], Config(), Fleet(5.0, 60.0), lambda: None)
    monitor._history.open(path)
    await monitor._read_recorded("week")
    monitor._history.close()
    assert days_of(path).is_file() == (kind == "live")
