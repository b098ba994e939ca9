"""The rules of REST v2: bodies, filters, rate limits, and faults on the way; nothing a client sends is a 500."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.demo.rest.conftest import LLAMA, ORDER, STOPPED, RestDemo
from tests.variants import up_to
from tui.demo.catalogue import gpu_types
from tui.demo.execution import READ_ONLY_KEY
from tui.demo.faults import Faults
from tui.demo.pods import VOLUME
from tui.demo.rest import bodies
from tui.demo.rest.call import LARGEST_BODY, Request
from tui.demo.rest.routes import ROUTES, Rest
from tui.demo.world import World

GPU = {"id": "NVIDIA RTX A4000"}
START = 1_795_431_600.0


# Bodies of a new pod


def but(**more: Any) -> dict[str, Any]:
    """The order with other fields; None leaves one out."""
    return {name: value for name, value in (ORDER | more).items() if value is not None}


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, ["$: missing property 'name'", "$: missing property 'image'"]),
        ([], ["$: got array, want object"]),
        (but(supportPublicIp=True), ["$: additional properties 'supportPublicIp' not allowed"]),
        (but(gpu=GPU | {"gpuCount": 1}), ["$.gpu: additional properties 'gpuCount' not allowed"]),
        (but(gpu={}), ["$.gpu: missing property 'id'"]),
        (but(gpu=GPU | {"count": 0}), ["$.gpu.count: minimum: got 0, want 1"]),
        (but(gpu=GPU | {"count": True}), ["$.gpu.count: got boolean, want integer"]),
        (but(cloud="ALL"), ["$.cloud: value must be one of 'SECURE', 'COMMUNITY'"]),
        (but(env={"A": 1}), ["$.env.A: got integer, want string"]),
        (but(name=""), ["$.name: minLength: got 0, want 1"]),
        (but(gpu=GPU | {"minCudaVersion": "12"}), [r"$.gpu.minCudaVersion: '12' does not match pattern '^\d+\.\d+$'"]),
        (but(mounts={"network": [{"volumeId": "a", "path": "/a"}] * 2}), ["$.mounts.network: maxItems: got 2, want 1"]),
    ],
)  # fmt: skip
async def test_a_body_against_the_schema_is_422_and_names_each_fault(
    rest: RestDemo, body: Any, errors: list[str]
) -> None:
    assert await rest.problem("POST", "/pods", body) == (422, "Request validation failed.", errors)
    assert rest.world.made == 0


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (but(gpu=None), 400, "exactly one of gpu or cpu"),
        (but(cpu={"id": "cpu3c", "vcpuCount": 2}), 400, "exactly one of gpu or cpu"),
        (but(gpu={"id": "NVIDIA NOT A GPU"}), 422, "Unknown GPU type: NVIDIA NOT A GPU"),
        (but(gpu=None, cpu={"id": "cpu9z", "vcpuCount": 2}), 422, "Unknown CPU flavor"),
        (but(gpu=None, cpu={"id": "cpu3c", "vcpuCount": 6}), 400, "power of two"),
        (but(gpu=GPU | {"allowedCudaVersions": ["12.4"], "minCudaVersion": "12.1"}), 400, "mutually exclusive"),
        (but(gpu=GPU | {"minCudaVersion": "12.11"}), 400, "no longer any instances"),
        (but(gpu=GPU | {"count": 500}), 400, "no longer any instances"),
        (but(gpu=GPU | {"minRamPerGpu": 5000}), 400, "no longer any instances"),
        (but(mounts={"persistent": {"size": 10, "path": "/a"}, "network": [{"volumeId": VOLUME, "path": "/b"}]}),
         400, "mutually exclusive"),
        (but(mounts={"network": [{"volumeId": "vol-nope", "path": "/b"}]}), 400, "network volume not found"),
        (but(mounts={"network": [{"volumeId": VOLUME, "path": "/b"}]}, dataCenterIds=["EU-RO-1"]),
         400, "another data center"),
        (but(gpu=None, cpu={"id": "cpu3c", "vcpuCount": 2}, mounts={"persistent": {"size": 10, "path": "/a"}}),
         400, "CPU pods do not support"),
        (but(ports=["22"]), 400, "invalid port '22'"),
        (but(registry="cr_99"), 400, "registry not found"),
        (but(templateId="tpl_999"), 404, "resource not found"),
        (but(dataCenterIds=["XX-NO-1"]), 400, "no longer any instances"),
        (but(env={"A": "x" * LARGEST_BODY}), 413, "too large"),
    ],
)  # fmt: skip
async def test_a_body_against_a_rule(rest: RestDemo, body: Any, status: int, words: str) -> None:
    got, detail, _ = await rest.problem("POST", "/pods", body)
    assert (got, words in detail) == (status, True), detail
    assert rest.world.made == 0


async def test_money_is_402(rest: RestDemo) -> None:
    rest.world.balance = 0.01
    status, detail, _ = await rest.problem("POST", "/pods", ORDER)
    assert status == 402
    assert "Insufficient balance" in detail


async def test_a_template_fills_in_what_the_body_leaves_out(rest: RestDemo) -> None:
    body = {"name": "t", "templateId": "tpl_000", "gpu": GPU, "env": {"EXTRA": "1"}, "disk": 77, "startJupyter": False}
    made = (await rest.send("POST", "/pods", body)).json()
    assert (made["image"], made["disk"], made["ports"]) == ("acme/pytorch:latest", 77, ["8888/http", "22/tcp"])
    assert made["mounts"] == {"persistent": {"size": 100, "path": "/workspace"}}
    # The environments are merged; the template asks for ssh, which brings the account's key.
    assert set(made["env"]) == {"HF_HOME", "EXTRA", "PUBLIC_KEY"}
    assert made["template"] is None


async def test_every_field_arrives(rest: RestDemo) -> None:
    body = {
        "name": "all", "image": "acme/x:1", "gpu": GPU | {"count": 2, "minCudaVersion": "12.2"}, "cloud": "SECURE",
        "args": "--fast", "disk": 33, "env": {"A": "b=c"}, "ports": ["22/tcp"], "registry": "cr_01",
        "mounts": {"network": [{"volumeId": VOLUME, "path": "/data"}]}, "globalNetworking": True,
    }  # fmt: skip
    made = (await rest.send("POST", "/pods", body)).json()
    for name in ("name", "image", "cloud", "args", "disk", "env", "ports", "registry", "mounts"):
        assert made[name] == body[name]
    assert (made["gpu"]["id"], made["gpu"]["count"], made["dataCenterId"]) == (GPU["id"], 2, "US-TX-3")
    assert made["globalNetworking"]["enabled"] is True


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def _mostly(*values: Any) -> st.SearchStrategy[Any]:
    """One of these; the last one, which is wrong or odd, seldom."""
    return st.sampled_from([*values[:-1] * 8, values[-1]])


_TEXT = _mostly("a", "b c", "\ud800=")
_SIZE = _mostly(1, 20, 50, 10**20)
_COUNT = _mostly(1, 2, 10**20)
_PATH = _mostly("/data", "")
_CUDA = _mostly("12.4", "12.1", "9" * 30 + ".1")
_FIELDS: dict[str, Any] = {
    "name": _mostly("a", ""),
    "image": _TEXT,
    "args": _TEXT,
    "templateId": _mostly("tpl_000", "tpl_001", "none"),
    "disk": _SIZE,
    "registry": _mostly("cr_01", None, "none"),
    "cloud": _mostly("SECURE", "COMMUNITY", "ALL"),
    "globalNetworking": st.booleans(),
    "startSsh": st.booleans(),
    "startJupyter": st.booleans(),
    "env": st.dictionaries(_TEXT, _TEXT, max_size=2),
    "ports": st.lists(_mostly("22/tcp", "8888/http", "22"), max_size=2),
    "dataCenterIds": st.lists(_mostly("US-TX-3", "EU-SE-1", "XX"), max_size=2),
    "cmd": st.lists(_TEXT, max_size=2),
    "gpu": st.fixed_dictionaries(
        {"id": st.sampled_from([*gpu_types()])},
        optional={
            "count": _COUNT, "minCudaVersion": _CUDA, "allowedCudaVersions": st.lists(_CUDA, max_size=2),
            "minRamPerGpu": _COUNT, "minVcpuCountPerGpu": _COUNT,
        },
    ),
    "cpu": st.fixed_dictionaries({"id": _mostly("cpu3c", "cpu5g", "none"), "vcpuCount": _mostly(2, 8, 6)}),
    "mounts": st.fixed_dictionaries(
        {}, optional={
            "persistent": st.fixed_dictionaries({"size": _mostly(10, 20, 10**20), "path": _PATH}),
            "network": st.lists(
                st.fixed_dictionaries({"volumeId": _mostly(VOLUME, "none"), "path": _PATH}), max_size=1
            ),
        },
    ),
}  # fmt: skip
_CHANGES = st.fixed_dictionaries(
    {}, optional={name: field for name, field in _FIELDS.items() if name in bodies.UPDATE["properties"]}
    | {"locked": st.booleans()},
)  # fmt: skip


def _with(*needed: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies that have a name, an image and these fields, and perhaps others."""
    always = {"name": st.just("a"), "image": st.just("b")} | {name: fields[name] for name in needed}
    return st.fixed_dictionaries(always, optional={n: field for n, field in fields.items() if n not in always})


