"""`Notifier`: calls a person who looks elsewhere, in the ways that are configured, and never through a shell."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tui.api.cloud import CloudError
from tui.api.http import name_lookup
from tui.api.secret import mask
from tui.config.loader import NOTHING, Hidden, token
from tui.config.settings import Notify
from tui.domain.user_message import UserMessage
from tui.files import reading
from tui.system import subprocesses
from tui.system.multiplexer import through_tmux

if TYPE_CHECKING:
    import httpx

PATIENCE = 10.0
"""Seconds that a command or a webhook gets."""

AT_ONCE = 4
SAME = 60.0
"""Seconds within which the same is told once."""

LONGEST = 300

_ITS_HOST = "its server"
"""What stands in messages for the webhook's host: its address is a secret."""


class Notification(Struct, frozen=True):
    """What is told: a title and a sentence, of a kind such as "price", at an instant."""

    title: str
    text: str
    kind: str
    at: float


def plain(text: str, most: int = LONGEST) -> str:
    """Text without anything that a terminal or a program could take for more than text."""
    clean = "".join(ch if ch.isprintable() else " " for ch in text)
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def sequences(settings: Notify, alarm: Notification, in_tmux: bool) -> str:
    """What the terminal is sent. In tmux the notifications are handed through to the terminal outside."""
    title, text = plain(alarm.title), plain(alarm.text)
    found = []
    if settings.osc9:
        found.append(f"\x1b]9;{title}: {text}\x07")
    if settings.osc777:
        found.append(f"\x1b]777;notify;{title.replace(';', ',')};{text.replace(';', ',')}\x07")
    if in_tmux:
        found = [through_tmux(one) for one in found]
    return "".join(found) + ("\x07" if settings.bell else "")


def argv(settings: Notify, alarm: Notification) -> tuple[str, ...]:
    """The command with its placeholders filled in: one argument stays one argument."""
    title, text = plain(alarm.title), plain(alarm.text)
    return tuple(part.replace("{title}", title).replace("{text}", text) for part in settings.command)


def literal(alarm: Notification) -> str:
    """An alarm for tmux, whose formats begin with # and whose times with %; only newer ones take text as it is."""
    return f"{plain(alarm.title)}: {plain(alarm.text)}".replace("#", "##").replace("%", "%%")


class _NoToken(Exception):
    """The webhook's token cannot be had; `str()` says why."""


class Notifier:
    """Tells alarms.

    write: sends text to the terminal, between two frames and never in the midst of one.
    say:   told when a way does not work, once.
    hidden: what a command must not get.
    """

    def __init__(
        self,
        settings: Notify,
        *,
        write: Callable[[str], object],
        say: Callable[[UserMessage], object],
        beat: Callable[[], float],
        environ: Mapping[str, str] = os.environ,
        transport: httpx.AsyncBaseTransport | None = None,
        hidden: Hidden = NOTHING,
    ) -> None:
        self._settings = settings
        self._write = write
        self._say = say
        self._beat = beat
        self._environ = environ
        self._hidden = hidden
        self._transport = transport
        self._last: dict[tuple[str, str], float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: set[str] = set()

    def ring(self, alarm: Notification) -> None:
        """Tell it in every way that is configured; returns at once."""
        now, key = self._beat(), (alarm.kind, alarm.title)
        if now - self._last.get(key, -SAME) < SAME:
            return
        self._last[key] = now
        settings, in_tmux = self._settings, bool(self._environ.get("TMUX"))
        if text := sequences(settings, alarm, in_tmux):
            self._write(text)
        if settings.tmux and in_tmux:
            self._begin(self._command("tmux", ("tmux", "display-message", "-d", "10000", literal(alarm)), alarm))
        if settings.command:
            self._begin(self._command("command", argv(settings, alarm), alarm))
        if settings.webhook:
            self._begin(self._post(alarm))

    async def close(self) -> None:
        """Give what is under way a second, then end it."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._tasks) >= AT_ONCE:
            work.close()
            self._complain("hooks", "too many at once: this alarm was not told everywhere")
            return
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _command(self, what: str, arguments: tuple[str, ...], alarm: Notification) -> None:
        more = {"PODTOP_TITLE": plain(alarm.title), "PODTOP_TEXT": plain(alarm.text), "PODTOP_KIND": alarm.kind}
        try:
            code, _ = await subprocesses.run(arguments, self._environ, self._hidden, patience=PATIENCE, more=more)
        except TimeoutError:
            self._complain(what, f"{arguments[0]} took longer than {PATIENCE:.0f} s, and was ended")
            return
        except (OSError, ValueError) as error:
            self._complain(what, f"{arguments[0]}: {getattr(error, 'strerror', None) or error}")
            return
        if code:
            self._complain(what, f"{arguments[0]} ended with {code}")

    async def _post(self, alarm: Notification) -> None:
        try:
            code = await self._posted(alarm)
        except (_NoToken, CloudError) as error:
            self._complain("webhook", str(error))
            return
        # Whatever else goes wrong with one alarm must be told, and end nothing.
        except Exception as error:
            self._complain("webhook", f"it could not be sent ({type(error).__name__})")
            return
        if not 200 <= code < 300:
            self._complain("webhook", f"its server refused it (HTTP {code})")

    async def _posted(self, alarm: Notification) -> int:
        """Send it; the status of the answer. Raises CloudError, in whose words there is nothing of the address."""
        from tui.api.http.connection import connect
        from tui.api.http.failures import of_transport

        headers = await asyncio.to_thread(self._headers)
        line = await asyncio.to_thread(
            connect, self._settings.webhook, transport=self._transport, environ=self._environ, timeout=PATIENCE
        )
        if self._transport is None:
            name_lookup.install()
        body = {"title": plain(alarm.title), "text": plain(alarm.text), "kind": alarm.kind, "at": alarm.at}
        try:
            async with (
                line.client,
                asyncio.timeout(PATIENCE),
                # What it answers is of no interest, and may be endless.
                line.client.stream("POST", self._settings.webhook, json=body, headers=headers) as answer,
            ):
                return answer.status_code
        # The libraries' own words would tell the address.
        except Exception as error:
            trouble = of_transport(error, _ITS_HOST, PATIENCE, line.proxy)
        raise trouble.with_traceback(None)

    def _headers(self) -> dict[str, str]:
        if not self._settings.webhook_token_file:
            return {}
        try:
            found = token(self._settings.webhook_token_file)
        except reading.FileTrouble as error:
            raise _NoToken(f"webhook_token_file: {error}") from None
        if not found or not all("!" <= ch <= "~" for ch in found):
            raise _NoToken("webhook_token_file: there is no token in it that fits into a header")
        return {"Authorization": f"Bearer {found}"}

    def _complain(self, what: str, words: str) -> None:
        if (text := mask(f"notify.{what}: {words}")) not in self._failed:
            self._failed.add(text)
            self._say(UserMessage(text))
