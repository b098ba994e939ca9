"""What every test gets: a home of its own, and no key from the machine it runs on."""

from __future__ import annotations

from pathlib import Path

import pytest
import textual._wait
from hypothesis import settings

# How long an example takes says how busy the machine is, and nothing about podtop.
settings.register_profile("podtop", deadline=None)
settings.load_profile("podtop")

# Textual's pilot waits until 50 ms pass in which the program does next to nothing, after every key: on a machine with
# other work that costs seconds a test. Half idle is idle enough, for what a test waits for it names itself.
textual._wait.SLEEP_GRANULARITY = 1 / 250
textual._wait.SLEEP_IDLE = textual._wait.SLEEP_GRANULARITY / 2


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("home")
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
    return home
