"""Alarms: told in the ways that are configured, and nothing in a text is more than text."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tui.config.keys import ConfigError
from tui.config.loader import load
from tui.config.settings import Notify
from tui.domain.user_message import UserMessage
from tui.services.notifier import Notifier
from tui.services.sinks.command import argv
from tui.services.sinks.sink import LONGEST, Notification, plain
from tui.services.sinks.terminal import MOST, sequences
from tui.services.sinks.tmux import literal
from tui.system.subprocesses import without_keys

ALARM = Notification("podtop: H100", "H100 is available: $2.39/h", "price", 1_795_435_200.0)


class Post:
    """Hooks, and what became of them."""

    def __init__(self, settings: Notify, environ: dict[str, str] | None = None, answer: Any = None) -> None:
        self.written: list[str] = []
        self.notes: list[UserMessage] = []
        self.requests: list[httpx.Request] = []
        self.now = 0.0

        def handle(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            if isinstance(answer, Exception):
                raise answer
            return answer or httpx.Response(204)

        self.hooks = Notifier(
            settings, write=self.written.append, post=self.notes.append, monotonic=lambda: self.now,
            environ=environ or {}, transport=httpx.MockTransport(handle),
        )  # fmt: skip

    async def ring(self, alarm: Notification = ALARM) -> None:
        self.hooks.notify(alarm)
        await asyncio.gather(*self.hooks._tasks)


async def test_nothing_is_on_that_is_not_configured() -> None:
    post = Post(Notify(), {"TMUX": "x"})
    await post.ring()
    assert (post.written, post.notes, post.requests) == ([], [], [])


@pytest.mark.parametrize(
    ("settings", "in_tmux", "text"),
    [
        (Notify(bell=True), False, "\x07"),
        (Notify(osc9=True), False, "\x1b]9;podtop: H100: H100 is available: $2.39/h\x07"),
        (Notify(osc777=True), False, "\x1b]777;notify;podtop: H100;H100 is available: $2.39/h\x07"),
        (
            Notify(osc9=True, bell=True),
            True,
            "\x1bPtmux;\x1b\x1b]9;podtop: H100: H100 is available: $2.39/h\x07\x1b\\\x07",
        ),
    ],
)
def test_what_the_terminal_is_sent(settings: Notify, in_tmux: bool, text: str) -> None:
    assert sequences(settings, ALARM, in_tmux) == text


@given(st.text(), st.text(), st.booleans())
def test_no_text_gets_out_of_its_place(title: str, text: str, in_tmux: bool) -> None:
    settings = Notify(osc9=True, osc777=True)
    sent = sequences(settings, Notification(title, text, "price", 0.0), in_tmux)
    assert sent.count("\x07") == 2
    assert sent.count("\x1b") == (8 if in_tmux else 2)
    assert all(ch.isprintable() or ch in "\x07\x1b" for ch in sent)
    assert len(plain(text)) <= LONGEST
    assert len(sent) <= 2 * (2 * MOST + 40)
    filled = argv(Notify(command=("notify-send", "{title}", "x {text}")), Notification(title, text, "price", 0.0))
    assert len(filled) == 3
    assert all("\x00" not in part and "\n" not in part for part in filled)


async def test_a_command_gets_its_arguments_and_no_key(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = "import json, os, sys;json.dump([sys.argv[2:], dict(os.environ)], open(sys.argv[1], 'w'))"
    command = (sys.executable, "-c", code, str(out), "{title}; rm -rf ~", "$(id) {text}")
    environ = {"RUNPOD_API_KEY": "rpa_secret", "PATH": "/bin", "OPENAI_API_KEY": "sk", "HOME": "/root"}
    await Post(Notify(command=command), environ).ring()
    arguments, told = json.loads(out.read_text())
    assert arguments == ["podtop: H100; rm -rf ~", "$(id) H100 is available: $2.39/h"]
    assert told["PODTOP_TEXT"] == ALARM.text
    assert told["HOME"] == "/root"
    assert "rpa_secret" not in out.read_text()
    assert without_keys(environ) == {"PATH": "/bin", "HOME": "/root"}


async def test_a_command_that_fails_is_told_once() -> None:
    post = Post(Notify(command=(sys.executable, "-c", "raise SystemExit(3)")))
    await post.ring()
    post.now = 100.0
    await post.ring()
    assert [note.text for note in post.notes] == [f"notify.command: {sys.executable} exited with 3"]
    post = Post(Notify(command=("/nowhere/at/all",)))
    await post.ring()
    assert "No such file" in post.notes[0].text


async def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.services.sinks.command.PATIENCE", 0.2)
    post = Post(Notify(command=(sys.executable, "-c", "import time; time.sleep(60)")))
    await post.ring()
    assert "took longer" in post.notes[0].text


async def test_of_too_many_at_once_each_waits_for_the_one_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0

    async def slow(*_: Any) -> None:
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        await asyncio.sleep(0)
        running -= 1
        sent.append(_[1].title)

    sent: list[str] = []
    monkeypatch.setattr("tui.services.sinks.command.run", slow)
    post = Post(Notify(bell=True, command=("x",)))
    for number in range(20):
        post.hooks.notify(Notification(f"pod {number}", "x", "price", 0.0))
    assert len(post.written) == 20, "the bell needs no time"
    while post.hooks._tasks:
        await asyncio.gather(*post.hooks._tasks)
    await post.hooks.close()
    assert sorted(sent) == sorted(f"pod {number}" for number in range(20))
    assert most == 1
    assert post.notes == []


async def test_a_terminal_that_takes_nothing_ends_nothing(tmp_path: Path) -> None:
    post = Post(Notify(bell=True, command=(sys.executable, "-c", f"open({str(tmp_path / 'out')!r}, 'w')")))

    def closed(text: str) -> None:
        raise OSError(f"closed: {text}")

    post.hooks._means = replace(post.hooks._means, write=closed)
    await post.ring()
    assert (tmp_path / "out").exists(), "the other sinks get it"
    assert [note.text for note in post.notes] == ["notify.terminal: could not be sent (OSError)"]


async def test_a_webhook_gets_json_and_its_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("tok\n")
    settings = Notify(webhook="https://hooks.invalid/T0/secret", webhook_token_file=str(tmp_path / "token"))
    post = Post(settings, {"RUNPOD_API_KEY": "rpa_secret"})
    await post.ring()
    (request,) = post.requests
    assert json.loads(request.content) == {
        "title": ALARM.title, "text": ALARM.text, "kind": "price", "at": ALARM.at
    }  # fmt: skip
    assert request.headers["Authorization"] == "Bearer tok"
    assert post.notes == []


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(302), httpx.ConnectError("no route")])
async def test_a_webhook_that_fails_is_told_without_its_address_and_not_repeated(answer: Any) -> None:
    post = Post(Notify(webhook="https://hooks.invalid/T0/secret"), answer=answer)
    await post.ring()
    assert len(post.requests) == 1
    assert "secret" not in post.notes[0].text


async def test_the_same_is_told_once_a_minute() -> None:
    post = Post(Notify(bell=True))
    for now in (0.0, 30.0, 59.0, 61.0):
        post.now = now
        await post.ring()
    assert len(post.written) == 2


async def test_the_end_waits_for_nothing_that_hangs() -> None:
    post = Post(Notify(command=(sys.executable, "-c", "import time; time.sleep(60)")))
    post.hooks.notify(ALARM)
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await post.hooks.close()
    assert post.hooks._tasks == set()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bell = 'yes'", "notify.bell: invalid value 'yes'; expected true or false"),
        ("command = 'notify-send hi'", "notify.command: invalid value 'notify-send hi'; expected an array"),
        ("command = []", "notify.command: invalid value []"),
        ("webhook = 'http://example.com/secret'", "notify.webhook: invalid value; expected an https URL"),
    ],
)
def test_settings_that_are_not_accepted(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[notify]\n{text}\n")
    with pytest.raises(ConfigError) as told:
        load({}, file=file, runpod_file=tmp_path / "none", environ={})
    assert str(told.value).startswith(f"{file}, line 2: {words}")


def test_settings_come_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('theme = "nord"\n[notify]\nbell = true\ncommand = ["notify-send", "{title}"]\n')
    config = load({}, file=file, runpod_file=tmp_path / "none", environ={})
    assert config.notify == Notify(bell=True, command=("notify-send", "{title}"))
    assert config.warnings == ()
    file.write_text("[notify]\nbel = true\n")
    (warning,) = load({}, file=file, runpod_file=tmp_path / "none", environ={}).warnings
    assert warning == f"{file}, line 2: unknown setting 'notify.bel'; did you mean bell?"


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_tmux_shows_what_was_said_and_runs_nothing(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    alarm = Notification("podtop: job #7", f"100% of #S #(touch {ran}) #{{pane_id}} at %H ##x", "price", 0.0)
    server = ["tmux", "-L", f"podtop-test-{os.getpid()}", "-f", "/dev/null"]
    subprocess.run([*server, "new", "-d", "-x", "80", "-y", "24", "cat"], check=True, env=without_keys(os.environ))
    try:
        shown = subprocess.run(
            [*server, "display-message", "-p", literal(alarm)], check=True, capture_output=True, text=True
        )
        told = subprocess.run([*server, "display-message", "-d", "10", literal(alarm)], capture_output=True)
    finally:
        subprocess.run([*server, "kill-server"], check=True)
    assert shown.stdout.rstrip("\n") == f"{alarm.title}: {alarm.text}"
    assert told.returncode == 0
    assert not ran.exists()
