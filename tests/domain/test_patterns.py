"""Regular expressions that take linear time: they find what Python's find, and refuse what would take for ever."""

from __future__ import annotations

import re
import warnings
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.patterns import MOST_WORK, Pattern, PatternError, TooComplex

PIECES = [
    "a",
    "b",
    ".",
    "*",
    "?",
    "|",
    "(",
    ")",
    "[ab]",
    "[^a]",
    "^",
    "$",
    "\\d",
    "\\w",
    "\\.",
    "{2}",
    "{0,1}",
    "{1,}",
    "1",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8), st.text("ab1.- ", max_size=7))
def test_it_finds_what_python_finds(pieces: list[str], text: str) -> None:
    pattern = "".join(pieces)
    try:
        mine = Pattern(pattern)
    except PatternError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = re.compile(pattern, re.IGNORECASE)
        except re.error:
            return
    assert mine.found(text) == bool(theirs.search(text))


@given(st.text(max_size=60), st.text(max_size=30))
def test_no_text_is_too_wild_for_a_pattern(pattern: str, text: str) -> None:
    with suppress(PatternError):
        Pattern(pattern).found(text.lower())


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        ("LLaMA", "train-llama-70b", True),
        ("llama.*70b", "train-llama-3-70b", True),
        ("^train-[0-9]+$", "train-17", True),
        ("^train-[0-9]+$", "train-17b", False),
        ("[A-Z]{2}-1", "eu-1", True),
        (r"\D$", "17", False),
        ("(a|b)c+?", "xbc", True),
    ],
)
def test_case_does_not_matter(pattern: str, text: str, is_found: bool) -> None:
    assert Pattern(pattern).found(text) is is_found


@pytest.mark.parametrize(
    "pattern", ["(", ")", "[a", "*a", "a{3,1}", "(?=a)", r"\1", "a" * 999, "((((a{99}){99}){99}){99})", "\\"]
)
def test_what_it_cannot_do_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        Pattern(pattern)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|aa)+$", "(x+x+)+y", "(.*){30}z", "(a?){60}a{60}$", "(.*a){20}"])
def test_what_hangs_others_takes_few_steps(pattern: str) -> None:
    found = Pattern(pattern)
    for number in range(300):
        found.found("a" * 100 + "x" * 30 + str(number))
    assert found._work < MOST_WORK


@pytest.mark.wide
def test_a_search_that_takes_too_long_ends() -> None:
    # Whether each of the last fifteen characters was an a: more states than there is time for.
    hostile = Pattern("a[ab]{15}c")
    texts = (f"{number * 7919:032b}".replace("0", "a").replace("1", "b") for number in range(40_000))
    with pytest.raises(TooComplex):
        any(map(hostile.found, texts))
