"""`s` in a real terminal: into a pod of a served simulator, by a program called ssh that tells what it was given.

Where OpenSSH's server is installed, by the real one too.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import sshd
from tests.cli.conftest import served
from tests.cli.terminal import Terminal, podtop

PORT = 40_022
FAKE = """\
import json, os, signal, sys, termios
folder = os.environ["FAKE_SSH"]
flags = termios.tcgetattr(0)[3]
with open(folder + "/told.new", "w") as out:
    json.dump({
        "argv": sys.argv[1:], "pid": os.getpid(),
        "echo": bool(flags & termios.ECHO), "lines": bool(flags & termios.ICANON),
        "signals": [signal.getsignal(n) == signal.SIG_IGN for n in (signal.SIGTSTP, signal.SIGQUIT, signal.SIGTERM)],
        "key": "RUNPOD_API_KEY" in os.environ,
    }, out)
os.rename(folder + "/told.new", folder + "/told")
signal.signal(signal.SIGINT, signal.SIG_DFL)
# It leaves the mouse, pasting, a scroll region and line drawing behind, as what ran on the other side may.
sys.stdout.write("\\x1b[?1000h\\x1b[?1006h\\x1b[?2004h\\x1b[3;9r\\x1b[12;1H\\x1b(0")
sys.stdout.write("\\x1b(Bwelcome to the pod\\r\\n\\x1b(0")
sys.stdout.flush()
for line in sys.stdin:
    if line.strip() == "stop":
        os.kill(os.getpid(), signal.SIGTSTP)
        sys.stdout.write("\\x1b(Bwent on after a stop\\r\\n")
        sys.stdout.flush()
    else:
        sys.exit(int(line))
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A simulated RunPod whose pods' ssh is on this machine."""
    with served(str(tmp_path_factory.mktemp("server")), "--pods", "3", "--ssh-port", str(PORT)) as address:
        yield address


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A PATH with a program called ssh, and settings that name a key."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "ssh"
    program.write_text(f"#!{sys.executable}\n{FAKE}")
    program.chmod(0o755)
    configure(tmp_path, 'key_file = "~/a key"\noptions = ["-o", "ServerAliveInterval=15"]\n')
    return tmp_path


def configure(home: Path, table: str) -> None:
    (home / "podtop").mkdir(exist_ok=True)
    (home / "podtop" / "config.toml").write_text(f"[ssh]\n{table}")


def started(home: Path, url: str, **more: str) -> Terminal:
    env = {
        "PATH": f"{home / 'bin'}:/usr/bin:/bin", "FAKE_SSH": str(home), "XDG_CONFIG_HOME": str(home),
        "XDG_STATE_HOME": str(home), "RUNPOD_API_KEY": "demo-key", **more,
    }  # fmt: skip
    terminal = podtop("--api-url", url, "--no-record", env=env)
    terminal.wait_for("mixtral-8x7b-sft")
    terminal.type("j")
    terminal.wait_for("Telemetry  mixtral-8x7b-sft")
    return terminal


def told(home: Path) -> dict[str, object]:
    until = time.monotonic() + 10
    while not (home / "told").exists():
        assert time.monotonic() < until, "ssh was never called"
        time.sleep(0.01)
    found: dict[str, object] = json.loads((home / "told").read_text())
    return found


def modes(terminal: Terminal) -> dict[str, bool]:
    """The private modes that the terminal was last told, by their numbers."""
    found: dict[str, bool] = {}
    for numbers, on in re.findall(rb"\x1b\[\?([\d;]+)([hl])", terminal.output):
        for number in numbers.decode().split(";"):
            found[number] = on == b"h"
    return found


def back(terminal: Terminal, name: str = "mixtral-8x7b-sft") -> None:
    """Until podtop is there again, whole: nothing of the other program is left, and its own modes are on."""
    terminal.wait_for(f"Telemetry  {name}")
    terminal.wait_while("welcome to the pod")
    for words in ("podtop", "balance", "llama-70b-pretrain", "Market", "q quit"):
        terminal.wait_for(words)
    terminal.wait_until(lambda: (now := modes(terminal))["1049"] and now["1000"] and now["2004"] and not now["25"])


def rest(seconds: float = 0.6) -> None:
    """Longer than podtop is deaf after it came back: the one wait here that nothing shows."""
    time.sleep(seconds)


