"""`podtop doctor` as a person and as a script run it: it always ends, with a line for each check and no secret."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.acting import Account
from tests.cli import quick
from tests.cli.terminal import podtop
from tests.commands.conftest import Run, Served
from tests.commands.doctor.conftest import Examined, OnPath
from tests.variants import every
from tui.commands.doctor import files, network, run, settings
from tui.commands.doctor.subject import Subject
from tui.commands.envelope import Document
from tui.commands.exit_codes import Exit
from tui.config.loader import Config

CHECKS = [
    "podtop", "config", "state", "recording", "action_log", "running", "notifications", "terminal", "colors",
    "characters", "multiplexer", "clipboard", "ssh", "network", "endpoint", "api", "clock", "key",
    "offers",
]  # fmt: skip
"""A promise to scripts: add to it, and take nothing away."""

KEY = "rpa_THISISTHEKEY0123456789ABCDEFGHIJKLMNOPQRST"


def checks(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert set(document) >= {"podtop", "kind", "at", "source", "total", "items", "problems"}
    assert (document["podtop"], document["kind"], document["total"]) == (1, "doctor", len(document["items"]))
    assert set(document) <= set(Document.__struct_fields__)
    found = {item["check"]: item for item in document["items"]}
    assert list(found) == CHECKS
    for item in document["items"]:
        assert set(item) == {"check", "verdict", "text", "advice"}
        assert item["verdict"] in ("ok", "warning", "error")
    errors = any(item["verdict"] == "error" for item in document["items"])
    assert done.returncode == (Exit.PROBLEMS if errors else Exit.OK)
    return found


# With a simulated RunPod


def test_all_is_well(run: Run, served: Served) -> None:
    done = run("doctor", "--json")
    found = checks(done)
    assert done.returncode == 0
    assert json.loads(done.stdout)["source"] == "simulated"
    assert served.url.split("/")[2] in found["endpoint"]["text"]
    assert found["clock"]["text"] == "within 2 s of RunPod's"
    assert found["key"]["text"].startswith(
        "RUNPOD_API_KEY; accepted, 6 pods; scope unknown: one of the account's 2 keys"
    )


def test_every_check_has_a_line(run: Run) -> None:
    done = run("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    *lines, blank, summary = done.stdout.splitlines()
    assert [line[10:24].strip().replace(" ", "_") for line in lines] == CHECKS
    assert {line.split()[1] for line in lines} <= {"ok", "warning"}
    assert (blank, "error" in summary) == ("", False)


FAULTS = {
    "401": ("HTTP 401", "error"), "403": ("403", "error"), "500": ("500", "warning"),
    "502": ("502", "warning"), "429": ("429", "warning"), "refused": ("not verified", "warning"),
    "truncated": ("", "warning"), "notjson": ("", "warning"), "nulls": ("accepted", "ok"),
    "partial": ("no pods", "warning"),
}  # fmt: skip


@pytest.mark.parametrize(
    "fault", ["500", *(pytest.param(f, marks=pytest.mark.wide) for f in sorted(FAULTS) if f != "500")]
)
def test_what_is_wrong_at_runpod_is_an_error_and_hides_nothing_else(fault: str, run: Run, served: Served) -> None:
    served.faults(fault)
    found = checks(run("doctor", "--json"))
    words, verdict = FAULTS[fault]
    assert found["key"]["verdict"] == verdict
    assert words in found["key"]["text"]
    if fault not in ("nulls", "partial"):
        assert found["endpoint"]["verdict"] == "error"
    assert found["podtop"]["verdict"] == "ok"


@pytest.mark.wide
def test_an_endpoint_that_hangs_delays_it_by_seconds(run: Run, served: Served) -> None:
    served.faults("timeout")
    began = time.monotonic()
    found = checks(run("doctor", "--json"))
    assert time.monotonic() - began < 10
    assert "did not respond within 5 s" in found["endpoint"]["text"]
    assert "not verified" in found["key"]["text"]


def test_it_can_be_interrupted(environ: dict[str, str], served: Served) -> None:
    served.faults("timeout")
    process = quick.Process("doctor", env=environ)
    while not process.stdout.readline().startswith("✓ ok      network"):
        pass
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    rest = process.communicate()
    assert process.poll() == 130
    assert time.monotonic() - began < 3
    assert rest[1] == ""


# Without a key, a terminal, an output


def test_without_a_key_prices_are_still_requested(run: Run) -> None:
    found = checks(run("doctor", "--json", env={"RUNPOD_API_KEY": ""}))
    assert found["endpoint"]["verdict"] == "ok"
    assert found["key"]["verdict"] == "error"
    assert "no API key" in found["key"]["text"]
    assert "api_key_file" in found["key"]["advice"]


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_key_file_that_cannot_be_used_is_the_error_of_the_key_alone(name: str, run: Run, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "empty":
        path.write_text("")
    found = checks(run("doctor", "--json", "--api-key-file", str(path)))
    assert [check for check, item in found.items() if item["verdict"] == "error"] == ["key"]
    assert str(path) in found["key"]["text"]
    assert found["endpoint"]["verdict"] == "ok"


def test_invalid_settings_are_an_error_and_what_depends_on_them_is_not_checked(run: Run) -> None:
    found = checks(run("doctor", "--json", "--profile", "nowhere"))
    assert "nowhere" in found["config"]["text"]
    assert [check for check, item in found.items() if item["verdict"] == "error"] == ["config"]
    assert {check for check, item in found.items() if item["text"].startswith("not checked")} == {
        "recording", "notifications", "ssh", "network", "endpoint", "api", "clock", "key", "offers",
    }  # fmt: skip


def test_the_profile_decides(run: Run, served: Served, tmp_path: Path) -> None:
    folder = tmp_path / "podtop"
    folder.mkdir()
    (folder / "config.toml").write_text(f"[profiles.work]\napi_url = '{served.url}'\napi_key_file = '{tmp_path}/key'\n")
    (tmp_path / "key").write_text("demo-key")
    (tmp_path / "key").chmod(0o600)
    env = {"XDG_CONFIG_HOME": str(tmp_path), "PODTOP_API_URL": "", "RUNPOD_API_KEY": ""}
    done = run("doctor", "--json", "--profile", "work", env=env)
    assert checks(done)["key"]["text"].startswith(f"{tmp_path}/key (mode 600); accepted")
    assert json.loads(done.stdout)["profile"] == "work"
    done = run("doctor", "--json", "--profile", "work", env={**env, "RUNPOD_API_KEY": "wrong"})
    assert checks(done)["key"]["text"].startswith("RUNPOD_API_KEY, which overrides that of profile work; ")
    assert json.loads(done.stdout)["profile"] == "RUNPOD_API_KEY"


def test_all_that_is_wrong_with_settings_is_counted_and_a_file_that_is_named_must_exist(
    run: Run, tmp_path: Path
) -> None:
    done = run("doctor", "--json", env={"PODTOP_INTERVAL": "1", "PODTOP_MOUSE": "x"})
    assert checks(done)["config"]["text"] == (
        "PODTOP_INTERVAL: invalid value '1'; expected seconds, from 2 to 86400 (and 1 more)"
    )
    done = run("doctor", "--json", "--config", f"{tmp_path}/none.toml")
    assert checks(done)["config"]["text"].startswith(f"{tmp_path}/none.toml: no such file")


def test_the_demo_needs_no_network_and_leaves_nothing(tmp_path: Path) -> None:
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), str(tmp_path))
    done = quick.run("--demo", "doctor", "--json", env={**os.environ, **homes})
    found = checks(done)
    assert json.loads(done.stdout)["source"] == "demo"
    assert {found[name]["verdict"] for name in ("endpoint", "api", "clock", "key", "network")} == {"ok"}
    assert not list(tmp_path.iterdir())


def test_nothing_is_created_or_changed(run: Run, tmp_path: Path) -> None:
    state = tmp_path / "podtop"
    state.mkdir(mode=0o755)
    (state / "actions.jsonl").write_text("")
    (state / "actions.jsonl").chmod(0o644)
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), str(tmp_path))
    before = {path: path.stat() for path in (tmp_path, *tmp_path.rglob("*"))}
    assert "chmod 700" in checks(run("doctor", "--json", env=homes))["state"]["advice"]
    after = {path: path.stat() for path in (tmp_path, *tmp_path.rglob("*"))}
    assert {path: (stat.st_mode, stat.st_mtime_ns) for path, stat in before.items()} == {
        path: (stat.st_mode, stat.st_mtime_ns) for path, stat in after.items()
    }


@pytest.mark.parametrize("size", every(2, [(80, 24), (120, 40)]))
def test_in_a_terminal_lines_are_wrapped_below_their_text(size: tuple[int, int], environ: dict[str, str]) -> None:
    homes = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_STATE_HOME"), "/nowhere")
    terminal = podtop("--demo", "doctor", env={**environ, **homes, "TERM": "xterm-256color"}, size=size)
    terminal.wait_for("key           not needed")
    assert terminal.end() in (Exit.OK, Exit.PROBLEMS)
    shown = terminal.output.decode()
    assert f"TERM=xterm-256color, {size[0]}x{size[1]}" in shown
    assert all(len(line) <= size[0] for line in shown.splitlines())


@pytest.mark.wide
def test_in_ascii_all_of_it_is_ascii(run: Run) -> None:
    assert run("--ascii", "doctor").stdout.isascii()
    assert run("doctor", env={"PYTHONIOENCODING": "ascii"}).stdout.isascii()
    assert not run("doctor", env={"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}).stdout.isascii()


# Secrets


SOURCES: dict[str, Callable[[Path], dict[str, str]]] = {
    "the environment": lambda home: {"RUNPOD_API_KEY": KEY},
    "a file": lambda home: {"PODTOP_API_KEY_FILE": put(home / "key", KEY)},
    "a file that is wrong": lambda home: {"PODTOP_API_KEY_FILE": put(home / "key", f"{KEY}\n{KEY}")},
    "in place of a file": lambda home: {"PODTOP_API_KEY_FILE": KEY},
    "config.toml": lambda home: {"X": put(home / "podtop" / "config.toml", f"api_key = '{KEY}'")},
    "a wrong config.toml": lambda home: {"X": put(home / "podtop" / "config.toml", f"api_key = {KEY}")},
    "a profile": lambda home: {
        "X": put(home / "podtop" / "config.toml", f"profile = 'a'\n[profiles.a]\napi_key = '{KEY}'")
    },
    "another variable": lambda home: {
        "X": put(home / "podtop" / "config.toml", "api_key_env = 'MINE'"), "MINE": KEY,
    },
    "RunPod's own file": lambda home: {"X": put(home / ".runpod" / "config.toml", f"apikey = '{KEY}'")},
    "a proxy": lambda home: {"HTTPS_PROXY": "http://me:s3cret-word@127.0.0.1:9", "RUNPOD_API_KEY": KEY},
    "a wrong proxy": lambda home: {"HTTPS_PROXY": "ftp://me:s3cret-word@127.0.0.1:9", "RUNPOD_API_KEY": KEY},
    "the address": lambda home: {"PODTOP_API_URL": f"https://me:s3cret-word@127.0.0.1:9/?api_key={KEY}"},
    "a webhook": lambda home: {
        "X": put(
            home / "podtop" / "config.toml",
            "[notify]\nwebhook = 'https://127.0.0.1:9/hooks/s3cret-word'\n"
            f"webhook_token_file = '{put(home / 'token', 's3cret-word')}'\ncommand = ['/bin/s3cret-word', '{KEY}']",
        )
    },
}  # fmt: skip


def put(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


@pytest.mark.parametrize("source", every(3, SOURCES))
@pytest.mark.parametrize("form", [(), pytest.param(("--json",), marks=pytest.mark.wide)])
def test_no_secret_is_shown_wherever_it_is(source: str, form: tuple[str, ...], tmp_path: Path) -> None:
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), str(tmp_path))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PODTOP_", "RUNPOD_"))}
    env = {**clean, **homes, "PODTOP_API_URL": "https://127.0.0.1:9/graphql", **SOURCES[source](tmp_path)}
    done = quick.run("doctor", *form, env=env)
    assert done.returncode == Exit.PROBLEMS
    assert done.stderr == ""
    assert "key" in done.stdout
    for secret in (KEY, KEY[4:], "s3cret-word"):
        assert secret not in done.stdout


# Checks that fail or hang


async def found_of(subject: Subject) -> dict[str, str]:
    return {item.check: f"{item.verdict}: {item.text}" async for item in run.findings(subject)}


async def test_a_check_that_fails_hides_none_of_the_others(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(subject: Subject) -> Any:
        raise RuntimeError("rpa_THISISTHEKEY")

    monkeypatch.setattr(files, "state", fail)
    # The cloud cannot be opened either: that is an AssertionError, and no exception of an API.
    found = await found_of(examined())
    assert list(found) == CHECKS
    assert found["state"] == "error: the check failed (RuntimeError)"
    assert {found[name] for name in ("endpoint", "api", "clock", "key")} == {"error: the check failed (AssertionError)"}
    assert found["config"].startswith("ok")


async def test_a_directory_that_never_responds_is_an_error_and_delays_nothing_for_long(
    examined: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(subject: Subject) -> Any:
        time.sleep(3)

    monkeypatch.setattr(run, "LOCAL", 0.1)
    monkeypatch.setattr(run, "LEAST", 0.1)
    monkeypatch.setattr(settings, "version", hang)
    monkeypatch.setattr(files, "action_log", hang)
    began = time.monotonic()
    found = await found_of(examined(config=Config(), source=replace(examined().source, demo=True)))
    assert time.monotonic() - began < 2.5
    assert found["podtop"].startswith("error: no result within")
    assert found["action_log"].startswith("error: no result within")
    assert found["terminal"].startswith("ok")


async def test_a_tmux_that_never_responds_is_an_error_of_two_checks(
    examined: Examined, on_path: OnPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {**on_path("tmux", "sleep 5"), "TERM": "tmux", "TMUX": "/tmp/tmux,1,0"}
    monkeypatch.setattr(run, "LOCAL", 0.1)
    monkeypatch.setattr(run, "LEAST", 0.1)
    found = await found_of(examined("tmux", environ=environ, source=replace(examined().source, demo=True)))
    assert list(found) == CHECKS
    assert found["multiplexer"] == found["clipboard"] == "error: no result within 0.1 s"


async def test_a_response_that_podtop_fails_on_hides_none_of_the_others(tmp_path: Path) -> None:
    cloud = Account(tmp_path).cloud

    async def fail() -> Any:
        raise KeyError("rpa_THISISTHEKEY")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloud, "account", fail)
        found = await network.replies(cloud, "host", 5.0, with_key=True)
    assert found.account is not None
    assert str(found.account.error) == "podtop failed on the response (KeyError)."
    assert found.market is not None
    assert found.market.value.offers
    assert found.fleet is not None
    assert found.fleet.value.pods
    await cloud.aclose()


async def test_a_cloud_that_cannot_be_opened_in_time_ends_the_wait(
    examined: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "LOCAL", 0.1)
    subject = examined(source=replace(examined().source, open=lambda: time.sleep(1)))
    found = [finding async for _, finding in run._remote(subject)]
    assert {finding.text for finding in found} == {"no result within 0.1 s"}


async def test_work_apart_gives_its_result_and_raises_what_it_raises() -> None:
    from tui.system.apart import apart

    assert await apart(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        await apart(lambda: 1 / 0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await apart(lambda: time.sleep(0.1))
    await asyncio.sleep(0.15)
