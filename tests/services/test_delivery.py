"""Notifications that could not be sent: kept, tried again, and each delivered once, by whichever podtop runs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.test_ringing import NOW, alert
from tests.services.test_sinks import file
from tui.config.settings import Notify
from tui.domain.attention import Topic
from tui.domain.ring_words import words
from tui.domain.ringing import Audience, Call, Occasion
from tui.domain.user_message import UserMessage
from tui.services.delivery import FIRST, GIVEN_UP, HOLD, LONGEST
from tui.services.notifier import Notifier
from tui.services.sinks.sink import Notification
from tui.storage.notify_spool import MOST, MOST_BYTES, Memory, Spool, SpoolFile


class Side:
    """A podtop that notifies a server, which answers with `status`."""

    def __init__(self, spool: Path | None, **settings: Any) -> None:
        self.now = NOW
        self.status: int | Exception = 200
        self.got: list[tuple[str, str]] = []
        self.keys: list[str] = []
        self.notes: list[UserMessage] = []
        self.written: list[str] = []

        def handle(request: httpx.Request) -> httpx.Response:
            if isinstance(self.status, Exception):
                raise self.status
            if self.status == 200:
                body = json.loads(request.content)
                self.got.append((str(request.url.host), body.get("text") or body.get("content") or body["message"]))
                self.keys.append(request.headers.get("Idempotency-Key", ""))
            return httpx.Response(self.status)

        self.notifier = Notifier(
            Notify(**(settings or {"webhook": "https://hook.invalid/x"})), write=self.written.append,
            post=self.notes.append, monotonic=lambda: self.now, environ={}, transport=httpx.MockTransport(handle),
            store=None if spool is None else SpoolFile(spool), clock=lambda: self.now,
        )  # fmt: skip

    async def settled(self) -> None:
        while self.notifier._tasks:
            await asyncio.gather(*self.notifier._tasks)

    async def notify(self, text: str, id: str = "", **more: Any) -> None:
        self.notifier.notify(Notification(text, text, "money", self.now, id=id or text), **more)
        await self.settled()

    async def at(self, now: float) -> None:
        """Look at the spool at an instant."""
        self.now = now
        self.notifier._delivery.resume()
        await self.settled()

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.got]


@pytest.mark.parametrize("on_disk", [True, False])
async def test_what_was_not_taken_is_tried_again_with_growing_pauses_and_sent_once(
    on_disk: bool, tmp_path: Path
) -> None:
    side = Side(tmp_path / "spool.json" if on_disk else None)
    side.status = 503
    await side.notify("a")
    tries, waits, at = 0, [], NOW
    handle = side.notifier._delivery._sinks["webhook"]

    def counted(notification: Notification) -> Any:
        nonlocal tries
        tries += 1
        waits.append(side.now)
        return handle(notification)

    side.notifier._delivery._sinks = {"webhook": counted}
    for _ in range(160):
        at += 90.0
        await side.at(at)
    gaps = [later - before for before, later in zip([NOW, *waits], waits, strict=False)]
    assert FIRST * 0.8 <= gaps[0] <= FIRST * 1.2 + 90
    assert gaps[1:5] == sorted(gaps[1:5])
    assert max(gaps) <= LONGEST * 1.2 + 90
    assert 6 <= tries <= 12
    side.status = 200
    await side.at(at + 2 * LONGEST)
    await side.at(at + 4 * LONGEST)
    assert side.texts == ["a"]
    assert [note.text for note in side.notes] == ["notify.webhook: the server refused it (HTTP 503)"]
    await side.notifier.close()


async def test_after_a_day_it_is_given_up_and_said(tmp_path: Path) -> None:
    side = Side(tmp_path / "spool.json")
    side.status = httpx.ConnectError("no route")
    await side.notify("a")
    side.status = 200
    await side.at(NOW + GIVEN_UP + 60)
    assert side.got == []
    assert "given up" in side.notes[-1].text
    assert side.notifier._delivery.waiting() == {}
    await side.notifier.close()


async def test_a_refusal_for_good_is_said_once_and_not_tried_again(tmp_path: Path) -> None:
    side = Side(tmp_path / "spool.json")
    side.status = 403
    for text in ("a", "b"):
        await side.notify(text)
    side.status = 200
    await side.at(NOW + 7200)
    assert side.got == []
    assert len(side.notes) == 1
    await side.notifier.close()


async def test_once_a_sink_works_again_all_that_waits_is_sent_in_order(tmp_path: Path) -> None:
    side = Side(tmp_path / "spool.json")
    side.status = 503
    for n, text in enumerate("abc"):
        side.now = NOW + n
        await side.notify(text)
    side.status = 200
    side.now = NOW + 10
    await side.notify("d")
    assert side.texts == ["d", "a", "b", "c"], "what is due, then what has to wait no more"
    side.status = 503
    side.now = NOW + 200
    await side.notify("e")
    assert len(side.notes) == 2, "a failure after it worked is said again"
    await side.notifier.close()


async def test_what_a_podtop_left_behind_the_next_one_sends_once(tmp_path: Path) -> None:
    first = Side(tmp_path / "spool.json")
    first.status = httpx.ConnectError("no route")
    await first.notify("a")
    await first.notifier.close()
    second, third = Side(tmp_path / "spool.json"), Side(tmp_path / "spool.json")
    for side in (second, third):
        await side.at(NOW + 200)
    assert (second.texts, third.texts) == (["a"], [])
    await second.notify("a")
    assert second.texts == ["a"], "it is known by its id"
    for side in (second, third):
        await side.notifier.close()


async def test_a_podtop_that_ends_while_it_sends_leaves_it_to_the_next(tmp_path: Path) -> None:
    side = Side(tmp_path / "spool.json")
    begun = asyncio.Event()

    async def never(notification: Notification) -> None:
        begun.set()
        await asyncio.Event().wait()

    side.notifier._delivery._sinks = {"webhook": never}
    side.notifier.notify(Notification("a", "a", "money", NOW, id="a"))
    await begun.wait()
    await side.notifier.close()
    second = Side(tmp_path / "spool.json")
    await second.at(NOW + 1)
    assert second.texts == ["a"]
    await second.notifier.close()


async def test_a_podtop_that_was_killed_while_it_sent_leaves_it_for_a_while(tmp_path: Path) -> None:
    spool = Spool(SpoolFile(tmp_path / "spool.json"))
    spool.add(Notification("a", "a", "money", NOW, id="a"), ["webhook"], NOW)
    assert spool.take("webhook", NOW, HOLD) is not None
    side = Side(tmp_path / "spool.json")
    await side.at(NOW + HOLD - 1)
    assert side.texts == []
    await side.at(NOW + HOLD)
    assert side.texts == ["a"]
    await side.notifier.close()


async def test_a_podtop_that_runs_on_finds_what_another_left_within_a_minute(tmp_path: Path) -> None:
    running = Side(tmp_path / "spool.json")
    running.notifier.resume()
    await running.settled()
    killed = Side(tmp_path / "spool.json")
    killed.status = 503
    await killed.notify("a")
    await killed.notifier.close()
    for _ in range(20):
        running.now += 10.0
        running.notifier.resume()
        await running.settled()
    assert running.texts == ["a"]
    await running.notifier.close()


async def test_one_sink_that_is_down_holds_up_no_other(tmp_path: Path) -> None:
    side = Side(
        tmp_path / "spool.json", webhook="https://hook.invalid/x", command=("/nowhere/at/all",), bell=True
    )  # fmt: skip
    await side.notify("a")
    assert side.texts == ["a"]
    assert side.written == ["\x07"]
    assert [note.text.split(":")[0] for note in side.notes] == ["notify.command"]
    await side.notifier.close()


async def test_a_spool_that_cannot_be_written_costs_no_notification(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("a file in the place of a folder")
    side = Side(tmp_path / "there" / "spool.json")
    await side.notify("a")
    assert side.texts == ["a"]
    assert all(note.text.startswith("notify.spool: ") for note in side.notes)
    side.status = 503
    await side.notify("b")
    side.status = 200
    await side.at(NOW + 200)
    assert side.texts == ["a", "b"]
    await side.notifier.close()


async def test_the_spool_is_private_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (MOST, MOST_BYTES) == (200, 1_000_000)
    monkeypatch.setattr("tui.storage.notify_spool.MOST", 20)
    monkeypatch.setattr("tui.storage.notify_spool.MOST_BYTES", 100_000)
    side = Side(tmp_path / "notify" / "spool.json")
    side.status = 503
    await side.notify("x" * 900)
    path = tmp_path / "notify" / "spool.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    spool = Spool(SpoolFile(path))
    dropped = sum(
        spool.add(Notification(f"{n}", "x" * 900, "money", NOW, id=f"{n}"), ["webhook"], NOW + n) for n in range(20)
    )
    assert dropped == 1
    assert sum(spool.waiting().values()) == 20
    assert path.stat().st_size <= 100_000
    big = [Notification(f"big {n}", "ü" * 10_000, "money", NOW, id=f"big {n}") for n in range(8)]
    assert sum(spool.add(one, ["webhook"], NOW + 1000 + n) for n, one in enumerate(big)) > 0
    assert path.stat().st_size <= 100_000
    taken = spool.take("webhook", NOW + 2000, HOLD)
    assert taken is not None
    await side.notifier.close()


async def test_no_secret_and_no_alert_is_in_the_spool(tmp_path: Path) -> None:
    from tui.api.secret import Secret, remember

    remember(Secret("very-secret-value"))
    side = Side(tmp_path / "spool.json")
    side.status = 503
    call = Call("id", NOW, Occasion.ALERTS, (alert(text="has rpa_ABCDEFGH1234 and very-secret-value"),))
    title, text = words(call, str)
    side.notifier.notify(Notification(title, text, call.topic, NOW, call.grade, call.id, call))
    await side.settled()
    content = (tmp_path / "spool.json").read_text()
    assert "rpa_ABC" not in content
    assert "very-secret" not in content
    assert "hook.invalid" not in content
    assert "cost_per_hr" not in content
    await side.notifier.close()


async def test_each_sink_gets_what_it_is_for(tmp_path: Path) -> None:
    side = Side(
        tmp_path / "spool.json", webhook="https://hook.invalid/x", webhook_for=("money",), bell=True, osc9=True,
        terminal_for=("runs",), ntfy="https://ntfy.invalid/t",
        discord_file=file(tmp_path, "https://discord.invalid/x"), discord_for=("watch",),
    )  # fmt: skip
    call = Call("id", NOW, Occasion.ALERTS, (alert("", "runway", topic=Topic.MONEY, text="runway 5h"), alert("birch")))
    title, text = words(call, str)
    side.notifier.notify(Notification(title, text, call.topic, NOW, call.grade, call.id, call))
    await side.settled()
    assert sorted(side.got) == [
        ("hook.invalid", "runway 5h; $23.92/h"),
        ("ntfy.invalid", "runway 5h; $23.92/h · birch: none of its GPUs has worked for 14 min; $23.92/h"),
    ]
    assert side.written == [
        "\x1b]9;podtop: birch: idle: birch: none of its GPUs has worked for 14 min; $23.92/h\x07\x07"
    ]
    side.notifier.notify(Notification("H100", "is available", "watch", NOW))
    await side.settled()
    assert sorted(host for host, _ in side.got) == ["discord.invalid", "hook.invalid", "ntfy.invalid", "ntfy.invalid"]
    await side.notifier.close()


async def test_an_audience_is_reached_alone() -> None:
    side = Side(None, webhook="https://hook.invalid/x", bell=True)
    await side.notify("a", audiences=[Audience.TERMINAL])
    assert (side.written, side.got) == (["\x07"], [])
    await side.notify("b", audiences=[Audience.USER])
    assert (side.written, side.texts) == (["\x07"], ["b"])
    assert side.notifier.audiences == {Audience.USER: frozenset(Topic), Audience.TERMINAL: frozenset(Topic)}
    await side.notifier.close()


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["add", "take", "done", "later"]))))
def test_whatever_podtops_do_no_two_send_the_same(deeds: list[tuple[str, str]]) -> None:
    spool, now, taken, sent = Spool(Memory()), NOW, set[str](), list[str]()
    for id, what in deeds:
        now += 1.0
        match what:
            case "add":
                spool.add(Notification(id, id, "money", NOW, id=id), ["webhook"], now)
            case "take":
                item = spool.take("webhook", now, HOLD)
                if item is not None:
                    assert item.id not in taken
                    assert item.id not in sent
                    taken.add(item.id)
            case "done" if id in taken:
                spool.done(id, "webhook")
                taken.discard(id)
                sent.append(id)
            case "later" if id in taken:
                spool.later(id, "webhook", now + 5)
                taken.discard(id)
            case _:
                pass
    assert len(sent) == len(set(sent))


PROCESS = """
import asyncio, sys
from pathlib import Path
from tests.domain.test_ringing import NOW
from tui.config.settings import Notify
from tui.services.notifier import Notifier
from tui.services.sinks.sink import Notification
from tui.storage.notify_spool import SpoolFile

async def main():
    notifier = Notifier(
        Notify(webhook=sys.argv[2]), write=None, post=print, monotonic=lambda: 0.0, environ={},
        store=SpoolFile(Path(sys.argv[1])),
    )
    for n in range(8):
        notifier.notify(Notification(f"{n}", f"{n}", "money", NOW, id=f"{n}"))
        await asyncio.sleep(0)
    while notifier._tasks:
        await asyncio.gather(*notifier._tasks)
    await notifier.close()

asyncio.run(main())
"""


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback, and the texts that it got."""
    texts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            texts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", texts
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.wide
def test_of_two_processes_with_the_same_notifications_each_is_delivered_once(tmp_path: Path) -> None:
    with listening() as (url, texts):
        running = [
            subprocess.Popen([sys.executable, "-c", PROCESS, str(tmp_path / "spool.json"), url]) for _ in range(2)
        ]
        assert [process.wait(60) for process in running] == [0, 0]
    assert sorted(texts) == [f"{n}" for n in range(8)]
