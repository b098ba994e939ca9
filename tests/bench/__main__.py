"""Measure podtop beside htop and the smallest Textual program, and print one table: `python -m tests.bench`.

The machine that this runs on is noisy and shared, as yours is: read the ratios, not the seconds.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte

from tests.bench.terminal import Recording, run

HERE = Path(__file__).parent
PODTOP = str(Path(sys.executable).with_name("podtop"))
HELLO = [sys.executable, str(HERE / "hello.py")]
HTOP = ["htop", "-d", "10"]
BTOP = ["btop"]
STATE = tempfile.TemporaryDirectory(prefix="podtop-bench-")
QUICK = {"PYTHONDONTWRITEBYTECODE": "", "RUNPOD_API_KEY": "demo-key", "XDG_STATE_HOME": STATE.name, "PODTOP_TOUR": "0"}
SIZE = (120, 40)


@contextmanager
def simulated(pods: int, speed: float = 1.0, api: str = "graphql") -> Iterator[list[str]]:
    """A simulated RunPod in a process of its own; gives the command of a podtop that watches it."""
    command = [PODTOP, "simulate", "--port", "0", "--pods", str(pods), "--speed", str(speed)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **QUICK})
    try:
        assert server.stdout is not None
        url = re.search(r"http://\S+?/graphql", server.stdout.readline())
        assert url is not None
        yield [PODTOP, "--api", api, "--api-url", url[0], "--interval", "5"]
    finally:
        server.terminate()
        server.wait(5)


class Table:
    """Rows of: what, podtop's figure, the figure beside it, the ratio or goal."""

    def row(self, what: str, podtop: str, beside: str = "", goal: str = "") -> None:
        print(f"{what:<44} {podtop:>14}  {beside:<30} {goal}", flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))] if ordered else float("nan")


def play(argv: Sequence[str], seconds: float, keys: Sequence[tuple[float, bytes]] = ()) -> Recording:
    return run(argv, size=SIZE, seconds=seconds, keys=keys, env=QUICK, end=b"q")


def start(table: Table, times: int) -> None:
    """First frame: both programs in turns, so that a slow minute hits both."""
    programs = {"podtop": [PODTOP, "--demo"], "hello": HELLO}
    seen: dict[str, list[float]] = {name: [] for name in programs}
    for argv in programs.values():
        play(argv, 2.0)
    for _ in range(times):
        for name, argv in programs.items():
            seen[name].append(play(argv, 1.5).first_paint() * 1000)
    podtop, hello = statistics.median(seen["podtop"]), statistics.median(seen["hello"])
    table.row(f"first frame, median of {times}", f"{podtop:.0f} ms", f"hello {hello:.0f} ms",
              f"{podtop / hello:.2f}x (goal 1.2x)")  # fmt: skip


def steady(table: Table, seconds: float, apis: Sequence[str]) -> None:
    """Bytes, CPU and memory with 100 pods at 5 s and four charts, after the start has settled, over each API."""
    settle = 10.0
    htop = None
    if shutil.which("htop"):
        record = run(HTOP, size=SIZE, seconds=settle + seconds, env=QUICK, end=b"q")
        htop = (record.bytes_between(settle, settle + seconds) / seconds, record.cpu_between(settle, settle + seconds))
    for api in apis:
        with simulated(100, api=api) as argv:
            record = play(argv, settle + seconds)
        sent = record.bytes_between(settle, settle + seconds) / seconds
        cpu = record.cpu_between(settle, settle + seconds)
        beside = f"htop at 1 s: {htop[0]:.0f} B/s" if htop else "htop is not installed"
        goal = f"{sent / htop[0]:.2f}x (goal 1x)" if htop else ""
        table.row(f"100 pods, 5 s, 4 charts, {api}: bytes", f"{sent:.0f} B/s", beside, goal)
        table.row("  CPU of one core", f"{cpu:.2%}", f"htop at 1 s: {htop[1]:.2%}" if htop else "", "goal 1.5 %")
        table.row("  resident memory", f"{max(m for _, m in record.rss):.0f} MiB", "", "goal 64 MiB")


def market(table: Table, seconds: float) -> None:
    """The Market screen on top, at its usual cadence and with a filter, beside the Fleet screen of the same account."""
    settle = 12.0
    seen = {}
    for name, typed in (("fleet", b""), ("market", b"2"), ("market, a filter", b"2fgpus=2\r")):
        with simulated(100) as argv:
            record = play(argv, settle + seconds, [(5.0 + 0.2 * n, typed[n : n + 1]) for n in range(len(typed))])
        sent = record.bytes_between(settle, settle + seconds) / seconds
        seen[name] = (sent, record.cpu_between(settle, settle + seconds), max(m for _, m in record.rss))
    fleet = seen.pop("fleet")
    for name, (sent, cpu, memory) in seen.items():
        table.row(
            f"{name}: bytes", f"{sent:.0f} B/s", f"fleet: {fleet[0]:.0f} B/s", f"{sent / fleet[0]:.2f}x (goal 1x)"
        )
        table.row("  CPU of one core", f"{cpu:.2%}", f"fleet: {fleet[1]:.2%}", f"{cpu / fleet[1]:.2f}x (goal 1x)")
        table.row("  resident memory", f"{memory:.0f} MiB", f"fleet: {fleet[2]:.0f} MiB", "goal 64 MiB")


