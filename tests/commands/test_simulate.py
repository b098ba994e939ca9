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


def addresses(process: subprocess.Popen[str], count: int) -> list[str]:
    """The addresses in its first lines."""
    assert process.stdout is not None
    return [process.stdout.readline().split(" at ")[1].split(",")[0].strip() for _ in range(count)]


HEADERS = {"Authorization": "Bearer demo-key"}


def test_graphql_is_retired_and_rest_goes_on() -> None:
    process = start("--port", "0", "--retire-graphql")
    try:
        graphql, rest = addresses(process, 2)
        assert rest == graphql.replace("/graphql", "/v2")
        with httpx.Client(headers=HEADERS, trust_env=False) as client:
            gone = client.post(graphql, json=QUERY)
            assert gone.status_code == 410
            assert gone.headers["content-type"] == "application/problem+json"
            assert gone.json()["status"] == 410
            assert len(client.get(f"{rest}/pods").json()["pods"]) == 6
            # It may also be brought back, and retired, while it runs.
            faults = rest.replace("/v2", "/faults")
            client.post(faults, json={})
            assert client.post(graphql, json=QUERY).status_code == 200
            client.post(faults, json={"graphql-410": 0})
            assert client.post(graphql, json=QUERY).status_code == 410
    finally:
        process.kill()
        process.communicate()


@pytest.mark.wide
def test_rest_only_names_one_address_and_streams_logs_until_they_are_cut() -> None:
    process = start("--port", "0", "--rest-only", "--fault", "v2-logs-drop:0")
    try:
        (rest,) = addresses(process, 1)
        assert rest.endswith("/v2")
        with httpx.Client(headers=HEADERS, trust_env=False) as client:
            assert client.post(rest.replace("/v2", "/graphql"), json=QUERY).status_code == 410
            with (
                client.stream("GET", f"{rest}/pods/k3v9x0q2m1a7ze/logs") as response,
                pytest.raises(httpx.NetworkError),
            ):
                list(response.iter_lines())
            # A client that leaves does not disturb the others.
            client.post(rest.replace("/v2", "/faults"), json={})
            with client.stream("GET", f"{rest}/pods/k3v9x0q2m1a7ze/logs") as response:
                lines = response.iter_lines()
                assert next(lines).startswith("id:")
            assert client.get(f"{rest}/account").json()["id"]
    finally:
        process.kill()
        process.communicate()


def test_retired_and_never_there_exclude_each_other() -> None:
    done = start("--rest-only", "--retire-graphql", "5")
    _, error = done.communicate(timeout=30)
    assert done.returncode == 2
    assert "cannot be combined" in error
