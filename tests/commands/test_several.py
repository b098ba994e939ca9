"""Several --profile: each with its own settings and key, or refused in words; never one key for several names."""

from __future__ import annotations

import csv
import io
import json
import signal
import tomllib
from pathlib import Path

import pytest

from tests.cli import quick
from tests.commands.conftest import Run, Served
from tests.services.exporter.test_archive import recorded
from tui.commands.parser import parser
from tui.history.recording_files import archive_path
from tui.storage.account_file import AccountFile, KnownAccount
from tui.storage.state_files import StateFiles

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


@pytest.mark.parametrize("command", [["stop", "llama"], ["record", "--export", "csv"], ["market"], ["logs", "llama"]])
def test_what_takes_one_account_refuses_several(command: list[str], run: Run, env: dict[str, str]) -> None:
    done = run(*command, "--profile", "work", "--profile", "lab", env=env)
    assert done.returncode == 2
    assert "run it once for each" in done.stderr


def test_a_profile_that_does_not_exist_stops_all(run: Run, env: dict[str, str]) -> None:
    done = run("once", "pods", "--profile", "work", "--profile", "labb", env=env)
    assert done.returncode == 2
    assert "labb" in done.stderr
    assert done.stdout == ""


def test_what_is_wrong_with_the_file_is_said_once(run: Run, env: dict[str, str]) -> None:
    file = Path(env["XDG_CONFIG_HOME"]) / "podtop" / "config.toml"
    file.write_text(file.read_text().replace('"WORK_KEY"', '"WORK_KEY"\ncolor = "pink"'))
    done = run("once", "pods", "--profile", "work", "--profile", "lab", env={**env, "LAB_KEY": ""})
    assert done.returncode == 2
    wrong, missing = done.stderr.splitlines()
    assert wrong.startswith(f"podtop: {file}, line 4: profiles.work.color")
    assert missing.startswith("podtop: lab: profiles.lab.api_key_env: the variable LAB_KEY")


@pytest.mark.wide
def test_an_export_is_of_the_chosen_profile_and_of_no_other(run: Run, env: dict[str, str], tmp_path: Path) -> None:
    both = {**env, "XDG_STATE_HOME": str(tmp_path / "state")}
    files = StateFiles(lambda: tmp_path / "state" / "podtop", "127.0.0.1", _url(env))
    AccountFile(files.accounts()).put(files.profile_name("work"), KnownAccount("user_1", 0.0))
    archive = archive_path(files.directory(), _url(env), "user_1")
    archive.parent.mkdir(parents=True)
    recorded(archive, hours=0.1)
    done = run("--profile", "work", "export", "--openmetrics", env=both)
    assert done.returncode == 0, done.stderr
    assert 'podtop_pod_gpus{account="work"' in done.stdout
    done = run("--profile", "lab", "export", "--openmetrics", env=both)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no recording of the account of profile lab" in done.stderr


def _url(env: dict[str, str]) -> str:
    return tomllib.loads((Path(env["XDG_CONFIG_HOME"]) / "podtop" / "config.toml").read_text())["profiles"]["work"][
        "api_url"
    ]


@pytest.mark.wide
def test_tables_and_rows_of_several_accounts_name_theirs(run: Run, env: dict[str, str]) -> None:
    both = ("--profile", "work", "--profile", "lab")
    done = run("once", "pods", *both, env=env)
    assert done.returncode == 0, done.stderr
    assert [line.split(" ")[0] for line in done.stdout.splitlines() if " · 20" in line] == ["work", "lab"]
    done = run("once", "pods", "--csv", *both, env=env)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["profile"] for row in rows} == {"work", "lab"}
    assert [row["at"] for row in rows].count("at") == 0, "one header"
    # Of one account nothing is different.
    assert (
        run("once", "pods", "--csv", "--profile", "work", env=env).stdout.splitlines()[0].endswith("profile") is False
    )


def test_an_account_that_cannot_be_read_hides_no_other(run: Run, env: dict[str, str]) -> None:
    env = {**env, "LAB_KEY": "rpa_revoked000000000"}
    done = run("once", "pods", "--json", "--profile", "lab", "--profile", "work", env=env)
    assert done.returncode == 4
    assert [json.loads(line)["profile"] for line in done.stdout.splitlines()] == ["work"]
    assert "podtop: lab: " in done.stderr
    # Nothing in one of two accounts is not nothing.
    some = run("once", "pods", "--filter", "name:llama", "--profile", "work", "--profile", "lab", env={**env, **KEYS})
    assert some.returncode == 0
    none = run("once", "pods", "--filter", "name:nowhere", "--profile", "work", "--profile", "lab", env={**env, **KEYS})
    assert none.returncode == 3
    assert none.stderr.count("no matching pods") == 2


@pytest.mark.wide
@pytest.mark.parametrize("kind", ["pods", "alerts"])
def test_several_are_watched_at_once(kind: str, env: dict[str, str], environ: dict[str, str]) -> None:
    """Until the reader goes: two documents of each, in one stream, whole lines each."""
    arguments = ("once", kind, "--json", "--watch", "2", "--profile", "work", "--profile", "lab")
    process = quick.Process(*arguments, env={**environ, **env})
    try:
        names = [json.loads(process.stdout.readline())["profile"] for _ in range(4)]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert sorted(names) == ["lab", "lab", "work", "work"]


# The accounts of the settings


@pytest.fixture
def together(env: dict[str, str]) -> dict[str, str]:
    file = Path(env["XDG_CONFIG_HOME"]) / "podtop" / "config.toml"
    file.write_text(f'accounts = ["work", "lab"]\n{file.read_text()}')
    return env


@pytest.mark.wide
def test_the_accounts_of_the_settings_are_meant_where_none_is_chosen(run: Run, together: dict[str, str]) -> None:
    def printed(*arguments: str, **more: str) -> list[str]:
        done = run("once", "pods", "--json", *arguments, env={**together, **more})
        assert done.returncode == 0, done.stderr
        return [json.loads(line)["profile"] for line in done.stdout.splitlines()]

    assert printed() == ["work", "lab"]
    assert printed("--profile", "lab") == ["lab"]
    assert printed(PODTOP_PROFILE="lab") == ["lab"]
    assert printed(PODTOP_ACCOUNTS="lab,work") == ["lab", "work"]


def test_what_acts_on_one_account_says_which_there_are(run: Run, together: dict[str, str]) -> None:
    done = run("stop", "llama", "--yes", env=together)
    assert done.returncode == 2
    assert "choose one with --profile: work, lab" in done.stderr
    checked = run("config", "--check", env=together).stdout
    assert [line.partition(":")[0] for line in checked.splitlines()[-2:]] == ["API key of work", "API key of lab"]
    assert "checks account work; --profile NAME checks another: lab" in run("doctor", env=together).stderr
    # What is about no account, or about another source, goes on.
    assert run("--demo", "once", "pods", "--json", env=together).returncode == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('accounts = ["work", "labb"]', "accounts: unknown profile 'labb'; did you mean lab?"),
        ('accounts = ["work"]', "expected an array of two or more profile names"),
        ('accounts = ["work", "work"]', "expected an array of two or more profile names"),
        ('accounts = "work"', "expected an array of two or more profile names"),
    ],
)
def test_accounts_that_cannot_be_used_are_refused(line: str, words: str, run: Run, env: dict[str, str]) -> None:
    file = Path(env["XDG_CONFIG_HOME"]) / "podtop" / "config.toml"
    file.write_text(f"{line}\n{file.read_text()}")
    done = run("once", "pods", env=env)
    assert done.returncode == 2
    assert words in done.stderr
