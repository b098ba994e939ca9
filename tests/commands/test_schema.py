"""The JSON schema: every document that podtop prints is valid by it, and a wrong one is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace

from tests.acting import NOON, Account
from tests.commands.conftest import Run, Served
from tests.make import funds, market, offer, pod
from tests.variants import every, first_of_each
from tui.api.models import Problem, Quote, Snapshot, Unreadable
from tui.commands.arguments import KINDS
from tui.commands.auto_items import IdleStopItem
from tui.commands.doctor.report import CheckItem
from tui.commands.envelope import Desk, Document
from tui.commands.notify import WayItem
from tui.commands.printer import ITEMS
from tui.commands.report_items import ReportItem
from tui.commands.schema import schema

OF_RUNPOD = tuple(kind for kind in KINDS if kind != "runs")
"""What RunPod's response has; runs are in the recording."""

SCHEMA = json.loads(msgspec.json.encode(schema()))
VALID = jsonschema.Draft202012Validator(SCHEMA)


def plain(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(document))
    return found


def taken(kind: str, answer: Any) -> dict[str, Any]:
    desk = Desk(kind, "demo", "", 30.0)
    desk.take(answer, NOON)
    return plain(desk.document(answer, NOON))


OTHERS = {"doctor": CheckItem, "report": ReportItem, "notify": WayItem, "auto": IdleStopItem}


def undeclared(document: dict[str, Any]) -> set[str]:
    """The fields of a document and of its items that the schema does not name."""
    parts = SCHEMA["$defs"]
    kind = document["kind"]
    found = {*document} - {*parts[f"{kind.capitalize()}Document"]["properties"]}
    for item in document["items"]:
        found |= {*item} - {*parts[{**ITEMS, **OTHERS}[kind].__name__]["properties"]}
    return found


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert len(SCHEMA["oneOf"]) == len(KINDS) + 6


@pytest.mark.parametrize("pods", [0, 6])
@pytest.mark.parametrize("kind", OF_RUNPOD)
async def test_what_runpod_says_is_valid(kind: str, pods: int, tmp_path: Path) -> None:
    account = Account(tmp_path, pods=pods)
    answer = await Desk(kind, "demo", "", 30.0).question(account.cloud)()
    document = taken(kind, answer)
    VALID.validate(document)
    assert undeclared(document) == set()
    assert document["items"] or not pods


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_all_null_is_valid(kind: str, tmp_path: Path) -> None:
    account = Account(tmp_path)
    account.faults.set("nulls")
    answer = await Desk(kind, "demo", "", 30.0).question(account.cloud)()
    if getattr(answer, "pods", ()) is None:
        answer = replace(answer, pods=())
    VALID.validate(taken(kind, answer))


BARE = replace(pod("a", utils=None, cost=None, change=None), machine=None, vcpus=None, volume_gb=None)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("pods", Snapshot(None, (BARE,), (Unreadable(None, "odd", "expected text"),), (Problem("x", ("a", 0)),))),
        ("pods", Snapshot(funds(float("inf"), float("nan")), ())),
        ("alerts", Snapshot(funds(1.0, 10.0), (pod("a", name="quiet one", utils=(0.0,)),))),
        ("alerts", Snapshot(None, ())),
        ("market", market(offer("A40", None, Quote(1.0, None, None)))),
        ("market", market()),
    ],
)
def test_what_is_unknown_unreadable_or_empty_is_valid(kind: str, answer: Any) -> None:
    VALID.validate(taken(kind, answer))


FORMS = [
    *(["once", kind, "--json"] for kind in KINDS),
    ["market", "--json", "--gpus", "2"],
    ["account", "--json"],
    ["doctor", "--json"],
    ["alerts", "--json"],
    ["auto", "--json"],
    ["notify", "--json"],
    ["notify", "--test", "--json"],
    # The first of a command is in the default run; of a demo, which makes its past first, that of a report is dear.
    ["report", "--json", "--by", "day", "--offline"],
    ["report", "--json"],
]


@pytest.mark.parametrize("arguments", first_of_each(lambda words: words[0], FORMS), ids=" ".join)
def test_what_a_command_prints_is_valid(arguments: list[str], run: Run) -> None:
    for more in ((), ("--demo",), ("--demo", "--pods", "0")):
        done = run(*more, *arguments)
        assert done.returncode in (0, 3, 8), done.stderr
        assert done.stdout
        for line in done.stdout.splitlines():
            document = json.loads(line)
            VALID.validate(document)
            assert undeclared(document) == set()


@pytest.mark.parametrize(("fault", "kind"), every(3, product(("nulls", "partial"), KINDS), values=2))
def test_what_a_command_prints_of_a_broken_response_is_valid(kind: str, fault: str, run: Run, served: Served) -> None:
    served.faults(fault)
    done = run("once", kind, "--json")
    assert done.stdout or done.returncode == 5
    for line in done.stdout.splitlines():
        VALID.validate(json.loads(line))


def test_the_profile_is_valid(run: Run, served: Served, tmp_path: Path) -> None:
    file = tmp_path / "podtop" / "config.toml"
    file.parent.mkdir()
    file.write_text(f'[profiles.work]\napi_url = "{served.url}"\napi_key_env = "WORK_KEY"\n')
    env = {"XDG_CONFIG_HOME": str(tmp_path), "WORK_KEY": "demo-key", "PODTOP_API_URL": "", "RUNPOD_API_KEY": ""}
    document = json.loads(run("--profile", "work", "once", "--json", env=env).stdout)
    assert document["profile"] == "work"
    VALID.validate(document)
    assert undeclared(document) == set()


GOOD = taken("pods", Snapshot(funds(), (pod("a"),)))


def without(*path: str | int) -> dict[str, Any]:
    return changed(lambda part, key: part.pop(key), *path)


def having(value: object, *path: str | int) -> dict[str, Any]:
    return changed(lambda part, key: part.__setitem__(key, value), *path)


def changed(change: Callable[[Any, Any], object], *path: str | int) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(GOOD))
    part: Any = document
    for key in path[:-1]:
        part = part[key]
    change(part, path[-1])
    return document


@pytest.mark.parametrize(
    "wrong",
    [
        without("podtop"), without("kind"), without("at"), without("total"), without("items"), without("money"),
        without("problems"), without("items", 0, "id"), without("items", 0, "gpus"), without("items", 0, "idle_s"),
        without("money", "runway_s"), having(2, "podtop"), having("pod", "kind"), having("market", "kind"),
        having("6", "total"), having({}, "items"), having("2.99", "items", 0, "cost_per_hr"),
        having(None, "items", 0, "name"), having([{}], "items", 0, "ports"), having([{}], "problems"),
    ],
)  # fmt: skip
def test_a_wrong_document_is_not_valid(wrong: dict[str, Any]) -> None:
    assert VALID.is_valid(GOOD)
    assert not VALID.is_valid(wrong)


def test_the_command_prints_it_without_a_key_or_a_request(run: Run, environ: dict[str, str]) -> None:
    del environ["RUNPOD_API_KEY"]
    environ["PODTOP_API_URL"] = "http://127.0.0.1:9/graphql"
    done = run("once", "--schema")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == SCHEMA
