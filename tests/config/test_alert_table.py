"""The table [alerts]: read into rules, every mistake reported, every kind in the commented file and the schema."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.config.alert_table import kinds, seconds
from tui.config.reader import Reading, read_text
from tui.config.writer import example, explained, schema
from tui.domain.alert_rules import AlertRules, Rule

FILE = Path("config.toml")


def reading(text: str) -> Reading:
    return read_text(text, FILE)


def rules(text: str) -> AlertRules:
    result = reading(text)
    assert result.problems == ()
    alerts = result.values["alerts"]
    assert isinstance(alerts, AlertRules)
    return alerts


def test_kinds_are_turned_off_or_get_a_threshold_for_all_pods_or_some() -> None:
    alerts = rules(
        '[alerts]\nidle = "30m"\nboot = false\n'
        '[alerts.mute]\npods = ["notebook-*", "tmp"]\n'
        '[alerts.pods."notebook-*"]\nidle = "2h30m"\nboot = true\n'
    )
    assert alerts.rule("idle", "train") == Rule(hold=1800.0)
    assert alerts.rule("idle", "notebook-1") == Rule(hold=9000.0)
    assert not alerts.rule("boot", "train").on
    assert alerts.rule("boot", "notebook-1").on
    assert alerts.rule("hung", "train") == Rule()
    assert [alerts.mutes(name) for name in ("notebook-7", "tmp", "tmp2", "")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[alerts]\nidel = false", "unknown alert 'alerts.idel'; did you mean idle?"),
        ("[alerts]\nzzzzzz = false", "unknown alert 'alerts.zzzzzz'; podtop alerts lists them"),
        ("[alerts]\nmutes = 1", "did you mean mute?"),
        ("[alerts]\nidle = 30", 'alerts.idle: invalid value 30; expected a duration, as in "90s"'),
        ('[alerts]\nidle = "half an hour"', "alerts.idle: invalid value 'half an hour'"),
        ('[alerts]\nidle = "0m"', "alerts.idle: invalid value"),
        ('[alerts]\nidle = "9000d"', "alerts.idle: invalid value"),
        ('[alerts]\noutbid = "30m"', "alerts.outbid: invalid value '30m'; expected true or false"),
        ("alerts = 3", "alerts: invalid value 3; expected a table, [alerts]"),
        ('[alerts]\nmute = ["a"]', "alerts.mute: invalid value"),
        ("[alerts.mute]\npods = 3", "alerts.mute.pods: invalid value 3; expected an array of patterns"),
        ("[alerts.mute]\npod = []", "unknown setting 'alerts.mute.pod'; expected pods"),
        ("[alerts]\npods = 3", "alerts.pods: invalid value 3"),
        ("[alerts.pods]\nidle = false", "alerts.pods.idle: invalid value false; expected a table"),
        ("[alerts.pods.x]\nidel = false", "unknown alert 'alerts.pods.x.idel'; did you mean idle?"),
    ],
)
def test_a_mistake_is_an_error_with_its_line(text: str, words: str) -> None:
    (problem,) = reading(f"interval = 5\n{text}").errors
    assert words in str(problem)
    assert problem.line == text.count("\n") + 2


@pytest.mark.parametrize("hours", ["22:00-22:00", "22:00", "24:00-08:00", "22:00-08:00-09:00"])
def test_quiet_hours_have_a_beginning_and_another_end(hours: str) -> None:
    (problem,) = reading(f'[notify]\nquiet = "{hours}"').errors
    assert "expected two times of day" in str(problem)
    assert not reading('[notify]\nquiet = "22:00-08:00"').errors


WILD: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["idle", "boot", "mute", "pods", "x"]), WILD, max_size=4))
def test_whatever_is_in_the_table_is_read_or_reported(table: dict[str, Any]) -> None:
    from tui.config import alert_table

    problems: list[str] = []
    alerts = alert_table.rules(table, lambda keys, text: problems.append(text), lambda name, names: "")
    assert isinstance(alerts, AlertRules)
    assert problems or all(key in {"idle", "boot", "mute", "pods"} for key in table)


@given(st.integers(1, 40_000))
def test_a_duration_is_read_as_it_is_written(minutes: int) -> None:
    assert seconds(f"{minutes}m") == minutes * 60
    assert seconds(f"{minutes // 60}h{minutes % 60}m") == minutes * 60


def test_the_commented_file_has_every_kind_with_its_own_threshold() -> None:
    text = example()
    lines = [line.removeprefix("# ") for line in text[text.index("[alerts]") : text.index("[signals]")].splitlines()]
    table = tomllib.loads("\n".join(line for line in lines if line.startswith("[") or " = " in line))["alerts"]
    assert set(kinds()) <= set(table)
    for name, kind in kinds().items():
        default = table[name]
        assert (seconds(default) == kind.holds) if isinstance(default, str) else default == kind.by_default


def test_schema_and_manual_have_every_kind() -> None:
    properties = json.loads(schema({}))["properties"]["alerts"]["properties"]
    assert set(properties) == {*kinds(), "mute", "pods"}
    assert all(f"  {name} (expects" in explained() for name in kinds())
