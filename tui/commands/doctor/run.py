"""`podtop doctor`: runs the checks, each within its time, and prints what they find."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial

from tui.api.http.endpoint import host_of
from tui.commands.doctor import apis, files, network, report, settings, ssh, terminal
from tui.commands.doctor.finding import Finding, error, warning
from tui.commands.doctor.report import CheckItem
from tui.commands.doctor.subject import Subject
from tui.commands.exit_codes import Exit
from tui.commands.stdio import make_lenient, make_utf8, width_of_terminal, write
from tui.system.apart import apart
from tui.system.signals import cancel_on_signals

LOCAL, LEAST = 3.0, 0.5
"""Seconds for the checks of this machine together, and at least for each: a file server that is gone never responds."""

REMOTE = 5.0
"""Seconds for RunPod's responses; with those above, and what is done in between, the whole run takes ten at most."""

Check = Callable[[], Awaitable[Finding]]


def doctor(subject: Subject, *, as_json: bool) -> int:
    """Print the findings; returns the exit code."""
    (make_utf8 if as_json else make_lenient)(sys.stdout)
    return asyncio.run(_run(subject, as_json))


async def _run(subject: Subject, as_json: bool) -> int:
    work = asyncio.ensure_future(_print(subject, as_json))
    signalled = cancel_on_signals(work)
    try:
        return await work
    except asyncio.CancelledError:
        return signalled[0]


async def _print(subject: Subject, as_json: bool) -> int:
    width, ascii = width_of_terminal(sys.stdout), _only_ascii(subject)
    items: list[CheckItem] = []
    async for item in findings(subject):
        items.append(item)
        if not as_json:
            write(report.line(item, width, ascii))
    if as_json:
        write(report.document(tuple(items), subject.source.badge, subject.source.profile, subject.source.clock()))
    else:
        write(f"\n{report.summary(items)}\n")
    return Exit.PROBLEMS if any(item.verdict == "error" for item in items) else Exit.OK


def _only_ascii(subject: Subject) -> bool:
    from tui.ui.terminal.display import Display

    encoding = (getattr(sys.stdout, "encoding", None) or "").upper().replace("-", "")
    return Display(subject.config, subject.environ).ascii or encoding != "UTF8"


async def findings(subject: Subject) -> AsyncIterator[CheckItem]:
    """Every finding, in order: first this machine, then RunPod, whose latency nothing else disturbs by then."""
    until = time.monotonic() + LOCAL
    for name, check in _local(subject).items():
        yield report.item(name, await _checked(check, max(LEAST, until - time.monotonic())))
    async for name, finding in _remote(subject):
        yield report.item(name, finding)


def _local(subject: Subject) -> dict[str, Check]:
    """The checks of this machine, by name."""

    def blocking(check: Callable[[Subject], Finding]) -> Check:
        return lambda: apart(partial(check, subject))

    def depends(check: Check) -> Check:
        return _not_checked if subject.config_error else check

    # Requested once, for two checks: one that does not wait for it any more leaves it to the other.
    tmux = asyncio.create_task(terminal.tmux(subject))

    async def multiplexer() -> Finding:
        return terminal.multiplexer(subject, await asyncio.shield(tmux))

    async def clipboard() -> Finding:
        return terminal.clipboard(subject, await asyncio.shield(tmux))

    async def keys() -> Finding:
        in_agent = await ssh.agent_keys(subject)
        return await apart(lambda: ssh.ssh(subject, in_agent))

    return {
        "podtop": blocking(settings.version),
        "config": blocking(settings.config),
        "state": blocking(files.state),
        "recording": depends(blocking(files.recording)),
        "action_log": blocking(files.action_log),
        "running": blocking(files.owners),
        "notifications": depends(blocking(settings.notifications)),
        "terminal": blocking(terminal.terminal),
        "colors": blocking(terminal.colors),
        "characters": blocking(terminal.characters),
        "multiplexer": multiplexer,
        "clipboard": clipboard,
        "ssh": depends(keys),
        "network": depends(lambda: network.route(subject)),
    }


async def _remote(subject: Subject) -> AsyncIterator[tuple[str, Finding]]:
    """The checks of RunPod, by name: all of them of the same responses."""
    checks: dict[str, Callable[[network.Replies], Finding]] = {
        "endpoint": lambda replies: network.endpoint(subject, replies),
        "api": lambda replies: apis.api(subject, replies),
        "clock": lambda replies: network.clock(subject),
        "key": lambda replies: network.key(subject, replies),
        "offers": network.offers,
    }
    if subject.config_error:
        for name in checks:
            yield name, await _not_checked()
        return
    replies, failure = network.Replies(), None
    try:
        replies = await _replies(subject)
    except TimeoutError:
        failure = _too_long(LOCAL)
    except Exception as fault:
        failure = _failed(fault)
    for name, check in checks.items():
        yield name, failure or _finding(partial(check, replies))


async def _replies(subject: Subject) -> network.Replies:
    async with asyncio.timeout(LOCAL):
        cloud = await apart(subject.source.open)
    host = host_of(subject.config.api_url) or "the API"
    with_key = subject.source.demo or subject.config.key is not None
    try:
        return await network.replies(cloud, host, REMOTE, with_key=with_key)
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await cloud.aclose()


async def _checked(check: Check, patience: float) -> Finding:
    """The finding of a check; that it failed, or took too long, is one too."""
    try:
        async with asyncio.timeout(patience):
            return await check()
    except TimeoutError:
        return _too_long(patience)
    # One check that fails hides none of the others.
    except Exception as fault:
        return _failed(fault)


def _finding(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    # As in `_checked`.
    except Exception as fault:
        return _failed(fault)


def _too_long(patience: float) -> Finding:
    return error(f"no result within {patience:.1f} s", "Check the file systems, and try again.")


def _failed(fault: Exception) -> Finding:
    return error(f"the check failed ({type(fault).__name__})", "Please report it.")


async def _not_checked() -> Finding:
    return warning("not checked: the settings are invalid (see config)")
