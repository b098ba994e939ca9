"""The command line, and the composition root: the only place that wires settings, cloud and screen together."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from tui import __version__, paths
from tui.api.secret import mask
from tui.commands.arguments import ACTS, COMMANDS, add_commands, add_market_flags
from tui.commands.frame import framed
from tui.commands.stdio import listeners, write
from tui.commands.stdio import say as _say
from tui.config.loader import Config, ConfigError, load
from tui.config.settings import Settings
from tui.demo.faults import listed

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from tui.api.cloud import Cloud
    from tui.commands.config import Screen as SettingsOnScreen
    from tui.domain.user_message import UserMessage
    from tui.history.recorder import Recorder
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles

T = TypeVar("T", int, float)

LOOKS = (
    ("--ascii", "ascii", True, "draw with ASCII alone, for terminals without boxes and braille"),
    ("--slow-link", "slow_link", True, "send less: sparklines for charts, a frame every 10 s"),
    ("--no-mouse", "mouse", False, "leave the mouse to the terminal, and its own selection with it"),
)
"""Flags of how podtop is shown: the setting and its value."""

USAGE = 2
CRASHED = 1


def _number(accepted: str, read: Callable[[str], T], least: float, most: float) -> Callable[[str], T]:
    """A reader of a number from `least` to `most` that says in words what it takes."""

    def number(text: str) -> T:
        try:
            value = read(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not accepted; it takes {accepted}")
        return value

    return number


_port = _number("a port, a whole number from 0 to 65535", int, 0, 65_535)
_seed = _number("a whole number from 0 to 4294967295", int, 0, 2**32 - 1)
_count = _number("a number of pods from 0 to 10000", int, 0, 10_000)
_lines = _number("a number of actions from 1 to 1000000", int, 1, 1_000_000)
_speed = _number("a number from 0.01 to 100000", float, 0.01, 100_000)


class _Parser(argparse.ArgumentParser):
    """Repeats nothing of the command line that looks like a key, and fails where its help cannot be written."""

    def error(self, message: str) -> NoReturn:
        super().error(mask(message))

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        if file is sys.stdout and message:
            write(message)
        else:
            super()._print_message(message, file)


def parser() -> argparse.ArgumentParser:
    """What podtop accepts."""
    top: argparse.ArgumentParser = _Parser(
        prog="podtop",
        description="A full-screen monitor for RunPod GPU pods.",
        epilog="The API key is taken from --api-key-file, RUNPOD_API_KEY, podtop's config.toml or "
        "~/.runpod/config.toml, in that order. podtop --demo needs none.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"podtop {__version__}")
    top.add_argument("--demo", action="store_true", help="watch a simulated account: no key, no network, no money")
    _connection(top)
    top.add_argument("--theme", metavar="NAME", help="podtop-dark, podtop-light, another of podtop's or Textual's")
    for flag, name, value, words in LOOKS:
        top.add_argument(flag, dest=name, action="store_const", const=value, help=words)
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
    add_market_flags(market)
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
    add_commands(commands, _whom)
    return top


def _whom(to: argparse.ArgumentParser, default: str | None = argparse.SUPPRESS) -> None:
    """Whom to ask. A command's own parser has no defaults, which would undo what stands before it."""
    to.add_argument("--profile", metavar="NAME", default=default, help="the account of [profiles.NAME] in config.toml")
    to.add_argument(
        "--api-url", metavar="URL", default=default, help="RunPod's GraphQL endpoint, or a simulated one on loopback"
    )
    to.add_argument(
        "--api-key-file", metavar="FILE", default=default, help="a file that holds the API key and nothing else"
    )
    to.add_argument(
        "--log-level", metavar="LEVEL", default=default, help="of podtop.log: debug, info, warning or error (info)"
    )


def _connection(to: argparse.ArgumentParser, default: str | None = None) -> None:
    """Whom to ask, and how often."""
    _whom(to, default)
    for flag, metavar, words in (
        ("--interval", "S", "seconds between polls of pods and balance (5; at least 2)"),
        ("--market-interval", "S", "seconds between polls of prices (30; at least 2)"),
    ):
        to.add_argument(flag, metavar=metavar, help=words, default=default)


