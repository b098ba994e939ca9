"""The texts in podtop's source, wherever they are shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.source_trees import nodes


class Literal(NamedTuple):
    """A text of two words or more, and where it is; what is filled in stands as an ellipsis."""

    file: str
    line: int
    text: str


SENTENCE = re.compile(r"[a-z…] [a-z…(]", re.IGNORECASE)
SQL = re.compile(
    r"\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|FROM)\b.*\b(?:FROM|INTO|SET|TABLE|INDEX|WHERE)\b", re.DOTALL
)


def literals(root: Path) -> Iterator[Literal]:
    """Every text in the modules below a folder, but for docstrings and SQL."""
    for path in sorted(root.rglob("*.py")):
        for line, text in _texts(nodes(path)):
            if SENTENCE.search(text) and not SQL.search(text):
                yield Literal(path.relative_to(root).as_posix(), line, text)


def _texts(tree: Sequence[ast.AST]) -> Iterator[tuple[int, str]]:
    aside: set[int] = set()
    for node in tree:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            aside.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            aside.update(map(id, node.values))
    for node in tree:
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(_part(value) for value in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in aside:
            yield node.lineno, node.value


def _part(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else "…"
