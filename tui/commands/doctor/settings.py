"""The settings: the file, the environment, and where notifications go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module

from tui.commands.config import problems
from tui.commands.doctor.finding import Finding, error, ok, warning
from tui.commands.doctor.subject import Subject
from tui.config.loader import misspelt
from tui.config.reader import Reading, near, read
from tui.config.settings import SINKS
from tui.files import paths
from tui.services.sinks.sink import MakeSink, Means, NotSent
from tui.system.surroundings import versions


def version(subject: Subject) -> Finding:
    """The versions for a bug report."""
    return ok(versions().removeprefix("podtop "))


def config(subject: Subject) -> Finding:
    """The file of the settings, and what the environment overrides."""
    file = subject.config_file
    there = os.path.lexists(file)
    issues = problems(read(file) if there else Reading(file), subject.screen, subject.environ)
    errors = [str(problem) for problem in issues if problem.bad]
    warnings = [*(str(problem) for problem in issues if not problem.bad), *misspelt(subject.environ)]
    if errors:
        return error(_first(errors), "Correct the file; podtop config --check lists all problems.")
    if subject.config_error:
        return error(subject.config_error, "Correct it: podtop does not start with an invalid setting.")
    # One that a flag or the environment names is in no file.
    theme = subject.config.theme
    if theme is not None and theme not in (known := [*subject.screen.themes()]):
        return error(f"no theme {theme!r}{near(theme, known)}", "podtop help terminals lists the themes.")
    if warnings:
        return warning(_first(warnings), "podtop config --check lists all problems.")
    names = sorted(name for name, value in subject.environ.items() if name.startswith("PODTOP_") and value)
    overridden = f"; environment: {', '.join(names)}" if names else ""
    return ok(f"{file}{': valid' if there else ' does not exist: defaults apply'}{overridden}")


def _first(issues: list[str]) -> str:
    return f"{issues[0]} (and {len(issues) - 1} more)" if len(issues) > 1 else issues[0]


def notifications(subject: Subject) -> Finding:
    """The ways to notify that are set, and whether they can work. Nothing is sent."""
    settings = subject.config.notify
    means = Means(settings, lambda text: None, subject.environ, subject.config.hidden)
    makes: dict[str, MakeSink] = {name: import_module(f"tui.services.sinks.{name}").sink for name in SINKS}
    active = [name for name, make in makes.items() if make(means) is not None]
    if faults := [*_faults(subject, active)]:
        return error("; ".join(faults), "Correct [notify] in config.toml: podtop help config.")
    idle = "; tmux only inside tmux" if settings.tmux and "tmux" not in active else ""
    return ok(f"{', '.join(active) or 'off'}{idle}")


def _faults(subject: Subject, active: list[str]) -> Iterator[str]:
    settings = subject.config.notify
    if "command" in active and subject.which(settings.command[0]) is None:
        yield f"command {settings.command[0]} not found, or not executable"
    if "tmux" in active and subject.which("tmux") is None:
        yield "tmux not found"
    if "webhook" in active:
        from tui.services.sinks.webhook import authorization

        try:
            authorization(settings.webhook_token_file)
        except NotSent as reason:
            yield f"{reason} ({paths.expanded(settings.webhook_token_file)})"