def link(table: Table, seconds: float) -> None:
    """What goes over the wire, as usual and on a slow link, while nobody types and while somebody does.

    Beside it htop and btop as they come, while nobody types.
    """
    settle = 15.0
    sent: dict[str, float] = {}
    typed: dict[str, float] = {}
    count = 20
    moves = [(settle + seconds + n, b"k" if n % 8 >= 4 else b"j") for n in range(count)]
    for name, argv in (("htop", HTOP), ("btop", BTOP)):
        if shutil.which(argv[0]):
            record = run(argv, size=SIZE, seconds=settle + seconds, env=QUICK, end=b"q")
            sent[name] = record.bytes_between(settle, settle + seconds) / seconds
    with simulated(100) as argv:
        for name, flags in (("usual", []), ("slow", ["--slow-link"])):
            record = play([*argv, *flags], settle + seconds + count, moves)
            sent[name] = record.bytes_between(settle, settle + seconds) / seconds
            typed[name] = record.bytes_between(settle + seconds, settle + seconds + count) / count
    for what, name in (("usual", "usual"), ("--slow-link", "slow")):
        beside = ", ".join(f"{other} {sent[other]:.0f}" for other in ("htop", "btop") if other in sent)
        ratios = ", ".join(f"{sent[name] / sent[other]:.3f}x {other}" for other in ("htop", "btop") if other in sent)
        table.row(f"bytes a second, {what}", f"{sent[name]:.0f} B/s", beside, ratios)
        table.row("  from one pod to the next each second", f"{typed[name]:.0f} B/s", "", "")


def still(table: Table, seconds: float) -> None:
    """A world that stands still: what is sent although nothing changes (the time of the last answer, every 5 s)."""
    with simulated(100, speed=0.01) as argv:
        record = play([*argv, "--market-interval", "3600"], 10 + seconds)
    sent = record.bytes_between(10, 10 + seconds)
    table.row("100 pods, nothing changes", f"{sent / seconds:.1f} B/s", f"{sent} bytes in {seconds:.0f} s", "ages only")


def keys(table: Table, pods: int, count: int, goal: float) -> None:
    """Key to paint while refreshing: `j` and `k` at uneven times, until the cursor's line has moved."""
    draw = random.Random(7)
    at, typed = 8.0, []
    for index in range(count):
        typed.append((at, b"k" if index % 12 >= 9 else b"j"))
        at += 0.2 + 0.2 * draw.random()

    def cursor(screen: pyte.Screen) -> object:
        backgrounds = [screen.buffer[y][4].bg for y in range(screen.lines)]
        usual = statistics.mode(backgrounds)
        return [y for y, colour in enumerate(backgrounds) if colour != usual]

    with simulated(pods) as argv:
        latencies = play(argv, at + 1.0, typed).key_latencies(cursor)
    p50, p95 = (percentile(latencies, share) * 1000 for share in (0.5, 0.95))
    table.row(f"key to paint, {pods} pods", f"{p95:.0f} ms p95", f"{p50:.0f} ms median of {len(latencies)}",
              f"goal {goal:.0f} ms p95")  # fmt: skip


def script(table: Table, name: str, *arguments: str) -> None:
    """A measurement that is a program of its own and prints its own lines."""
    print(flush=True)
    subprocess.run([sys.executable, "-m", f"tests.bench.{name}", *arguments], check=True, env={**os.environ, **QUICK})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the time, for trying the bench itself")
    parser.add_argument(
        "--only",
        choices=["start", "steady", "market", "link", "still", "keys", "crowd", "hub", "scripts"],
        help="one part of it",
    )
    parser.add_argument("--api", choices=["graphql", "rest"], help="steady: over one API alone, not both in turns")
    options = parser.parse_args()
    table, quick = Table(), options.quick
    table.row("measured", "podtop", "beside it", "")
    parts = {
        "start": lambda: start(table, 3 if quick else 15),
        "steady": lambda: steady(table, 15 if quick else 60, [options.api] if options.api else ["graphql", "rest"]),
        "market": lambda: market(table, 15 if quick else 60),
        "link": lambda: link(table, 20 if quick else 60),
        "still": lambda: still(table, 15 if quick else 60),
        "keys": lambda: (keys(table, 100, 12 if quick else 60, 40), keys(table, 2000, 12 if quick else 60, 80)),
        "crowd": lambda: script(table, "crowd", *(["--quick"] if quick else [])),
        "hub": lambda: script(table, "hub", *(["--quick"] if quick else [])),
        "scripts": lambda: (script(table, "decode"), script(table, "memory", *(["--quick"] if quick else []))),
    }
    for name, part in parts.items():
        if options.only in (None, name):
            part()


if __name__ == "__main__":
    main()
