"""What every test gets: a home of its own, and no key from the machine it runs on."""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

from tests import textual_shortcuts
from tui.storage import app_log

# What is compiled is kept: each program that a test starts would compile all of podtop again otherwise.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long an example takes says how busy the machine is, and nothing about podtop. Few examples by default; .ci/run
# tries the same with many (--hypothesis-profile=whole, and long). They are the same in each run: what fails is what
# was changed. --hypothesis-profile=search looks for others.
settings.register_profile("podtop", deadline=None, max_examples=15, derandomize=True)
settings.register_profile("whole", deadline=None, max_examples=100, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=400, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=400)
settings.load_profile("podtop")

textual_shortcuts.take()

# httpcore looks for it in the whole path, for each lock that it makes. That it is not there is known at once so.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

# An app is a great many objects that live as long as it does: to go through them for garbage again and again costs more
# than what is found takes up.
gc.set_threshold(100_000, 50, 100)

AGAIN = 5.0
"""Seconds after which a test that goes on although its time is over is stopped again."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.scheduling import Scheduling

    return Scheduling(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    if getattr(session.config.option, "numprocesses", None):
        from tests.cli import quick

        quick.offer()
    if hasattr(session.config, "workerinput"):
        from tests.scheduling import tell_what_counts

        tell_what_counts(session.config)


def pytest_configure(config: pytest.Config) -> None:
    """Examples are the same in each run only without the constants of whatever modules a worker has imported by then.

    Reading them out of every module takes each worker seconds, too.
    """
    if config.getoption("--hypothesis-profile") != "search" and hasattr(providers, "_get_local_constants"):
        none = providers._local_constants
        providers._get_local_constants = lambda: none


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
    """What the default run does not want is not collected: more than half of all cases, by each worker."""
    if collector.config.option.markexpr != "not soak and not wide":
        return None
    marks = getattr(obj, "pytestmark", ())
    names = {mark.name for mark in (*collector.iter_markers(), *(marks if isinstance(marks, list) else ()))}
    return [] if names & {"soak", "wide"} else None


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_timeout_set_timer() -> Any:
    """What is raised once its time is over goes to whichever task runs then, which may be one of podtop's, and the test
    would wait on: it is raised again until the test has ended."""
    is_set = yield
    left, _ = signal.getitimer(signal.ITIMER_REAL)
    if left:
        signal.setitimer(signal.ITIMER_REAL, left, AGAIN)
    return is_set


def pytest_collection_finish() -> None:
    """The tests themselves live until the end: nobody looks through them for garbage."""
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Nobody reads a worker's summary of its snapshots, for which each unused one is looked for among all tests."""
    if hasattr(session.config, "workerinput"):
        session.config._syrupy.report = SimpleNamespace(lines=())  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder after the other; pytest's own numbering looks through all there are, for each."""
    root = tmp_path_factory.mktemp("homes")
    return (root / str(number) for number in count())


@pytest.fixture
def tmp_path(_homes: Iterator[Path]) -> Path:
    """As pytest's own."""
    path = next(_homes)
    path.mkdir()
    return path


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
        *(f"PODTOP_{n}" for n in ("API_URL", "CONFIG", "INTERVAL", "READ_ONLY", "RECORD")),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PODTOP_TOUR", "0")
    # Where a file is written whose name is typed, or is not said: not among the sources.
    monkeypatch.chdir(home)
    yield home
    app_log.close_log()
