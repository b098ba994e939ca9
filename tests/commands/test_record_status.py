"""The state of several accounts in one line: the worst is named, and none hides behind the others."""

from __future__ import annotations

import pytest

from tui.commands.record_status import together

GOOD, WRONG = "● recording 4 pods", "▲ RunPod cannot be reached. Retrying."


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        ({"": GOOD}, GOOD),
        ({"": WRONG}, WRONG),
        ({"work": GOOD, "lab": GOOD}, "● recording 2 accounts · work: recording 4 pods"),
        ({"work": GOOD, "lab": WRONG}, f"▲ 1/2 accounts recorded · lab: {WRONG[2:]}"),
        ({"work": "◌ connecting…", "lab": WRONG}, f"▲ 0/2 accounts recorded · lab: {WRONG[2:]}"),
        ({"work": "‖ another", "lab": "◌ connecting…"}, "◌ 0/2 accounts recorded · lab: connecting…"),
        ({"work": GOOD, "lab": "‖ another"}, "‖ 1/2 accounts recorded · lab: another"),
    ],
)
def test_the_worst_state_is_named(texts: dict[str, str], whole: str) -> None:
    assert together(texts) == whole
