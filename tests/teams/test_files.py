"""The files that teams run beside podtop: complete, valid, and every query answered by both engines."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import generate_dashboard
from tests.servers import Engine, program, promtool
from tests.teams.conftest import END, START
from tui import teams
from tui.commands.exit_codes import Exit
from tui.commands.teams import write_files
from tui.services.exporter import families

DASHBOARD = generate_dashboard.dashboard()
EXPRESSIONS = [
    (panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]
]  # fmt: skip
GPU_TYPE, EVERY = ".*", ".*"


def filled(expression: str) -> str:
    """A query with every variable of the dashboard in place."""
    values = {"account": EVERY, "pod": EVERY, "gpu_type": GPU_TYPE, "__interval": "1m"}
    return re.sub(r"\$(\w+)", lambda match: values[match[1]], expression)


def test_the_shipped_dashboard_is_what_is_generated() -> None:
    assert teams.source("dashboard.json").read_text() == generate_dashboard.text()


def test_all_files_are_there_and_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write_files(tmp_path / "new") == Exit.OK
    there = {path.name for path in teams.source("").iterdir() if path.suffix not in (".py", "")}
    assert {path.name for path in (tmp_path / "new").iterdir()} == there == set(teams.FILES)
    assert len(capsys.readouterr().out.splitlines()) == len(teams.FILES)


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules.yaml").write_text("mine")
    assert write_files(tmp_path) == Exit.USAGE
    assert [path.name for path in tmp_path.iterdir()] == ["rules.yaml"]
    assert "rules.yaml already" in capsys.readouterr().err


@pytest.mark.parametrize("text", [json.dumps(DASHBOARD), teams.source("rules.yaml").read_text()])
def test_only_metrics_that_podtop_exports_are_asked_for(text: str) -> None:
    exported = {f"{family.name}_total" if family.kind == "counter" else family.name for family in families.ALL}
    assert set(re.findall(r"\bpodtop_[a-z_]+", text)) <= exported


def test_the_rules_fire_as_they_say(tmp_path: Path) -> None:
    shutil.copy(teams.source("rules.yaml"), tmp_path)
    shutil.copy(Path(__file__).parent / "rules_test.yaml", tmp_path)
    for arguments in (("check", "rules", "rules.yaml"), ("test", "rules", "rules_test.yaml")):
        done = promtool(*arguments, directory=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    config = promtool("check", "config", str(teams.source("scrape.yaml")))
    assert config.returncode == 0, config.stdout + config.stderr


def test_vmalert_takes_the_rules() -> None:
    rules = teams.source("rules.yaml")
    done = subprocess.run(
        [program("vmalert"), "-dryRun", f"-rule={rules}", "-datasource.url=http://127.0.0.1:1"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.wide
@pytest.mark.parametrize(("title", "expression"), EXPRESSIONS)
def test_every_panel_shows_something_on_both_engines(engine: Engine, title: str, expression: str) -> None:
    said = engine.get("/api/v1/query_range", query=filled(expression), start=START + 3600, end=END, step=60)
    assert said["status"] == "success", said
    assert said["data"]["result"], (title, expression)  # type: ignore[index]


def test_the_gap_of_what_nobody_watched_is_a_gap(engine: Engine) -> None:
    query = filled(next(expression for title, expression in EXPRESSIONS if title == "GPUs: memory"))
    said = engine.get("/api/v1/query_range", query=query, start=START, end=END, step=60)
    for each in said["data"]["result"]:  # type: ignore[index]
        unwatched = [at for at, _ in each["values"] if 1860 <= at - START < 2700]
        assert not unwatched
        assert len(each["values"]) > 90
