"""Whole numbers in texts from outside. Pure."""

from __future__ import annotations


def whole_number(text: str, digits: int = 9) -> int | None:
    """The number that a text of ASCII digits is; None for any other text, and for one of more digits than that.

    `str.isdigit` also takes superscripts, which `int` refuses; `int` also takes digits of other scripts, which nothing
    else takes, and refuses thousands of digits.
    """
    return int(text) if 0 < len(text) <= digits and text.isascii() and text.isdigit() else None
