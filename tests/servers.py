"""Servers that tests run podtop beside: found on the machine, else the tests that need them are skipped with a word."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PLACES = (*os.environ.get("PODTOP_TEST_SERVERS", "").split(os.pathsep), "/usr/bin", "/usr/local/bin")
"""Where to look beside PATH: packages may be unpacked instead of installed."""


def program(name: str) -> str:
    """The path of a program; skips the test that asks where there is none."""
    found = shutil.which(name) or next((shutil.which(name, path=place) for place in PLACES if place), None)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install prometheus victoria-metrics")
    return found


def promtool(*arguments: str, text: str = "", directory: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What promtool says of a text on its input."""
    return subprocess.run(
        [program("promtool"), *arguments], input=text, capture_output=True, text=True, timeout=60, cwd=directory,
        check=False,
    )  # fmt: skip
