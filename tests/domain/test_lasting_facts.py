"""What is known of a pod is kept where another API does not report it, for as long as it holds."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import pod
from tui.actions import BY_ID
from tui.api.enums import PodKind, PodStatus
from tui.api.features import Feature
from tui.api.models import Placement, Pod, PodVerb
from tui.api.rest.pods import LACKS
from tui.api.status_change import StatusChange
from tui.domain.action import Command
from tui.domain.effects import of_starting, of_stopping
from tui.domain.lasting_facts import kept

OUTBID = StatusChange("Outbid: Mon Nov 23 2026 13:02:30 GMT+0000 (Coordinated Universal Time)")
PLACE = Placement("H100 SXM", 3, "host-1", "SE", "EU-SE-1", True, None, None, None)


def over_graphql(status: str = "EXITED") -> Pod:
    return replace(pod("p", status=status, kind=PodKind.SPOT), status_change=OUTBID, machine=PLACE)


def over_rest(status: str = "EXITED") -> Pod:
    verbs = frozenset({PodVerb.START} if status == "EXITED" else {PodVerb.STOP})
    place = replace(PLACE, gpu_available=None, location=None)
    return replace(pod("p", status=status, kind=None), status_change=None, machine=place, verbs=verbs)


def test_kind_reason_and_country_are_kept_and_what_changes_is_not() -> None:
    after = kept(over_rest(), over_graphql(), LACKS, watched=True)
    assert after == replace(over_rest(), kind=PodKind.SPOT, status_change=OUTBID, machine=after.machine)
    assert after.machine == replace(PLACE, gpu_available=None)


@pytest.mark.parametrize("feature", [Feature.POD_KIND, Feature.STATUS_CHANGE, Feature.LOCATION])
def test_an_api_that_reports_it_is_believed_where_it_reports_nothing(feature: Feature) -> None:
    after = kept(over_rest(), over_graphql(), LACKS - {feature}, watched=True)
    location = after.machine.location if after.machine else None
    values = {Feature.POD_KIND: after.kind, Feature.STATUS_CHANGE: after.status_change, Feature.LOCATION: location}
    assert [name for name, value in values.items() if value is None] == [feature]


@pytest.mark.parametrize(
    ("before", "after", "watched"),
    [
        ("EXITED", "EXITED", False),
        ("EXITED", "RUNNING", True),
        ("RUNNING", "EXITED", True),
        ("RUNNING", "RUNNING", True),
    ],
)
def test_a_reason_holds_until_the_pod_starts_and_is_of_this_stop_alone(before: str, after: str, watched: bool) -> None:
    assert kept(over_rest(after), over_graphql(before), LACKS, watched=watched).status_change is None


def test_a_pod_boots_since_it_was_rented_until_its_container_is_up() -> None:
    rented = replace(over_graphql("RUNNING"), runtime=None)
    boots = replace(over_rest("STARTING"), runtime=None)
    assert kept(boots, rented, LACKS, watched=True).status_change == OUTBID
    assert kept(over_rest("RUNNING"), rented, LACKS, watched=True).status_change is None
    assert kept(boots, over_graphql("RUNNING"), LACKS, watched=True).status_change is None


def test_another_host_is_elsewhere() -> None:
    known = replace(over_graphql(), machine=replace(PLACE, host_id="host-2"))
    after = kept(over_rest(), known, LACKS, watched=True)
    assert after.machine == over_rest().machine


def test_a_spot_pod_can_be_resumed_where_there_are_no_bids_and_the_dialog_says_what_that_means() -> None:
    resume, command = BY_ID["resume"], Command("resume", "p", "p", 1)
    assert resume.refuse(over_graphql()) is not None
    stopped = kept(over_rest(), over_graphql(), LACKS, watched=True)
    assert stopped.status == PodStatus.EXITED
    assert resume.refuse(stopped) is None
    assert "no bids" in " ".join(point.text for point in of_starting([stopped], [command], None))
    running = kept(over_rest("RUNNING"), over_graphql("RUNNING"), LACKS, watched=True)
    told = " ".join(point.text for point in of_stopping([running], None))
    assert "no bids" in told
    assert "(B)" not in told
    assert "(B)" in " ".join(point.text for point in of_stopping([over_graphql("RUNNING")], None))
