"""`SshSource`: reads log files, panes of tmux, files of metrics and the machine over the user's own ssh.

The system's OpenSSH with the user's configuration, keys and known hosts; nothing is asked, forwarded or changed. A pod
has one connection, a socket of podtop's own, which closes when it is not used. What is run is `domain/signals/
pod_script.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
import random as _random
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tui.config.keys import NOTHING, Hidden
from tui.domain.signals import metric_files
from tui.domain.signals.machine import machine, plain
from tui.domain.signals.pod_script import COMMAND, MOST_OUTPUT, Part, Position, parts, script
from tui.files import private
from tui.services.signals.file_lines import FileLines, PaneLines
from tui.services.signals.source import Intake, WrittenLine
from tui.system import ssh
from tui.system.bounded_output import Output, bounded_output

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.config.settings import Ssh
    from tui.domain.signals.rules import PodSignals

CONNECT = 10
"""Seconds that ssh may take to connect."""

PATIENCE = 45.0
"""Seconds that a reading may take."""

LONGEST = 900.0
"""Seconds between two attempts at most, after some have failed."""

LONGEST_SOCKET = 88
"""Characters of the path of a socket; the system takes 104 or so, of which ssh needs some itself."""

BY_PROXY = "the pod has no public port 22, and RunPod's SSH proxy runs no commands"
SIMULATED = "the pod is simulated; simulate --ssh-port leads to an SSH server of your own"

Run = Callable[..., Awaitable[Output]]


class SshSource:
    """Reads pods over ssh, each every few seconds.

    pod:       the present state of a pod by its id: its port may change. None if it is gone.
    settings:  [ssh].
    every:     seconds between two readings of a pod.
    directory: podtop's state directory, in which the sockets are.
    simulated: whether pods are simulated: then only a server of this machine is connected to.
    """

    def __init__(
        self,
        pod: Callable[[str], Pod | None],
        settings: Ssh,
        each_one: float,
        directory: Callable[[], Path],
        environ: Mapping[str, str],
        *,
        clock: Callable[[], float],
        hidden: Hidden = NOTHING,
        simulated: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = _random.random,
        run: Run = bounded_output,
    ) -> None:
        self._pod = pod
        self._settings = settings
        self._every = each_one
        self._directory = directory
        self._environ = environ
        self._hidden = hidden
        self._clock = clock
        self._simulated = simulated
        self._sleep = sleep
        self._random = random
        self._run = run

    async def follow(self, pod: Pod, rules: PodSignals, intake: Intake) -> None:
        """As in `SignalSource`."""
        reading = _Reading(rules, intake)
        failed = 0
        used: tuple[str, ...] | None = None
        # Many pods are not all read in the same second.
        await self._sleep(self._every * 0.5 * self._random())
        try:
            while True:
                route, why = self._route(pod.id)
                if route is None:
                    intake.hinder(why)
                else:
                    used = self._argv(pod.id, route)
                    why = await self._read(used, reading)
                failed = failed + 1 if why else 0
                await self._sleep(min(LONGEST, self._every * 2.0 ** min(failed, 6)) if why else self._every)
        finally:
            if used is not None:
                await self._hang_up(used)

    def _route(self, pod_id: str) -> tuple[ssh.Route | None, str]:
        """The direct way to a pod, or why there is none."""
        pod = self._pod(pod_id)
        if pod is None:
            return None, "the pod is gone"
        routes = ssh.routes(pod, self._settings)
        route = next((route for route in routes if not route.proxied), None)
        if route is None:
            return None, BY_PROXY if routes else ssh.hindrance(pod)
        if self._simulated and not ssh.is_here(route):
            return None, SIMULATED
        return route, ""

    def _argv(self, pod_id: str, route: ssh.Route) -> tuple[str, ...]:
        """The arguments of ssh without its command. Of an option that is given twice, ssh takes the first."""
        options = [
            "-T", "-a", "-x", "-oBatchMode=yes", f"-oConnectTimeout={CONNECT}", "-oClearAllForwardings=yes",
            "-oPermitLocalCommand=no", "-oServerAliveInterval=15", "-oServerAliveCountMax=2", "-oLogLevel=ERROR",
        ]  # fmt: skip
        if (socket := self._socket(pod_id, route)) is not None:
            keep = int(self._every + PATIENCE)
            options += ["-oControlMaster=auto", f"-oControlPath={socket}", f"-oControlPersist={keep}"]
        name, *rest = ssh.argv(route, self._settings)
        return (name, *options, *rest)

    def _socket(self, pod_id: str, route: ssh.Route) -> Path | None:
        """Where the pod's connection is; None if no path is short enough: each reading makes a new one then."""
        name = hashlib.sha256(f"{pod_id} {ssh.where(route)} {route.user}".encode()).hexdigest()[:16]
        try:
            folder = self._directory() / "ssh"
            private.folder(folder)
        except OSError:
            return None
        path = folder / name
        return path if len(str(path)) <= LONGEST_SOCKET and "%" not in str(path) else None

    async def _read(self, argv: tuple[str, ...], reading: _Reading) -> str:
        """One reading; returns why there is none, empty if there is."""
        marker = secrets.token_hex(8)
        text = script(reading.rules, marker, reading.positions).encode()
        try:
            output = await self._run(
                (*argv, *COMMAND), self._environ, text, hidden=self._hidden, most=MOST_OUTPUT, patience=PATIENCE
            )
        except TimeoutError:
            return reading.hindered(f"no response by ssh within {PATIENCE:.0f} s")
        except OSError as error:
            return reading.hindered(f"ssh cannot be run: {error.strerror or error}")
        if output.code == ssh.FAILED:
            lines = output.err.decode("utf-8", "replace").strip().splitlines()
            return reading.hindered(f"ssh: {plain(lines[-1], 120) if lines else 'could not connect'}")
        reading.take(output.out, marker, self._clock())
        return ""

    async def _hang_up(self, argv: tuple[str, ...]) -> None:
        """Close the connection."""
        if not any(word.startswith("-oControlPath=") for word in argv):
            return
        at = argv.index("--")
        with suppress(OSError, TimeoutError):
            await self._run(
                (*argv[:at], "-Oexit", *argv[at:]), self._environ, b"", hidden=self._hidden, most=4096, patience=2.0
            )


