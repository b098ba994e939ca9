"""Progress bars in a line: those of tqdm, which most trainers use, and of Keras.

tqdm documents its format as `bar_format`: `{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}]`.
"""

from __future__ import annotations

import re

from msgspec import Struct

from tui.domain.signals.values import NUMBER, amount, number

_TQDM = re.compile(
    r"(?P<percent>\d{1,3})%\|[^|]{0,300}\|[ ]{0,8}(?P<n>\d{1,15})/(?P<total>\d{1,15}) "
    rf"\[(?P<elapsed>[\d:]{{1,12}})<(?P<left>[\d:?]{{1,12}}),[ ]{{0,8}}(?P<rate>{NUMBER}|\?)"
    r"(?P<unit>it/s|s/it)(?P<rest>[^\]]{0,600})"
)
_KERAS = re.compile(
    r"^[ ]{0,8}(?P<n>\d{1,15})/(?P<total>\d{1,15}) (?:\[[=>.]{1,60}\]|━[━ ]{0,60}|─{1,60})(?P<rest>.{0,400})"
)


class Bar(Struct, frozen=True):
    """A bar: what is done of how much, at what rate, between what is written before and behind it."""

    before: str
    done: int
    total: int
    it_per_s: float | None
    rest: str


def tqdm(text: str) -> Bar | None:
    """The last bar of tqdm in a line that counts iterations; None for one of bytes, examples, files."""
    if "%|" not in text:
        return None
    *_, match = (None, *_TQDM.finditer(text))
    if match is None or int(match["n"]) > int(match["total"]):
        return None
    rate = number(match["rate"]) if match["rate"] != "?" else None
    if rate is not None and match["unit"] == "s/it":
        rate = 1.0 / rate if rate > 0 else None
    before = text[: match.start()].rstrip(": ")
    return Bar(before, int(match["n"]), int(match["total"]), amount(rate), match["rest"])


def keras(text: str) -> Bar | None:
    """The bar of Keras, also of its older versions."""
    match = _KERAS.match(text)
    return None if match is None else Bar("", int(match["n"]), int(match["total"]), None, match["rest"])
