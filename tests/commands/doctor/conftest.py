"""A podtop that is as well as can be, for checks to examine with one thing changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tui.commands.config import Screen
from tui.commands.doctor.subject import Subject
from tui.config.loader import Config
from tui.services.source import Source
from tui.storage.state_files import StateFiles

Examined = Callable[..., Subject]
OnPath = Callable[[str, str], dict[str, str]]


def opens_nothing() -> Any:
    raise AssertionError("no check of this machine sends a request")


@pytest.fixture
def examined(tmp_path: Path) -> Examined:
    """Makes what is examined; `path` has the programs that are found."""

    def make(*programs: str, **changes: Any) -> Subject:
        state = tmp_path / "state"
        given: dict[str, Any] = {
            "config": Config(),
            "config_file": tmp_path / "config.toml",
            "source": Source("runpod", False, opens_nothing, lambda: 1_795_435_200.0),
            "state": StateFiles(lambda: state, "api.runpod.io", "https://api.runpod.io/graphql"),
            "state_dir": state,
            "screen": Screen(lambda keymap: (), lambda keymap: (), lambda: ("nord",)),
            "size": (120, 40),
            "environ": {"TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(tmp_path)},
            "which": lambda name: f"/usr/bin/{name}" if name in programs else None,
        }
        return Subject(**{**given, **changes})

    return make


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnPath:
    """Puts a program that does as a shell says on the PATH, where podtop looks for programs; returns an environment."""

    def put(name: str, body: str) -> dict[str, str]:
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return {"PATH": os.environ["PATH"]}

    return put
