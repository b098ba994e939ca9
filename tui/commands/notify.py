"""`podtop notify`: the ways to notify that are set, what each is for, what waits; with --test, one through each."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path

from tui.commands.exit_codes import Exit
from tui.commands.stdio import make_lenient, say, shown, write
from tui.config.loader import Config
from tui.config.settings import SINKS, TOPICS, Notify
from tui.domain.attention import Grade
from tui.domain.ringing import is_quiet
from tui.format import numbers as fmt
from tui.services.delivery import reason
from tui.services.notifier import topics_of
from tui.services.sinks.faults import active, faults
from tui.services.sinks.sink import MakeSink, Means, Notification, Sink
from tui.storage.json_store import StoreError
from tui.storage.notify_spool import Spool, SpoolFile
from tui.system.signals import cancel_on_signals

_SETTINGS = {"terminal": ("bell", "osc9", "osc777"), "mail": ("mail_to",), "slack": ("slack_file",),
             "discord": ("discord_file",)}  # fmt: skip
"""The settings that enable a sink, where they are not called as it is."""


def notify(
    config: Config, spool: Path, *, test: bool, environ: Mapping[str, str] = os.environ,
    write_to_terminal: Callable[[str], object] | None = None,
) -> int:  # fmt: skip
    """Print the ways to notify, or try each; returns the exit code. `spool`: where notifications wait."""
    make_lenient(sys.stdout)
    names = [name for name in SINKS if _is_set(config.notify, name)]
    if not names:
        say("no notifications are set: see podtop help notifications")
        return Exit.NOTHING
    if write_to_terminal is None and sys.stdout.isatty():
        write_to_terminal = _to_stdout
    means = Means(config.notify, write_to_terminal, environ, config.hidden)
    if test:
        return asyncio.run(_tried(means, names))
    for line in _lines(means, names, Spool(SpoolFile(spool)), time.time()):
        write(shown(f"{line}\n"))
    return Exit.OK


def _is_set(settings: Notify, name: str) -> bool:
    return any(getattr(settings, setting) for setting in _SETTINGS.get(name, (name,)))


def _to_stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _off(means: Means, names: list[str]) -> dict[str, str]:
    """Why some of the ways cannot work here."""
    on = active(means)

    def which(program: str) -> str | None:
        return shutil.which(program, path=means.environ.get("PATH"))

    reasons = faults(means.settings, on, which)
    for name in names:
        if name not in on and name not in reasons:
            reasons[name] = "not inside tmux" if name == "tmux" and means.write is not None else "no terminal here"
    return reasons


def _lines(means: Means, names: list[str], spool: Spool, now: float) -> Iterator[str]:
    """What is set, a line for each way, and for quiet hours, digest and spool."""
    settings, off = means.settings, _off(means, names)
    try:
        waiting, trouble = spool.waiting(), ""
        next_at = spool.next_at(SINKS)
    except StoreError as error:
        waiting, trouble, next_at = {}, str(error), now
    for name in names:
        topics = topics_of(settings, name)
        subjects = ", ".join(topic for topic in TOPICS if topic in topics)
        state = f"off: {off[name]}" if name in off else "ready"
        count = f"; {waiting[name]} waiting" if waiting.get(name) else ""
        yield f"{name:9} {subjects:29} {state}{count}"
    local = datetime.fromtimestamp(now)
    quiet = f"{settings.quiet}{' (now)' if is_quiet(settings.quiet, local) else ''}" if settings.quiet else "none"
    yield f"quiet hours: {quiet}; daily digest: {settings.digest or 'none'}"
    if trouble:
        yield f"waiting: unknown: {trouble}"
    elif waiting:
        total = sum(waiting.values())
        yield f"waiting: {total}; next try in {fmt.duration(next_at - now)}, while a podtop runs"
    else:
        yield "waiting: nothing"


# --test


async def _tried(means: Means, names: list[str]) -> int:
    """Send one notification through each way, and print what happened."""
    off = _off(means, names)
    test = Notification(
        "podtop: test", f"A test of podtop's notifications from {socket.gethostname() or 'this machine'}. All is well.",
        "watch", time.time(), Grade.NOTICE,
    )  # fmt: skip

    async def tried(name: str) -> bool:
        why = off.get(name) or await _failure(name, means, test)
        write(shown(f"{name:9} {'sent' if not why else f'not sent: {why}'}\n"))
        return not why

    async def all_tried() -> int:
        return Exit.OK if all(await asyncio.gather(*(tried(name) for name in names))) else Exit.PROBLEMS

    work = asyncio.ensure_future(all_tried())
    signalled = cancel_on_signals(work)
    try:
        return await work
    except asyncio.CancelledError:
        return signalled[0]


async def _failure(name: str, means: Means, notification: Notification) -> str:
    """Why it could not be sent; empty if it was."""
    make: MakeSink = import_module(f"tui.services.sinks.{name}").sink
    send: Sink | None = make(means)
    try:
        work = send(notification) if send is not None else None
        if work is not None:
            await work
    # As everywhere, whatever goes wrong is reported without words that may contain a secret.
    except Exception as error:
        return reason(error)
    return ""
