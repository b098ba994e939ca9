"""Which lines and records are of an evaluation: their steps and losses have the same names as those of training."""

from __future__ import annotations

import re

from tui.domain.signals.values import Values

_WORDS = frozenset(
    ("eval", "evals", "evaluation", "evaluate", "val", "valid", "validation", "validate", "test", "tests", "testing")
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
"""A word of a key: eval_metrics, valMetrics, EVAL/loss."""

_VAL = r"(?:val(?:id(?:ation|ating|ate)?)?|eval(?:uation|uating|uate)?)"
_TEST = r"test(?:ing)?"
_COUNT = r"(?:epoch|step|iter|iteration|batch)\b"
_LINE = re.compile(
    # Runs and machines are named test as well: what stands apart from the count may be such a name.
    rf"(?<![\w/.-])(?:{_VAL}[ \t:,|_\])\[(-]{{0,4}}{_COUNT}|{_TEST}[ \t_-]{{0,2}}{_COUNT}|"
    rf"(?:{_VAL}|{_TEST})(?: set\b|[ \t:]{{0,3}}\[[ \t]{{0,8}}\d{{1,15}}(?:[ ]{{0,4}}/|\][ ]{{0,2}}\[)))|"
    r"epoch ?\((?:val|test|eval)\)"
)
"""What a line of an evaluation begins with: Val Epoch: [0][40/50], Test: [40/50], Test set: average loss."""


def names_one(key: str) -> bool:
    """Whether what a key holds is of an evaluation: one of its words says so, and not a part of one, as in "latest"."""
    return not _WORDS.isdisjoint(word.lower() for word in _WORD.findall(key))


def is_line(text: str) -> bool:
    """Whether all of a line is of an evaluation: no loss stands before what says so."""
    low = text.lower()
    begin = _LINE.search(low) if "val" in low or "test" in low else None
    return begin is not None and "loss" not in low[: begin.start()]


def of_line(values: Values) -> Values | None:
    """What a line of an evaluation says about the run: its loss is none of training, its steps are none of the run."""
    loss = values.loss if values.eval_loss is None else values.eval_loss
    return None if loss is None else Values(eval_loss=loss)
