"""`podtop config`: as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import quick
from tests.cli.terminal import Terminal


class Config:
    """A directory of settings, and podtop that looks there."""

    def __init__(self, home: Path) -> None:
        self.file = home / "podtop" / "config.toml"
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PODTOP_", "RUNPOD_"))},
            "XDG_CONFIG_HOME": str(home), "HOME": str(home),
        }  # fmt: skip

    def __call__(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return quick.run(*arguments, env={**self.environ, **environ})

    def write(self, text: str) -> None:
        self.file.parent.mkdir(exist_ok=True, parents=True)
        self.file.write_text(text)
        self.file.chmod(0o600)


@pytest.fixture
def podtop(tmp_path: Path) -> Config:
    return Config(tmp_path)


def test_the_file_is_written_found_and_well_and_stays_as_it_is(podtop: Config) -> None:
    assert podtop("config", "--path").stdout == f"{podtop.file}\n"
    assert "is not there" in podtop("config", "--check").stdout
    assert podtop("config", "--init").returncode == 0
    assert podtop("config", "--check").stdout == f"{podtop.file}: all is well\n"
    schema = podtop.file.parent / "config.schema.json"
    assert podtop.file.read_text().startswith(f"#:schema ./{schema.name}\n")
    assert schema.read_text() == podtop("config", "--schema").stdout
    assert "act.stop" in json.loads(schema.read_text())["properties"]["keymap"]["properties"]
    podtop.write("interval = 9\n")
    again = podtop("config", "--init")
    assert (again.returncode, podtop.file.read_text()) == (2, "interval = 9\n")
    assert "nothing was written" in again.stderr


def test_everything_that_is_wrong_is_told_at_once(podtop: Config) -> None:
    podtop.write("""\
theme = "podtop-drak"
interval = 1
[keymap]
"app.qiut" = "f9"
"act.stop" = "s"
[profiles.work]
api_key_file = "/nowhere/key"
""")
    done = podtop("config", "--check")
    lines = [line.replace(f"{podtop.file}, ", "") for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert lines[0].startswith("error: line 1: theme = 'podtop-drak' is not accepted; it takes ")
    assert lines[0].endswith("did you mean podtop-dark?")
    assert lines[1] == "error: line 2: interval = 1 is not accepted; it takes seconds, from 2 to 86400"
    assert lines[2] == "error: line 4: unknown binding 'app.qiut'; did you mean app.quit?"
    assert lines[3].startswith("error: line 5: invalid value 's' for act.stop: s is too easy to press")
    assert lines[4] == "warning: line 7: profiles.work.api_key_file: /nowhere/key cannot be read"
    assert len(lines) == 5


def test_warnings_alone_are_no_failure(podtop: Config) -> None:
    podtop.write("intervall = 5\n[profiles.work]\napi_key_env = 'WORK_KEY'\n")
    done = podtop("config", "--check")
    assert done.returncode == 0
    assert "did you mean interval?" in done.stdout
    assert "the environment has no WORK_KEY now" in done.stdout
    assert "WORK_KEY" not in podtop("config", "--check", WORK_KEY="secret").stdout


def test_keys_are_listed_as_the_keymap_changes_them(podtop: Config) -> None:
    podtop.write("[keymap]\n'app.quit' = 'f9, Q'\n")
    lines = {line.split()[0]: line.split() for line in podtop("config", "--keys").stdout.splitlines()}
    assert lines["app.quit"][1:3] == ["f9", "Q"]
    assert lines["confirm.yes"][-1] == "(fixed)"
    podtop.write("[keymap]\n'app.quit' = 'escape'\n")
    done = podtop("config", "--keys")
    assert (done.returncode, done.stdout) == (2, "")
    assert "line 2" in done.stderr


def test_help_explains_the_settings_and_a_wrong_use_does_not(podtop: Config) -> None:
    assert "market_interval\n      seconds between polls of prices" in podtop("config", "--help").stdout
    wrong = podtop("config")
    assert wrong.returncode == 2
    assert "market_interval" not in wrong.stderr


def test_a_keymap_that_is_wrong_ends_the_start_with_its_line(podtop: Config) -> None:
    podtop.write("theme = 'nord'\n[keymap]\n'app.quit' = 'o'\n")
    terminal = Terminal(["--demo"], env=podtop.environ, quickly=True)
    assert terminal.end() == 2
    assert b"line 3: app.quit and table.sort would both use o" in terminal.output


@pytest.mark.wide
def test_a_keymap_changes_keys_in_a_real_terminal(podtop: Config) -> None:
    podtop.write("[keymap]\n'app.quit' = 'Q'\n")
    terminal = Terminal([sys.executable, "-m", "tui", "--demo"], env=podtop.environ)
    terminal.wait_for("Q quit")
    terminal.type("q")
    terminal.type("Q")
    assert terminal.end() == 0
