"""Settings: defaults, then the file, then the environment, then flags; checked, and frozen."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from tui.api.endpoint import host_of, objection
from tui.api.secret import Secret

if TYPE_CHECKING:
    from tui.hooks import HookSettings

API_URL = "https://api.runpod.io/graphql"
FASTEST = 2.0


class ConfigError(Exception):
    """A setting that cannot be used. `str()` says where it stands, what it is, and what is accepted."""


class Key(Struct, frozen=True):
    """An API key and where it was found."""

    secret: Secret
    origin: str


class Config(Struct, frozen=True):
    """What podtop was told.

    api_url:         where RunPod's GraphQL is; plain http only on loopback.
    key:             the API key, None when there is none.
    interval:        seconds between polls of pods and balance, at least 2.
    market_interval: seconds between polls of prices, at least 2.
    read_only:       never send a mutation.
    record:          keep what is seen in an archive.
    lock_after:      minutes without a key after which actions lock themselves; 0 never.
    theme:           name of a theme, None for podtop's own.
    notify:          how to call a person who looks elsewhere; None where nothing is configured.
    warnings:        sentences about settings that were ignored or are unwise.
    """

    api_url: str = API_URL
    key: Key | None = None
    interval: float = 5.0
    market_interval: float = 30.0
    read_only: bool = False
    record: bool = True
    lock_after: float = 10.0
    theme: str | None = None
    notify: HookSettings | None = None
    warnings: tuple[str, ...] = ()


def _seconds(value: object) -> float:
    if isinstance(value, bool):
        raise ValueError
    seconds = float(value)  # type: ignore[arg-type]
    if not FASTEST <= seconds <= 86_400:
        raise ValueError
    return seconds


def _minutes(value: object) -> float:
    if isinstance(value, bool):
        raise ValueError
    minutes = float(value)  # type: ignore[arg-type]
    if not 0 <= minutes <= 1440:
        raise ValueError
    return minutes


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return words[str(value).strip().lower()]


def _url(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    if objection(value, with_key=True) or urlsplit(value).query or urlsplit(value).fragment:
        raise ValueError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value


class _Setting(Struct, frozen=True):
    read: Callable[[object], Any]
    accepted: str
    variable: str | None


SETTINGS: Mapping[str, _Setting] = {
    "api_url": _Setting(_url, "an https URL without credentials or query; http on loopback only", "PODTOP_API_URL"),
    "interval": _Setting(_seconds, "seconds, from 2 to 86400", "PODTOP_INTERVAL"),
    "market_interval": _Setting(_seconds, "seconds, from 2 to 86400", "PODTOP_MARKET_INTERVAL"),
    "read_only": _Setting(_flag, "true or false", "PODTOP_READ_ONLY"),
    "record": _Setting(_flag, "true or false", "PODTOP_RECORD"),
    "lock_after": _Setting(_minutes, "minutes, from 0 (never) to 1440", "PODTOP_LOCK_AFTER"),
    "theme": _Setting(_text, "the name of a theme, such as podtop-dark or podtop-light", "PODTOP_THEME"),
    "api_key": _Setting(_text, "a RunPod API key", None),
    "api_key_file": _Setting(_text, "the path of a file that holds a RunPod API key", "PODTOP_API_KEY_FILE"),
}
_SECRET = ("api_key",)


def _without_secrets(name: str, value: object) -> object:
    """What may be repeated of a refused value: of a URL its scheme and host, for the rest may hold a key."""
    if name != "api_url" or not isinstance(value, str):
        return value
    return f"{value.partition('://')[0]}://{host_of(value)}/…" if "://" in value else "…"


def _read(name: str, value: object, where: str) -> Any:
    """The setting's value. `where`: what the error calls it, its place and its name."""
    setting = SETTINGS[name]
    try:
        return setting.read(value)
    except (ValueError, TypeError, KeyError):
        shown = "" if name in _SECRET else f" = {_without_secrets(name, value)!r}"
        raise ConfigError(f"{where}{shown} is not accepted; it takes {setting.accepted}") from None


