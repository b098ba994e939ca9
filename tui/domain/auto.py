"""Idle stops: podtop stops a pod that has not worked for as long as the user's rule says, once that is armed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain import pod_health
from tui.domain.lease import WARNING

if TYPE_CHECKING:
    from tui.api.models import Pod

OFF = "off"
SHORTEST, LONGEST = 15 * 60.0, 24 * 3600.0
"""Seconds without work that a rule may ask for: the warning comes ten minutes before the stop."""

POSTPONED = 3600.0
"""Seconds for which a pod that the user wants to keep is left alone."""

DAY = 86_400.0

LATE_POLLS = 3.0
"""A gap longer than this many polls: what was seen before it counts no more."""

BUSY_CPU = 50.0
"""Percent of CPU that is work too: a pod that loads or prepares data."""

_RULE = re.compile(r"stop after ([1-9][0-9]{0,4})(m|h)")


def seconds_of(rule: str) -> float | None:
    """Seconds without work after which a rule such as "stop after 60m" stops a pod; None if it never does.

    Raises ValueError for what is no rule.
    """
    if rule in ("", OFF):
        return None
    match = _RULE.fullmatch(rule)
    if match is None:
        raise ValueError(rule)
    seconds = int(match[1]) * (60.0 if match[2] == "m" else 3600.0)
    if not SHORTEST <= seconds <= LONGEST:
        raise ValueError(rule)
    return seconds


class AutoRules(Struct, frozen=True):
    """The table [auto] of the settings.

    general: seconds without work after which any pod is stopped; None: none is.
    pods:    the same by patterns of names: the first that matches counts.
    per_day: pods that are stopped within 24 hours, at most.
    """

    general: float | None = None
    pods: tuple[tuple[str, float | None], ...] = ()
    per_day: int = 3

    def after(self, name: str) -> float | None:
        """Seconds without work after which a pod of this name is stopped; None: never."""
        for pattern, seconds in self.pods:
            if fnmatchcase(name, pattern):
                return seconds
        return self.general

    @property
    def any(self) -> bool:
        """Whether there is a rule for any pod."""
        return self.general is not None or any(seconds is not None for _, seconds in self.pods)


def rules_of(idle: str, pods: tuple[tuple[str, str], ...], per_day: int) -> AutoRules:
    """The rules, from the texts of the settings."""
    return AutoRules(seconds_of(idle), tuple((pattern, seconds_of(text)) for pattern, text in pods), per_day)


class Armed(Struct, frozen=True):
    """What the user has agreed to.

    target: the id of a pod, or a pattern of names; after: seconds without work. at, by: when, and which user.
    """

    target: str
    after: float
    at: float
    by: str

    def covers(self, pod: str, name: str) -> bool:
        return pod == self.target or (bool(name) and fnmatchcase(name, self.target))


class AutoState(Struct, frozen=True):
    """What is kept of an account.

    armed:   by target. kept: until when pods are left alone, by id. stopped: which pods were stopped, and when.
    """

    armed: Mapping[str, Armed] = {}
    kept: Mapping[str, float] = {}
    stopped: tuple[tuple[str, float], ...] = ()

    def stopped_today(self, now: float) -> int:
        """How many pods were stopped within 24 hours; an instant in the future counts too."""
        return sum(now - at < DAY for _, at in self.stopped)

    def is_told(self, pod: str, since: float) -> bool:
        """Whether a pod that has not worked since an instant was stopped for that already, whatever came of it."""
        return any(id == pod and at >= since for id, at in self.stopped)


def due_after(rules: AutoRules, state: AutoState, pod: str, name: str) -> float | None:
    """Seconds without work after which a pod is stopped; None if it is not armed, or for another rule than today's."""
    after = rules.after(name)
    if after is None:
        return None
    return after if any(a.covers(pod, name) and a.after == after for a in state.armed.values()) else None


class Quiet(Struct, frozen=True):
    """For how long a pod has done nothing, in samples without a gap. `since`: the first of them; `last`: the latest."""

    since: float
    last: float

    def lasted(self) -> float:
        return self.last - self.since


def works(pod: Pod) -> bool | None:
    """Whether a live pod does anything; None if that is not known for all of its GPUs."""
    if not pod_health.is_live(pod) or pod.runtime is None or not pod.gpu_count:
        return None
    utils = [gpu.util for gpu in pod.runtime.gpus]
    if len(utils) < pod.gpu_count or pod.runtime.cpu is None:
        return None
    known = [util for util in utils if util is not None]
    if len(known) < len(utils):
        return None
    return max(known) >= pod_health.BUSY_PERCENT or pod.runtime.cpu >= BUSY_CPU


def observed(before: Quiet | None, pod: Pod | None, at: float, interval: float) -> Quiet | None:
    """The stretch without work after one more response; None if there is none: work, an unknown value or a gap ends it.

    interval: seconds between polls. A container that is younger than the stretch begins it again.
    """
    if pod is None or works(pod) is not False:
        return None
    uptime = pod.runtime.uptime if pod.runtime is not None else None
    started = at - uptime if uptime is not None else at
    if before is None or at - before.last > LATE_POLLS * interval or started > before.since:
        return Quiet(at, at)
    return Quiet(before.since, at)


def stop_at(quiet: Quiet | None, after: float, now: float) -> float | None:
    """When a pod is to be stopped, from ten minutes before; None if it is too early, or if it works."""
    if quiet is None or quiet.lasted() < after - WARNING:
        return None
    return max(quiet.since + after, now + WARNING)
