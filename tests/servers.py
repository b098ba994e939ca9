"""Servers that tests run podtop beside: found on the machine, else the tests that need them are skipped with a word."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

PLACES = (*os.environ.get("PODTOP_TEST_SERVERS", "").split(os.pathsep), "/usr/bin", "/usr/local/bin")
"""Where to look beside PATH: packages may be unpacked instead of installed."""


def program(name: str) -> str:
    """The path of a program; skips the test that asks where there is none."""
    found = shutil.which(name) or next((shutil.which(name, path=place) for place in PLACES if place), None)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install prometheus victoria-metrics")
    return found


def promtool(*arguments: str, text: str = "", directory: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What promtool says of a text on its input."""
    return subprocess.run(
        [program("promtool"), *arguments], input=text, capture_output=True, text=True, timeout=60, cwd=directory,
        check=False,
    )  # fmt: skip


class Engine:
    """A server of Prometheus' API on loopback. `url`: its address."""

    def __init__(self, name: str, url: str, process: subprocess.Popen[bytes]) -> None:
        self.name = name
        self.url = url
        self._process = process

    def get(self, path: str, **query: object) -> dict[str, object]:
        """What it says, as JSON."""
        answer = httpx.get(f"{self.url}{path}", params={key: str(value) for key, value in query.items()}, timeout=30)
        answered: dict[str, object] = answer.json()
        return {"http": answer.status_code, **answered}

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _ready(engine: Engine, path: str) -> Engine:
    """Wait until it answers: as long as it takes, and no longer than it lives."""
    while engine._process.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{engine.url}{path}", timeout=5).status_code == 200:
                return engine
        time.sleep(0.05)
    raise AssertionError(f"{engine.name} ended with {engine._process.returncode}")


def prometheus(directory: Path, config: str = "") -> Engine:
    """Prometheus on the blocks in `directory`/data."""
    command, port = program("prometheus"), free_port()
    (directory / "prometheus.yaml").write_text(config or "global: {}\n")
    process = subprocess.Popen(
        [
            command, f"--config.file={directory / 'prometheus.yaml'}", f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=10y", "--log.level=error",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return _ready(Engine("prometheus", f"http://127.0.0.1:{port}", process), "/-/ready")


def victoria_metrics(directory: Path, *flags: str) -> Engine:
    """VictoriaMetrics with its data in `directory`."""
    command, port = program("victoria-metrics"), free_port()
    process = subprocess.Popen(
        [
            command, f"-storageDataPath={directory / 'vm'}", f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=100y", "-search.latencyOffset=0s", "-loggerLevel=ERROR", *flags,
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return _ready(Engine("victoria-metrics", f"http://127.0.0.1:{port}", process), "/health")


def import_openmetrics(engine: Engine, text: str, directory: Path) -> None:
    """Give VictoriaMetrics the samples of an OpenMetrics text; Prometheus reads blocks at its start instead."""
    httpx.post(f"{engine.url}/api/v1/import/prometheus", content=text.encode(), timeout=60).raise_for_status()
    httpx.get(f"{engine.url}/internal/force_flush", timeout=30)


def blocks(text: str, directory: Path) -> None:
    """Write the samples of an OpenMetrics text where `prometheus` finds them."""
    (directory / "samples.om").write_text(text)
    done = promtool("tsdb", "create-blocks-from", "openmetrics", "samples.om", "data", directory=directory)
    assert done.returncode == 0, done.stderr
