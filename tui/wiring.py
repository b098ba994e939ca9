"""The composition root: the only place that wires settings, a backend, services and the screen together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from tui.commands.exit_codes import Exit
from tui.commands.run_log import end_log, log_of
from tui.commands.stdio import note as _note
from tui.commands.stdio import say as _say
from tui.files import paths
from tui.storage.first_start import is_first_start

if TYPE_CHECKING:
    import argparse

    from tui.api.cloud import Cloud
    from tui.commands.config import Screen as SettingsOnScreen
    from tui.config.loader import Config
    from tui.domain.user_message import UserMessage
    from tui.history.recorder import Recorder
    from tui.history.replay_source import Tape
    from tui.services.hub.client import HubCloud
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles
    from tui.ui.desk import AccountSetup

BACKENDS: dict[str, tuple[str, str]] = {
    "": ("tui.api.graphql.client", "GraphQLCloud"),
    "/v2": ("tui.api.rest.client", "RestCloud"),
}
"""The suffix of an API's URL, and its backend: a module, imported on first use, and a class in it."""


class MakeCloud(Protocol):
    """Creates a backend, without network access.

    url:       the endpoint.
    key:       the API key; None suffices for requests that need none.
    read_only: refuse every mutation without sending anything.
    dated:     called with the server's time of each response, in epoch seconds, and the seconds the request took.
    """

    def __call__(
        self, url: str, key: str | None, *, read_only: bool, dated: Callable[[float, float], object]
    ) -> Cloud: ...


RUNPODS = ("", "/v2")
"""The suffixes of RunPod's own APIs, between which the setting `api` chooses."""


def _suffix_of(url: str) -> str:
    """Of the suffixes that match a URL's path, the longest."""
    from urllib.parse import urlsplit

    path = urlsplit(url).path.rstrip("/")
    return max((end for end in BACKENDS if path.endswith(end)), key=len)


def backend_of(url: str) -> MakeCloud:
    """The backend for a URL."""
    from importlib import import_module

    module, name = BACKENDS[_suffix_of(url)]
    return cast("MakeCloud", getattr(import_module(module), name))


def cloud_of(config: Config, dated: Callable[[float, float], object]) -> Cloud:
    """The backend, or both, for the settings `api` and `api_url`."""
    key = config.key.secret.reveal() if config.key else None

    def make(url: str) -> Cloud:
        return backend_of(url)(url, key, read_only=config.read_only, dated=dated)

    if _suffix_of(config.api_url) not in RUNPODS:
        return make(config.api_url)
    from tui.api.dual import cloud_at

    return cloud_at(config.api_url, config.api, make)


def source_of(options: argparse.Namespace, config: Config, *, keeps_time: bool = True) -> Source:
    if options.demo:
        from tui.commands.plain_start import DEMO_PODS
        from tui.demo.source import demo_source

        pods = DEMO_PODS if options.pods is None else options.pods
        return demo_source(
            seed=options.seed, pods=pods, speed=options.speed, read_only=config.read_only, api=config.api, tale=True
        )
    return runpod_source(config, keeps_time=keeps_time)


def hub_source(url: str, token_file: str | None) -> Source:
    """A recorder in place of RunPod: no API key, nothing that could be changed. Raises ConfigError."""
    from tui.api.http.endpoint import host_of
    from tui.clocks import Clocks
    from tui.services.source import Source

    clocks = Clocks()
    cloud = hub_cloud(url, token_file, clocks.dated)
    return Source(
        badge=f"hub {host_of(url)}", demo=False, open=lambda: cloud, clock=clocks.now, clocks=clocks,
        hub=lambda: cloud.state,
    )  # fmt: skip


def hub_cloud(
    url: str, token_file: str | None, dated: Callable[[float, float], object] = lambda date, waited: None
) -> HubCloud:
    """Reads a recorder. Raises ConfigError. `dated`: as of `HubCloud`."""
    from tui.api.http.endpoint import objection
    from tui.api.secret import Secret, remember
    from tui.config.keys import ConfigError, exposure_of_token, token
    from tui.files.reading import FileTrouble
    from tui.services.hub.client import HubCloud

    if objection(url, with_key=token_file is not None) is not None:
        secure = "podtop sends no token over plain http; use https, or an ssh tunnel to 127.0.0.1"
        plain = url.startswith("http://")
        raise ConfigError(f"--hub: {secure if token_file and plain else 'expected a URL like http://127.0.0.1:9464'}")
    secret = None
    if token_file is not None:
        try:
            secret = Secret(token(token_file))
        except FileTrouble as error:
            raise ConfigError(f"--hub-token-file {token_file}: {error}") from None
        if why := exposure_of_token(token_file):
            _note(f"--hub-token-file: {why}")
        remember(secret)
    return HubCloud(url, secret, dated=dated)


