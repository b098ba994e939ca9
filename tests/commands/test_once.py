"""`podtop once` as a script sees it: its output, its exit code, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli import quick
from tests.cli.terminal import Terminal
from tests.commands.conftest import Run, Served
from tests.variants import every, first_of_each
from tui.commands.arguments import KINDS


def test_pods_are_a_table_without_being_asked(run: Run) -> None:
    done = run("once")
    assert (done.returncode, done.stderr) == (0, "")
    head, *rows = done.stdout.splitlines()
    assert head.split()[:4] == ["STATUS", "NAME", "ID", "GPU"]
    assert len(rows) == 6
    assert "\x1b" not in done.stdout
    assert run("once", "pods", "--table").stdout.splitlines()[0] == head


@pytest.mark.parametrize("kind", every(3, tuple(kind for kind in KINDS if kind != "runs")))
def test_each_kind_is_printed_in_each_form(kind: str, run: Run) -> None:
    document = json.loads(run("once", kind, "--json").stdout)
    assert (document["podtop"], document["kind"], document["source"]) == (1, kind, "simulated")
    rows = list(csv.DictReader(io.StringIO(run("once", kind, "--csv").stdout)))
    assert rows[0]["at"].endswith("Z")
    assert len(rows) == len(document["items"]) or kind == "account"


def test_the_filter_narrows_and_nothing_that_matches_is_a_code_of_its_own(run: Run) -> None:
    done = run("once", "--json", "--filter", "LLAMA h100")
    (item,) = json.loads(done.stdout)["items"]
    assert item["name"] == "llama-70b-pretrain"
    for form, expected in (("--json", '"items":[]'), ("--csv", "at,id,name"), ("--table", "")):
        nothing = run("once", form, "--filter", "no-such-thing")
        assert nothing.returncode == 3
        assert expected in nothing.stdout
        assert "no matching pods" in nothing.stderr


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    first_of_each(lambda case: case[1], [
        ("401", 4, "rejected the API key"),
        ("403", 4, "HTTP 403"),
        ("429", 5, "Too many requests"),
        ("503", 5, "server error"),
        ("reset", 5, "closed the connection"),
        ("truncated", 5, "cut short"),
        ("partial", 5, "no pod list"),
    ], values=3),
)  # fmt: skip
def test_every_failure_is_told_and_has_its_code(fault: str, code: int, words: str, run: Run, served: Served) -> None:
    served.faults(fault)
    done = run("once", "pods", "--json")
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_nobody_at_the_address_is_unreachable(run: Run) -> None:
    done = run("once", "--api-url", "http://127.0.0.1:9/graphql")
    assert done.returncode == 5
    assert "Cannot connect" in done.stderr


def test_the_market_needs_no_key_and_all_else_does(run: Run, environ: dict[str, str]) -> None:
    del environ["RUNPOD_API_KEY"]
    done = run("once", "market", "--filter", "h100 sxm", "--json")
    assert done.returncode == 0
    assert {item["name"] for item in json.loads(done.stdout)["items"]} == {"H100 SXM"}
    refused = run("once", "pods")
    assert refused.returncode == 2
    assert "RUNPOD_API_KEY" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        *every(
            3,
            [
                (["once", "nonsense"], "WHAT: invalid value 'nonsense'; expected pods, market"),
                (["once", "--watch", "1"], "expected seconds from 2"),
                (["once", "--watch", "often"], "expected seconds from 2"),
                (["once", "--json", "--csv"], "--json and --csv cannot be combined"),
                (["once", "account", "--filter", "x"], "--filter does not apply to the account"),
                (["once", "market", "--filter", "price<cheap"], "price< expects a number"),
                (["once", "pods", "--gpus", "2"], "--gpus applies to the market: podtop once market --gpus ..."),
                (["once", "market", "--gpus", "0"], "--gpus: invalid value '0'; expected 1 to 100"),
                (["once", "--api-url", "http://example.com/graphql"], "http on loopback only"),
            ],
            values=2,
        ),
    ],
)
def test_bad_usage_is_named(arguments: list[str], words: str, run: Run) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_it_works_on_the_demo_and_says_so(run: Run) -> None:
    done = run("--demo", "once", "pods", "--json", env={"RUNPOD_API_KEY": "", "PODTOP_API_URL": ""})
    assert done.returncode == 0
    assert json.loads(done.stdout)["source"] == "demo"
    assert not list(Path(os.environ["XDG_STATE_HOME"]).rglob("*"))


def watching(environ: dict[str, str], *arguments: str) -> quick.Process:
    return quick.Process("once", *arguments, env=environ)


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.wide)])
def test_a_watch_prints_a_document_a_line_until_told_to_end(number: int, environ: dict[str, str]) -> None:
    process = watching(environ, "--json", "--watch", "2", "--filter", "llama")
    first, second = (json.loads(process.stdout.readline()) for _ in range(2))
    assert first["at"] < second["at"]
    process.send_signal(number)
    rest, said = process.communicate()
    assert (process.wait(), said) == (0, "")
    assert not rest or json.loads(rest)


@pytest.mark.wide
def test_a_watch_in_csv_has_one_header(environ: dict[str, str]) -> None:
    process = watching(environ, "--csv", "--watch", "2", "--filter", "llama")
    lines = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert lines[0].startswith("at,id,")
    assert all("llama-70b-pretrain" in line for line in lines[1:])


@pytest.mark.wide
def test_a_watch_outlives_trouble_and_ends_when_the_key_is_refused(environ: dict[str, str], served: Served) -> None:
    served.faults("503")
    process = watching(environ, "--json", "--watch", "2")
    assert "Retrying" in process.stderr.readline()
    served.faults()
    assert json.loads(process.stdout.readline())["total"] == 6
    served.faults("401")
    assert process.wait() == 4
    assert "rejected the API key" in process.stderr.read()
    process.communicate()


def test_a_single_question_that_is_interrupted_tells_the_signal(environ: dict[str, str], served: Served) -> None:
    served.faults("timeout")
    process = watching(environ, "--json")
    until = time.monotonic() + 20
    while time.monotonic() < until and not _handles(process.pid, signal.SIGTERM):
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    out, said = process.communicate()
    assert (process.wait(), out, said) == (128 + signal.SIGTERM, "", "")


def _handles(pid: int, number: int) -> bool:
    """Whether a process has come so far as to see to this signal itself."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(caught >> (number - 1) & 1)


