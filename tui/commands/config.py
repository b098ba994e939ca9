"""`podtop config`: where the settings are, their valid values, and their errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tui import paths
from tui.commands.exit_codes import Exit
from tui.commands.stdio import say, write
from tui.config import writer
from tui.config.reader import SOURCES, Problem, Reading, near, read


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


def show(topic: str, file: Path, screen: Screen, environ: Mapping[str, str] = os.environ) -> int:
    """Run one of the subcommands of `podtop config`; returns the exit code."""
    if topic == "init":
        return _init(file)
    if topic == "check":
        return _check(file, screen, environ)
    if topic == "keys":
        return _keys(file, screen)
    write(f"{file}\n" if topic == "path" else writer.shipped())
    return Exit.OK


def _init(file: Path) -> int:
    if os.path.lexists(file):
        say(f"{file} is there already: nothing was written")
        return Exit.USAGE
    try:
        writer.put(writer.shipped(), file.parent / writer.SCHEMA, over=True)
        writer.put(writer.example(), file, over=False)
    except FileExistsError:
        say(f"{file} is there already: nothing was written")
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
    if notify is not None and notify.webhook_token_file:
        all_problems += _file(reading, ("notify", "webhook_token_file"), notify.webhook_token_file)
    places: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [((), reading.values)]
    for keys, table in places + [(("profiles", name), table) for name, table in reading.profiles.items()]:
        source = next((name for name in SOURCES if name in table), "")
        if source == "api_key_file":
            all_problems += _file(reading, (*keys, source), table[source])
        elif source == "api_key_env" and not environ.get(table[source], "").strip():
            name = ".".join((*keys, source))
            all_problems.append(
                reading.at((*keys, source), f"{name}: the environment has no {table[source]} now", bad=False)
            )
    return sorted(all_problems, key=lambda problem: problem.line)


def beyond(reading: Reading, screen: Screen) -> list[Problem]:
    """The errors of the keymap and the theme."""
    problems_found = []
    if keymap := reading.values.get("keymap"):
        problems_found += [reading.at(("keymap", name), reason) for name, reason in screen.faults(keymap)]
    if theme := reading.values.get("theme"):
        themes = sorted(screen.themes())
        if theme not in themes:
            there = f"it takes {', '.join(themes)}{near(theme, themes)}"
            problems_found.append(reading.at(("theme",), f"theme = {theme!r} is not accepted; {there}"))
    return problems_found


def _file(reading: Reading, keys: tuple[str, ...], name: str) -> list[Problem]:
    path = paths.expanded(name)
    if os.access(path, os.R_OK) and path.is_file():
        return []
    return [reading.at(keys, f"{'.'.join(keys)}: {path} cannot be read", bad=False)]


def _check(file: Path, screen: Screen, environ: Mapping[str, str]) -> int:
    if not os.path.lexists(file):
        write(f"{file} is not there: every setting has its default. podtop config --init writes one.\n")
        return Exit.OK
    all_problems = problems(read(file), screen, environ)
    for problem in all_problems:
        write(f"{'error' if problem.bad else 'warning'}: {problem}\n")
    errors = sum(problem.bad for problem in all_problems)
    if not all_problems:
        write(f"{file}: all is well\n")
    return Exit.USAGE if errors else Exit.OK


def _keys(file: Path, screen: Screen) -> int:
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
