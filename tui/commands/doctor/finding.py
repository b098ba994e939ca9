"""`Finding`: the result of one check."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Verdict(StrEnum):
    """Whether podtop works as far as one check goes: as it should, with a limit, or not."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Finding(Struct, frozen=True):
    """A verdict, what was found, and what to do about it; "" where nothing is to be done."""

    verdict: Verdict
    text: str
    advice: str = ""


def ok(text: str, advice: str = "") -> Finding:
    return Finding(Verdict.OK, text, advice)


def warning(text: str, advice: str = "") -> Finding:
    return Finding(Verdict.WARNING, text, advice)


def error(text: str, advice: str = "") -> Finding:
    return Finding(Verdict.ERROR, text, advice)
