"""Commands that act, in a real terminal and as processes: what is typed too early, ctrl+c, signals, no terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli import quick
from tests.cli.terminal import Terminal
from tests.commands.conftest import PODTOP, Run, Served
from tests.variants import wide

QWEN = "z1x2c3v4b5n6m7"


def log() -> list[dict[str, str]]:
    path = Path(os.environ["XDG_STATE_HOME"]) / "podtop" / "actions.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture(autouse=True)
def _running_again(served: Served) -> Iterator[None]:
    """Tests share one simulated RunPod: the pod runs again when a test is over."""
    yield
    served.faults()
    asked = {"query": "mutation ($i: PodResumeInput!) { podResume(input: $i) { id } }"}
    asked |= {"variables": {"i": {"podId": QWEN, "gpuCount": 2}}}  # type: ignore[dict-item]
    httpx.post(served.url, json=asked, headers={"Authorization": "Bearer demo-key"}, trust_env=False)


def asking(environ: dict[str, str], *arguments: str) -> Terminal:
    return Terminal(arguments, env=environ, quickly=True)


def test_a_stop_is_agreed_to_on_a_terminal(environ: dict[str, str]) -> None:
    terminal = asking(environ, "stop", "qwen-eval-sweep")
    terminal.wait_for("Stop this pod? [y/N]")
    assert "Saves $1.37/h" in terminal.text
    assert log() == []
    terminal.type("y\n")
    assert terminal.end() == 0
    assert "✓ qwen-eval-sweep stopped" in terminal.text
    assert [entry.get("outcome") for entry in log()] == [None, "done"]


def test_what_was_typed_before_the_question_answers_nothing(environ: dict[str, str], served: Served) -> None:
    served.faults("latency")
    terminal = asking(environ, "stop", QWEN)
    terminal.type("y\ny\nyes\ny")
    terminal.wait_for("Stop this pod? [y/N]")
    terminal.type("\n")
    terminal.wait_for("not confirmed")
    assert terminal.end() == 6
    assert log() == []


def test_ctrl_c_and_ctrl_d_at_the_question_send_nothing(environ: dict[str, str]) -> None:
    for keys, code, words in (("\x03", 130, "canceled. Nothing was sent."), ("\x04", 6, "no reply")):
        terminal = asking(environ, "terminate", QWEN)
        terminal.wait_for("To terminate this pod, type its name, qwen-eval-sweep:")
        terminal.type(keys)
        assert terminal.end() == code
        assert words in terminal.text
    assert log() == []


def test_a_terminal_that_goes_away_sends_nothing(environ: dict[str, str]) -> None:
    terminal = asking(environ, "stop", QWEN)
    terminal.wait_for("Stop this pod? [y/N]")
    os.close(terminal.fd)
    assert terminal.wait() != 0
    assert log() == []


def test_without_a_terminal_it_takes_a_yes(run: Run) -> None:
    refused = run("stop", QWEN)
    assert refused.returncode == 2
    assert "add --yes. Nothing was sent." in refused.stderr
    done = run("stop", QWEN, "--yes")
    assert (done.returncode, done.stdout) == (0, "✓ qwen-eval-sweep stopped: Exited by user\n")
    assert "($20.00/month) while stopped" in done.stderr


def test_read_only_refuses_before_anything_is_asked(run: Run) -> None:
    for how in ({"PODTOP_READ_ONLY": "1"}, {"RUNPOD_API_KEY": "demo-key-read-only"}):
        done = run("stop", QWEN, "--yes", env=how)
        assert done.returncode == 6
    assert run("--read-only", "terminate", QWEN, "--yes", "--api-url", "http://127.0.0.1:9/").returncode == 6


def test_a_command_needs_a_pod_and_a_key(run: Run, environ: dict[str, str]) -> None:
    assert run("stop", "--yes").returncode == 2
    unknown = run("stop", "no-such-pod", "--yes")
    assert unknown.returncode == 3
    assert "no pod named 'no-such-pod'" in unknown.stderr
    del environ["RUNPOD_API_KEY"]
    assert run("stop", QWEN, "--yes").returncode == 2


def test_an_end_in_the_middle_of_a_request_is_unknown_and_logged(environ: dict[str, str], served: Served) -> None:
    served.faults("acts-timeout")
    process = quick.Process("stop", QWEN, "--yes", env=environ)
    until = time.monotonic() + 20
    while not log() and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    assert process.wait() == 7
    assert "interrupted before the outcome was known" in said
    assert [entry.get("outcome") for entry in log()] == [None, "unknown"]


@pytest.mark.parametrize(
    ("redirect", "code", "said"),
    [
        ("-q >/dev/full", 1, "the output cannot be written: No space left on device. The outcome is in podtop log.\n"),
        wide((">/dev/full 2>/dev/null", 1, ""), 3),
        wide(("-q >/dev/full 2>&1", 1, ""), 3),
        # Whoever closes a pipe has read enough.
        wide(("-q > >(exit 0)", 0, ""), 3),
        wide(("-q 2>/dev/full", 0, ""), 3),
    ],
)
def test_an_outcome_that_cannot_be_written_is_no_success_and_in_the_log(
    redirect: str, code: int, said: str, environ: dict[str, str], served: Served
) -> None:
    command = f"{' '.join(PODTOP)} stop {QWEN} --yes </dev/null {redirect}"
    done = subprocess.run(
        ["bash", "-c", command], check=False, env=environ, timeout=60, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (code, f"podtop: stop: {said}" if said else "")
    assert [entry.get("outcome") for entry in log()] == [None, "done"]


@pytest.mark.parametrize(
    ("redirect", "code"),
    [wide((case, code), 2) for case, code in ((">/dev/full 2>&1", 6), ("2>/dev/full", 6), (">&-", 1))],
)
def test_nothing_is_sent_where_its_consequences_cannot_be_shown(
    redirect: str, code: int, environ: dict[str, str], served: Served
) -> None:
    command = f"{' '.join(PODTOP)} stop {QWEN} --yes </dev/null {redirect}"
    done = subprocess.run(["bash", "-c", command], check=False, env=environ, timeout=60, capture_output=True)
    assert done.returncode == code
    assert log() == []


def test_the_demo_can_be_acted_upon_and_keeps_nothing(run: Run) -> None:
    done = run("--demo", "stop", QWEN, "--yes")
    assert done.returncode == 0
    assert "✓ qwen-eval-sweep stopped" in done.stdout
    assert log() == []


def test_a_dry_run_needs_no_terminal_no_consent_and_no_rights(
    run: Run, environ: dict[str, str], served: Served
) -> None:
    served.faults("acts-502")
    for how in ((), ("--read-only",), ("--quiet",)):
        done = run(*how, "stop", QWEN, "--dry-run")
        assert (done.returncode, done.stdout) == (0, f"would stop qwen-eval-sweep ({QWEN})\n")
        assert "Saves $1.37/h" in done.stderr
    assert log() == []
    served.faults()
    assert "stopped" not in run("once", "--filter", QWEN).stdout
