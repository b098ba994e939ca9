"""Several --profile: each with its own settings and key, or refused in words; never one key for several names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Run, Served
from tui.commands.parser import parser

CONFIG = """\
[profiles.work]
api_url = "{url}"
api_key_env = "WORK_KEY"
[profiles.lab]
api_url = "{url}"
api_key_env = "LAB_KEY"
"""
KEYS = {"WORK_KEY": "demo-key", "LAB_KEY": "demo-key", "RUNPOD_API_KEY": ""}


@pytest.fixture
def env(served: Served, tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "podtop" / "config.toml"
    file.parent.mkdir()
    file.write_text(CONFIG.format(url=served.url))
    return {**KEYS, "XDG_CONFIG_HOME": str(tmp_path)}


@pytest.mark.parametrize(
    "words",
    [
        ["--profile", "work", "--profile", "lab", "once", "pods"],
        ["once", "pods", "--profile", "work", "--profile", "lab"],
        ["--profile", "work", "once", "pods", "--profile", "lab"],
        ["--profile", "work", "--profile", "work", "once", "pods", "--profile", "lab"],
    ],
)
def test_each_is_named_once_wherever_it_stands(words: list[str]) -> None:
    assert parser().parse_args(words).profiles_named == ("work", "lab")


def test_each_account_is_printed_with_its_name(run: Run, env: dict[str, str]) -> None:
    done = run("once", "pods", "--json", "--profile", "work", "--profile", "lab", env=env)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["profile"] for line in done.stdout.splitlines()] == ["work", "lab"]


def test_a_key_of_the_environment_is_not_used_for_several(run: Run, env: dict[str, str]) -> None:
    done = run(
        "once", "pods", "--profile", "work", "--profile", "lab", env={**env, "RUNPOD_API_KEY": "another-key-1234"}
    )
    assert done.returncode == 2
    assert "RUNPOD_API_KEY" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "command", [["stop", "llama"], ["record", "--export", "csv"], ["market"], ["once", "pods", "--watch", "5"]]
)
def test_what_takes_one_account_refuses_several(command: list[str], run: Run, env: dict[str, str]) -> None:
    done = run(*command, "--profile", "work", "--profile", "lab", env=env)
    assert done.returncode == 2
    assert "run it once for each" in done.stderr


def test_a_profile_that_does_not_exist_stops_all(run: Run, env: dict[str, str]) -> None:
    done = run("once", "pods", "--profile", "work", "--profile", "labb", env=env)
    assert done.returncode == 2
    assert "labb" in done.stderr
    assert done.stdout == ""
