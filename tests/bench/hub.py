"""What a recorder costs while a team reads it: 2,000 pods of 8 GPUs at 5 s, 10 readers and 10 charting clients.

`python -m tests.bench.hub`. Needs VictoriaMetrics (`PODTOP_TEST_SERVERS` names where it is unpacked). The pods stand
still: their figures are those of one moment. Read ratios: all of it runs on the machine that measures.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import servers
from tests.bench.crowd import KEY, PODTOP, served
from tests.bench.terminal import run
from tui.history.remote import RemoteHistory
from tui.services.hub.client import HubCloud

PODS, GPUS = 2000, 8
READERS, CHARTS = 10, 10
TICK = 1 / os.sysconf("SC_CLK_TCK")
SCRAPE = """\
global: {{scrape_interval: 5s}}
scrape_configs:
  - job_name: podtop
    static_configs: [{{targets: ["{target}"]}}]
"""


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def rss(pid: int) -> float:
    """MiB that a process has in memory."""
    return int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]) / 1024


@contextmanager
def recorder(url: str, home: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A recorder that serves; and its address, once it has recorded."""
    env = {**os.environ, "RUNPOD_API_KEY": KEY, "HOME": home, "XDG_STATE_HOME": home}
    argv = [PODTOP, "record", "--api-url", url, "--interval", "5", "--market-interval", "60", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=env)
    assert process.stdout is not None
    where = ""
    for line in process.stdout:
        where = (re.findall(r"serves http://(\S+)/metrics", line) or [where])[0]
        if "recording" in line and "●" in line:
            break
    try:
        yield process, where
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


async def read(url: str, until: float) -> int:
    """A reader without a screen: takes each response, as fast as there are new ones."""
    cloud, count = HubCloud(url), 0
    try:
        while time.monotonic() < until:
            await cloud.fleet()
            count += 1
    finally:
        await cloud.aclose()
    return count


async def chart(url: str, pod: str, until: float) -> list[float]:
    """A client that draws an hour of a pod again and again; milliseconds of each."""
    history, took = RemoteHistory(url), []
    try:
        while time.monotonic() < until:
            begun = time.monotonic()
            at = time.time()
            # One that fails ends the measurement: a team would see it.
            await history.samples(pod, at - 3600, at, 30.0)
            took.append(1000 * (time.monotonic() - begun))
            await asyncio.sleep(1.0)
    finally:
        await history.close()
    return took


async def load(hub: str, engine: str, pods: list[str], seconds: float) -> tuple[list[int], list[float]]:
    """All clients at once."""
    until = time.monotonic() + seconds
    readers = [read(hub, until) for _ in range(READERS)]
    charts = [chart(engine, pods[number % len(pods)], until) for number in range(CHARTS)]
    counts, drawn = await asyncio.gather(asyncio.gather(*readers), asyncio.gather(*charts))
    return counts, [each for one in drawn for each in one]


def share(pid: int, seconds: float) -> float:
    """The share of a core that a process uses while this waits."""
    before = cpu(pid)
    time.sleep(seconds)
    return (cpu(pid) - before) / seconds


def measure(seconds: float, pods: int) -> None:
    with served(pods, GPUS) as url, tempfile.TemporaryDirectory(prefix="podtop-bench-") as home:
        with recorder(url, home) as (process, where):
            time.sleep(10)
            alone = share(process.pid, seconds)
            config = Path(home) / "scrape.yaml"
            config.write_text(SCRAPE.format(target=where))
            engine = servers.victoria_metrics(Path(home), f"-promscrape.config={config}")
            try:
                time.sleep(10)
                scraped = share(process.pid, seconds)
                first = asyncio.run(HubCloud(f"http://{where}").fleet())
                names = [pod.id for pod in first.pods or ()]
                assert [pod.gpu_count for pod in first.pods or ()] == [GPUS] * pods
                clients = [sys.executable, "-m", "tests.bench.hub", "--clients", f"http://{where}", engine.url]
                clients += ["--seconds", str(seconds + 5), "--chart-pods", ",".join(names[:CHARTS])]
                with subprocess.Popen(clients, stdout=subprocess.PIPE, text=True) as crowd:
                    time.sleep(5)
                    used = cpu(engine._process.pid)
                    read_by_all = share(process.pid, seconds)
                    of_engine = (cpu(engine._process.pid) - used) / seconds
                    assert crowd.stdout is not None
                    said = crowd.stdout.read().strip()
                memory = rss(process.pid)
                env = {"PODTOP_TOUR": "0", "HOME": home, "XDG_STATE_HOME": f"{home}/reader"}
                argv = [PODTOP, "--hub", f"http://{where}"]
                reader = run(argv, seconds=20 + seconds, env=env, end=b"q").cpu_between(20, 20 + seconds)
            finally:
                engine.stop()
        env = {"RUNPOD_API_KEY": KEY, "PODTOP_TOUR": "0", "HOME": home, "XDG_STATE_HOME": f"{home}/direct"}
        argv = [PODTOP, "--api-url", url, "--interval", "5", "--market-interval", "60"]
        direct = run(argv, seconds=20 + seconds, env=env, end=b"q").cpu_between(20, 20 + seconds)
    print(f"recorder of {pods} x {GPUS} at 5 s, alone: {alone:.1%} of a core")
    print(f"  scraped every 5 s: {scraped:.1%}")
    print(
        f"  and with {READERS} readers and {CHARTS} charting clients: {read_by_all:.1%} (goal 30 %), {memory:.0f} MiB"
    )
    print(f"  {said}; engine {of_engine:.1%}")
    print(f"a screen that reads the hub: {reader:.1%}, one that polls: {direct:.1%}, {reader / direct:.2f}x (goal 1x)")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hub", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a third of the time")
    parser.add_argument("--pods", type=int, default=PODS)
    parser.add_argument("--clients", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--chart-pods", default="", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=60.0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.clients:
        counts, took = asyncio.run(load(*options.clients, options.chart_pods.split(","), options.seconds))
        median = statistics.median(took) if took else float("nan")
        print(f"readers had {min(counts)} to {max(counts)} responses each, charts took {median:.0f} ms in the median")
        return
    measure(20.0 if options.quick else options.seconds, options.pods)


if __name__ == "__main__":
    main()
