"""What arming an idle stop means, in words: the same question on the screen and at the command line. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tui.domain.action import Point
from tui.domain.auto import AutoRules
from tui.format import numbers as fmt

if TYPE_CHECKING:
    from tui.api.models import Pod

NO_RULE = 'set one in config.toml, such as [auto.pods."exp-*"] with idle = "stop after 60m"'


class NotArmable(Exception):
    """There is no one rule to agree to, in words."""


def is_pattern(target: str) -> bool:
    """Whether a target means all pods whose names match it, those of later too."""
    return any(ch in target for ch in "*?[")


def matching(pattern: str, pods: Iterable[Pod]) -> tuple[Pod, ...]:
    return tuple(pod for pod in pods if fnmatchcase(pod.name, pattern))


def agreed_after(target: str, covered: tuple[Pod, ...], rules: AutoRules) -> float:
    """Seconds without work by the one rule of all pods that a target covers. Raises NotArmable."""
    afters = {rules.after(pod.name) for pod in covered}
    if not covered:
        own = [seconds for pattern, seconds in rules.pods if pattern == target]
        afters = {own[0] if own else rules.general}
    if len(afters) > 1:
        raise NotArmable("its pods have different rules: arm them one by one")
    (after,) = afters
    if after is None:
        raise NotArmable(f"no rule stops {'it' if len(covered) == 1 else 'them'}: {NO_RULE}")
    return after


def line(word: str, after: float) -> str:
    """What podtop does once it is armed."""
    return f"podtop stops {word} without asking, each time no GPU has worked for {fmt.duration(after)}."


def points(per_day: int, key: str = "") -> tuple[Point, ...]:
    """What it means for data and money. `key`: the key that postpones a stop, where there is one."""
    keep = "podtop auto --keep POD" if not key else f"{key}, or podtop auto --keep POD,"
    return (
        Point("data", "Stopping erases the container disk. Volume disks stay and are billed."),
        Point("later", "Its GPUs may be rented by others: a stopped pod may not resume, or with fewer GPUs."),
        Point("before", f"You are notified 10 minutes before; {keep} postpones it by 60 minutes."),
        Point("never", f"Never terminated; never if locked or muted; at most {per_day} stops in 24 hours."),
        Point("needs", "podtop on the screen, or podtop record --auto, running for that long."),
    )