def leave(terminal: Terminal) -> None:
    rest()
    assert terminal.quit() == 0
    assert terminal.restored


def test_into_pods_and_back_however_it_ends(home: Path, url: str) -> None:
    """One start for all that ssh can do: podtop is there again each time, as it was."""
    terminal = started(home, url, PATH=str(home / "bin"))
    goes_in_and_comes_back(home, terminal)
    rest()
    fails_and_is_explained(terminal)
    rest()
    takes_the_keys(terminal)
    rest()
    # Last, as it is gone from then on.
    (home / "bin" / "ssh").unlink()
    terminal.type("s")
    terminal.wait_for("no ssh client found")
    leave(terminal)


def goes_in_and_comes_back(home: Path, terminal: Terminal) -> None:
    # What is typed behind the key is not podtop's any more.
    terminal.type("sq")
    terminal.wait_for("welcome to the pod")
    there = told(home)
    assert there == {
        "argv": ["-p", str(PORT), "-i", "~/a key", "-o", "ServerAliveInterval=15", "--", "root@127.0.0.1"],
        "pid": there["pid"], "echo": True, "lines": True, "signals": [False, False, False], "key": False,
    }  # fmt: skip
    assert "connecting to mixtral-8x7b-sft directly" in terminal.text
    assert "ssh root@127.0.0.1 -p 40022 -i ~/'a key' -o ServerAliveInterval=15" in terminal.text
    assert not modes(terminal)["1049"], "the alternate screen was left"
    terminal.resize(100, 30)
    terminal.type("0\r")
    back(terminal)
    assert len(terminal.text.splitlines()[0]) <= 100
    assert "q quit" in terminal.screen.display[29], "it has the size the terminal took meanwhile"
    terminal.resize(120, 40)


def fails_and_is_explained(terminal: Terminal) -> None:
    """And what was typed ahead is no key."""
    terminal.type("s")
    terminal.wait_for("welcome to the pod")
    terminal.type("255\rTq")
    terminal.wait_for("press any key to return to podtop")
    assert "podtop: ssh could not connect, or lost the connection (255)" in terminal.text
    assert "Permission denied" in terminal.text
    assert "ssh-keygen -R '[127.0.0.1]:40022'" in terminal.text
    assert not modes(terminal)["1000"], "the mouse that was left behind was taken away"
    rest()
    assert "press any key" in terminal.text
    # ctrl+c is a key here, and what comes right behind it is not for podtop.
    terminal.type("\x03qT")
    back(terminal)
    assert "Terminate" not in terminal.text


def takes_the_keys(terminal: Terminal) -> None:
    """The keys of the terminal are for ssh."""
    # In one burst: into the pod that the cursor is on by then.
    terminal.type("ks")
    terminal.wait_for("connecting to llama-70b-pretrain")
    terminal.wait_for("welcome to the pod")
    # It stops itself, as ssh does by ~ ctrl+z: without a shell to continue it, it goes on.
    terminal.type("stop\r")
    terminal.wait_for("went on after a stop")
    terminal.type("\x03")
    terminal.wait_for("podtop: ssh ended by signal 2")
    rest()
    terminal.type(" ")
    back(terminal, "llama-70b-pretrain")


@pytest.mark.parametrize("number", [signal.SIGHUP, pytest.param(signal.SIGTERM, marks=pytest.mark.wide)])
def test_podtop_that_is_ended_ends_ssh_too(home: Path, url: str, number: signal.Signals) -> None:
    terminal = started(home, url)
    terminal.type("s")
    terminal.wait_for("welcome to the pod")
    pid = told(home)["pid"]
    assert isinstance(pid, int)
    terminal.signal(number)
    assert terminal.end() == 128 + number
    assert terminal.restored
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.wide
def test_copying_reaches_the_terminal_outside_tmux(home: Path, url: str, tmp_path: Path) -> None:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    env = {"XDG_CONFIG_HOME": str(home), "XDG_STATE_HOME": str(home), "RUNPOD_API_KEY": "demo-key", "TMUX": ""}
    run = shlex.join([sys.executable, "-m", "tui", "--api-url", url, "--no-record"])
    terminal = Terminal([shutil.which("tmux") or "", *tmux[1:], "new", run], env=env)
    terminal.wait_for("mixtral-8x7b-sft")
    terminal.type("j")
    terminal.wait_for("Telemetry  mixtral-8x7b-sft")
    # In one burst: the second key is for the menu, and not for the screen below it.
    terminal.type("cs")
    sent = re.compile(rb"\x1b\]52;c?;([A-Za-z0-9+/=]+)")
    terminal.wait_until(lambda: sent.search(terminal.output) is not None)
    line = f"ssh root@127.0.0.1 -p {PORT} -i ~/'a key' -o ServerAliveInterval=15"
    assert [base64.b64decode(found).decode() for found in sent.findall(terminal.output)] == [line]
    assert subprocess.run([*tmux, "show-buffer"], capture_output=True, text=True, check=True).stdout == line
    terminal.wait_for("sent to the terminal")
    terminal.quit()


