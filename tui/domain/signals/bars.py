"""Progress bars in a line: those of tqdm, which most trainers use, of rich, and of Keras.

tqdm documents its format as `bar_format`: `{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}]`.
"""

from __future__ import annotations

import re

from msgspec import Struct

from tui.domain.signals.values import NUMBER, amount, count, number, scaled

_COUNT = r"\d{1,15}(?:\.\d{1,3})?[kMG]?"
_PER = r"(?P<unit>(?:it|iter|step|steps|batch|batches)/s|s/(?:it|iter|step|batch))\b"
_TQDM = re.compile(
    rf"(?P<percent>\d{{1,3}})%\|[^|]{{0,300}}\|[ ]{{0,8}}(?P<n>{_COUNT})/(?P<total>{_COUNT}) "
    rf"\[(?P<elapsed>[\d:]{{1,12}})<(?P<left>[\d:?]{{1,12}})"
    # NeMo writes no rate; that of bytes and files is none of a trainer.
    rf"(?:,[ ]{{0,8}}(?P<rate>{NUMBER}|\?)[ ]?{_PER}|(?!,[ ]{{0,8}}[\d?.]))(?P<rest>[^\]]{{0,600}})"
)
_ENDLESS = re.compile(
    rf"(?<![\w./])(?P<n>{_COUNT})it \[[\d:]{{1,12}}, [ ]{{0,8}}(?P<rate>{NUMBER}|\?)[ ]?{_PER}(?P<rest>[^\]]{{0,600}})"
)
_RICH = re.compile(
    # Where a bar begins, and not from each of its characters on; it may be as wide as a line that is read.
    rf"(?<![━╸╺─])[━╸╺─]{{3,1000}}[ ]{{1,8}}(?P<n>{_COUNT})/(?P<total>{_COUNT})[ ]{{1,8}}"
    rf"(?:[\d:]{{1,12}} • [-\d:]{{1,12}}[ ]{{1,8}})?(?P<rate>{NUMBER})[ ]?{_PER}(?P<rest>.{{0,600}})"
)
_KERAS = re.compile(
    r"^[ ]{0,8}(?P<n>\d{1,15})/(?P<total>\d{1,15}) "
    r"(?:\[[=>.]{1,60}\]|━[━ ]{0,60}|─{1,60}|- (?=\d{1,9}m?s\b))(?P<rest>.{0,400})"
)


class Bar(Struct, frozen=True):
    """A bar: what is done of how much, at what rate, between what is written before and behind it."""

    before: str
    done: int
    total: int
    it_per_s: float | None
    rest: str


def find(text: str) -> Bar | None:
    """The last bar in a line that counts iterations, of tqdm or of rich; None for one of bytes, examples, files."""
    shape = _TQDM if "%|" in text else _RICH if "━" in text else None
    *_, match = (None, *shape.finditer(text)) if shape is not None else (None,)
    if match is None:
        return None
    done, total = number_of_steps(match["n"]), number_of_steps(match["total"])
    if done is None or total is None or done > total:
        return None
    return Bar(text[: match.start()].rstrip(": "), done, total, _rate(match), match["rest"])


def endless(text: str) -> Bar | None:
    """A bar of tqdm that does not know where it ends: its total is 0."""
    match = _ENDLESS.search(text) if "it [" in text else None
    if match is None or (done := number_of_steps(match["n"])) is None:
        return None
    return Bar(text[: match.start()].rstrip(": "), done, 0, _rate(match), match["rest"])


def number_of_steps(text: str) -> int | None:
    """A count as bars write it, in full or as 3.0k."""
    return count(scaled(text))


def _rate(match: re.Match[str]) -> float | None:
    written = match["rate"]
    rate = number(written) if written is not None and written != "?" else None
    if rate is not None and match["unit"].startswith("s/"):
        rate = 1.0 / rate if rate > 0 else None
    return amount(rate)


def keras(text: str) -> Bar | None:
    """The bar of Keras, also of its older versions."""
    match = _KERAS.match(text)
    return None if match is None else Bar("", int(match["n"]), int(match["total"]), None, match["rest"])
