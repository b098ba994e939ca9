"""The API key: where it may be, which one is used, and what no other program may receive."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from tui.api.secret import Secret, looks_like_a_key, mask
from tui.config.settings import SECRET_FILES
from tui.files import paths


class ConfigError(Exception):
    """Settings that cannot be used. `str()` gives for each its place, its value, and what is expected; never a key."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(mask("\n".join(reasons)))


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
        raise ConfigError(f"{origin}: contains no API key")
    if not all("!" <= ch <= "~" for ch in secret):
        raise ConfigError(f"{origin}: not an API key, as it contains spaces or characters other than printable ASCII")
    if "'" in secret or '"' in secret:
        raise ConfigError(f"{origin}: not an API key, as it contains a quote")
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
    # Here and below: most starts have their key in the environment, and read no file before the first frame.
    from tui.files import reading

    path = paths.expanded(name)
    try:
        content = reading.read(path)
    except reading.FileTrouble as error:
        hint = ""
        if looks_like_a_key(name):
            hint = ". This looks like a key; expected the path of a file that contains one"
        raise ConfigError(f"{origin}: {path} {error}{hint}") from None
    try:
        text = key_text(content.text)
    except ValueError:
        raise ConfigError(
            f"{origin}: {path} has several lines and none sets RUNPOD_API_KEY; keep only the key in it"
        ) from None
    return check_key(text, str(path), reading.exposure(path, content.stat))


def _runpod_key(path: Path) -> Key | None:
    """The key that RunPod's own tools keep: `apikey` or `api_key`, at the top or in a profile's table.

    None if there is no such file. Raises ConfigError if it holds none, or cannot be read.
    """
    from tui.files import reading

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
        raise ConfigError(f"{path}: nested too deeply") from None
    except ValueError as error:
        # Its message gives the place, and nothing of what is there.
        place = re.search(r"\(at [^)]*\)", str(error))
        where = f" {place[0]}" if place else ""
        raise ConfigError(f'{path}: invalid TOML{where}; expected apikey = "rpa_..."') from None
    for scope in (table, *(v for v in table.values() if isinstance(v, dict))):
        for name in ("apikey", "api_key", "apiKey"):
            value = scope.get(name)
            if isinstance(value, str) and value.strip():
                return check_key(value, str(path), reading.exposure(path, content.stat))
    raise ConfigError(f"{path}: contains no apikey")


def located_key(values: Mapping[str, Any], environ: Mapping[str, str], origin: str, table: str) -> Key | None:
    """The key that a table of the settings locates. `table`: "", or the table's name with a dot."""
    if (secret := values.get("api_key")) is not None:
        return check_key(secret.reveal(), origin)
    if (file := values.get("api_key_file")) is not None:
        return _key_file(file, f"{table}api_key_file")
    if (variable := values.get("api_key_env")) is not None:
        if not environ.get(variable, "").strip():
            raise ConfigError(f"{table}api_key_env: the variable {variable} is not set")
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
    """The first key found: --api-key-file, the environment, the profile's own, podtop's settings, RunPod's own file.

    values, own: the settings of the file, and of its profile.
    Raises ConfigError; `Unusable` if only RunPod's own file is not as it should be.
    """
    if flag is not None:
        return _key_file(flag, "--api-key-file")
    match variable_of_key(environ):
        case "RUNPOD_API_KEY" as variable:
            return check_key(environ[variable], variable)
        case "PODTOP_API_KEY_FILE" as variable:
            return _key_file(environ[variable], variable)
    if own and (key := located_key(own, environ, f"{file}, profile {profile}", f"profiles.{profile}.")):
        return key
    if key := located_key(values, environ, str(file), ""):
        return key
    try:
        return _runpod_key(runpod_file)
    except ConfigError as error:
        raise Unusable(str(error)) from None


def variable_of_key(environ: Mapping[str, str]) -> str:
    """The environment variable that locates the key; empty if none does."""
    return next((name for name in ("RUNPOD_API_KEY", "PODTOP_API_KEY_FILE") if environ.get(name, "").strip()), "")


def has_another(own: Mapping[str, Any], environ: Mapping[str, str], key: Key | None) -> bool:
    """Whether a profile has a key of its own other than this one."""
    try:
        its = located_key(own, environ, "", "")
    except ConfigError:
        return True
    return its is not None and (key is None or its.secret.reveal() != key.secret.reveal())


def secrets_of(tables: Sequence[Mapping[str, Any]], environ: Mapping[str, str], key: Key | None) -> Hidden:
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
            from tui.files import reading

            yield from (Secret(url) for url in (notify.webhook, notify.ntfy) if url)
            for name in SECRET_FILES:
                if file := getattr(notify, name):
                    # If it cannot be read, that is reported where it is needed.
                    with suppress(reading.FileTrouble):
                        yield from (Secret(text) for text in dict.fromkeys((token(file), password(file))))


def token(name: str) -> str:
    """The token in a file. Raises files.FileTrouble."""
    from tui.files import reading

    return _bare(reading.read(paths.expanded(name)).text)


def exposure_of_token(name: str) -> str:
    """Why a file with a token or a password is not protected, as a sentence; empty if it is, or is not there."""
    from tui.files import reading

    path = paths.expanded(name)
    try:
        status = path.stat()
    except (OSError, ValueError):
        # That is reported where it is needed.
        return ""
    return reading.exposure(path, status, holds="a secret") if stat.S_ISREG(status.st_mode) else ""


def password(name: str) -> str:
    """The password in a file, whatever characters it has. Raises files.FileTrouble."""
    from tui.files import reading

    return reading.read(paths.expanded(name)).text.strip("\r\n")
