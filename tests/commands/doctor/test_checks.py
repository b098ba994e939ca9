"""Each check: what it finds in which surroundings, and what it says to do."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.commands.doctor.conftest import Examined, OnPath
from tests.make import snapshot
from tests.ui.conftest import HeldCloud
from tui.api import errors as api
from tui.api.account import ApiKeyInfo
from tui.api.enums import BillingMode
from tui.api.features import Feature
from tui.api.listener import Api, Listener, Quota
from tui.api.models import Funds, Market, Problem, Snapshot
from tui.api.secret import Secret
from tui.clocks import Clocks
from tui.commands.doctor import apis, files, network, settings, ssh, terminal
from tui.commands.doctor.finding import Finding, Verdict
from tui.commands.doctor.network import Replies, Reply
from tui.commands.doctor.report import ASCII, SYMBOLS, item, line, summary
from tui.commands.doctor.terminal import Tmux
from tui.config.keys import Key
from tui.config.loader import Config
from tui.config.settings import Notify, Ssh
from tui.domain.retirement import FROM
from tui.files import file_lock
from tui.storage.owner_file import Duty, DutyClaim

OK, WARNING, ERROR = Verdict.OK, Verdict.WARNING, Verdict.ERROR


def holds(found: Finding, verdict: Verdict, *words: str) -> None:
    assert found.verdict is verdict, found
    for word in words:
        assert word in f"{found.text} {found.advice}", found
    if verdict is not OK:
        # What is wrong is never shown without anything to do about it.
        assert found.advice or ": " in found.text or ". " in found.text, found


# Settings


CONFIGS: dict[str, tuple[str, Verdict, tuple[str, ...]]] = {
    "valid": ("interval = 9", OK, ("config.toml: valid",)),
    "a typing error": ("intervall = 9", WARNING, ("did you mean interval?", "podtop config --check")),
    "errors": ("interval = 1\ntheme = 'nrod'", ERROR, ("line 1", "(and 1 more)", "podtop config --check")),
    "no TOML": ("interval = ", ERROR, ("line 1", "podtop config --check")),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_the_file_of_the_settings(name: str, examined: Examined, tmp_path: Path) -> None:
    text, verdict, words = CONFIGS[name]
    (tmp_path / "config.toml").write_text(text)
    holds(settings.config(examined()), verdict, *words)


def test_settings_elsewhere_than_in_the_file(examined: Examined) -> None:
    holds(settings.config(examined()), OK, "does not exist: defaults apply")
    environ = {"PODTOP_API_KEY_FILE": "/secret/place", "PODTOP_THEME": "nord", "PODTOP_ASCII": ""}
    found = settings.config(examined(environ=environ, config=Config(theme="nord")))
    holds(found, OK, "environment: PODTOP_API_KEY_FILE, PODTOP_THEME")
    assert "/secret/place" not in found.text
    missed = settings.config(examined(environ={"PODTOP_READONLY": "1"}))
    holds(missed, WARNING, "the variable PODTOP_READONLY sets nothing; did you mean PODTOP_READ_ONLY?")
    holds(settings.config(examined(config=Config(theme="nrod"))), ERROR, "no theme 'nrod'; did you mean nord?")
    holds(settings.config(examined(config_error="--interval = 1 is invalid")), ERROR, "--interval", "does not start")


def test_the_versions(examined: Examined) -> None:
    holds(settings.version(examined()), OK, "(APIs graphql, rest, Python 3.")


NOTIFY: dict[str, tuple[Notify, tuple[str, ...], Verdict, tuple[str, ...]]] = {
    "off": (Notify(), (), OK, ("off",)),
    "the terminal": (Notify(bell=True), (), OK, ("terminal",)),
    "a command": (Notify(command=("notify-send", "{title}")), ("notify-send",), OK, ("command",)),
    "a command that is missing": (Notify(command=("notify-send",)), (), ERROR, ("notify-send not found", "[notify]")),
    "tmux, not in tmux": (Notify(tmux=True), (), OK, ("off; tmux only inside tmux",)),
    "a webhook": (Notify(webhook="https://example.com/hook/s3cret"), (), OK, ("webhook",)),
    "a webhook without its token": (
        Notify(webhook="https://example.com/hook/s3cret", webhook_token_file="/nowhere/token"), (), ERROR,
        ("webhook_token_file", "/nowhere/token"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTIFY)
def test_notifications(name: str, examined: Examined) -> None:
    notify, programs, verdict, words = NOTIFY[name]
    found = settings.notifications(examined(*programs, config=Config(notify=notify)))
    holds(found, verdict, *words)
    assert "s3cret" not in f"{found.text}{found.advice}"


# Files


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (12_345, "12 KB"), (3_400_000, "3.4 MB"), (999_600_000, "1.0 GB"),
                        (120_000_000_000, "120 GB"), (5_000_000_000_000, "5.0 TB"), (10**16, "10000 TB")]
)  # fmt: skip
def test_sizes(count: int, text: str) -> None:
    assert files.size(count) == text


def test_the_state_directory(examined: Examined, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "state"
    holds(files.state(examined()), OK, "created when needed", " free")
    with monkeypatch.context() as full:
        full.setattr(files, "LITTLE", 1 << 80)
        holds(files.state(examined()), WARNING, "created when needed", "Make room")
        full.setattr(files, "NONE", 1 << 80)
        holds(files.state(examined()), ERROR, "no history, no actions", "Make room")
    assert not here.exists()
    here.mkdir(mode=0o700)
    holds(files.state(examined()), OK, "mode 700")
    here.chmod(0o755)
    holds(files.state(examined()), WARNING, "others can access it", f"chmod 700 {here}")
    here.chmod(0o700)
    monkeypatch.setattr(files, "LITTLE", 1 << 80)
    holds(files.state(examined()), WARNING, "Make room")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    holds(files.state(examined()), ERROR, "cannot be written", "XDG_STATE_HOME")


def test_a_file_in_place_of_the_state_directory(examined: Examined, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    holds(files.state(examined()), ERROR, "is not a directory", "Move it away")


def test_recordings(examined: Examined, tmp_path: Path) -> None:
    archive = tmp_path / "state" / "archive"
    holds(files.recording(examined()), OK, "on; no recording yet")
    holds(files.recording(examined(config=Config(record=False))), OK, "off (record = false)")
    archive.mkdir(parents=True)
    (archive / "a.sqlite").write_bytes(bytes(2_000_000))
    (archive / "a.sqlite-wal").write_bytes(bytes(500_000))
    holds(files.recording(examined()), OK, "1 recording, 2.5 MB; none being written")
    held = file_lock.hold(archive / "a.lock")
    assert held is not None
    holds(files.recording(examined()), OK, "1 being written by another podtop")
    held.close()
    holds(files.recording(examined(config=Config(record=False))), OK, "off (record = false); 1 recording")


def test_the_podtops_that_run(examined: Examined) -> None:
    subject = examined()
    holds(files.owners(subject), OK, "no podtop is running")
    owners = subject.state.owners("ada")
    claims = [DutyClaim(owners, duty, "record", lambda: 0.0) for duty in (Duty.LEASES, Duty.IDLE)]
    assert all(claim.taken() for claim in claims)
    holds(files.owners(subject), OK, f"podtop record (PID {os.getpid()}) enforces leases and stops idle pods")
    for claim in claims:
        claim.close()
    holds(files.owners(subject), OK, "no podtop is running")


def entry(**fields: str) -> str:
    return json.dumps({"time": "2026-11-28T14:00:00Z", "id": "1", "origin": "api.runpod.io", **fields}) + "\n"


def test_the_action_log(examined: Examined, tmp_path: Path) -> None:
    path = tmp_path / "state" / "actions.jsonl"
    holds(files.action_log(examined()), OK, "no actions yet")
    assert not path.parent.exists()
    path.parent.mkdir()
    path.write_text(entry(phase="intent", action="stop", pod="p"))
    holds(files.action_log(examined()), WARNING, "1 without a known outcome", "podtop log")
    path.write_text(path.read_text() + entry(phase="outcome", outcome="done"))
    holds(files.action_log(examined()), OK, str(path))
    path.unlink()
    path.mkdir()
    holds(files.action_log(examined()), ERROR, "podtop sends no action", "XDG_STATE_HOME")


# Terminal


TERMINALS: dict[str, tuple[dict[str, Any], Verdict, tuple[str, ...]]] = {
    "one": ({"environ": {"TERM": "xterm-kitty", "TERM_PROGRAM": "kitty"}}, OK, ("TERM=xterm-kitty (kitty), 120x40",)),
    "none": ({"size": None, "no_screen": "it needs one"}, OK, ("not a terminal here", "commands do not")),
    "redirected": ({"no_screen": "it needs one"}, OK, ("120x40; input or output redirected",)),
    "dumb": ({"environ": {"TERM": "dumb"}, "no_screen": "it cannot"}, WARNING, ("it cannot", "set TERM")),
    "small": ({"size": (39, 40)}, WARNING, ("39x40: too small", "podtop needs 40x12")),
}


@pytest.mark.parametrize("name", TERMINALS)
def test_the_terminal(name: str, examined: Examined) -> None:
    changes, verdict, words = TERMINALS[name]
    holds(terminal.terminal(examined(**changes)), verdict, *words)


COLORS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "by its name": ({"TERM": "xterm-kitty"}, ("true color, by TERM=xterm-kitty",)),
    "by COLORTERM": ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, ("true color, by COLORTERM=truecolor",)),
    "256": ({"TERM": "xterm-256color"}, ("256 colors, by TERM=xterm-256color",)),
    "16": ({"TERM": "xterm"}, ("16 colors, by TERM=xterm", "COLORTERM=truecolor")),
    "the console": ({"TERM": "linux"}, ("16 colors, by TERM=linux",)),
    "none": ({"TERM": "xterm", "NO_COLOR": "1"}, ("none: NO_COLOR is set",)),
    "as told": ({"TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "256"}, ("256, by TEXTUAL_COLOR_SYSTEM",)),
    "dumb": ({"TERM": "dumb"}, ("unknown, by TERM=dumb",)),
}


def terminfo_has(colors: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal database, of which a process reads one entry only, has so many colors for every terminal."""
    from tui.ui.terminal import capabilities

    monkeypatch.setattr(capabilities.colour_system, "__defaults__", (lambda name: colors,))


