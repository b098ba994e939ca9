"""The action log: durable before anything is sent, whole whatever happens, and free of secrets."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.api.pod_detail import EnvVar
from tui.api.secret import Secret
from tui.commands.log import rows
from tui.storage.audit_log import AuditLog, AuditLogError, entries, safe_inputs

NOON = 1_795_435_200.0


def ledger(path: Path, origin: str = "api.runpod.io") -> AuditLog:
    return AuditLog(path, origin=origin, wall=lambda: NOON, user=lambda: "ada")


def test_an_intent_and_its_outcome(tmp_path: Path) -> None:
    path = tmp_path / "state" / "actions.jsonl"
    log = ledger(path)
    ident = log.intent("resume", "p1", "train", {"gpuCount": 2})
    assert [one.id for one in log.unfinished()] == [ident]
    log.outcome(ident, "done", "running")
    intent, end = (json.loads(line) for line in path.read_text().splitlines())
    assert intent["time"] == "2026-11-23T12:00:00.000+00:00"
    assert (intent["user"], intent["action"], intent["pod"], intent["name"]) == ("ada", "resume", "p1", "train")
    assert (intent["inputs"], intent["by"], intent["origin"]) == ({"gpuCount": 2}, "keys", "api.runpod.io")
    assert (end["id"], end["outcome"], end["message"]) == (ident, "done", "running")
    assert log.unfinished() == ()
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_on_the_disk_when_intent_returns(tmp_path: Path) -> None:
    synced: list[int] = []
    with patch("tui.storage.audit_log.os.fsync", lambda file: synced.append(os.fstat(file).st_size)):
        ledger(tmp_path / "a.jsonl").intent("stop", "p", "n", {})
    assert synced[0] == (tmp_path / "a.jsonl").stat().st_size
    assert len(synced) == 2, "the directory of a new file is to be on the disk too"


def test_what_is_not_known_stays_open_and_others_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    one, other = ledger(path), ledger(path, "demo")
    ident = one.intent("stop", "p", "n", {})
    one.outcome(ident, "unknown", "?")
    other.intent("stop", "q", "m", {})
    assert [intent.pod for intent in one.unfinished()] == ["p"]
    one.outcome(ident, "not done", "!")
    assert one.unfinished() == ()
    assert [intent.pod for intent in other.unfinished()] == ["q"]


def test_torn_and_odd_lines_hide_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    log = ledger(path)
    first = log.intent("stop", "p", "n", {})
    with path.open("ab") as file:
        file.write(b'\x00\xff garbage\n[1]\n{"time": "2026')
    second = log.intent("terminate", "q", "m", {})
    assert [entry.id for entry in entries(path)] == [first, second]


def test_a_line_of_a_kind_that_a_later_podtop_knows_is_no_outcome(tmp_path: Path) -> None:
    log = ledger(tmp_path / "actions.jsonl")
    ident = log.intent("stop", "p1", "train", {})
    log.outcome(ident, "queued", "behind others")
    log.path.write_text(log.path.read_text().replace('"outcome",', '"progress",'))
    assert [one.id for one in log.unfinished()] == [ident]
    ((*_, outcome, message),) = rows(entries(log.path))
    assert (outcome, message) == ("unknown outcome", "")


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file may grow beyond so many bytes."""
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)


@pytest.mark.parametrize(("price", "agreed"), [("2.5", 2.5), ("1" + "0" * 400, None), ("-1e300", None), ("true", None)])
def test_a_price_that_no_pod_has_is_unknown(price: str, agreed: float | None, tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "actions.jsonl", origin="demo")
    log.intent("deploy", "", "new", {"deploy_cost": 7})
    log.path.write_text(log.path.read_text().replace('"deploy_cost":7', f'"deploy_cost":{price}'))
    assert [intent.agreed for intent in log.unfinished()] == [agreed]


def test_a_full_disk_is_told_and_the_next_line_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    log = ledger(path)
    log.intent("stop", "p", "n", {})
    with full_disk(path.stat().st_size + 20), pytest.raises(AuditLogError, match="nothing was sent"):
        log.intent("stop", "q", "m", {})
    log.intent("stop", "r", "o", {})
    assert [entry.pod for entry in entries(path)] == ["p", "r"]


def test_a_place_that_cannot_be_written_names_itself_and_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AuditLogError, match=r"file/a\.jsonl.*XDG_STATE_HOME"):
        ledger(tmp_path / "file" / "a.jsonl").intent("stop", "p", "n", {})


@pytest.mark.wide
def test_lines_of_many_at_once_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    code = (
        "import sys; from pathlib import Path; from tui.storage.audit_log import AuditLog\n"
        "log = AuditLog(Path(sys.argv[1]), origin='x')\n"
        "for n in range(40): log.outcome(log.intent('stop', 'p' * 300, 'n', {}), 'done', 'm' * 300)\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(list(entries(path))) == len(path.read_text().splitlines()) == 240


INPUTS = st.recursive(
    st.one_of(st.integers(), st.text(max_size=5), st.builds(Secret, st.just("s3cr3t-value")), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), INPUTS, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_secret_is_written(tmp_path: Path, inputs: dict[str, object]) -> None:
    path = tmp_path / "a.jsonl"
    inputs["env"] = [EnvVar("HF_TOKEN", Secret("s3cr3t-value"))]
    ledger(path).intent("deploy", "", "n", inputs)
    assert b"s3cr3t" not in path.read_bytes()
    assert safe_inputs(inputs)["env"] == ["HF_TOKEN"]
