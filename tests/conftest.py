"""What every test gets: a home of its own, and no key from the machine it runs on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import textual._wait
from hypothesis import settings
from textual.css.stylesheet import Stylesheet

from tui import journal

# What is compiled is kept: each program that a test starts would compile all of podtop again otherwise.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long an example takes says how busy the machine is, and nothing about podtop. Few examples by default; .ci/run
# tries the same with many (--hypothesis-profile=long).
settings.register_profile("podtop", deadline=None, max_examples=15)
settings.register_profile("long", deadline=None, max_examples=400)
settings.load_profile("podtop")

# Textual's pilot waits until 50 ms pass in which the program does next to nothing, after every key: on a machine with
# other work that costs seconds a test. Half idle is idle enough, for what a test waits for it names itself.
textual._wait.SLEEP_GRANULARITY = 1 / 250
textual._wait.SLEEP_IDLE = textual._wait.SLEEP_GRANULARITY / 2

_parse_rules = Stylesheet._parse_rules
_parsed: dict[tuple[Any, ...], Any] = {}


def _parse_once(self: Stylesheet, *args: Any, **more: Any) -> Any:
    """The same style sheets are parsed by every app that a test starts: each is parsed once for all of them."""
    key = (args, tuple(more.items()), tuple(self._variables.items()))
    if key not in _parsed:
        _parsed[key] = _parse_rules(self, *args, **more)
    return _parsed[key]


Stylesheet._parse_rules = _parse_once  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder after the other; pytest's own numbering looks through all there are, for each."""
    root = tmp_path_factory.mktemp("homes")
    return (root / str(number) for number in count())


@pytest.fixture(autouse=True)
def _own_home(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = next(_homes)
    home.mkdir()
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    for name in (
        "RUNPOD_API_KEY",
        "NO_COLOR",
        "TEXTUAL",
        "COLORTERM",
        *(f"PODTOP_{n}" for n in ("API_URL", "INTERVAL", "READ_ONLY", "RECORD")),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PODTOP_TOUR", "0")
    yield home
    journal.close_log()
