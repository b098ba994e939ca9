"""`podtop account`: for scripts, and as the first screen."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tests.cli import quick
from tests.cli.terminal import podtop


def account(url: str, *arguments: str, key: str = "demo-key") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "RUNPOD_API_KEY": key}
    return quick.run("--api-url", url, *arguments, env=env)


def test_json_is_that_of_once(url: str) -> None:
    done, same = account(url, "account", "--json"), account(url, "once", "account", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told, other = json.loads(done.stdout), json.loads(same.stdout)
    assert (told["podtop"], told["kind"], told["problems"]) == (1, "account", [])
    (item,) = told["items"]
    assert set(item) == set(other["items"][0])
    for name in ("charges", "top_ups", "credits", "templates", "bills_of_gpus", "bills", "earnings", "api_keys"):
        assert item[name], name
    assert item["balance_usd"] > 0
    for secret in ("hf_", "startScript", "exec /start.sh", "ssh-ed25519", "Dana", "key_01"):
        assert secret not in done.stdout


def test_a_refused_key_and_a_missing_one_are_told(url: str) -> None:
    refused = account(url, "account", "--json", key="wrong")
    assert (refused.returncode, refused.stdout) == (4, "")
    assert len(refused.stderr.splitlines()) == 1
    missing = account(url, "account", "--json", key="")
    assert missing.returncode == 2
    assert "no RunPod API key" in missing.stderr


@pytest.mark.wide
def test_without_a_flag_it_is_the_screen(url: str) -> None:
    terminal = podtop("--api-url", url, "account", env={"RUNPOD_API_KEY": "demo-key"})
    terminal.wait_for("Runs out")
    terminal.wait_for("Terminated")
    assert terminal.quit() == 0
