"""The settings: the file, the environment, and where notifications go."""

from __future__ import annotations

import os

from tui.commands.config import problems
from tui.commands.doctor.finding import Finding, error, ok, warning
from tui.commands.doctor.subject import Subject
from tui.config.loader import misspelt
from tui.config.reader import Reading, near, read
from tui.services.sinks.faults import active, faults
from tui.services.sinks.sink import Means
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
    on = active(means)
    if reasons := faults(settings, on, subject.which):
        return error("; ".join(reasons.values()), "Correct [notify] in config.toml: podtop help config.")
    idle = "; tmux only inside tmux" if settings.tmux and "tmux" not in on else ""
    quiet = f"; quiet {settings.quiet}" if on and settings.quiet else ""
    advice = "Nobody is called when money or runs are in danger: podtop help notifications." if not on else ""
    return ok(f"{', '.join(on) or 'off'}{idle}{quiet}", advice)
