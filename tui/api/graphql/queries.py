"""The documents podtop sends, one file per operation in `documents/`, named like the operation."""

from __future__ import annotations

import re
from functools import cache

_COMMENT = re.compile(r"#.*")


@cache
def document(name: str) -> str:
    """The text of one document, without comments and needless white space. No document holds a string literal."""
    from importlib.resources import files

    text = files("tui.api.graphql").joinpath("documents", f"{name}.graphql").read_text("utf-8")
    return " ".join(_COMMENT.sub("", text).split())
