"""Pods, GPU types, profiles and themes completed from what podtop recorded last: in real shells, without requests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.acting import NOON
from tests.cli import quick
from tests.cli.terminal import Terminal
from tests.make import market, offer, pod, snapshot
from tests.variants import wide
from tui.api.addresses import RUNPOD, file_name, profile_name
from tui.api.models import Pod, Quote
from tui.commands.arguments import SHELLS
from tui.commands.completions import THEMES, completions
from tui.commands.parser import parser
from tui.commands.recorded import FLAG, WORDS
from tui.config import settings as defaults
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Priced, Writer
from tui.storage.account_file import AccountFile, KnownAccount

HOSTILE = (
    "$(touch pwned)",
    "`id`",
    "a;b",
    "a'b",
    'a"b',
    "a\nb",
    "-rf",
    "~root",
    "a*",
    "a\\b",
    "!x",
    "\x1b[31m",
    "a:b",
)
"""Names that no shell gets to see; their pods are completed by their ids."""


def recorded(name: str, *pods: Pod, at: float = NOON, offers: Sequence[str] = ()) -> Path:
    path = Path(os.environ["XDG_STATE_HOME"]) / "podtop" / "archive" / f"{name}.sqlite"
    writer = Writer(connect(path, write=True), at, silence=180.0, origin="here")
    if pods:
        writer.write([Polled(at, snapshot(*pods), ())])
    if offers:
        writer.write([Priced(at, market(*(offer(name, Quote(1.0, 0.5, "High")) for name in offers)))])
    writer.close()
    os.utime(path, (at, at))
    return path


def of_profile(profile: str, account: str, url: str = RUNPOD) -> str:
    """What podtop keeps of a profile that it watched; returns the name of the account's recording."""
    file = Path(os.environ["XDG_STATE_HOME"]) / "podtop" / "accounts.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    AccountFile(file).put(profile_name(url, profile), KnownAccount(account, NOON))
    return file_name(url, account)


def settings(text: str) -> None:
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "podtop" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def words(kind: str, *typed: str) -> list[str]:
    done = quick.run(FLAG, kind, *typed)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_pods_are_completed_by_name_and_id() -> None:
    recorded("a", pod("p1", name="llama train"), pod("p2", name="qwen"))
    assert words("pods") == ["llama train", "qwen", "p1", "p2"]


def test_a_name_of_several_pods_or_of_a_pod_and_an_id_is_left_out() -> None:
    recorded("a", pod("p1", name="train"), pod("p2", name="train"), pod("p3", name="p1"), pod("p4", name="one"))
    assert words("pods") == ["one", "p1", "p2", "p3", "p4"]


def test_a_pod_that_is_gone_is_left_out() -> None:
    path = recorded("a", pod("p1", name="old"), pod("p2", name="new"))
    writer = Writer(connect(path, write=True), NOON + 5, silence=180.0, origin="here")
    writer.write([Polled(NOON + 5, snapshot(pod("p2", name="newer")), ())])
    writer.close()
    assert words("pods") == ["newer", "p2"]


def test_hostile_names_are_left_out() -> None:
    recorded("a", *(pod(f"p{n}", name=name) for n, name in enumerate(HOSTILE)), pod("q", name="good"))
    assert words("pods") == ["good", *(f"p{n}" for n in range(len(HOSTILE))), "q"]


def test_the_newest_recording_that_has_any_is_read() -> None:
    recorded("old", pod("p1", name="old"), offers=("H100 SXM",))
    recorded("new", pod("p2", name="new"), at=NOON + 3600)
    recorded("market", at=NOON + 7200, offers=("A40", "RTX 4090"))
    assert words("pods") == ["new", "p2"]
    assert words("gpus") == ["A40", "RTX 4090"]


