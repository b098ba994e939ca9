"""A simulated RunPod in a process of its own, and podtop run against it as a script runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.cli import quick

PODTOP = [sys.executable, "-m", "tui"]
Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


class Served:
    """A simulated RunPod on loopback."""

    def __init__(self, url: str) -> None:
        self.url = url

    def faults(self, *names: str) -> None:
        address = self.url.replace("/graphql", "/faults")
        httpx.post(address, json=dict.fromkeys(names), trust_env=False).raise_for_status()


@pytest.fixture(scope="session")
def _server() -> Iterator[str]:
    server = quick.Process("simulate", "--port", "0")
    found = re.search(r"http://\S+?/graphql", server.stdout.readline())
    assert found is not None
    yield found[0]
    server.send_signal(signal.SIGTERM)
    server.communicate()


@pytest.fixture
def served(_server: str) -> Iterator[Served]:
    served = Served(_server)
    served.faults()
    yield served
    served.faults()


@pytest.fixture
def environ(served: Served) -> dict[str, str]:
    return {**os.environ, "RUNPOD_API_KEY": "demo-key", "PODTOP_API_URL": served.url, "COLUMNS": "", "TZ": "UTC"}


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """Runs podtop without a terminal, to its end; in a process that starts as any does where `starts` is true."""

    def run(*arguments: str, env: dict[str, str] | None = None, starts: bool = False) -> Done:
        whole = {**environ, **(env or {})}
        if not starts:
            return quick.run(*arguments, env=whole)
        return subprocess.run(
            [*PODTOP, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
            env=whole,
        )  # fmt: skip

    return run
