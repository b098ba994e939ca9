"""`podtop config`: where the settings are, their valid values, and their errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tui.api.secret import mask
from tui.commands import stdio
from tui.commands.exit_codes import Exit
from tui.commands.stdio import say, write
from tui.config import writer
from tui.config.loader import Loaded, absent, attempt, misspelt
from tui.config.reader import Problem, Reading, near, read
from tui.config.settings import SECRET_FILES, SOURCES
from tui.config.value_types import shown
from tui.files import paths, presence


class Bound(NamedTuple):
    """A binding for the list of keys: its id, its keys in words, its action, whether it may be changed."""

    id: str
    keys: str
    help: str
    fixed: bool


class Screen(NamedTuple):
    """The part of the settings that only the screen knows, loaded when it is needed.

    bindings: all of them, with their keys under a keymap.
    faults:   the errors of a keymap: ids and messages.
    themes:   the names of the themes.
    """

    bindings: Callable[[Mapping[str, str]], Sequence[Bound]]
    faults: Callable[[Mapping[str, str]], Iterable[tuple[str, str]]]
    themes: Callable[[], Iterable[str]]


def show(
    topic: str,
    file: Path,
    screen: Screen,
    environ: Mapping[str, str] = os.environ,
    flags: Mapping[str, Any] | None = None,
) -> int:
    """Run one of the subcommands of `podtop config`; returns the exit code. `flags`: settings on the command line."""
    if topic == "init":
        return _init(file)
    if topic == "check":
        return _check(file, screen, environ, flags or {})
    if topic == "keys":
        return _keys(file, screen, environ)
    write(f"{file}\n" if topic == "path" else writer.shipped())
    return Exit.OK


def _init(file: Path) -> int:
    if os.path.lexists(file):
        say(f"{file} already exists; nothing was written")
        return Exit.USAGE
    try:
        writer.put_schema(file.parent)
        writer.put(writer.example(), file, over=False)
    except FileExistsError:
        say(f"{file} already exists; nothing was written")
        return Exit.USAGE
    except OSError as error:
        say(f"{file} cannot be written: {error.strerror or error}")
        return Exit.CRASHED
    write(f"{file}\n")
    return Exit.OK


def problems(reading: Reading, screen: Screen, environ: Mapping[str, str]) -> list[Problem]:
    """All errors of a file, in the order of its lines, including those that only the screen and the disk can show."""
    all_problems = [*reading.problems, *beyond(reading, screen)]
    ssh = reading.values.get("ssh")
    if ssh is not None and ssh.key_file:
        all_problems += _file(reading, ("ssh", "key_file"), ssh.key_file)
    notify = reading.values.get("notify")
    for name in SECRET_FILES if notify is not None else ():
        if file := getattr(notify, name):
            all_problems += _file(reading, ("notify", name), file)
    places: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [((), reading.values)]
    for keys, table in places + [(("profiles", name), table) for name, table in reading.profiles.items()]:
        source = next((name for name in SOURCES if name in table), "")
        if source == "api_key_file":
            all_problems += _file(reading, (*keys, source), table[source])
        elif source == "api_key_env" and not environ.get(table[source], "").strip():
            name = ".".join((*keys, source))
            all_problems.append(
                reading.at((*keys, source), f"{name}: the variable {table[source]} is not set", bad=False)
            )
    return sorted(all_problems, key=lambda problem: problem.line)


def beyond(reading: Reading, screen: Screen) -> list[Problem]:
    """The errors of the keymap and the theme."""
    problems_found = []
    if keymap := reading.values.get("keymap"):
        problems_found += [reading.at(("keymap", name), reason) for name, reason in screen.faults(keymap)]
    if (theme := reading.values.get("theme")) and (reason := unknown_theme(theme, screen)):
        problems_found.append(reading.at(("theme",), reason))
    return problems_found


def unknown_theme(theme: str, screen: Screen) -> str:
    """Why a theme cannot be used; empty if it can."""
    themes = sorted(screen.themes())
    if theme in themes:
        return ""
    expected = near(theme, themes) or "; expected podtop-dark, podtop-light or another (see podtop help terminals)"
    return f"theme: invalid value {shown(theme)}{expected}"


def _file(reading: Reading, keys: tuple[str, ...], name: str) -> list[Problem]:
    path = paths.expanded(name)
    if os.access(path, os.R_OK) and presence.is_file(path):
        return []
    return [reading.at(keys, f"{'.'.join(keys)}: {path} cannot be read", bad=False)]


def _check(file: Path, screen: Screen, environ: Mapping[str, str], flags: Mapping[str, Any]) -> int:
    if reason := absent(file, environ):
        write(stdio.shown(f"error: {reason}\n"))
        return Exit.USAGE
    errors = 0
    if not os.path.lexists(file):
        write(f"no {stdio.shown(str(file))}: defaults apply. podtop config --init creates it.\n")
    else:
        all_problems = problems(read(file), screen, environ)
        for problem in all_problems:
            write(stdio.shown(f"{'error' if problem.bad else 'warning'}: {problem}\n"))
        errors = sum(problem.bad for problem in all_problems)
        if not all_problems:
            write(f"{stdio.shown(str(file))}: OK\n")
    loaded = attempt(flags, file=file, runpod_file=paths.runpod_config_file(), environ=environ)
    # Those of the file are printed already, each with its line.
    outside = [f for f in loaded.faults if f != loaded.key_fault and not f.startswith(mask(str(file)))]
    for fault in outside:
        write(stdio.shown(f"error: {fault}\n"))
    for warning in misspelt(environ):
        write(stdio.shown(f"warning: {warning}\n"))
    names = loaded.config.accounts if loaded.config.profile is None else ()
    accounts = {
        f" of {name}": attempt(
            {**flags, "profile": name}, file=file, runpod_file=paths.runpod_config_file(), environ=environ
        )
        for name in names
    } or {"": loaded}
    for whose, account in accounts.items():
        write(stdio.shown(_key(account, whose)))
    has_fault = any(account.key_fault for account in accounts.values())
    return Exit.USAGE if errors or outside or has_fault else Exit.OK


def _key(loaded: Loaded, whose: str) -> str:
    """A line that says which API key is used, or why none is; empty if a mistake in the file hides it.

    whose: of which of several accounts.
    """
    config = loaded.config
    if config.key is not None:
        overrides = f", which overrides that of profile {config.profile}" if config.overrides_profile else ""
        return f"API key{whose}: {config.key.origin}{overrides}\n"
    if reason := loaded.key_fault or config.no_key or ("none" if loaded.keyless else ""):
        return f"API key{whose}: {reason}\n"
    return ""


def _keys(file: Path, screen: Screen, environ: Mapping[str, str]) -> int:
    if reason := absent(file, environ):
        say(reason)
        return Exit.USAGE
    reading = read(file)
    if wrong := [*reading.errors, *beyond(reading, screen)]:
        for problem in wrong:
            say(str(problem))
        return Exit.USAGE
    rows = [(bound.id, bound.keys, bound.help + (" (fixed)" if bound.fixed else ""))
            for bound in screen.bindings(reading.values.get("keymap", {}))]  # fmt: skip
    first, second = (max(len(row[n]) for row in rows) for n in (0, 1))
    write("".join(f"{name:<{first}}  {keys:<{second}}  {meaning}\n" for name, keys, meaning in rows))
    return Exit.OK