@pytest.mark.wide
@pytest.mark.parametrize(
    "arguments",
    ["once --csv --watch 2", *(pytest.param(f"once market{form}", marks=pytest.mark.wide) for form in ("", " --json"))],
)
def test_a_reader_that_has_enough_is_no_trouble(arguments: str, environ: dict[str, str]) -> None:
    command = f"{sys.executable} -m tui {arguments} | head -c 5; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=environ, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout) == 5


@pytest.mark.wide  # in a fork it is tried for every command
def test_an_output_that_cannot_be_written_is_told(environ: dict[str, str]) -> None:
    for where, words in ((">/dev/full", "No space left"), (">&-", "the output is closed")):
        command = f"{sys.executable} -m tui once {where}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=environ)
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_a_terminal_without_unicode_gets_question_marks(run: Run) -> None:
    done = run("once", "--filter", "llama", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    as_json = run("once", "--json", env={"PYTHONIOENCODING": "latin-1"})
    assert json.loads(as_json.stdout)["total"] == 6


@pytest.mark.parametrize("width", [50, *(pytest.param(width, marks=pytest.mark.wide) for width in (80, 200))])
def test_on_a_terminal_the_table_fits_and_has_no_colour(width: int, environ: dict[str, str]) -> None:
    terminal = Terminal(["once"], size=(width, 24), env=environ, quickly=True)
    assert terminal.end() == 0
    lines = terminal.output.decode().splitlines()
    assert len(lines) == 7
    assert all(len(line) <= width for line in lines)
    assert b"\x1b" not in terminal.output


@pytest.mark.wide
def test_a_crash_is_one_line_and_a_log(tmp_path: Path, run: Run) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import tui.store.fleet as f\n"
        "def broken(self, *a, **k): raise ZeroDivisionError('demo-key')\n"
        "f.Fleet.apply = broken\n"
    )
    done = run("once", env={"PYTHONPATH": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}, starts=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("podtop: crashed: ZeroDivisionError")
    assert "demo-key" not in done.stderr + (tmp_path / "podtop" / "podtop.log").read_text()


# A demo has no recorded runs, which is no success.
ALL = [
    *(["once", kind] for kind in KINDS if kind != "runs"),
    ["stop", "k3v9x0q2m1a7ze", "--yes"],
    ["completions", "bash"],
]


def test_no_command_for_scripts_brings_a_screen_along() -> None:
    code = (
        "import sys\n"
        "from tui.cli import main\n"
        f"for arguments in {ALL!r}:\n"
        "    code = main(['--demo', *arguments])\n"
        "    found = {name.partition('.')[0] for name in sys.modules} & {'textual', 'rich', 'plotext'}\n"
        "    assert code == 0 and not found, (arguments, code, found)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_profile_is_told_and_used_by_every_command(run: Run, served: Served, tmp_path: Path) -> None:
    file = tmp_path / "podtop" / "config.toml"
    file.parent.mkdir()
    file.write_text(f'[profiles.work]\napi_url = "{served.url}"\napi_key_env = "WORK_KEY"\nread_only = true\n')
    env = {"XDG_CONFIG_HOME": str(tmp_path), "WORK_KEY": "demo-key", "PODTOP_API_URL": "", "RUNPOD_API_KEY": ""}
    document = json.loads(run("--profile", "work", "once", "account", "--json", env=env).stdout)
    assert (document["source"], document["profile"]) == ("simulated", "work")
    assert "profile" not in json.loads(run("--demo", "--profile", "work", "once", "account", "--json", env=env).stdout)
    refused = run("stop", "--profile", "work", "qwen-eval-sweep", "--yes", env=env)
    assert refused.returncode == 6
    assert "read-only" in refused.stderr
    unknown = run("--profile", "wrk", "stop", "qwen-eval-sweep", "--yes", env=env)
    assert unknown.returncode == 2
    assert "did you mean work? Profiles: work" in unknown.stderr
    assert run("record", "--profile", "wrk", env=env).returncode == 2


def test_pods_of_another_key_are_not_called_by_the_profile(run: Run, served: Served, tmp_path: Path) -> None:
    file = tmp_path / "podtop" / "config.toml"
    file.parent.mkdir()
    file.write_text('[profiles.work]\napi_key_env = "WORK_KEY"\n')
    env = {"XDG_CONFIG_HOME": str(tmp_path), "WORK_KEY": "rpa_bad", "RUNPOD_API_KEY": "demo-key"}
    done = run("--profile", "work", "once", "--json", env=env)
    assert "RUNPOD_API_KEY overrides the API key of profile work; unset it" in done.stderr
    assert json.loads(done.stdout)["profile"] == "RUNPOD_API_KEY"
    assert run("--profile", "work", "once", "--json", env={**env, "RUNPOD_API_KEY": ""}).returncode == 4


def test_whose_pods_a_command_acts_on_is_told_also_quietly(run: Run, served: Served, tmp_path: Path) -> None:
    file, key = tmp_path / "podtop" / "config.toml", tmp_path / "key"
    file.parent.mkdir()
    file.write_text('[profiles.work]\napi_key_env = "WORK_KEY"\n')
    key.write_text("demo-key")
    key.chmod(0o600)
    env = {"XDG_CONFIG_HOME": str(tmp_path), "WORK_KEY": "rpa_bad"}
    for name, flags, around in (
        ("RUNPOD_API_KEY", [], {"RUNPOD_API_KEY": "demo-key"}),
        ("--api-key-file", ["--api-key-file", str(key)], {"RUNPOD_API_KEY": ""}),
    ):
        done = run("--profile", "work", "stop", "no-such-pod", "--yes", "--quiet", *flags, env={**env, **around})
        assert done.returncode == 3
        assert f"{name} overrides the API key of profile work" in done.stderr
        shown = run("--profile", "work", "stop", "qwen-eval-sweep", "--dry-run", *flags, env={**env, **around})
        assert f"  account that of {name}, not profile work\n" in shown.stderr
    own = run("--profile", "work", "stop", "qwen-eval-sweep", "--dry-run", env={**env, "WORK_KEY": "demo-key"})
    assert "  account work\n" in own.stderr


def test_quietly_an_empty_result_is_told_by_its_code_alone(run: Run, served: Served) -> None:
    done = run("once", "--quiet", "--filter", "no-such-thing")
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
    assert len(run("--quiet", "once").stdout.splitlines()) == 7
    served.faults("503")
    failed = run("once", "-q")
    assert failed.returncode == 5
    assert failed.stderr


@pytest.mark.wide
def test_quietly_a_warning_is_not_said_and_no_color_is_accepted(run: Run, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("demo-key")
    key.chmod(0o644)
    loud, quiet = (run("once", "--api-key-file", str(key), "--no-color", *more) for more in ((), ("-q",)))
    assert "warning" not in quiet.stderr
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert loud.stderr
    assert loud.returncode == 0
