"""Runs podtop's commands in forks of one process that has imported podtop already: a start costs nothing then.

For tests of what a command says and does; where the start itself is tried a process of its own is started. As a program
it is the process that forks: told over a socket what to run, in which surroundings, and on which files.
"""

from __future__ import annotations

import asyncio
import atexit
import fcntl
import gc
import importlib
import importlib.util
import json
import os
import pkgutil
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

import tui
from tests.cli import surroundings

ROOT = Path(__file__).parents[2]
MOST = 1 << 20
PATIENCE = 30.0
"""Seconds that the process has to end, once nobody wants it."""

NUMBER = b"%10d"
NOW = 1_795_435_200.0
STUB = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as to:
    to.connect({address!r})
    asked = {{"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}}
    socket.send_fds(to, [json.dumps(asked).encode() + b"\\n"], [0, 1, 2])
    code = int(to.recv(100))
sys.exit(code)
"""


ASK = os.environ.get("PODTOP_TESTS_QUICK", "")
"""Where a worker of several asks for the address: they have one such process together."""


def offer() -> None:
    """Let the workers that this process starts have one that forks: it is started when the first of them asks."""
    path = f"{tempfile.mkdtemp(prefix='podtop-quick-')}/ask"
    atexit.register(shutil.rmtree, Path(path).parent)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    os.environ["PODTOP_TESTS_QUICK"] = path

    def answer() -> None:
        while True:
            to, _ = listener.accept()
            with to:
                to.sendall(_start().encode())

    threading.Thread(target=answer, daemon=True).start()


@cache
def address() -> str:
    """Where the process listens that forks for this one; it is started when it is first wanted."""
    if not ASK:
        return _start()
    with socket.socket(socket.AF_UNIX) as to:
        to.connect(ASK)
        return to.recv(MOST).decode()


@cache
def _start() -> str:
    folder = tempfile.TemporaryDirectory(prefix="podtop-quick-")
    path = f"{folder.name}/s"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.quick", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )

    def end() -> None:
        try:
            server.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
        folder.cleanup()

    atexit.register(end)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    return path


def run(
    *argv: str,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    around: Mapping[str, Any] | None = None,
) -> subprocess.CompletedProcess[str]:
    """A command without a terminal, to its end; as `subprocess.run` would give it. around: see `surroundings`."""
    environ = dict(os.environ if env is None else env)
    asked = {"argv": argv, "env": environ, "cwd": str(cwd or Path.cwd()), "around": dict(around or {})}
    with (
        socket.socket(socket.AF_UNIX) as to, Path(os.devnull).open("rb") as nothing,
        tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err,
    ):  # fmt: skip
        to.connect(address())
        socket.send_fds(to, [json.dumps(asked).encode() + b"\n"], [nothing.fileno(), out.fileno(), err.fileno()])
        code = _number(to)
        told = []
        for file in (out, err):
            file.seek(0)
            told.append(file.read().decode("utf-8", "replace").replace("\r\n", "\n"))
    return subprocess.CompletedProcess(list(argv), code, *told)


def _number(to: socket.socket) -> int:
    return int(to.recv(len(NUMBER % 0), socket.MSG_WAITALL))


class Started:
    """A process that was forked for this one, and goes on by itself."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], cwd: str, files: Sequence[int]) -> None:
        self._to = socket.socket(socket.AF_UNIX)
        self._to.connect(address())
        asked = {"argv": argv, "env": dict(env), "cwd": cwd, "lasts": True}
        socket.send_fds(self._to, [json.dumps(asked).encode() + b"\n"], list(files))
        self.pid = _number(self._to)
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, -n after signal n; None while it runs."""
        if self._code is None and select.select([self._to], [], [], 0)[0]:
            self.wait()
        return self._code

    def wait(self) -> int:
        if self._code is None:
            self._code = _number(self._to)
            self._to.close()
        return self._code

    def __del__(self) -> None:
        # What a test that failed left open must not fail another one.
        self._to.close()


class Process(Started):
    """A command without a terminal that goes on by itself: what of `subprocess.Popen` tests use.

    merged: whether both outputs are one.
    """

    def __init__(self, *argv: str, env: Mapping[str, str] | None = None, merged: bool = False) -> None:
        (out, to_out), (err, to_err) = os.pipe(), os.pipe()
        self.stdout, self.stderr = os.fdopen(out, encoding="utf-8"), os.fdopen(err, encoding="utf-8")
        with Path(os.devnull).open("rb") as nothing:
            files = [nothing.fileno(), to_out, to_out if merged else to_err]
            super().__init__(argv, os.environ if env is None else env, str(Path.cwd()), files)
        os.close(to_out)
        os.close(to_err)

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def communicate(self) -> tuple[str, str]:
        """What is left of both outputs, once it has ended."""
        with self.stdout, self.stderr:
            rest = self.stdout.read(), self.stderr.read()
        self.wait()
        return rest


def command(path: Path) -> Path:
    """Make a file that runs podtop so, for a shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(STUB.format(python=sys.executable, address=address()))
    path.chmod(0o755)
    return path


def _asked(to: socket.socket) -> tuple[dict[str, Any], list[int]]:
    data, files, _, _ = socket.recv_fds(to, MOST, 3)
    while not data.endswith(b"\n"):
        data += to.recv(MOST)
    return json.loads(data), files


def _begin(asked: dict[str, Any], files: Sequence[int]) -> None:
    """Be the process that was asked for."""
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    os.chdir(asked["cwd"])
    if os.isatty(files[0]):
        os.setsid()
        fcntl.ioctl(files[0], termios.TIOCSCTTY, 0)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "utf-8").partition(":")
    # What is open is of other files, some of which can be sought in.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding=encoding, errors=errors or "strict", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding=encoding, errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]
    sys.argv = ["podtop", *asked["argv"]]
    if "lasts" not in asked:
        # One that never ends is a result too.
        signal.alarm(60)
    surroundings.make(asked.get("around", {}))


def _end(code: int) -> None:
    """End as Python does after `sys.exit`, except that nothing is taken apart first: that costs more than most
    commands, and the system does it at once."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
        except Exception as error:
            with suppress(Exception):
                sys.stderr.write(f"Exception ignored in: {stream!r}: {error!r}\n")
            code = 120
    os._exit(code & 0xFF)


class _Forks:
    """The processes that run, and who waits for the end of each."""

    def __init__(self) -> None:
        self._waiting: dict[int, socket.socket] = {}
        self.woken, self._wake = os.pipe()
        for end in (self.woken, self._wake):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)

    def fork(self, to: socket.socket, lasts: bool) -> bool:
        """Whether this is the new process, which has nothing of the others."""
        child = os.fork()
        if child:
            self._waiting[child] = to
            if lasts:
                self._tell(to, child)
            return False
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.close(self._wake)
        os.close(self.woken)
        for one in (to, *self._waiting.values()):
            one.close()
        return True

    def tell_ends(self) -> None:
        """Tell who waits for those that have ended."""
        with suppress(BlockingIOError):
            os.read(self.woken, 1 << 16)
        while self._waiting:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                break
            with self._waiting.pop(child) as to:
                self._tell(to, os.waitstatus_to_exitcode(status))

    @staticmethod
    def _tell(to: socket.socket, number: int) -> None:
        with suppress(OSError):
            to.sendall(NUMBER % number)


def _preload() -> None:
    """What podtop would import and read by itself: only time is saved by this."""
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if module.name != "tui.__main__":
            importlib.import_module(module.name)
    # What httpx and uvicorn import when they are first used, in each process anew.
    for name in (
        "certifi", "httpcore", "httpcore._backends.anyio", "anyio._backends._asyncio", "anyio.streams.tls", "h11",
        "uvicorn", "uvicorn.loops.asyncio", "uvicorn.protocols.http.h11_impl", "uvicorn.lifespan.off",
    ):  # fmt: skip
        importlib.import_module(name)
    if importlib.util.find_spec("sniffio") is None:
        # httpcore looks for it in the whole path, for each lock that it makes.
        sys.modules["sniffio"] = None  # type: ignore[assignment]
    importlib.import_module("tui.demo.execution").schema()
    # Python makes its patterns when the first time is read.
    time.strptime("2026-11-23 +0000", "%Y-%m-%d %z")


@cache
def _warm() -> None:
    """Show the screen once, on no terminal: its style sheets are read for all that follow. Only time is saved by this.

    Before the first process that has a terminal; it leaves no thread behind.
    """
    from tests import textual_shortcuts
    from tui.app import PodtopApp
    from tui.config.loader import Config
    from tui.demo.source import demo_source

    textual_shortcuts.take()

    async def show() -> None:
        app = PodtopApp(demo_source(history_s=60.0, wall=lambda: NOW), Config(), tz=UTC)
        async with app.run_test(size=(120, 40)) as pilot:
            for _ in range(3_000):
                if app.context.fleet.records and app.context.fleet.market.value:
                    break
                await pilot.pause(0.01)

    with tempfile.TemporaryDirectory() as home:
        environ = dict(os.environ)
        os.environ.update(dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), home))
        os.environ["PODTOP_TOUR"] = "0"
        try:
            asyncio.run(show())
        finally:
            os.environ.clear()
            os.environ.update(environ)
    assert threading.active_count() == 1, threading.enumerate()
    gc.collect()
    gc.freeze()


def main() -> int:
    _preload()
    from tui.__main__ import main as podtop

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen()
    forks = _Forks()
    gc.collect()
    gc.freeze()
    os.write(1, b"ready\n")
    while True:
        ready, _, _ = select.select([listener, forks.woken, 0], [], [])
        if forks.woken in ready:
            forks.tell_ends()
        if 0 in ready:
            # Whoever started this is gone.
            return 0
        if listener not in ready:
            continue
        to, _ = listener.accept()
        asked, files = _asked(to)
        if os.isatty(files[0]):
            _warm()
        if forks.fork(to, "lasts" in asked):
            listener.close()
            _begin(asked, files)
            _end(podtop())
        for file in files:
            os.close(file)


if __name__ == "__main__":
    sys.exit(main())
