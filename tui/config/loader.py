"""Settings in force: defaults, then the file, then the environment, then its profile, then flags; checked, and frozen.

The settings are declared in `tui.config.settings`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from tui import paths
from tui.api.secret import Secret, looks_like_a_key, mask, remember
from tui.config.settings import API_URL, Settings
from tui.files import reading

__all__ = ["API_URL", "Config", "ConfigError", "Key", "check_key", "find_key", "load"]


TOLD = 5
"""Warnings about the file that are reported at the start."""


class ConfigError(Exception):
    """A setting that cannot be used. `str()` gives its place, its value, and what is accepted; never a key."""

    def __init__(self, reason: str) -> None:
        super().__init__(mask(reason))


class Unusable(ConfigError):
    """RunPod's own file exists and gives no key: no fault of podtop's settings, unless a key is needed."""


class Key(Struct, frozen=True):
    """An API key and where it was found. `caution`: why it is not kept well there; empty if it is."""

    secret: Secret
    origin: str
    caution: str = ""


class Hidden(Struct, frozen=True):
    """What no other program may receive: variables that hold keys, and secrets by their value."""

    names: frozenset[str] = frozenset(("RUNPOD_API_KEY",))
    secrets: tuple[Secret, ...] = ()


NOTHING = Hidden()
"""Hides what is hidden in any case."""


class Config(Settings, frozen=True):
    """The settings in force, with the profile applied; settings that locate a key have become the key.

    key:      the API key, None if there is none.
    no_key:   why RunPod's own file gave none although it exists; empty otherwise.
    color:    that of the profile's badge.
    warnings: sentences about settings that were ignored or are unwise.
    hidden:   what programs that podtop starts must not receive.
    """

    key: Key | None = None
    no_key: str = ""
    color: str = "accent"
    warnings: tuple[str, ...] = ()
    hidden: Hidden = NOTHING


_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*([^=\s].*)")
_QUOTED = re.compile(r"""(?P<quote>["'])(.*?)(?P=quote)(?:\s*[;#].*)?""")


def _bare(text: str) -> str:
    """A value without the quotes and the trailing comment that a shell or TOML would remove."""
    text = text.strip().lstrip("\ufeff").strip()
    if quoted := _QUOTED.fullmatch(text):
        return quoted[2].strip()
    return re.split(r"\s+#|;\s*$", text, maxsplit=1)[0].strip()


def check_key(text: str, origin: str, caution: str = "") -> Key:
    """A key fit for a header: printable ASCII without spaces; quotes around it are no part of it.

    Raises ConfigError, which does not contain the key.
    """
    secret = _bare(text)
    if not secret:
        raise ConfigError(f"{origin}: there is no API key in it")
    if not all("!" <= ch <= "~" for ch in secret):
        raise ConfigError(f"{origin}: this is not an API key: it has spaces or characters that are not printable ASCII")
    if "'" in secret or '"' in secret:
        raise ConfigError(f"{origin}: this is not an API key: it has a quote in it")
    return Key(Secret(secret), origin, caution)


def key_text(text: str) -> str:
    """The key in a key file: its one line, or that of an assignment as shells and TOML have it.

    Comments, blank lines and the names of tables are skipped. Raises ValueError if several lines could be it.
    """
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#") and not re.fullmatch(r"\[[^\]]*\]", line)]
    assignments = [match.groups() for line in lines if (match := _ASSIGNMENT.fullmatch(line))]
    if named := [value for name, value in assignments if name.upper() in _KEY_NAMES]:
        return named[0]
    if len(lines) > 1:
        raise ValueError
    return assignments[0][1] if assignments else "".join(lines)


_KEY_NAMES = ("RUNPOD_API_KEY", "APIKEY", "API_KEY")


def _key_file(name: str, origin: str) -> Key:
    path = paths.expanded(name)
    try:
        content = reading.read(path)
    except reading.FileTrouble as error:
        hint = ""
        if looks_like_a_key(name):
            hint = ". This looks like a key itself: what is wanted is the name of a file that holds one"
        raise ConfigError(f"{origin}: {path} {error}{hint}") from None
    try:
        text = key_text(content.text)
    except ValueError:
        raise ConfigError(
            f"{origin}: {path} has several lines, and none sets RUNPOD_API_KEY: leave the key alone in it"
        ) from None
    return check_key(text, str(path), reading.exposure(path, content.stat))


def _runpod_key(path: Path) -> Key | None:
    """The key that RunPod's own tools keep: `apikey` or `api_key`, at the top or in a profile's table.

    None if there is no such file. Raises ConfigError if it holds none, or cannot be read.
    """
    try:
        content = reading.read(path)
    except reading.FileTrouble as error:
        if error.missing:
            return None
        raise ConfigError(f"{path} {error}") from None
    import tomllib

    try:
        table = tomllib.loads(content.text)
    except RecursionError:
        raise ConfigError(f"{path}: it is nested too deeply") from None
    except ValueError as error:
        # Its message gives the place, and nothing of what is there.
        place = re.search(r"\(at [^)]*\)", str(error))
        where = f" {place[0]}" if place else ""
        raise ConfigError(f'{path}: it is not TOML{where}; it should say apikey = "rpa_..."') from None
    for scope in (table, *(v for v in table.values() if isinstance(v, dict))):
        for name in ("apikey", "api_key", "apiKey"):
            value = scope.get(name)
            if isinstance(value, str) and value.strip():
                return check_key(value, str(path), reading.exposure(path, content.stat))
    raise ConfigError(f"{path}: there is no apikey in it")


def _told_key(values: Mapping[str, Any], environ: Mapping[str, str], origin: str, table: str) -> Key | None:
    """The key that a table of the settings locates. `table`: "", or the table's name with a dot."""
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
    """The first key found: --api-key-file, the profile's own, RUNPOD_API_KEY, podtop's settings, RunPod's own file.

    A profile is an account by name: another account's key in the environment does not take its place.
    Raises ConfigError; `Unusable` if only RunPod's own file is not as it should be.
    """
    if flag is not None:
        return _key_file(flag, "--api-key-file")
    if own and (key := _told_key(own, environ, f"{file}, profile {profile}", f"profiles.{profile}.")):
        return key
    if environ.get("RUNPOD_API_KEY", "").strip():
        return check_key(environ["RUNPOD_API_KEY"], "RUNPOD_API_KEY")
    if key := _told_key(values, environ, str(file), ""):
        return key
    try:
        return _runpod_key(runpod_file)
    except ConfigError as error:
        raise Unusable(str(error)) from None


def _hidden(tables: Sequence[Mapping[str, Any]], environ: Mapping[str, str], key: Key | None) -> Hidden:
    """What other programs must not receive: of every profile, in force or not."""
    names = NOTHING.names | {table["api_key_env"] for table in tables if table.get("api_key_env")}
    return Hidden(names, tuple(dict.fromkeys(_secrets(tables, names, environ, key))))


def _secrets(
    tables: Iterable[Mapping[str, Any]], names: Iterable[str], environ: Mapping[str, str], key: Key | None
) -> Iterator[Secret]:
    if key is not None:
        yield key.secret
    for name in names:
        if value := _bare(environ.get(name, "")):
            yield Secret(value)
    for table in tables:
        if (secret := table.get("api_key")) is not None:
            yield Secret(_bare(secret.reveal()))
        if (notify := table.get("notify")) is not None:
            if notify.webhook:
                yield Secret(notify.webhook)
            if notify.webhook_token_file:
                # If it cannot be read, that is reported where it is needed.
                with suppress(reading.FileTrouble):
                    yield Secret(token(notify.webhook_token_file))


def token(name: str) -> str:
    """The token in a file. Raises files.FileTrouble."""
    return _bare(reading.read(paths.expanded(name)).text)


def _given(name: str, text: object, called: str) -> Any:
    """A setting's value as given by a flag or a variable. Raises ConfigError."""
    from tui.config.fields import fields
    from tui.config.reader import refusal

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
    from tui.config.fields import fields

    by_variable = {field.variable: field.name for field in fields(Settings).values() if field.variable}
    return {
        by_variable[name]: _given(by_variable[name], environ[name], f"environment: {name}")
        for name in here
        if name in by_variable
    }


def load(
    flags: Mapping[str, Any],
    *,
    file: Path,
    runpod_file: Path,
    environ: Mapping[str, str] = os.environ,
    with_key: bool = True,
) -> Config:
    """The settings in force. `flags` maps setting names to values given on the command line, None where not given.

    A flag beats the chosen profile, which beats the environment, which beats the top of the file; but read-only in any
    of flag, profile and environment is read-only.

    with_key: False leaves the key out, so that nothing that is wrong with it hides the settings.
    Raises ConfigError for a setting that cannot be used; unknown keys of the file become warnings.
    """
    values: dict[str, Any] = {}
    profiles: Mapping[str, Mapping[str, Any]] = {}
    warnings: tuple[str, ...] = ()
    if os.path.lexists(file):
        from tui.config.reader import read

        reading_of_file = read(file)
        if reading_of_file.errors:
            rest = (
                f" (and {len(reading_of_file.errors) - 1} more: podtop config --check)"
                if len(reading_of_file.errors) > 1
                else ""
            )
            raise ConfigError(f"{reading_of_file.errors[0]}{rest}")
        values.update(reading_of_file.values)
        profiles = reading_of_file.profiles
        warnings = tuple(str(problem) for problem in reading_of_file.warnings[:TOLD])
        if len(reading_of_file.warnings) > TOLD:
            warnings += (f"{file}: {len(reading_of_file.warnings) - TOLD} more warnings: podtop config --check",)
    in_file = dict(values)
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
            from tui.config.reader import unknown_profile

            by = "--profile: " if "profile" in given else "environment: PODTOP_PROFILE: "
            raise ConfigError(f"{by}{unknown_profile(chosen, profiles)}")
        own = profiles[chosen]
    values |= {name: value for name, value in own.items() if not name.startswith("api_key")}
    values["read_only"] = values.get("read_only", False) or around.get("read_only", False)
    values |= given
    key, no_key = None, ""
    try:
        if with_key:
            key = find_key(flags.get("api_key_file"), environ, values, file, runpod_file, chosen or "", own)
    except Unusable as error:
        no_key = str(error)
    if key is not None and key.caution:
        warnings = (*warnings, mask(key.caution))
    hidden = _hidden((values, in_file, *profiles.values()), environ, key)
    _remember(hidden, environ)
    values = {name: value for name, value in values.items() if not name.startswith("api_key")}
    return Config(key=key, no_key=no_key, warnings=warnings, hidden=hidden, **values)


_NAMES_A_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_SHORTEST = 6


def _remember(hidden: Hidden, environ: Mapping[str, str]) -> None:
    """Remember all secrets within reach, also unused ones, so that none is ever written."""
    secrets = (environ[name].strip() for name in environ if name.upper().endswith(_NAMES_A_SECRET))
    remember(*hidden.secrets, *(Secret(text) for text in secrets if len(text) >= _SHORTEST))
