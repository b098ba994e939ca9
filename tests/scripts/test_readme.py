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

from tests.scripts.conftest import Served
from tui.scripts.exits import MEANINGS

README = (Path(__file__).parent.parent.parent / "README.md").read_text()
SCRIPTS = README.partition("\n## Scripts\n")[2].partition("\n## ")[0]
BLOCKS = [block.splitlines() for block in re.findall(r"```sh\n(.*?)```", SCRIPTS, re.DOTALL)]
ONCE, ACTS, SHELLS = BLOCKS


@pytest.fixture
def shell(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An environment in which `podtop` is this podtop."""
    command = tmp_path / "bin" / "podtop"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m tui "$@"\n')
    command.chmod(0o755)
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


def test_completions_are_put_where_the_readme_puts_them(shell: dict[str, str]) -> None:
    done = bash("\n".join(("set -e", *SHELLS)), shell)
    assert (done.returncode, done.stderr) == (0, "")
    written = [path for path in Path(shell["HOME"]).rglob("*podtop*") if path.is_file() and path.parent.name != "bin"]
    assert len(written) == 3
    assert all("podtop" in path.read_text() for path in written)


def test_the_exit_codes_are_those_there_are() -> None:
    told = dict(re.findall(r"^\| (\d) \| (.*) \|$", SCRIPTS, re.MULTILINE))
    assert told == {str(int(code)): meaning.replace("--watch", "`--watch`") for code, meaning in MEANINGS.items()}
