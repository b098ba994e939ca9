"""`podtop market`: for scripts, and on the screen without a key."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys

import pytest

from tests.cli import quick
from tests.cli.terminal import podtop


def market(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "RUNPOD_API_KEY"}
    return quick.run("--api-url", url, "market", *arguments, env=env)


FLAGS = ("--gpus", "2", "--cloud", "secure", "--filter", "h100 vram>=80", "--sort", "vram")


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_the_market_is_printed_by_one_code(url: str, form: str) -> None:
    own, once = (quick.run("--api-url", url, *words, form, *FLAGS) for words in (("market",), ("once", "market")))
    assert own.returncode == once.returncode == 0
    when = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    assert when.sub("", own.stdout) == when.sub("", once.stdout) != own.stdout


def test_json_has_a_version_the_filters_and_what_can_be_rented(url: str) -> None:
    done = market(url, "--json", "--gpus", "2", "--cloud", "secure", "--filter", "h100 vram>=80")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["podtop"], told["kind"], told["filters"]) == (1, "market", ["gpus=2", "cloud=secure"])
    assert told["total"] > len(told["items"])
    assert told["problems"] == []
    assert told["items"]
    for item in told["items"]:
        assert "H100" in item["name"]
        assert (item["gpu_count"], item["cloud"]) == (2, "secure")
        assert item["price_per_hr"] == pytest.approx(2 * item["price_per_gpu_hr"])
    prices = [item["price_per_gpu_hr"] for item in told["items"]]
    assert prices == sorted(prices)


def test_csv_has_a_line_for_each_cloud(url: str) -> None:
    done = market(url, "--csv", "--filter", "rtx 4090")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert done.returncode == 0
    assert {row["name"] for row in rows} == {"RTX 4090"}
    assert {row["cloud"] for row in rows} <= {"secure", "community"}
    assert len(done.stdout.splitlines()) == len(rows) + 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--json", "--filter", "price<0.001"), 3, ""),
        (("--json", "--gpus", "0"), 2, "--gpus: invalid value '0'; expected 1 to 100"),
        (("--json", "--gpus", "2 country=SE"), 2, "--gpus: invalid value '2 country=SE'"),
        (("--json", "--filter", "vram>=x"), 2, "vram>= expects a number"),
        (("--csv", "--sort", "colour"), 2, "--sort: invalid value 'colour'; expected cheapest, price"),
        (("--json", "--csv"), 2, "cannot be combined"),
        (("--gpus", "2"), 2, "--gpus requires --json or --csv"),
        ((), 2, "needs a terminal"),
    ],
)
def test_exit_codes_and_words(url: str, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = market(url, *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_no_answer_is_told_in_a_line() -> None:
    done = market("http://127.0.0.1:1/graphql", "--json")
    assert done.returncode == 5
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.wide
def test_a_reader_that_leaves_early_is_no_crash(url: str) -> None:
    argv = f"{sys.executable} -m tui --api-url {url} market --csv | head -1"
    done = subprocess.run(argv, shell=True, capture_output=True, text=True, check=False, timeout=30)
    assert done.stdout.startswith("at,gpu_id,")
    assert done.stderr == ""


def test_it_imports_no_screen() -> None:
    code = "import tui.commands.market, sys; print([m for m in ('textual', 'rich', 'plotext') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_screen_needs_no_key(url: str) -> None:
    terminal = podtop("--api-url", url, "market", env={"RUNPOD_API_KEY": ""})
    terminal.wait_for("no API key: prices only")
    terminal.wait_for("GPUs  46")
    terminal.wait_for("live")
    terminal.type("1")
    terminal.wait_for("No API key")
    terminal.type("2D")
    terminal.wait_for("podtop shows prices only")
    assert terminal.quit() == 0
