"""A recording as OpenMetrics text: the samples that charts show, under the names of `/metrics`, gaps included."""

from __future__ import annotations

import io
import re
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from tests import make
from tests.servers import promtool
from tui.api.models import GpuReading, Pod, Telemetry
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.services.exporter.archive import Wanted, export

START = 1_795_435_200.0
GAP = (600.0, 1200.0)


def pod(id: str, util: float, at: float) -> Pod:
    reading = Telemetry(at, None, (GpuReading(temperature_c=60.0, power_w=500.0), GpuReading(temperature_c=61.0)))
    return replace(make.pod(id, name=f"run-{id}", utils=(util, 100.0)), telemetry=reading)


def recorded(path: Path, hours: float = 1.0) -> Path:
    """Two pods at 10 s, unwatched for ten minutes; one stops after half of the time."""
    with closing(Writer(connect(path, write=True), START - 1)) as writer:
        at = START
        while at < START + hours * 3600:
            since = at - START
            if GAP[0] <= since < GAP[1]:
                writer.write([Polled(at, None)])
            else:
                stopped = since > hours * 1800
                other = make.pod("b", name="run-b", status="EXITED" if stopped else "RUNNING")
                writer.write([Polled(at, make.snapshot(pod("a", 50.0 + since % 40, at), other))])
            at += 10.0
    return path


def exported(path: Path, **wanted: object) -> tuple[str, int, int]:
    out = io.BytesIO()
    with closing(Recording(path)) as recording:
        done = export(recording, Wanted("work", **wanted), out)  # type: ignore[arg-type]
    return out.getvalue().decode(), done.pods, done.samples


def series(text: str, name: str) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for labels, value, at in re.findall(rf"^{name}(\{{.*\}}) (\S+) (\S+)$", text, re.MULTILINE):
        found.setdefault(labels, []).append((float(at), float(value)))
    return found


def test_each_sample_is_written_once_in_order_with_its_gap(tmp_path: Path) -> None:
    text, pods, samples = exported(recorded(tmp_path / "a.sqlite"))
    util = series(text, "podtop_gpu_utilization_ratio")
    assert list(util) == [f'{{account="work",pod="{p}",gpu="{g}"}}' for p, g in (("a", 0), ("a", 1), ("b", 0))]
    first = util['{account="work",pod="a",gpu="0"}']
    assert first == sorted(set(first))
    assert [value for _, value in first[:5]] == [0.5, 0.6, 0.7, 0.8, 0.5]
    assert not [at for at, _ in first if GAP[0] <= at - START < GAP[1]]
    assert pods == 2
    assert samples == sum(1 for line in text.splitlines() if not line.startswith("#"))
    assert text.endswith("# EOF\n")


def test_what_a_pod_costs_follows_its_state(tmp_path: Path) -> None:
    text, _, _ = exported(recorded(tmp_path / "a.sqlite"))
    compute = series(text, "podtop_pod_price_dollars_per_hour")['{account="work",pod="b",kind="compute"}']
    assert {value for at, value in compute if at < START + 1800} == {2.99}
    assert {value for at, value in compute if at > START + 1810} == {0.0}
    assert 45 <= len(compute) <= 55
    assert len(series(text, "podtop_account_balance_dollars")['{account="work"}']) >= 45


def test_since_and_pods_narrow_it(tmp_path: Path) -> None:
    path = recorded(tmp_path / "a.sqlite")
    late, _, fewer = exported(path, since=START + 3000)
    assert (
        min(at for points in series(late, "podtop_gpu_utilization_ratio").values() for at, _ in points) >= START + 3000
    )
    one, pods, _ = exported(path, pods="RUN-A")
    assert pods == 1
    assert 'pod="b"' not in one
    assert fewer < exported(path)[2]
    assert exported(path, since=START + 90_000)[0] == "# EOF\n"


def test_prometheus_reads_the_file(tmp_path: Path) -> None:
    text, _, _ = exported(recorded(tmp_path / "a.sqlite"))
    (tmp_path / "podtop.om").write_text(text)
    made = promtool("tsdb", "create-blocks-from", "openmetrics", "podtop.om", "blocks", directory=tmp_path)
    assert made.returncode == 0, made.stderr
    # What is dumped must look like a whole database.
    (tmp_path / "blocks" / "wal").mkdir()
    dumped = promtool("tsdb", "dump", "blocks", directory=tmp_path).stdout
    util = [
        line for line in dumped.splitlines() if "podtop_gpu_utilization_ratio" in line and 'gpu="0", pod="a"' in line
    ]
    assert len(util) == len(series(text, "podtop_gpu_utilization_ratio")['{account="work",pod="a",gpu="0"}'])
