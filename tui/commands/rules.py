"""`podtop alerts`: every rule of the table of alerts, with its threshold, the user's own, and what it says now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.commands.items import iso
from tui.domain.alert_rules import DEFAULT
from tui.domain.attention import Ring
from tui.format import numbers as fmt
from tui.store.alert_kinds import KINDS
from tui.store.alerts import dark_reason

if TYPE_CHECKING:
    from tui.domain.alert_rules import Mute, Rule
    from tui.store.alert import Alert, AlertKind
    from tui.store.fleet import Fleet

SIGNALS = {
    "key-refused": "RunPod refuses the API key twice in a row",
    "unwatched": "no response about the pods for 5 min; notified after 15 min",
    "runway": "the balance lasts less than 24 h (notified: 12, 6, 3, 1 h, 15 min), and auto-pay does not work",
    "spend-limit": "spend is at 90% of the account's limit or more",
    "spend-jump": "spend rose by 10% and $5/h or more within 10 min, by more than what this podtop started",
    "balance-unknown": "RunPod does not report balance or spend",
    "auto-pay": "the balance lasts less than 24 h, and RunPod charges the card before it is used up",
    "lease-due": "an auto-stop timer acts within 10 min",
    "idle-stop": "podtop stops an idle pod within 10 min, as armed with podtop auto",
    "outbid": "a spot pod lost its machine to a higher bid",
    "pod-error": "RunPod reports the status ERROR",
    "crash-loop": "3 restarts of a container in 60 min, or 3 in 12 h after similar uptimes",
    "hung": "a GPU is at 90% or more, every GPU draws at most 25% of its watts, GPU memory does not change",
    "loss-nan": "the loss in the log of a pod in [signals] is NaN or infinite, and has been since its first such line",
    "run-error": "its log has a traceback, an error of NCCL or memory that ran out, and no progress after it",
    "disk-full": "a disk of a pod in [signals] that is read by ssh is 95% full or more",
    "stalled": "no new line in its log: for 30 times the usual interval, and 3 times the longest, or longer",
    "restarted": "a container has been up for less than 5 min, its pod for more than 25",
    "boot": "billed, but its container has not come up since this start",
    "lost-container": "billed, but its container is gone after it was up",
    "zero-gpu": "running without the GPUs it was rented with",
    "run-finished": "the log of a pod in [signals] has its trainer's last line, or its processes are gone",
    "diverged": "the last 3 losses in it are 3 times the median of the 200 before them, or more",
    "run-ended": "idle after 30 min of work, and its GPU memory was freed",
    "idle": "the busiest GPU is below 2% on average; 30 min while CPU or GPU memory work, or the container is young",
    "latched": "as hung, but with no GPU memory in use: nothing runs",
    "straggler": "a GPU is 25 points or more below the median of the others, which work",
    "missing-gpu": "RunPod reports fewer GPUs than were rented",
    "memory": "container memory at 90% or more, or growing so that it is full within 12 h; notified at 95%",
    "waiting": "GPUs waited for half of the last hour or more, at full utilization and few watts",
    "under-used": "GPUs at 2 to 30% on average over the last hour",
    "unused-gpu": "a GPU does nothing and holds no memory while others work",
    "hot": "85 °C or more",
    "power-limit": "RunPod limits the GPUs' power, and they work at the same watts, below 75% of the nominal ones",
    "gpu-memory": "GPU memory at 97% or more",
    "quiet": "no GPU is busy now, and podtop has not watched for long enough to call it idle",
    "maintenance": "RunPod announced maintenance of the machine; reported again within 24 h of it",
    "unreadable": "the response about a pod is invalid",
    "plateau": "the loss in the log of a pod in [signals] has not improved by 0.1%",
    "forgotten": "up for 14 days or more, GPUs below 15% on average over a day; reported weekly",
    "zombie": "stopped for 7 days or more, with a volume of its own that is billed; reported weekly",
    "orphan-volume": "a network volume that no pod mounts; checked daily, reported weekly",
    "cheaper": "the same GPUs cost 20% and $0.20/h less now, for 30 min, and are not scarce; reported daily",
}  # fmt: skip
"""The condition of each kind of alert, by its name."""


class PatternItem(Struct, frozen=True):
    """A rule of [alerts.pods] for pods whose names match `pods`. `hold_s`: null if it is the kind's own."""

    pods: str
    on: bool
    hold_s: float | None