class _Reading:
    """What is known of one pod's files from one reading to the next."""

    def __init__(self, rules: PodSignals, intake: Intake) -> None:
        self.rules = rules
        self.positions: dict[str, Position] = {}
        self._intake = intake
        self._log = FileLines()
        self._pane = PaneLines()
        self._heads: dict[str, bytes] = {}
        self._at: float | None = None
        self._has_found = False

    def hindered(self, why: str) -> str:
        self._intake.hinder(why)
        return why

    def take(self, output: bytes, marker: str, now: float) -> None:
        """Pass on what a reading printed."""
        bodies = {part.name: part for part in parts(output, marker)}
        self._intake.hinder(self._lacking(bodies))
        lines: list[WrittenLine] = []
        if (log := bodies.get("log")) is not None:
            if (known := self.positions.get("log")) is not None and known.inode == log.inode and log.begin > known.at:
                self._intake.leave_out()
            lines = self._log.take(log, self._at, now)
            self.positions["log"] = log.position
        elif (pane := bodies.get("pane")) is not None:
            lines = self._pane.take(pane.body, now)
        if lines:
            self._intake.take_lines(lines)
        for number, path in enumerate(self.rules.metrics):
            if (part := bodies.get(f"m{number}")) is not None:
                self._take_metrics(path, part, now)
        if self.rules.machine and "ps" in bodies:
            texts = {name: part.body.decode("utf-8", "replace") for name, part in bodies.items() if not part.inode}
            self._intake.take_machine(
                machine(now, texts.get("apps", ""), texts.get("gpus", ""), texts.get("ps", ""), texts.get("df", ""))
            )
        self._at = now

    def _lacking(self, bodies: Mapping[str, Part]) -> str:
        """What is not there of all that should report a run; empty once anything was: that run goes on, or is over."""
        pane = bodies.get("pane")
        self._has_found |= "log" in bodies or (pane is not None and bool(pane.body.strip()))
        self._has_found |= any(f"m{number}" in bodies for number in range(len(self.rules.metrics)))
        if self._has_found:
            return ""
        wanted = [*self.rules.files, *self.rules.metrics]
        parts = [f"no file {' or '.join(wanted)}"] if wanted else []
        parts += [f"no tmux pane {self.rules.tmux}"] if self.rules.tmux else []
        return f"{', '.join(parts)} on the pod" if parts else ""

    def _take_metrics(self, path: str, part: Part, now: float) -> None:
        if part.begin == 0:
            self._heads[part.name] = part.body.partition(b"\n")[0]
        result = metric_files.read(path, part.body, self._heads.get(part.name, b""), part.begin)
        # What is not complete is read again with what follows it; a file that is one object is read as a whole.
        taken = 0 if path.endswith(".json") else result.taken
        self.positions[part.name] = Position(part.inode, part.begin + taken)
        for metric in result.metrics:
            # The pod's own clock dates them, but nothing is of the future.
            at = now - part.age if metric.at is None else metric.at
            self._intake.take_values(min(now, at), metric.values)
