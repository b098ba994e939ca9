"""How soon a key is heard where there is very much: 20,000 pods and as many rows of prices, beside 100 of each.

RunPod is a server of answers that were made once: each is the simulator's for few pods, with its rows repeated.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import gzip
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pyte

from tests.bench.terminal import run
from tui.demo.asgi import Simulator
from tui.demo.execution import KEY
from tui.demo.world import World

PODTOP = str(Path(sys.executable).with_name("podtop"))
LISTS = ("pods", "gpuTypes")
NAMES = ("id", "name", "displayName", "podId")
KEYS = tuple(bytes([key]) for key in b"jkGgo/a\x1bS\x1b2j3451 e1")
SETTLE = 25.0
HEADER = 2


def many(value: Any, count: int, gpus: int | None = None) -> Any:
    """An answer with its lists of pods and of GPU types repeated until they are as long as this.

    gpus: repeat pods of that many GPUs alone, and no more GPU types than there are.
    """
    if isinstance(value, list):
        return [many(each, count, gpus) for each in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, inner in value.items():
        if name in LISTS and isinstance(inner, list) and inner and not (gpus and name == "gpuTypes"):
            rows = [row for row in inner if gpus in (None, row.get("gpuCount"))] or inner
            found[name] = [_another(rows[n % len(rows)], n) for n in range(count)]
        else:
            found[name] = many(inner, count, gpus)
    return found


def _another(row: Any, number: int) -> Any:
    made = copy.copy(row)
    for name in NAMES:
        if isinstance(made.get(name), str):
            made[name] = f"{made[name]}-{number}"
    return made


class Crowd:
    """The answers, by what was asked."""

    def __init__(self, count: int, gpus: int | None = None) -> None:
        self._count = count
        self._gpus = gpus
        self._world = World(seed=7, pods=12)
        self._answers: dict[bytes, bytes] = {}
        self._turn = threading.Lock()

    def answer(self, path: str, body: bytes) -> bytes:
        """Gzipped JSON."""
        with self._turn:
            if body not in self._answers:
                self._answers[body] = gzip.compress(
                    json.dumps(many(asyncio.run(self._ask(path, body)), self._count, self._gpus)).encode(), 1
                )
            return self._answers[body]

    async def _ask(self, path: str, body: bytes) -> Any:
        simulator = Simulator(self._world, lambda: self._world.now, packs=False)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator)) as client:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
            return (await client.post(f"http://crowd{path}", content=body, headers=headers)).json()


def serve(count: int, gpus: int | None = None) -> None:
    """Be a RunPod with so many pods and prices; its address is printed."""
    crowd = Crowd(count, gpus)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer = crowd.answer(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}/graphql", flush=True)
        server.serve_forever()


@contextmanager
def served(count: int, gpus: int | None = None) -> Iterator[str]:
    """The address of one in a process of its own. `gpus`: of each pod."""
    command = [sys.executable, "-m", "tests.bench.crowd", "--serve", str(count)]
    command += ["--gpus", str(gpus)] if gpus is not None else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


def seen(screen: pyte.Screen) -> object:
    """What a person sees below the header, where a key shows: texts, and the background that is the cursor's."""
    return [(line, screen.buffer[y + HEADER][4].bg) for y, line in enumerate(screen.display[HEADER:])]


def latencies(count: int, seconds: float) -> list[float]:
    """Milliseconds from each key to the first change that it makes."""
    draw = random.Random(7)
    at, typed = SETTLE, []
    while at < SETTLE + seconds:
        typed.append((at, KEYS[len(typed) % len(KEYS)]))
        at += 0.7 + 0.6 * draw.random()
    walk = [(SETTLE + 4.0 * n, key) for n, key in enumerate((b"2", b"3", b"4", b"5", b"1"))]
    with served(count) as url, tempfile.TemporaryDirectory(prefix="podtop-bench-") as home:
        env = {"RUNPOD_API_KEY": KEY, "PODTOP_TOUR": "0", "HOME": home, "XDG_STATE_HOME": home}
        argv = [PODTOP, "--api-url", url, "--interval", "5", "--market-interval", "15"]
        # Once over all screens, so that there is an answer to everything.
        run(argv, seconds=walk[-1][0] + 5.0, keys=walk, env=env, end=b"q")
        record = run(argv, seconds=at + 1.0, keys=typed, env=env, end=b"q")
    return [1000 * late for late in record.key_latencies(seen)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.crowd", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the time")
    parser.add_argument("--count", type=int, default=20_000, help="pods, and rows of prices")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--gpus", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.serve, options.gpus)
        return
    figures = {}
    for count in (100, options.count):
        found = sorted(latencies(count, 15.0 if options.quick else 60.0))
        p95 = found[round(0.95 * (len(found) - 1))]
        figures[count] = (statistics.median(found), p95, found[-1])
        said = ", ".join(
            f"{name} {value:.0f} ms" for name, value in zip(("median", "p95", "most"), figures[count], strict=True)
        )
        print(f"key to change, {count} pods and prices: {said}, of {len(found)} keys", flush=True)
    ratios = [many / few for many, few in zip(figures[options.count], figures[100], strict=True)]
    print("  ratios: " + ", ".join(f"{ratio:.1f}x" for ratio in ratios) + " (goal: 200 ms)")


if __name__ == "__main__":
    main()
