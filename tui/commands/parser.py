"""The grammar of the command line. Part of every start, so it imports next to nothing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TypeVar

from tui.actions import ACTIONS
from tui.api.secret import mask
from tui.commands.stdio import write
from tui.commands.topics import TOPICS
from tui.demo.faults import listed

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

T = TypeVar("T", int, float)

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
"""The subcommands of `podtop config`."""

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
"""The market filters, as typed on the screen, and the order of the result."""

SETTINGS = "What stands in config.toml: see podtop help config."
ACTS = tuple(action.id for action in ACTIONS if action.command)
COMMANDS = ("once", *ACTS)
"""The commands that send requests to RunPod."""

_EXIT_CODES = "podtop help scripts lists the exit codes and the fields of JSON and CSV."


LOOKS = (
    ("--ascii", "ascii", True, "draw with ASCII alone, for terminals without boxes and braille"),
    ("--slow-link", "slow_link", True, "send less: sparklines for charts, a frame every 10 s"),
    ("--no-mouse", "mouse", False, "leave the mouse to the terminal, and its own selection with it"),
)
"""Flags of the display: the setting and its value."""


def _number(accepted: str, read: Callable[[str], T], least: float, most: float) -> Callable[[str], T]:
    """A reader of a number from `least` to `most` whose error states the valid range."""

    def number(text: str) -> T:
        try:
            value = read(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not accepted; it takes {accepted}")
        return value

    return number


def _named(text: str) -> str:
    """The name of a file."""
    if not text.strip():
        raise argparse.ArgumentTypeError("expected a file path")
    return text


_port = _number("a port, a whole number from 0 to 65535", int, 0, 65_535)
_seed = _number("a whole number from 0 to 4294967295", int, 0, 2**32 - 1)
_count = _number("a number of pods from 0 to 10000", int, 0, 10_000)
_lines = _number("a number of actions from 1 to 1000000", int, 1, 1_000_000)
_speed = _number("a number from 0.01 to 100000", float, 0.01, 100_000)


class _Parser(argparse.ArgumentParser):
    """Never echoes a part of the command line that looks like a key, and fails if its help cannot be written."""

    def error(self, message: str) -> NoReturn:
        super().error(mask(message))

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        if file is sys.stdout and message:
            write(message)
        else:
            super()._print_message(message, file)


class _Version(argparse.Action):
    """Prints the versions, which are looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from tui.system.surroundings import versions

        write(f"{versions()}\n")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The arguments of podtop."""
    top: argparse.ArgumentParser = _Parser(
        prog="podtop",
        description="A full-screen monitor for RunPod GPU pods.",
        epilog="The API key is taken from --api-key-file, RUNPOD_API_KEY, podtop's config.toml or "
        "~/.runpod/config.toml, in that order. podtop --demo needs none. podtop help lists commands and help topics.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show the versions of podtop, Python and Textual")
    top.add_argument("--demo", action="store_true", help="watch a simulated account: no key, no network, no money")
    _connection(top)
    top.add_argument("--theme", metavar="NAME", help="podtop-dark, podtop-light, another of podtop's or Textual's")
    for flag, name, value, meaning in LOOKS:
        top.add_argument(flag, dest=name, action="store_const", const=value, help=meaning)
    top.add_argument(
        "--no-record", dest="record", action="store_const", const=False, help="keep no history of what is seen"
    )
    top.add_argument("--read-only", action="store_const", const=True, help="never send a mutation")
    top.add_argument("--replay", metavar="FILE", help="watch a recording instead of RunPod; latest is the last one")
    top.add_argument(
        "--at", metavar="TIME", help="where the replay begins: 14:30, 2026-11-23 14:30, or 2h before its end"
    )
    _world(top, "of the demo: ")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    record = commands.add_parser(
        "record", help="collect without a screen, until told to stop", allow_abbrev=False,
        description="Collect what podtop would show, without a screen, so that there is a past to look back to.",
    )  # fmt: skip
    _connection(record, argparse.SUPPRESS)
    record.add_argument(
        "--enforce-leases", action="store_true", help="stop or terminate the pods whose lease ends, as podtop does"
    )
    log = commands.add_parser(
        "log", help="what podtop was told to change, and how it ended", allow_abbrev=False,
        description="Print the log of actions: when, who, what, which pod, how it ended.",
    )  # fmt: skip
    log.add_argument("--last", type=_lines, metavar="N", help="only the last N actions")
    log.add_argument("--pod", metavar="TEXT", help="only of pods whose name or id has this in it")
    log.add_argument("--json", action="store_true", help="the lines as they are kept")
    market = commands.add_parser(
        "market", help="what can be rented, at what price; needs no API key", allow_abbrev=False,
        description="Show the Market screen; or, with --json or --csv, print what can be rented now, once, as podtop "
        "once market does. Exit codes: 0 found, 2 usage, 3 nothing matches, 4 refused, 5 unreachable.",
    )  # fmt: skip
    _connection(market, argparse.SUPPRESS)
    market.set_defaults(kind="market", watch=None)
    _add_market_flags(market)
    market.add_argument(
        "--filter", metavar="TERMS", help="as in the screen's filter: 'vram>=80 price<2.5 stock:high h100'"
    )
    form = market.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json", help="print JSON, once")
    form.add_argument("--csv", dest="form", action="store_const", const="csv", help="print CSV, once")
    account = commands.add_parser(
        "account", help="balance, runway, charges, templates and all that belongs to the account", allow_abbrev=False,
        description="Show the Account screen; or, with --json, print the account, once, as podtop once account does.",
    )  # fmt: skip
    _connection(account, argparse.SUPPRESS)
    account.add_argument("--json", dest="form", action="store_const", const="json", help="print JSON, once")
    simulate = commands.add_parser(
        "simulate", help="serve a simulated RunPod on loopback", allow_abbrev=False,
        description="Serve a simulated RunPod on loopback, for podtop or any other RunPod client. "
        "Any key that begins with rpa_ is accepted.",
        epilog=f"faults:\n{listed()}", formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    simulate.add_argument("--port", type=_port, default=8114, metavar="N", help="port on 127.0.0.1 (8114; 0 picks one)")
    simulate.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:VALUE]",
        help="inject one of the faults below (repeatable)",
    )
    simulate.add_argument(
        "--ssh-port", type=_port, metavar="N", help="port 22 of every pod leads to this one on 127.0.0.1"
    )
    _world(simulate, "")
    _add_commands(commands)
    _add_help(commands)
    return top


def _whom(to: argparse.ArgumentParser, default: str | None = argparse.SUPPRESS) -> None:
    """The flags of the source. A command's own parser has no defaults, which would undo flags before the command."""
    to.add_argument("--profile", metavar="NAME", default=default, help="the account of [profiles.NAME] in config.toml")
    _config_file(to, default)
    to.add_argument(
        "--api-url", metavar="URL", default=default, help="RunPod's GraphQL endpoint, or a simulated one on loopback"
    )
    to.add_argument(
        "--api-key-file", metavar="FILE", default=default, help="a file that holds the API key and nothing else"
    )
    to.add_argument(
        "--log-level", metavar="LEVEL", default=default, help="of podtop.log: debug, info, warning or error (info)"
    )


