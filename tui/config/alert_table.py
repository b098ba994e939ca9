"""The table [alerts]: which alerts are judged, from when on, and which pods are muted; read, and described.

Its keys are the names of the rows of `tui.store.alert_kinds`, which is imported only if the table is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from tui.config import value_types
from tui.config.value_types import short, shown
from tui.domain.alert_rules import AlertRules, Rule

if TYPE_CHECKING:
    from tui.store.alert import AlertKind

Say = Callable[[tuple[str, ...], str], object]
"""Reports what is wrong with the value of a key."""

Near = Callable[[str, Iterable[str]], str]
"""The nearest of some names, as the end of a sentence."""

TABLE, MUTE, PODS = "alerts", "mute", "pods"

PURPOSE = (
    "Which alerts podtop judges, by kind: false turns one off; a duration is how long it must have lasted. "
    "podtop alerts lists the kinds."
)
PODS_PURPOSE = 'The same for pods whose names match a pattern, as in [alerts.pods."notebook-*"].'
MUTE_PURPOSE = "Patterns of pod names whose alerts are muted: shown dim, and never notified."

DURATION = 'a duration, as in "90s", "30m" or "2h"'
ACCEPTED = f"{DURATION}, or false for off"
SWITCH = "true or false"
PATTERN = r"(?:[0-9]+(?:\.[0-9]+)?[smhd])+"

LONGEST = 30 * 86_400.0
"""Seconds of a hold at most."""

PATTERNS = value_types.texts("an array of patterns of pod names", example='["notebook-*"]')

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def seconds(text: str) -> float:
    """A duration in seconds. Raises ValueError."""
    text = text.strip().lower()
    if not re.fullmatch(PATTERN, text) or len(text) > 20:
        raise ValueError
    total = sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([0-9.]+)([smhd])", text))
    if not 1.0 <= total <= LONGEST:
        raise ValueError
    return float(total)


def kinds() -> dict[str, AlertKind]:
    """The rows that may be set, by name."""
    from tui.store.alert_kinds import KINDS

    return {kind.name: kind for kind in KINDS}


def rules(table: dict[str, Any], say: Say, near: Near) -> AlertRules:
    """The rules of the table; what is wrong in it is reported, and left out."""
    rest = {key: value for key, value in table.items() if key not in (MUTE, PODS)}
    general = dict(_rules((TABLE,), rest, say, near, (MUTE, PODS)))
    pods = table.get(PODS, {})
    of_pods: list[tuple[str, dict[str, Rule]]] = []
    if not isinstance(pods, dict):
        say(
            (TABLE, PODS),
            f'alerts.pods: invalid value {shown(pods)}; expected tables, as in [alerts.pods."notebook-*"]',
        )
        pods = {}
    for pattern, own in pods.items():
        keys = (TABLE, PODS, pattern)
        if isinstance(own, dict):
            of_pods.append((pattern, dict(_rules(keys, own, say, near))))
        else:
            name = short(pattern)
            say(keys, f'alerts.pods.{name}: invalid value {shown(own)}; expected a table, [alerts.pods."{name}"]')
    return AlertRules(general, tuple(of_pods), _muted(table.get(MUTE, {}), say))


def _muted(table: object, say: Say) -> tuple[str, ...]:
    if not isinstance(table, dict):
        say((TABLE, MUTE), f"alerts.mute: invalid value {shown(table)}; expected a table, [alerts.mute]")
        return ()
    for key in table:
        if key != PODS:
            say((TABLE, MUTE, key), f"unknown setting {short(f'alerts.mute.{key}')!r}; expected pods")
    if PODS not in table:
        return ()
    try:
        patterns: tuple[str, ...] = PATTERNS.read(table[PODS])
    except (ValueError, TypeError):
        given = shown(table[PODS])
        say((TABLE, MUTE, PODS), f"alerts.mute.pods: invalid value {given}; expected {PATTERNS.accepted}")
        return ()
    return patterns


def _rules(
    keys: tuple[str, ...], table: dict[str, Any], say: Say, near: Near, beside: tuple[str, ...] = ()
) -> Iterator[tuple[str, Rule]]:
    known = kinds()
    for name, value in table.items():
        path = (*keys, name)
        if (kind := known.get(name)) is None:
            nearest = near(name, (*known, *beside)) or "; podtop alerts lists them"
            say(path, f"unknown alert {short('.'.join(path))!r}{nearest}")
        elif (rule := _rule(kind, value)) is not None:
            yield name, rule
        else:
            say(path, f"{short('.'.join(path))}: invalid value {shown(value)}; expected {accepted(kind)}")


def _rule(kind: AlertKind, value: object) -> Rule | None:
    if isinstance(value, bool):
        return Rule(on=value)
    if not isinstance(value, str) or not kind.holds:
        return None
    try:
        return Rule(hold=seconds(value))
    except ValueError:
        return None


def accepted(kind: AlertKind) -> str:
    """What a kind takes: one that is reported at once has no duration."""
    return ACCEPTED if kind.holds else SWITCH


def example(width: int) -> Iterator[str]:
    """The table in the commented configuration file."""

    def comment(text: str) -> Iterator[str]:
        return (f"# {line}" for line in wrap(text, width, break_on_hyphens=False))

    yield from ("", "", *comment(PURPOSE), f"[{TABLE}]")
    for kind in kinds().values():
        yield f"# {kind.name} = {_written(kind)}"
    yield from ("", *comment(MUTE_PURPOSE), f"# [{TABLE}.{MUTE}]", f"# {PODS} = {PATTERNS.example}")
    yield from ("", *comment(PODS_PURPOSE), f'# [{TABLE}.{PODS}."notebook-*"]', '# idle = "2h"')


def _written(kind: AlertKind) -> str:
    """A kind's default as it appears in the file: whether it is on, or its own hold."""
    holds = kind.holds
    if not kind.by_default:
        return "false"
    if not holds:
        return "true"
    for unit in ("h", "m"):
        if holds % _UNITS[unit] == 0:
            return f'"{holds / _UNITS[unit]:.0f}{unit}"'
    return f'"{holds:.0f}s"'


