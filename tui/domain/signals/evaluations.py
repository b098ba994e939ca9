"""Which lines and records are of an evaluation: their steps and losses have the same names as those of training."""

from __future__ import annotations

import re

from tui.domain.signals.values import Values

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
"""A word of a key: eval_metrics, valMetrics, EVAL/loss."""

_OF_ONE = re.compile(r"(?:eval|valid|test)[a-z]*|val(?:set|sets|data|loader|metrics|loss|losses)?")
"""Words that begin so, as evaluator, validset and tests. What begins with val alone is rather a value."""

_OTHERS = re.compile(r"testi(?:mon|f|s|c)[a-z]*|testa(?:ment|te|tor)[a-z]*|testosterone|validit(?:y|ies)")
"""Words of other meaning that begin so too: testimony, testament, validity."""

_VAL = r"(?:val(?:id(?:ation|ating|ate)?)?|eval(?:uation|uating|uate)?)"
_TEST = r"test(?:ing)?"
_COUNTS = ("epoch", "step", "iter", "iteration", "batch")
_COUNT = rf"(?:{'|'.join(_COUNTS)})"
_LINE = re.compile(
    # Runs and machines are named test as well: what stands apart from the count may be such a name.
    rf"[\W_]{{0,12}}(?<![\w/.-])(?:{_VAL}[ \t:,|_\])\[(-]{{0,4}}{_COUNT}\b|{_TEST}[ \t_-]{{0,2}}{_COUNT}\b|"
    rf"(?:{_VAL}|{_TEST})(?: set\b|[ \t:]{{0,3}}\[[ \t]{{0,8}}\d{{1,15}}(?:[ ]{{0,4}}/|\][ ]{{0,2}}\[))|"
    r"(?:epoch|iter) ?\((?:val|test|eval)\))"
)
"""What a line of an evaluation begins with: Val Epoch: [0][40/50], Test: [40/50], Test set: average loss."""

_LEVEL = r"(?:debug|info|warn(?:ing)?|error|critical|notice|trace|success)\b"
_LOGGER = re.compile(
    r"[^\w\[(<]{0,8}(?:"
    r"[\[(<][^\])>]{1,80}[\])>]|"
    r"[diwef]\d{4} [\d:.]{8,15}[ ]{1,8}\d{1,9} [\w.]{1,40}:\d{1,6}\]|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[ ]{1,2}\d{1,2}\b|(?:[ap]m|utc|gmt)\b|"
    r"\d{1,4}(?:[-/.:,t_]\d{1,9}){2,8}z?(?!\w)|\d\d:\d\d\b|"
    rf"{_LEVEL}|(?:time|ts|level|logger|caller|msg|message)=|"
    r"(?:rank|worker|gpu|node|proc(?:ess)?)[ ]?\d{1,6}\b|[\w./-]{1,80}\.py:\d{1,6}\b|"
    rf"[\w.-]{{1,60}}(?::[\w<>.]{{1,60}}){{0,2}}(?=[ ]{{0,8}}[:|\]]|[ ]{{1,8}}(?:[->] |{_LEVEL}))"
    r")"
)
"""A part of what a logger writes before a line: the time, the level, its name."""

_PARTS = 8
"""Parts of it at most."""

_NUMBER = r"s?[ \t]{0,2}[:=#\[(-]{0,2}[ \t]{0,4}\d"
_BEFORE = re.compile(rf"loss|(?<![a-z]){_COUNT}{_NUMBER}")
"""What stands before it only in a line of training, which speaks of an evaluation further on."""

_OWN = {count: re.compile(rf"(?<![\w/]){count}{_NUMBER}") for count in _COUNTS}
"""What stands behind a count of an evaluation only in a line of training: its own."""

_KEY = re.compile(r"[a-z]_[a-z]")
_OWN_BESIDE_KEY = re.compile(
    rf"(?<![\w/])(?:(?:global_|train(?:er)?[_/])?{_COUNT}{_NUMBER}|(?:lr|learning_rate|grad_norm)\b)"
)
"""The same behind a key such as val_step, which may be a setting of a line of training."""

_TRAIN_LOSS = re.compile(r"\btrain(?:ing)?[ \t_/:|.-]{1,3}loss|\bloss[_/.]train")


def names_one(key: str) -> bool:
    """Whether what a key holds is of an evaluation: one of its words says so, and not a part of one, as in "latest"."""
    return any(
        _OF_ONE.fullmatch(word) is not None and _OTHERS.fullmatch(word) is None
        for word in map(str.lower, _WORD.findall(key))
    )


def is_line(text: str) -> bool:
    """Whether all of a line is of an evaluation: it begins so behind what a logger writes, and gives neither a loss of
    training nor a step or an epoch of training."""
    low = text.lower()
    if "val" not in low and "test" not in low:
        return False
    begin = _begin(low)
    if begin is None or _TRAIN_LOSS.search(low) is not None:
        return False
    if _BEFORE.search(low[: begin.start()]) is not None:
        return False
    counts = next((each for each in _COUNTS if begin[0].endswith(each)), None)
    if counts is None:
        return True
    own = _OWN[counts] if _KEY.search(begin[0]) is None else _OWN_BESIDE_KEY
    return own.search(low, begin.end()) is None


def _begin(low: str) -> re.Match[str] | None:
    """What says that a line is of an evaluation, at its start or behind what a logger writes."""
    place = 0
    for _ in range(_PARTS + 1):
        if (begin := _LINE.match(low, place)) is not None:
            return begin
        part = _LOGGER.match(low, place)
        if part is None:
            return None
        place = part.end()
    return None


def of_line(values: Values) -> Values | None:
    """What a line of an evaluation says about the run: its loss is none of training, its steps are none of the run."""
    loss = values.loss if values.eval_loss is None else values.eval_loss
    return None if loss is None else Values(eval_loss=loss)
