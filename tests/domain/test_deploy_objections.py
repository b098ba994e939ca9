"""What REST v2 has no way to order is named at the field of the draft, before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.make import offer, pod
from tests.ui.test_deploy_form import FRESH, NOW, OFFERS
from tui.actions import BY_ID
from tui.api.enums import CloudKind, ComputeKind
from tui.api.features import Feature
from tui.api.models import Quote
from tui.api.orders import DeployOrder
from tui.api.rest.orders import create_body
from tui.api.rest.orders import objections as of_rest
from tui.api.secret import Secret
from tui.domain import consequences, deploy_order
from tui.domain.armed_order import planned, unorderable
from tui.domain.deploy_draft import Draft
from tui.domain.deploy_objections import begun, in_one_cloud, no_objections, objections
from tui.domain.deploy_validation import faults
from tui.domain.market_watch import MarketWatch, State
from tui.domain.upkeep import of_fixed_gpus

SECURE = FRESH.typed("cloud", CloudKind.SECURE)


def typed(draft: Draft = SECURE, **values: str) -> Draft:
    for name, text in values.items():
        draft = draft.typed(name, text)
    return draft


def found(draft: Draft, **more: Any) -> dict[str, str]:
    return objections(draft, OFFERS, NOW, None, of_rest, rents=False, **more)


@pytest.mark.parametrize(
    ("values", "field", "instead"),
    [
        ({"way": "spot"}, "way", "on demand"),
        ({"cloud": CloudKind.EITHER}, "cloud", "secure or community"),
        ({"country": "SE"}, "country", "data center"),
        ({"stop_after": "8h"}, "stop_after", "lease"),
        ({"terminate_after": "2d"}, "terminate_after", "lease"),
        ({"gpu_types": "NVIDIA L40S"}, "gpu_types", "clear them"),
        ({"min_download_mbps": "500"}, "min_download_mbps", "clear it"),
        ({"min_upload_mbps": "500"}, "min_upload_mbps", "clear it"),
        ({"public_ip": "yes"}, "public_ip", "RunPod default"),
        ({"min_disk_gb": "100"}, "min_disk_gb", "clear it"),
        ({"port": "8080"}, "port", "ports"),
        ({"compliance": "GDPR"}, "compliance", "data center"),
        ({"volume_key": "x"}, "volume_key", "encrypt"),
        ({"instance_ids": "cpu3c-2-4"}, "instance_ids", "CPU only"),
        ({"compute": ComputeKind.CPU, "instance_ids": "cpu3c-2-4", "gpu_type_id": ""}, "volume_gb", "network volume"),
    ],
)
def test_each_is_named_at_its_field_with_what_to_do_instead(values: dict[str, str], field: str, instead: str) -> None:
    result = found(typed(**values))
    assert result.keys() == {field}
    assert instead in result[field]
    assert not result[field].endswith(".")


def test_what_can_be_ordered_has_none_and_another_api_objects_to_nothing() -> None:
    assert found(SECURE) == {}
    everything = typed(FRESH, country="SE", stop_after="8h", gpu_types="NVIDIA L40S", public_ip="yes")
    assert objections(everything, OFFERS, NOW, None, no_objections) == {}


def test_all_are_found_at_once_whatever_else_is_wrong() -> None:
    draft = typed(
        FRESH, way="spot", country="SE", min_vcpus="many", stop_after="never", name="", compliance="HONESTY",
        bid_per_gpu="",
    )  # fmt: skip
    assert found(draft).keys() == {"way", "cloud", "country"}
    # Fields of the other way of renting are not shown, and not sent.
    assert found(typed(FRESH, way="spot", gpu_types="NVIDIA L40S")).keys() == {"way", "cloud"}
    rents = objections(typed(FRESH, way="spot"), OFFERS, NOW, None, of_rest)
    assert rents.keys() == {"bid_per_gpu", "cloud"}


def test_a_time_that_the_lease_enforces_is_left_to_it() -> None:
    draft = typed(stop_after="8h", lease="yes")
    assert found(draft) == {}
    assert faults(draft, OFFERS, (), NOW, None) == {}
    order = deploy_order.sent(draft, OFFERS, NOW, None, of_rest)
    assert isinstance(order, DeployOrder)
    assert "stop" not in str(create_body(order))
    assert deploy_order.lease(draft, NOW, None) == ("stop", NOW + 8 * 3600)
    # Where RunPod takes it, it has it too; and without a lease nothing is dropped.
    assert deploy_order.sent(draft, OFFERS, NOW, None, no_objections).stop_after == NOW + 8 * 3600
    assert deploy_order.sent(typed(stop_after="8h"), OFFERS, NOW, None, of_rest).stop_after == NOW + 8 * 3600


def test_one_cloud_is_chosen_that_has_the_gpu() -> None:
    assert in_one_cloud(FRESH, OFFERS)["cloud"] == CloudKind.SECURE
    only = (offer("H100 SXM", Quote(None, None, None), Quote(2.69, 1.5, "Low")),)
    assert in_one_cloud(FRESH, only)["cloud"] == CloudKind.COMMUNITY
    assert in_one_cloud(typed(FRESH, compute=ComputeKind.CPU), only)["cloud"] == CloudKind.SECURE
    assert in_one_cloud(typed(FRESH, gpu_type_id="?"), only)["cloud"] == CloudKind.SECURE


def test_what_nobody_typed_begins_as_the_api_takes_it() -> None:
    cpu = typed(FRESH, compute=ComputeKind.CPU, instance_ids="cpu3c-2-4", gpu_type_id="")
    assert found(cpu).keys() == {"cloud", "volume_gb"}
    assert found(begun(cpu, OFFERS, found(cpu))) == {}
    assert begun(FRESH, OFFERS, {}) == FRESH
    own = typed(SECURE, volume_gb="5")
    assert begun(own, OFFERS, found(own)) == own


def test_a_watch_chooses_the_cloud_itself_and_knows_at_once_what_it_can_never_order() -> None:
    assert found(FRESH, later=True) == {}
    watch = MarketWatch("w", NOW, ("H100",), ("H100",), state=State.ARMED, plan=planned(FRESH, 5.0, 3))
    assert unorderable(watch, FRESH, OFFERS, NOW, None, of_rest) == ""
    why = unorderable(watch, typed(FRESH, country="SE"), OFFERS, NOW, None, of_rest)
    assert why.startswith("Country: no country can be chosen")
    assert unorderable(replace(watch, plan=None), typed(FRESH, country="SE"), OFFERS, NOW, None, of_rest) == ""


def test_the_fault_never_has_a_secret() -> None:
    draft = replace(SECURE, env=(("TOKEN", Secret("hf_verysecret")), ("TOKEN", Secret("hf_verysecret"))))
    assert "TOKEN" in found(draft)["env"]
    assert "hf_" not in str(found(typed(draft, volume_key="hf_verysecret")))


STOPPED = replace(pod("a", status="EXITED", utils=None), gpu_count=2)


def test_a_pod_starts_with_the_gpus_it_had_where_no_other_number_is_offered() -> None:
    lacks = frozenset({Feature.GPU_COUNT})
    pods = {"a": STOPPED}
    case = consequences.case(BY_ID["resume"], ["a"], pods, {}, None, lacks)
    assert case.count == ""
    assert any("its 2 GPUs; another number, or none, is not offered" in point.text for point in case.points)
    # Whatever stands in a dialog that was opened before the API changed.
    assert consequences.faults(case, "5", "") == {}
    assert [command.gpu_count for command in consequences.commands(case, "5", "")] == [2]
    before = consequences.case(BY_ID["resume"], ["a"], pods, {}, None)
    assert before.count == "2"
    assert before.key != case.key
    assert not any(point.topic == "GPUs" for point in before.points)
    assert of_fixed_gpus([replace(STOPPED, gpu_count=0)]) == ()
    assert "the GPUs they had" in of_fixed_gpus([STOPPED, STOPPED])[0].text