def schema() -> dict[str, Any]:
    """JSON schema of the table."""

    def of(kind: AlertKind) -> dict[str, Any]:
        text = f"{(kind.word or kind.name).capitalize()}. Expects {accepted(kind)}."
        if not kind.holds:
            return {"description": text, "type": "boolean"}
        return {"description": text, "anyOf": [{"type": "boolean"}, {"type": "string", "pattern": f"^{PATTERN}$"}]}

    own = {name: of(kind) for name, kind in kinds().items()}
    closed = {"type": "object", "additionalProperties": False}
    patterns = {"description": MUTE_PURPOSE, **PATTERNS.schema}
    return {
        **closed, "description": PURPOSE,
        "properties": {
            **own,
            MUTE: {**closed, "description": MUTE_PURPOSE, "properties": {PODS: patterns}},
            PODS: {
                "type": "object", "description": PODS_PURPOSE, "additionalProperties": {**closed, "properties": own},
            },
        },
    }  # fmt: skip


def explained(width: int) -> Iterator[str]:
    """The table in two lines a key, for the help of `podtop config` and for the manual."""
    yield from ("", f"[{TABLE}]", *(f"  {line}" for line in wrap(PURPOSE, width - 2)))
    for kind in kinds().values():
        yield f"  {kind.name} (expects {accepted(kind)}; default {_written(kind).strip(chr(34))})"
    yield from ("", f"[{TABLE}.{MUTE}]", f"  {PODS}", f"      {MUTE_PURPOSE} (expects {PATTERNS.accepted})")
    yield from ("", f'[{TABLE}.{PODS}."PATTERN"]', f"  {PODS_PURPOSE}")