def test_pods_are_those_of_the_profile_that_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings('[profiles.work]\n[profiles.lab]\napi_url = "https://lab.example/v2"\n[profiles.new]\n')
    recorded(of_profile("work", "u1"), pod("p1", name="of-work"))
    recorded(of_profile("lab", "u2", "https://lab.example/graphql"), pod("p2", name="of-lab"), at=NOON + 3600)
    assert words("pods") == ["of-lab", "p2"]
    for flags in ("--profile work", "--profile=work", "--profile = work", "--profile lab --profile work"):
        assert words("pods", "podtop", *flags.split(), "stop", "") == ["of-work", "p1"], flags
    assert words("pods", "podtop", "stop", "--profile", "lab") == ["of-lab", "p2"]
    assert words("pods", "podtop", "--profile", "new", "stop") == [], "pods of another account are none of its"
    monkeypatch.setenv("PODTOP_PROFILE", "work")
    assert words("pods") == ["of-work", "p1"]
    assert words("pods", "podtop", "--profile", "lab") == ["of-lab", "p2"]


def test_pods_are_those_of_the_profile_in_the_settings_and_of_the_typed_file(tmp_path: Path) -> None:
    settings('profile = "work"\n[profiles.work]\n')
    recorded(of_profile("work", "u1"), pod("p1", name="of-work"))
    recorded(of_profile("lab", "u2"), pod("p2", name="of-lab"), at=NOON + 3600)
    assert words("pods", "podtop", "stop") == ["of-work", "p1"]
    (tmp_path / "other.toml").write_text('profile = "lab"\n[profiles.lab]\n')
    typed = ["podtop", "--config", str(tmp_path / "other.toml")]
    assert words("pods", *typed, "stop") == ["of-lab", "p2"]
    assert words("profiles", *typed) == ["lab"]


def test_a_key_that_overrides_the_profile_decides_whose_pods_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    settings('[profiles.work]\napi_key_env = "WORK_KEY"\n')
    recorded(of_profile("work", "u1"), pod("p1", name="of-work"))
    recorded(of_profile("RUNPOD_API_KEY", "u2"), pod("p2", name="of-key"))
    assert words("pods", "--profile", "work") == ["of-work", "p1"]
    monkeypatch.setenv("RUNPOD_API_KEY", "rpa_other")
    assert words("pods", "--profile", "work") == ["of-key", "p2"]


def test_profiles_are_those_of_the_settings() -> None:
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "podtop" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('[profiles.work]\n[profiles."$(id)"]\n[profiles.lab-2]\n')
    assert words("profiles") == ["work", "lab-2"]


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_settings_that_never_end_complete_nothing(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setenv("PODTOP_CONFIG", str(pipe) if kind == "pipe" else "/dev/zero")
    assert words("profiles") == []


@pytest.mark.parametrize("kind", [*WORDS, "nonsense", ""])
def test_where_there_is_nothing_it_is_silent(kind: str) -> None:
    assert words(kind) == []


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + bytes(200)])
def test_what_cannot_be_read_is_silent(content: bytes) -> None:
    path = recorded("a", pod("p1"))
    path.write_bytes(content)
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "podtop" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"\xff[")
    assert [words(kind) for kind in WORDS] == [[], [], []]


def test_no_kind_and_a_closed_output_are_silent() -> None:
    assert (quick.run(FLAG).returncode, quick.run(FLAG).stdout) == (0, "")


def test_its_default_address_is_that_of_the_settings() -> None:
    assert RUNPOD == defaults.API_URL


def test_no_help_lists_it() -> None:
    assert FLAG not in parser().format_help()


def test_it_imports_neither_the_network_nor_the_settings() -> None:
    recorded("a", pod("p1"))
    code = (
        "import sys; from tui.__main__ import main; sys.argv = ['podtop', '--complete', 'pods']; main(); "
        "print([n for n in ('httpx', 'textual', 'asyncio', 'msgspec', 'argparse', 'tui.cli') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n[]\n")


def test_the_themes_are_podtops_own() -> None:
    from tui.ui.themes import OWN

    assert set(THEMES) == {theme.name for theme in OWN}


