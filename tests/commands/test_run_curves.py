"""The curves of runs as scripts get them: `podtop once runs`, `podtop report --by run`."""

from __future__ import annotations

import csv
import io
import json
import time
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest

from tests.commands.conftest import Run, Served
from tests.make import pod, snapshot
from tui.api.http.endpoint import host_of
from tui.commands import run_points, tables
from tui.commands.run_points import RunPointItem
from tui.commands.schema import schema
from tui.demo.account import ACCOUNT_ID
from tui.domain.signals.values import Values
from tui.history.archive.facts import Facts
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.recorder import archive_path
from tui.store.run_signals import Run as TrainingRun

NOW = 1_795_435_200.0


def record(path: Path, begin: float, pod_id: str, origin: str = "") -> None:
    """Two runs of 20 minutes: one of epochs whose last loss is no number, and one of steps."""
    with closing(Writer(connect(path, write=True), begin - 1, silence=60.0, origin=origin)) as writer:
        for number in range(40):
            at = begin + 60.0 * number
            if number < 20:
                values = Values(step=50 * (number % 2), total=100, within=True, epoch=float(number // 2), loss=2.0)
                values = (
                    Values(step=50, total=100, within=True, epoch=9.0, not_finite="NaN") if number == 19 else values
                )
            else:
                values = Values(step=10 * (number - 20), total=1_000, loss=4.0 - number / 20, tokens_per_s=5e4)
            told = snapshot(pod(pod_id, name="train"), pod("other", name="other"))
            run = TrainingRun("log", now=values, values_at=at)
            writer.write([Polled(at, told, facts=Facts(runs={pod_id: run}))])


def test_a_point_is_of_its_run_also_where_that_began_before_the_time(tmp_path: Path) -> None:
    record(tmp_path / "a.sqlite", NOW, "a")
    with closing(Recording(tmp_path / "a.sqlite")) as recording:
        points = run_points.read(recording, NOW + 600.0, NOW + 1e5)
        assert run_points.read(recording, NOW, NOW + 1e5, ("other",)) == ()
    assert len(points) == 30
    first, last = points[0], points[-1]
    assert (first.pod_name, first.since_start_s, first.step, first.total_steps) == ("train", 600, 500, None)
    assert (last.since_start_s, last.step, last.total_steps, last.tokens_per_s) == (19 * 60, 190, 1_000, 5e4)
    assert (points[9].step, points[9].loss, points[9].loss_not_finite) == (950, None, "NaN")
    assert len({point.run_started_at for point in points}) == 2
    text = tables.table("runs", points, 200)
    assert text[0].split() == ["POD", "STARTED", "LASTED", "STEP", "LOSS", "LOWEST", "EVAL", "LOSS", "TOKENS/S"]
    assert [line.split()[2:6] for line in text[1:]] == [
        ["19m00s", "950", "NaN", "2"],
        ["19m00s", "190", "2.05", "2.05"],
    ]
    rows = csv.DictReader(io.StringIO(tables.csv_header("runs", RunPointItem) + tables.csv_rows("runs", "t", points)))
    assert [row["step"] for row in rows] == [str(point.step) for point in points]


@pytest.mark.wide
def test_both_commands_print_valid_documents(run: Run, served: Served, tmp_path: Path) -> None:
    env = {"XDG_STATE_HOME": str(tmp_path)}
    pods = json.loads(run("once", "pods", "--json", env=env).stdout)["items"]
    path = archive_path(tmp_path / "podtop", served.url, ACCOUNT_ID)
    path.parent.mkdir(parents=True, exist_ok=True)
    record(path, time.time() - 7200.0, pods[0]["id"], host_of(served.url) or "")
    documents = [
        json.loads(run(*command, "--json", env=env).stdout)
        for command in (("once", "runs"), ("report", "--by", "run"), ("report", "--by", "run", "--offline"))
    ]
    for document in documents:
        jsonschema.Draft202012Validator(schema()).validate(document)
        assert (document["kind"], len(document["items"])) == ("runs", 40)
    assert run("once", "runs", "--filter", "no such pod", env=env).returncode == 3
    table = run("once", "runs", env=env).stdout
    assert len(table.splitlines()) == 3
    assert run("report", "--by", "run", "--markdown", env=env).stdout.count("\n|") == 3
    empty = run("report", "--by", "run", "--since", "2026-01-01", env={"XDG_STATE_HOME": str(tmp_path / "none")})
    assert (empty.returncode, empty.stdout) == (3, "")
