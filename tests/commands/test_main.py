"""What happens before the program itself: the garbage collector rests while everything is imported."""

from __future__ import annotations

import gc
import sys

import pytest

import tui.cli
from tui.__main__ import _program


def test_the_garbage_collector_leaves_imports_alone_and_runs_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["podtop"])
    monkeypatch.setattr(tui.cli, "run", lambda: 10 * gc.isenabled() + (gc.get_freeze_count() > 0))
    try:
        assert _program() == 11
    finally:
        gc.unfreeze()
