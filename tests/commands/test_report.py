"""`podtop report` as a script runs it, against a simulated RunPod and a recording on disk."""

from __future__ import annotations

import csv
import io
import json
import time
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from tests.commands.conftest import Run, Served
from tests.report.make import DAY, HOUR, minutes, record, up
from tests.variants import every
from tui.api.http.endpoint import host_of
from tui.commands.schema import schema
from tui.demo.account import ACCOUNT_ID
from tui.domain.pod_bill import Part
from tui.history.recorder import archive_path

WORK, IDLE = (95.0,) * 8, (0.0,) * 8


@pytest.fixture
def state(served: Served, tmp_path: Path) -> dict[str, str]:
    """A recording of the last three days: one pod that works and idles by turns, one that begins halfway."""
    folder = tmp_path / "podtop"
    begin = time.time() - 3 * DAY

    def told(n: int):  # type: ignore[no-untyped-def]
        first = up(WORK if n % 48 < 30 else IDLE, uptime=300 * n, cost=24.0)
        return (first, up(IDLE, id="b", uptime=300 * n, cost=1.0)) if n >= 400 else (first,)

    path = archive_path(folder, served.url, ACCOUNT_ID)
    path.parent.mkdir(parents=True)
    record(path, minutes(begin, 3 * 288, told, step=300.0), silence=900.0, origin=host_of(served.url) or "")
    return {"XDG_STATE_HOME": str(tmp_path)}


def test_the_table_adds_up_and_names_charges(run: Run, state: dict[str, str]) -> None:
    done = run("report", env=state)
    assert done.returncode == 0, done.stderr
    head, _, titles, first, *_ = done.stdout.splitlines()
    assert " to " in head
    assert titles.split()[:4] == ["POD", "GPU", "PAID", "WORKED"]
    assert first.startswith("pod a")
    for words in ("total", "Did nothing: $", "if idle pods had stopped after 30 min", "RunPod charged $", "volume "):
        assert words in done.stdout, words


def test_json_is_valid_and_its_parts_add_up_exactly(run: Run, state: dict[str, str]) -> None:
    totals = set()
    for by in ("pod", "gpu", "day"):
        done = run("report", "--json", "--by", by, env=state)
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout, parse_float=Decimal)
        jsonschema.Draft202012Validator(schema()).validate(json.loads(done.stdout))
        for item in (*document["items"], document["sum"]):
            assert sum(Decimal(item[f"{part.name.lower()}_usd"]) for part in Part) == item["paid_usd"]
        for name in ("paid_usd", "idle_usd", "disks_usd"):
            assert sum(Decimal(item[name]) for item in document["items"]) == document["sum"][name]
        totals.add(round(document["sum"]["idle_usd"], 1))
        assert document["charges"]["days"] >= 1
    assert len(totals) == 1


@pytest.mark.wide
def test_csv_and_markdown(run: Run, state: dict[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO(run("report", "--csv", "--offline", env=state).stdout)))
    assert [row["name"] for row in rows] == ["pod a", "pod b"]
    assert float(rows[0]["paid_usd"]) == pytest.approx(72 * 24, rel=0.01)
    lines = run("report", "--markdown", "--by", "day", env=state).stdout.splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert table[-1].startswith("| **total** |")


def test_offline_asks_nothing_and_needs_no_key(run: Run, served: Served, state: dict[str, str]) -> None:
    served.faults("500")
    done = run("report", "--offline", env={**state, "RUNPOD_API_KEY": "", "HOME": state["XDG_STATE_HOME"]})
    assert done.returncode == 0, done.stderr
    assert "RunPod charged" not in done.stdout
    assert done.stderr == ""


def test_without_runpod_the_recording_is_reported_and_the_rest_said(
    run: Run, served: Served, state: dict[str, str]
) -> None:
    served.faults("500")
    done = run("report", "--json", env=state)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["charges"] is None
    assert len(document["items"]) == 2
    assert {problem["path"] for problem in document["problems"]} == {"account", "charges"}
    assert "unavailable" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    every(
        4,
        [
            (("--since", "2199-01-01"), 2, "--since is in the future"),
            (("--since", "yesterday"), 2, "expected a date like 2026-11-23, or 3d"),
            (("--week", "--month"), 2, "--week and --month cannot be combined"),
            (("--by", "hour"), 2, "--by: invalid value 'hour'; expected pod, gpu, day"),
        ],
        values=3,
    ),
)
def test_what_cannot_be_is_refused(
    arguments: tuple[str, ...], code: int, words: str, run: Run, state: dict[str, str]
) -> None:
    done = run("report", *arguments, env=state)
    assert done.returncode == code
    assert words in done.stderr


def test_nothing_recorded_is_said(run: Run, tmp_path: Path) -> None:
    done = run("report", env={"XDG_STATE_HOME": str(tmp_path / "none")})
    assert (done.returncode, done.stdout) == (3, "")
    assert "no recording yet" in done.stderr


def test_since_a_day_is_since_its_local_midnight(run: Run, state: dict[str, str]) -> None:
    document = json.loads(
        run("report", "--json", "--offline", "--since", "1d", env={**state, "TZ": "Asia/Kathmandu"}).stdout
    )
    assert document["start"].endswith("T18:15:00Z")
    assert document["watched_s"] >= 23 * HOUR
