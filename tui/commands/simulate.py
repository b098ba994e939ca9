"""`podtop simulate`: the simulated RunPod on a loopback port, for podtop or any other RunPod client."""

from __future__ import annotations

import signal
import socket
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tui.commands.stdio import NotWritten, ReaderGone, say, write
from tui.demo.faults import RETIRED, FaultError, parse

if TYPE_CHECKING:
    import uvicorn

    from tui.demo.asgi import Receive, Scope, Send, Simulator

HOST = "127.0.0.1"

_LAST_ANSWERS = 2
"""Seconds that pending requests are given when the server is stopped."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def serve(
    *,
    port: int,
    seed: int,
    pods: int,
    speed: float,
    faults: Sequence[str],
    ssh_port: int | None = None,
    retire_graphql: float | None = None,
    rest_only: bool = False,
) -> int:
    """Serve until stopped; returns the exit code: 2 when it cannot begin, 130 after ctrl+c.

    ssh_port:       the port on 127.0.0.1 that port 22 of every pod maps to.
    retire_graphql: seconds until GraphQL is retired; None is never.
    rest_only:      GraphQL is retired from the start.
    """
    try:
        wrong = parse(faults)
        if rest_only or retire_graphql is not None:
            wrong.set(RETIRED, 0.0 if rest_only else retire_graphql)
    except FaultError as error:
        say(f"--fault: {error}")
        return 2
    try:
        import uvicorn
    except ImportError:
        say("simulate requires uvicorn: install podtop with the extra 'simulate' (see podtop help api)")
        return 2
    from tui.demo.asgi import Simulator
    from tui.demo.execution import keys_taken
    from tui.demo.world import HISTORY, World

    opened = time.time()
    world = World(seed=seed, pods=pods, start=opened - HISTORY, ssh_port=ssh_port)
    simulator = Simulator(world, lambda: opened + (time.time() - opened) * speed, wrong)
    # The protocol is named because asyncio turns off Nagle's delay, 40 ms per response, only then.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        # Before its address is printed: whoever reads that may ask at once.
        listener.listen()
    except OSError as error:
        say(f"cannot listen on {HOST}:{port}: {error.strerror}")
        return 2
    served = _Served(simulator)
    config = uvicorn.Config(
        served, log_level="critical", lifespan="off", access_log=False, timeout_graceful_shutdown=_LAST_ANSWERS
    )
    served.server = uvicorn.Server(config)
    root = f"http://{HOST}:{listener.getsockname()[1]}"
    keys = f"keys: {keys_taken()}"
    reported = f"simulated RunPod at {root}/graphql, {keys}\nREST v2 at {root}/v2\n"
    with suppress(ReaderGone, NotWritten):
        # It runs to serve requests, whether anybody reads its address or not.
        write(f"simulated RunPod at {root}/v2, {keys}\n" if rest_only else reported)
    try:
        served.server.run(sockets=[listener])
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


class _Served:
    """The simulator on a socket, where a broken connection must be a broken connection and not a 500."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self.server: uvicorn.Server | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._simulator(scope, receive, send)
        except (ConnectionResetError, ConnectionRefusedError):
            self._break(scope["client"])

    def _break(self, client: Any) -> None:
        connections = self.server.server_state.connections if self.server else set()
        for connection in connections:
            transport: Any = getattr(connection, "transport", None)
            if transport is not None and transport.get_extra_info("peername") == client:
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                transport.abort()
