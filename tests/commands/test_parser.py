"""The command line itself: examples that work, errors in plain words, and no flag that wins silently."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli import quick
from tests.commands.conftest import Run, Served
from tests.generate_manual import commands
from tests.variants import every
from tui.commands.argument_parser import Example, examples_of
from tui.commands.parser import parser
from tui.commands.plain_start import plain_options
from tui.commands.topics import TOPICS

TOP = parser()
PARSERS = {"podtop": TOP, **{command.prog: command for command in commands(TOP).values()}}
EXAMPLES = [example.line for each in PARSERS.values() for example in each.examples]


def words_of(line: str) -> list[str]:
    """The arguments of a line for a shell, without its redirection."""
    import shlex

    program, *words = shlex.split(line.partition(" > ")[0])
    assert program == "podtop"
    return words


def refused(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a line that is not understood."""
    with pytest.raises(SystemExit) as end:
        parser().parse_args(line.split())
    assert end.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    first, second = said.err.splitlines()
    assert first.startswith("podtop: ")
    assert second.startswith("See podtop ")
    assert second.endswith(" --help.")
    return said.err


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_is_understood(line: str) -> None:
    parser().parse_args(words_of(line))


@pytest.mark.parametrize("name", PARSERS)
def test_every_help_has_examples_of_its_own_a_topic_and_fits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    of = PARSERS[name]
    assert 2 <= len(of.examples) <= 4
    assert all(line.startswith(name) for line, _ in of.examples)
    assert of.topic[0] in (*TOPICS, "TOPIC")
    shown = of.format_help()
    assert "\nexamples:\n" in shown
    assert f"podtop help {of.topic[0]}" in shown
    code = [line for line, _ in of.examples]
    own = shown.partition("\nsettings ")[0].partition("\nfaults:")[0]
    assert [line for line in own.splitlines() if len(line) > 80 and line.strip() not in code] == []


