"""The table [signals]: read into rules, every mistake reported with its line, every key in the file and the schema."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.config.reader import Reading, read_text
from tui.config.signals_table import same_keys
from tui.config.writer import example, explained, schema
from tui.domain.signals.rules import PodSignals, SignalRules

re2 = pytest.importorskip("re2", reason="the user's own patterns run in google-re2, which is not installed")


def reading(text: str) -> Reading:
    return read_text(text, Path("config.toml"))


def rules(text: str) -> SignalRules:
    result = reading(text)
    assert result.problems == ()
    signals = result.values["signals"]
    assert isinstance(signals, SignalRules)
    return signals


def test_pods_are_read_by_the_first_pattern_that_matches_and_others_never() -> None:
    signals = rules(
        '[signals]\nevery = 60\n[signals.pods."llama-*"]\npreset = "trainer"\n'
        '[signals.pods."*-7b"]\nsources = ["ssh", "log"]\nfiles = ["/workspace/logs/*.log"]\n'
    )
    assert signals.every == 60.0
    assert signals.of("llama-7b") == PodSignals(preset="trainer")
    assert signals.of("olmo-7b") == PodSignals(sources=("ssh", "log"), files=("/workspace/logs/*.log",))
    assert signals.of("notebook") is None
    assert signals.of("") is None


def test_nothing_is_read_unless_a_pod_and_the_profile_are_named() -> None:
    assert not SignalRules().applies_to(None)
    assert not rules("[signals]").applies_to(None)
    some = rules('[signals.pods."*"]')
    assert [some.applies_to(profile) for profile in (None, "", "work")] == [True, True, False]
    assert rules('[signals]\nprofiles = ["work"]\n[signals.pods."*"]').applies_to("work")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("signals = 3", "signals: invalid value 3; expected a table, [signals]"),
        ("[signals]\nevery = 1", "signals.every: invalid value 1; expected seconds, from 10 to 3600"),
        ("[signals]\npods = 3", "signals.pods: invalid value 3; expected tables"),
        ("[signals.pods]\nx = 3", "signals.pods.x: invalid value 3; expected a table"),
        (
            '[signals.pods.x]\npreset = "tensorflow"',
            "signals.pods.x.preset: invalid value 'tensorflow'; expected axolotl",
        ),
        ('[signals.pods.x]\nsources = ["telnet"]', "signals.pods.x.sources: invalid value"),
        ('[signals.pods.x]\nfiles = ["logs/a.log"]', "signals.pods.x.files: invalid value"),
        ('[signals.pods.x]\nfiles = ["/a b; rm -rf /"]', "signals.pods.x.files: invalid value"),
        ('[signals.pods.x]\nfiles = ["/a$(id)"]', "signals.pods.x.files: invalid value"),
        ('[signals.pods.x]\ntmux = "-x"', "signals.pods.x.tmux: invalid value '-x'; expected a pane of tmux"),
        ('[signals.pods.x]\ndisks = ["/*"]', "signals.pods.x.disks: invalid value"),
        ("[signals.pods.x]\npattern = '(?P<loss>'", "signals.pods.x.pattern: missing ): (?P<loss>; expected a regular"),
        ("[signals.pods.x]\npattern = 'loss'", "signals.pods.x.pattern: no named group; expected some of step, total,"),
        (
            "[signals.pods.x]\npattern = '(?P<los>.)'",
            "signals.pods.x.pattern: unknown group 'los'; expected some of step",
        ),
        ("[signals.pods.x]\npattern = '(?P<loss>.)\\1'", "signals.pods.x.pattern: invalid escape sequence: \\1"),
    ],
)
def test_a_mistake_is_an_error_with_its_line(text: str, words: str) -> None:
    (problem,) = reading(f"interval = 5\n{text}").errors
    assert words in str(problem)
    assert problem.line == text.count("\n") + 2


def test_an_unknown_key_is_a_warning() -> None:
    (problem,) = reading('[signals.pods."x"]\npresets = "keras"').warnings
    assert "did you mean preset?" in str(problem)


def test_without_the_engine_a_pattern_is_refused_and_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    (problem,) = reading("[signals.pods.x]\npattern = 'loss (?P<loss>.)'").errors
    assert "pip install 'podtop[patterns]'" in str(problem)


def test_every_key_is_in_the_commented_file_the_schema_and_the_help() -> None:
    assert same_keys()
    text = example()
    own = text[text.index("[signals]") :].split("\n# [profiles")[0]
    assert "[signals]\n" in text
    lines = [line.removeprefix("# ") for line in own.split("\n")]
    keys = [line for line in lines if " = " in line and not line.startswith(("Of ", '"'))]
    table = tomllib.loads("\n".join(["[signals]", *keys[:4], '[signals.pods."llama-*"]', *keys[4:12]]))
    assert reading("\n".join(["[signals]", *keys[:4], '[signals.pods."llama-*"]', *keys[4:12]])).problems == ()
    jsonschema.validate(table, json.loads(schema({})))
    assert set(table["signals"]["pods"]["llama-*"]) == set(PodSignals.__struct_fields__)
    assert '[signals.pods."PATTERN"]' in explained()


WILD: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["pods", "every", "quote", "profiles", "x"])
POD_KEYS = st.sampled_from([*PodSignals.__struct_fields__, "y"])


@given(st.dictionaries(KEYS, WILD | st.dictionaries(st.text(max_size=3), st.dictionaries(POD_KEYS, WILD))))
def test_whatever_is_in_the_table_is_rules_or_problems(table: dict[str, Any]) -> None:
    from tui.config.reader import _Reader

    values = _Reader(Reading(Path("config.toml"))).read({"signals": table}).values["signals"]
    assert isinstance(values, SignalRules)
    assert all(isinstance(pod, PodSignals) for _, pod in values.pods)