_OTHERS = {name: field for name, field in _FIELDS.items() if name not in ("gpu", "cpu")}
_ORDERS = _with("gpu", gpu=_FIELDS["gpu"], **_OTHERS) | _with("cpu", cpu=_FIELDS["cpu"], **_OTHERS)
_WILD = _JUNK | _with(**{name: _JUNK | field for name, field in _FIELDS.items()})
_LEGAL = {400, 402, 404, 409, 413, 422}


def answered(rest: Rest, method: str, path: str, body: bytes, query: dict[str, list[str]] | None = None) -> Any:
    return rest.answer(Request(method, f"/v2{path}", query or {}, {}, body), "demo-key")


def carried_out(method: str, path: str, body: Any) -> None:
    """Fail unless a request is refused with reason, or leaves a pod that can be shown and goes on."""
    world = World(pods=6, start=START)
    world.advance_to(START + 3600)
    rest = Rest(world, Faults)
    sent = answered(rest, method, path, json.dumps(body).encode())
    told = json.loads(sent.body)
    if sent.status >= 300:
        assert sent.status in _LEGAL
        assert told["status"] == sent.status
        return
    pod = world.pods[told["id"]]
    world.advance_to(world.now + 500)
    assert answered(rest, "GET", f"/pods/{pod.id}", b"").status == 200
    assert world.view(pod)["runtime"]() is not None
    assert json.loads(answered(rest, "GET", "/billing/pods", b"").body)["records"]