class MuteItem(Struct, frozen=True):
    """A mute. `pods`: a pattern of names, from the settings; else `pod_id`, and null is the account.

    until: when it ends; null if not by time.
    """

    pods: str | None
    pod_id: str | None
    until: str | None
    until_works: bool


class NowItem(Struct, frozen=True):
    """An alert of this kind that is open now. `pod_name`: null if it is about the account."""

    pod_name: str | None
    text: str
    muted: bool


class RuleItem(Struct, frozen=True, kw_only=True):
    """One row of the table of alerts.

    alert:  its name, as in [alerts] and in `once alerts`; `word`: on the screen.
    grade:  its severity, unless that depends on its extent.
    signal: its condition.
    hold_s: seconds for which it must hold: the user's, else `default_hold_s`.
    rearm_s: watched seconds for which its opposite must have held before it has ended.
    rings:  "never", "at once", or "by money": once it has wasted some dollars, or lasted for an hour;
            `ring_after_s`: seconds after it began at the earliest.
    topic:  by which [notify] for chooses it.
    on:     whether it is judged; `off_reason`: why not.
    overrides, mutes: rules and mutes of the user's for some pods.
    now:    what it says now.
    """

    alert: str
    word: str
    grade: str
    signal: str
    hold_s: float
    default_hold_s: float
    rearm_s: float
    rings: str
    ring_after_s: float
    topic: str
    on: bool
    off_reason: str | None
    overrides: tuple[PatternItem, ...]
    mutes: tuple[MuteItem, ...]
    now: tuple[NowItem, ...]


def rule_items(fleet: Fleet, now: float, current: Iterable[Alert]) -> tuple[RuleItem, ...]:
    """Every rule, in the order of the table. `current`: the alerts as of the last response."""
    by_kind: dict[str, list[NowItem]] = {}
    for alert in current:
        text = alert.kind.text(alert, fleet.funds, now)
        by_kind.setdefault(alert.kind.name, []).append(NowItem(alert.name or alert.pod or None, text, alert.muted))
    return tuple(_item(kind, fleet, tuple(by_kind.get(kind.name, ()))) for kind in KINDS)


def _item(kind: AlertKind, fleet: Fleet, now: tuple[NowItem, ...]) -> RuleItem:
    rules = fleet.alert_rules
    dark = dark_reason(kind, fleet)
    own = max(kind.holds, kind.settles)
    hold = rules.rule(kind.name).hold
    overrides = tuple(_override(pattern, of[kind.name]) for pattern, of in rules.pods if kind.name in of)
    of_pods = kind.account is None
    mutes = (
        *(MuteItem(pattern, None, None, False) for pattern in rules.muted if of_pods),
        *(
            _mute(mute)
            for mute in fleet.mutes
            if mute.kind in ("", kind.name) and bool(mute.pod) == (kind.find is not None)
        ),
    )
    return RuleItem(
        alert=kind.name, word=kind.word or kind.name, grade=kind.grade.value, signal=SIGNALS.get(kind.name, ""),
        hold_s=own if hold is None else hold, default_hold_s=own, rearm_s=kind.rearm, rings=kind.ring.value,
        ring_after_s=kind.ring_after, topic=kind.topic.value, on=not dark,
        off_reason=(dark if rules.rule(kind.name) is not DEFAULT or kind.by_default else "off by default") or None,
        overrides=overrides, mutes=mutes, now=now,
    )  # fmt: skip


def _override(pattern: str, rule: Rule) -> PatternItem:
    return PatternItem(pattern, rule.on, rule.hold)


def _mute(mute: Mute) -> MuteItem:
    return MuteItem(None, mute.pod or None, iso(mute.until), mute.until_works)


def rings(item: RuleItem) -> str:
    """When it is notified, for a column."""
    return "-" if item.rings == Ring.NEVER else item.rings


def now_text(item: RuleItem) -> str:
    """What it says now, for a column: whom it is about."""
    if not item.on:
        return f"off: {item.off_reason}"
    names = [f"{alert.pod_name or 'account'}{' (muted)' if alert.muted else ''}" for alert in item.now]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def whole_signal(item: RuleItem) -> str:
    """The condition, with the user's own rules for some pods."""
    own = ", ".join(f"{pattern.pods}: {_own(pattern)}" for pattern in item.overrides)
    return f"{item.signal} ({own})" if own else item.signal


def _own(item: PatternItem) -> str:
    if not item.on:
        return "off"
    return "on" if item.hold_s is None else fmt.duration(item.hold_s)
