"""`podtop auto`: which pods podtop stops once they are idle; arms that after a question, and postpones it."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tui.api.doubt import surely_with_pods
from tui.api.errors import CloudError
from tui.commands import confirmation
from tui.commands.auto_items import document, is_stale
from tui.commands.confirmation import Refused
from tui.commands.exit_codes import Exit, code_of
from tui.commands.prompt import Terminal
from tui.commands.stdio import make_lenient, make_utf8, say, shown, write
from tui.domain import auto_question
from tui.domain.alert_rules import is_muted
from tui.domain.auto import POSTPONED, Armed, AutoRules, AutoState, due_after
from tui.domain.auto_question import NO_RULE, NotArmable, agreed_after, is_pattern, matching
from tui.format import numbers as fmt
from tui.services.account_link import POLLS, AccountLink
from tui.services.idle_stops import rules as rules_of
from tui.storage.audit_log import user_name
from tui.storage.auto_file import AutoFile
from tui.storage.json_store import StoreError
from tui.storage.lease_file import LeaseFile
from tui.storage.mute_file import MuteFile
from tui.system.signals import cancel_on_signals

if TYPE_CHECKING:
    from tui.api.models import Pod, Snapshot
    from tui.config.loader import Config
    from tui.domain.lease import Lease
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles


class Asked(NamedTuple):
    """What is wanted: at most one of the first three; none: the list. `as_json`: the list as a JSON document."""

    arm: str | None = None
    disarm: str | None = None
    keep: str | None = None
    yes: bool = False
    as_json: bool = False


def auto(source: Source, state: StateFiles, config: Config, asked: Asked) -> int:
    """List the idle stops, or change them; returns the exit code."""
    changes = asked.arm is not None or asked.disarm is not None or asked.keep is not None
    if asked.as_json and changes:
        say("auto: --json is for the list. Nothing was changed.")
        return Exit.USAGE
    (make_utf8 if asked.as_json else make_lenient)(sys.stdout)
    terminal = Terminal()
    if asked.arm is not None and config.read_only:
        say("auto: podtop is in read-only mode. Nothing was armed.")
        return Exit.REFUSED
    return asyncio.run(_run(source, state, config, asked, terminal))


async def _run(source: Source, state: StateFiles, config: Config, asked: Asked, terminal: Terminal) -> int:
    work = asyncio.ensure_future(_done(source, state, config, asked, terminal))
    signalled = cancel_on_signals(work)
    try:
        return await work
    except asyncio.CancelledError:
        say("auto: canceled")
        return signalled[0]
    except Refused as refused:
        say(f"auto: {str(refused).replace(' Nothing was sent.', '')}")
        return refused.code
    except CloudError as error:
        say(f"auto: {error}")
        return code_of(error)
    except StoreError as error:
        say(f"auto: {error}")
        return Exit.REFUSED


async def _done(source: Source, state_files: StateFiles, config: Config, asked: Asked, terminal: Terminal) -> int:
    snapshot, account = await _read(source, state_files)
    pods = snapshot.pods or ()
    path = state_files.idle_stops(account)
    file, rules = AutoFile(path), rules_of(config.auto)
    names, now = {pod.id: pod.name for pod in pods}, source.clock()
    if asked.keep is not None:
        for pod in confirmation.find((asked.keep,), names, is_cut=snapshot.is_cut):
            await asyncio.to_thread(file.keep, pod, now + POSTPONED, now)
            write(shown(f"{names[pod]} is not stopped before {_clock(now + POSTPONED)}\n"))
        return Exit.OK
    if asked.disarm is not None:
        targets = _targets(asked.disarm, names, file.state())
        disarmed = [target for target in targets if await asyncio.to_thread(file.disarm, target)]
        if not disarmed:
            say(shown(f"auto: {asked.disarm} is not armed"))
            return Exit.NOTHING
        write(shown(f"disarmed: {asked.disarm}\n"))
        return Exit.OK
    if asked.arm is not None:
        return await _arm(asked.arm, snapshot, rules, file, now, None if asked.yes else terminal)
    state, due = file.state(), dict(LeaseFile(path).all())
    if asked.as_json:
        items = document(pods, rules, state, due, now, source=source.badge, profile=source.profile)
        write(msgspec.json.encode(items).decode() + "\n")
        return Exit.OK
    mutes = tuple(MuteFile(state_files.mutes(account)).all().values())
    muted = frozenset(pod.id for pod in pods if is_muted(pod.id, pod.name, "idle", config.alerts, mutes, now))
    for line in listed(pods, rules, state, due, now, muted):
        write(shown(f"{line}\n"))
    return Exit.OK


async def _read(source: Source, state: StateFiles) -> tuple[Snapshot, str]:
    """The pods, and the id by which the account's files are found."""
    cloud = await asyncio.to_thread(source.open)
    try:
        snapshot = surely_with_pods(await cloud.fleet())
        link = AccountLink(state, source.profile, None, lambda note: None, source.clock)
        for _ in range(POLLS):
            if snapshot.funds is None or snapshot.funds.account_id is None:
                snapshot = await link.named(snapshot, cloud.api)
    finally:
        await cloud.aclose()
    account = snapshot.funds.account_id if snapshot.funds is not None else None
    if account is None:
        raise Refused("RunPod does not report which account this is")
    return snapshot, account


