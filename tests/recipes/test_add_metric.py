"""To add a metric: its field, document and schema, its row in `store/metrics.py`, the simulator. Nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recipes.copied import Copy

pytestmark = pytest.mark.wide

LOOK = """
import asyncio, json, sys
from contextlib import closing
from pathlib import Path

import tui
from tui.commands import envelope, items
from tui.demo.source import demo_source
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.store.fleet import Fleet
from tui.store.metrics import sample
from tui.store.views import pod_lines, pods
from tui.ui.charts import pod_charts
from tui.ui.charts.look import Look
from tui.ui.render import gpu_figures, row_columns, rows

NOW = 1_795_435_200.0
name, export, title = sys.argv[1:4]
file = Path("recording.sqlite")


async def poll():
    source = demo_source(history_s=3600.0, wall=lambda: NOW)
    cloud = source.open()
    try:
        return await cloud.fleet()
    finally:
        await cloud.aclose()


answer = asyncio.run(poll())
fleet = Fleet(5, 30)
fleet.apply(answer, NOW)
pod = next(pod for pod in answer.pods if pod.runtime is not None and len(pod.runtime.gpus) == 8)
record = fleet.records[pod.id]
look = Look(now=NOW, span=600.0)
charts = pod_lines.charts_of(record)
specs = pod_charts.specs(fleet, [record], look, 5.0, [(60, 12)] * len(charts), charts)
spec = next(spec for spec in specs if spec.title == title)
cells = rows.pod_cells(pods.pod_row(record, NOW), NOW, 8)
desk = envelope.Desk("pods", "test", "", 30.0)
desk.take(answer, NOW)
item = next(item for item in desk.document(answer, NOW).items if item.id == pod.id)

with closing(Writer(connect(file, write=True), NOW - 1)) as writer:
    writer.write([Polled(NOW, answer)])
with closing(Recording(file)) as recording:
    past = next(each for each in recording.snapshot(NOW).pods if each.id == pod.id)

print(json.dumps({
    "copy": str(Path(tui.__file__).parent.parent),
    "sample": {key: value for key, value in sample(pod, NOW).items() if key.rstrip("0123456789") == name},
    "recorded": {key: value for key, value in sample(past, NOW).items() if key.rstrip("0123456789") == name},
    "lines": [[line.label, line.last] for line in spec.lines],
    "unit": spec.unit,
    "heads": [column.title for column in row_columns.pod_columns(400, leased=False)],
    "sorted": name in pods.POD_SORTS,
    "cell": "".join(text for text, _ in cells[name]),
    "facts": [[before, after] for before, _, after in gpu_figures.gpu_figures(pod.telemetry.gpus[0])],
    "export": [getattr(gpu, export, None) for gpu in item.gpus] + [getattr(item, export, None)],
    "fields": list(items.PodItem.__struct_fields__),
}))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "podtop")


FAN = """\
    Metric(
        name="fan", title="GPU fan", label="fan", source=Source.LATEST, field="fan", prefix="fan", pooled=_highest,
        export="fan_percent",
    ),
"""
DISK = """\
    Metric(name="disk", title="Disk", label="disk", source=Source.CONTAINER, field="disk", export="disk_percent"),
"""
LAST_ROW = 'unit="W", steps=0.2, top=None, pooled=_sum, export="power_w", feature=Feature.GPU_POWER,\n    ),\n'


def test_a_metric_of_gpus_takes_five_files(copy: Copy) -> None:
    copy.add("api/models.py", "    power_w: Watts | None = None\n", "    fan: Percent | None = None\n")
    copy.add("api/graphql/documents/fleet.graphql", "  power_w: powerWatts\n", "  fan: fanPercent\n")
    copy.add(
        "api/graphql/schema.graphql", "  powerWatts: Float         # confirmed [H][J][P1]\n", "  fanPercent: Float\n"
    )
    watts = '"powerWatts": gpu_power(pod, sampled, index, seed),\n'
    copy.add("demo/pod_views.py", watts, '                "fanPercent": 40.0 + index,\n')
    copy.add("store/metrics.py", LAST_ROW, FAN)
    seen = copy.run(LOOK, "fan", "fan_percent", "GPU fan")
    fans = {f"fan{index}": 40.0 + index for index in range(8)}
    assert seen["copy"] == str(copy.root)
    assert seen["sample"] == fans
    assert seen["recorded"] == fans
    assert seen["lines"] == [[f"GPU {index}", 40.0 + index] for index in range(8)]
    assert seen["unit"] == "%"
    assert "FAN" in seen["heads"]
    assert seen["cell"] == "47%"
    assert ["fan ", "%"] in seen["facts"]
    assert seen["export"] == [40.0 + index for index in range(8)] + [None]
    assert seen["sorted"], "a pod that RunPod gives none for comes last"
    assert len(copy.touched) == 5


@pytest.mark.wide
def test_a_metric_of_containers_has_its_wire_type_and_its_mapping_beside_them(copy: Copy) -> None:
    ports = "    memory: float | None\n    gpus: tuple[GpuReading, ...]\n    ports: tuple[Port, ...]\n"
    copy.add("api/models.py", ports, "    disk: float | None = None\n")
    memory = "    memory_percent: Percent | None = None\n"
    copy.add("api/graphql/wire.py", memory, memory.replace("memory", "disk"))
    mapped = "        tuple([_port(port) for port in ports if port is not None]),\n"
    copy.add("api/graphql/fleet.py", mapped, "        container.disk_percent if container else None,\n")
    copy.add("api/graphql/documents/fleet.graphql", "container { cpuPercent memoryPercent", " diskPercent")
    copy.add(
        "api/graphql/schema.graphql", "  memoryPercent: Int # confirmed [H][J][P1][X]; 0..100\n", "  diskPercent: Int\n"
    )
    cpu = '"cpuPercent": round(4 + mean * 0.3 + 8 * wander(at, 30, seed, pod.id, "cpu")),\n'
    copy.add("demo/pod_views.py", cpu, '            "diskPercent": 61,\n')
    copy.add("store/metrics.py", LAST_ROW, DISK)
    seen = copy.run(LOOK, "disk", "disk_percent", "Disk")
    assert seen["sample"] == seen["recorded"] == {"disk": 61.0}
    assert seen["lines"] == [["", 61.0]]
    assert "DISK" in seen["heads"]
    assert seen["sorted"]
    assert seen["cell"] == "61%"
    assert seen["export"] == [None] * 8 + [61.0]
    assert seen["fields"][-1] == "disk_percent", "fields are added at the end"
    assert len(copy.touched) == 7
