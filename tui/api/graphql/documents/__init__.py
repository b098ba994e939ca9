"""The GraphQL documents, one file for each operation and named after it.

A mutation requests few fields: one that fails after the operation would make its response look like a refusal.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Document(NamedTuple):
    """An operation ready to send, without comment lines and needless white space. `mutation`: it changes something."""

    name: str
    text: str
    mutation: bool


@cache
def document(name: str) -> Document:
    """The document of that name, such as "fleet" or "stop"."""
    lines = files(__name__).joinpath(f"{name}.graphql").read_text("utf-8").splitlines()
    text = " ".join(" ".join(line.split()) for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return Document(name, text, text.startswith("mutation"))
