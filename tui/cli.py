"""The command line: from the arguments to the program that runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tui import wiring
from tui.commands import start_checks
from tui.commands.exit_codes import Exit
from tui.commands.frame import framed
from tui.commands.plain_start import SEVERAL, SIMULATED_PODS, plain_options
from tui.commands.run_log import end_log, log_of
from tui.commands.stdio import hush
from tui.commands.stdio import note as _note
from tui.commands.stdio import say as _say
from tui.config.keys import ConfigError
from tui.config.loader import Config, Loaded, attempt
from tui.config.settings import Settings
from tui.domain.signals.rules import DEMO
from tui.files import paths

if TYPE_CHECKING:
    import argparse

    from tui.commands.argument_parser import Parser
    from tui.commands.watcher import Powers
    from tui.services.source import Source


def main(argv: Sequence[str] | None = None) -> int:
    """Run podtop in its frame; returns its exit code: 0 quit, 1 crashed, 2 bad usage, 128 + n after signal n."""
    return framed(lambda: run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments select; returns the exit code. Exceptions are left to the frame."""
    options = _options(sys.argv[1:] if argv is None else argv)
    if options.config_file is not None:
        os.environ[paths.CONFIG_VARIABLE] = options.config_file
    flags = {name: getattr(options, name, None) for name in Settings.__struct_fields__}
    hush(options.quiet)
    if options.no_color:
        # For what reads the environment: the screen's own terminal, and programs that podtop starts.
        os.environ["NO_COLOR"] = "1"
    if misplaced := start_checks.misplaced(options):
        _say(misplaced)
        return Exit.USAGE
    if options.command == "simulate":
        from tui.commands.simulate import serve

        return serve(
            port=options.port, seed=options.seed, pods=SIMULATED_PODS if options.pods is None else options.pods,
            speed=options.speed, faults=options.fault,
            ssh_port=options.ssh_port or None, retire_graphql=options.retire_graphql, rest_only=options.rest_only,
        )  # fmt: skip
    if options.command == "log":
        return _log(options)
    if options.command == "teams":
        from tui.commands.teams import write_files

        return write_files(paths.expanded(options.write))
    if options.command == "export":
        return _openmetrics(options, flags)
    if options.command == "completions":
        from tui.commands.completions import show_completions

        return show_completions(_grammar(), options.shell)
    if options.command == "help":
        from tui.commands.help import show as show_help

        return show_help(_grammar(), options.topic)
    if options.command == "once" and options.schema:
        from tui.commands.schema import show_schema

        return show_schema()
    if options.command == "config":
        from tui.commands.config import show as show_settings

        return show_settings(options.what, paths.config_file(), wiring.settings_on_screen(), flags=flags)
    if options.command == "doctor":
        return wiring.examine(options, flags, start_checks.no_terminal() or "")
    if len(named := getattr(options, SEVERAL, ())) > 1:
        return _several(options, flags, named)
    loaded = attempt(flags, file=paths.config_file(), runpod_file=paths.runpod_config_file())
    config = _with_demo(loaded.config) if options.demo else loaded.config
    if start_checks.is_for_all(options, loaded):
        return _several(options, flags, config.accounts)
    if faults := _faults(options, loaded):
        _warn(config)
        for text in faults:
            _say(text)
        return Exit.USAGE
    if options.hub is not None:
        return _hub(options, config)
    if options.command == "notify":
        return _notify(options, config)
    if options.replay is not None:
        return _replay(options, config)
    if options.command == "market":
        return _market(options, config)
    if options.command == "record" and options.export is not None:
        return _export(options, config)
    if options.command == "record":
        return _record(options, config)
    if options.command == "account" and options.form is None:
        return _show(wiring.source_of(options, config), config, "account")
    if options.command is not None:
        return _script(options, config)
    return _show(wiring.source_of(options, config), config)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    plain = plain_options(argv)
    return plain if plain is not None else _grammar().parse_args(argv)


def _grammar() -> Parser:
    from tui.commands.parser import parser

    return parser()


def _log(options: argparse.Namespace) -> int:
    """The action log of this host, or of a recorder's."""
    from tui.commands import log

    wanted = {"last": options.last, "pod": options.pod, "as_json": options.json}
    if options.hub is None:
        return log.show(paths.state_dir() / "actions.jsonl", **wanted)
    try:
        cloud = wiring.hub_cloud(options.hub, options.hub_token_file)
    except ConfigError as error:
        _say(str(error))
        return Exit.USAGE
    return log.show_of_hub(cloud, **wanted)


def _faults(options: argparse.Namespace, loaded: Loaded) -> list[str]:
    """All that is wrong with this start. What only the screen knows is checked here if something else is wrong; if not,
    when the screen starts."""
    faults = start_checks.faults(options, loaded)
    return [*faults, *wiring.screen_faults(loaded.config)] if faults and start_checks.shows_screen(options) else faults