def of_a_reader(config: Config) -> Config:
    """The settings of a podtop that reads a hub: it changes, records and notifies nothing, as the hub's does that."""
    from msgspec.structs import replace

    from tui.config.settings import Auto, Notify

    return replace(config, read_only=True, record=False, notify=Notify(), auto=Auto())


def runpod_source(config: Config, *, keeps_time: bool = True) -> Source:
    """RunPod itself, or the server at the configured URL.

    keeps_time: go on with the time of the podtop before it, and keep that for the next.
    """
    from urllib.parse import urlsplit

    from tui.api.http.endpoint import is_loopback
    from tui.clocks import Clocks
    from tui.services.source import Source
    from tui.storage.clock_file import ClockFile, dated_by
    from tui.storage.state_files import StateFiles

    host = urlsplit(config.api_url).hostname or ""
    file = ClockFile(StateFiles(paths.state_dir, host, config.api_url).clock())
    clocks = Clocks(begun=file.begun() if keeps_time else None)
    dated = dated_by(clocks, file) if keeps_time else clocks.dated
    badge = "runpod" if host == "api.runpod.io" else "simulated" if is_loopback(host) else host
    return Source(
        badge=badge, demo=False, open=lambda: cloud_of(config, dated), clock=clocks.now,
        simulated=is_loopback(host), profile=config.account, clocks=clocks,
    )  # fmt: skip


def replay_source(tape: Tape) -> Source:
    """A recording in place of RunPod."""
    from tui.api.offline import offline
    from tui.clocks import Clocks
    from tui.services.source import Source

    clocks = Clocks()
    return Source("replay", True, offline, clocks.now, recording=tape.path, begin=tape.at, clocks=clocks)


def state_dir_of(source: Source, shelf: ExitStack) -> Callable[[], Path]:
    """Where podtop stores its files. A demo's directory is removed when podtop exits: `shelf` holds it."""
    folders: list[Path] = []

    def directory() -> Path:
        if not source.demo:
            return paths.state_dir()
        if not folders:
            import tempfile

            folders.append(Path(shelf.enter_context(tempfile.TemporaryDirectory(prefix="podtop-demo-"))))
        return folders[0]

    return directory


def keep_private(source: Source) -> None:
    """Make files that earlier versions, or a user, left open in the state directory private; report those that stay
    open."""
    if source.demo:
        return
    from tui.files import private

    root = paths.state_dir()
    if left := private.open_to_others(root):
        rest = f" and {len(left) - 1} more" if len(left) > 1 else ""
        _note(f"other users can read {left[0]}{rest}, and own the files: podtop cannot make them private; use chmod")


def state_of(source: Source, config: Config, directory: Callable[[], Path]) -> StateFiles:
    from tui.api.http.endpoint import host_of
    from tui.storage.state_files import StateFiles

    return StateFiles(directory, "demo" if source.demo else host_of(config.api_url) or "", config.api_url)


def recorder_of(
    source: Source, config: Config, state_dir: Callable[[], Path]
) -> Callable[[Callable[[UserMessage], object]], Recorder]:
    """Creates the recorder, after the first frame."""

    def make(post: Callable[[UserMessage], object]) -> Recorder:
        from tui.api.http.endpoint import host_of
        from tui.history.recorder import Recorder

        interval = config.interval * source.pace
        if source.demo:
            # The demo's own history has three minutes between two samples, and no gaps.
            interval = max(interval, 60.0)
            return Recorder(state_dir(), "demo", origin="demo", interval=interval, post=post, account="demo")
        origin = host_of(config.api_url)
        account = "market" if source.keyless else None
        return Recorder(state_dir(), config.api_url, origin=origin, interval=interval, post=post, account=account)

    return make


def settings_on_screen() -> SettingsOnScreen:
    """The settings the screen needs, each loaded only on request."""
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


