"""The deploy that was being typed, kept across Esc and a crash. Values of variables and keys are not kept."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from tui.domain.deploy_draft import Draft
from tui.domain.deploy_fields import BY_NAME, Kind
from tui.domain.deploy_text import VARIABLE
from tui.files import atomic
from tui.files.reading import unmarked


class DraftError(Exception):
    """The draft cannot be kept or read. `str()` says why, for people."""


class _Kept(Struct, frozen=True):
    """What stands in the file: of variables and keys their names alone."""

    values: dict[str, str]
    env: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


def save(path: Path, draft: Draft) -> None:
    """Put a draft in place of the one that was kept, whole or not at all. Raises DraftError."""
    # What is no name of a variable may be a secret that got into the wrong place.
    names = tuple(name for name, _ in draft.env if VARIABLE.fullmatch(name))
    try:
        content = msgspec.json.encode(_Kept(dict(draft.values), names, tuple(draft.secrets)))
        atomic.write(path, content)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds what is not text"
        raise DraftError(f"the draft cannot be kept in {path}: {why or error}") from None


def load(path: Path) -> Draft | None:
    """The draft that was kept; None where there is none. Raises DraftError for one that cannot be read."""
    try:
        saved = msgspec.json.decode(unmarked(path.read_bytes()), type=_Kept)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DraftError(f"the draft in {path} cannot be read ({error}): the form begins anew") from None
    values = {name: text for name, text in saved.values.items() if name in BY_NAME and not _is_secret(name)}
    secrets = {name: None for name in saved.hidden if _is_secret(name)}
    return Draft(values, tuple((name, None) for name in saved.env), secrets)


def _is_secret(name: str) -> bool:
    return name in BY_NAME and BY_NAME[name].kind is Kind.HIDDEN


def drop(path: Path) -> None:
    """Forget the draft: it was ordered."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DraftError(f"{path} cannot be removed: {error.strerror or error}") from None
