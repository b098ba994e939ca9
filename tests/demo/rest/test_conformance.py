"""Every response of every route has the shape that RunPod's document gives it, whatever has become of the world."""

from __future__ import annotations

import random
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.demo.rest import openapi
from tests.demo.rest.conftest import ORDER, RestDemo
from tui.demo.rest.routes import ROUTES, Route

GPU = "NVIDIA L40S"
IDS = {
    "/catalog/gpus": GPU, "/catalog/cpus": "cpu3c", "/catalog/datacenters": "US-TX-3", "/templates": "tpl_001",
    "/registries": "cr_01", "/network-volumes": "vol-7x2kq", "/clusters": "c7n2w5x8r1k4",
}  # fmt: skip
QUERIES = {
    "listPods": ({}, {"limit": 3, "includeClusterPods": "true"}, {"limit": 0}),
    "listGpuTypes": (
        {}, {"include": "AVAILABILITY", "product": "POD,SERVERLESS", "cloud": "COMMUNITY", "minCudaVersion": "12"},
        {"include": "AVAILABILITY", "product": "POD", "count": 8, "countryCodes": "US,RO", "cudaVersions": "13.0"},
        {"product": "POD"}, {"include": "AVAILABILITY"}, {"countryCodes": "Us"},
    ),
    "getGpuType": ({}, {"include": "AVAILABILITY", "product": "POD"}),
    "listCpuTypes": ({}, {"include": "AVAILABILITY", "product": "POD", "vcpuCount": 4}, {"vcpuCount": 4}),
    "listDataCenters": ({}, {"include": "GPU_AVAILABILITY,CPU_AVAILABILITY", "regions": "EUROPE"}, {"regions": "MARS"}),
    "listBilling": (
        {}, {"lastN": 3}, {"bucketSize": "hour", "startTime": "2026-11-22T10:30:00Z"}, {"lastN": 1, "endTime": "x"},
    ),
    "listPodBilling": ({}, {"bucketSize": "month", "lastN": 4}, {"podId": "k3v9x0q2m1a7ze", "bucketSize": "week"}),
}  # fmt: skip
FAULTS = (
    "v2-short-pages", "v2-early-running", "v2-error", "v2-actions-heed-locks", "v2-stopped-cost", "v2-ports-shuffle",
    "v2-no-capacity", "v2-dearer", "v2-postpaid", "nulls", "401", "403", "429", "500", "partial",
)  # fmt: skip


async def test_every_route_gives_what_the_document_says(rest: RestDemo) -> None:
    seen = set()
    for world in (rest, RestDemo(pods=80)):
        for route in ROUTES:
            if route.method == "GET" and route.operation != "getPodLogs":
                for query in QUERIES.get(route.operation, ({},)):
                    response = await world.send("GET", _path(route, world), params=query)
                    _checked(route.operation, response)
                    seen.add(route.operation)
    assert len(seen) > 25


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.wide) for seed in (1, 2))])
async def test_pods_keep_their_shape_through_changes_and_faults(rest: RestDemo, seed: int) -> None:
    draw = random.Random(seed)
    statuses = set()
    for _ in range(40):
        rest.now += draw.choice((1, 20, 90, 400))
        rest.simulator.faults.clear()
        if draw.random() < 0.4:
            rest.simulator.faults.set(draw.choice(FAULTS))
        pods = list(rest.world.pods)
        pod = draw.choice(pods) if pods else "none"
        operation, response = await _change(rest, draw, pod)
        _checked(operation, response)
        for what, path in (("listPods", "/pods"), ("getPod", f"/pods/{pod}")):
            response = await rest.send("GET", path)
            _checked(what, response)
            if what == "getPod" and response.status_code == 200:
                statuses.add(response.json()["status"])
    assert {"RUNNING", "EXITED"} <= statuses