@given(body=_ORDERS)
@settings(max_examples=up_to(80))
def test_a_new_pod_is_refused_with_reason_or_runs(body: Any) -> None:
    carried_out("POST", "/pods", body)


@given(body=_CHANGES)
@settings(max_examples=up_to(60))
def test_a_change_is_refused_with_reason_or_the_pod_runs_on(body: Any) -> None:
    carried_out("PATCH", f"/pods/{LLAMA}", body)


@given(body=_WILD, change=st.booleans())
@settings(max_examples=up_to(80))
def test_no_body_is_a_500(body: Any, change: bool) -> None:
    carried_out("PATCH" if change else "POST", f"/pods/{LLAMA}" if change else "/pods", body)


@given(
    raw=st.binary(max_size=40) | st.sampled_from([b"[" * 9000, b'{"name": NaN}', b"9" * 5000, b"\xff\xfe{", b"", b"{}"])
)
@example(raw=b"{}")
def test_no_bytes_are_a_500(raw: bytes) -> None:
    rest = Rest(World(pods=6, start=START), Faults)
    for method, path in (("POST", "/pods"), ("PATCH", f"/pods/{LLAMA}"), ("POST", f"/pods/{LLAMA}/action")):
        status = answered(rest, method, path, raw).status
        # Every field of a change is optional: an empty object changes nothing, and is no error.
        assert status in _LEGAL or (status == 200 and method == "PATCH" and isinstance(json.loads(raw), dict))


_PARAMETERS = (
    "cursor", "limit", "includeClusterPods", "include", "product", "count", "cloud", "countryCodes", "cudaVersions",
    "minCudaVersion", "vcpuCount", "regions", "networkVolumeTypes", "compliance", "globalNetwork", "source",
    "startTime", "endTime", "bucketSize", "lastN", "podId", "networkVolumeId", "tail", "since", "anything",
)  # fmt: skip
_VALUES = st.text(max_size=8) | st.sampled_from([
    "true", "AVAILABILITY", "POD", "SECURE", "US,RO", "12.4", "12", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "2026-11-20T00:00:00+23:59", "year", "hour", "99999999999", "²", "WyJwb2RzIixbMWU5OTksMV0sMF0=",
])  # fmt: skip


@given(
    route=st.sampled_from([route for route in ROUTES if route.method == "GET"]),
    part=st.sampled_from([LLAMA, "x", "cpu3c"]),
    query=st.dictionaries(st.sampled_from(_PARAMETERS), st.lists(_VALUES, min_size=1, max_size=2), max_size=4),
)  # fmt: skip
@settings(max_examples=up_to(120))
def test_no_query_is_a_500(route: Any, part: str, query: dict[str, list[str]]) -> None:
    world = World(pods=6, start=START)
    world.advance_to(START + 3600)
    sent = answered(Rest(world, Faults), "GET", route.path.replace("{id}", part), b"", query)
    assert sent.status == 200 or sent.status in _LEGAL


