"""What the README and the help topics print works: every command in them is run, every setting accepted."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import quick
from tests.cli.terminal import Terminal
from tests.commands.conftest import Served
from tests.variants import every, first_of_each
from tui.commands.exit_codes import MEANINGS
from tui.commands.parser import parser
from tui.commands.topics import TOPICS, source

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = {"README": README, **{name: source(name) for name in TOPICS}}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


DEMO, TESTS, INSTALL, KEY, *_ = blocks(README, "sh")
"""The first two are run by CI and by the tests of packaging; the next two are tried below."""

SHELLS = next(block for block in blocks(source("scripts"), "sh") if "completions" in block)
LINES = sorted(
    {
        line.partition("  #")[0].strip()
        for page in PAGES.values()
        for block in blocks(page, "sh")
        if block not in (DEMO, TESTS, INSTALL, KEY, SHELLS)
        for line in block.splitlines()
    }
)
ENDS = {
    "podtop --replay latest": (2, "no recording in"),
    "podtop --hub": (2, "needs a terminal"),
    "podtop --profile work --profile lab": (2, "unknown profile"),
    "podtop export": (2, "no recording in"),
    "podtop report": (3, "no recording yet"),
    "podtop once runs": (3, "no runs recorded"),
    "podtop auto --arm": (6, "set one in config.toml"),
    "podtop auto --disarm": (3, "is not armed"),
    "podtop auto --keep": (3, "no pod named"),
    "podtop stop": (2, "add --yes"),
    "podtop terminate": (2, "add --yes"),
}
"""How a command ends that has neither a terminal nor a recording."""

GOES_ON = ("--watch", "--enforce-leases", "--listen")
BY_THE_HOUR = "util<50"
"""In the command that finds something or nothing, by the time of day."""


@pytest.fixture
def shell(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An environment in which `podtop` is this podtop, as after the installation that the README describes."""
    command = quick.command(tmp_path / "bin" / "podtop")
    own = {"PATH": f"{command.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    return {**{name: value for name, value in environ.items() if not name.startswith("XDG_")}, **own}


def bash(line: str, environ: dict[str, str], typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], env=environ, cwd=environ["HOME"], input=typed,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_the_readme_begins_with_the_two_commands() -> None:
    assert DEMO == "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/podtop --demo\n"
    assert TESTS.startswith("python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && ")
    assert TESTS.endswith(".venv/bin/python -m pytest\n")


def kind_of(line: str) -> tuple[str, bool, bool]:
    """The command, whether another program reads its output, and whether it is agreed to."""
    command = next((word for word in line.split()[1:] if not word.startswith("-")), "")
    return command, "jq" in line, "--yes" in line


@pytest.mark.parametrize(
    "line",
    first_of_each(kind_of, [line for line in LINES if not any(word in line for word in (*GOES_ON, BY_THE_HOUR))]),
)
def test_a_command_works_as_printed(line: str, shell: dict[str, str]) -> None:
    if "jq" in line and shutil.which("jq") is None:
        pytest.skip("there is no jq here")
    acts = re.match(r"podtop (stop|resume|terminate) ", line)
    done = bash(line.replace("podtop", "podtop --demo", 1) if acts else line, shell)
    code, words = next((ends for start, ends in ENDS.items() if line.startswith(start)), (0, ""))
    if acts and "--yes" in line:
        code, words = 0, ""
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert code != 0 or acts or done.stderr == ""
    assert done.stdout.strip() or code or acts or any(word in line for word in ("select(", "log --json", ">"))
    if line.startswith("podtop once") and line.endswith("--json"):
        assert json.loads(done.stdout)["items"]


@pytest.mark.parametrize(
    "line", every(4, [line for line in LINES if re.match(r"podtop (stop|resume|terminate) ", line)])
)
def test_a_command_that_acts_is_refused_in_read_only_mode(line: str, shell: dict[str, str], served: Served) -> None:
    done = bash(line, {**shell, "PODTOP_READ_ONLY": "1"})
    assert done.returncode == 6
    assert "Nothing was sent" in done.stderr


@pytest.mark.wide
@pytest.mark.parametrize("line", [line for line in LINES if any(word in line for word in GOES_ON)])
def test_a_command_that_goes_on_ends_well(line: str, shell: dict[str, str]) -> None:
    line = line.partition(" >> ")[0].replace("podtop", f"{sys.executable} -m tui", 1)
    process = subprocess.Popen(["bash", "-c", f"exec {line}"], env=shell, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        first = "at,id,name" if "--watch" in line else ("◌", "▲", "●")
        assert any(text.startswith(first) for text in process.stdout)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def test_the_key_is_kept_and_found_as_the_readme_says(shell: dict[str, str]) -> None:
    *keeps, starts = (line.partition("  #")[0].strip() for line in KEY.splitlines())
    assert starts == "podtop"
    without = {name: value for name, value in shell.items() if name != "RUNPOD_API_KEY"}
    done = bash("\n".join(("set -e", *keeps, "podtop once")), without, typed="demo-key\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("STATUS")
    key = Path(shell["HOME"]) / ".config" / "podtop" / "key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_text() == "demo-key\n"


@pytest.mark.wide
def test_the_screen_starts_as_the_readme_says(shell: dict[str, str]) -> None:
    terminal = Terminal([sys.executable, "-m", "tui"], env=shell)
    terminal.wait_for("llama-70b-pretrain")
    assert terminal.quit() == 0


def test_the_service_runs_the_podtop_that_the_readme_installs() -> None:
    assert INSTALL.partition("  #")[0].strip() == "uv tool install ."
    assert "pipx install ." in INSTALL
    assert "Both put `podtop` into `~/.local/bin`" in README
    (unit,) = blocks(source("history"), "ini")
    command = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert command is not None
    program, *arguments = command[1].replace("%h", "~").split()
    assert program == "~/.local/bin/podtop"
    options = parser().parse_args(arguments)
    assert options.command == "record"
    assert f"cat > {options.api_key_file})" in KEY


@pytest.mark.parametrize(
    "words", sorted({words for page in PAGES.values() for words in re.findall(r"`(podtop [^`]+)`", page)})
)
def test_what_is_named_in_passing_is_understood(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = shlex.split(words.replace("\n", " ").replace("TOPIC", "keys"))[1:]
    said = ""
    try:
        parser().parse_args(options)
    except SystemExit as end:
        said = "" if end.code == 0 else capsys.readouterr().err
    # It may be named without the pods that it is about, or without its purpose.
    assert not said or "missing argument" in said or "missing one of" in said


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if blocks(text, "toml")])
def test_settings_are_accepted(page: str, shell: dict[str, str]) -> None:
    shown = blocks(PAGES[page], "toml")
    file = Path(shell["HOME"]) / ".config" / "podtop" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("".join(shown))
    done = bash("podtop config --check", shell)
    assert done.returncode == 0, done.stdout
    warnings = [line for line in done.stdout.splitlines() if line.startswith("warning")]
    assert all("cannot be read" in line or "is not set" in line for line in warnings)


def test_completions_are_put_where_the_topic_puts_them(shell: dict[str, str]) -> None:
    done = bash("\n".join(("set -e", *SHELLS.splitlines())), shell)
    assert (done.returncode, done.stderr) == (0, "")
    written = [path for path in Path(shell["HOME"]).rglob("*podtop*") if path.is_file() and path.parent.name != "bin"]
    assert len(written) == 3
    assert all("podtop" in path.read_text() for path in written)


def test_the_exit_codes_are_those_there_are() -> None:
    told = dict(re.findall(r"^\| `(\d)` \| (.*) \|$", source("scripts"), re.MULTILINE))
    assert told == {str(int(code)): meaning for code, meaning in MEANINGS.items()}


def test_keys_of_the_readme_are_bound() -> None:
    section = README.partition("\n## Keys\n")[2].partition("\n## ")[0]
    bound = set(re.findall(r"`([^`]+)`", "\n".join(re.findall(r"(?m)^\| (`[^|]+) \|", source("keys")))))
    spelled = {"enter": "↵", "arrows": "↑"}
    keys = {key for cells in re.findall(r"(?m)^\| (`[^|]+) \|", section) for key in re.findall(r"`([^`]+)`", cells)}
    assert {spelled.get(key, key) for key in keys} <= bound


def test_every_picture_and_link_of_the_readme_is_there() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert [target for target in targets if "://" not in target and not (ROOT / target).exists()] == []