def test_a_long_example_has_its_purpose_below() -> None:
    assert examples_of((Example("podtop once", "print"), Example("podtop " + "x" * 80, "long"))) == [
        "  podtop once  print", f"  podtop {'x' * 80}", "      long"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("onec", "unknown command 'onec'; did you mean once?"),
        ("xyzzy", "unknown command 'xyzzy'; podtop help lists the commands"),
        ("--thme dark once", "unknown flag --thme; did you mean --theme?"),
        ("--thme=dark", "unknown flag --thme; did you mean --theme?"),
        ("once --jsno", "unknown flag --jsno; did you mean --json?"),
        ("stop --yess pod", "unknown flag --yess; did you mean --yes?"),
        ("once --xyzzy", "unknown flag --xyzzy\n"),
        ("once --demo", "--demo goes before the command: podtop --demo once"),
        ("report --theme dark", "--theme goes before the command: podtop --theme NAME report"),
        ("report --replay latest", "--replay cannot be combined with a command"),
        ("record --at=14:30", "--at cannot be combined with a command"),
        ("--json once", "--json goes after the command: podtop once --json"),
        (
            "once podz",
            "WHAT: invalid value 'podz'; expected pods, market, account, hosts, alerts, runs; did you mean pods?",
        ),
        ("once pods more", "unexpected argument 'more'"),
        ("once --watch often", "--watch: invalid value 'often'; expected seconds from 2 to 86400"),
        ("once --json --csv", "--json and --csv cannot be combined"),
        ("stop", "missing argument: POD"),
        ("config", "missing one of: --path"),
        ("--demo=yes", "--demo takes no value"),
        ("--theme", "--theme needs a value"),
    ],
)
def test_a_mistake_is_named_with_what_was_meant(line: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert words in refused(line, capsys)


@pytest.mark.parametrize("number", ["0" * 5000 + "1d", "9" * 5000 + "d", "10000000000s", "99999999d"])
@pytest.mark.parametrize("flag", ["logs pod --since", "export --since", "report --since"])
def test_a_number_of_any_length_is_read_whole_or_refused(
    flag: str, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "invalid value" in refused(f"{flag} {number}", capsys)


KEY = "rpa_0123456789abcdefghijklmnop"


@pytest.mark.parametrize(
    "line",
    [f"--api-key {KEY} once", f"--api-key={KEY}", f"once --key {KEY}", KEY, f"once {KEY}", f"--{KEY}",
     f"--api-key-file {KEY} --api-key-file other", f"log --last {KEY}", f"help {KEY}"],
)  # fmt: skip
def test_what_looks_like_a_key_is_not_repeated(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert KEY not in refused(line, capsys)


@pytest.mark.parametrize("line", ["--\x1b[31mred", "once --\x1b]0;title\x07", "once \x9b2J"])
def test_nothing_that_was_typed_controls_the_terminal(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(line, capsys).replace("\n", "").isprintable()


def test_an_error_stays_short_whatever_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    for before in ("", "--", "once ", "log --last "):
        assert len(refused(before + "x" * 50_000, capsys)) < 1200


@pytest.mark.parametrize("line", ["--", "-- once"])
def test_two_dashes_alone_are_no_misspelt_flag(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    # Newer Pythons accept them: they end the flags.
    with suppress(SystemExit):
        parser().parse_args(line.split())
    assert "did you mean" not in capsys.readouterr().err


def test_the_value_of_an_unknown_flag_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    assert "hush" not in refused("--api-key hush once", capsys) + refused("--api-key=hush", capsys)


SELECTS = ("--api-key-file", "--api-url", "--log-level", "--interval", "--theme", "--replay", "--at")


@pytest.mark.parametrize("flag", SELECTS)
def test_a_flag_with_two_values_has_none_that_wins(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = f"{flag} was given twice, with different values: 'a' and 'b'"
    assert words in refused(f"{flag} a {flag} b", capsys)
    assert words in refused(f"{flag} a {flag}=b", capsys)
    if flag in commands(TOP)["record"]._option_string_actions:
        assert words in refused(f"{flag} a record {flag} b", capsys)
        assert words in refused(f"record {flag} a {flag} b", capsys)


def test_a_number_is_compared_as_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert parser().parse_args(["--seed", "3", "simulate", "--seed", "03"]).seed == 3
    assert "different values: 3 and 4" in refused("--seed 3 simulate --seed 4", capsys)


def test_credentials_of_an_address_are_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    said = refused("--api-url https://me:hush@one.test/ once --api-url https://two.test/", capsys)
    assert "hush" not in said
    assert "one.test" in said
    assert "two.test" in said


def test_the_same_value_twice_is_no_mistake() -> None:
    options = parser().parse_args(["--profile", "work", "once", "--profile", "work", "--profile", "work"])
    assert options.profile == "work"


def test_flags_before_the_command_hold_unless_it_has_its_own() -> None:
    options = parser().parse_args(["--profile", "work", "--seed", "3", "--quiet", "simulate", "--pods", "2"])
    assert (options.profile, options.seed, options.pods, options.quiet) == ("work", 3, 2, True)
    assert parser().parse_args([]).seed == 7
    assert parser().parse_args(["once", "-q"]).quiet


def test_faults_may_be_repeated() -> None:
    assert parser().parse_args(["simulate", "--fault", "429", "--fault", "503"]).fault == ["429", "503"]


def test_only_the_command_that_is_used_is_built() -> None:
    top = parser()
    (action,) = [action for action in top._actions if action.dest == "command"]
    top.parse_args(["log"])
    assert [name for name in action.choices or () if dict.get(action.choices, name)] == ["log"]  # type: ignore[arg-type]


def test_a_start_imports_nothing_for_help_or_errors() -> None:
    code = (
        "import sys; from tui.commands.parser import parser; parser().parse_args(['--demo']); "
        "print([n for n in ('difflib', 'tui.demo.faults', 'tui.config.writer') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_version_has_a_short_flag() -> None:
    short, long = quick.run("-V"), quick.run("--version")
    assert short.returncode == long.returncode == 0
    assert short.stdout == long.stdout
    assert short.stdout.startswith("podtop ")


ENDS = {
    "podtop": (2, "needs a terminal"),
    "podtop --demo": (2, "needs a terminal"),
    "podtop --profile work --read-only": (2, "needs a terminal"),
    "podtop market": (2, "needs a terminal"),
    "podtop account": (2, "needs a terminal"),
    "podtop --replay latest --at 2h": (2, "recording"),
    "podtop export --openmetrics --since 30d --output podtop.om": (2, "no recording in"),
    "podtop export --openmetrics --pods 'llama-*' > llama.om": (2, "no recording in"),
    "podtop notify": (3, "no notifications are set"),
    "podtop notify --test": (3, "no notifications are set"),
    "podtop report": (3, "no recording yet"),
    "podtop report --month --by gpu": (3, "no recording yet"),
    "podtop report --since 2026-11-23 --by day --markdown": (3, "no recording yet"),
    "podtop report --offline --json": (3, "no recording yet"),
    "podtop auto --arm qwen-eval-sweep": (6, "no rule stops it"),
    "podtop stop qwen-eval-sweep": (2, "add --yes"),
    "podtop resume dataset-prep": (2, "add --yes"),
    "podtop terminate qwen-eval-sweep": (2, "add --yes"),
    "podtop restart qwen-eval-sweep": (2, "add --yes"),
    "podtop lock-pod qwen-eval-sweep": (2, "add --yes"),
    "podtop unlock-pod qwen-eval-sweep": (0, "not locked on RunPod. Nothing to do."),
    "podtop unlock-pod qwen-eval-sweep --dry-run": (0, "not locked on RunPod. Nothing to do."),
    "podtop unlock-pod k3v9x0q2m1a7ze p8d2n5c1r4t6yw --yes": (0, "not locked on RunPod. Nothing to do."),
}
"""How examples end that need a terminal, a recording or settings, or find nothing to do."""

LASTING = (
    "podtop record",
    "podtop simulate",
    "--watch",
    "--follow",
    "podtop completions",
    "podtop doctor",
    "podtop resume m5n4",
    "podtop teams",
)
"""Those that end when they are stopped, and one that writes where it stands. Others are tried elsewhere, or depend on
how many GPUs the demo has free."""


@pytest.mark.parametrize("line", every(5, [line for line in EXAMPLES if not any(word in line for word in LASTING)]))
def test_an_example_works(line: str, run: Run, served: Served, tmp_path: Path) -> None:
    file = tmp_path / "podtop" / "config.toml"
    file.parent.mkdir()
    file.write_text(f'[profiles.work]\napi_url = "{served.url}"\napi_key_env = "RUNPOD_API_KEY"\n')
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    if "--init" in line:
        file.unlink()
    acts = ["--demo"] if "--yes" in line else []
    done = run(*acts, *words_of(line), env=env)
    code, words = ENDS.get(line, (0, ""))
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert done.stdout or code or words or words_of(line)[0] == "log"


@pytest.mark.parametrize("argv", [[], ["--demo"]])
def test_the_usual_start_has_the_options_that_the_grammar_gives_it(argv: list[str]) -> None:
    plain = plain_options(argv)
    assert plain is not None
    assert vars(plain) == vars(parser().parse_args(argv))
    assert plain_options([*argv, "--quiet"]) is None