# Filters of the catalogue


async def test_filters_need_stock_and_stock_needs_a_product(rest: RestDemo) -> None:
    for query in (
        {"product": "POD"},
        {"count": 2},
        {"cloud": "SECURE"},
        {"countryCodes": "US"},
        {"cudaVersions": "12.4"},
    ):
        assert (await rest.problem("GET", "/catalog/gpus", params=query))[0] == 400
    for path in ("/catalog/gpus", "/catalog/cpus"):
        assert (await rest.problem("GET", path, params={"include": "AVAILABILITY"}))[0] == 400
    stock = {"include": "AVAILABILITY", "product": "POD"}
    both = stock | {"cudaVersions": "12.4", "minCudaVersion": "12"}
    assert (await rest.problem("GET", "/catalog/gpus", params=both))[0] == 400
    for wrong in ({"countryCodes": "us"}, {"cudaVersions": "12"}, {"product": "TOASTER"}, {"include": "ALL"}):
        assert (await rest.problem("GET", "/catalog/gpus", params=stock | wrong))[0] == 422
    plain = await rest.get("/catalog/gpus")
    assert all("availability" not in gpu for gpu in plain["gpus"])
    shown = await rest.get("/catalog/gpus", **stock)
    assert {gpu["availability"] for gpu in shown["gpus"]} >= {"NONE", "HIGH"}
    newer = await rest.get("/catalog/gpus", **stock, minCudaVersion="12.11")
    assert {gpu["availability"] for gpu in newer["gpus"]} == {"NONE"}
    assert all("cudaVersions" not in gpu for gpu in newer["gpus"])
    there = await rest.get("/catalog/gpus", **stock, countryCodes="JP")
    assert len(there["gpus"]) < len(shown["gpus"])
    assert {place["id"] for gpu in there["gpus"] for place in gpu.get("dataCenters", ())} == {"AP-JP-1"}
    assert (await rest.problem("GET", "/catalog/gpus/none"))[0] == 404


async def test_data_centers_are_filtered(rest: RestDemo) -> None:
    shown = await rest.get("/catalog/datacenters", regions="EUROPE", compliance="GDPR", networkVolumeTypes="STANDARD")
    assert [place["id"] for place in shown["dataCenters"]] == ["EU-RO-1", "EU-SE-1", "EU-NL-1", "EUR-IS-1"]
    fast = await rest.get("/catalog/datacenters", networkVolumeTypes="STANDARD,HIGH_PERFORMANCE", globalNetwork="true")
    assert [place["id"] for place in fast["dataCenters"]] == ["US-TX-3"]


# Limits, and faults on the way


async def test_three_windows_are_counted_over_all_clients(rest: RestDemo) -> None:
    first = await rest.send("GET", "/pods")
    assert first.headers["ratelimit-policy"] == '"minute";q=180;w=60, "hour";q=7200;w=3600, "day";q=86400;w=86400'
    other = await rest.send("GET", "/nothing", key=READ_ONLY_KEY)
    for window in ("minute", "hour", "day"):
        assert left(other, window) == left(first, window) - 1
    anonymous = await rest.send("GET", "/pods", key=None)
    assert "ratelimit" not in anonymous.headers
    assert first.headers["x-request-id"] != other.headers["x-request-id"]


async def test_a_spent_window_is_429_until_it_begins_anew(rest: RestDemo) -> None:
    rest.simulator.faults.set("v2-throttle", 5)
    codes = [(await rest.send("GET", "/account")).status_code for _ in range(7)]
    assert codes == [200] * 5 + [429] * 2
    refused = await rest.send("GET", "/account")
    assert refused.json()["detail"] == "rate limit exceeded for the minute window"
    assert left(refused, "minute") == 0
    # What was refused is counted in no window.
    assert left(refused, "hour") == 7200 - 5
    rest.now += int(refused.headers["retry-after"])
    assert (await rest.send("GET", "/account")).status_code == 200


def left(response: httpx.Response, window: str) -> int:
    (member,) = (part for part in response.headers["ratelimit"].split(", ") if part.startswith(f'"{window}"'))
    return int(member.split(";r=")[1].split(";")[0])


