"""The simulated RunPod on a loopback socket."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tui.commands.simulate import serve

QUERY = {"query": "{ myself { clientBalance } }"}


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tui", "simulate", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def served() -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    process = start("--port", "0")
    assert process.stdout is not None
    line = process.stdout.readline()
    url = line.split("at ")[1].split(",")[0]
    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/graphql")
    assert "demo-key" in line
    headers = {"Authorization": "Bearer demo-key"}
    with httpx.Client(base_url=url.removesuffix("/graphql"), headers=headers, trust_env=False) as client:
        yield process, client
    process.kill()
    process.communicate()


def test_who_reads_its_address_may_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[bool] = []

    def printed(text: str) -> None:
        port = int(text.split("/graphql")[0].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            reached.append(True)

    monkeypatch.setattr("tui.commands.simulate.write", printed)
    monkeypatch.setattr("uvicorn.Server.run", lambda server, sockets: [each.close() for each in sockets])
    assert serve(port=0, seed=7, pods=1, speed=1.0, faults=()) == 0
    assert reached == [True]


def balance(client: httpx.Client, **options: Any) -> float:
    return float(client.post("/graphql", json=QUERY, **options).json()["data"]["myself"]["clientBalance"])


def test_it_answers_breaks_on_demand_and_ends_quietly(
    served: tuple[subprocess.Popen[str], httpx.Client],
) -> None:
    process, client = served
    assert balance(client) > 0
    for fault, error in (
        ("reset", httpx.NetworkError),
        ("refused", httpx.NetworkError),
        ("timeout", httpx.ReadTimeout),
    ):
        assert client.post("/faults", json={fault: None}).json() == {fault: 1.0}
        with pytest.raises(error):
            balance(client, timeout=0.3 if fault == "timeout" else 5.0)
    assert client.post("/faults", json={}).json() == {}
    assert balance(client) > 0
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_what_cannot_begin_says_why() -> None:
    wrong = start("--fault", "nonsense")
    _, said = wrong.communicate(timeout=20)
    assert wrong.returncode == 2
    assert "unknown fault 'nonsense'" in said
