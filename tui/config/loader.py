"""Settings in force: defaults, then the file, then its profile, then the environment, then flags; checked, and frozen.

The settings are declared in `tui.config.settings`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tui.api.addresses import address_of
from tui.api.http.endpoint import host_of
from tui.api.listener import Api
from tui.api.secret import Secret, mask, remember
from tui.config.keys import (
    NOTHING,
    ConfigError,
    Hidden,
    Key,
    Unusable,
    find_key,
    has_another,
    secrets_of,
    variable_of_key,
)
from tui.config.settings import API_URL, SOURCES, Settings
from tui.files import paths

if TYPE_CHECKING:
    from tui.config.reader import Reading

TOLD = 5
"""Warnings about the file that are reported at the start."""

MOST = 20
"""Errors of the file that are reported at the start."""


class Loaded(Struct, frozen=True):
    """The result of an attempt to load settings.

    config:  the settings; with a fault, only what the others can be checked with: the default of each invalid one.
    faults:  why settings cannot be used.
    keyless: whether there is no API key; False if one may be where podtop could not read it, which is a fault.
    key_fault: that of the faults which is about the API key.
    """

    config: Config
    faults: tuple[str, ...] = ()
    keyless: bool = False
    key_fault: str = ""


class Config(Settings, frozen=True):
    """The settings in force, with the profile applied; settings that locate a key have become the key.

    key:      the API key, None if there is none.
    no_key:   why RunPod's own file gave none although it exists; empty otherwise.
    account:  the name of the account: the profile, or the variable or flag whose key overrides that of the profile.
    color:    that of the profile's badge.
    warnings: sentences about settings that were ignored or are unwise.
    hidden:   what programs that podtop starts must not receive.
    """

    key: Key | None = None
    no_key: str = ""
    account: str = ""
    color: str = "accent"
    warnings: tuple[str, ...] = ()
    hidden: Hidden = NOTHING

    @property
    def overrides_profile(self) -> bool:
        """Whether a key of the environment, or of --api-key-file, overrides that of the profile."""
        return self.account != (self.profile or "")

    @property
    def override(self) -> str:
        """What to say of a key that overrides that of the profile; empty if none does."""
        if not self.overrides_profile:
            return ""
        what = "drop the flag" if self.account.startswith("-") else "unset it"
        return f"{self.account} overrides the API key of profile {self.profile}; {what} to use the profile's key"


def _given(named: Mapping[str, tuple[str, object]], faults: list[str]) -> dict[str, Any]:
    """Settings as flags or variables give them: for each what it is called, and its value. Adds what is invalid to
    `faults`."""
    if not named:
        return {}
    from tui.config.fields import fields
    from tui.config.reader import refusal

    values = {}
    for name, (called, text) in named.items():
        field = fields(Settings)[name]
        try:
            values[name] = field.kind.read(field.kind.parse(text) if isinstance(text, str) else text)
        except (ValueError, TypeError):
            faults.append(refusal(called, field, text))
    return values


def _from_environment(environ: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
    names = {f"PODTOP_{name.upper()}": name for name in Settings.__struct_fields__}
    here = {name: (variable, environ[variable]) for variable, name in names.items() if environ.get(variable, "") != ""}
    if not here:
        return {}
    from tui.config.fields import fields

    settable = [field.name for field in fields(Settings).values() if field.variable]
    return _given({name: given for name, given in here.items() if name in settable}, faults)


_PREFIX = "PODTOP_"

_NO_SETTINGS = (paths.CONFIG_VARIABLE, "PODTOP_TOUR", "PODTOP_TITLE", "PODTOP_TEXT", "PODTOP_KIND")
"""Variables of podtop that set nothing; the last three are set for the command that notifies."""


def misspelt(environ: Mapping[str, str]) -> Iterator[str]:
    """Warnings about variables whose names are almost those of settings: PODTOP_READONLY sets nothing."""
    ours = [name for name in environ if name.upper().startswith(_PREFIX) and name not in _NO_SETTINGS and environ[name]]
    if not ours:
        return
    from tui.config.fields import fields
    from tui.config.reader import LOOKED_UP, near

    names = [field.variable.removeprefix(_PREFIX) for field in fields(Settings).values() if field.variable]
    unknown = [name for name in ours if name.removeprefix(_PREFIX) not in names]
    for name in unknown[:LOOKED_UP]:
        if meant := near(name[len(_PREFIX) :].upper(), names):
            yield f"the variable {name} sets nothing{meant.replace('mean ', f'mean {_PREFIX}')}"


def absent(file: Path, environ: Mapping[str, str]) -> str:
    """Why there are no settings in a file that was named; empty if it exists, or if none was named."""
    if not environ.get(paths.CONFIG_VARIABLE) or os.path.lexists(file):
        return ""
    return f"{file}: no such file (named by --config or {paths.CONFIG_VARIABLE}). podtop config --init creates it"


def _of_file(file: Path, environ: Mapping[str, str], faults: list[str]) -> Reading | None:
    """The settings of the file, None without one. Adds its errors to `faults`."""
    if not os.path.lexists(file):
        if reason := absent(file, environ):
            faults.append(reason)
        return None
    from tui.config.reader import read

    reading_of_file = read(file)
    errors = reading_of_file.errors
    faults += [str(problem) for problem in errors[:MOST]]
    if len(errors) > MOST:
        faults.append(f"{file}: {len(errors) - MOST} more errors; podtop config --check lists them")
    return reading_of_file


def _warnings(read: Reading) -> Iterator[str]:
    warnings = read.warnings
    yield from (str(problem) for problem in warnings[:TOLD])
    if len(warnings) > TOLD:
        yield f"{read.file}: {len(warnings) - TOLD} more warnings; podtop config --check lists them"


def _keeps_its_key(read: Reading, profile: str, values: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Whether a key may be in the file where it could not be read."""
    at_the_top = any((name,) in read.lines and name not in values for name in SOURCES)
    in_profile = any(("profiles", profile, name) in read.lines and name not in own for name in SOURCES)
    return read.is_broken or at_the_top or in_profile