async def test_the_faults_of_a_connection_are_those_of_both_apis(rest: RestDemo) -> None:
    faults = rest.simulator.faults
    for name in ("401", "403", "500"):
        faults.clear()
        faults.set(name)
        assert (await rest.problem("GET", "/pods"))[0] == int(name)
    for name in ("502", "503", "524"):
        faults.clear()
        faults.set(name)
        response = await rest.send("GET", "/pods")
        assert (response.status_code, response.headers["content-type"]) == (int(name), "text/html")
    faults.clear()
    faults.set("429", 7)
    limited = await rest.send("GET", "/pods")
    assert (limited.status_code, limited.headers["retry-after"], left(limited, "minute")) == (429, "7", 0)
    for name in ("truncated", "notjson"):
        faults.clear()
        faults.set(name)
        with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
            (await rest.send("GET", "/pods")).json()
    faults.clear()
    faults.set("reset")
    with pytest.raises(httpx.ReadError):
        await rest.send("GET", "/pods")
    faults.clear()
    faults.set("acts-502")
    assert (await rest.act(LLAMA, "stop")).status_code == 502
    assert (await rest.get(f"/pods/{LLAMA}"))["status"] == "EXITED"


async def test_the_servers_own_document_tells_what_there_is(rest: RestDemo) -> None:
    shown = (await rest.send("GET", "/openapi.json", key=None)).json()
    assert shown["openapi"].startswith("3.1")
    assert len(json.dumps(shown)) < 40_000
    served = {(method.upper(), path) for path, methods in shown["paths"].items() for method in methods}
    assert served == {(route.method, f"/v2{route.path}") for route in ROUTES}
    balance = shown["components"]["schemas"]["AccountBalance"]
    assert set(balance["properties"]) == {"balanceAmount", "billingMode"}
    assert shown["paths"]["/v2/pods"]["post"]["requestBody"]["content"]["application/json"]["schema"] == json.loads(
        json.dumps(bodies.CREATE)
    )
    rest.simulator.faults.set("v2-no-balance")
    assert "/v2/billing/balance" not in (await rest.send("GET", "/openapi.json")).json()["paths"]
    assert (await rest.problem("GET", "/billing/balance"))[0] == 404


async def test_members_of_a_cluster_are_listed_on_request_and_left_alone() -> None:
    rest = RestDemo(pods=80)
    alone = {pod["id"] for pod in (await rest.get("/pods"))["pods"]}
    every = (await rest.get("/pods", includeClusterPods="true"))["pods"]
    members = [pod for pod in every if "cluster" in pod]
    assert {pod["id"] for pod in every} - alone == {pod["id"] for pod in members}
    assert sorted(pod["cluster"]["rank"] for pod in members) == [0, 1, 2, 3]
    assert len({(pod["gpu"]["id"], pod["gpu"]["count"], pod["dataCenterId"]) for pod in members}) == 1
    one = members[0]["id"]
    assert (await rest.problem("PATCH", f"/pods/{one}", {"name": "x"}))[0] == 409
    assert (await rest.problem("DELETE", f"/pods/{one}"))[0] == 409
    (cluster,) = (await rest.get("/clusters"))["clusters"]
    listed = await rest.get(f"/clusters/{cluster['id']}/pods")
    assert {pod["id"] for pod in listed["pods"]} == {pod["id"] for pod in members}
    await rest.http.aclose()


async def test_graphql_ends_and_says_so_before(rest: RestDemo) -> None:
    faults = rest.simulator.faults
    faults.set("graphql-sunset", 30)
    warned = await rest.post("{ myself { id } }")
    assert warned.headers["sunset"].endswith("GMT")
    assert warned.headers["deprecation"].startswith("@")
    faults.set("graphql-410", 60)
    assert (await rest.post("{ myself { id } }")).status_code == 200
    rest.now += 59
    assert (await rest.post("{ myself { id } }")).status_code == 200
    rest.now += 1
    gone = await rest.post("{ myself { id } }")
    assert (gone.status_code, gone.headers["content-type"]) == (410, "application/problem+json")
    assert (await rest.get(f"/pods/{STOPPED}"))["status"] == "EXITED"


@pytest.mark.wide
def test_a_world_over_graphql_loads_nothing_of_rest() -> None:
    program = (
        "import sys, asyncio; from tui.demo.asgi import Simulator; from tui.demo.world import World;"
        "from tui.demo.execution import KEY; s = Simulator(World(), lambda: 0.0);"
        "s._answer({'query': '{ myself { pods { id } } }'}, KEY, False);"
        "assert s.requests == 0 and not [m for m in sys.modules if m.startswith('tui.demo.rest')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
