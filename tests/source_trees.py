"""podtop's own modules as syntax trees: each is read once for all the tests that look through them.

Tests of one group run in one process: `SOURCE` keeps those together.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import tui

PACKAGE = Path(tui.__file__).parent
SOURCE = pytest.mark.xdist_group("source")


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a module, in the order of `ast.walk`: first the module itself."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


@cache
def modules() -> tuple[Path, ...]:
    """The files of the package."""
    return tuple(sorted(PACKAGE.rglob("*.py")))