def _config_file(to: argparse.ArgumentParser, default: str | None = argparse.SUPPRESS) -> None:
    to.add_argument(
        "--config", dest="config_file", type=_named, metavar="FILE", default=default,
        help="read settings from FILE, not from config.toml",
    )  # fmt: skip


def _connection(to: argparse.ArgumentParser, default: str | None = None) -> None:
    """The flags of the source, and of the interval."""
    _whom(to, default)
    for flag, metavar, meaning in (
        ("--interval", "S", "seconds between polls of pods and balance (5; at least 2)"),
        ("--market-interval", "S", "seconds between polls of prices (30; at least 2)"),
    ):
        to.add_argument(flag, metavar=metavar, help=meaning, default=default)


def _world(to: argparse.ArgumentParser, of: str) -> None:
    to.add_argument("--seed", type=_seed, default=7, metavar="N", help=f"{of}the seed of the world (7)")
    to.add_argument("--pods", type=_count, default=6, metavar="N", help=f"{of}how many pods there are (6)")
    to.add_argument("--speed", type=_speed, default=1.0, metavar="X", help=f"{of}how much faster its clock runs (1)")


class _Explaining(argparse.HelpFormatter):
    """Prints the settings instead of their one-line summary, and loads them only when help is requested."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text != SETTINGS:
            return super()._fill_text(text, width, indent)
        from tui.config.writer import explained

        return f"settings {explained()}".rstrip("\n")


def _seconds(text: str) -> float:
    """Seconds between two requests: no more often than the full screen may send them."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 2 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not accepted; it takes seconds, from 2 to 86400")
    return value


