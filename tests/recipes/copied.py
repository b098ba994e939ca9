"""A copy of podtop to which something is added, as a developer would: by lines in files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import tui

CHEAPLY = "from tests import textual_shortcuts; textual_shortcuts.take()\n"
"""What a program begins with that runs the app: what Textual does again and again is done once there too."""

PACKAGE = Path(tui.__file__).parent


class Copy:
    """The copy, and which of its files were touched.

    It runs in a process of its own, so that nothing of the toy is left in this one.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.touched: set[str] = set()
        # With what is compiled, and its times: the copy need not compile all of podtop again.
        shutil.copytree(PACKAGE, folder / "tui")

    def add(self, file: str, after: str, text: str) -> None:
        """Add text to a file of `tui`, behind the one place that has `after`."""
        path = self.root / "tui" / file
        before = path.read_text()
        assert before.count(after) == 1, f"{file}: {after!r} stands there {before.count(after)} times"
        path.write_text(before.replace(after, after + text))
        self.touched.add(file)

    def create(self, file: str, text: str) -> None:
        """Add a file to `tui`."""
        path = self.root / "tui" / file
        assert not path.exists()
        path.write_text(text)
        self.touched.add(file)

    def run(self, code: str, *arguments: str) -> Any:
        """What a program prints as JSON that imports the copy."""
        environ = {**os.environ, "PYTHONPATH": f"{self.root}{os.pathsep}{PACKAGE.parent}"}
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=self.root, env=environ, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
