"""`podtop help`: the list of commands and topics, or one of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from tui.commands.exit_codes import Exit
from tui.commands.stdio import make_lenient, width_of_terminal, write
from tui.commands.topics import TOPICS, markdown, plain, source, summary


def show(parser: argparse.ArgumentParser, topic: str | None) -> int:
    """Print a topic, the help of a command, or the list; returns the exit code."""
    make_lenient(sys.stdout)
    width = min(plain.WIDEST, width_of_terminal(sys.stdout) or plain.WIDEST)
    commands = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    if topic is None:
        write(overview({action.dest: action.help or "" for action in commands._choices_actions}, width))
    elif topic in TOPICS:
        write(plain.render(markdown.parse(source(topic)), width))
    else:
        write(commands.choices[topic].format_help())
    return Exit.OK


def overview(commands: Mapping[str, str], width: int) -> str:
    """Return commands and topics, one line each. `commands`: a summary of each, by its name."""
    return plain.render(
        (
            markdown.Paragraph("Run `podtop` for the full screen, `podtop COMMAND --help` for a command."),
            markdown.Heading(2, "Commands"),
            markdown.Table((), tuple(commands.items())),
            markdown.Heading(2, "Topics (podtop help TOPIC)"),
            markdown.Table((), tuple((name, summary(name)) for name in TOPICS)),
        ),
        width,
    )
