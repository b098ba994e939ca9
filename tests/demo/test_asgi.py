"""The simulated RunPod over HTTP: as faithful as clients need, and as faulty as tests need."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.demo.conftest import Demo, every_field
from tui.demo.execution import KEY, READ_ONLY_KEY, schema
from tui.demo.faults import NAMES, FaultError, Faults, parse
from tui.demo.pods import iso
from tui.demo.world import GONE, GONE_SPOT, NO_GPUS, WRONG

STOP = "mutation($i: PodStopInput!) { podStop(input: $i) { id desiredStatus } }"
RESUME = "mutation($i: PodResumeInput!) { podResume(input: $i) { id desiredStatus gpuCount } }"
BID = "mutation($i: PodBidResumeInput!) { podBidResume(input: $i) { id desiredStatus costPerHr } }"
END = "mutation($i: PodTerminateInput!) { podTerminate(input: $i) }"
DEPLOY = "mutation($i: PodFindAndDeployOnDemandInput) { podFindAndDeployOnDemand(input: $i) { id name costPerHr } }"
RENT = "mutation($i: PodRentInterruptableInput!) { podRentInterruptable(input: $i) { id podType costPerHr } }"
LLAMA, SPOT, STOPPED = "k3v9x0q2m1a7ze", "a1s2d3f4g5h6j7", "m5n4b3v2c1x0z9"
ORDER = {"gpuTypeId": "NVIDIA RTX A4000", "imageName": "pytorch", "dockerArgs": "", "name": "new", "gpuCount": 1}


# As RunPod answers


async def test_aliases_fragments_variables_arguments_and_typename(demo: Demo) -> None:
    body = await demo.ask(
        """query($n: Int, $id: String) {
          a: gpuTypes(input: {id: $id}) { ...g  one: lowestPrice(input: {gpuCount: 1, secureCloud: null}) { ...p } }
          b: gpuTypes(input: {id: "NVIDIA L4"}) { __typename eight: lowestPrice(input: {gpuCount: $n}) { ...p } }
        }
        fragment g on GpuType { id displayName }
        fragment p on LowestPrice { uninterruptablePrice stockStatus }""",
        n=2,
        id="NVIDIA H100 80GB HBM3",
        undeclared="is ignored",
    )
    assert "errors" not in body
    assert body["data"]["a"][0]["displayName"] == "H100 SXM"
    assert body["data"]["b"][0]["__typename"] == "GpuType"


async def test_an_enum_literal_and_inlined_arguments_in_a_mutation(demo: Demo) -> None:
    body = await demo.ask(
        'mutation { podFindAndDeployOnDemand(input: {gpuTypeId: "NVIDIA RTX A4000", cloudType: ALL, dockerArgs: "",'
        ' imageName: "x", name: "inlined", gpuCount: 1, env: [{key: "A", value: "1"}]}) { name desiredStatus } }'
    )
    assert body == {"data": {"podFindAndDeployOnDemand": {"name": "inlined", "desiredStatus": "RUNNING"}}}


async def test_the_catalogue_needs_no_key_and_myself_is_null_without_one(demo: Demo) -> None:
    body = await demo.ask("{ gpuTypes { id } cpuTypes { id } dataCenters { id } countryCodes myself { id } }", key=None)
    assert len(body["data"]["gpuTypes"]) == 47
    assert body["data"]["myself"] is None
    assert "errors" not in body


async def test_a_key_in_the_url_works_and_a_bad_one_is_401(demo: Demo) -> None:
    good = await demo.http.post(f"/graphql?api_key={KEY}", json={"query": "{ myself { id } }"})
    assert good.json()["data"]["myself"]["id"]
    assert (await demo.post("{ myself { id } }", key="wrong")).status_code == 401
    got = await demo.http.get("/graphql", params={"query": "{ myself { id } }", "api_key": KEY})
    assert got.json() == good.json()


@pytest.mark.parametrize(
    "query",
    ["{ nothing }", "{ gpuTypes { id }", "query($x: Nope) { gpuTypes { id } }", "{ __schema { types { name } } }",
     'mutation { podResume(input: {podId: "x", allowedCudaVersions: ["12.4"]}) { id } }'],
)  # fmt: skip
async def test_what_does_not_validate_is_400_with_errors(demo: Demo, query: str) -> None:
    response = await demo.post(query)
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"]


async def test_a_variable_of_the_wrong_type_is_400(demo: Demo) -> None:
    response = await demo.post(STOP, variables={"i": {"podId": 7.5, "nope": 1}})
    assert response.status_code == 400


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"query": 7}', b'{"query": "{ a }", "variables": []}', b"\xff"])
async def test_what_is_no_request_is_400(demo: Demo, body: bytes) -> None:
    assert (await demo.http.post("/graphql", content=body)).status_code == 400


async def test_elsewhere_there_is_nothing(demo: Demo) -> None:
    assert (await demo.http.get("/")).status_code == 404


async def test_answers_are_packed_for_those_who_take_it(demo: Demo) -> None:
    response = await demo.post("{ gpuTypes { id displayName memoryInGb } }")
    assert response.headers["content-encoding"] == "gzip"
    plain = await demo.http.post(
        "/graphql", json={"query": "{ gpuTypes { id } }"}, headers={"Accept-Encoding": "identity"}
    )
    assert "content-encoding" not in plain.headers


async def test_every_field_of_the_schema_answers(demo: Demo) -> None:
    body = await demo.ask(every_field(schema()))
    assert "errors" not in body
    assert body["data"]["myself"]["machines"][0]["latestTelemetry"]["averageGpuMetrics"]["powerWatts"] > 0


# Mutations, by RunPod's rules and in its words


async def test_stop_keeps_the_runtime_for_a_while(demo: Demo) -> None:
    body = await demo.ask(STOP, i={"podId": LLAMA})
    assert body["data"]["podStop"]["desiredStatus"] == "EXITED"
    query = "query($i: PodFilter) { pod(input: $i) { runtime { uptimeInSeconds } lastStatusChange } }"
    pod = (await demo.ask(query, i={"podId": LLAMA}))["data"]["pod"]
    assert pod["runtime"] is not None
    assert pod["lastStatusChange"].startswith("Exited by user: ")
    demo.now += 60
    assert (await demo.ask(query, i={"podId": LLAMA}))["data"]["pod"]["runtime"] is None


async def test_what_is_stopped_can_be_resumed_on_its_own_gpus(demo: Demo) -> None:
    await demo.ask(STOP, i={"podId": LLAMA})
    assert (await demo.ask(RESUME, i={"podId": LLAMA, "gpuCount": 4}))["data"]["podResume"]["gpuCount"] == 4
    assert demo.world.find(LLAMA).rate == pytest.approx(4 * 2.99)
    await demo.ask(STOP, i={"podId": LLAMA})
    assert (await demo.ask(RESUME, i={"podId": LLAMA, "gpuCount": 8}))["data"]["podResume"]["gpuCount"] == 8
    await demo.ask(STOP, i={"podId": LLAMA})
    assert await demo.refused(RESUME, i={"podId": LLAMA, "gpuCount": 9}) == NO_GPUS


async def test_what_is_stopped_is_on_the_shelf_until_it_is_resumed(demo: Demo) -> None:
    key = (demo.world.find(LLAMA).gpu.id, True)
    await demo.ask(STOP, i={"podId": LLAMA})
    assert demo.world.shelf.taken[key] == -8
    await demo.ask(RESUME, i={"podId": LLAMA})
    assert demo.world.shelf.taken[key] == 0
    await demo.ask(END, i={"podId": LLAMA})
    assert demo.world.shelf.taken[key] == -8


async def test_resume_without_an_hour_of_credit(demo: Demo) -> None:
    await demo.ask(STOP, i={"podId": LLAMA})
    demo.world.balance = 20.0
    assert await demo.refused(RESUME, i={"podId": LLAMA}) == (
        "Insufficient balance to resume this on-demand pod. You need at least $23.92 (current: $20.00, deficit: $3.92)."
    )


async def test_a_resume_of_a_missing_pod_and_of_a_running_one(demo: Demo) -> None:
    assert await demo.refused(RESUME, i={"podId": "nosuchpod"}) == "Pod not found"
    assert await demo.refused(BID, i={"podId": "nosuchpod", "gpuCount": 1, "bidPerGpu": 1.0}) == "Pod not found"
    body = await demo.ask(RESUME, i={"podId": LLAMA})
    assert body["data"]["podResume"]["desiredStatus"] == "RUNNING"
    assert demo.world.find(LLAMA).version == 1


async def test_the_lowest_bid_told_is_the_lowest_taken(demo: Demo) -> None:
    demo.now += 300
    query = '{ pod(input: {podId: "a1s2d3f4g5h6j7"}) { lowestBidPriceToResume desiredStatus lastStatusChange } }'
    pod = (await demo.ask(query))["data"]["pod"]
    assert pod["desiredStatus"] == "EXITED"
    assert pod["lastStatusChange"].startswith("Outbid: ")
    lowest = pod["lowestBidPriceToResume"]
    assert lowest > demo.world.find(SPOT).bid
    await demo.refused(BID, i={"podId": SPOT, "gpuCount": 1, "bidPerGpu": lowest - 0.01})
    body = await demo.ask(BID, i={"podId": SPOT, "gpuCount": 1, "bidPerGpu": lowest})
    assert body["data"]["podBidResume"]["desiredStatus"] == "RUNNING"
    demo.now += 3600
    assert (await demo.ask(query))["data"]["pod"]["desiredStatus"] == "RUNNING"


async def test_mutations_that_are_not_simulated_say_so(demo: Demo) -> None:
    assert "does not support this" in await demo.refused('mutation { deleteTemplate(templateName: "x") }')


async def test_resume_on_a_full_host_and_on_a_free_one(demo: Demo) -> None:
    assert await demo.refused(RESUME, i={"podId": STOPPED, "gpuCount": 1}) == NO_GPUS
    demo.world.find(STOPPED).free_gpus = 1
    body = await demo.ask(RESUME, i={"podId": STOPPED})
    assert body["data"]["podResume"] == {"id": STOPPED, "desiredStatus": "RUNNING", "gpuCount": 1}


async def test_resume_with_no_gpu_gives_access_to_the_data(demo: Demo) -> None:
    body = await demo.ask(RESUME, i={"podId": STOPPED, "gpuCount": 0})
    assert body["data"]["podResume"]["gpuCount"] == 0


async def test_a_resumed_pod_boots_with_an_uptime_that_begins_below_zero(demo: Demo) -> None:
    demo.world.find(STOPPED).free_gpus = 1
    await demo.ask(RESUME, i={"podId": STOPPED})
    query = '{ pod(input: {podId: "m5n4b3v2c1x0z9"}) { runtime { uptimeInSeconds ports { publicPort } } } }'
    assert (await demo.ask(query))["data"]["pod"]["runtime"] is None
    demo.now += 46
    assert (await demo.ask(query))["data"]["pod"]["runtime"]["uptimeInSeconds"] < 0


async def test_bid_resume_after_being_outbid(demo: Demo) -> None:
    demo.now += 300
    assert "Bid price is too low" in await demo.refused(BID, i={"podId": SPOT, "gpuCount": 1, "bidPerGpu": 0.01})
    body = await demo.ask(BID, i={"podId": SPOT, "gpuCount": 1, "bidPerGpu": 0.5})
    assert body["data"]["podBidResume"]["costPerHr"] == 0.5
    assert "podResume" in await demo.refused(BID, i={"podId": STOPPED, "gpuCount": 1, "bidPerGpu": 0.5})
    assert "podBidResume" in await demo.refused(RESUME, i={"podId": SPOT})


async def test_terminate_answers_null_and_the_pod_is_gone(demo: Demo) -> None:
    assert await demo.ask(END, i={"podId": LLAMA}) == {"data": {"podTerminate": None}}
    assert await demo.refused(END, i={"podId": LLAMA}) == "pod not found to terminate"
    assert await demo.refused(STOP, i={"podId": LLAMA}) == "Pod not found"
    assert await demo.ask("query($i: PodFilter) { pod(input: $i) { id } }", i={"podId": LLAMA}) == {
        "data": {"pod": None}
    }


async def test_deploy_takes_from_the_stock_and_bills(demo: Demo) -> None:
    from tui.demo.catalogue import gpu_types

    gpu = gpu_types()["NVIDIA RTX A4000"]
    before = sum(demo.world.shelf.free(gpu, secure, demo.now) for secure in (True, False))
    spend = demo.world.spend_per_hour()
    body = await demo.ask(DEPLOY, i={**ORDER, "stopAfter": iso(demo.now + 60)})
    pod = body["data"]["podFindAndDeployOnDemand"]
    assert pod["name"] == "new"
    assert sum(demo.world.shelf.free(gpu, secure, demo.now) for secure in (True, False)) == before - 1
    assert demo.world.spend_per_hour() > spend
    demo.now += 3600
    await demo.ask("{ myself { id } }")
    assert demo.world.find(pod["id"]).status == "RUNNING"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gpuCount": 64}, GONE),
        ({"gpuTypeId": "NVIDIA NOTHING"}, WRONG),
        ({"dockerArgs": None}, WRONG),
        ({"volumeInGb": 99_999}, "enough disk space"),
        ({"minMemoryInGb": 99_999}, GONE),
        ({"dataCenterId": "XX-NO-1"}, GONE),
        ({"countryCode": "XX"}, GONE),
        ({"networkVolumeId": "not-mine"}, WRONG),
        ({"gpuCount": -1}, WRONG),
    ],
)
async def test_deploys_that_are_refused(demo: Demo, change: dict[str, Any], message: str) -> None:
    assert message in await demo.refused(DEPLOY, i={**ORDER, **change})
    assert len(demo.world.pods) == 6


async def test_a_deploy_goes_where_it_is_asked_to(demo: Demo) -> None:
    shelf, gpus = demo.world.shelf, ["NVIDIA NOTHING", "NVIDIA RTX A4000", "NVIDIA L4", "NVIDIA A40"]
    body = await demo.ask(
        "mutation($i: PodFindAndDeployOnDemandInput) { podFindAndDeployOnDemand(input: $i)"
        " { machine { dataCenterId gpuTypeId } networkVolume { name } volumeInGb } }",
        i={**ORDER, "gpuTypeId": None, "gpuTypeIdList": gpus, "cloudType": "SECURE", "networkVolumeId": "vol-7x2kq"},
    )
    pod = body["data"]["podFindAndDeployOnDemand"]
    assert pod["machine"]["dataCenterId"] == "US-TX-3"
    assert pod["networkVolume"] == {"name": "datasets"}
    assert pod["volumeInGb"] == 0
    assert shelf.taken[(pod["machine"]["gpuTypeId"], True)] == 1


async def test_renting_needs_a_bid_and_stock(demo: Demo) -> None:
    assert "Bid price is too low" in await demo.refused(RENT, i={**ORDER, "bidPerGpu": 0.0})
    assert await demo.refused(RENT, i={**ORDER, "bidPerGpu": 1.0, "gpuCount": 64}) == GONE_SPOT
    body = await demo.ask(RENT, i={**ORDER, "bidPerGpu": 1.0})
    assert body["data"]["podRentInterruptable"]["podType"] == "INTERRUPTABLE"


async def test_an_hour_of_credit_is_needed(demo: Demo) -> None:
    demo.world.advance_to(demo.now)
    demo.world.balance = 0.05
    message = await demo.refused(DEPLOY, i=ORDER)
    assert message.startswith("Insufficient balance to deploy")
    assert "(current: $0.05, deficit:" in message


@pytest.mark.parametrize("key", [READ_ONLY_KEY, None])
@pytest.mark.parametrize("query", [STOP, RESUME, END])
async def test_a_key_that_may_only_read_is_unauthorized(demo: Demo, key: str | None, query: str) -> None:
    body = await demo.ask(query, key, i={"podId": LLAMA})
    assert body["errors"][0]["message"] == "Unauthorized"
    assert demo.world.find(LLAMA).status == "RUNNING"


# Faults


@pytest.mark.parametrize("name", ["401", "500", "502", "503", "524", "429"])
async def test_a_status_in_place_of_an_answer_is_html(demo: Demo, name: str) -> None:
    demo.simulator.faults.set(name)
    response = await demo.post("{ myself { id } }")
    assert response.status_code == int(name)
    assert "<html>" in response.text
    assert (response.headers.get("retry-after") == "20") == (name == "429")


async def test_bodies_that_are_wrong(demo: Demo) -> None:
    for name in ("truncated", "notjson"):
        demo.simulator.faults.clear()
        demo.simulator.faults.set(name)
        response = await demo.post("{ gpuTypes { id } }")
        with pytest.raises(json.JSONDecodeError):
            response.json()


async def test_answers_with_parts_missing(demo: Demo) -> None:
    demo.simulator.faults.set("partial")
    body = await demo.ask("{ myself { clientBalance pods { id name desiredStatus costPerHr gpuCount } } }")
    assert body["data"]["myself"]["pods"] is None
    assert body["data"]["myself"]["clientBalance"] > 0
    assert body["errors"][0]["path"] == ["myself", "pods"]
    demo.simulator.faults.clear()
    demo.simulator.faults.set("nulls")
    body = await demo.ask("{ myself { clientBalance pods { id runtime { uptimeInSeconds } } } }")
    assert body["data"]["myself"]["clientBalance"] is None
    assert {p["runtime"] for p in body["data"]["myself"]["pods"]} == {None}


async def test_a_reset_and_a_time_out(demo: Demo) -> None:
    demo.simulator.faults.set("reset")
    with pytest.raises(httpx.ReadError):
        await demo.post("{ myself { id } }")
    demo.simulator.faults.clear()
    demo.simulator.faults.set("timeout")
    demo.http.timeout = httpx.Timeout(0.05)
    with pytest.raises(httpx.ReadTimeout):
        await demo.post("{ myself { id } }")
    demo.simulator.faults.clear()
    demo.simulator.faults.set("refused")
    with pytest.raises(httpx.ConnectError):
        await demo.post("{ myself { id } }")


async def test_a_mutation_that_acts_and_answers_502(demo: Demo) -> None:
    demo.simulator.faults.set("acts-502")
    assert (await demo.post(STOP, variables={"i": {"podId": LLAMA}})).status_code == 502
    assert demo.world.find(LLAMA).status == "EXITED"
    assert (await demo.post("{ myself { id } }")).status_code == 200


async def test_a_slow_drip_still_is_the_whole_answer(demo: Demo) -> None:
    demo.simulator.faults.set("drip", 0.0)
    assert len((await demo.ask("{ gpuTypes { id } }"))["data"]["gpuTypes"]) == 47


async def test_faults_are_set_from_outside(demo: Demo) -> None:
    response = await demo.http.post("/faults", json={"429": 3, "503": None})
    assert response.json() == {"429": 3.0, "503": 1.0}
    assert (await demo.http.post("/faults", json={"nope": 1})).status_code == 400
    assert (await demo.http.post("/faults", json={})).json() == {}
    assert (await demo.post("{ myself { id } }")).status_code == 200


def test_faults_on_the_command_line() -> None:
    assert parse(["latency:2.5", "503"]).active == {"latency": 2.5, "503": 1.0}
    for wrong in ("nope", "latency:fast", "latency:-1"):
        with pytest.raises(FaultError):
            parse([wrong])
    assert len(NAMES) == len(set(NAMES))
    assert not Faults().active
