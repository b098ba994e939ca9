"""Settings in force: defaults, then the file, then the environment, then its profile, then flags; checked, and frozen.

What there is to set stands in `tui.settings.tables`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from tui import paths
from tui.api.secret import Secret, remember
from tui.settings.tables import API_URL, Settings

__all__ = ["API_URL", "Config", "ConfigError", "Key", "check_key", "find_key", "load"]


TOLD = 5
"""Warnings of the file that are told at a start."""


class ConfigError(Exception):
    """A setting that cannot be used. `str()` says where it stands, what it is, and what is accepted."""


class Key(Struct, frozen=True):
    """An API key and where it was found."""

    secret: Secret
    origin: str


class Config(Settings, frozen=True):
    """What podtop was told, with its profile in it; settings that say where a key is have become the key.

    key:      the API key, None when there is none.
    color:    that of the profile's badge.
    warnings: sentences about settings that were ignored or are unwise.
    """

    key: Key | None = None
    color: str = "accent"
    warnings: tuple[str, ...] = ()


def check_key(text: str, origin: str) -> Key:
    """A key fit for a header: printable ASCII without spaces. Raises ConfigError, which does not tell the key."""
    secret = text.strip()
    if not secret:
        raise ConfigError(f"{origin}: there is no API key in it")
    if not all("!" <= ch <= "~" for ch in secret):
        raise ConfigError(f"{origin}: this is not an API key: it has spaces or characters that are not printable ASCII")
    return Key(Secret(secret), origin)


def _key_file(name: str, origin: str) -> Key:
    path = paths.expanded(name)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise ConfigError(f"{origin}: {path} cannot be read: {reason}") from None
    return check_key(text, str(path))


def _runpod_key(path: Path) -> Key | None:
    """The key that RunPod's own tools keep: `apikey` or `api_key`, at the top or in a profile's table."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    import tomllib

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    for scope in (table, *(v for v in table.values() if isinstance(v, dict))):
        for name in ("apikey", "api_key", "apiKey"):
            value = scope.get(name)
            if isinstance(value, str) and value.strip():
                return check_key(value, str(path))
    return None


def _told_key(values: Mapping[str, Any], environ: Mapping[str, str], origin: str, table: str) -> Key | None:
    """The key that a table of the settings tells of. `table`: "", or the table's name with a dot."""
    if (secret := values.get("api_key")) is not None:
        return check_key(secret.reveal(), origin)
    if (file := values.get("api_key_file")) is not None:
        return _key_file(file, f"{table}api_key_file")
    if (variable := values.get("api_key_env")) is not None:
        if not environ.get(variable, "").strip():
            raise ConfigError(f"{table}api_key_env: the environment has no {variable}")
        return check_key(environ[variable], variable)
    return None


def find_key(
    flag: str | None,
    environ: Mapping[str, str],
    values: Mapping[str, Any],
    file: Path,
    runpod_file: Path,
    profile: str = "",
    own: Mapping[str, Any] | None = None,
) -> Key | None:
    """The first key there is: --api-key-file, the profile's own, RUNPOD_API_KEY, podtop's settings, RunPod's own file.

    A profile is an account by name: a key of another that lies in the environment does not take its place.
    """
    if flag is not None:
        return _key_file(flag, "--api-key-file")
    if own and (found := _told_key(own, environ, f"{file}, profile {profile}", f"profiles.{profile}.")):
        return found
    if environ.get("RUNPOD_API_KEY", "").strip():
        return check_key(environ["RUNPOD_API_KEY"], "RUNPOD_API_KEY")
    return _told_key(values, environ, str(file), "") or _runpod_key(runpod_file)


def _given(name: str, text: object, called: str) -> Any:
    """A setting's value as a flag or a variable gives it. Raises ConfigError."""
    from tui.settings.fields import fields
    from tui.settings.reading import refusal

    field = fields(Settings)[name]
    value = field.kind.parse(text) if isinstance(text, str) else text
    try:
        return field.kind.read(value)
    except (ValueError, TypeError):
        raise ConfigError(refusal(called, field, text)) from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    names = {f"PODTOP_{name.upper()}": name for name in Settings.__struct_fields__}
    here = [variable for variable in names if environ.get(variable, "") != ""]
    if not here:
        return {}
    from tui.settings.fields import fields

    told = {field.variable: field.name for field in fields(Settings).values() if field.variable}
    return {told[name]: _given(told[name], environ[name], f"environment: {name}") for name in here if name in told}


def load(flags: Mapping[str, Any], *, file: Path, runpod_file: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """The settings in force. `flags` maps setting names to values given on the command line, None where not given.

    A flag beats the chosen profile, which beats the environment, which beats the top of the file; but read-only in any
    of flag, profile and environment is read-only.

    Raises ConfigError for a setting that cannot be used; unknown keys of the file become warnings.
    """
    values: dict[str, Any] = {}
    profiles: Mapping[str, Mapping[str, Any]] = {}
    warnings: tuple[str, ...] = ()
    if os.path.lexists(file):
        from tui.settings.reading import read

        told = read(file)
        if told.errors:
            more = f" (and {len(told.errors) - 1} more: podtop config --check)" if len(told.errors) > 1 else ""
            raise ConfigError(f"{told.errors[0]}{more}")
        values.update(told.values)
        profiles = told.profiles
        warnings = tuple(str(problem) for problem in told.warnings[:TOLD])
        if len(told.warnings) > TOLD:
            warnings += (f"{file}: {len(told.warnings) - TOLD} more warnings: podtop config --check",)
    around = _from_environment(environ)
    if "api_key_file" in around:
        values = {name: value for name, value in values.items() if not name.startswith("api_key")}
    values |= around
    given = {
        name: _given(name, value, f"--{name.replace('_', '-')}")
        for name, value in flags.items()
        if value is not None and name != "api_key_file"
    }
    chosen = given.get("profile") or values.get("profile")
    own: Mapping[str, Any] = {}
    if chosen is not None:
        if chosen not in profiles:
            from tui.settings.reading import unknown_profile

            by = "--profile: " if "profile" in given else "environment: PODTOP_PROFILE: "
            raise ConfigError(f"{by}{unknown_profile(chosen, profiles)}")
        own = profiles[chosen]
    values |= {name: value for name, value in own.items() if not name.startswith("api_key")}
    values["read_only"] = values.get("read_only", False) or around.get("read_only", False)
    values |= given
    key = find_key(flags.get("api_key_file"), environ, values, file, runpod_file, chosen or "", own)
    _remember(key, environ, values, profiles)
    values = {name: value for name, value in values.items() if not name.startswith("api_key")}
    return Config(key=key, warnings=warnings, **values)


_NAMES_A_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_SHORTEST = 6


def _remember(
    key: Key | None, environ: Mapping[str, str], values: Mapping[str, Any], profiles: Mapping[str, Mapping[str, Any]]
) -> None:
    """Know all secrets within reach, also those that are not used, so that none is ever written."""
    told = [environ[name] for name in environ if name.upper().endswith(_NAMES_A_SECRET)]
    if (notify := values.get("notify")) is not None:
        told.append(notify.webhook)
    remember(*(Secret(text.strip()) for text in told if len(text.strip()) >= _SHORTEST))
    remember(*(table["api_key"] for table in (values, *profiles.values()) if table.get("api_key") is not None))
    if key is not None:
        remember(key.secret)