@pytest.mark.parametrize("name", COLORS)
def test_colors_and_why(name: str, examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    environ, words = COLORS[name]
    terminfo_has(None, monkeypatch)
    holds(terminal.colors(examined(environ=environ)), OK, *words)


def test_colors_that_only_terminfo_shows(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    terminfo_has(1 << 24, monkeypatch)
    holds(terminal.colors(examined(environ={"TERM": "newterm"})), OK, "true color, by terminfo of newterm")


CHARACTERS: dict[str, tuple[dict[str, str], bool, Verdict, tuple[str, ...]]] = {
    "UTF-8": ({"TERM": "xterm", "LANG": "C.UTF-8"}, False, OK, ("Unicode",)),
    "as set": ({"TERM": "xterm", "LANG": "C.UTF-8"}, True, OK, ("--ascii",)),
    "the console": ({"TERM": "linux", "LANG": "C.UTF-8"}, False, OK, ("TERM=linux",)),
    "the locale": ({"TERM": "xterm", "LC_ALL": "C"}, False, WARNING, ("ASCII", "C.UTF-8")),
}


@pytest.mark.parametrize("name", CHARACTERS)
def test_characters_and_why(name: str, examined: Examined) -> None:
    environ, ascii, verdict, words = CHARACTERS[name]
    holds(terminal.characters(examined(environ=environ, config=Config(ascii=ascii))), verdict, *words)


IN_TMUX = {"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"}
OSC9 = Config(notify=Notify(osc9=True))

MULTIPLEXERS: dict[str, tuple[dict[str, Any], Tmux | None, Verdict, tuple[str, ...]]] = {
    "none": ({}, None, OK, ("none",)),
    "tmux": ({"environ": IN_TMUX}, Tmux("3.4", False, True), OK, ("tmux 3.4, allow-passthrough off",)),
    "tmux that is silent": ({"environ": IN_TMUX}, None, WARNING, ("does not respond", "PATH")),
    "notifications": ({"environ": IN_TMUX, "config": OSC9}, Tmux("3.4", True, True), OK, ("passthrough on",)),
    "notifications that stay": ({"environ": IN_TMUX, "config": OSC9}, Tmux("3.4", False, True), WARNING, ("osc9",)),
    "screen": ({"environ": {"TERM": "screen", "STY": "1.a"}}, None, OK, ("GNU screen",)),
    "tmux beyond ssh": ({"environ": {"TERM": "tmux-256color"}}, None, OK, ("tmux, over SSH",)),
}


@pytest.mark.parametrize("name", MULTIPLEXERS)
def test_the_multiplexer(name: str, examined: Examined) -> None:
    changes, found, verdict, words = MULTIPLEXERS[name]
    holds(terminal.multiplexer(examined(**changes), found), verdict, *words)


FAR = {"TERM": "xterm", "SSH_CONNECTION": "1.2.3.4 1 5.6.7.8 22"}

CLIPBOARDS: dict[str, tuple[dict[str, Any], tuple[str, ...], Tmux | None, Verdict, tuple[str, ...]]] = {
    "a program": ({"environ": {"WAYLAND_DISPLAY": "w"}}, ("wl-copy",), None, OK, ("wl-copy",)),
    "no program": ({"environ": {"DISPLAY": ":0"}}, (), None, OK, ("OSC 52", "xclip makes copies certain")),
    "no program, Wayland": ({"environ": {"WAYLAND_DISPLAY": "w"}}, (), None, OK, ("OSC 52", "wl-clipboard")),
    "no terminal": ({"size": None}, (), None, OK, ("none without a terminal",)),
    "ssh": ({"environ": {**FAR, "DISPLAY": ":0"}}, ("xclip",), None, OK, ("OSC 52", "the terminal at the other end")),
    "tmux": ({"environ": IN_TMUX}, (), Tmux("3.4", False, True), OK, ("tmux's buffer and, by tmux",)),
    "tmux, passed": ({"environ": IN_TMUX}, (), Tmux("3.4", True, False), OK, ("tmux's buffer and OSC 52",)),
    "tmux, held": ({"environ": IN_TMUX}, (), Tmux("3.4", False, False), WARNING, ("buffer only", "passthrough on")),
    "tmux there": ({"environ": {**FAR, "TERM": "tmux"}}, (), None, OK, ("OSC 52", "set -g set-clipboard on")),
    "screen": ({"environ": {"TERM": "screen", "STY": "1.a"}}, (), None, OK, ("OSC 52 through screen",)),
}


@pytest.mark.parametrize("name", CLIPBOARDS)
def test_which_way_copies_go(name: str, examined: Examined) -> None:
    changes, programs, found, verdict, words = CLIPBOARDS[name]
    holds(terminal.clipboard(examined(*programs, **changes), found), verdict, *words)


PLAIN = "echo 3.4; echo {passthrough}; echo {features}"
TMUXES = [
    (PLAIN.format(passthrough="1", features="256,clipboard,title"), Tmux("3.4", True, True)),
    (PLAIN.format(passthrough="on", features=""), Tmux("3.4", True, False)),
    (PLAIN.format(passthrough="all", features=""), Tmux("3.4", True, False)),
    (PLAIN.format(passthrough="0", features="256"), Tmux("3.4", False, False)),
    ("echo 3.1", Tmux("3.1", False, False)), ("exit 1", None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), TMUXES)
async def test_what_tmux_says(body: str, expected: Tmux | None, examined: Examined, on_path: OnPath) -> None:
    environ = {**on_path("tmux", body), **IN_TMUX}
    assert await terminal.tmux(examined("tmux", environ=environ)) == expected
    assert await terminal.tmux(examined(environ=environ)) is None
    assert await terminal.tmux(examined("tmux", environ={"TERM": "tmux"})) is None


# SSH


def test_ssh_and_its_keys(examined: Examined, tmp_path: Path) -> None:
    holds(ssh.ssh(examined(), None), WARNING, "ssh not found", "Install")
    holds(ssh.ssh(examined("ssh"), None), WARNING, "no agent; no default key", "ssh-keygen")
    holds(ssh.ssh(examined("ssh"), 0), WARNING, "agent with 0 keys")
    holds(ssh.ssh(examined("ssh"), 2), OK, "agent with 2 keys")
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_rsa").write_text("SECRET")
    holds(ssh.ssh(examined("ssh"), None), OK, "no agent; id_rsa")
    key = tmp_path / "key"
    config = Config(ssh=Ssh(key_file=str(key)))
    holds(ssh.ssh(examined("ssh", config=config), None), ERROR, f"{key} cannot be read", "key_file")
    key.write_text("SECRET")
    key.chmod(0o644)
    holds(ssh.ssh(examined("ssh", config=config), None), WARNING, "ssh refuses it", f"chmod 600 {key}")
    key.chmod(0o600)
    holds(ssh.ssh(examined("ssh", config=config), None), OK, str(key))


AGENTS = [
    ("echo 256 SHA256:abc me; echo 256 SHA256:def you", 2), ("echo The agent has no identities.; exit 1", 0),
    ("exit 2", None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "keys"), AGENTS)
async def test_keys_in_the_agent(body: str, keys: int | None, examined: Examined, on_path: OnPath) -> None:
    environ = on_path("ssh-add", body)
    assert await ssh.agent_keys(examined("ssh-add", environ={**environ, "SSH_AUTH_SOCK": "/tmp/agent"})) == keys
    assert await ssh.agent_keys(examined("ssh-add", environ=environ)) is None


# RunPod


PROXY = {"HTTPS_PROXY": "http://me:s3cret-word@proxy.example:3128"}

ROUTES: dict[str, tuple[dict[str, str], str, Verdict, tuple[str, ...]]] = {
    "direct": ({}, "https://api.runpod.io/graphql", OK, ("direct, no proxy", "certifi")),
    "loopback": (PROXY, "http://127.0.0.1:8114/graphql", OK, ("direct, on this machine",)),
    "a proxy": (PROXY, "https://api.runpod.io/graphql", OK, ("proxy http://proxy.example:3128 (HTTPS_PROXY)",)),
    "an exception": ({**PROXY, "NO_PROXY": "runpod.io"}, "https://api.runpod.io/graphql", OK, ("direct, no proxy",)),
    "no proxy at all": ({"HTTPS_PROXY": "ftp://x:s3cret-word@y"}, "https://api.runpod.io/", ERROR, ("HTTPS_PROXY",)),
    "logged": ({"SSLKEYLOGFILE": "/tmp/tls"}, "https://api.runpod.io/", WARNING, ("TLS keys are logged", "Unset it")),
    "no certificates": ({"SSL_CERT_FILE": "/nowhere"}, "https://api.runpod.io/", ERROR, ("SSL_CERT_FILE", "/nowhere")),
}


@pytest.mark.parametrize("name", ROUTES)
async def test_proxy_and_certificates(name: str, examined: Examined) -> None:
    environ, url, verdict, words = ROUTES[name]
    found = await network.route(examined(environ=environ, config=Config(api_url=url)))
    holds(found, verdict, *words)
    assert "s3cret-word" not in f"{found.text}{found.advice}"


async def test_certificates_of_the_user(examined: Examined) -> None:
    import certifi

    found = await network.route(examined(environ={"SSL_CERT_FILE": certifi.where()}))
    holds(found, OK, f"certificates of SSL_CERT_FILE={certifi.where()}")


DOWN = Reply(error=api.Faltering("RunPod has a problem (HTTP 500)."))


def test_the_endpoint(examined: Examined) -> None:
    holds(network.endpoint(examined(), Replies(market=Reply((), took=0.23))), OK, "api.runpod.io: responds in 230 ms")
    holds(network.endpoint(examined(), Replies(market=DOWN)), ERROR, "api.runpod.io: RunPod", network.LATER)
    silent = Reply(error=api.TimedOut("api.runpod.io did not respond. Check the network."))
    found = network.endpoint(examined(), Replies(market=silent))
    assert found == Finding(ERROR, "api.runpod.io did not respond. Check the network.")
    holds(network.endpoint(examined(), Replies(fleet=Reply((), took=1.2))), OK, "1.2 s")
    holds(network.endpoint(examined(), Replies()), WARNING, "needs a key")


BARRED = Reply(error=api.NotOffered("REST v2 does not accept this API key for logs: HTTP 403."))
BOTH = Replies(market=Reply(()), beside=Reply({}), api=Api.GRAPHQL, has_rest=True)
MINUTE = (Quota("minute", 60.0, 180, 178, 43.0), Quota("day", 86_400.0, 86_400, 80_000, 900.0))
APIS: dict[str, tuple[Config, Replies, Verdict, tuple[str, ...]]] = {
    "no response": (Config(), Replies(market=DOWN), WARNING, ("not checked",)),
    "both": (Config(), BOTH, OK, ("graphql in use (api = auto); rest responds too",)),
    "the second alone": (Config(api="rest"), Replies(api=Api.REST, has_rest=True), OK, ("rest in use (api = rest)",)),
    "the second after the first": (Config(), Replies(api=Api.REST, has_rest=True), OK, ("rest in use (api = auto)",)),
    "a key for one": (Config(), replace(BOTH, beside=BARRED), WARNING, ("rest: REST v2 does not accept",)),
    "no address": (
        Config(api_url="https://proxy.example/"), Replies(api=Api.GRAPHQL), WARNING,
        ("no address of rest", "ends in /v2"),
    ),
    "one by name": (Config(api="graphql"), Replies(api=Api.GRAPHQL), OK, ("graphql in use (api = graphql)",)),
    "limits": (
        Config(), replace(BOTH, quotas={Api.REST: MINUTE}), OK,
        ("rest: 80,000 of 86,400 requests per day left",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", APIS)
def test_the_api(name: str, examined: Examined) -> None:
    config, found, verdict, words = APIS[name]
    source = replace(examined().source, demo=False, clock=lambda: FROM - 1.0)
    holds(apis.api(examined(config=config, source=source), found), verdict, *words)


def test_the_end_of_an_api_is_near(examined: Examined) -> None:
    source = replace(examined().source, demo=False, clock=lambda: FROM)
    holds(apis.api(examined(source=source), BOTH), WARNING, "in early 2027", "podtop then uses REST v2")
    holds(apis.api(examined(source=replace(source, simulated=True)), BOTH), OK)
    holds(apis.api(examined(source=replace(source, demo=True)), BOTH), OK)


async def test_both_apis_are_asked_and_their_limits_heard() -> None:
    class Both(HeldCloud):
        api = Api.GRAPHQL

        def listen(self, listener: Listener) -> None:
            self.listener = listener

        async def legal_verbs(self, pod_ids: Any) -> Any:
            self.listener.limits(Api.REST, MINUTE)
            return {}

    found = await network.replies(Both(), "host", 5.0, with_key=True)
    assert (found.api, found.has_rest, found.quotas) == (Api.GRAPHQL, True, {Api.REST: MINUTE})
    assert found.beside is not None
    assert found.beside.error is None
    assert (await network.replies(Both(), "host", 5.0, with_key=False)).beside is None


@pytest.mark.parametrize(
    ("ahead", "verdict", "words"),
    [(None, WARNING, "not compared"), (0.5, OK, "within 2 s"), (94.5, WARNING, "1m 35s ahead"),
     (-7200.0, WARNING, "2h 00m behind")],
)  # fmt: skip
def test_the_clock(ahead: float | None, verdict: Verdict, words: str, examined: Examined) -> None:
    clocks = Clocks(lambda: 1_795_435_200.0, lambda: 0.0)
    if ahead is not None:
        clocks.dated(clocks.now() + ahead, 0.0)
    holds(network.clock(examined(source=replace(examined().source, clocks=clocks))), verdict, words)


def test_the_clock_of_a_demo(examined: Examined) -> None:
    holds(network.clock(examined()), OK, "the demo's own")


def one(permissions: str | None) -> ApiKeyInfo:
    return ApiKeyInfo("laptop", permissions, None, None)


SCOPES = [
    ((), "scope unknown"), ((one(None),), "scope unknown"), ((one("ALL"), one("ADMIN")), "read and change everything"),
    ((one("READ_ONLY"),), "scope READ_ONLY"), ((one("READ_ONLY"), one("READ_ONLY")), "scope READ_ONLY"),
    ((one("ALL"), one("READ_ONLY")), "scope unknown: one of the account's 2 keys (ALL, READ_ONLY)"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "words"), SCOPES)
def test_what_the_key_may_do_as_far_as_runpod_shows(keys: tuple[ApiKeyInfo, ...], words: str) -> None:
    assert words in network.scope(keys)


KEY = Key(Secret("rpa_THISISTHEKEY"), "RUNPOD_API_KEY")
READ = Reply(snapshot())
REFUSED = Reply(error=api.Unauthorized("RunPod rejected the API key (HTTP 401). Check it."))

KEYS: dict[str, tuple[dict[str, Any], Replies, Verdict, tuple[str, ...]]] = {
    "none": ({}, Replies(), ERROR, ("no API key", "the RunPod console", "api_key_file", "podtop market")),
    "unusable": ({"key_error": "--api-key-file: /x cannot be read"}, Replies(), ERROR, ("/x cannot be read",)),
    "RunPod's file": ({"config": Config(no_key="/r: no apikey")}, Replies(), ERROR, ("/r: no apikey", "console")),
    "accepted": ({"config": Config(key=KEY)}, Replies(fleet=READ), OK, ("accepted, 0 pods; scope unknown",)),
    "read-only": ({"config": Config(key=KEY, read_only=True)}, Replies(fleet=READ), OK, ("podtop is read-only",)),
    "refused": ({"config": Config(key=KEY)}, Replies(fleet=REFUSED), ERROR, ("RunPod rejected the API key",)),
    "down": ({"config": Config(key=KEY)}, Replies(fleet=DOWN), WARNING, ("not verified: RunPod has", network.LATER)),
    "without pods": (
        {"config": Config(key=KEY)},
        Replies(fleet=Reply(Snapshot(None, None, problems=(Problem("Try later."),)))), WARNING,
        ("not verified: no pods in the response: Try later.", network.LATER),
    ),
    "exposed": (
        {"config": Config(key=replace(KEY, caution="others can read it: chmod 600 it"))}, Replies(fleet=READ), WARNING,
        ("accepted", "chmod 600"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KEYS)
def test_the_key(name: str, examined: Examined) -> None:
    changes, found, verdict, words = KEYS[name]
    holds(network.key(examined(**changes), found), verdict, *words)


def test_the_mode_of_the_file_with_the_key(examined: Examined, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("rpa_THISISTHEKEY")
    path.chmod(0o640)
    for origin in (str(path), f"{path}, profile work"):
        config = Config(key=Key(KEY.secret, origin))
        holds(network.key(examined(config=config), Replies(fleet=READ)), OK, f"{origin} (mode 640)")


# How it is printed


def test_a_line_has_the_verdict_as_a_word_and_as_a_symbol() -> None:
    for verdict in Verdict:
        shown = line(item("action_log", Finding(verdict, "text", "Do it.")), None, False)
        assert shown == f"{SYMBOLS[verdict]} {verdict:<7} action log    text. Do it.\n"
        assert line(item("key", Finding(verdict, "a", "")), None, True).startswith(f"{ASCII[verdict]} {verdict} ")


def test_a_line_is_wrapped_to_the_terminal_below_its_text() -> None:
    shown = line(item("key", Finding(OK, "word " * 40)), 80, False).splitlines()
    assert all(len(part) <= 80 for part in shown)
    assert {part[:24].strip() for part in shown[1:]} == {""}
    assert len(line(item("key", Finding(OK, "word " * 40)), 30, False).splitlines()) == 1


def test_nothing_that_is_printed_can_move_a_cursor_or_is_a_key() -> None:
    shown = item("terminal", Finding(OK, "TERM=\x1b[2J\n", "use rpa_THISISTHEKEY0123456789"))
    assert shown.text.isprintable()
    assert "THISISTHEKEY" not in (shown.advice or "")


def test_the_summary() -> None:
    items = [item("a", Finding(verdict, "t")) for verdict in (OK, WARNING, WARNING, ERROR)]
    assert summary(items) == "1 error, 2 warnings"
    assert summary(items[:1]) == "no problems"


def test_what_the_api_does_not_offer() -> None:
    full = Replies(market=Reply(Market(())), fleet=Reply(Snapshot(None, ())))
    assert network.offers(full) == Finding(OK, "all that podtop shows")
    lacks = frozenset({Feature.SPEND, Feature.MAINTENANCE})
    spots = Reply(Market((), lacks=frozenset({Feature.SPOT_PRICE})))
    found = network.offers(Replies(market=spots, fleet=Reply(Snapshot(None, (), lacks=lacks))))
    holds(
        found, WARNING, "spend per hour, maintenance of the host, spot prices: not offered by this API",
        "alerts off: low runway, spend jumps and limit, host maintenance",
    )  # fmt: skip
    later = Funds("user_1", 1.0, 1.0, None, BillingMode.POSTPAID)
    holds(network.offers(Replies(fleet=Reply(Snapshot(later, ())))), OK, "billed afterwards; all that podtop shows")
    holds(network.offers(Replies(market=DOWN)), WARNING, "not checked")
