"""What needs attention, in words: the header's item and badge, the waste, the note in a pod's row. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tui.domain.attention import Attention, Grade
from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render.fitting import Group

if TYPE_CHECKING:
    from tui.domain.waste import Waste

SIGN = "▲"

MUTED = "⊘"
"""The symbol of what is muted."""

MANY = 3
"""Kinds of alerts that the header names before other figures are dropped for more."""

ROLES = {Grade.BAD: "bad", Grade.WARN: "warn", Grade.NOTICE: "muted"}


def role_of(alert: Attention) -> str:
    """The role in which an alert is drawn: a muted one is dim."""
    return "muted" if alert.muted else ROLES[alert.grade]


class _Kind:
    """The alerts of one kind."""

    def __init__(self, first: Attention) -> None:
        self.alerts = [first]

    def words(self, money: bool) -> str:
        from tui.domain.costs import total

        first = self.alerts[0]
        count = f"{len(self.alerts)} " if first.pod else ""
        wasted = total(alert.wasted_per_hr for alert in self.alerts) if money else None
        return f"{count}{first.word}" + (f" {fmt.money(wasted)}/h" if wasted else "")


def by_kind(alerts: Iterable[Attention]) -> tuple[_Kind, ...]:
    kinds: dict[str, _Kind] = {}
    for alert in alerts:
        if alert.kind in kinds:
            kinds[alert.kind].alerts.append(alert)
        else:
            kinds[alert.kind] = _Kind(alert)
    return tuple(kinds.values())


def item(alerts: tuple[Attention, ...]) -> tuple[Group, ...]:
    """The header's item: how many alerts, of which kinds, at what cost; none if nothing needs attention.

    alerts: those that need attention, worst first.
    """
    if not alerts:
        return ()
    kinds, count = by_kind(alerts), len(alerts)
    role = "bad" if any(alert.grade is Grade.BAD for alert in alerts) else "warn"

    texts = {money: [kind.words(money) for kind in kinds] for money in (True, False)}

    def form(named: int, money: bool) -> Cell:
        named_kinds = texts[money][:named]
        others = sum(len(kind.alerts) for kind in kinds[named:])
        rest = (f" +{others}",) if others else ()
        return ((f"{SIGN} {count}: ", role), (" · ".join(named_kinds), "text"), *((part, "muted") for part in rest))

    many = [(8, form(named, True)) for named in range(len(kinds), MANY, -1)]
    some = [(6, form(min(len(kinds), MANY), True)), (3, form(min(len(kinds), MANY), False))]
    few = [(3, form(named, False)) for named in range(min(len(kinds), MANY) - 1, 0, -1)]
    if not few:
        some[-1] = (3, some[-1][1])
    return ((*many, *some, *few, (0, ((f"{SIGN}{count}", role),))),)


FOLLOW: Group = ((5, (("◌ alerts follow", "muted"),)), (1, (("◌", "muted"),)))
"""In place of alerts, and of waste, until the recording has been read: some of them would look like all of them."""


def wasted(waste: Waste, old: bool) -> tuple[Group, ...]:
    """The header's figure of what does nothing; none if that is nothing."""
    if not waste:
        return ()
    role = "muted" if old else "warn"
    figure = "unknown $/h" if waste.at_least and not waste.per_hr else f"{least(waste)}{fmt.money(waste.per_hr)}/h"
    return (((5, ((f"{WASTE} ", "muted"), (figure, role))),),)


WASTE = "waste"
"""How its group in the header begins."""


def least(waste: Waste) -> str:
    """The sign before a sum of which a part is unknown."""
    return "≥" if waste.at_least else ""


def leads_to(group: Cell) -> str:
    """What a click on a group of the header is about: "attention", "waste", or neither."""
    text = "".join(part for part, _ in group)
    if text.startswith(f"{WASTE} "):
        return "waste"
    return "attention" if re.fullmatch(rf"{SIGN} \d+: .*|{SIGN}\d+", text) else ""


def none_to_go_to(pods: int, accounts: Sequence[str], unjudged: bool = False) -> str:
    """Why there is no pod to go to.

    pods:     how many of them need attention.
    accounts: what else does: the names of accounts, or "the account" where there is one.
    unjudged: whether that is not known yet.
    """
    if unjudged and not pods and not accounts:
        return "Alerts follow once the recording has been read"
    if pods:
        return f"{pods} pod{'s' * (pods > 1)} that need{'' if pods > 1 else 's'} attention: hidden by the filter"
    if not accounts:
        return "Nothing needs attention"
    return f"No pod needs attention; {', '.join(accounts)} do{'es' * (len(accounts) == 1)}"


ALERTS = "Alerts"
"""The title of a pod's alerts among its facts."""


def of_pod(alerts: Iterable[Attention], pod: str) -> Section | None:
    """A pod's alerts as facts, worst first; None without any."""
    facts = [Fact(alert.word.capitalize(), _sentence(alert)) for alert in alerts if alert.pod == pod]
    return Section(ALERTS, tuple(facts)) if facts else None


def _sentence(alert: Attention) -> Cell:
    role = role_of(alert)
    text: Cell = ((f"{MUTED if alert.muted else SIGN} {alert.text}", role),)
    return (*text, ("  muted", "quiet")) if alert.muted else text
