"""From the text of `config.toml` to checked values, and all problems with it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tui.api.secret import mask
from tui.config import value_types
from tui.config.fields import Field, fields, free, tables
from tui.config.keys import exposure_of_token
from tui.config.settings import OF_SECRETS, SOURCES, Columns, Settings
from tui.files import reading

if TYPE_CHECKING:
    from tui.domain.alert_rules import AlertRules
    from tui.domain.signals.rules import SignalRules

Keys = tuple[str, ...]

ALERTS = "alerts"
"""The table whose keys are kinds of alerts: `tui.config.alert_table` reads it."""

SIGNALS = "signals"
"""The table of which pods signals are read of: `tui.config.signals_table` reads it."""

COLUMNS = "columns"
"""The table whose values are names of columns: `tui.config.column_names` has them."""

MOST = 64 * 1024
"""Bytes of a configuration file at most."""


class Problem(Struct, frozen=True):
    """Something that is wrong, or unwise, in the file.

    line: from 1; 0 for the file as a whole.
    bad:  whether podtop refuses to continue with it.
    """

    file: Path
    line: int
    words: str
    bad: bool = True

    def __str__(self) -> str:
        text = mask(self.words)
        return f"{self.file}, line {self.line}: {text}" if self.line else f"{self.file}: {text}"


class Reading(Struct, frozen=True):
    """The content of a file: values by their keys, tables as structs, the line of each, and the problems."""

    file: Path
    values: Mapping[str, Any] = {}
    profiles: Mapping[str, Mapping[str, Any]] = {}
    lines: Mapping[Keys, int] = {}
    problems: tuple[Problem, ...] = ()

    def line(self, *keys: str) -> int:
        """The line of a key; that of its table if the key itself is missing."""
        return self.lines.get(keys) or (self.line(*keys[:-1]) if keys else 0)

    def has_profile(self, name: str) -> bool:
        """Whether there is a profile of that name, valid or not."""
        return ("profiles", name) in self.lines

    def at(self, keys: Keys, text: str, *, bad: bool = True) -> Problem:
        """A problem with a key."""
        return Problem(self.file, self.line(*keys), text, bad)

    @property
    def is_broken(self) -> bool:
        """Whether the file could not be read at all, so that anything may be in it."""
        return bool(self.errors) and not self.lines

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.bad)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if not problem.bad)


def refusal(name: str, field: Field, value: object) -> str:
    """Why a value is invalid, and what is expected."""
    given = field.kind.tell(value)
    return f"{name}: invalid value{f' {given}' if given else ''}; expected {field.kind.accepted}"


LONGEST_NAME = 64
"""Characters of a name whose nearest spelling is looked for."""

LOOKED_UP = 20
"""Unknown names whose nearest spelling is looked for."""


def near(name: str, names: Iterable[str]) -> str:
    """The nearest spelling, as the end of a sentence; empty where none is near."""
    import difflib

    if len(name) > LONGEST_NAME:
        return ""
    matches = difflib.get_close_matches(name, list(names), 1)
    return f"; did you mean {matches[0]}?" if matches else ""


DEEPEST = 100
"""Parts of one key at most."""


def read(file: Path) -> Reading:
    """Read the file; a missing one is empty."""
    try:
        text = reading.read(file, MOST).text
    except reading.FileTrouble as error:
        return Reading(file, problems=() if error.missing else (Problem(file, 0, str(error)),))
    return read_text(text, file)


def read_text(text: str, file: Path) -> Reading:
    """Read a text, like `read`."""
    import tomllib

    if (deep := _dotted(text)) is not None:
        return Reading(file, problems=(Problem(file, deep, "nested too deeply"),))
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"\(at line (\d+)", str(error))
        last = text.count("\n") + 1
        return Reading(file, problems=(Problem(file, int(line[1]) if line else last, f"invalid TOML: {error}"),))
    except RecursionError:
        return Reading(file, problems=(Problem(file, _deepest(text), "nested too deeply"),))
    except (ValueError, OverflowError, MemoryError):
        # Python converts no number of thousands of digits; tomllib passes its error through.
        return Reading(file, problems=(Problem(file, _longest_number(text), "a number has too many digits"),))
    if not table:
        return Reading(file)
    from tui.config.toml_lines import lines_of

    try:
        lines = lines_of(text)
    except RecursionError:
        return Reading(file, problems=(Problem(file, _deepest(text), "nested too deeply"),))
    return _Reader(Reading(file, lines=lines)).read(table)


_NO_KEYS = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|#[^\n]*")


def _dotted(text: str) -> int | None:
    """The line of a key with too many parts, which take longer the more there are; None if there is none."""
    if text.count(".") <= DEEPEST:
        return None
    lines = _NO_KEYS.sub("", text).split("\n")
    return next((number for number, line in enumerate(lines, 1) if line.count(".") > DEEPEST), None)


def _longest_number(text: str) -> int:
    """The line of the longest run of digits."""
    longest = max(re.finditer(r"[0-9_A-Fa-f]+", text), key=lambda match: match.end() - match.start(), default=None)
    return text.count("\n", 0, longest.start()) + 1 if longest is not None else 0


def _deepest(text: str) -> int:
    """The line with the most open brackets, or the most dots in one key."""
    deepest, depth, at = 0, 0, 1
    for number, line in enumerate(text.split("\n"), 1):
        for ch in line:
            depth += (ch in "[{") - (ch in "]}")
            if depth > deepest:
                deepest, at = depth, number
        if line.count(".") > deepest:
            deepest, at = line.count("."), number
    return at


class _Reader:
    def __init__(self, where: Reading) -> None:
        self._where = where
        self._found: list[Problem] = []
        self._unknowns = 0

    def _say(self, keys: Keys, text: str, *, bad: bool = True) -> None:
        self._found.append(self._where.at(keys, text, bad=bad))

    def read(self, table: dict[str, Any]) -> Reading:
        values: dict[str, Any] = {}
        profiles: dict[str, dict[str, Any]] = {}
        known = fields(Settings)
        names = [*known, *tables(), *free(), ALERTS, SIGNALS]
        for name, value in table.items():
            if name in known:
                self._one((name,), known[name], value, values)
            elif name not in names:
                self._unknown((name,), names)
            elif not isinstance(value, dict):
                self._say((name,), f"{name}: invalid value {value_types.shown(value)}; expected a table, [{name}]")
            elif name == ALERTS:
                values[name] = self._alerts(value)
            elif name == SIGNALS:
                values[name] = self._signals(value)
            elif struct := tables().get(name):
                values[name] = struct(**self._table((name,), struct, value))
                if name == COLUMNS:
                    self._columns(values[name])
            elif isinstance(inner := free()[name], Field):
                values[name] = {}
                for key, entry in value.items():
                    self._one((name, key), inner._replace(name=key), entry, values[name])
            else:
                self._profiles(inner, value, profiles)
        self._sources((), values)
        self._profile_is_there(values, profiles)
        self._private(values, profiles)
        self._secret_files(values)
        problems = tuple(sorted(self._found, key=lambda problem: problem.line))
        return Reading(self._where.file, values, profiles, self._where.lines, problems)

    def _one(self, keys: Keys, field: Field, value: object, into: dict[str, Any]) -> None:
        try:
            into[field.attribute] = field.kind.read(value)
        except (ValueError, TypeError):
            self._say(keys, refusal(".".join(keys), field, value))

    def _unknown(self, keys: Keys, names: Iterable[str]) -> None:
        name = value_types.short(".".join(keys))
        self._unknowns += 1
        nearest = near(keys[-1], names) if self._unknowns <= LOOKED_UP else ""
        self._say(keys, f"unknown setting {name!r}{nearest}", bad=False)

    def _table(self, keys: Keys, struct: type[Struct], table: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        known = fields(struct)
        for name, value in table.items():
            if name in known:
                self._one((*keys, name), known[name], value, values)
            else:
                self._unknown((*keys, name), known)
        return values

    def _alerts(self, table: dict[str, Any]) -> AlertRules:
        from tui.config.alert_table import rules

        return rules(table, self._say, near)

    def _signals(self, table: dict[str, Any]) -> SignalRules:
        from tui.config.signals_table import Reader

        return Reader(self._say, self._table).rules(table)

    def _columns(self, chosen: Columns) -> None:
        from tui.config.column_names import of_list

        for name in chosen.__struct_fields__:
            there = of_list(name)
            for column in getattr(chosen, name):
                if column not in there:
                    reported = value_types.short(column)
                    nearest = near(column, there) or f"; expected some of {', '.join(there)}"
                    self._say((COLUMNS, name), f"{COLUMNS}.{name}: unknown column {reported!r}{nearest}")

    def _profiles(self, struct: type[Struct], table: dict[str, Any], into: dict[str, dict[str, Any]]) -> None:
        for name, profile in table.items():
            keys = ("profiles", name)
            try:
                value_types.NAME.read(name)
            except (ValueError, TypeError):
                self._say(
                    keys, f"profiles: invalid name {value_types.short(name)!r}; expected {value_types.NAME.accepted}"
                )
                continue
            if not isinstance(profile, dict):
                self._say(keys, f"profiles.{name}: invalid value; expected a table, [profiles.{name}]")
                continue
            into[name] = self._table(keys, struct, profile)
            self._sources(keys, into[name])

    def _sources(self, keys: Keys, values: Mapping[str, Any]) -> None:
        """Of several keys one is used: report which."""
        first, *others = [name for name in SOURCES if name in values] or [""]
        for other in others:
            path = (*keys, other)
            self._say(path, f"{'.'.join(path)} is ignored: {first} is set too", bad=False)

    def _profile_is_there(self, values: Mapping[str, Any], profiles: Mapping[str, Any]) -> None:
        chosen = values.get("profile")
        if chosen is not None and not self._where.has_profile(chosen):
            self._say(("profile",), unknown_profile(chosen, profiles))
        for name in values.get("accounts", ()):
            if not self._where.has_profile(name):
                self._say(("accounts",), f"accounts: {unknown_profile(name, profiles)}")

    def _private(self, values: Mapping[str, Any], profiles: Mapping[str, Mapping[str, Any]]) -> None:
        file = self._where.file
        try:
            status = file.stat()
        except OSError:
            return
        # Whoever writes the file decides where the key is sent, and which programs podtop runs.
        if status.st_uid not in (os.geteuid(), 0):
            self._say((), f"it belongs to another user (uid {status.st_uid}), who can change it", bad=False)
        if status.st_mode & stat.S_IWOTH:
            self._say((), f"other users can change it. Run: chmod 600 {file}", bad=False)
        elif not reading.is_private(status.st_mode) and any("api_key" in t for t in (values, *profiles.values())):
            self._say((), f"it contains an API key that other users can read. Run: chmod 600 {file}", bad=False)

    def _secret_files(self, values: Mapping[str, Any]) -> None:
        """Say which files with tokens and passwords other users can read."""
        for table, names in OF_SECRETS.items():
            for name in names:
                file = getattr(values.get(table), name, None)
                if file and (why := exposure_of_token(file)):
                    self._say((table, name), f"{table}.{name}: {why}", bad=False)


def unknown_profile(name: str, profiles: Iterable[str]) -> str:
    """The message that a profile does not exist, and which ones do."""
    there = sorted(profiles)
    rest = f" and {len(there) - 20} more" if len(there) > 20 else ""
    exist = f"Profiles: {', '.join(there[:20])}{rest}" if there else "config.toml has no [profiles.NAME]"
    nearest = near(name, there) or (";" if not there else ".")
    return f"unknown profile {value_types.short(name)!r}{nearest} {exist}"