@pytest.mark.wide
def test_a_shell_gets_the_word_when_ssh_is_stopped(home: Path, url: str) -> None:
    terminal = Terminal(
        ["/bin/bash", "--norc", "--noprofile", "-i"],
        env={
            "PATH": f"{home / 'bin'}:/usr/bin:/bin", "FAKE_SSH": str(home), "XDG_CONFIG_HOME": str(home),
            "XDG_STATE_HOME": str(home), "RUNPOD_API_KEY": "demo-key", "PS1": "shell> ",
        },
    )  # fmt: skip
    terminal.wait_for("shell>")
    terminal.type(f"{sys.executable} -m tui --api-url {url} --no-record\r")
    terminal.wait_for("mixtral-8x7b-sft")
    terminal.type("j")
    terminal.wait_for("Telemetry  mixtral-8x7b-sft")
    terminal.type("s")
    terminal.wait_for("welcome to the pod")
    prompts = terminal.output.count(b"shell> ")
    terminal.type("stop\r")
    terminal.wait_until(lambda: terminal.output.count(b"shell> ") > prompts)
    assert b"went on" not in terminal.output
    terminal.type("fg\r")
    terminal.wait_for("went on after a stop")
    terminal.type("0\r")
    back(terminal)
    rest()
    # The same keys still suspend podtop itself.
    prompts = terminal.output.count(b"shell> ")
    terminal.type("\x1a")
    terminal.wait_until(lambda: terminal.output.count(b"shell> ") > prompts)
    terminal.type("fg\r")
    back(terminal)
    prompts = terminal.output.count(b"shell> ")
    terminal.type("q")
    terminal.wait_until(lambda: terminal.output.count(b"shell> ") > prompts)
    terminal.type("exit 7\r")
    assert terminal.end() == 7


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, str]]:
    """A real server and a simulated RunPod whose pods it is: a home, the file of keys that are let in, and the URL."""
    if reason := sshd.missing():
        pytest.skip(reason)
    home = tmp_path_factory.mktemp("real")
    with sshd.server(home) as server:
        options = ", ".join(json.dumps(option) for option in server.options)
        configure(home, f'user = "{server.user}"\nkey_file = "{server.key}"\noptions = [{options}]\n')
        with served(str(home), "--pods", "3", "--ssh-port", str(server.port)) as url:
            yield home, home / "authorized", url


def goes_in(terminal: Terminal, term: str) -> None:
    terminal.type("s")
    terminal.wait_for("connecting to mixtral-8x7b-sft")
    terminal.type("echo from $((40 + 2)), $TERM; exit\r")
    back(terminal)
    assert f"from 42, {term}".encode() in terminal.output


@pytest.mark.wide
def test_the_real_ssh_with_a_key_that_is_let_in_and_then_is_not(real: tuple[Path, Path, str]) -> None:
    home, authorized, url = real
    terminal = started(home, url, PATH=os.environ["PATH"], TERM="screen-256color")
    goes_in(terminal, "screen-256color")
    rest()
    keys = authorized.read_text()
    authorized.write_text("")
    try:
        terminal.type("s")
        terminal.wait_for("press any key to return to podtop")
        assert "Permission denied (publickey)" in terminal.text
        rest()
        terminal.type(" ")
        back(terminal)
        leave(terminal)
    finally:
        authorized.write_text(keys)


@pytest.mark.wide
def test_the_real_ssh_from_another_terminal(real: tuple[Path, Path, str]) -> None:
    home, _, url = real
    terminal = started(home, url, PATH=os.environ["PATH"], TERM="tmux-256color")
    goes_in(terminal, "tmux-256color")
    leave(terminal)
