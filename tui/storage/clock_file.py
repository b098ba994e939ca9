"""`ClockFile`: the time by which podtop dates what it writes, kept for the next one: clocks may be set in between."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tui.clocks import Clocks
from tui.files import atomic, presence, reading

BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Names the boot: elapsed time starts at 0 with each."""

SAME = 1.0
"""Seconds by which the kept instant may differ without being written again."""


class ClockFile:
    """The instant at which this boot's elapsed time was 0, as RunPod's clock confirmed it. Methods block.

    boot: names the boot; a system without such a file keeps nothing.
    """

    def __init__(self, path: Path, boot: Path = BOOT) -> None:
        self._path = path
        self._boot_file = boot
        self._kept: float | None = None

    def begun(self) -> float | None:
        """The instant, in epoch seconds; None if it was not kept in this boot, or cannot be read."""
        try:
            # A pipe or a device in its place never ends.
            known = json.loads(reading.read(self._path).text)
            begun = float(known["begun"]) if known["boot"] == self._boot() else math.nan
        except Exception:
            # It is a help, not a need: without it the time of day is believed.
            return None
        self._kept = begun if math.isfinite(begun) and 0.0 < begun < 1e11 else None
        return self._kept

    def is_kept(self, begun: float) -> bool:
        """Whether the file has this instant already, or should have."""
        return self._kept is not None and abs(begun - self._kept) <= SAME

    def keep(self, begun: float) -> None:
        """Write the instant. What cannot be written is not kept."""
        self._kept = begun
        try:
            content = json.dumps({"boot": self._boot(), "begun": begun}).encode()
            # Where podtop has kept nothing yet there is nothing that is dated.
            if presence.is_folder(self._path.parent):
                atomic.write(self._path, content, sync=False)
        except OSError:
            return

    def forget(self) -> None:
        """Delete the file, if there is one."""
        self._kept = None
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    @property
    def has_any(self) -> bool:
        """Whether an instant is kept."""
        return self._kept is not None

    def _boot(self) -> str:
        return self._boot_file.read_text().strip()


def now_at(*paths: Path) -> float:
    """Now, by the time in which an account was recorded in this boot: that of the first file that has any."""
    begun = next((begun for path in paths if (begun := ClockFile(path).begun()) is not None), None)
    return Clocks(begun=begun).now()


def dated_by(clocks: Clocks, file: ClockFile) -> Callable[[float, float], None]:
    """Takes the dates of responses: the clocks learn from them, and the file keeps what they confirm."""

    def dated(date: float, waited: float) -> None:
        clocks.dated(date, waited)
        begun = clocks.confirmed
        if begun is not None and not file.is_kept(begun):
            _beside(lambda: file.keep(begun))
        elif clocks.refuted and file.has_any:
            _beside(file.forget)

    return dated


def _beside(write: Callable[[], None]) -> None:
    """Write in a thread: a response is being taken in."""
    asyncio.get_running_loop().run_in_executor(None, write)
