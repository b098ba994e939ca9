"""What a notification about alerts says: one sentence for each, with its dollars, and one for several. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tui.domain.attention import Attention
from tui.domain.ringing import Call, Occasion
from tui.format import numbers as fmt

NAMED = 12
"""Pods of one kind of alert that are named, and alerts of a digest."""

LONG = 1000
"""Characters beyond which the sentences of several alerts are put in brief."""


def words(call: Call, clock_of: Callable[[float], str]) -> tuple[str, str]:
    """Title and text. `clock_of`: an instant as a local time."""
    count = len(call.alerts)
    match call.occasion:
        case Occasion.DIGEST:
            return "podtop: daily digest", _digest(call, clock_of)
        case Occasion.QUIET_ENDS:
            title = f"podtop: {count} alert{'' if count == 1 else 's'} in quiet hours"
        case _ if count == 1:
            alert = call.alerts[0]
            title = f"podtop: {alert.name}: {alert.word}" if alert.name else f"podtop: {alert.word}"
        case _:
            title = f"podtop: {count} alerts"
    over = frozenset(call.over)
    text = " · ".join(_groups(call.alerts, over, sentence))
    return title, text if len(text) <= LONG else " · ".join(_groups(call.alerts, over, brief))


def sentence(alert: Attention, over: bool = False) -> str:
    """One alert: the pod, what is wrong, what it has cost so far and costs."""
    text = f"{alert.name}: {alert.text}" if alert.name else alert.text
    if dollars := _dollars(alert, text):
        text = f"{text}; {dollars}"
    return f"{text} (over)" if over else text


def brief(alert: Attention, over: bool = False) -> str:
    """One alert among many: the pod, what it is, and its dollars."""
    dollars = _dollars(alert, "")
    what = f"{alert.name or 'account'} {alert.word}{', ' if dollars else ''}{dollars}"
    return f"{what} (over)" if over else what


def _dollars(alert: Attention, text: str) -> str:
    """The dollars that the text does not have yet."""
    parts = []
    if alert.so_far is not None and "so far" not in text:
        parts.append(f"{fmt.money(alert.so_far)} so far")
    per_hr = alert.wasted_per_hr if alert.wasted_per_hr is not None else alert.cost_per_hr
    if per_hr is not None and f"{fmt.money(per_hr)}/h" not in text:
        # A pod that is stopped costs nothing of the kind, whatever its price is.
        parts.append(f"{fmt.money(per_hr)}/h{' while it runs' if alert.wasted_per_hr is None and alert.pod else ''}")
    if not parts and alert.pod and "$" not in text:
        parts.append("price unknown")
    return ", ".join(parts)


def _groups(
    alerts: Iterable[Attention], over: frozenset[tuple[str, str]], single: Callable[[Attention, bool], str]
) -> Iterable[str]:
    """A sentence for each kind of alert, in the order in which they come."""
    kinds: dict[tuple[str, bool], list[Attention]] = {}
    for alert in alerts:
        kinds.setdefault((alert.kind, alert.matter in over), []).append(alert)
    for (_, is_over), group in kinds.items():
        yield single(group[0], is_over) if len(group) == 1 else _together(group, is_over)


def _together(group: Sequence[Attention], over: bool) -> str:
    """Several pods with the same alert: "3 pods idle, $31.20/h together, $9.10 so far (alder, birch, cedar)"."""
    named = ", ".join(alert.name or alert.pod for alert in group[:NAMED])
    rest = f" and {len(group) - NAMED} more" if len(group) > NAMED else ""
    if all(alert.wasted_per_hr is None for alert in group):
        dollars = f"{_sum(alert.cost_per_hr for alert in group)}/h while they run"
    else:
        dollars = f"{_sum(alert.wasted_per_hr for alert in group)}/h together"
    parts = [f"{len(group)} pods {group[0].word}", dollars]
    if any(alert.so_far is not None for alert in group):
        parts.append(f"{_sum(alert.so_far for alert in group)} so far")
    return f"{', '.join(parts)} ({named}{rest}){' (over)' if over else ''}"


def _sum(dollars: Iterable[float | None]) -> str:
    """A sum of dollars; what is unknown makes it a least one."""
    all = list(dollars)
    known = [each for each in all if each is not None]
    if not known:
        return fmt.UNKNOWN
    return f"{'≥' if len(known) < len(all) else ''}{fmt.money(sum(known))}"


def _digest(call: Call, clock_of: Callable[[float], str]) -> str:
    wasted = f"wasted since {clock_of(call.since)}: about {fmt.money(call.wasted)}" if call.since is not None else ""
    if not call.alerts:
        return f"nothing is wasted now; {wasted}"
    items = [
        f"{alert.name or 'account'} {alert.word} {fmt.money(alert.wasted_per_hr)}/h"
        + (f" ({fmt.money(alert.so_far)} so far)" if alert.so_far is not None else "")
        for alert in call.alerts[:NAMED]
    ]
    rest = f", and {len(call.alerts) - NAMED} more" if len(call.alerts) > NAMED else ""
    now = _sum(alert.wasted_per_hr for alert in call.alerts)
    return f"wasted now: {now}/h: {', '.join(items)}{rest}; {wasted}"
