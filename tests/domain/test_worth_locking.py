"""When a pod is worth a lock at RunPod, and where that is said."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import pod
from tests.ui.test_not_offered import NOW, lines
from tui.api.enums import PodStatus
from tui.api.models import Pod, Runtime
from tui.domain.upkeep import LONG, worth_locking
from tui.format import numbers as fmt
from tui.ui.render import pod_facts

FRESH = replace(pod("a"), volume_gb=0.0)


def up(seconds: float | None, base: Pod = FRESH) -> Pod:
    runtime = base.runtime or Runtime(None, None, None, (), ())
    return replace(base, runtime=replace(runtime, uptime=seconds))


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (up(LONG - 1), ""),
        (up(LONG), f"up {fmt.duration(LONG)}"),
        (up(None), ""),
        (replace(FRESH, volume_gb=300.0), "300 GB volume"),
        (replace(pod("a", status="EXITED", utils=None), volume_gb=20.0), "20 GB volume"),
        (replace(pod("a", status="EXITED", utils=None), volume_gb=0.0), ""),
        # A stopped pod keeps a stale runtime for a while.
        (up(2 * LONG, replace(FRESH, status=PodStatus.EXITED)), ""),
        (replace(FRESH, volume_gb=None), ""),
        (replace(FRESH, volume_gb=300.0, locked=True), ""),
        (replace(FRESH, volume_gb=300.0, cluster_id="c"), ""),
        (replace(FRESH, volume_gb=300.0, status=PodStatus.TERMINATED), ""),
    ],
)
def test_a_long_run_and_a_volume_are_worth_a_lock(of: Pod, why: str) -> None:
    assert worth_locking(of) == why


@pytest.mark.parametrize("lockable", [False, True])
def test_the_pod_screen_says_so_where_it_can_be_locked(lockable: bool) -> None:
    of = replace(FRESH, volume_gb=300.0)
    sections = pod_facts.sections(
        of, None, NOW, spent=pod_facts.Spent(None, None), phase=pod_facts.Phase.RUNNING, lockable=lockable
    )
    shown = lines(sections)["RunPod lock"]
    assert shown == ("unlocked; K locks it: 300 GB volume" if lockable else "no")
