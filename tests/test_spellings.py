"""RunPod's spellings end in `tui/api`: above it no text is one of the words of the schema's enums."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.source_trees import PACKAGE, SOURCE, nodes
from tests.source_trees import modules as all_modules

pytestmark = SOURCE

WITHIN = {
    "api": "it is where they are mapped",
    "demo": "it executes the schema, and speaks as RunPod does",
}
"""Rooms in which they are spoken, and why."""

TITLES = {
    ("Column", 0), ("Column", 1), ("Column", "label"), ("Fact", 0), ("copyable", 0), ("line", 0), ("Field", 1),
    ("Metric", "title"), ("Metric", "label"),
}  # fmt: skip
"""Calls and their arguments that are the title of something on the screen: there GPU, CPU, BID, SECURE and CREATED are
words for a person, and no code compares them with what RunPod says."""


def words() -> set[str]:
    sdl = (PACKAGE / "api" / "graphql" / "schema.graphql").read_text()
    bodies = re.findall(r"^enum \w+ {(.*?)}", sdl, re.MULTILINE | re.DOTALL)
    return {word for body in bodies for word in re.sub(r"#.*", "", body).split()}


def spoken(tree: Sequence[ast.AST], known: set[str]) -> Iterator[ast.Constant]:
    """The literals of a module that are one of the words, and no title."""
    titles = {
        id(argument)
        for call in tree
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        for place, argument in (*enumerate(call.args), *((word.arg, word.value) for word in call.keywords))
        if (call.func.id, place) in TITLES
    }
    for node in tree:
        if isinstance(node, ast.Constant) and id(node) not in titles and node.value in known:
            yield node


def modules() -> list[Path]:
    return [p for p in all_modules() if p.relative_to(PACKAGE).parts[0] not in WITHIN]


def test_no_text_above_the_api_is_a_word_of_its_enums() -> None:
    known = words()
    assert {"RUNNING", "INTERRUPTABLE", "SECURE", "GPU", "CHARGE_POD", "STRIPE", "DAILY"} <= known
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}: {node.value!r}"
        for path in modules()
        for node in spoken(nodes(path), known)
    ]
    assert found == []


def test_what_is_looked_for_would_be_found() -> None:
    text = 'Column("gpu", "GPU", 3)\nrunning = pod.status == "RUNNING"\nword = f"{kind or \'CPU\'}"\nFact("GPU", "BID")'
    found = spoken(list(ast.walk(ast.parse(text))), words())
    assert sorted(str(node.value) for node in found) == [
        "BID",
        "CPU",
        "RUNNING",
    ]