def _warn(config: Config, *, acts: bool = False) -> None:
    """Print the warnings about the settings. Before what acts on pods, --quiet does not hide whose pods these are."""
    for text in config.warnings:
        _note(text)
    if config.override:
        (_say if acts else _note)(config.override)


def _with_demo(config: Config) -> Config:
    """The settings in a demo, whose pods are all read unless the settings name some."""
    if config.signals.pods:
        return config
    from msgspec.structs import replace

    return replace(config, signals=DEMO)


def _market(options: argparse.Namespace, config: Config) -> int:
    """The Market screen, or its rows for a script. RunPod's prices need no key."""
    if options.form is not None:
        return _script(options, config)
    from tui.commands.market import given

    if flags := [*given(options), *(["--filter"] if options.filter is not None else ())]:
        _say(f"{flags[0]} requires --json or --csv; on the screen, f and / set filters")
        return Exit.USAGE
    source = wiring.source_of(options, config)
    if options.demo or config.key is not None:
        return _show(source, config, "market")
    from msgspec.structs import replace

    return _show(replace(source, keyless=True), config, "market")


def _notify(options: argparse.Namespace, config: Config) -> int:
    """The ways to notify. Nothing is requested from RunPod."""
    from tui.commands.notify import notify

    _warn(config)
    source = wiring.source_of(options, config)
    with ExitStack() as shelf:
        state = wiring.state_of(source, config, wiring.state_dir_of(source, shelf))
        return notify(
            config, state.notifications(), test=options.test, as_json=options.json, source=source.badge
        )  # fmt: skip


def _script(options: argparse.Namespace, config: Config, source: Source | None = None) -> int:
    """One response, or one operation, without a screen. `source`: None for that of the options."""
    from tui.commands.parser import ACTS
    from tui.commands.run import run as run_command

    _warn(config, acts=options.command in ACTS)
    source = source or wiring.source_of(options, config)
    watches = getattr(options, "watch", None) is not None or getattr(options, "follow", False)
    goes_on = options.command in ACTS or watches
    if goes_on:
        log_of(source, config, options.command)()
    wiring.keep_private(source)
    with ExitStack() as shelf:
        code = run_command(options, config, source, wiring.state_of(source, config, wiring.state_dir_of(source, shelf)))
    if goes_on:
        end_log(code)
    return code


def _show(source: Source, config: Config, first: str = "fleet") -> int:
    """The full screen, if there is a terminal for it."""
    if reason := start_checks.no_terminal():
        _say(reason)
        return Exit.USAGE
    _warn(config)
    return wiring.run_screen(source, config, first)


IN_TURN = ("once", "alerts", "report")
"""Commands that take several profiles: `report` is given them one after the other, the others all at once."""


def _several(options: argparse.Namespace, flags: Mapping[str, Any], names: Sequence[str]) -> int:
    """Several accounts: together on the screen, in a recorder, in one output, or in turn; each with its own key."""
    shows = options.command is None and not options.demo and options.replay is None and options.hub is None
    records = options.command == "record" and options.export is None and not options.demo
    in_turn = options.command in IN_TURN
    if not (shows or records or in_turn) or options.hub is not None:
        listed = ", ".join(("record", *IN_TURN))
        given = (
            f"choose one with --profile: {', '.join(names)}"
            if not getattr(options, SEVERAL, ())
            else "run it once for each"
        )
        _say(f"one --profile at a time here: several are for the screen, {listed}; {given}")
        return Exit.USAGE
    configs: list[Config] = []
    faults_of: dict[str, list[str]] = {}
    for name in names:
        loaded = attempt({**flags, "profile": name}, file=paths.config_file(), runpod_file=paths.runpod_config_file())
        configs.append(loaded.config)
        for fault in _faults(options, loaded):
            faults_of.setdefault(fault, []).append(name)
        if loaded.config.overrides_profile:
            # The same account under several names, and an action on one of them, would be one on another.
            faults_of[f"{name}: {loaded.config.account} overrides its API key. Several profiles need one each"] = []
    if faults_of:
        for fault, whose in faults_of.items():
            # What is wrong with the file is wrong for all of them.
            _say(f"{', '.join(whose)}: {fault}" if 0 < len(whose) < len(names) else fault)
        return Exit.USAGE
    if shows:
        if reason := start_checks.no_terminal():
            _say(reason)
            return Exit.USAGE
        for config in configs:
            _warn(config)
        first, *others = configs
        return wiring.run_screen(wiring.runpod_source(first), first, "all", others)
    if records:
        return _record_all(options, configs)
    if options.command == "report":
        return max(_script(options, config) for config in configs)
    return _print_all(options, configs)