# In shells


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which `podtop` is this podtop, with something recorded."""
    recorded(
        "a", pod("k3v9", name="llama-70b"), pod("z1x2", name="two words"), pod("m5n4", name="$(touch pwned)"),
        offers=("RTX 4090", "H100 SXM"),
    )  # fmt: skip
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "podtop" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("[profiles.work]\n[profiles.lab]\n")
    recorded(of_profile("lab", "u2"), pod("lab1", name="lab-pod"), at=NOON - 3600)
    command = quick.command(tmp_path / "bin" / "podtop")
    for name in SHELLS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "_podtop").write_text(completions(parser(), name))
    return {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}


BASH = [
    (["stop", "lla"], ["llama-70b"]),
    wide((["stop", "llama-70b", "z"], ["z1x2"]), 2),
    (["resume", "two"], ["two\\ words"]),
    wide((["terminate", "two\\ w"], ["two\\ words"]), 2),
    wide((["stop", '"two w'], ["two words"]), 2),
    wide((["stop", "m"], ["m5n4"]), 2),
    (["stop", "$"], []),
    wide((["log", "--pod", "k"], ["k3v9"]), 2),
    (["--profile", "w"], ["work"]),
    (["--profile", "lab", "stop", "l"], ["lab-pod", "lab1"]),
    wide((["stop", "--profile", "lab", "l"], ["lab-pod", "lab1"]), 2),
    wide((["once", "--profile", ""], ["work", "lab"]), 2),
    wide((["market", "--filter", "RTX"], ["RTX\\ 4090"]), 2),
    wide((["--theme", "podtop-l"], ["podtop-light"]), 2),
]


@pytest.mark.parametrize(("typed", "offered"), BASH)
def test_bash_completes_what_was_recorded(
    typed: list[str], offered: list[str], shell: dict[str, str], tmp_path: Path
) -> None:
    script = (
        'source "$1"; shift; COMP_WORDS=(podtop "$@"); COMP_CWORD=$#; '
        'f=$(complete -p podtop | sed "s/.*-F \\([^ ]*\\).*/\\1/"); $f; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", str(tmp_path / "bash" / "_podtop"), *typed],
        capture_output=True, text=True, check=True, env=shell, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout.splitlines() == (offered or [""])
    assert not (tmp_path / "pwned").exists()


@pytest.mark.wide
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("podtop stop ", {"llama-70b", "two words", "k3v9", "z1x2", "m5n4"}),
        ("podtop --profile ", {"work", "lab"}),
        ("podtop --profile lab stop ", {"lab-pod", "lab1"}),
        wide(("podtop stop k3v9 two", {"two words"}), 2),
        wide(("podtop log --pod lla", {"llama-70b"}), 2),
        wide(("podtop once --filter H", {"H100 SXM"}), 2),
        wide(("podtop --theme podtop-da", {"podtop-dark"}), 2),
    ],
)
def test_fish_completes_what_was_recorded(typed: str, offered: set[str], shell: dict[str, str], tmp_path: Path) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("there is no fish here")
    done = subprocess.run(
        [fish, "--no-config", "-c", f"source {tmp_path}/fish/_podtop; complete -C '{typed}'"],
        capture_output=True, text=True, check=True, env=shell, cwd=tmp_path,
    )  # fmt: skip
    assert {line.partition("\t")[0].replace("\\ ", " ") for line in done.stdout.splitlines()} == offered


@pytest.mark.wide
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("podtop stop lla", "podtop stop llama-70b"),
        ("podtop stop k3v9 tw", "podtop stop k3v9 two\\ words"),
        ("podtop resume m", "podtop resume m5n4"),
        ("podtop log --pod k", "podtop log --pod k3v9"),
        ("podtop --profile wo", "podtop --profile work"),
        ("podtop --profile lab stop lab-", "podtop --profile lab stop lab-pod"),
        ("true; podtop --profile 'lab' stop lab-", "true; podtop --profile 'lab' stop lab-pod"),
        ("podtop market --filter RT", "podtop market --filter RTX\\ 4090"),
        ("podtop --theme podtop-da", "podtop --theme podtop-dark"),
    ],
)
def test_zsh_completes_what_was_recorded(typed: str, completed: str, shell: dict[str, str], tmp_path: Path) -> None:
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("there is no zsh here")
    (tmp_path / ".zshrc").write_text(
        f"fpath=({tmp_path}/zsh $fpath); autoload -Uz compinit; compinit -u -d {tmp_path}/dump\n"
        "PROMPT='> '; print READY\n"
    )
    terminal = Terminal([zsh, "-i"], env={**shell, "ZDOTDIR": str(tmp_path)}, cwd=str(tmp_path))
    terminal.wait_for("READY\n>")
    terminal.type(f"{typed}\t")
    terminal.wait_for(f"> {completed}")
    terminal.type("\x15exit\n")
    assert terminal.wait() == 0
    assert not (tmp_path / "pwned").exists()
