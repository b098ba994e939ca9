"""A real ssh server on loopback, with keys of its own, for one test; where none is installed, tests are skipped."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

PATIENCE = 10.0


class Server(Struct, frozen=True):
    """A running server: its port, who may come in, with which key, and the arguments that make ssh believe its host."""

    port: int
    user: str
    key: Path
    options: tuple[str, ...]


def missing() -> str:
    """Why there can be no server here; empty where there can."""
    if shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        return "OpenSSH's client is not installed"
    if daemon() is None:
        return "OpenSSH's server is not installed"
    if os.getuid() == 0:
        try:
            # Where the server's unprivileged half lives; the service manager makes it elsewhere.
            Path("/run/sshd").mkdir(exist_ok=True)
        except OSError as error:
            return f"/run/sshd cannot be made: {error.strerror}"
    return ""


def daemon() -> str | None:
    """The server's full path, by which it insists on being called."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/sbin")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Serve until left. Its keys and its log are in `folder`."""
    port, path = free_port(), daemon()
    assert path is not None
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    (folder / "authorized").write_text((folder / "key.pub").read_text())
    (folder / "authorized").chmod(0o600)
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    (folder / "config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder / 'host'}\nPidFile {folder / 'pid'}\n"
        f"AuthorizedKeysFile {folder / 'authorized'}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nPermitRootLogin yes\nPrintMotd no\nPrintLastLog no\n"
    )
    log = (folder / "log").open("w")
    process = subprocess.Popen([path, "-D", "-e", "-f", str(folder / "config")], stderr=log, stdin=subprocess.DEVNULL)
    try:
        _until_it_answers(port, process, folder / "log")
        options = ("-o", f"UserKnownHostsFile={folder / 'known'}", "-o", "IdentitiesOnly=yes", "-F", "none")
        yield Server(port, getpass.getuser(), folder / "key", options)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        log.close()


def _until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"the ssh server does not answer:\n{log.read_text()}")
