"""Samples as text, in the format that Prometheus and OpenMetrics share. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from tui.services.exporter.families import Family


@lru_cache(4096)
def escaped(text: str) -> str:
    """A label's value, on one line: control characters other than line feeds are dropped."""
    text = "".join(ch for ch in text if ch.isprintable() or ch == "\n")
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def labels(**values: object) -> str:
    """Labels as they are written; those without a value are left out."""
    return "{" + ",".join(f'{key}="{escaped(str(value))}"' for key, value in values.items() if value is not None) + "}"


NUMBER, RATIO = ".11g", ".5g"
"""How values are written: in as few characters as they need; eleven digits, for times to the tenth of a second."""


@lru_cache(4096)
def number(value: float) -> str:
    """A value as text."""
    return format(value, NUMBER)


@lru_cache(4096)
def ratio(percent: float) -> str:
    """Percent as the text of a ratio of 0 to 1."""
    return format(percent / 100, RATIO)


def line(family: Family, labelled: str, value: str) -> str:
    """One sample. `labelled`: its labels, with their braces."""
    return f"{sample_name(family)}{labelled} {value}"


def sample_name(family: Family) -> str:
    """The name of a family's samples."""
    return f"{family.name}_total" if family.kind == "counter" else family.name


def head(family: Family, openmetrics: bool) -> Iterator[str]:
    """The lines before the samples of a family."""
    name = family.name if openmetrics else sample_name(family)
    yield f"# HELP {name} {family.help}"
    yield f"# TYPE {name} {family.kind}"
    if openmetrics and family.unit:
        yield f"# UNIT {name} {family.unit}"
