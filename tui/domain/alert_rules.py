"""The user's own rules for alerts: thresholds from [alerts] of config.toml, and mutes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from msgspec import Struct


class Rule(Struct, frozen=True):
    """What the user has set for one kind of alert.

    on:   whether it is judged at all.
    hold: seconds that it must have lasted; None: its own.
    """

    on: bool = True
    hold: float | None = None


DEFAULT = Rule()

Rules = Mapping[str, Rule]
"""By the name of a kind of alert."""


class AlertRules(Struct, frozen=True):
    """The table [alerts].

    general: for all pods.
    pods:    for pods whose name matches a pattern such as "notebook-*": the first that matches and has the kind counts.
    muted:   patterns of names of pods whose alerts are muted.
    """

    general: Rules = {}
    pods: tuple[tuple[str, Rules], ...] = ()
    muted: tuple[str, ...] = ()

    def rule(self, kind: str, name: str = "") -> Rule:
        """The rule for a kind of alert of a pod of this name; without one, of the account."""
        for pattern, rules in self.pods if name else ():
            if kind in rules and fnmatchcase(name, pattern):
                return rules[kind]
        return self.general.get(kind, DEFAULT)

    def mutes(self, name: str) -> bool:
        """Whether the file mutes a pod of this name."""
        return bool(name) and any(fnmatchcase(name, pattern) for pattern in self.muted)


class Mute(Struct, frozen=True):
    """A mute set with a key.

    pod:   the pod's id; empty for the account.
    kind:  the name of a kind of alert; empty for all.
    until: when it ends; None: not by time.
    until_works: whether it ends once the pod works again.
    working: whether the pod works, and has done so since the mute was set: then it is to stand still first.
    set_at: when it was set.
    """

    pod: str
    kind: str = ""
    until: float | None = None
    until_works: bool = False
    working: bool = False
    set_at: float = 0.0

    def holds(self, now: float) -> bool:
        """Whether it has not ended by time."""
        return self.until is None or now < self.until

    def covers(self, pod: str, kind: str) -> bool:
        return self.pod == pod and self.kind in ("", kind)


def is_muted(pod: str, name: str, kind: str, rules: AlertRules, mutes: Iterable[Mute], now: float) -> bool:
    """Whether the user does not want to hear of an alert of this kind about a pod; without one, about the account."""
    return rules.mutes(name) or any(mute.covers(pod, kind) and mute.holds(now) for mute in mutes)


def is_over(mute: Mute, now: float, works: bool, alerted: bool) -> bool:
    """Whether a mute has ended.

    works: whether its pod is known to work; alerted: whether what is muted still goes on.
    """
    return not mute.holds(now) or (mute.until_works and not mute.working and works and not alerted)