def examine(options: argparse.Namespace, flags: Mapping[str, object], no_screen: str) -> int:
    """Run `podtop doctor`: where settings or the key cannot be used, that is a finding, and the rest is checked."""
    from msgspec.structs import replace

    from tui.commands.doctor.run import doctor
    from tui.commands.doctor.subject import Subject
    from tui.config.loader import Config, attempt_one

    loaded, others = attempt_one(flags, file=paths.config_file(), runpod_file=paths.runpod_config_file())
    if others and not options.demo:
        _note(f"checks account {loaded.config.profile}; --profile NAME checks another: {', '.join(others)}")
    faults = [fault for fault in loaded.faults if fault != loaded.key_fault]
    config = Config() if faults else loaded.config
    rest = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    # Whatever the settings allow: the doctor changes nothing; and it checks this machine's clock itself.
    source = source_of(options, replace(config, read_only=True), keeps_time=False)
    with ExitStack() as shelf:
        subject = Subject(
            config=config, config_file=paths.config_file(), config_error=f"{faults[0]}{rest}" if faults else "",
            key_error="" if faults else loaded.key_fault, source=source,
            state=state_of(source, config, state_dir_of(source, shelf)), state_dir=paths.state_dir(),
            screen=settings_on_screen(), no_screen=no_screen, size=_size_of_terminal(),
        )  # fmt: skip
        return doctor(subject, as_json=options.json)


def _size_of_terminal() -> tuple[int, int] | None:
    """Columns and rows of the terminal, on whichever stream it is; None without one."""
    for number in (1, 0, 2):
        try:
            size = os.get_terminal_size(number)
        except OSError:
            continue
        return size.columns, size.lines
    return None


def screen_faults(config: Config) -> list[str]:
    """What the screen cannot use of the settings: keys, a theme. Loads the screen only if one is set."""
    if not config.keymap and config.theme is None:
        return []
    from msgspec.structs import replace

    from tui.commands.config import beyond, unknown_theme
    from tui.config.reader import read

    screen, reading = settings_on_screen(), read(paths.config_file())
    if reading.values.get("theme") == config.theme:
        return [str(problem) for problem in beyond(reading, screen)]
    # A flag or a variable has set it.
    rest = {name: value for name, value in reading.values.items() if name != "theme"}
    faults = [str(problem) for problem in beyond(replace(reading, values=rest), screen)]
    reason = unknown_theme(config.theme, screen) if config.theme is not None else ""
    return [*faults, reason] if reason else faults


YOUNG = 10_000
"""New objects after which the garbage collector looks at them: with Python's 700 one answer about 20,000 pods, which
holds hardly any garbage, made it look a hundred times, and once at all objects there are."""


def _account(config: Config, state_dir: Callable[[], Path]) -> AccountSetup:
    """One of several accounts on the screen."""
    from tui.ui.desk import AccountSetup

    source = runpod_source(config)
    record = recorder_of(source, config, state_dir) if config.record else None
    return AccountSetup(source, config, record, state_of(source, config, state_dir))


def run_screen(source: Source, config: Config, first: str, others: Sequence[Config] = ()) -> int:
    """The full screen. `others`: the settings of further accounts."""
    import gc

    # Objects made at start-up live as long as the program: the garbage collector need not look at them.
    gc.disable()
    gc.set_threshold(YOUNG, 10, 10)
    from tui.app import PodtopApp
    from tui.ui.terminal.display import of_this_terminal

    if faults := screen_faults(config):
        for text in faults:
            _say(text)
        return Exit.USAGE
    shelf = ExitStack()
    state_dir = state_dir_of(source, shelf)
    keep_private(source)
    live = source.recording is None
    display = of_this_terminal(config)
    app = PodtopApp(
        source,
        config,
        display=display,
        open_log=log_of(source, config, "screen"),
        record=recorder_of(source, config, state_dir) if config.record and live else None,
        state=state_of(source, config, state_dir) if live else None,
        first=first,
        is_first_start=is_first_start if live and first in ("fleet", "all") else lambda: False,
        others=[_account(other, state_dir) for other in others],
    )
    with shelf:
        app.run(mouse=display.mouse)
    # Nor on the way out: to look through thousands of pods once more, and to free each, would hold the shell's prompt.
    gc.freeze()
    end_log(app.return_code or 0)
    if app.crash is not None:
        _say(app.crash)
        return Exit.CRASHED
    return app.return_code or 0
