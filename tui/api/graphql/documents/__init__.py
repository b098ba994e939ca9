"""The GraphQL documents, one file for each operation."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Document(NamedTuple):
    """An operation ready to send: its text without comments and indentation, and whether it changes anything."""

    name: str
    text: str
    mutation: bool


@cache
def document(name: str) -> Document:
    """The document of that name, such as "fleet" or "pod_stop"."""
    lines = files(__name__).joinpath(f"{name}.graphql").read_text("utf-8").splitlines()
    text = " ".join(" ".join(line.split()) for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return Document(name, text, text.startswith("mutation"))
