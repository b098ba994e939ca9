"""The deploy draft being edited, saved across Esc and a crash. Values of variables and keys are not saved."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from tui.domain.deploy_draft import Draft
from tui.domain.deploy_fields import BY_NAME, Kind
from tui.domain.deploy_text import VARIABLE
from tui.files import atomic, reading


class DraftError(Exception):
    """The draft cannot be saved or read. `str()` says why, for users."""


class _Kept(Struct, frozen=True):
    """The content of the file: only the names of variables and keys."""

    values: dict[str, str]
    env: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


def save(path: Path, draft: Draft) -> None:
    """Replace the saved draft, atomically. Raises DraftError."""
    # Anything that is not a variable name may be a secret in the wrong place.
    names = tuple(name for name, _ in draft.env if VARIABLE.fullmatch(name))
    try:
        content = msgspec.json.encode(_Kept(dict(draft.values), names, tuple(draft.secrets)))
        atomic.write(path, content)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it contains invalid text"
        raise DraftError(f"cannot save the draft to {path}: {why or error}") from None


def load(path: Path) -> Draft | None:
    """The saved draft; None if there is none. Raises DraftError if it cannot be read."""
    try:
        saved = msgspec.json.decode(reading.own(path), type=_Kept)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DraftError(f"cannot read the draft in {path} ({error}); the form starts over") from None
    values = {name: text for name, text in saved.values.items() if name in BY_NAME and not _is_secret(name)}
    secrets = {name: None for name in saved.hidden if _is_secret(name)}
    return Draft(values, tuple((name, None) for name in saved.env), secrets)


def _is_secret(name: str) -> bool:
    return name in BY_NAME and BY_NAME[name].kind is Kind.HIDDEN


def drop(path: Path) -> None:
    """Delete the draft: it was deployed."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DraftError(f"cannot remove {path}: {error.strerror or error}") from None
