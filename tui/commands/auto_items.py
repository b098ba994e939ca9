"""Script items of idle stops: `podtop auto --json`. Names and units as in `items`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct

from tui.commands.envelope import Document
from tui.commands.items import iso
from tui.domain.auto import Armed, AutoRules, AutoState, due_after

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.domain.lease import Lease


class IdleStopItem(Struct, frozen=True):
    """One pod that is armed.

    after_s:    seconds without work after which it is stopped.
    stops_at:   when it is going to be, as it is idle; null if no stop is set.
    kept_until: until when it is left alone, as that was postponed; null if it was not.
    """

    pod_id: str
    pod_name: str
    after_s: float
    stops_at: str | None
    kept_until: str | None


class IdleRuleItem(Struct, frozen=True):
    """A rule of [auto] for pods whose names match `pods`, "*" for all others. `after_s`: null if none is stopped."""

    pods: str
    after_s: float | None


class ArmedItem(Struct, frozen=True):
    """What a user has armed: the id of a pod, or a pattern of names. `stale`: the rule is another by now: not armed."""

    target: str
    after_s: float
    by: str
    at: str | None
    stale: bool


class AutoDocument(Document, frozen=True, kw_only=True):
    """`stopped_today`: of at most `per_day` idle stops."""

    rules: tuple[IdleRuleItem, ...]
    armed: tuple[ArmedItem, ...]
    stopped_today: int
    per_day: int


def is_stale(armed: Armed, pods: tuple[Pod, ...], rules: AutoRules) -> bool:
    """Whether a pod that was armed has another rule by now: it is not stopped then."""
    return any(rules.after(pod.name) != armed.after for pod in pods if armed.covers(pod.id, pod.name))


def document(
    pods: tuple[Pod, ...],
    rules: AutoRules,
    state: AutoState,
    due: Mapping[str, Lease],
    now: float,
    *,
    source: str,
    profile: str = "",
) -> AutoDocument:
    """The rules, what is armed, and what would be next. `due`: the stops that are set, by pod."""
    items = []
    for pod in pods:
        after = due_after(rules, state, pod.id, pod.name)
        lease, until = due.get(pod.id), state.kept.get(pod.id, 0.0)
        if after is not None:
            stops = lease.ends if lease is not None and lease.sent_at is None else None
            items.append(IdleStopItem(pod.id, pod.name, after, iso(stops), iso(until) if until > now else None))
    armed = tuple(
        ArmedItem(each.target, each.after, each.by, iso(each.at), is_stale(each, pods, rules))
        for each in state.armed.values()
    )
    return AutoDocument(
        kind="auto", at=iso(now) or "", source=source, profile=profile or UNSET, total=len(items), items=tuple(items),
        rules=tuple(IdleRuleItem(pattern, after) for pattern, after in (*rules.pods, ("*", rules.general))),
        armed=armed, stopped_today=state.stopped_today(now), per_day=rules.per_day,
    )  # fmt: skip
