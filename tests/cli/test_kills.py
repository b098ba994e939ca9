"""Recorder, engine and network are killed in turns: what was committed stays, gaps are gaps, nothing acts twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests import servers
from tests.cli import quick
from tests.cli.conftest import served
from tests.cli.test_log import podtop, state
from tests.cli.test_watcher import POD, read_until, started
from tui.domain.lease import Lease
from tui.history.archive.reader import Recording
from tui.history.recorder import archive_path
from tui.storage.lease_file import LeaseFile
from tui.storage.state_files import StateFiles
from tui.store.series import GAP as NO_VALUE

ACCOUNT = "user_2demoPodtop"
SCRAPE = """\
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: podtop
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
WRITTEN = 12.0
"""Seconds after which VictoriaMetrics has surely written what it took in."""

SAMPLES = "podtop_gpu_utilization_ratio"


def until(so: Callable[[], object], what: str) -> None:
    """Wait until it is so: for processes, as long as it takes within reason."""
    end = time.monotonic() + 60
    while not so():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.1)


def kill(process: quick.Process) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.wide
def test_each_in_turn_is_killed_and_nothing_is_lost_or_done_twice(tmp_path: Path) -> None:
    servers.program("victoria-metrics")
    port, through, ports = servers.free_port(), servers.free_port(), tmp_path / "scrape.yaml"
    ports.write_text(SCRAPE.format(port=port))

    def engine_started() -> servers.Engine:
        return servers.victoria_metrics(tmp_path, f"-promscrape.config={ports}")

    def network() -> subprocess.Popen[str]:
        relay = [sys.executable, "-m", "tests.cli.relay", str(through), str(urlsplit(direct).port)]
        process = subprocess.Popen(relay, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def recorder() -> quick.Process:
        return started(url, "--listen", f"127.0.0.1:{port}", "--enforce-leases")

    def recorded() -> set[float]:
        """The times at which a pod's memory has a value; a poll that failed has a time of its own, and none."""
        with closing(Recording(archive_path(state(), url, ACCOUNT))) as recording:
            samples = recording.samples("p8d2n5c1r4t6yw", 0.0, time.time() + 60)
        values = samples.columns["memory"].mean
        return {at for at, value in zip(samples.times, values, strict=True) if value != NO_VALUE}

    def scraped(at: float | None = None) -> float:
        """The samples that the engine has, up to an instant."""
        httpx.get(f"{engine.url}/internal/force_flush", timeout=30)
        asked = {"query": f"sum(count_over_time({SAMPLES}[1h]))", "nocache": 1, "time": at or time.time()}
        answer = engine.get("/api/v1/query", **asked)
        result = answer["data"]["result"]  # type: ignore[index]
        return float(result[0]["value"][1]) if result else 0.0

    def is_served() -> bool:
        return SAMPLES in httpx.get(f"http://127.0.0.1:{port}/metrics").text

    with served(str(tmp_path), "--pods", "3") as direct:
        url = direct.replace(f":{urlsplit(direct).port}", f":{through}")
        leases = LeaseFile(StateFiles(state, "127.0.0.1", url).leases(ACCOUNT))
        relay, process, engine = network(), recorder(), engine_started()
        outages: list[tuple[float, float]] = []
        try:
            read_until(process, "● recording")
            until(lambda: scraped() > 3, "a scrape")

            # The recorder, while it sends: its intent is on disk.
            now = time.time()
            leases.set(Lease(POD, "llama-70b-pretrain", "stop", now - 60, now - 3600, warned_at=now - 1200))
            until(lambda: "intent" in podtop("log", "--json").stdout, "an intent")
            before, begun = recorded(), time.time()
            kill(process)
            time.sleep(5)
            outages.append((begun, time.time()))
            process = recorder()
            read_until(process, "● recording")
            assert recorded() >= before

            # The engine: it has what it had written, and goes on.
            at = time.time()
            time.sleep(WRITTEN)
            written = scraped(at)
            engine.stop()
            engine = engine_started()
            assert scraped(at) == written > 3
            until(lambda: scraped() > written, "another scrape")

            # The network: nothing old is served as new, and both histories have a gap.
            before, begun = recorded(), time.time()
            relay.kill()
            relay.communicate()
            read_until(process, "▲")
            until(lambda: not is_served(), "stale series are gone")
            at_rest = scraped()
            time.sleep(5)
            assert scraped() == at_rest
            outages.append((begun, time.time()))
            relay = network()
            read_until(process, "● recording")
            until(lambda: scraped() > at_rest, "series are back")
            until(lambda: recorded() > before, "another sample")
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()
            engine.stop()
            relay.kill()
            relay.communicate()
        entries = [json.loads(line) for line in podtop("log", "--json").stdout.splitlines()]
        times = recorded()
    assert [entry["action"] for entry in entries if entry["phase"] == "intent"] == ["stop"]
    for start, end in outages:
        # A poll that was under way may have been written.
        assert not [at for at in times if start + 2 < at < end], f"{start} to {end} is not a gap"
        assert any(at < start for at in times)
        assert any(at > end for at in times)
