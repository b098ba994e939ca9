"""No text in podtop's source has a retired word, whether a test brings it to the screen or not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.source_trees import PACKAGE, SOURCE
from tests.words.literals import Literal, literals
from tests.words.retired import found

pytestmark = SOURCE

KEPT = {
    (
        "domain/events.py",
        "balance told",
    ): "a kind of event, as recordings and filters have it; the screen words it otherwise",
    ("domain/events.py", "at ease"): "the same",
    ("store/fleet_sums.py", "idle burn"): "the name of a cache",
}
"""Texts that no person reads as a sentence, each with its reason."""


@cache
def own() -> tuple[Literal, ...]:
    """Those of podtop."""
    return tuple(literals(PACKAGE))


@pytest.mark.wide
def test_no_text_has_a_retired_word() -> None:
    texts = [one for one in own() if (one.file, one.text) not in KEPT]
    assert len(texts) > 2_000
    assert [(one, retired) for one in texts for retired in found(one.text)] == []


def test_what_is_kept_is_there() -> None:
    there = {(one.file, one.text) for one in own()}
    assert there >= KEPT.keys()


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("def f():\n    'A docstring of it.'\n    return 'no pods yet'\n", ["no pods yet"]),
        ("x = f'{a} pods of {b}' + 'word'\n", ["… pods of …"]),
        ("x = ('one two '\n     'three')\n", ["one two three"]),
        ("x = 'SELECT a FROM b WHERE c'\n", []),
    ],
)
def test_texts_are_read_whole(source: str, texts: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(source)
    assert [one.text for one in literals(tmp_path)] == texts