def _world(to: argparse.ArgumentParser, of: str) -> None:
    to.add_argument("--seed", type=_seed, default=7, metavar="N", help=f"{of}the seed of the world (7)")
    to.add_argument("--pods", type=_count, default=6, metavar="N", help=f"{of}how many pods there are (6)")
    to.add_argument("--speed", type=_speed, default=1.0, metavar="X", help=f"{of}how much faster its clock runs (1)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run podtop in its frame; returns its exit code: 0 quit, 1 crashed, 2 bad usage, 128 + n after signal n."""
    return framed(lambda: run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; returns the exit code. Whatever it raises is for the frame."""
    options = parser().parse_args(argv)
    if options.command == "simulate":
        from tui.commands.simulate import serve

        return serve(
            port=options.port, seed=options.seed, pods=options.pods, speed=options.speed, faults=options.fault,
            ssh_port=options.ssh_port or None,
        )  # fmt: skip
    if options.command == "log":
        from tui.commands.log import show

        return show(paths.state_dir() / "actions.jsonl", last=options.last, pod=options.pod, as_json=options.json)
    if options.command == "completions":
        from tui.commands.completions import show_completions

        return show_completions(parser(), options.shell)
    if options.command == "config":
        from tui.commands.config import show as show_settings

        return show_settings(options.what, paths.config_file(), _screen())
    try:
        config = load(
            {name: getattr(options, name, None) for name in Settings.__struct_fields__},
            file=paths.config_file(),
            runpod_file=paths.runpod_config_file(),
        )
    except ConfigError as error:
        _say(str(error))
        return USAGE
    if options.at is not None and options.replay is None:
        _say("--at is for --replay")
        return USAGE
    if options.replay is not None:
        return _replay(options, config)
    if options.command == "market":
        return _market(options, config)
    if config.key is None and not options.demo and getattr(options, "kind", "") != "market":
        _say(
            f"{config.no_key or 'there is no RunPod API key'}. "
            "Set RUNPOD_API_KEY, or pass --api-key-file FILE, or put api_key into "
            f"{paths.config_file()}. Keys are made in RunPod's console under Settings. To look around without one: "
            "podtop --demo"
        )
        return USAGE
    if options.command == "record":
        if options.enforce_leases and config.read_only:
            _say("--enforce-leases stops pods, and read-only sends nothing: leave one of them out")
            return USAGE
        return _record(_source(options, config), config, options.enforce_leases)
    if options.command == "account" and options.form is None:
        return _show(_source(options, config), config, "account")
    if options.command in (*COMMANDS, "account"):
        return _script(options, config)
    return _show(_source(options, config), config)


def _market(options: argparse.Namespace, config: Config) -> int:
    """The Market screen, or its rows for a script. RunPod tells prices without a key."""
    if options.form is not None:
        return _script(options, config)
    from tui.commands.market import given

    if flags := [*given(options), *(["--filter"] if options.filter is not None else ())]:
        _say(f"{flags[0]} goes with --json or --csv: on the screen f and / set filters")
        return USAGE
    source = _source(options, config)
    if options.demo or config.key is not None:
        return _show(source, config, "market")
    from msgspec.structs import replace

    return _show(replace(source, keyless=True), config, "market")


def _script(options: argparse.Namespace, config: Config) -> int:
    """One answer, or one thing done, without a screen."""
    from tui.commands.run import run as run_command

    for warning in config.warnings:
        _say(warning)
    source = _source(options, config)
    goes_on = options.command in ACTS or getattr(options, "watch", None) is not None
    if goes_on:
        _log(source, config, options.command)()
    _keep_private(source)
    with ExitStack() as shelf:
        code = run_command(options, config, source, _state(source, config, _state_dir(source, shelf)))
    if goes_on:
        _log_end(code)
    return code


def _show(source: Source, config: Config, first: str = "fleet") -> int:
    """The full screen, where there is one."""
    if reason := _no_terminal():
        _say(reason)
        return USAGE
    for warning in config.warnings:
        _say(warning)
    return _run(source, config, first)


def _replay(options: argparse.Namespace, config: Config) -> int:
    from tui.history.replay_source import ReplayError, choose

    if options.demo or options.command:
        _say("--replay goes with no demo and no command: it shows what was recorded")
        return USAGE
    try:
        tape = choose(options.replay, options.at, paths.state_dir())
    except ReplayError as error:
        _say(str(error))
        return USAGE

    def unplugged() -> Cloud:
        from tui.api.offline import offline

        return offline()

    from tui.clocks import Clocks
    from tui.services.source import Source

    clocks = Clocks()
    source = Source("replay", True, unplugged, clocks.now, recording=tape.path, begin=tape.at, clocks=clocks)
    return _show(source, config)


def _record(source: Source, config: Config, enforce: bool) -> int:
    from tui.commands.record import record

    for warning in config.warnings:
        _say(warning)
    _keep_private(source)
    with ExitStack() as shelf:
        directory = _state_dir(source, shelf)
        state = _state(source, config, directory) if enforce else None
        _log(source, config, "record")()
        code = record(source, config, _recorder(source, config, directory), state)
        _log_end(code)
        return code


def _no_terminal() -> str | None:
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        return "this is a full-screen program and needs a terminal for its input and its output"
    if os.environ.get("TERM", "") in ("", "dumb"):
        return f"the terminal (TERM={os.environ.get('TERM', '')}) cannot show a full-screen program"
    return None


def _screen() -> SettingsOnScreen:
    """What the screen knows of settings, none of it before it is asked for."""
    from tui.commands.config import Bound
    from tui.commands.config import Screen as SettingsOnScreen

    def bindings(keymap: Mapping[str, str]) -> list[Bound]:
        from tui.app import PodtopApp
        from tui.ui.keymap_check import declared, keys_of

        keys = keys_of(keymap, PodtopApp)
        return [Bound(b.id, " ".join(keys[b.id]), b.help, b.fixed) for b in declared(PodtopApp).values()]

    def faults(keymap: Mapping[str, str]) -> Iterable[tuple[str, str]]:
        from tui.app import PodtopApp
        from tui.ui.keymap_check import faults

        return faults(keymap, PodtopApp)

    def names() -> Iterable[str]:
        from tui.ui.themes import names

        return names()

    return SettingsOnScreen(bindings, faults, names)


def _source(options: argparse.Namespace, config: Config) -> Source:
    if options.demo:
        from tui.demo.source import demo_source

        return demo_source(seed=options.seed, pods=options.pods, speed=options.speed, read_only=config.read_only)
    return runpod_source(config)


def runpod_source(config: Config) -> Source:
    """RunPod itself, or whatever answers at the configured URL."""
    from urllib.parse import urlsplit

    from tui.api.http.endpoint import is_loopback
    from tui.clocks import Clocks
    from tui.services.source import Source

    def open_cloud() -> Cloud:
        from tui.api.graphql.client import GraphQLCloud

        return GraphQLCloud(
            config.api_url, key.reveal() if key else None, read_only=config.read_only, dated=clocks.dated
        )

    clocks = Clocks()
    key = config.key.secret if config.key else None
    host = urlsplit(config.api_url).hostname or ""
    badge = "runpod" if host == "api.runpod.io" else "simulated" if is_loopback(host) else host
    return Source(
        badge=badge, demo=False, open=open_cloud, clock=clocks.now, simulated=is_loopback(host),
        profile=config.profile or "", clocks=clocks,
    )  # fmt: skip


def _state_dir(source: Source, shelf: ExitStack) -> Callable[[], Path]:
    """Where podtop keeps what it writes. A demo's goes when podtop goes: `shelf` holds it."""
    made: list[Path] = []

    def directory() -> Path:
        if not source.demo:
            return paths.state_dir()
        if not made:
            import tempfile

            made.append(Path(shelf.enter_context(tempfile.TemporaryDirectory(prefix="podtop-demo-"))))
        return made[0]

    return directory


def _keep_private(source: Source) -> None:
    """Close to others what earlier versions, or a hand, left open in podtop's state directory; say what stays so."""
    if source.demo:
        return
    from tui.files import private

    root = paths.state_dir()
    if left := private.open_to_others(root):
        more = f" and {len(left) - 1} more" if len(left) > 1 else ""
        _say(f"others can read {left[0]}{more}, which belong to another user: podtop cannot change that; chmod them")


def _state(source: Source, config: Config, directory: Callable[[], Path]) -> StateFiles:
    from tui.api.http.endpoint import host_of
    from tui.storage.state_files import StateFiles

    return StateFiles(directory, "demo" if source.demo else host_of(config.api_url) or "", config.api_url)


def _is_first_start() -> bool:
    """Whether podtop never began here before; asked once, for it is remembered. A demo counts, and forgets nothing.

    Where it cannot be remembered it is not the first, for a tour at each start would be a nuisance.
    """
    if os.environ.get("PODTOP_TOUR", "").strip().lower() in ("0", "false", "no", "off"):
        return False
    from tui.files import private

    directory = paths.state_dir()
    try:
        private.folder(directory)
        os.close(private.open_file(directory / "tour", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except OSError:
        return False
    return True


def _recorder(
    source: Source, config: Config, state_dir: Callable[[], Path]
) -> Callable[[Callable[[UserMessage], object]], Recorder]:
    """What makes the recorder, after the first frame."""

    def make(say: Callable[[UserMessage], object]) -> Recorder:
        from tui.api.http.endpoint import host_of
        from tui.history.recorder import Recorder

        interval = config.interval * source.pace
        if source.demo:
            return Recorder(state_dir(), "demo", origin="demo", interval=interval, say=say, account="demo")
        origin = host_of(config.api_url)
        account = "market" if source.keyless else None
        return Recorder(state_dir(), config.api_url, origin=origin, interval=interval, say=say, account=account)

    return make


def _run(source: Source, config: Config, first: str) -> int:
    import gc

    # What start-up makes lives as long as the program: the collector need not look at it, now or later.
    gc.disable()
    from tui.app import PodtopApp
    from tui.ui.terminal.display import of_this_terminal

    if config.keymap:
        from tui.commands.config import beyond
        from tui.config.reader import read

        if wrong := [problem for problem in beyond(read(paths.config_file()), _screen()) if problem.bad]:
            for problem in wrong:
                _say(str(problem))
            return USAGE
    shelf = ExitStack()
    state_dir = _state_dir(source, shelf)
    _keep_private(source)
    live = source.recording is None
    display = of_this_terminal(config)
    app = PodtopApp(
        source,
        config,
        display=display,
        open_log=_log(source, config, "screen"),
        record=_recorder(source, config, state_dir) if config.record and live else None,
        state=_state(source, config, state_dir) if live else None,
        first=first,
        is_first_start=_is_first_start if live and first == "fleet" else lambda: False,
    )
    if config.theme is not None and config.theme not in app.available_themes:
        _say(f"theme = {config.theme!r} is not accepted; it takes {', '.join(sorted(app.available_themes))}")
        return USAGE
    with shelf:
        app.run(mouse=display.mouse)
    _log_end(app.return_code or 0)
    if app.crash is not None:
        _say(app.crash)
        return CRASHED
    return app.return_code or 0


def _log(source: Source, config: Config, command: str) -> Callable[[], Path | None]:
    """What opens the log, and writes into it first what runs here; a second time it only tells where it is."""
    begun = False

    def open_log() -> Path | None:
        nonlocal begun
        from tui.api import log_lines
        from tui.storage import app_log

        path = app_log.open_log(paths.state_dir(), config.log_level)
        if not begun:
            begun = True
            listeners.append(lambda text: log_lines.event("cli", "told", text=text))
            from tui.system.surroundings import settings, surroundings

            log_lines.event("cli", "started", command=command, source=source.badge, **surroundings())
            log_lines.event("cli", "settings", file=paths.config_file(), **settings(config))
        return path

    return open_log


def _log_end(code: int) -> None:
    from tui.api import log_lines
    from tui.storage import app_log

    log_lines.event("cli", "ended", code=code)
    listeners.clear()
    app_log.close_log()
