"""`podtop simulate`: the simulated RunPod on a loopback port, for podtop or any other RunPod client."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from tui.demo.faults import FaultError, parse

HOST = "127.0.0.1"


def serve(*, port: int, seed: int, pods: int, speed: float, faults: Sequence[str]) -> int:
    """Serve until told to stop; returns the exit code: 2 when it cannot begin."""
    try:
        wrong = parse(faults)
    except FaultError as error:
        sys.stderr.write(f"podtop: --fault: {error}\n")
        return 2
    try:
        import uvicorn
    except ImportError:
        sys.stderr.write("podtop: serving needs uvicorn, an extra: pip install 'podtop[simulate]'\n")
        return 2
    import socket

    from tui.demo.execution import KEY, READ_ONLY_KEY
    from tui.demo.server import Simulator
    from tui.demo.world import HISTORY, World

    opened = time.time()
    world = World(seed=seed, pods=pods, start=opened - HISTORY)
    simulator = Simulator(world, lambda: opened + (time.time() - opened) * speed, wrong)
    # The protocol is named because asyncio turns off Nagle's delay, 40 ms an answer, only where it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        sys.stderr.write(f"podtop: cannot listen on {HOST}:{port}: {error.strerror}\n")
        return 2
    url = f"http://{HOST}:{listener.getsockname()[1]}/graphql"
    sys.stdout.write(f"simulated RunPod at {url}, keys: {KEY}, {READ_ONLY_KEY}\n")
    sys.stdout.flush()
    server = uvicorn.Server(uvicorn.Config(simulator, log_level="critical", lifespan="off", access_log=False))
    server.run(sockets=[listener])
    return 0
