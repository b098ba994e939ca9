"""`podtop config`: as a person runs it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import quick
from tests.cli.terminal import Terminal


class Config:
    """A directory of settings, and podtop that looks there."""

    def __init__(self, home: Path) -> None:
        self.home = home
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
    assert "defaults apply" in podtop("config", "--check").stdout
    assert podtop("config", "--init").returncode == 0
    assert podtop("config", "--check").stdout == f"{podtop.file}: OK\nAPI key: none\n"
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
    assert lines[0] == "error: line 1: theme: invalid value 'podtop-drak'; did you mean podtop-dark?"
    assert lines[1] == "error: line 2: interval: invalid value 1; expected seconds, from 2 to 86400"
    assert lines[2] == "error: line 4: unknown binding 'app.qiut'; did you mean app.quit?"
    assert lines[3].startswith("error: line 5: invalid value 's' for act.stop: s is too easy to press")
    assert lines[4] == "warning: line 7: profiles.work.api_key_file: /nowhere/key cannot be read"
    assert lines[5:] == ["API key: none"]


def test_warnings_alone_are_no_failure(podtop: Config) -> None:
    podtop.write("intervall = 5\n[profiles.work]\napi_key_env = 'WORK_KEY'\n")
    done = podtop("config", "--check")
    assert done.returncode == 0
    assert "did you mean interval?" in done.stdout
    assert "the variable WORK_KEY is not set" in done.stdout
    assert "WORK_KEY" not in podtop("config", "--check", WORK_KEY="secret").stdout


def test_what_a_start_refuses_in_flags_and_environment_the_check_refuses_too(podtop: Config) -> None:
    podtop.write("interval = 5\n")
    for arguments, environ, what in (
        ((), {"PODTOP_INTERVAL": "soon"}, "PODTOP_INTERVAL: invalid value 'soon'"),
        (("--profile", "wrok"), {}, "--profile: unknown profile 'wrok'"),
        (("--market-interval", "1"), {}, "--market-interval: invalid value"),
        ((), {"RUNPOD_API_KEY": "two words"}, "API key: RUNPOD_API_KEY: not an API key"),
        ((), {"PODTOP_API_KEY_FILE": "/nowhere/key"}, "API key: PODTOP_API_KEY_FILE: /nowhere/key cannot be read"),
    ):
        start = podtop(*arguments, "once", **environ)
        done = podtop(*arguments, "config", "--check", **environ)
        assert (start.returncode, done.returncode) == (2, 2)
        assert what.removeprefix("API key: ") in start.stderr
        assert what in done.stdout


def test_the_check_warns_of_misspelt_variables(podtop: Config) -> None:
    done = podtop("config", "--check", PODTOP_READONLY="1")
    assert "warning: the variable PODTOP_READONLY sets nothing; did you mean PODTOP_READ_ONLY?" in done.stdout
    assert done.returncode == 0


def test_nothing_in_the_name_of_a_file_controls_the_terminal(podtop: Config) -> None:
    name = "/tmp/\x1b]0;title\x07\u202e\x9b2J"
    for line in (
        ("--config", name, "once"),
        ("--config", name, "config", "--check"),
        ("--config", name, "config", "--keys"),
        ("--api-key-file", name, "once"),
        ("--api-key-file", name, "config", "--check"),
        ("--replay", name),
    ):
        done = podtop(*line)
        assert done.returncode == 2
        assert (done.stdout + done.stderr).replace("\n", "").isprintable(), line


def test_a_key_in_place_of_a_file_is_not_repeated(podtop: Config) -> None:
    key = "rpa_0123456789abcdefghij"
    for arguments in (("config", "--check"), ("config", "--keys"), ("once",), ("doctor",)):
        done = podtop("--config", key, *arguments)
        assert key not in done.stdout + done.stderr


def test_the_key_that_is_used_is_named(podtop: Config) -> None:
    podtop.write("[profiles.work]\napi_key = 'rpa_work'\n")
    check = ("--profile", "work", "config", "--check")
    assert podtop(*check).stdout.splitlines()[-1] == f"API key: {podtop.file}, profile work"
    overridden = podtop(*check, RUNPOD_API_KEY="rpa_other")
    assert overridden.stdout.splitlines()[-1] == "API key: RUNPOD_API_KEY, which overrides that of profile work"
    assert podtop("config", "--check", RUNPOD_API_KEY="rpa_other").stdout.endswith("OK\nAPI key: RUNPOD_API_KEY\n")
    broken = podtop("config", "--check", RUNPOD_API_KEY="two words").stdout.splitlines()[-1]
    assert broken.startswith("API key: RUNPOD_API_KEY: not an API key")
    podtop.write("interval = = 3\n")
    assert "API key" not in podtop("config", "--check").stdout


def test_a_file_that_is_named_is_the_one_that_is_read_written_and_checked(podtop: Config, tmp_path: Path) -> None:
    podtop.write("interval = 1\n")
    project = tmp_path / "project"
    project.mkdir(mode=0o755)
    (project / "config.schema.json").write_text("of another program")
    named, around = str(project / "podtop.toml"), {"PODTOP_CONFIG": str(tmp_path / "nowhere.toml")}
    for missing in (("config", "--check"), ("config", "--keys"), ("once",), ("--demo", "once")):
        done = podtop("--config", named, *missing)
        assert (done.returncode, f"{named}: no such file" in done.stdout + done.stderr) == (2, True)
    assert podtop("config", "--config", named, "--init", **around).returncode == 0
    assert podtop("config", "--config", named, "--path", **around).stdout == f"{named}\n"
    assert podtop("--config", named, "config", "--check", **around).stdout.startswith(f"{named}: OK\n")
    assert podtop("--demo", "once", "--config", named, **around).returncode == 0
    assert podtop("--demo", "once", PODTOP_CONFIG=named).returncode == 0
    assert podtop("--demo", "once", **around).returncode == 2
    assert podtop("--demo", "once").returncode == 2
    assert podtop("--config", "", "--demo", "once").returncode == 2
    assert (project / "config.schema.json").read_text() == "of another program"
    assert stat.S_IMODE(project.stat().st_mode) == 0o755


def test_one_start_reports_all_that_is_wrong_with_it(podtop: Config) -> None:
    podtop.write("theme = 'podtop-drak'\nintervall = 5\nmouse = 'yes'\n")
    done = podtop("--interval", "1", PODTOP_ASCII="perhaps")
    lines = [line.removeprefix("podtop: ").removeprefix(f"{podtop.file}, ") for line in done.stderr.splitlines()]
    assert (done.returncode, done.stdout) == (2, "")
    assert lines[:4] == [
        "line 2: unknown setting 'intervall'; did you mean interval?",
        "line 3: mouse: invalid value 'yes'; expected true or false",
        "PODTOP_ASCII: invalid value 'perhaps'; expected true or false",
        "--interval: invalid value '1'; expected seconds, from 2 to 86400",
    ]
    assert lines[4].startswith("no RunPod API key. Set RUNPOD_API_KEY")
    assert lines[5] == "line 1: theme: invalid value 'podtop-drak'; did you mean podtop-dark?"
    assert len(lines) == 6
    assert [path.name for path in podtop.home.rglob("*") if path.is_file()] == ["config.toml"]


def test_a_theme_of_a_flag_and_a_keymap_are_told_with_a_key_that_is_missing(podtop: Config) -> None:
    podtop.write("theme = 'nord'\n[keymap]\n'app.quit' = 'o'\n")
    lines = podtop("--theme", "plaid", "--at", "14:30").stderr.splitlines()
    assert [line.removeprefix("podtop: ").split()[0] for line in lines] == ["no", "--at", f"{podtop.file},", "theme:"]
    assert podtop("once", "--filter", "x").stderr.count("\n") == 1


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
