"""`Subject`: what is examined."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tui.commands.config import Screen
    from tui.config.loader import Config
    from tui.services.source import Source
    from tui.storage.state_files import StateFiles


class Subject(Struct, frozen=True, kw_only=True):
    """podtop as it would start here.

    config:       the settings in force, without a key where that cannot be used; the defaults if they are invalid.
    config_file:  the file of the settings; it may not exist.
    config_error: why the settings are invalid; empty if they are not.
    key_error:    why the key cannot be used; empty if it can, and if there is none.
    source:       RunPod, or the demo.
    state:        podtop's files; state_dir: their directory, which is temporary in a demo.
    screen:       the part of the settings that only the screen can check.
    no_screen:    why the full screen cannot start; empty if it can.
    size:         columns and rows of the terminal; None without one.
    """

    config: Config
    config_file: Path
    config_error: str = ""
    key_error: str = ""
    source: Source
    state: StateFiles
    state_dir: Path
    screen: Screen
    no_screen: str = ""
    size: tuple[int, int] | None = None
    environ: Mapping[str, str] = os.environ
    which: Callable[[str], str | None] = shutil.which
