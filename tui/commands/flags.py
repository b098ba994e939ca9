"""Flags that several commands have, and the values they take. Part of every start, so it imports next to nothing.

A command's own have no defaults, which would undo flags before the command.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from tui.commands.argument_parser import Parser, Several
from tui.commands.plain_start import SEED, SPEED
from tui.format.digits import whole_number

if TYPE_CHECKING:
    from datetime import datetime

T = TypeVar("T", int, float)

FORMATS = {
    "json": "print JSON, one document per line",
    "csv": "print CSV, with one header",
    "table": "print an aligned table (default)",
    "markdown": "print a Markdown table",
}

MARKET_FLAGS = (
    ("--gpus", "N", "GPUs per pod (default 1)"),
    ("--cloud", "NAME", "secure or community (default both)"),
    ("--disk", "GB", "minimum total disk"),
    ("--memory", "GB", "minimum memory"),
    ("--vcpus", "N", "minimum number of vCPUs"),
    ("--down", "MBIT", "minimum download speed"),
    ("--up", "MBIT", "minimum upload speed"),
    ("--country", "XX", "country, as two letters"),
    ("--ip", "YES", "yes: with a public IP; no: without"),
    ("--sort", "COLUMN", "price (default), spot, vram, stock, name, per_gb, ..."),
)
"""The market filters, as typed on the screen, and the order of the result."""


def file_path(text: str) -> str:
    """The name of a file."""
    if not text.strip():
        raise argparse.ArgumentTypeError("expected a file path")
    return text


def listen_address(text: str) -> str:
    """An address to listen on."""
    from tui.domain.listen_address import ACCEPTED
    from tui.domain.listen_address import listen_address as read

    try:
        return str(read(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"invalid address {text!r}; expected {ACCEPTED}") from None


def number_of(accepted: str, read: Callable[[str], T], least: float, most: float) -> Callable[[str], T]:
    """A reader of a number from `least` to `most` whose error states the valid range."""

    def number(text: str) -> T:
        try:
            value = read(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"invalid value {text!r}; expected {accepted}")
        return value

    return number


port = number_of("a port from 0 to 65535", int, 0, 65_535)
seed = number_of("a whole number from 0 to 4294967295", int, 0, 2**32 - 1)
count = number_of("a number of pods from 0 to 10000", int, 0, 10_000)
lines = number_of("a number of actions from 1 to 1000000", int, 1, 1_000_000)
speed = number_of("a number from 0.01 to 100000", float, 0.01, 100_000)
up_to_an_hour = number_of("seconds from 0 to 3600", float, 0, 3600)
# No more often than the full screen may send requests.
seconds = number_of("seconds from 2 to 86400", float, 2, 86_400)


log_lines = number_of("a number of lines from 0 to 5000", int, 0, 5_000)


_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def ago(text: str) -> float:
    """Seconds, from a length of time such as 10m."""
    unit = _UNITS.get(text[-1:], 0)
    seconds = (whole_number(text[:-1]) or 0) * unit
    if not 0 < seconds <= 366 * 86_400:
        raise argparse.ArgumentTypeError(f"invalid value {text!r}; expected a length of time like 90s, 10m, 2h or 3d")
    return float(seconds)


def date(text: str) -> datetime:
    """A local midnight: a date, or a number of days ago."""
    from datetime import datetime, timedelta

    try:
        days = whole_number(text[:-1]) if text[-1:] == "d" else None
        if days is not None:
            return datetime.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
        return datetime.strptime(text, "%Y-%m-%d")
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"invalid value {text!r}; expected a date like 2026-11-23, or 3d") from None


def general(to: Parser, default: object = argparse.SUPPRESS) -> None:
    """The flags of podtop and of every command."""
    group = to.add_argument_group("general flags")
    off = False if default is None else default
    group.add_argument("--no-color", action="store_true", default=off, help="use no color, as with NO_COLOR")
    group.add_argument(
        "-q", "--quiet", action="store_true", default=off,
        help="print results and errors only, no warnings or progress",
    )  # fmt: skip
    group.add_argument("-h", "--help", action="help", help="show this help")


def source(to: Parser, default: str | None = argparse.SUPPRESS) -> None:
    """The flags of the source."""
    group = to.add_argument_group("account flags")
    group.add_argument(
        "--profile", metavar="NAME", default=default, action=Several,
        help="use the account of [profiles.NAME] in config.toml; several: once for each",
    )  # fmt: skip
    for flag, metavar, meaning in (
        ("--api", "NAME", "auto (default), graphql or rest; auto is rest once graphql is off"),
        ("--api-url", "URL", "address of either of RunPod's APIs, or of a simulator on loopback"),
        ("--api-key-file", "FILE", "read the API key from a file that contains nothing else"),
        ("--hub", "URL", "read a podtop record --listen in place of RunPod: no API key, read-only"),
        ("--hub-token-file", "FILE", "bearer token that the hub wants"),
        ("--log-level", "LEVEL", "podtop.log: debug, info (default), warning or error"),
    ):
        group.add_argument(flag, metavar=metavar, default=default, help=meaning)
    config_file(group, default)


def config_file(to: argparse._ActionsContainer, default: str | None = argparse.SUPPRESS) -> None:
    to.add_argument(
        "--config", dest="config_file", type=file_path, metavar="FILE", default=default,
        help="read settings from FILE, not from config.toml",
    )  # fmt: skip


def connection(to: Parser, default: str | None = argparse.SUPPRESS) -> None:
    """The flags of the source, and of the interval."""
    for flag, metavar, meaning in (
        ("--interval", "S", "poll pods and balance every S seconds (default 5, min. 2)"),
        ("--market-interval", "S", "poll prices every S seconds (default 30, min. 2)"),
    ):
        to.add_argument(flag, metavar=metavar, help=meaning, default=default)
    source(to, default)


def world(to: Parser, of: str, pods: int, default: object = None) -> None:
    """The flags of a simulated world. Without --pods it has `pods`, whose number is not filled in here."""
    for flag, read, metavar, value, meaning in (
        ("--seed", seed, "N", SEED, "seed of the simulation"),
        ("--pods", count, "N", pods, "number of pods"),
        ("--speed", speed, "X", SPEED, "clock speed multiplier"),
    ):
        filled_in = None if flag == "--pods" else value
        to.add_argument(
            flag, type=read, default=filled_in if default is None else default, metavar=metavar,
            help=f"{of}{meaning} (default {value:g})",
        )  # fmt: skip


def market(to: Parser, before: str = "") -> None:
    """The flags that filter the market at RunPod, and sort it. `before`: the beginning of each help text."""
    for flag, metavar, meaning in MARKET_FLAGS:
        to.add_argument(flag, metavar=metavar, help=f"{before}{meaning}")


def output_form(to: Parser, *names: str) -> None:
    """The flags of the output's form."""
    group = to.add_mutually_exclusive_group()
    for name in names:
        group.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=FORMATS[name])
