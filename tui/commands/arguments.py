"""The commands for scripts and what each accepts. Part of every start, so it imports next to nothing."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.actions import ACTIONS

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

KINDS = ("pods", "market", "account", "hosts", "alerts")
FORMATS = ("json", "csv", "table")
SHELLS = ("bash", "zsh", "fish")
CONFIG = {
    "path": "print where config.toml is, or would be",
    "init": "write a config.toml with every setting explained; one that is there stays as it is",
    "check": "tell all that is wrong with config.toml; 0 without errors, else 2",
    "schema": "print the JSON schema of config.toml, for editors",
    "keys": "list all keys with their ids, as the keymap changes them",
}
"""What `podtop config` does."""

MARKET_FLAGS = (
    ("--gpus", "N", "so many GPUs in one pod (1)"),
    ("--cloud", "NAME", "secure or community; both without it"),
    ("--disk", "GB", "with so much disk in all"),
    ("--memory", "GB", "with so much memory at least"),
    ("--vcpus", "N", "with so many vCPUs at least"),
    ("--down", "MBIT", "with so much download at least"),
    ("--up", "MBIT", "with so much upload at least"),
    ("--country", "XX", "in a country, by its two letters"),
    ("--ip", "YES", "yes: with a public IP; no: without"),
    ("--sort", "COLUMN", "price, spot, vram, stock, name, per_gb, rented, max ..."),
)
"""What is asked of the market, as it is typed on the screen, and the order of the answer."""

SETTINGS = "What stands in config.toml: see SETTINGS in podtop(1)."
ACTS = tuple(action.id for action in ACTIONS if action.command)
COMMANDS = ("once", *ACTS)
"""Those that ask RunPod."""

_EXIT_CODES = "podtop(1) and the README list the exit codes."


class _Explaining(argparse.HelpFormatter):
    """Tells the settings in place of their one sentence, when help is asked for and not before."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text != SETTINGS:
            return super()._fill_text(text, width, indent)
        from tui.config.writer import explained

        return f"settings {explained()}".rstrip("\n")


def seconds(text: str) -> float:
    """Seconds between two questions: no more often than the full screen may ask."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 2 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not accepted; it takes seconds, from 2 to 86400")
    return value


def add_market_flags(to: argparse.ArgumentParser, before: str = "") -> None:
    """Add what narrows the market at RunPod, and sorts it. `before`: what the help of each begins with."""
    for flag, metavar, words in MARKET_FLAGS:
        to.add_argument(flag, metavar=metavar, help=f"{before}{words}")


def add_commands(to: Commands, connection: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the commands. `connection` adds what tells whom to ask."""
    once = to.add_parser(
        "once", help="ask once and print: a table, JSON or CSV", allow_abbrev=False, epilog=_EXIT_CODES,
        description="Ask RunPod once, print what it says, and end.",
    )  # fmt: skip
    words = "pods, as without a word; market, which needs no API key; account; hosts; alerts: what needs an eye"
    once.add_argument("kind", nargs="?", choices=KINDS, default="pods", metavar="WHAT", help=words)
    form = once.add_mutually_exclusive_group()
    for name, what in zip(
        FORMATS, ("one JSON document a line", "CSV, its header once", "aligned text, as without a flag"), strict=True
    ):
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, default="table", help=what)
    once.add_argument(
        "--filter",
        metavar="TEXT",
        default="",
        help="only what has all of these words in it; of the market also price<2.5 vram>=80 stock:high",
    )
    add_market_flags(once, "of the market: ")
    once.add_argument("--watch", type=seconds, metavar="N", help="again every N seconds, at least 2, until told to end")
    connection(once)
    for action in (action for action in ACTIONS if action.command):
        parser = to.add_parser(
            action.id, help=action.command, allow_abbrev=False, epilog=_EXIT_CODES,
            description=f"{action.id.capitalize()} pods. Says what that does to money and data, and asks before "
            "anything is sent.",
        )  # fmt: skip
        parser.add_argument("pods_named", nargs="+", metavar="ID", help="a pod's id, or its name where no other has it")
        parser.add_argument(
            "--yes", action="store_true", help="do not ask; needed where there is no terminal to ask on"
        )
        connection(parser)
    settings = to.add_parser(
        "config", help="where the settings are, what they may be, what is wrong with them", allow_abbrev=False,
        description="Find, write, check and explain podtop's settings.", formatter_class=_Explaining, epilog=SETTINGS,
    )  # fmt: skip
    one_of = settings.add_mutually_exclusive_group(required=True)
    for name, means in CONFIG.items():
        one_of.add_argument(f"--{name}", dest="what", action="store_const", const=name, help=means)
    shells = to.add_parser(
        "completions", help="print what lets a shell complete podtop's flags", allow_abbrev=False,
        description="Print a shell's completions for podtop. The README tells where to put them.",
    )  # fmt: skip
    shells.add_argument("shell", choices=SHELLS, metavar="SHELL", help="the shell that is to read it: bash, zsh, fish")
