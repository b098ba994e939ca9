"""What the README says of scripts is so: every command in it is run, every exit code in it is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import quick
from tests.cli.terminal import Terminal
from tests.commands.conftest import Served
from tui.commands.exit_codes import MEANINGS
from tui.commands.parser import parser

README = (Path(__file__).parent.parent.parent / "README.md").read_text()
SCRIPTS = README.partition("\n## Scripts\n")[2].partition("\n## ")[0]
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
BLOCKS = [block.splitlines() for block in SHELL.findall(SCRIPTS)]
ONCE, ACTS, SHELLS = BLOCKS
INSTALLING, *REST = [block for block in map(str.splitlines, SHELL.findall(README)) if block not in BLOCKS]
"""The two commands are run by CI and by the tests of packaging; all others here."""

SCREENS = ("RUNPOD_API_KEY=... .venv/bin/podtop",)
ENDS = {
    "podtop --replay latest": (2, "there is no recording"),
    "podtop market --json": (0, ""),
    "podtop log": (0, ""),
    "podtop config --check": (0, ""),
}
"""How a command ends that has neither a terminal nor a past."""


@pytest.fixture
def shell(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An environment in which `podtop` is this podtop."""
    command = quick.command(tmp_path / "bin" / "podtop")
    return {**environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}


def bash(line: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], env=environ, cwd=environ["HOME"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("line", ONCE)
def test_what_asks(line: str, shell: dict[str, str]) -> None:
    if "jq" in line and shutil.which("jq") is None:
        pytest.skip("there is no jq here")
    if "--watch" in line:
        line, _, name = line.partition(" >> ")
        line = line.replace("podtop", f"{sys.executable} -m tui", 1)
        process = subprocess.Popen(["bash", "-c", f"exec {line}"], env=shell, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("at,id,name"), name
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        assert process.returncode == 0
        return
    done = bash(line, shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() or "select(" in line
    if line.endswith("--json"):
        assert json.loads(done.stdout)["items"]


@pytest.mark.parametrize("line", ACTS)
def test_what_acts(line: str, shell: dict[str, str], served: Served) -> None:
    done = bash(line, {**shell, "PODTOP_READ_ONLY": "1"})
    assert done.returncode == 6
    done = bash(line.replace("podtop", "podtop --demo", 1), shell)
    assert done.returncode == (0 if "--yes" in line else 2), done.stderr
    assert "Nothing to do" in done.stderr or "✓" in done.stdout or "--yes is not given" in done.stderr


def test_every_block_of_commands_is_known() -> None:
    lines = [line for block in REST for line in block]
    (tests,) = REST[0]
    assert "pytest" in tests
    assert INSTALLING == ["python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/podtop --demo"]
    assert {line for line in lines if ".venv/bin/" in line} == {tests, *SCREENS}


@pytest.mark.parametrize("line", [line for block in REST[1:] for line in block if line not in SCREENS])
def test_what_else_there_is(line: str, shell: dict[str, str]) -> None:
    done = bash(line, shell)
    code, words = next((ends for start, ends in ENDS.items() if line.startswith(start)), (0, ""))
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.wide
def test_the_screen_on_ones_own_account(shell: dict[str, str]) -> None:
    (line,) = SCREENS
    name, _, value = line.split()[0].partition("=")
    assert value == "..."
    terminal = Terminal([sys.executable, "-m", "tui"], env={**shell, name: "demo-key"})
    terminal.wait_for("llama-70b-pretrain")
    assert terminal.quit() == 0


@pytest.mark.parametrize("words", sorted(set(re.findall(r"`(podtop [^`]+)`", README))))
def test_what_is_named_in_passing_is_understood(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = words.replace("\n", " ").split()[1:]
    said = ""
    try:
        parser().parse_args(options)
    except SystemExit as end:
        said = "" if end.code == 0 else capsys.readouterr().err
    # It may be named without the pods that it is about.
    assert not said or "the following arguments are required" in said


def test_completions_are_put_where_the_readme_puts_them(shell: dict[str, str]) -> None:
    done = bash("\n".join(("set -e", *SHELLS)), shell)
    assert (done.returncode, done.stderr) == (0, "")
    written = [path for path in Path(shell["HOME"]).rglob("*podtop*") if path.is_file() and path.parent.name != "bin"]
    assert len(written) == 3
    assert all("podtop" in path.read_text() for path in written)


def test_the_exit_codes_are_those_there_are() -> None:
    told = dict(re.findall(r"^\| (\d) \| (.*) \|$", SCRIPTS, re.MULTILINE))
    assert told == {str(int(code)): meaning.replace("--watch", "`--watch`") for code, meaning in MEANINGS.items()}