def _line_of(text: str, key: str) -> int:
    """The line on which a top-level key stands, 1 when it cannot be told."""
    import re

    pattern = re.compile(rf"""^\s*["']?{re.escape(key)}["']?\s*=""")
    return next((n for n, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 1)


def _toml(path: Path) -> tuple[dict[str, Any], str]:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}, ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    import tomllib

    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None


def _notify(path: Path, text: str, table: object) -> HookSettings:
    """The `[notify]` table. Raises ConfigError with the line of what is not accepted."""
    import re

    from tui.hooks import read_settings

    try:
        return read_settings(table)
    except ValueError as error:
        named = re.match(r"notify\.(\w+)", str(error))
        line = _line_of(text, named[1] if named else "notify")
        raise ConfigError(f"{path}, line {line}: {error}") from None


def _from_file(path: Path) -> tuple[dict[str, Any], list[str]]:
    table, text = _toml(path)
    values: dict[str, Any] = {}
    warnings = []
    for name, value in table.items():
        where = f"{path}, line {_line_of(text, name)}"
        if name == "notify":
            values[name] = _notify(path, text, value)
            continue
        if name not in SETTINGS:
            import difflib

            near = difflib.get_close_matches(name, SETTINGS, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            warnings.append(f"{where}: podtop knows no setting {name!r}{hint}")
            continue
        values[name] = _read(name, value, f"{where}: {name}")
    if "api_key" in values and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        warnings.append(f"{path} holds an API key and others can read it: chmod 600 {path}")
    return values, warnings


def check_key(text: str, origin: str) -> Key:
    """A key fit for a header: printable ASCII without spaces. Raises ConfigError, which does not tell the key."""
    secret = text.strip()
    if not secret:
        raise ConfigError(f"{origin}: there is no API key in it")
    if not all("!" <= ch <= "~" for ch in secret):
        raise ConfigError(f"{origin}: this is not an API key: it has spaces or characters that are not printable ASCII")
    return Key(Secret(secret), origin)


def _key_file(name: str, origin: str) -> Key:
    path = Path(name).expanduser()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise ConfigError(f"{origin}: {path} cannot be read: {reason}") from None
    return check_key(text, str(path))


def _runpod_key(path: Path) -> Key | None:
    """The key that RunPod's own tools keep: `apikey` or `api_key`, at the top or in a profile's table."""
    try:
        table, _ = _toml(path)
    except ConfigError:
        return None
    for scope in (table, *(v for v in table.values() if isinstance(v, dict))):
        for name in ("apikey", "api_key", "apiKey"):
            value = scope.get(name)
            if isinstance(value, str) and value.strip():
                return check_key(value, str(path))
    return None


def find_key(
    flag: str | None, environ: Mapping[str, str], values: Mapping[str, Any], file: Path, runpod_file: Path
) -> Key | None:
    """The first key there is: --api-key-file, RUNPOD_API_KEY, podtop's settings, RunPod's own file."""
    if flag is not None:
        return _key_file(flag, "--api-key-file")
    if environ.get("RUNPOD_API_KEY", "").strip():
        return check_key(environ["RUNPOD_API_KEY"], "RUNPOD_API_KEY")
    if "api_key" in values:
        return check_key(values["api_key"], str(file))
    if "api_key_file" in values:
        return _key_file(values["api_key_file"], "api_key_file")
    return _runpod_key(runpod_file)


def load(flags: Mapping[str, Any], *, file: Path, runpod_file: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """The settings in force. `flags` maps setting names to values given on the command line, None where not given.

    Raises ConfigError for the first setting that cannot be used; unknown keys of the file become warnings.
    """
    values, warnings = _from_file(file)
    for name, setting in SETTINGS.items():
        if setting.variable and environ.get(setting.variable, "") != "":
            values[name] = _read(name, environ[setting.variable], f"environment: {setting.variable}")
    for name, value in flags.items():
        if value is not None and name != "api_key_file":
            values[name] = _read(name, value, f"--{name.replace('_', '-')}")
    key = find_key(flags.get("api_key_file"), environ, values, file, runpod_file)
    values = {name: value for name, value in values.items() if not name.startswith("api_key")}
    return Config(key=key, warnings=tuple(warnings), **values)
