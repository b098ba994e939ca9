"""`podtop help`: the list, a topic, a command, and a name that there is not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli import quick
from tests.generate_manual import commands
from tests.variants import every
from tui.commands.help import overview
from tui.commands.parser import parser
from tui.commands.topics import TOPICS, markdown, plain, source, summary
from tui.store.alert_kinds import KINDS


def podtop(*arguments: str) -> subprocess.CompletedProcess[str]:
    return quick.run(*arguments)


def test_it_lists_every_command_and_every_topic() -> None:
    done = podtop("help")
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    for name in commands(parser()):
        assert name in lines
    for name in TOPICS:
        assert summary(name)[:40] in done.stdout


@pytest.mark.parametrize("name", every(5, TOPICS))
def test_a_topic_is_printed_as_text(name: str) -> None:
    done = podtop("help", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == plain.render(markdown.parse(source(name)))


def test_a_command_that_is_no_topic_shows_its_help() -> None:
    done = podtop("help", "once")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: podtop once")


@pytest.mark.parametrize(("typed", "meant"), [("kyes", "keys"), ("lease", "leases"), ("termnate", "terminate")])
def test_a_name_that_is_not_there_gets_the_nearest_one(typed: str, meant: str) -> None:
    done = podtop("help", typed)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"no topic '{typed}'; did you mean {meant}?" in done.stderr


def test_a_name_like_no_other_gets_the_way_to_the_list() -> None:
    done = podtop("help", "xyzzy")
    assert done.returncode == 2
    assert "no topic 'xyzzy'; podtop help lists them" in done.stderr


def test_the_list_fits_a_narrow_terminal() -> None:
    assert all(len(line) <= 40 for line in overview({"once": "print once " * 6}, 40).splitlines())


def test_the_topic_of_alerts_has_them_all() -> None:
    first = next(block for block in markdown.parse(source("alerts")) if isinstance(block, markdown.Table))
    assert [row[0] for row in first.rows] == [f"`{kind.name}`" for kind in KINDS]


def test_other_commands_start_without_the_renderer() -> None:
    script = (
        "import sys, tui.cli; from tui.commands.parser import parser; parser(); "
        "print([n for n in sys.modules if n.startswith('tui.commands.topics.')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
