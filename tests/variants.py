"""Which cases of a parametrised test the default run has. `pytest -m wide` has the others, and .ci/run runs both.

Each case of the default run is of a kind of its own, as far as there are kinds; what is more of one is a variant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet
from hypothesis import settings


def wide(case: Any, values: int = 1) -> ParameterSet:
    """A variant. values: how many the test takes of each case."""
    return pytest.param(*(case if values > 1 else (case,)), marks=pytest.mark.wide)


def first_of_each(kind: Callable[[Any], object], cases: Iterable[Any], values: int = 1) -> list[Any]:
    """Cases of which the first of each kind is in the default run."""
    seen: set[object] = set()
    made = []
    for case in cases:
        made.append(wide(case, values) if kind(case) in seen else case)
        seen.add(kind(case))
    return made


def every(step: int, cases: Iterable[Any], values: int = 1) -> list[Any]:
    """Cases of which the first is in the default run, and one of so many behind it: some of all parts of a list."""
    return [wide(case, values) if index % step else case for index, case in enumerate(cases)]


def up_to(examples: int) -> int:
    """How many examples a test takes that needs more than others: by default a quarter, and all in other profiles."""
    return examples if settings.get_current_profile_name() != "podtop" else max(examples // 4, 15)
