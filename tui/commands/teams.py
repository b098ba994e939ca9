"""`podtop teams`: writes the dashboard, rules and units that come with podtop."""

from __future__ import annotations

from pathlib import Path

from tui import teams
from tui.commands.exit_codes import Exit
from tui.commands.stdio import say, write
from tui.files import presence


def write_files(directory: Path) -> int:
    """Write them into a folder; nothing if one of them exists already. Returns the exit code."""
    existing = [name for name in teams.FILES if presence.is_there(directory / name)]
    if existing:
        say(f"{directory} has {', '.join(existing)} already: nothing was written. Name an empty folder")
        return Exit.USAGE
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name in teams.FILES:
            with (directory / name).open("xb") as file:
                file.write(teams.source(name).read_bytes())
    except OSError as error:
        say(f"cannot write {error.filename or directory}: {error.strerror or error}")
        return Exit.USAGE
    write("".join(f"{directory / name}\n" for name in teams.FILES))
    return Exit.OK
