"""`podtop notify`: the ways to notify that are set, what each is for, what waits; with --test, one through each."""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from tui.commands.envelope import Document, ProblemItem
from tui.commands.exit_codes import Exit
from tui.commands.items import iso
from tui.commands.stdio import make_lenient, make_utf8, say, shown, write
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


class WayItem(Struct, frozen=True, kw_only=True):
    """One way to notify that is set.

    way:     its name in [notify]; `topics`: what it is for.
    ready:   whether it can work here; `off_reason`: why not.
    waiting: how many notifications wait to be sent by it; null if unknown.
    sent:    with --test, whether one was sent now; `failure`: why not. Else null.
    """

    way: str
    topics: tuple[str, ...]
    ready: bool
    off_reason: str | None
    waiting: int | None
    sent: bool | None = None
    failure: str | None = None


class NotifyDocument(Document, frozen=True, kw_only=True):
    """`quiet`, `digest`: as in [notify], null if not set; quiet_now: whether it is quiet hours.

    next_try: when podtop, if it runs, tries again what waits; null if nothing does.
    """

    quiet: str | None
    quiet_now: bool
    digest: str | None
    next_try: str | None


def notify(
    config: Config, spool: Path, *, test: bool, as_json: bool = False, source: str = "",
    environ: Mapping[str, str] = os.environ, write_to_terminal: Callable[[str], object] | None = None,
) -> int:  # fmt: skip
    """Print the ways to notify, or try each; returns the exit code.

    spool: where notifications wait; source: of RunPod's data, for the JSON document.
    """
    (make_utf8 if as_json else make_lenient)(sys.stdout)
    names = [name for name in SINKS if _is_set(config.notify, name)]
    if not names and not as_json:
        say("no notifications are set: see podtop help notifications")
        return Exit.NOTHING
    if write_to_terminal is None and sys.stdout.isatty() and not as_json:
        write_to_terminal = _to_stdout
    means = Means(config.notify, write_to_terminal, environ, config.hidden)
    wait = _waiting(Spool(SpoolFile(spool)))
    if not test:
        if as_json:
            _print(_document(means, names, wait, time.time(), source))
        else:
            for line in _lines(means, names, wait, time.time()):
                write(shown(f"{line}\n"))
        return Exit.OK if names else Exit.NOTHING

    def report(results: Mapping[str, str]) -> None:
        if as_json:
            _print(_document(means, names, wait, time.time(), source, results))

    return asyncio.run(_tried(means, names, report, quietly=as_json))


def _is_set(settings: Notify, name: str) -> bool:
    return any(getattr(settings, setting) for setting in _SETTINGS.get(name, (name,)))


def _to_stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _off(means: Means, names: Sequence[str]) -> dict[str, str]:
    """Why some of the ways cannot work here."""
    on = active(means)

    def which(program: str) -> str | None:
        return shutil.which(program, path=means.environ.get("PATH"))

    reasons = faults(means.settings, on, which)
    for name in names:
        if name not in on and name not in reasons:
            reasons[name] = "not inside tmux" if name == "tmux" and means.write is not None else "no terminal here"
    return reasons


class _Waiting(NamedTuple):
    """How many notifications wait, by way, and when the next is tried; `trouble`: why that is unknown."""

    counts: Mapping[str, int]
    next_at: float
    trouble: str = ""


def _waiting(spool: Spool) -> _Waiting:
    try:
        return _Waiting(spool.waiting(), spool.next_at(SINKS))
    except StoreError as error:
        return _Waiting({}, math.inf, str(error))


def _document(
    means: Means,
    names: Sequence[str],
    wait: _Waiting,
    now: float,
    source: str,
    results: Mapping[str, str] | None = None,
) -> NotifyDocument:
    """All of it. `results`: of a test, why each was not sent, empty if it was; None without one."""
    settings, off = means.settings, _off(means, names)
    items = tuple(
        WayItem(
            way=name, topics=tuple(topic for topic in TOPICS if topic in topics_of(settings, name)),
            ready=name not in off, off_reason=off.get(name),
            waiting=None if wait.trouble else wait.counts.get(name, 0),
            sent=None if results is None else not results[name],
            failure=None if results is None else results[name] or None,
        )
        for name in names
    )  # fmt: skip
    return NotifyDocument(
        kind="notify", at=iso(now) or "", source=source, total=len(items), items=items,
        problems=(ProblemItem(wait.trouble, None, None),) if wait.trouble else (),
        quiet=settings.quiet or None, quiet_now=is_quiet(settings.quiet, datetime.fromtimestamp(now)),
        digest=settings.digest or None, next_try=iso(wait.next_at) if math.isfinite(wait.next_at) else None,
    )  # fmt: skip


def _print(document: NotifyDocument) -> None:
    write(msgspec.json.encode(document).decode() + "\n")


def _lines(means: Means, names: Sequence[str], wait: _Waiting, now: float) -> Iterator[str]:
    """What is set, a line for each way, and for quiet hours, digest and spool."""
    settings, off = means.settings, _off(means, names)
    waiting, next_at, trouble = wait
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


async def _tried(
    means: Means, names: Sequence[str], report: Callable[[Mapping[str, str]], object], *, quietly: bool
) -> int:
    """Send one notification through each way, and print what happened as it does, unless that is to be quiet.

    report: called at the end with why each was not sent, empty if it was.
    """
    off = _off(means, names)
    test = Notification(
        "podtop: test", f"A test of podtop's notifications from {socket.gethostname() or 'this machine'}. All is well.",
        "watch", time.time(), Grade.NOTICE,
    )  # fmt: skip

    async def tried(name: str) -> str:
        why = off.get(name) or await _failure(name, means, test)
        if not quietly:
            write(shown(f"{name:9} {'sent' if not why else f'not sent: {why}'}\n"))
        return why

    async def all_tried() -> int:
        reasons = await asyncio.gather(*(tried(name) for name in names))
        report(dict(zip(names, reasons, strict=True)))
        if not names:
            return Exit.NOTHING
        return Exit.PROBLEMS if any(reasons) else Exit.OK

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
