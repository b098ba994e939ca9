"""RunPod's words in a recording: as texts in the file, as podtop knows them in memory, whichever version wrote them."""

from __future__ import annotations

import json

import pytest

from tests.make import pod
from tui.api.enums import PodKind, PodStatus
from tui.api.status_change import StatusChange
from tui.history.archive import checked, entries

CHANGE = "Outbid: Wed Jul 29 2026 21:51:59 GMT+0000 (Coordinated Universal Time)"
BEFORE = (
    b'{"id":"a","name":"pod a","status":"HIBERNATING","kind":"INTERRUPTABLE","status_change":"'
    + CHANGE.encode()
    + b'",'
    b'"cost_per_hr":2.99,"gpu_count":1,"vcpus":16.0,"memory_gb":125.0,"image":"pytorch:2.4","volume_gb":100.0,'
    b'"container_disk_gb":50,"network_volume_id":null,"locked":false,"lowest_bid_to_resume":null,"runtime":null,'
    b'"machine":{"gpu_name":"H100 SXM","gpu_available":null,"host_id":"a-64410065","location":"US",'
    b'"data_center":"US-TX-3","secure":true,"maintenance_start":null,"maintenance_end":null,"maintenance_note":null},'
    b'"telemetry":null}'
)
"""A state as podtop wrote it when statuses and changes were plain texts."""


def test_a_state_is_written_byte_for_byte_as_before() -> None:
    now = pod("a", status=PodStatus("HIBERNATING"), kind=PodKind.SPOT, utils=None, change=CHANGE)
    assert entries.encoded(now) == BEFORE


def test_a_state_of_before_is_read() -> None:
    read = checked.pod(BEFORE)
    assert read.status.name == "UNKNOWN"
    assert read.status == "HIBERNATING"
    assert read.kind is PodKind.SPOT
    assert read.status_change == StatusChange(CHANGE)
    assert entries.encoded(read) == BEFORE


@pytest.mark.parametrize("change", [3, [], {"text": "Outbid"}])
def test_a_change_that_is_no_text_is_a_bad_row(change: object) -> None:
    damaged = json.dumps({**json.loads(BEFORE), "status_change": change}).encode()
    with pytest.raises(checked.BadRow):
        checked.pod(damaged)


def test_a_change_may_be_missing() -> None:
    assert checked.pod(json.dumps({**json.loads(BEFORE), "status_change": None}).encode()).status_change is None
