"""What the user set on the screen: where it is looked up, and where not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.storage.preferences import Preferences


def test_what_starts_afresh_is_not_looked_up_and_is_kept_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "screen.json"

    def nowhere() -> Path:
        pytest.fail("the file was looked up")

    assert Preferences(nowhere, fresh=True).get("theme") == ""
    fresh = Preferences(lambda: path, fresh=True)
    fresh.keep("theme", "podtop-light")
    assert fresh.get("theme") == Preferences(lambda: path).get("theme") == "podtop-light"