async def _change(rest: RestDemo, draw: random.Random, pod: str) -> tuple[str, httpx.Response]:
    """A change of some kind, sensible or not."""
    match draw.randrange(5):
        case 0:
            order = ORDER | {"gpu": {"id": draw.choice((GPU, "NVIDIA RTX A4000")), "count": draw.choice((1, 2))}}
            mounts = draw.choice(({}, {"persistent": {"size": 20, "path": "/data"}}))
            return "createPod", await rest.send("POST", "/pods", order | {"mounts": mounts, "ports": ["22/tcp"]})
        case 1:
            order = {"name": "cpu", "image": "acme/prep:1", "cpu": {"id": "cpu5g", "vcpuCount": 4}}
            return "createPod", await rest.send("POST", "/pods", order | {"globalNetworking": False})
        case 2:
            body: dict[str, Any] = draw.choice(
                (
                    {"locked": True},
                    {"locked": False},
                    {"name": "other"},
                    {"env": {}},
                    {"globalNetworking": True},
                    {"x": 1},
                )
            )
            return "updatePod", await rest.send("PATCH", f"/pods/{pod}", body)
        case _:
            verb = draw.choice(
                ("start", "start", "stop", "stop", "restart", "terminate" if draw.random() < 0.2 else "x")
            )
            return "podAction", await rest.act(pod, verb)


async def test_what_the_document_forbids_in_a_new_pod_is_refused_and_what_it_allows_is_not_422(rest: RestDemo) -> None:
    bodies: list[dict[str, Any]] = [
        ORDER, {"name": "x"}, ORDER | {"gpuCount": 2}, ORDER | {"gpu": {"id": GPU, "count": 0}},
        ORDER | {"gpu": {"id": GPU, "minCudaVersion": "12"}}, ORDER | {"cpu": {"id": "cpu3c", "vcpuCount": 1}},
        ORDER | {"mounts": {"persistent": {"size": 5, "path": "/x"}}}, ORDER | {"mounts": {"network": [{}, {}]}},
        ORDER | {"env": {"A": 1}}, ORDER | {"ports": "22/tcp"}, ORDER | {"name": ""}, ORDER | {"cloud": "ALL"},
        ORDER | {"registry": None}, ORDER | {"disk": 0}, {"name": "t", "templateId": "tpl_000", "gpu": {"id": GPU}},
    ]  # fmt: skip
    for body in bodies:
        response = await rest.send("POST", "/pods", body)
        assert (response.status_code == 422) is bool(openapi.check_body("createPod", body)), (body, response.text)


def _path(route: Route, demo: RestDemo) -> str:
    base = route.path.split("/{")[0]
    return route.path.replace("{id}", IDS.get(base, next(iter(demo.world.pods))))


def _checked(operation: str, response: httpx.Response) -> None:
    if response.status_code == 204:
        assert not response.content
        return
    openapi.check(operation, response.status_code, response.headers["content-type"], response.json())
    assert response.headers["content-type"].startswith("application/problem+json") is (response.status_code >= 400)


async def test_every_route_gives_what_the_simulators_own_document_says(rest: RestDemo) -> None:
    """The part that needs no document of RunPod's: its shapes are fewer, and the project's own."""
    told = (await rest.send("GET", "/openapi.json", key=None)).json()
    operations = [route.operation for route in ROUTES]
    assert len(operations) == len(set(operations))
    for route in ROUTES:
        if route.method == "GET" and route.operation not in ("getPodLogs", "getCluster", "listClusterPods"):
            body = await rest.get(_path(route, rest).removeprefix("/v2"))
            said = told["paths"][f"/v2{route.path}"]["get"]
            schema = said["responses"]["200"]["content"]["application/json"]["schema"]
            Draft202012Validator(schema | {"components": told["components"]}).validate(body)


LIVE = {
    "actions", "args", "cloud", "cost", "createdAt", "cudaVersion", "dataCenterId", "disk", "env", "globalNetworking",
    "gpu", "id", "image", "locked", "mounts", "name", "ports", "registry", "runtime", "ssh", "startedAt", "status",
    "template",
}  # fmt: skip
"""The fields of a pod as captured from RunPod on 2026-10-08."""


async def test_a_pod_has_the_fields_of_a_live_one(rest: RestDemo) -> None:
    pod = await rest.get("/pods/k3v9x0q2m1a7ze")
    assert set(pod) == LIVE
    assert set(pod["runtime"]) == {"uptime", "gpus", "cpu", "memory", "ports"}
    assert all(set(port) == {"ip", "private", "public", "type"} for port in pod["runtime"]["ports"])
    assert set(pod["ssh"]["direct"]) == set(pod["ssh"]["proxy"]) == {"host", "port", "username", "command"}
