"""The application log of one run: opened with what it runs on, closed with how it ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tui.commands.stdio import listeners
from tui.files import paths

if TYPE_CHECKING:
    from tui.config.loader import Config
    from tui.services.source import Source


def log_of(source: Source, config: Config, command: str) -> Callable[[], Path | None]:
    """Opens the log and first writes the environment and the settings; a second call only returns its path."""
    begun = False

    def open_log() -> Path | None:
        nonlocal begun
        from tui.api import log_lines
        from tui.storage import app_log

        path = app_log.open_log(paths.state_dir(), config.log_level)
        if not begun:
            begun = True
            listeners.append(lambda text: log_lines.event("cli", "told", text=text))
            from tui.system.surroundings import settings, surroundings

            log_lines.event("cli", "started", command=command, source=source.badge, **surroundings())
            log_lines.event("cli", "settings", file=paths.config_file(), **settings(config))
        return path

    return open_log


def end_log(code: int) -> None:
    """Write how the run ended, and close the log."""
    from tui.api import log_lines
    from tui.storage import app_log

    log_lines.event("cli", "ended", code=code)
    listeners.clear()
    app_log.close_log()
