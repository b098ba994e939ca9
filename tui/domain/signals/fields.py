"""Names and units by which programs write the fields of `Values`, and how they are found in a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from tui.domain.signals import epochs
from tui.domain.signals.values import NOTHING, NUMBER, Values, amount, count, finite, not_finite, number, scaled

STEP, LOSS, EVAL, LR, NORM = "step", "loss", "eval_loss", "lr", "grad_norm"
TOKENS, SAMPLES_RATE, RATE, SECONDS, MILLIS = "tokens_per_s", "samples_per_s", "it_per_s", "s/it", "ms/it"
EPOCH, SAMPLES, TOTAL, EPOCHS, TOKENS_PER_GPU = "epoch", "samples", "total", "epochs", "tokens_per_gpu"
BATCH = "batch"

_ALIASES = {
    STEP: "step _step iter iteration global_step trainer/global_step train/global_step current_step current_steps "
    "num_updates opt_step optimizer_step",
    TOTAL: "total_steps max_steps num_steps train_steps total_iters max_iters total_iterations "
    "total_optimization_steps",
    LOSS: "loss train_loss training_loss lm_loss reduced_train_loss train/loss training/loss total_loss "
    "train_loss_step loss_step train/loss_step train/train_loss loss/train ce_loss nll_loss",
    EVAL: "eval_loss val_loss valid_loss validation_loss test_loss eval/loss val/loss valid/loss validation/loss "
    "loss/val loss/valid loss/eval loss/test",
    LR: "lr learning_rate train/lr train/learning_rate last_lr",
    NORM: "grad_norm gradient_norm gradnorm gnorm train/grad_norm total_norm grad_norm_total norm",
    TOKENS: "tokens_per_second tokens_per_sec tokens_per_s tok/s tok/sec toks/s tokens/s tokens/sec tps wps "
    "train_tokens_per_second throughput/tokens_per_sec train/tokens_per_second",
    TOKENS_PER_GPU: "tokens_per_second_per_gpu train/tokens_per_second_per_gpu tgs tokens_per_gpu_per_second "
    "tokens/s/gpu",
    SAMPLES_RATE: "samples_per_second samples_per_sec samples/s samples/sec train_samples_per_second images_per_second "
    "img/s imgs/s images/s",
    RATE: "it/s its/s iter/s steps/s it_per_s its_per_sec iterations_per_second steps_per_second steps_per_sec "
    "train_steps_per_second",
    SECONDS: "s/it sec/it s/step step_time step_time_s time_per_step seconds_per_step sec_per_step iter_time "
    "train_step_timing_in_s time_per_iteration dt step_avg",
    MILLIS: "ms/step ms/it step_time_ms elapsed_time_per_iteration_(ms) ms_per_step",
    EPOCH: "epoch train/epoch trainer/epoch training_epoch",
    EPOCHS: "epochs num_epochs max_epochs num_train_epochs total_epochs",
    SAMPLES: "consumed_samples samples_seen",
    BATCH: "batch",
}  # fmt: skip

FIELDS = {alias: field for field, aliases in _ALIASES.items() for alias in aliases.split()}
"""The field of each name, spelt in lower case with underscores."""

_WORD = r"[A-Za-z_(][\w/.()]{0,40}"
_NAMED = re.compile(
    rf"(?<![\w/.])(?P<name>{_WORD}(?:[ -]{_WORD}){{0,4}})(?:['\"]?[ \t]{{0,3}}[:=][ \t]{{0,12}}|[ \t]{{1,12}})"
    rf"(?:(?:tensor|array|Array|(?:np|numpy|jnp)\.[a-z]{{1,8}}\d{{0,2}})\()?['\"(\[]?[ \t]{{0,6}}"
    rf"(?P<value>{NUMBER})(?P<suffix>[kKMGB]\b)?"
    r"(?:[ \t]{0,6}(?:/|of\b)[ \t]{0,8}(?P<of>\d[\d,]{0,20}(?:\.\d{1,6})?[kKM]?\b))?(?P<unit>ms\b|s\b|%)?"
)
_MEANINGLESS = frozenset(("info", "debug", "train", "training", "avg", "average", "mean", "running", "current"))
_BEFORE_UNIT = re.compile(
    rf"(?P<value>{NUMBER})[ \t]?(?P<suffix>[kKM])?[ \t]?(?P<unit>(?:ms|s|sec)/(?:it|iter|step)|"
    r"(?:tok|toks|tokens|it|its|iter|steps|samples|img|imgs|images)/s(?:ec)?)\b(?!/)"
)
_UNIT = re.compile(r"(?<=[sckrtg])/(?:s|it|step)")
"""What every unit has in it."""

_BACK = 40
"""Characters in front of a unit in which its number is, with its unit."""


def _word_before(text: str, place: int) -> int:
    """Where to begin to look for the number of a unit: not within a number."""
    begin = max(0, place - _BACK)
    while 0 < begin < place and (text[begin - 1].isalnum() or text[begin - 1] in ".,_+-"):
        begin += 1
    return begin


_UNITS = {"iter/s": "it/s", "s/iter": "s/it", "sec/it": "s/it", "sec/step": "s/step", "sec/iter": "s/it"}


class Found(NamedTuple):
    """A field with its value; `of`: the number behind a slash."""

    field: str
    value: float
    of: float | None = None


def named(text: str) -> Iterator[Found]:
    """The known fields of a text, by name and value: `loss=2.1`, `'loss': 2.1`, `lm loss: 2.1`, `step 12/500`."""
    for match in _NAMED.finditer(text):
        field = _field(match["name"])
        value = number(match["value"], match["suffix"] or "")
        if field is None or value is None:
            continue
        if field == SECONDS and match["unit"] == "ms":
            field = MILLIS
        yield Found(field, value, scaled(match["of"]) if match["of"] else None)


def before_units(text: str) -> Iterator[Found]:
    """Numbers in front of their unit: `41.2k tok/s`, `1.3 s/it`."""
    if "/" not in text or (unit_at := _UNIT.search(text)) is None:
        return
    # Most lines have many numbers, and few a unit: no number is looked at that stands far before the first.
    for match in _BEFORE_UNIT.finditer(text, _word_before(text, unit_at.start())):
        unit = match["unit"]
        value = number(match["value"], match["suffix"] or "")
        field = FIELDS.get(_UNITS.get(unit, unit))
        if field is not None and value is not None:
            yield Found(field, value)


@lru_cache(maxsize=1024)
def _field(name: str) -> str | None:
    """The field of a name, or of its last words where others stand before it: `trainer step`."""
    parts = re.split("[ -]", name.lower())
    for first in range(len(parts)):
        field = FIELDS.get("_".join(parts[first:]))
        # "aux loss" is another loss, and "layer norm" another norm.
        if field is not None and (field not in (LOSS, NORM) or _MEANINGLESS.issuperset(parts[:first])):
            return field
    return None


def values(readings: Iterable[Found]) -> Values:
    """Fields as `Values`; of a field that occurs twice, the first."""
    given: dict[str, Any] = {}
    seen: set[str] = set()
    for field, value, of in readings:
        if field not in seen:
            seen.add(field)
            _put(given, field, value, of)
    if epochs.contradict(*(given.get(name) for name in (STEP, TOTAL, EPOCH, EPOCHS))):
        given["within"] = True
    return Values(**given) if given else NOTHING


def _put(given: dict[str, Any], field: str, value: float, of: float | None) -> None:
    """Add a field to the arguments of `Values`."""
    match field:
        case "step":
            given[STEP] = count(value)
            if of is not None:
                given[TOTAL] = count(of)
        case "batch":
            # The size of a batch has no end; its number has that of its epoch.
            if of is not None and STEP not in given:
                given.update({STEP: count(value), TOTAL: count(of), "within": True})
        case "epoch":
            given[EPOCH] = amount(value)
            if of is not None:
                given[EPOCHS] = amount(of)
                # An epoch of 3/10 is the third. If it counts from 0, that is too little, and never too much.
                given["counts_from"] = int(value >= 1 and value == int(value))
        case "total" | "samples":
            given[field] = count(value)
        case "loss":
            given[LOSS], given["not_finite"] = finite(value), not_finite(value)
        case "eval_loss":
            given[EVAL] = finite(value)
        case "tokens_per_gpu":
            given[TOKENS], given["per_gpu"] = amount(value), True
        case "s/it" | "ms/it":
            per_it = value if field == SECONDS else value / 1000.0
            given[RATE] = amount(1.0 / per_it) if per_it > 0 else None
        case _:
            given[field] = amount(value)


@lru_cache(maxsize=4)
def read(text: str) -> Values:
    """All fields of a text. While a log is detected, several presets try each line."""
    return values((*named(text), *before_units(text)))
