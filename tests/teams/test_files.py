"""The files that teams run beside podtop: complete, valid, and every query answered by both engines."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import generate_dashboard
from tests.servers import Engine, program, promtool, victoria_metrics
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


def commands() -> dict[str, list[str]]:
    """The command line of each service of the compose file."""
    lines, commands, service = teams.source("compose.yaml").read_text().splitlines(), {}, ""
    for line in lines:
        if match := re.fullmatch(r"  (\w+):", line):
            service = match[1]
        elif match := re.fullmatch(r"      - (-\S+)", line):
            commands.setdefault(service, []).append(match[1])
    return commands


def mounted() -> dict[str, str]:
    """The files that the services of the compose file see, and which of ours they are."""
    text = teams.source("compose.yaml").read_text()
    return {inside: name for name, inside in re.findall(r"- \./(\S+?):(\S+?):ro", text)}


def test_the_compose_file_names_files_that_are_there() -> None:
    assert set(mounted().values()) <= set(teams.FILES)
    given = [argument.partition("=")[2] for arguments in commands().values() for argument in arguments]
    assert {path for path in given if path.startswith("/etc/")} <= set(mounted())
    assert set(commands()) == {"victoriametrics", "vmalert"}


@pytest.mark.wide
def test_victoria_metrics_takes_its_command_line_of_the_compose_file(tmp_path: Path) -> None:
    write_files(tmp_path / "files")
    own = ("-httpListenAddr", "-storageDataPath", "-retentionPeriod")
    arguments = [each for each in commands()["victoriametrics"] if each.partition("=")[0] not in own]
    for inside, name in mounted().items():
        arguments = [each.replace(inside, str(tmp_path / "files" / name)) for each in arguments]
    engine = victoria_metrics(tmp_path, *arguments)
    try:
        said = engine.get("/api/v1/targets")
        (target,) = said["data"]["activeTargets"]  # type: ignore[index]
        assert target["labels"]["job"] == "podtop"
        assert target["scrapeUrl"] == "http://127.0.0.1:9464/metrics"
    finally:
        engine.stop()


@pytest.mark.wide
def test_vmalert_takes_its_command_line_of_the_compose_file() -> None:
    # The flag that notifies nobody is newer than Debian's vmalert.
    arguments = [each for each in commands()["vmalert"] if each != "-notifier.blackhole"]
    rules = str(teams.source("rules.yaml"))
    done = subprocess.run(
        [program("vmalert"), "-dryRun", *(each.replace("/etc/podtop/rules.yaml", rules) for each in arguments)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_vmalert_takes_the_rules() -> None:
    rules = teams.source("rules.yaml")
    done = subprocess.run(
        [program("vmalert"), "-dryRun", f"-rule={rules}", "-datasource.url=http://127.0.0.1:1"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("title", "value"), [("Balance", 90.0), ("Spend per hour", 10.0), ("Idle per hour", 2.99), ("GPUs busy", 2 / 3)]
)
def test_what_two_podtops_export_counts_once(engine: Engine, title: str, value: float) -> None:
    expression = next(each for name, each in EXPRESSIONS if name == title)
    said = engine.get("/api/v1/query", query=filled(expression), time=START + 3600)
    (result,) = said["data"]["result"]  # type: ignore[index]
    assert float(result["value"][1]) == pytest.approx(value)


def test_what_nobody_watched_is_not_zero(engine: Engine) -> None:
    for title in ("Balance", "Spend per hour", "Idle per hour", "GPUs busy"):
        expression = next(each for name, each in EXPRESSIONS if name == title)
        said = engine.get("/api/v1/query", query=filled(expression), time=START + 86_400)
        assert said["data"]["result"] == [], title  # type: ignore[index]


def test_pods_of_one_name_are_not_one() -> None:
    """Two accounts, or one, may have pods of the same name: no panel takes them together by it."""
    for title, expression in EXPRESSIONS:
        for labels in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
            assert "name" not in labels.split(", ") or {"account", "pod"} <= set(labels.split(", ")), title


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
