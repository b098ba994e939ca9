"""Completions and the manual: made from the parser, whole, and read by what they are made for."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import tui.commands
from tests.commands.conftest import PODTOP
from tests.generate_manual import commands, manual, text
from tui.commands.arguments import KINDS, SHELLS
from tui.commands.completions import completions
from tui.commands.exit_codes import MEANINGS, Exit
from tui.commands.parser import parser
from tui.commands.printer import ITEMS
from tui.config.fields import fields
from tui.config.settings import Settings

PAGE = Path(tui.commands.__file__).parent / "podtop.1"


def flags(of: argparse.ArgumentParser) -> set[str]:
    return {flag for action in of._actions for flag in action.option_strings if flag.startswith("--")}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_flag_is_completed(shell: str) -> None:
    made = completions(parser(), shell)
    for name, command in commands(parser()).items():
        assert name in made
        for flag in flags(command):
            assert flag.removeprefix("--") in made, (name, flag)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_reads_them(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    (tmp_path / "made").write_text(completions(parser(), shell))
    done = subprocess.run([program, "-n", tmp_path / "made"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["once", ""], set(KINDS)),
        (["st"], {"stop"}),
        (["--demo", "once", "al"], {"alerts"}),
        (["stop", "--y"], {"--yes"}),
        (["once", "--w"], {"--watch"}),
        (["completions", ""], set(SHELLS)),
        (["help", "ke"], {"keys"}),
    ],
)
def test_bash_completes(words: list[str], offered: set[str], tmp_path: Path) -> None:
    (tmp_path / "made").write_text(completions(parser(), "bash"))
    typed = " ".join(f"'{word}'" for word in ("podtop", *words))
    script = (
        f"source {tmp_path}/made; COMP_WORDS=({typed}); COMP_CWORD={len(words)}; "
        'f=$(complete -p podtop | sed "s/.*-F \\([^ ]*\\).*/\\1/"); $f; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == offered


@pytest.mark.wide
def test_the_command_prints_them_whole() -> None:
    done = subprocess.run([*PODTOP, "completions", "bash"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == completions(parser(), "bash")
    wrong = subprocess.run([*PODTOP, "completions", "tcsh"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    closed = subprocess.run(
        ["bash", "-c", f"{' '.join(PODTOP)} completions bash | head -c 3"], capture_output=True, text=True, check=False
    )
    assert closed.stderr == ""


def test_the_manual_is_that_of_this_parser() -> None:
    made = manual(parser())
    assert PAGE.read_text() == made, "make it anew: python -m tests.generate_manual > tui/commands/podtop.1"


@pytest.mark.wide
def test_the_manual_tells_all_there_is() -> None:
    page = PAGE.read_text().replace("\\-", "-").replace("\\(aq", "'")
    plain = page.replace("\\fB", " ")
    for name, command in commands(parser()).items():
        assert f'"podtop {name}"' in page
        for flag in flags(command) | flags(parser()):
            assert f"\\fB{flag}\\fR" in page
    for code in Exit:
        assert f"\\fB{int(code)}\\fR\n{MEANINGS[code]}" in page
    for setting in fields(Settings).values():
        assert setting.variable is None or setting.variable in page
    for item in ITEMS.values():
        assert all(re.search(rf"\b{name}\b", plain) for name in item.__struct_fields__)


def test_words_mean_nothing_to_troff() -> None:
    assert text(".hidden") == "\\&.hidden"
    assert text("'quoted'") == "\\&\\(aqquoted\\(aq"
    assert text("a-b\\c`d") == "a\\-b\\ec\\(gad"


def test_groff_has_nothing_to_say_against_it() -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("there is no groff here")
    done = subprocess.run([groff, "-man", "-Tutf8", "-ww", "-z", PAGE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_exit_code_has_its_meaning() -> None:
    assert set(MEANINGS) == set(Exit)
