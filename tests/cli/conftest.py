"""What tests of podtop as a program share: a simulated RunPod in a process of its own, which none of them changes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli import quick


@contextmanager
def served(home: str, *arguments: str) -> Iterator[str]:
    """The address of a simulated RunPod, as long as it is wanted."""
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    environ = {**os.environ, **dict.fromkeys(names, home)}
    server = quick.Process("simulate", "--port", "0", *arguments, env=environ)
    try:
        yield next(word for word in server.stdout.readline().split() if word.startswith("http")).rstrip(",")
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate()


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One with three pods. Nothing may be done to them."""
    with served(str(tmp_path_factory.mktemp("server")), "--pods", "3") as address:
        yield address
