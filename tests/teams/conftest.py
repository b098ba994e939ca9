"""Both engines with two hours of the same pods: VictoriaMetrics by its import, Prometheus by blocks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from tests import make, servers
from tests.servers import Engine
from tui.api.models import GpuReading, Quote, Telemetry
from tui.services.exporter.page import Counts, View, page
from tui.store.fleet import Fleet

START = 1_795_435_200.0
END = START + 7200.0
STEP = 30.0


def history() -> str:
    """The pages of two hours as one OpenMetrics text with times: a busy pod of two GPUs, one that idles, one that
    boots; unwatched from 0:30 to 0:45."""
    fleet, lines = Fleet(STEP, STEP), []
    at = START
    while at <= END:
        if not 1800 <= at - START < 2700:
            reading = Telemetry(at, None, (GpuReading(temperature_c=60.0, power_w=500.0),) * 2)
            busy = replace(make.pod("busy", utils=(90.0 + at % 7, 60.0)), telemetry=reading)
            fleet.apply(
                make.snapshot(
                    busy, make.pod("idle", utils=(0.0,)), make.pod("boots", utils=None, change="Rented by User"),
                    funds=make.funds(100.0 - (at - START) / 360, 10.0),
                ), at,
            )  # fmt: skip
            fleet.apply_market(make.market(make.offer("H100 SXM", Quote(2.99, 1.5, "High"))), at)
            text = page([View("work", fleet, Counts(int(at - START)), offers=True)], at, openmetrics=True)
            samples = [line for line in text.splitlines() if not line.startswith("#")]
            # Two podtops are scraped that export the same account.
            for instance in ("jump1:9464", "jump2:9464"):
                label = f'{{instance="{instance}",'
                lines += [f"{line.replace('{', label, 1)} {at:.3f}" for line in samples]
        at += STEP
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="session")
def text() -> str:
    return history()


@pytest.fixture(scope="session", params=["prometheus", "victoria-metrics"])
def engine(request: pytest.FixtureRequest, text: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    directory = tmp_path_factory.mktemp("engine")
    servers.program(request.param)
    if request.param == "prometheus":
        servers.blocks(text, directory)
        engine = servers.prometheus(directory)
    else:
        engine = servers.victoria_metrics(directory)
        servers.import_openmetrics(engine, text, directory)
    yield engine
    engine.stop()
