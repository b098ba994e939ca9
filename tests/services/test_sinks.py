"""What each sink sends: text that stays text, by the priority of its grade, and no secret in any message."""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.smtp_server import CERTIFICATE, SmtpServer
from tui.config.keys import NOTHING
from tui.config.settings import SINKS, TOPICS, Notify
from tui.domain.attention import Grade, Topic
from tui.services.notifier import topics_of
from tui.services.sinks import desktop, discord, mail, ntfy, slack, webhook
from tui.services.sinks.sink import Means, Notification, NotSent

BAD = Notification(
    "podtop: älder: hung", "100 % busy; $5.98 so far, $23.92/h", "runs", 1_795_435_200.0, Grade.BAD, "id1"
)
SECRET = "T0SECRET"


class Web:
    """The other side of a sink that posts."""

    def __init__(self, answer: Any = None) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    def means(self, settings: Notify) -> Means:
        def handle(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            if isinstance(self._answer, Exception):
                raise self._answer
            return self._answer or httpx.Response(200)

        return Means(settings, None, {}, NOTHING, httpx.MockTransport(handle))

    @property
    def body(self) -> Any:
        return json.loads(self.requests[-1].content)


async def sent(module: Any, means: Means, notification: Notification = BAD) -> None:
    send = module.sink(means)
    assert send is not None
    await send(notification)


def file(tmp_path: Path, text: str) -> str:
    path = tmp_path / "secret"
    path.write_text(text)
    return str(path)


def test_the_topics_of_the_settings_are_those_of_alerts() -> None:
    assert tuple(Topic) == TOPICS
    settings = Notify(for_=("money",), slack_for=("runs", "watch"))
    assert {name: topics_of(settings, name) for name in SINKS} == {
        name: frozenset({Topic.RUNS, Topic.WATCH} if name == "slack" else {Topic.MONEY}) for name in SINKS
    }


# ntfy


async def test_ntfy_gets_json_with_a_title_in_utf8_and_a_priority(tmp_path: Path) -> None:
    web = Web()
    settings = Notify(ntfy="https://ntfy.invalid/my%20topic", ntfy_token_file=file(tmp_path, "tk_1\n"))
    await sent(ntfy, web.means(settings))
    assert str(web.requests[0].url) == "https://ntfy.invalid/"
    assert web.requests[0].headers["Authorization"] == "Bearer tk_1"
    assert web.body == {
        "topic": "my topic", "title": BAD.title, "message": BAD.text, "markdown": False, "priority": 5,
        "tags": ["rotating_light"],
    }  # fmt: skip


@pytest.mark.parametrize(("grade", "priority"), [(Grade.BAD, 5), (Grade.WARN, 4), (Grade.NOTICE, 3), (None, 3)])
def test_the_priority_is_that_of_the_grade(grade: Grade | None, priority: int) -> None:
    assert ntfy.message(Notification("t", "x", "money", 0.0, grade))["priority"] == priority


# Slack and Discord


async def test_slack_gets_text_without_markup(tmp_path: Path) -> None:
    web = Web()
    settings = Notify(slack_file=file(tmp_path, f"https://hooks.invalid/services/{SECRET}\n"))
    await sent(slack, web.means(settings), Notification("a <b>", "<!channel> & <@U1> *x*", "runs", 0.0))
    assert str(web.requests[0].url).endswith(SECRET)
    assert web.body == {
        "text": "a &lt;b&gt;\n&lt;!channel&gt; &amp; &lt;@U1&gt; *x*", "mrkdwn": False, "link_names": False,
        "unfurl_links": False, "unfurl_media": False,
    }  # fmt: skip


async def test_discord_gets_text_without_markup_and_mentions_nobody(tmp_path: Path) -> None:
    web = Web()
    settings = Notify(discord_file=file(tmp_path, f"https://discord.invalid/api/webhooks/{SECRET}"))
    await sent(discord, web.means(settings), Notification("# big", "@everyone **b** qwen_eval-1 $3.99", "runs", 0.0))
    assert web.body == {
        "content": r"\# big" + "\n" + r"\@everyone \*\*b\*\* qwen\_eval-1 $3.99", "allowed_mentions": {"parse": []},
        "flags": 4,
    }  # fmt: skip


@given(st.text())
def test_no_text_is_markup(text: str) -> None:
    notification = Notification(text, text, "runs", 0.0)
    plain = str(slack.message(notification)["text"])
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", plain)
    assert plain.count("\n") == 1
    content = str(discord.message(notification)["content"])
    assert not re.search(r"(?<!\\)(?:\\\\)*(?<!\\)[*_~`|<>\[\]@]", content)
    assert len(content) <= 2000
    for argument in desktop.argv(notification):
        assert argument.isprintable()
    assert not re.search(r"[<>]", desktop.argv(notification)[-1])
    subject = mail.message(Means(Notify(mail_to="me@example.com"), None, {}, NOTHING), notification).as_bytes()
    assert subject.split(b"\n\n")[0].count(b"\nSubject:") + subject.startswith(b"Subject:") == 1


# What goes wrong


POSTS = {
    "webhook": (webhook, lambda path: Notify(webhook=f"https://hooks.invalid/{SECRET}")),
    "ntfy": (ntfy, lambda path: Notify(ntfy=f"https://hooks.invalid/{SECRET}")),
    "slack": (slack, lambda path: Notify(slack_file=file(path, f"https://hooks.invalid/{SECRET}"))),
    "discord": (discord, lambda path: Notify(discord_file=file(path, f"https://hooks.invalid/{SECRET}"))),
}


@pytest.mark.parametrize("name", POSTS)
@pytest.mark.parametrize(
    ("answer", "final", "after"),
    [
        (httpx.Response(500, text=SECRET), False, 0.0),
        (httpx.Response(429, headers={"Retry-After": "90"}), False, 90.0),
        (httpx.Response(408), False, 0.0), (httpx.Response(403, text=SECRET), True, 0.0),
        (httpx.Response(302, headers={"Location": f"https://x.invalid/{SECRET}"}), True, 0.0),
        (httpx.ConnectError(f"no route to {SECRET}"), False, 0.0), (httpx.ReadTimeout("late"), False, 0.0),
    ],
)  # fmt: skip
async def test_a_refusal_is_final_or_not_and_quotes_nothing(
    name: str, answer: Any, final: bool, after: float, tmp_path: Path
) -> None:
    module, settings = POSTS[name]
    with pytest.raises(NotSent) as refused:
        await sent(module, Web(answer).means(settings(tmp_path)))
    assert (refused.value.final, refused.value.after) == (final, after)
    assert SECRET not in str(refused.value)
    assert "hooks.invalid" not in str(refused.value)
    assert refused.value.__context__ is None or SECRET not in str(refused.value.__context__)


@pytest.mark.parametrize("content", ["", f"http://hooks.invalid/{SECRET}", f"two {SECRET}", SECRET])
async def test_a_file_without_a_usable_address_is_reported_without_its_content(content: str, tmp_path: Path) -> None:
    with pytest.raises(NotSent) as refused:
        await sent(slack, Web().means(Notify(slack_file=file(tmp_path, content))))
    assert str(refused.value).startswith("slack_file: ")
    assert SECRET not in str(refused.value)


# The desktop


def program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


async def test_the_desktop_is_notified_if_it_can_be(tmp_path: Path) -> None:
    settings = Notify(desktop=True)
    assert desktop.sink(Means(settings, None, {"PATH": str(tmp_path)}, NOTHING)) is None
    program(tmp_path, "notify-send", f'for a in "$@"; do echo "$a"; done > {tmp_path}/out')
    means = Means(settings, None, {"PATH": f"{tmp_path}:{os.environ['PATH']}"}, NOTHING)
    await sent(desktop, means, Notification("-t", "a < b", "money", 0.0, Grade.BAD))
    assert (tmp_path / "out").read_text().splitlines() == [
        "--app-name=podtop", "--urgency=critical", "--", "-t", "a &lt; b",
    ]  # fmt: skip


# E-mail


async def test_a_mail_goes_through_sendmail(tmp_path: Path) -> None:
    program(tmp_path, "sendmail", f'echo "$@" > {tmp_path}/args; cat > {tmp_path}/mail; exit $(cat {tmp_path}/code)')
    means = Means(
        Notify(mail_to="me@example.com"), None, {"PATH": f"{tmp_path}:{os.environ['PATH']}", "RUNPOD_API_KEY": "k"},
        NOTHING,
    )  # fmt: skip
    (tmp_path / "code").write_text("0")
    await sent(mail, means)
    assert (tmp_path / "args").read_text() == "-t -i\n"
    text = (tmp_path / "mail").read_text()
    assert "To: me@example.com" in text
    assert "From: me@example.com" in text
    assert "Subject: podtop: =?utf-8?q?=C3=A4lder=3A?= hung" in text
    assert "Auto-Submitted: auto-generated" in text
    assert "$5.98 so far, $23.92/h" in text
    for code, final in ((75, False), (67, True)):
        (tmp_path / "code").write_text(str(code))
        with pytest.raises(NotSent) as refused:
            await sent(mail, means)
        assert refused.value.final is final


def smtp(server: SmtpServer, tmp_path: Path, scheme: str = "smtp", **more: Any) -> Means:
    settings = Notify(
        mail_to="me@example.com", mail_from="podtop@example.com", smtp=f"{scheme}://localhost:{server.port}",
        smtp_user="me", smtp_password_file=file(tmp_path, "pass word;\n"), **more,
    )  # fmt: skip
    return Means(settings, None, {"SSL_CERT_FILE": str(CERTIFICATE)}, NOTHING)


@pytest.mark.parametrize(("tls", "scheme"), [("starttls", "smtp"), ("implicit", "smtps"), ("none", "smtp")])
async def test_a_mail_goes_to_a_server_encrypted_unless_it_stays_here(tls: str, scheme: str, tmp_path: Path) -> None:
    async with SmtpServer(tls).running() as server:
        await sent(mail, smtp(server, tmp_path, scheme))
    (got,) = server.mails
    assert got["Subject"] == BAD.title
    assert got["Message-ID"] == "<id1@podtop.invalid>"
    assert got.get_content().strip() == BAD.text
    assert server.logins == [("me", "pass word;")]
    assert server.encrypted == [tls != "none"]


async def test_a_server_elsewhere_that_offers_no_tls_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.services.sinks.mail.is_loopback", lambda host: False)
    async with SmtpServer("none").running() as server:
        with pytest.raises(NotSent, match="no encryption") as refused:
            await sent(mail, smtp(server, tmp_path))
    assert refused.value.final
    assert (server.mails, server.logins) == ([], [])


async def test_a_certificate_that_nobody_trusts_gets_no_password(tmp_path: Path) -> None:
    async with SmtpServer("starttls").running() as server:
        means = smtp(server, tmp_path)
        with pytest.raises(NotSent, match="certificate"):
            await sent(mail, Means(means.settings, None, {}, NOTHING))
    assert (server.mails, server.logins) == ([], [])


@pytest.mark.parametrize(
    ("verb", "response", "final", "words"),
    [
        ("MAIL", f"451 later {SECRET}", False, "refused it (451)"), ("MAIL", "550 no", True, "refused it (550)"),
        ("RCPT", f"550 unknown {SECRET}", True, "refused the recipient (550)"),
        ("RCPT", "450 greylisted", False, "refused the recipient (450)"),
        ("AUTH", f"535 wrong {SECRET}", True, "user name or the password (535)"), ("DATA", "452 full", False, "(452)"),
        ("QUIT", "421 gone", None, ""),
    ],
)  # fmt: skip
async def test_what_a_mail_server_refuses(
    verb: str, response: str, final: bool | None, words: str, tmp_path: Path
) -> None:
    server = SmtpServer("starttls")
    server.refusals[verb] = response
    async with server.running():
        if final is None:
            await sent(mail, smtp(server, tmp_path))
            assert len(server.mails) == 1
            return
        with pytest.raises(NotSent) as refused:
            await sent(mail, smtp(server, tmp_path))
    assert refused.value.final is final
    assert words in str(refused.value)
    assert SECRET not in str(refused.value)
    assert refused.value.__context__ is None


async def test_a_mail_server_that_is_not_there(tmp_path: Path) -> None:
    async with SmtpServer().running() as server:
        pass
    with pytest.raises(NotSent, match="cannot reach the mail server") as refused:
        await sent(mail, smtp(server, tmp_path))
    assert not refused.value.final


async def test_a_mail_server_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.services.sinks.mail.PATIENCE", 0.2)
    accepted = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await reader.read()
        writer.close()

    server = SmtpServer()
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listener:
        server.port = listener.sockets[0].getsockname()[1]
        with pytest.raises(NotSent, match="did not respond in time"):
            await sent(mail, smtp(server, tmp_path))
    assert accepted.is_set()
