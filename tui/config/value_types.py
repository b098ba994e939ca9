"""Kinds of settings: what each takes, in words for a person, as JSON schema for an editor, and as a function."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from tui.api.http.endpoint import host_of, objection
from tui.api.secret import Secret

LONGEST_TOLD = 100
"""Characters of a refused value or an unknown name that are repeated."""


def shown(value: object) -> str:
    """A value as it may stand in the file, cut where it is too long to be told."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return short(f"{value:g}" if isinstance(value, float) else repr(value))
    except ValueError:
        # Python writes no number of thousands of digits.
        return "…"


def short(text: str) -> str:
    """A text as it may be repeated in one line."""
    return text if len(text) <= LONGEST_TOLD else f"{text[: LONGEST_TOLD - 1]}…"


def _unseen(value: object) -> str:
    return ""


def _host_alone(value: object) -> str:
    """Of a URL its scheme and host, for the rest may hold a key."""
    if not isinstance(value, str):
        return shown(value)
    return repr(f"{value.partition('://')[0]}://{host_of(value)}/…" if "://" in value else "…")


class Kind(Struct, frozen=True):
    """What a setting takes.

    accepted: in words that follow "it takes".
    schema:   the same as JSON schema.
    read:     a TOML value to the setting's; raises ValueError or TypeError.
    parse:    the text of a flag or a variable to a TOML value.
    tell:     what may be repeated of a refused value; empty where nothing may.
    example:  a value as it stands in the file, for a setting that has none by default.
    """

    accepted: str
    schema: Mapping[str, Any]
    read: Callable[[Any], Any]
    parse: Callable[[str], object] = str
    tell: Callable[[object], str] = shown
    example: str = ""


_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _word(text: str) -> object:
    return _WORDS.get(text.strip().lower(), text)


def _number_in(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def number(low: float, high: float, accepted: str) -> Kind:
    """A number from `low` to `high`."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError
        return float(value)

    return Kind(accepted, {"type": "number", "minimum": low, "maximum": high}, read, _number_in)


def text(accepted: str, pattern: str = r"(?=.*\S).+", *, example: str = "") -> Kind:
    """Text on one line that matches a pattern, whole."""

    def read(value: object) -> str:
        if not isinstance(value, str) or not value.isprintable() or re.fullmatch(pattern, value) is None:
            raise ValueError
        return value

    return Kind(accepted, {"type": "string", "pattern": f"^(?:{pattern})$"}, read, example=f'"{example}"')


def choice(*words: str) -> Kind:
    """One of a few words."""

    def read(value: object) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    return Kind(", ".join(words[:-1]) + f" or {words[-1]}", {"enum": list(words)}, read)


def texts(accepted: str, *, least: int = 0, example: str) -> Kind:
    """An array of strings, `least` or more of them."""

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) < least:
            raise TypeError
        if not all(isinstance(part, str) and part and "\0" not in part for part in value):
            raise ValueError
        return tuple(value)

    schema = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": least}
    return Kind(f"{accepted}, as in {example}", schema, read, example=example)


def _secret(value: object) -> Secret:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return Secret(value)


def _auto(value: object) -> object:
    return value if value == "auto" else _flag(value)


def _api_url(value: object) -> str:
    url = _web(value)
    if urlsplit(url).query or urlsplit(url).fragment:
        raise ValueError
    return url


def _web(value: object) -> str:
    if not isinstance(value, str) or objection(value, with_key=True):
        raise ValueError
    return value


FLAG = Kind("true or false", {"type": "boolean"}, _flag, _word, example="true")
AUTO = Kind('"auto", true or false', {"enum": ["auto", True, False]}, _auto, _word)
SECONDS = number(2, 86_400, "seconds, from 2 to 86400")
MINUTES = number(0, 1440, "minutes, from 0 (never) to 1440")
API_URL = Kind(
    "an https URL without credentials or query; http on loopback only",
    {"type": "string", "format": "uri", "pattern": "^https?://[^?#@]+$"}, _api_url, tell=_host_alone,
    example='"https://api.runpod.io/graphql"',
)  # fmt: skip
WEBHOOK = Kind(
    # A webhook's address is a secret in itself.
    "an https URL; http on loopback only", {"type": "string", "format": "uri"}, _web, tell=_unseen,
    example='"https://hooks.example.com/..."',
)  # fmt: skip
SECRET = Kind("a RunPod API key", {"type": "string", "pattern": r"\S"}, _secret, tell=_unseen, example='"rpa_..."')
VARIABLE = text("the name of an environment variable", "[A-Za-z_][A-Za-z0-9_]*", example="WORK_API_KEY")
KEY_FILE = text("the path of a file that holds a RunPod API key", example="~/.config/podtop/key")
PRIVATE_KEY = text("the path of a file", example="~/.ssh/id_ed25519")
FILE = text("the path of a file", example="~/.config/podtop/hook-token")
USER = text("the name of a user", "[A-Za-z_][A-Za-z0-9_.-]*", example="root")
HOST = text("the name of a host", "[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", example="ssh.runpod.io")
THEME = text("the name of a theme, such as podtop-dark or podtop-light", example="podtop-light")
NAME = text(
    "the name of a profile: letters, digits, - and _, at most 24", "[A-Za-z0-9][A-Za-z0-9_-]{0,23}", example="work"
)
ARGUMENTS = texts("an array of arguments", example='["-o", "StrictHostKeyChecking=accept-new"]')
COMMAND = texts("a list of a program and its arguments", least=1, example='["notify-send", "{title}", "{text}"]')
KEYS = text('a key, or keys with commas between them, as in "f9" or "j,down"', example="f9")
LEVEL = choice("debug", "info", "warning", "error")
COLOR = choice("accent", "good", "warn", "bad", "muted")