def _print_all(options: argparse.Namespace, configs: Sequence[Config]) -> int:
    """The current data of several accounts, once or again and again."""
    from tui.commands.run import Account, is_closed, print_all

    if is_closed():
        return Exit.CRASHED
    for config in configs:
        _warn(config)
    sources = [wiring.source_of(options, config) for config in configs]
    goes_on = getattr(options, "watch", None) is not None
    if goes_on:
        log_of(sources[0], configs[0], options.command)()
    wiring.keep_private(sources[0])
    with ExitStack() as shelf:
        directory = wiring.state_dir_of(sources[0], shelf)
        accounts = [
            Account(config, source, wiring.state_of(source, config, directory))
            for config, source in zip(configs, sources, strict=True)
        ]
        code = print_all(options, accounts)
    if goes_on:
        end_log(code)
    return code


def _hub(options: argparse.Namespace, config: Config) -> int:
    """A recorder in place of RunPod: the screen, and what of `once` one response is enough for."""
    prints = options.command == "once" and options.kind in start_checks.READS_A_HUB
    try:
        source = wiring.hub_source(options.hub, options.hub_token_file)
    except ConfigError as error:
        _say(str(error))
        return Exit.USAGE
    config = wiring.of_a_reader(config)
    return _script(options, config, source) if prints else _show(source, config)


def _replay(options: argparse.Namespace, config: Config) -> int:
    from tui.history.replay_source import ReplayError, choose

    try:
        tape = choose(options.replay, options.at, paths.state_dir())
    except ReplayError as error:
        _say(str(error))
        return Exit.USAGE
    return _show(wiring.replay_source(tape), config)


def _powers(options: argparse.Namespace) -> Powers:
    from tui.commands.watcher import Powers

    return Powers(options.enforce_leases, options.watches, options.stops_idle)


def _record(options: argparse.Namespace, config: Config) -> int:
    return _record_all(options, [config])


def _record_all(options: argparse.Namespace, configs: Sequence[Config]) -> int:
    """Record one account or several, in one process."""
    from tui.commands.listening import ListenError, listening
    from tui.commands.record import Recorded, record

    first = configs[0]
    try:
        served = listening(first, options.listen, options.token_file)
    except ListenError as error:
        _say(str(error))
        return Exit.USAGE
    powers, sources = _powers(options), [wiring.source_of(options, config) for config in configs]
    same_account = None if options.same_account is None else options.same_account == "yes"
    for config in configs:
        _warn(config, acts=any(powers.within(config)))
    wiring.keep_private(sources[0])
    with ExitStack() as shelf:
        directory = wiring.state_dir_of(sources[0], shelf)
        log_of(sources[0], first, "record")()
        accounts = [
            Recorded(
                source, config, wiring.recorder_of(source, config, directory),
                wiring.state_of(source, config, directory),
            )
            for source, config in zip(sources, configs, strict=True)
        ]  # fmt: skip
        code = record(accounts, powers=powers, same_account=same_account, listening=served)
        end_log(code)
        return code


def _export(options: argparse.Namespace, config: Config) -> int:
    from tui.commands.recording_export import Wanted, show

    source = wiring.source_of(options, config)
    with ExitStack() as shelf:
        state = wiring.state_of(source, config, wiring.state_dir_of(source, shelf))
        wanted = Wanted(
            options.export, options.recording or "", options.pods_like, options.export_since, logs=options.with_logs
        )
        return show(wanted, config, state, source.profile)


def _openmetrics(options: argparse.Namespace, flags: Mapping[str, Any]) -> int:
    """A recording for Prometheus: the file that is named, that of the profile that is chosen, or the only one."""
    from tui.commands.export import Wanted, export

    recording, profile = options.recording or "", options.profile or ""
    if len(named := getattr(options, SEVERAL, ())) > 1:
        return _several(options, flags, named)
    if not recording and profile:
        from tui.commands.recording_export import recording_of
        from tui.storage.json_store import StoreError

        loaded = attempt(flags, file=paths.config_file(), runpod_file=paths.runpod_config_file())
        state = wiring.state_of(wiring.source_of(options, loaded.config), loaded.config, paths.state_dir)
        try:
            path = recording_of(loaded.config, state, profile) if not loaded.faults else None
        except StoreError as error:
            _say(f"nothing was exported: {error}")
            return Exit.USAGE
        if path is None:
            for text in loaded.faults or (f"no recording of the account of profile {profile} here; name the FILE",):
                _say(text)
            return Exit.USAGE
        recording = str(path)
    account = options.account or profile or "default"
    wanted = Wanted(recording, options.since_ago, options.pods_like, account, options.output)
    return export(wanted, paths.state_dir())
