"""`podtop completions`: completion of podtop's commands and flags for bash, zsh and fish, made from the parser."""

from __future__ import annotations

import argparse

from tui.commands.exit_codes import Exit
from tui.commands.stdio import write

FILES = ("--api-key-file", "--config", "--replay")
"""Flags that take a file."""


def show_completions(parser: argparse.ArgumentParser, shell: str) -> int:
    """Print a shell's completions; returns the exit code."""
    write(completions(parser, shell))
    return Exit.OK


def completions(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script for the shell."""
    import shtab

    for action in _actions(parser):
        if any(flag in FILES for flag in action.option_strings):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    return shtab.complete(parser, shell)


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """All flags of a parser, and its commands."""
    actions = []
    for action in parser._actions:
        actions.append(action)
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                actions += _actions(command)
    return actions
