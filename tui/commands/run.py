"""From command-line arguments to the command that runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tui.commands.exit_codes import Exit
from tui.commands.stdio import say, takes_output
from tui.files import presence

if TYPE_CHECKING:
    import argparse

    from tui.commands.once import AccountData
    from tui.config.loader import Config
    from tui.domain.alert_rules import Mute
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles


def run(options: argparse.Namespace, config: Config, source: Source, state: StateFiles) -> int:
    """Run a command that sends requests to RunPod; returns its exit code. Exceptions are left to the frame."""
    if is_closed():
        # If operations cannot be logged, none is carried out.
        return Exit.CRASHED
    if options.command == "account":
        from tui.commands.once import AccountData, once

        return once([AccountData(source, lambda account: None)], "account", options.form, "", None)
    if options.command in ("alerts", "once", "market"):
        return print_all(options, [Account(config, source, state)])
    if options.command == "logs":
        return _logs(options, source)
    if options.command == "auto":
        from tui.commands.auto import Asked, auto

        return auto(source, state, config, Asked(options.arm, options.disarm, options.keep, options.yes, options.json))
    if options.command == "report":
        from tui.commands.report import Wanted, report

        wanted = Wanted(options.span, options.since, options.by, options.form, options.offline)
        return report(source, config, state, wanted)
    from tui.commands.act import act

    return act(
        source, state, options.command, options.pods_named, yes=options.yes, config=config, dry_run=options.dry_run
    )


def _logs(options: argparse.Namespace, source: Source) -> int:
    from tui.api.pod_logs import LogSource
    from tui.commands.logs import Wanted, logs

    of = LogSource(options.log_source) if options.log_source else None
    return logs(
        source, Wanted(tuple(options.pods_named), options.follow, of, options.tail, options.since, options.json)
    )


def is_closed() -> bool:
    """Whether the output takes nothing, which is then said."""
    if takes_output(sys.stdout) and takes_output(sys.stderr):
        return False
    say("the output is closed")
    return True


class Account(NamedTuple):
    """An account that a command is about."""

    config: Config
    source: Source
    state: StateFiles


def print_all(options: argparse.Namespace, accounts: Sequence[Account]) -> int:
    """Print the current data of one account or several: `podtop once` and `podtop alerts`."""
    from tui.commands.once import AccountData, once

    asked = [
        AccountData(source, _past(config, source, state), config.alerts, _mutes(state))
        for config, source, state in accounts
    ]
    if options.command == "alerts":
        return once(asked, "rules", options.form or "table", "", None)
    return _once(options, asked)


def _once(options: argparse.Namespace, asked: Sequence[AccountData]) -> int:
    from tui.commands.item_filter import parse
    from tui.commands.market import ALL, Usage, given, selection
    from tui.commands.once import once
    from tui.domain.patterns import TooComplex

    text, market = options.filter or "", ALL
    if options.kind == "account" and text.split():
        say("--filter does not apply to the account")
        return Exit.USAGE
    if options.kind == "market":
        try:
            market = selection(options)
        except Usage as error:
            say(str(error))
            return Exit.USAGE
    elif flags := given(options):
        say(f"{flags[0]} applies to the market: podtop once market {flags[0]} ...")
        return Exit.USAGE
    elif faults := parse(options.kind, text).faults:
        say(f"--filter: {faults[0]}")
        return Exit.USAGE
    try:
        return once(asked, options.kind, options.form, text, options.watch, market)
    except TooComplex as error:
        say(f"--filter: {error}")
        return Exit.USAGE


def _past(config: Config, source: Source, state: StateFiles) -> Callable[[str], Path | None]:
    def past(account: str) -> Path | None:
        """podtop's recording of an account; a demo begins without history."""
        from tui.history.recorder import archive_path

        path = archive_path(state.directory(), config.api_url, account)
        return path if not source.demo and presence.is_file(path) else None

    return past


def _mutes(state: StateFiles) -> Callable[[str], tuple[Mute, ...]]:
    def mutes(account: str) -> tuple[Mute, ...]:
        """The mutes set on the screen; a damaged file mutes nothing, and is reported there."""
        from tui.storage.json_store import StoreError
        from tui.storage.mute_file import MuteFile

        try:
            return tuple(MuteFile(state.mutes(account)).all().values())
        except StoreError as error:
            say(str(error))
            return ()

    return mutes