def load(flags: Mapping[str, Any], *, file: Path, runpod_file: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """As `attempt`. Raises ConfigError for settings that cannot be used."""
    loaded = attempt(flags, file=file, runpod_file=runpod_file, environ=environ)
    if loaded.faults:
        raise ConfigError(*loaded.faults)
    return loaded.config


def attempt(
    flags: Mapping[str, Any], *, file: Path, runpod_file: Path, environ: Mapping[str, str] = os.environ
) -> Loaded:
    """The settings in force, and all that is wrong with them. `flags` maps setting names to values given on the command
    line, None where not given.

    A flag beats the environment, which beats the chosen profile, which beats the top of the file; but read-only in any
    of flag, profile and environment is read-only. Unknown keys of the file become warnings.
    """
    faults: list[str] = []
    read = _of_file(file, environ, faults)
    in_file = dict(read.values) if read is not None else {}
    profiles = read.profiles if read is not None else {}
    warnings = list(_warnings(read)) if read is not None else []
    warnings += misspelt(environ)
    around = _from_environment(environ, faults)
    given = _given(
        {
            name: (f"--{name.replace('_', '-')}", value)
            for name, value in flags.items()
            if value is not None and name != "api_key_file"
        },
        faults,
    )
    chosen = given.get("profile") or around.get("profile") or in_file.get("profile") or ""
    for name in around.get("accounts", ()):
        if read is None or not (read.has_profile(name) or read.is_broken):
            from tui.config.reader import unknown_profile

            faults.append(f"PODTOP_ACCOUNTS: {unknown_profile(name, profiles)}")
    may_be_there = read.has_profile(chosen) or read.is_broken if read is not None else absent(file, environ)
    if chosen and chosen != in_file.get("profile") and not may_be_there:
        from tui.config.reader import unknown_profile

        faults.append(f"{'--profile' if 'profile' in given else 'PODTOP_PROFILE'}: {unknown_profile(chosen, profiles)}")
    own = profiles.get(chosen, {})
    values = {name: value for name, value in {**in_file, **own, **around}.items() if not name.startswith("api_key")}
    values["read_only"] = values.get("read_only", False) or own.get("read_only", False)
    values |= given
    faults += _without_address(values)
    key, no_key, key_fault, account = None, "", "", chosen
    try:
        key = find_key(flags.get("api_key_file"), environ, in_file, file, runpod_file, chosen, own)
    except Unusable as error:
        no_key = str(error)
    except ConfigError as error:
        key_fault = str(error)
        faults.append(key_fault)
    stronger = variable_of_key(environ) if flags.get("api_key_file") is None else "--api-key-file"
    if stronger and has_another(own, environ, key):
        account = stronger
    if key is not None and key.caution:
        warnings.append(mask(key.caution))
    hidden = secrets_of((in_file, *profiles.values()), environ, key)
    _remember(hidden, environ)
    out_of_sight = _keeps_its_key(read, chosen, in_file, own) if read is not None else absent(file, environ) != ""
    keyless = key is None and not key_fault and not out_of_sight and (not chosen or chosen in profiles)
    config = Config(key=key, no_key=no_key, account=account, warnings=tuple(warnings), hidden=hidden, **values)
    return Loaded(config, tuple(mask(fault) for fault in faults), keyless, key_fault)


def attempt_one(flags: Mapping[str, Any], *, file: Path, runpod_file: Path) -> tuple[Loaded, tuple[str, ...]]:
    """As `attempt`; where several accounts are set and none is chosen, of the first one, with the names of the rest."""
    loaded = attempt(flags, file=file, runpod_file=runpod_file)
    first, *rest = loaded.config.accounts or ("",)
    if not first or loaded.config.profile is not None:
        return loaded, ()
    return attempt({**flags, "profile": first}, file=file, runpod_file=runpod_file), tuple(rest)


def _without_address(values: Mapping[str, Any]) -> Iterator[str]:
    """That the API which is set has no known address."""
    url = values.get("api_url", API_URL)
    if values.get("api") == Api.REST and address_of(url, Api.REST) is None:
        yield f"api: no address of REST v2 follows from api_url ({host_of(url)}); set api_url to one that ends in /v2"


_NAMES_A_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_SHORTEST = 6


def _remember(hidden: Hidden, environ: Mapping[str, str]) -> None:
    """Remember all secrets within reach, also unused ones, so that none is ever written."""
    secrets = (environ[name].strip() for name in environ if name.upper().endswith(_NAMES_A_SECRET))
    remember(*hidden.secrets, *(Secret(text) for text in secrets if len(text) >= _SHORTEST))
