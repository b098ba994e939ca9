"""Rules of money and health."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from tests.make import funds, pod
from tui.domain import pod_health
from tui.domain.pod_health import Phase


@pytest.mark.parametrize(
    ("given_pod", "idle", "expected"),
    [
        (pod("a"), 0, Phase.RUNNING),
        (pod("a"), pod_health.IDLE_AFTER, Phase.IDLE),
        (pod("a", utils=None), 99_999, Phase.BOOTING),
        (pod("a", status="EXITED"), None, Phase.STOPPED),
        (pod("a", status="EXITED", change="Outbid: Wed Jul 29 2026 21:51:59 GMT+0000 (UTC)"), None, Phase.OUTBID),
        (pod("a", status="TERMINATED"), None, Phase.ENDED),
        (pod("a", status="HIBERNATING"), None, Phase.OTHER),
    ],
)
def test_phase(given_pod: object, idle: float | None, expected: Phase) -> None:
    assert pod_health.phase(given_pod, idle) is expected  # type: ignore[arg-type]


def test_a_status_newer_than_podtop_is_shown_as_text() -> None:
    assert pod_health.status_word(pod("a", status="HIBERNATING"), Phase.OTHER) == "hibernating"


def test_runway() -> None:
    assert pod_health.runway(funds(100, 10)) == 36_000
    assert pod_health.runway(funds(100, 0)) == math.inf
    assert pod_health.runway(funds(0, 10)) == 0
    assert pod_health.runway(funds(-3, 10)) == 0
    assert pod_health.runway(funds(None, 10)) is None
    assert pod_health.runway(funds(100, None)) is None
    assert pod_health.runway(None) is None


def test_totals_count_only_live_gpus_as_busy() -> None:
    pods = [pod("a", utils=(90, 0)), pod("b", utils=None), replace(pod("c", utils=(90,)), status="EXITED")]
    assert pod_health.totals(pods, unreadable=1) == pod_health.Totals(
        running=2, pods=4, gpus_busy=1, gpus=3, gpus_unread=0, gpus_booting=1
    )


def test_a_gpu_that_runpod_says_nothing_of_is_not_counted_as_idle() -> None:
    quiet = pod("a", utils=(90, None))
    silent = replace(pod("b", utils=(1, 1, 1)), runtime=replace(pod("b", utils=(1,)).runtime, gpus=()))
    assert pod_health.totals([quiet, silent]).gpus_unread == 4
