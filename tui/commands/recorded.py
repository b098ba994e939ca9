"""`podtop --complete KIND [WORDS]`: words for a shell's completion, from what podtop recorded last and its settings.

`WORDS` is the command line as far as it is typed: pods are those of the profile that is chosen there.

It runs at each press of tab: it sends no request, imports next to nothing, and has no words where anything fails.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from tui.api.addresses import RUNPOD, file_name, profile_name
from tui.commands.stdio import write
from tui.files import paths, presence, reading

FLAG = "--complete"
"""For the scripts of `podtop completions`; no help lists it."""

MOST = 500
"""Maximum number of words."""

_SAFE = re.compile(r"[^\W_][\w .+/-]{0,190}")
"""Words that every shell completes and quotes; a pod whose name is none of them is completed by its id."""

_PODS = "SELECT pod.pod, state.data, max(state.at) FROM state JOIN pod ON pod.id = state.pod GROUP BY state.pod"
_GPUS = "SELECT gpu, data, id FROM offer"


def show(arguments: Sequence[str]) -> int:
    """Print the words of a kind, one per line; returns the exit code. `arguments`: the kind, and what is typed."""
    kinds, typed = arguments[:1], arguments[1:]
    try:
        if file := _typed("--config", typed):
            os.environ[paths.CONFIG_VARIABLE] = file
        safe = [word for kind in kinds for word in WORDS[kind](typed) if _SAFE.fullmatch(word)]
    except Exception:
        # A completion has nobody to report to: whatever cannot be read completes nothing.
        return 0
    write("".join(f"{word}\n" for word in islice(dict.fromkeys(safe), MOST)))
    return 0


def _pods(typed: Sequence[str]) -> Iterator[str]:
    """Ids, and names that only one pod has."""
    names = dict(_rows(_PODS, _recordings(typed)))
    several = Counter(names.values())
    yield from (name for name in names.values() if several[name] == 1 and name not in names)
    yield from names


def _gpus(typed: Sequence[str]) -> Iterator[str]:
    # The market is the same for all accounts.
    for id, name in _rows(_GPUS, _newest_first()):
        yield name or id


def _profiles(typed: Sequence[str]) -> Iterator[str]:
    yield from _settings().get("profiles", {})


def _settings() -> dict[str, Any]:
    import tomllib

    # A pipe or a device never ends.
    return tomllib.loads(reading.read(paths.config_file()).text)


def _typed(flag: str, typed: Sequence[str]) -> str:
    """The value of a flag that was given last. bash takes the `=` of a flag for a word."""
    value = ""
    for n, word in enumerate(typed):
        if word == flag:
            value = next((after for after in typed[n + 1 : n + 3] if after != "="), "")
        elif word.startswith(f"{flag}="):
            value = word.partition("=")[2]
    return value.strip("\"'")


def _recordings(typed: Sequence[str]) -> Iterable[Path]:
    """The recording of the chosen profile's account; of all, the newest first, if none is chosen and none is known."""
    try:
        settings = _settings()
    except Exception:
        # Its trouble is told when the command runs; a file that is not there is none.
        settings = {}
    chosen = _typed("--profile", typed) or os.environ.get("PODTOP_PROFILE") or settings.get("profile") or ""
    own = settings.get("profiles", {}).get(chosen, {})
    url = _typed("--api-url", typed) or os.environ.get("PODTOP_API_URL")
    url = url or own.get("api_url") or settings.get("api_url") or RUNPOD
    path = _of_account(url, chosen, {name for name in own if name.startswith("api_key")})
    if path is not None:
        return (path,)
    # Pods of another account are no words for this one.
    return () if chosen else _newest_first()


def _of_account(url: str, profile: str, keys: Collection[str]) -> Path | None:
    """The recording of the account that was used last in a profile, or with the key that overrides the profile's."""
    stronger = next((name for name in ("RUNPOD_API_KEY", "PODTOP_API_KEY_FILE") if os.environ.get(name)), "")
    file = paths.state_dir() / "accounts.json"
    known = json.loads(reading.read(file).text) if presence.is_there(file) else {}
    for name in ((stronger,) if stronger and keys else ()) + (profile,):
        if (account := known.get(profile_name(url, name))) is not None:
            path = paths.state_dir() / "archive" / f"{file_name(url, account['id'])}.sqlite"
            return path if presence.is_file(path) else None
    return None


def _rows(query: str, recordings: Iterable[Path]) -> list[tuple[str, str]]:
    """Ids with their names in the first recording that has any."""
    from tui.history.archive.schema import connect

    for path in recordings:
        with closing(connect(path, write=False)) as db:
            rows = [(str(id), json.loads(data)) for id, data, _ in islice(db.execute(query), MOST) if data is not None]
        if rows:
            return [(id, str(data.get("name") or "")) for id, data in rows]
    return []


def _newest_first() -> list[Path]:
    return sorted((paths.state_dir() / "archive").glob("*.sqlite"), key=_written, reverse=True)


def _written(path: Path) -> float:
    """When a recording was last written, in itself or in its write-ahead log."""
    log = path.with_name(f"{path.name}-wal")
    return max((part.stat().st_mtime for part in (path, log) if presence.is_there(part)), default=0.0)


WORDS: dict[str, Callable[[Sequence[str]], Iterator[str]]] = {"pods": _pods, "gpus": _gpus, "profiles": _profiles}
"""The kinds of words."""
