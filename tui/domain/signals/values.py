"""`Values`: what one line of a log says about a training run."""

from __future__ import annotations

import math
import re

from msgspec import Struct
from msgspec.structs import asdict, replace

LARGEST_COUNT = 10**15
LARGEST = 1e30

NUMBER = r"[+-]?(?:\d[\d,_]{0,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,4})?|[+-]?(?i:nan|inf(?:inity)?)\b"
"""A number as programs write it, also 1,284 and nan; every repeat is bounded, so that a search takes linear time."""

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})*(?:\.\d*)?(?:[eE][+-]?\d+)?")

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")

_SMALL = re.compile(r"[+-]?0+,\d")
"""The beginning of a number below 1 with a decimal comma: no number in thousands begins with 0."""

_SUFFIXES = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9}


class Values(Struct, frozen=True):
    """What one line says; None where it says nothing.

    step, total:     the step, and the number of all steps. `within`: both count within an epoch.
    epoch, epochs:   the epoch, with its fraction if that is written, and the number of all epochs. `counts_from`: the
                     number of the first epoch where the epoch is a whole number, 0 or 1.
    loss:            of training; `eval_loss` of an evaluation. Finite.
    not_finite:      "NaN" or "Inf" if the loss is that.
    lr, grad_norm:   the learning rate, and the norm of the gradient.
    it_per_s, tokens_per_s, samples_per_s: throughput, per second. `per_gpu`: tokens_per_s is of one GPU.
    samples:         samples consumed so far.
    from_bar:        whether step and total come from a progress bar, which evaluations have too.
    """

    step: int | None = None
    total: int | None = None
    epoch: float | None = None
    epochs: float | None = None
    loss: float | None = None
    eval_loss: float | None = None
    not_finite: str = ""
    lr: float | None = None
    grad_norm: float | None = None
    it_per_s: float | None = None
    tokens_per_s: float | None = None
    samples_per_s: float | None = None
    samples: int | None = None
    within: bool = False
    counts_from: int = 0
    per_gpu: bool = False
    from_bar: bool = False

    @property
    def is_empty(self) -> bool:
        return self == NOTHING or self in _FLAGS_ONLY

    def over(self, other: Values) -> Values:
        """These values, and the other's where these have none."""
        mine = {name: value for name, value in asdict(self).items() if value not in (None, "", False, 0)}
        zeros = {name: 0 for name in ("step", "epoch", "loss", "lr") if getattr(self, name) == 0}
        return replace(other, **{**mine, **zeros})


NOTHING = Values()
_FLAGS_ONLY = tuple(Values(within=within, counts_from=first) for within in (False, True) for first in (0, 1))


def number(text: str, suffix: str = "", *, decimal_comma: bool = False) -> float | None:
    """A number as written; NaN and infinity as such; None if it is none, or far from anything plausible.

    decimal_comma: whether its program surely writes decimal commas, as a file does that parts its cells otherwise.
    """
    if "," in text:
        in_thousands = _THOUSANDS.fullmatch(text) is not None
        # 2,104 is 2104 wherever it was written; 2,1045, 2,98e-04 and 0,512 can only have a decimal comma.
        if _DECIMAL_COMMA.fullmatch(text) and (decimal_comma or not in_thousands or _SMALL.match(text)):
            text = text.replace(",", ".")
        elif not in_thousands:
            text = text.partition(",")[0]
    try:
        plain = text.replace(",", "").replace("_", "") if "," in text or "_" in text else text
        value = float(plain) * _SUFFIXES[suffix] if suffix in _SUFFIXES else float(plain)
    except ValueError:
        return None
    return value if not math.isfinite(value) or abs(value) <= LARGEST else None


def scaled(text: str) -> float | None:
    """A number with or without a suffix: 41.2k."""
    plain = number(text)
    return plain if plain is not None or not text else number(text[:-1], text[-1])


def amount(value: float | None) -> float | None:
    """A finite number that is not negative."""
    return value if value is not None and math.isfinite(value) and value >= 0 else None


def count(value: float | None) -> int | None:
    """A whole number of steps or samples."""
    if amount(value) is None or value is None or value > LARGEST_COUNT or value != int(value):
        return None
    return int(value)


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def not_finite(value: float | None) -> str:
    """What a number is instead of finite."""
    if value is None or math.isfinite(value):
        return ""
    return "NaN" if math.isnan(value) else "Inf"
