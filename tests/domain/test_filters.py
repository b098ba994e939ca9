"""The filter language: every text means something or is refused, and what is unknown meets no condition."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.domain.filter_entry import FilterEntry
from tui.domain.filters import TEXT, Field, Kind, Vocabulary, When, completion, parse, tokens


class Row(NamedTuple):
    name: str
    status: str = "running"
    util: float | None = None
    uptime: float | None = None
    dc: str | None = None
    spot: bool | None = False
    made: When | None = None
    note: str = ""


FIELDS = Vocabulary(
    {
        "name": Field(Kind.WORDS, "part of a name"),
        "status": Field(
            Kind.WORDS, "running or idle", choices=("idle over", "idle-over", "running", "idle", "stopped")
        ),
        "util": Field(Kind.NUMBER, "percent of the GPUs' time", unit="%"),
        "uptime": Field(Kind.SECONDS, "since start", aliases=("up",)),
        "dc": Field(Kind.WORDS, "a data center", aliases=("location",)),
        "spot": Field(Kind.FLAG, "whether it is interruptible"),
        "made": Field(Kind.TIME, "when it was made"),
    },
    {"idle": ("status", "idle"), "stopped": ("status", "stopped"), "spot": ("spot", "yes")},
)
ROWS = (
    Row("llama a", "running", 92.6, 7_200, "EU-RO-1", made=When(60, "today"), note="note:x"),
    Row("llama b", "idle", 0.0, 90, "US-KS-2", spot=True, made=When(3_600, "29 Nov")),
    Row("qwen", "stopped", None, None, "EU-SE-1", made=When(864_000, "20 Nov"), note="runpod/pytorch:2.1"),
    Row("idle-not", "running", 40.0, 86_400 * 2, None, None, note="docker://a 12:30"),
)


def read(name: str):  # type: ignore[no-untyped-def]
    return (
        (lambda row: f"{row.name} {row.status} {row.dc or ''} {row.note}".lower())
        if name == TEXT
        else lambda r: getattr(r, name)
    )


def chosen(text: str) -> str:
    found = parse(text, FIELDS)
    assert not found.faults, found.faults
    return " ".join(str(ROWS.index(row)) for row in found.select(ROWS, read))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", "0 1 2 3"),
        ("LLAMA", "0 1"),
        ("llama !idle", "0"),
        ('"llama b"', "1"),
        ('!"llama b"', "0 2 3"),
        ("idle", "1"),
        ('"idle"', "1 3"),
        ("!stopped", "0 1 3"),
        ("spot", "1"),
        ("!spot", "0 2"),
        ("spot=no", "0 2"),
        ("util<50", "1 3"),
        ("!util<50", "0"),
        ("util>=40%", "0 3"),
        ("util=93", "0"),
        ("util!=93", "1 3"),
        ("util=92.6", "0"),
        ("uptime>1h", "0 3"),
        ("up<=1m30s", "1"),
        ("uptime>1d12h", "3"),
        ("dc:EU", "0 2"),
        ("dc=eu-ro-1,us-ks-2", "0 1"),
        ("dc!=eu-ro-1", "1 2"),
        ("!dc:eu", "1"),
        ("location~ks", "1"),
        ('name="llama a"', "0"),
        ("re:^llama", "0 1"),
        ('re:"llama [b-z]"', "1"),
        ("!re:llama", "2 3"),
        ("runpod/pytorch:2.1", "2"),
        ("12:30", "3"),
        ("docker://a", "3"),
        ('"note:x"', "0"),
        ('!"note:x"', "1 2 3"),
        ("made<1d", "0 1"),
        ("made>=1h", "1 2"),
        ("made=1h", "1"),
        ("!made<1d", "2"),
        ("made:nov", "1 2"),
        ('made:"20 nov"', "2"),
        ("loc-ation:ks", "1"),
        ("LOCATION:ks", "1"),
        ("status=idle,stopped", "1 2"),
    ],
)
def test_terms(text: str, rows: str) -> None:
    assert chosen(text) == rows


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("utl<5", "unknown field utl; did you mean util?"),
        ("zzz=5", "unknown field zzz; expected name, status, util, uptime, dc, spot, made"),
        ("util<", "util< expects a number: percent of the GPUs' time"),
        ("util<fast", "util< expects a number"),
        ("util~5", "util is a number; compare it with = < >"),
        ("uptime>2", "uptime> expects a duration such as 30m or 2h"),
        ("dc>5", "dc: expects a data center"),
        ("status=walking", "status: expects running or idle"),
        ("spot=perhaps", "spot: expects yes or no"),
        ("re:(", "re: "),
        ("re:", "re: expects a pattern"),
        ("!", "! expects a term"),
        (">5", ">5 expects a field before it"),
        ("util<10GB", "util is in %, not GB; expected a number such as 80 or 80%"),
        ("util<$10", "util is in %, not $; "),
        ("util:2h", "util is in %, not h; "),
        ("uptime>5%", "uptime> expects a duration"),
        ("made>5", "made> expects how long ago, such as 2h or 7d: when it was made"),
        ("pod:clip", 'unknown field pod; expected name, status, util, uptime, dc, spot, made; as text: "pod:clip"'),
        ("!sttus:idle", "unknown field sttus; did you mean status?"),
        ("localhost:8888", "unknown field localhost; "),
        ('"llama', 'a " is not closed'),
    ],
)
def test_what_is_invalid_is_said(text: str, fault: str) -> None:
    found = parse(text, FIELDS)
    assert not found
    assert found.faults[0].startswith(fault)


UNITS = {"%": "80%", "$": "$80", "$/h": "$80/h", "GB": "80gb", "°C": "80°c", "W": "80w", "": "80"}


@pytest.mark.parametrize("unit", UNITS)
def test_a_number_is_in_the_unit_of_its_field_and_in_no_other(unit: str) -> None:
    of_field = Vocabulary({"x": Field(Kind.NUMBER, "x", unit=unit)})
    for other, text in UNITS.items():
        for op in ("<", ">=", "=", ":", "!="):
            found = parse(f"x{op}{text}", of_field)
            # $80 is a price per hour too.
            if other in ("", unit) or (other, unit) == ("$", "$/h"):
                assert found.terms[0].value == 80.0
            else:
                assert found.faults[0].startswith(f"x is in {unit}" if unit else "x has no unit")
                assert not found.terms


NO_WORDS = st.from_regex(r"[0-9][0-9a-z]{0,3}|[a-z]{1,4}[/.][a-z0-9]{1,4}", fullmatch=True)


@given(NO_WORDS, st.text(alphabet="abc019./-", max_size=6))
@example("12", "30")
@example("runpod/pytorch", "2.1.0-py3")
def test_what_has_a_colon_and_no_word_before_it_is_found_as_text(before: str, after: str) -> None:
    text = f"{before}:{after}"
    found = parse(text, FIELDS)
    assert not found.faults
    assert found.select((Row(f"a {text} b"), Row("else")), read) == [Row(f"a {text} b")]


@given(st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True), st.text(alphabet="abc019.", max_size=6))
@example("pod", "clip")
def test_a_word_before_a_colon_is_a_field_or_a_fault_and_in_quotes_text(word: str, value: str) -> None:
    text = f"{word}:{value}"
    if word == "re":
        return
    found = parse(text, FIELDS)
    assert bool(found.faults) or found.terms[0].field == FIELDS.named(word)
    assert parse(f"https://{value}", FIELDS).terms[0].field == TEXT
    assert parse(f'"{text}"', FIELDS).select((Row(f"a {text}"), Row("else")), read) == [Row(f"a {text}")]


@given(st.text(max_size=40))
def test_no_text_is_too_wild(text: str) -> None:
    found = parse(text, FIELDS)
    assert len(found.terms) + len(found.faults) == len(tokens(text))
    assert set(found.select(ROWS, read)) <= set(ROWS)
    completion(text, FIELDS)


TERMS = st.builds(
    lambda n, f, op, v: f"{n}{f}{op}{v}", st.sampled_from(["", "!"]), st.sampled_from([*FIELDS.names, "x"]),
    st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "~", ":"]),
    st.text(max_size=5) | st.sampled_from(["1h", "5", "$2/h"]),
)  # fmt: skip


@given(st.lists(TERMS, max_size=3))
def test_an_unknown_value_meets_no_comparison(terms: list[str]) -> None:
    found = parse(" ".join(terms), FIELDS)
    unknown = Row("", "", None, None, None, None)
    if any(term.field != TEXT for term in found.terms):
        assert not found.select((unknown,), read)


@given(st.text(alphabet='ab <>=!~:"utilre5', max_size=20), st.text(alphabet='ab <>=!~:"utilre5', max_size=20))
def test_an_entry_always_has_a_valid_filter(one: str, other: str) -> None:
    entry = FilterEntry()
    for text in (one, other):
        entry.type(text, FIELDS)
        assert entry.text == text
        assert not entry.chosen.faults
        assert bool(entry.fault) == bool(parse(text, FIELDS).faults)
    entry.settle()
    assert entry.text == entry.chosen.text


def test_the_last_valid_filter_stays_in_effect_and_that_is_said() -> None:
    entry = FilterEntry()
    for text in ("llama", "llama u", "llama util", "llama util<"):
        entry.type(text, FIELDS)
    assert entry.chosen.text == "llama"
    assert entry.fault == "util< expects a number: percent of the GPUs' time · still filtered by llama"
    entry.type("llama util<50", FIELDS)
    assert (entry.chosen.text, entry.fault) == ("llama util<50", "")
    entry.type("llama util<50x", FIELDS)
    assert entry.chosen.text == "llama util<50"
    entry.type("", FIELDS)
    entry.type("utl=1", FIELDS)
    assert entry.fault == "unknown field utl; did you mean util? · no filter applied"


def test_a_word_stays_in_effect_while_an_invalid_term_behind_it_is_typed_key_by_key() -> None:
    entry = FilterEntry()
    text = "llama utl<5"
    for end in range(1, len(text) + 1):
        entry.type(text[:end], FIELDS)
        if end >= len("llama"):
            assert tokens(entry.chosen.text)[0] == "llama", text[:end]
    assert entry.fault == "unknown field utl; did you mean util? · still filtered by llama"


VALID = st.sampled_from(["llama", "!qwen", "util<50", "idle", "up>2h", "re:a+", '"a b"', "name:x"])


@given(st.lists(VALID, min_size=1, max_size=2), st.text(alphabet='ab <>=!~:"utilre5', max_size=12))
@example(["llama"], "utl<5")
def test_no_key_behind_valid_terms_takes_them_out_of_effect(terms: list[str], typed: str) -> None:
    """The rows shown are never more than the complete terms let pass."""
    entry, valid = FilterEntry(), " ".join(terms)
    for end in range(len(valid), len(valid) + len(typed) + 2):
        entry.type(f"{valid} {typed}"[:end], FIELDS)
        assert tokens(entry.chosen.text)[: len(terms)] == tuple(terms)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("ut", "il"), ("!ut", "il"), ("up", "time"), ("loc", "ation"), ("llama st", "atus"), ("sto", "pped"),
        ("status=i", "dle"), ("status=idle,st", "opped"), ("util", ""), ("", ""), ("ut ", ""), ("status=", ""),
    ],
)  # fmt: skip
def test_completion(text: str, rest: str) -> None:
    assert completion(text, FIELDS) == rest
