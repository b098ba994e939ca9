"""The deploy that was being typed, kept across Esc and a crash. Values of variables and keys are not kept."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.store.draft import Draft
from tui.store.fields import BY_NAME


class DraftError(Exception):
    """The draft cannot be kept or read. `str()` says why, for people."""


class _Kept(Struct, frozen=True):
    """What stands in the file: of variables their names alone."""

    values: dict[str, str]
    env: tuple[str, ...] = ()


def save(path: Path, draft: Draft) -> None:
    """Put a draft in place of the one that was kept, whole or not at all. Raises DraftError."""
    kept = _Kept(dict(draft.values), tuple(name for name, _ in draft.env if name))
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, msgspec.json.encode(kept))
            os.fsync(file)
        finally:
            os.close(file)
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise DraftError(f"the draft cannot be kept in {path}: {error.strerror or error}") from None


def load(path: Path) -> Draft | None:
    """The draft that was kept; None where there is none. Raises DraftError for one that cannot be read."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DraftError(f"the draft in {path} cannot be read ({error}): the form begins anew") from None
    values = {name: text for name, text in kept.values.items() if name in BY_NAME}
    return Draft(values, tuple((name, None) for name in kept.env))


def drop(path: Path) -> None:
    """Forget the draft: it was ordered."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DraftError(f"{path} cannot be removed: {error.strerror or error}") from None
