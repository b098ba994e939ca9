"""Two days of an account with a planted waste in each pod: all are named and notified, and nothing at work is."""

from __future__ import annotations

import pytest

from tests.bench import attention, second_day
from tests.store.pods_at_work import HOUR

STEP, HOURS = 60.0, 24.0


@pytest.mark.wide
@pytest.mark.parametrize("number", [1, 2])
def test_wastes_are_named_and_notified_and_work_is_not(number: int) -> None:
    seconds = HOURS * HOUR
    if number == 1:
        planted = attention.plants()
        beside = {f"work-{n}": attention.at_work(n, seconds) for n in range(1, 9)}
        beside |= {f"grey-{n}": attention.grey(n) for n in range(1, 7)}
    else:
        planted, beside = second_day.plants(1, STEP), second_day.scenes(1, STEP, seconds)
    day = attention.Day(STEP, 1)
    day.run({plant.id: plant.scene for plant in planted} | beside, seconds)
    *lines, last = attention.counted(day, planted)
    missed = [line for line in lines if line.endswith("<<<")]
    assert len(missed) <= 1, missed
    assert last.startswith(f"named {len(planted) - len(missed)} of {len(planted)}")
    for id in beside:
        if id.startswith("work"):
            assert (day.named[id], day.rung[id]) == ([], [])
    of_grey = [len(day.rung[id]) for id in beside if id.startswith("grey")]
    assert sum(of_grey) <= len(of_grey) * HOURS / 24, "at most one for each pod and day"
