"""`podtop log`, and leases seen to without a screen, as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli import quick
from tests.cli.conftest import served
from tests.cli.test_recording import KEY
from tui.domain.lease import Lease
from tui.storage.audit_log import AuditLog
from tui.storage.lease_file import LeaseFile
from tui.storage.state_files import StateFiles


def state() -> Path:
    path = Path(os.environ["XDG_STATE_HOME"]) / "podtop"
    path.mkdir(parents=True, exist_ok=True)
    return path


def filled() -> None:
    log = AuditLog(state() / "actions.jsonl", origin="api.runpod.io", wall=lambda: 1_795_435_200.0, user=lambda: "ada")
    log.outcome(log.intent("stop", "p1", "train", {}), "done", "Exited by user")
    log.outcome(log.intent("bid", "p2", "student", {"gpuCount": 1, "bidPerGpu": 0.21}), "refused", "too low")
    log.intent("terminate", "p3", "old", {}, by="lease")


def podtop(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "TZ": "UTC"}
    return quick.run(*arguments, env=env)


def test_the_log_is_printed_for_people() -> None:
    filled()
    done = podtop("log")
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third = done.stdout.splitlines()
    assert first.split() == ["2026-11-23", "12:00:00", "ada", "stop", "train", "(p1)", "done", "Exited", "by", "user"]
    assert "bid 1 GPU, $0.21/GPU/h" in second
    assert "refused" in second
    assert "ada, lease" in third
    assert "unknown outcome" in third
    assert first.index("train") == second.index("student") == third.index("old")


def test_the_log_is_narrowed_and_printed_as_it_is() -> None:
    filled()
    assert podtop("log", "--last", "1").stdout.count("\n") == 1
    assert "student" in podtop("log", "--pod", "STUD").stdout
    assert podtop("log", "--pod", "STUD").stdout.count("\n") == 1
    lines = podtop("log", "--json", "--last", "2").stdout.splitlines()
    assert [json.loads(line)["phase"] for line in lines] == ["intent", "outcome", "intent"]
    assert podtop("log", "--last", "0").returncode == 2


def test_an_empty_log_says_so() -> None:
    done = podtop("log")
    assert done.returncode == 0
    assert "no actions logged yet" in done.stdout


def test_nothing_in_the_log_or_typed_controls_the_terminal_and_no_key_is_repeated() -> None:
    key = "rpa_0123456789abcdefghij"
    assert key not in podtop("log", "--pod", key).stdout
    log = AuditLog(state() / "actions.jsonl", origin="api.runpod.io")
    log.outcome(log.intent("stop", "p1", "a\x1b]0;x\x07\u202e\nb", {}), "refused", "no\x1b[2J\nway")
    done = podtop("log")
    assert done.stdout.count("\n") == 1
    assert done.stdout.rstrip("\n").isprintable()


def test_a_log_that_cannot_be_read_is_told() -> None:
    (state() / "actions.jsonl").mkdir()
    done = podtop("log")
    assert done.returncode == 1
    assert "cannot read" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_enough_is_no_trouble() -> None:
    filled()
    command = f"{sys.executable} -m tui log | head -c 5"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


def test_leases_and_read_only_do_not_go_together() -> None:
    done = podtop("--read-only", "record", "--enforce-leases")
    assert done.returncode == 2


def test_a_lease_is_seen_to_without_a_screen(tmp_path: Path) -> None:
    # One of its own: a pod of it is stopped.
    with served(str(tmp_path), "--pods", "3") as url:
        _is_seen_to(url)


def _is_seen_to(url: str) -> None:
    now = time.time()
    files = StateFiles(state, "127.0.0.1", url)
    leases = LeaseFile(files.leases("user_2demoPodtop"))
    leases.set(Lease("k3v9x0q2m1a7ze", "llama-70b-pretrain", "stop", now - 60, now - 3600, warned_at=now - 1200))
    arguments = ["record", "--enforce-leases", "--interval", "2", "--api-url", url]
    collector = quick.Process(*arguments, env={**os.environ, **KEY}, merged=True)
    seen = ""
    for line in collector.stdout:
        seen += line
        if "stopped" in line:
            break
    collector.send_signal(signal.SIGTERM)
    seen += collector.communicate()[0]
    assert collector.wait() == 0, seen
    told = podtop("log").stdout
    assert "stop" in told
    assert ", lease" in told
    assert "done" in told
    assert "textual" not in seen


@pytest.mark.parametrize("name", ["demo-key"])
def test_no_secret_is_in_the_state(name: str) -> None:
    filled()
    assert not [p for p in state().rglob("*") if p.is_file() and name.encode() in p.read_bytes()]
