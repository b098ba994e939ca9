"""`podtop --complete KIND`: words for a shell's completion, from what podtop recorded last and from its settings.

It runs at each press of tab: it sends no request, imports next to nothing, and has no words where anything fails.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from tui.commands.stdio import write
from tui.files import paths, reading

FLAG = "--complete"
"""For the scripts of `podtop completions`; no help lists it."""

MOST = 500
"""Maximum number of words."""

_SAFE = re.compile(r"[^\W_][\w .+/-]{0,190}")
"""Words that every shell completes and quotes; a pod whose name is none of them is completed by its id."""

_PODS = "SELECT pod.pod, state.data, max(state.at) FROM state JOIN pod ON pod.id = state.pod GROUP BY state.pod"
_GPUS = "SELECT gpu, data, id FROM offer"


def show(kinds: Sequence[str]) -> int:
    """Print the words of a kind, one per line; returns the exit code."""
    try:
        safe = [word for kind in kinds[:1] for word in WORDS[kind]() if _SAFE.fullmatch(word)]
    except Exception:
        # A completion has nobody to report to: whatever cannot be read completes nothing.
        return 0
    write("".join(f"{word}\n" for word in islice(dict.fromkeys(safe), MOST)))
    return 0


def _pods() -> Iterator[str]:
    """Ids, and names that only one pod has."""
    names = dict(_rows(_PODS))
    several = Counter(names.values())
    yield from (name for name in names.values() if several[name] == 1 and name not in names)
    yield from names


def _gpus() -> Iterator[str]:
    for id, name in _rows(_GPUS):
        yield name or id


def _profiles() -> Iterator[str]:
    import tomllib

    # A pipe or a device never ends.
    yield from tomllib.loads(reading.read(paths.config_file()).text).get("profiles", {})


def _rows(query: str) -> list[tuple[str, str]]:
    """Ids with their names in the newest recording that has any."""
    from tui.history.archive.schema import connect

    for path in sorted((paths.state_dir() / "archive").glob("*.sqlite"), key=_written, reverse=True):
        with closing(connect(path, write=False)) as db:
            rows = [(str(id), json.loads(data)) for id, data, _ in islice(db.execute(query), MOST) if data is not None]
        if rows:
            return [(id, str(data.get("name") or "")) for id, data in rows]
    return []


def _written(path: Path) -> float:
    """When a recording was last written, in itself or in its write-ahead log."""
    log = path.with_name(f"{path.name}-wal")
    return max(part.stat().st_mtime for part in (path, log) if part.exists())


WORDS: dict[str, Callable[[], Iterator[str]]] = {"pods": _pods, "gpus": _gpus, "profiles": _profiles}
"""The kinds of words."""