def _add_market_flags(to: argparse.ArgumentParser, before: str = "") -> None:
    """Add the flags that filter the market at RunPod, and sort it. `before`: the beginning of each help text."""
    for flag, metavar, meaning in MARKET_FLAGS:
        to.add_argument(flag, metavar=metavar, help=f"{before}{meaning}")


def _add_commands(to: Commands) -> None:
    """Add the commands for scripts."""
    once = to.add_parser(
        "once", help="ask once and print: a table, JSON or CSV", allow_abbrev=False, epilog=_EXIT_CODES,
        description="Ask RunPod once, print what it says, and end.",
    )  # fmt: skip
    kinds = "pods, as without a word; market, which needs no API key; account; hosts; alerts: what needs an eye"
    once.add_argument("kind", nargs="?", choices=KINDS, default="pods", metavar="WHAT", help=kinds)
    form = once.add_mutually_exclusive_group()
    for name, meaning in zip(
        FORMATS, ("one JSON document a line", "CSV, its header once", "aligned text, as without a flag"), strict=True
    ):
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, default="table", help=meaning)
    once.add_argument(
        "--filter",
        metavar="TEXT",
        default="",
        help="only what has all of these words in it; of the market also price<2.5 vram>=80 stock:high",
    )
    _add_market_flags(once, "of the market: ")
    once.add_argument(
        "--watch", type=_seconds, metavar="N", help="again every N seconds, at least 2, until told to end"
    )
    _whom(once)
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
        _whom(parser)
    doctor = to.add_parser(
        "doctor", help="check settings, key, network, terminal and files", allow_abbrev=False,
        description="Check what podtop needs, with a line each: what was found, and what to do. Reads only; no secret "
        "is shown. Exit codes: 0 no error, 2 usage, 8 an error was found.",
    )  # fmt: skip
    doctor.add_argument("--json", action="store_true", help="print one JSON document")
    _whom(doctor)
    settings = to.add_parser(
        "config", help="where the settings are, what they may be, what is wrong with them", allow_abbrev=False,
        description="Find, write, check and explain podtop's settings.", formatter_class=_Explaining, epilog=SETTINGS,
    )  # fmt: skip
    _config_file(settings)
    one_of = settings.add_mutually_exclusive_group(required=True)
    for name, means in CONFIG.items():
        one_of.add_argument(f"--{name}", dest="what", action="store_const", const=name, help=means)
    shells = to.add_parser(
        "completions", help="print what lets a shell complete podtop's flags", allow_abbrev=False,
        description="Print a shell's completions for podtop. podtop help scripts shows where to put them.",
    )  # fmt: skip
    shells.add_argument("shell", choices=SHELLS, metavar="SHELL", help="the shell that is to read it: bash, zsh, fish")


def _add_help(to: Commands) -> None:
    """Add `help`, last: it takes the name of a topic, or of any other command."""
    known = (*TOPICS, *(name for name in to.choices if name not in TOPICS))

    def topic(text: str) -> str:
        if text not in known:
            from tui.config.reader import near

            raise argparse.ArgumentTypeError(f"no topic {text!r}{near(text, known) or '; podtop help lists them'}")
        return text

    shown = to.add_parser(
        "help", help="list commands and help topics, or show one", allow_abbrev=False,
        description="List commands and help topics, or show one of them.",
    )  # fmt: skip
    meaning = "a help topic, or a command; without it, list them"
    shown.add_argument("topic", nargs="?", type=topic, choices=known, metavar="TOPIC", help=meaning)
