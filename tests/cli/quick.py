"""Runs podtop's commands in forks of one process that has imported podtop already: a start costs nothing then.

For tests of what a command says and does; where the start itself is tried a process of its own is started. As a program
it is the process that forks: told over a socket what to run, in which surroundings, and on which files.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MOST = 1 << 20
STUB = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as to:
    to.connect({address!r})
    asked = {{"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}}
    socket.send_fds(to, [json.dumps(asked).encode() + b"\\n"], [0, 1, 2])
    code = int(to.recv(100))
sys.exit(code)
"""


@cache
def address() -> str:
    """Where the process listens that forks for this one; it is started when it is first wanted."""
    folder = tempfile.TemporaryDirectory(prefix="podtop-quick-")
    path = f"{folder.name}/s"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.quick", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )

    def end() -> None:
        server.communicate()
        folder.cleanup()

    atexit.register(end)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    return path


def run(
    *argv: str, env: Mapping[str, str] | None = None, cwd: str | Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A command without a terminal, to its end; as `subprocess.run` would give it."""
    asked = {"argv": argv, "env": dict(os.environ if env is None else env), "cwd": str(cwd or Path.cwd())}
    with (
        socket.socket(socket.AF_UNIX) as to, Path(os.devnull).open("rb") as nothing,
        tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err,
    ):  # fmt: skip
        to.connect(address())
        socket.send_fds(to, [json.dumps(asked).encode() + b"\n"], [nothing.fileno(), out.fileno(), err.fileno()])
        code = int(to.recv(100))
        told = []
        for file in (out, err):
            file.seek(0)
            told.append(file.read().decode("utf-8", "replace").replace("\r\n", "\n"))
    return subprocess.CompletedProcess(list(argv), code, *told)


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
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "utf-8").partition(":")
    # What is open is of other files, some of which can be sought in.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding=encoding, errors=errors or "strict", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding=encoding, errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = ["podtop", *asked["argv"]]
    # One that never ends is a result too.
    signal.alarm(60)


def main() -> int:
    from tests.cli.forks import preload

    preload()
    from tui.__main__ import main as podtop

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen()
    gc.freeze()
    os.write(1, b"ready\n")
    while True:
        ready, _, _ = select.select([listener, 0], [], [])
        if listener not in ready:
            # Whoever started this is gone.
            return 0
        to, _ = listener.accept()
        asked, files = _asked(to)
        child = os.fork()
        if not child:
            to.close()
            listener.close()
            _begin(asked, files)
            return podtop()
        for file in files:
            os.close(file)
        _, status = os.waitpid(child, 0)
        to.sendall(b"%d" % os.waitstatus_to_exitcode(status))
        to.close()


if __name__ == "__main__":
    sys.exit(main())
