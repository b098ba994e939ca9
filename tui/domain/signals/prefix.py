"""What others write before a line of a program: its rank or its host, and the time."""

from __future__ import annotations

import re

_PREFIX = re.compile(
    r"(?:(?:"
    r"\[(?:rank|default|trainer|worker)?[ ]?\d{1,6}(?:,\d{1,6})?\](?:<std\w{3}>)?:?|"
    r"\(\w{1,60} pid=\d{1,9}(?:, ip=[\da-f.:]{1,45})?\)|\d{1,6}:(?= )|[\w.]{1,40}-\d{1,6}[ ]{0,20}[|:](?=[ ])|"
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?(?=[ ])"
    r")[ ]?){1,4}"
)
"""Of torchrun, mpirun, srun, ray and compose, and the time that Docker writes."""


def without_prefix(text: str) -> str:
    """A line as its program wrote it."""
    prefix = _PREFIX.match(text)
    return text if prefix is None else text[prefix.end() :]


def is_of_wandb(text: str) -> bool:
    """Whether wandb wrote a line: what it sums up once a program is over, or has crashed, is no progress of a run."""
    return "wandb:" in text and without_prefix(text).startswith("wandb:")
