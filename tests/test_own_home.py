"""What a test, or a program that it starts, writes without a path of its own is not written among the sources."""

from __future__ import annotations

from pathlib import Path

from tests.cli.quick import ROOT


def test_a_test_is_in_a_folder_of_its_own() -> None:
    assert Path.cwd() == Path.home()
    assert ROOT not in (Path.cwd(), *Path.cwd().parents)