def _targets(word: str, names: Mapping[str, str], state: AutoState) -> list[str]:
    """The armed targets that a word means: itself, or the ids of pods of that name."""
    ids = [id for id, name in names.items() if name == word]
    return [target for target in (word, *ids) if target in state.armed] or [word]


# Arming


async def _arm(
    word: str, snapshot: Snapshot, rules: AutoRules, file: AutoFile, now: float, terminal: Terminal | None
) -> int:
    """Arm a rule. `terminal`: where to ask; None: do not."""
    target, covered = _meant(word, snapshot)
    try:
        after = agreed_after(target, covered, rules)
    except NotArmable as error:
        raise Refused(str(error)) from None
    if terminal is not None and not terminal.there:
        raise Refused("no terminal to ask for confirmation; add --yes. Nothing was armed", Exit.USAGE)
    if terminal is not None:
        for line in question(word, covered, after, rules.per_day):
            sys.stderr.write(shown(f"{line}\n"))
        sys.stderr.flush()
        answer = await terminal.ask("Arm it? [y/N] ")
        if (answer or "").lower() not in ("y", "yes"):
            raise Refused("not confirmed: nothing was armed")
    await asyncio.to_thread(file.arm, Armed(target, after, now, user_name()))
    write(shown(f"armed: {word}, stop after {_minutes(after)} without work\n"))
    return Exit.OK


def _meant(word: str, snapshot: Snapshot) -> tuple[str, tuple[Pod, ...]]:
    """The target, and the pods that it covers now: a pod by id or by a name without wildcards is that one pod."""
    pods = snapshot.pods or ()
    if is_pattern(word):
        if snapshot.is_cut:
            raise Refused(f"RunPod lists more pods than podtop reads, so which of them {word!r} covers is unknown")
        return word, matching(word, pods)
    (id,) = confirmation.find((word,), {pod.id: pod.name for pod in pods}, is_cut=snapshot.is_cut)
    return id, tuple(pod for pod in pods if pod.id == id)


def question(word: str, covered: tuple[Pod, ...], after: float, per_day: int) -> Iterator[str]:
    """What arming means, in lines."""
    yield auto_question.line(word, after)
    for pod in covered[:20]:
        cost = f", ${pod.cost_per_hr:.2f}/h" if pod.cost_per_hr is not None else ""
        yield f"  {pod.name} ({pod.id}{cost})"
    if len(covered) > 20:
        yield f"  and {len(covered) - 20} more"
    if not covered:
        yield "  no pod now; pods of this name later"
    for topic, text, _ in auto_question.points(per_day):
        yield from textwrap.wrap(text, 100, initial_indent=f"  {topic:<8}", subsequent_indent=" " * 10)


# The list


def listed(
    pods: tuple[Pod, ...],
    rules: AutoRules,
    state: AutoState,
    due: Mapping[str, Lease],
    now: float,
    muted: Collection[str] = (),
) -> Iterator[str]:
    """The rules, what is armed, and what would be next. `muted`: pods of which the user wants no such alert, by id."""
    if not rules.any:
        yield f"no rule: no idle pod is stopped; {NO_RULE}"
    for pattern, seconds in (*rules.pods, ("all other pods" if rules.pods else "all pods", rules.general)):
        if rules.any:
            yield f"rule   {pattern}: {'off' if seconds is None else f'stop after {_minutes(seconds)} without work'}"
    for armed in state.armed.values():
        name = next((pod.name for pod in pods if pod.id == armed.target), armed.target)
        when = datetime.fromtimestamp(armed.at).astimezone()
        stale = "; the rule has changed since: arm it again" if is_stale(armed, pods, rules) else ""
        yield f"armed  {name}: {_minutes(armed.after)}, by {armed.by}, {when:%Y-%m-%d %H:%M}{stale}"
    if rules.any and not state.armed:
        yield "armed  nothing: podtop auto --arm POD|PATTERN"
    if state.armed:
        yield f"today  {state.stopped_today(now)} of at most {rules.per_day} stops"
    for pod in pods:
        after = due_after(rules, state, pod.id, pod.name)
        if pod.id in due and due[pod.id].sent_at is None:
            yield f"next   {pod.name} stops at {_clock(due[pod.id].ends)}; podtop auto --keep {pod.name} postpones it"
        elif (until := state.kept.get(pod.id, 0.0)) > now:
            yield f"kept   {pod.name} until {_clock(until)}"
        elif after is not None and (pod.locked or pod.id in muted):
            yield f"spared {pod.name}: it is {'locked' if pod.locked else 'muted'}"
        elif after is not None and pod.runtime is not None:
            yield f"next   {pod.name}, once no GPU has worked for {_minutes(after)}"


def _minutes(seconds: float) -> str:
    return fmt.duration(seconds)


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at).astimezone():%H:%M}"
