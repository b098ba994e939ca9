"""Pods over REST v2: what real answers say, all pages of them, and nothing that v2 does not say."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.rest.make import KEY, Server, cloud, example, pod, pods, problem
from tui.api import errors
from tui.api.doubt import doubt
from tui.api.enums import PodStatus
from tui.api.features import Feature
from tui.api.models import PARTIAL, GpuReading, Placement, Pod, PodVerb, Port, Runtime, Unreadable
from tui.api.rest import lists

VERBS = frozenset({PodVerb.STOP, PodVerb.RESTART, PodVerb.TERMINATE})

COMMUNITY = Pod(
    id="podaaaaaaaaaa1",
    name="devtest-alpha",
    status=PodStatus.RUNNING,
    kind=None,
    status_change=None,
    cost_per_hr=0.13,
    gpu_count=1,
    vcpus=22.0,
    memory_gb=18.0,
    image="example/train:1.0",
    volume_gb=0.0,
    container_disk_gb=60,
    network_volume_id=None,
    locked=False,
    lowest_bid_to_resume=None,
    runtime=Runtime(
        33,
        0.0,
        0.0,
        (GpuReading(None, 0.0, 0.0),),
        (
            Port(22, 23924, "203.0.113.7", True, "tcp"),
            Port(8888, 60256, "100.65.0.10", False, "http"),
            Port(19123, 60257, "100.65.0.10", False, "http"),
        ),
    ),
    machine=Placement("NVIDIA GeForce RTX 3070", None, "podaaaaaaaaaa1-64411000", None, None, False, None, None, None),
    telemetry=None,
    verbs=VERBS,
)


async def one(answer: Any, **answers: Any) -> Pod:
    snapshot = await cloud({"/pods": answer, **answers}).fleet()
    assert snapshot.pods is not None
    assert snapshot.unreadable == ()
    (found,) = snapshot.pods
    return found


async def test_a_captured_list() -> None:
    snapshot = await cloud({"/pods": example("pods-list")}).fleet()
    assert snapshot.pods == (COMMUNITY,)
    assert snapshot.funds is None
    assert snapshot.problems == ()
    assert snapshot.lacks >= {Feature.SPEND, Feature.GPU_TEMPERATURE, Feature.POD_KIND, Feature.STOPPED_COST}


async def test_a_captured_pod_of_the_secure_cloud() -> None:
    found = await one(pods(example("pod-running-secure")))
    assert found.machine == Placement(
        "NVIDIA RTX PRO 4500 Blackwell", None, "podbbbbbbbbbb2-64411001", None, "EU-RO-1", True, None, None, None
    )
    assert (found.vcpus, found.memory_gb, found.network_volume_id) == (None, None, "volaaaaaa1")


async def test_a_captured_lock_and_its_reordered_ports() -> None:
    found = await one(pods(example("pod-patched-locked")))
    assert found.locked
    # Legal without regard to the lock.
    assert found.verbs == VERBS
    assert found.runtime is not None
    assert COMMUNITY.runtime is not None
    assert found.runtime.ports == COMMUNITY.runtime.ports


async def test_a_captured_boot_is_running_and_not_up() -> None:
    found = await one(pods(example("pod-booting")))
    assert (found.status, found.runtime, found.verbs) == (PodStatus.RUNNING, None, None)


async def test_a_captured_stop_has_no_cost() -> None:
    assert example("pod-stopped")["cost"] == 0.72
    found = await one(pods(example("pod-stopped")))
    assert (found.status, found.cost_per_hr) == (PodStatus.EXITED, None)
    assert found.verbs == {PodVerb.START, PodVerb.TERMINATE}


@pytest.mark.parametrize(
    ("status", "costs"),
    [("PROVISIONING", True), ("STARTING", True), ("RUNNING", True), ("EXITED", False), ("ERROR", False),
     ("TERMINATED", False), ("DEFERRED", True)],
)  # fmt: skip
async def test_every_status(status: str, costs: bool) -> None:
    found = await one(pods(pod(status=status)))
    assert found.status == status
    assert (found.cost_per_hr is not None) == costs


async def test_the_empty_runtime_of_a_new_pod_is_none() -> None:
    assert (await one(pods(pod(status="PROVISIONING", runtime={})))).runtime is None
    assert (await one(pods(pod(runtime={"uptime": 0})))).runtime is not None


async def test_gpus_keep_their_places() -> None:
    found = await one(pods(pod(runtime={"gpus": [{"util": 5}, None, {"memoryUtil": 7}]})))
    assert found.runtime is not None
    assert found.runtime.gpus == (GpuReading(None, 5.0), GpuReading(), GpuReading(None, None, 7.0))


async def test_what_a_pod_consists_of() -> None:
    cpu = {**pod(cpu={"id": "cpu5c", "vcpuCount": 4, "memory": 8}), "gpu": None}
    found = await one(pods(cpu))
    assert (found.gpu_count, found.vcpus, found.memory_gb) == (0, 4.0, 8.0)
    assert found.machine is not None
    assert found.machine.gpu_name is None
    found = await one(pods(pod(gpu={"id": "A"}, mounts={"persistent": {"size": 20, "path": "/x"}})))
    assert (found.gpu_count, found.volume_gb) == (1, 20.0)
    found = await one(pods(pod(gpu={"id": "A", "count": 0}, mounts=None, cloud="MARS")))
    assert (found.gpu_count, found.volume_gb) == (0, None)
    assert found.machine is not None
    assert found.machine.secure is None


async def test_members_of_clusters_are_asked_for_and_marked() -> None:
    server = Server({"/pods": pods(pod(cluster={"id": "cluster_abc", "rank": 0, "ip": "10.65.0.2"}))})
    snapshot = await server.cloud().fleet()
    assert snapshot.pods is not None
    assert snapshot.pods[0].cluster_id == "cluster_abc"
    assert server.asked("/pods")[0].url.params["includeClusterPods"] == "true"


@pytest.mark.parametrize(
    ("ip", "public"),
    [("203.0.113.7", True), ("100.65.0.10", False), ("100.128.0.1", True), ("10.1.2.3", False), ("172.16.0.1", False),
     ("192.168.1.1", False), ("127.0.0.1", False), ("fd00::1", False), ("2a01:4f8::1", True), ("", False),
     ("host.example", False)],
)  # fmt: skip
async def test_which_ports_are_public(ip: str, public: bool) -> None:
    ports = [{"private": 22, "public": 40022, "type": kind, "ip": ip} for kind in ("tcp", "http")]
    found = await one(pods(pod(runtime={"ports": ports})))
    assert found.runtime is not None
    assert {port.kind: port.is_public for port in found.runtime.ports} == {"tcp": public, "http": False}


@pytest.mark.parametrize(
    ("url", "public"), [("http://127.0.0.1:8080/v2", True), ("https://api.example/v2", False)]
)  # fmt: skip
async def test_a_port_on_this_machine_is_reached_where_the_api_is_on_it_too(url: str, public: bool) -> None:
    port = {"private": 22, "public": 40022, "type": "tcp", "ip": "127.0.0.1"}
    answers = {"/pods": pods(pod(runtime={"ports": [port]}))}
    snapshot = await cloud(answers, url=url).fleet()
    assert snapshot.pods is not None
    assert snapshot.pods[0].runtime is not None
    assert [port.is_public for port in snapshot.pods[0].runtime.ports] == [public]


async def test_names_of_gpus_are_the_catalogues() -> None:
    server = Server({"/pods": example("pods-list"), "/catalog/gpus": example("catalog-gpus-community")})
    connection = server.cloud()
    for _ in range(3):
        snapshot = await connection.fleet()
        assert snapshot.pods is not None
        assert snapshot.pods[0].machine is not None
        assert snapshot.pods[0].machine.gpu_name == "RTX 3070"
    assert len(server.asked("/catalog/gpus")) == 1


async def test_without_a_catalogue_the_ids_do() -> None:
    server = Server({"/pods": example("pods-list"), "/catalog/gpus": problem(500, "no")})
    connection = server.cloud()
    for _ in range(3):
        assert (await connection.fleet()).pods == (COMMUNITY,)
    assert len(server.asked("/catalog/gpus")) == 1, "it is not requested again and again"


async def test_values_of_variables_never_leave_the_mapping(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secret = "hunter2-very-secret"
    broken = {**pod(env={"TOKEN": secret}), "name": None}
    snapshot = await cloud({"/pods": pods(pod(id="p2", env={"TOKEN": secret}), broken)}).fleet()
    assert len(snapshot.unreadable) == 1
    assert secret not in repr(snapshot)
    assert secret not in caplog.text


async def test_one_malformed_pod_is_unreadable_and_nothing_more() -> None:
    items = [pod(id="a"), {"id": "b", "name": "bad", "status": 7}, None, [1], pod(id="c")]
    snapshot = await cloud({"/pods": pods(*items)}).fleet()
    assert snapshot.pods is not None
    assert [p.id for p in snapshot.pods] == ["a", "c"]
    assert [u.id for u in snapshot.unreadable] == ["b", None, None]
    assert isinstance(snapshot.unreadable[0], Unreadable)


@pytest.mark.parametrize(
    "answer",
    [[], {}, {"pods": None}, {"pods": {}}, {"pods": 3}, {"data": []}, b"", b"null", b"[1", b'"pods"', {"Pods": []},
     {"pods": [], "pagination": 7}, {"pods": [], "pagination": {"hasNextPage": "no"}},
     {"pods": [], "pagination": {"hasNextPage": True, "nextCursor": None}}],
)  # fmt: skip
async def test_a_list_of_another_shape_is_never_no_pods(answer: Any) -> None:
    with pytest.raises(errors.Malformed):
        await cloud({"/pods": answer}).fleet()


@pytest.mark.parametrize("pagination", [None, {}, {"hasNextPage": False, "nextCursor": "x"}, {"nextCursor": ""}])
async def test_an_end_is_said_in_several_ways(pagination: Any) -> None:
    server = Server({"/pods": {"pods": [pod()], "pagination": pagination}})
    assert len((await server.cloud().fleet()).pods or ()) == 1
    assert len(server.asked("/pods")) == 1


async def test_a_list_without_pagination() -> None:
    assert len((await cloud({"/pods": {"pods": [pod()]}}).fleet()).pods or ()) == 1


def paged(*pages: dict[str, Any]) -> Server:
    """Pages by cursors "1", "2" …"""

    def page(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=pages[int(request.url.params.get("cursor", "0"))])

    return Server({"/pods": page})


async def test_short_and_empty_pages_are_not_the_last() -> None:
    more = {"hasNextPage": True}
    server = paged(
        pods(pod(id="a"), nextCursor="1", **more),
        pods(nextCursor="2", **more),
        pods(pod(id="b"), pod(id="c"), nextCursor="3", **more),
        # A pod was created in the meantime: the page repeats one.
        pods(pod(id="c"), pod(id="d")),
    )
    snapshot = await server.cloud().fleet()
    assert [p.id for p in snapshot.pods or ()] == ["a", "b", "c", "d"]
    assert all(request.url.params["includeClusterPods"] == "true" for request in server.asked("/pods"))


async def test_a_page_that_fails_is_no_shorter_list() -> None:
    def page(request: httpx.Request) -> httpx.Response:
        if "cursor" in request.url.params:
            return problem(500, "upstream")
        return httpx.Response(200, json=pods(pod(), nextCursor="1", hasNextPage=True))

    with pytest.raises(errors.Faltering):
        await cloud({"/pods": page}).fleet()


async def test_a_cursor_that_comes_again_ends_it() -> None:
    server = paged(pods(pod(), nextCursor="1", hasNextPage=True), pods(nextCursor="1", hasNextPage=True))
    with pytest.raises(errors.Malformed, match="repeats a page"):
        await server.cloud().fleet()
    assert len(server.asked("/pods")) == 2


@pytest.mark.parametrize(("bound", "value"), [("MOST_PAGES", 5), ("LARGEST", 4_500)])
async def test_pages_without_end_are_cut_and_that_is_said(
    bound: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, bound, value)

    def page(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("cursor", "0"))
        return httpx.Response(200, json=pods(pod(id=f"p{number}"), nextCursor=str(number + 1), hasNextPage=True))

    snapshot = await cloud({"/pods": page}).fleet()
    assert len(snapshot.pods or ()) == 5
    (cut,) = snapshot.problems
    assert cut.code == PARTIAL
    assert "5 pages" in cut.message
    assert snapshot.is_cut
    assert not doubt(snapshot)


async def test_one_pod_with_all_its_data() -> None:
    volumes = example("network-volumes")
    connection = cloud({"/pods/podbbbbbbbbbb2": example("pod-running-secure"), "/network-volumes": volumes})
    found = await connection.pod("podbbbbbbbbbb2")
    assert found is not None
    assert found.pod.id == "podbbbbbbbbbb2"
    assert [(v.name, v.value.reveal()) for v in found.env] == [("PUBLIC_KEY", "<redacted>")]
    assert (found.exposed_ports, found.volume_mount_path, found.docker_args) == ("22/tcp", "/workspace", "")
    assert found.network_volume is not None
    assert (found.network_volume.name, found.network_volume.size_gb) == ("tool-models", 50)
    assert found.machine is not None
    assert (found.machine.cuda, found.machine.gpu_type_id) == ("13.0", "NVIDIA RTX PRO 4500 Blackwell")
    assert (found.created_at, found.started_at) == (1787206579.436, 1787206579.43)
    assert found.problems == ()


async def test_more_of_one_pod() -> None:
    cluster = {"id": "c1", "rank": None, "ip": "10.65.0.2"}
    connection = cloud(
        {"/pods/p1": pod(cluster=cluster), "/catalog/gpus": example("catalog-gpus-secure"), "/network-volumes": {}}
    )
    found = await connection.pod_extras("p1")
    assert found is not None
    assert (found.gpu_name, found.gpu_memory_gb) == ("RTX PRO 4500", 32)
    assert (found.cluster_id, found.cluster_ip) == ("c1", "10.65.0.2")


async def test_a_pod_is_gone_only_in_runpods_own_words() -> None:
    assert await cloud({"/pods/p1": problem(404, "resource not found")}).pod("p1") is None
    for answer in (
        httpx.Response(404),
        httpx.Response(404, content=b"<html>not found</html>"),
        httpx.Response(404, json={"title": "Not Found", "status": 404, "detail": "no route"}),
        problem(404, "resource not found", title="No such page"),
        httpx.Response(404, json={"message": "no Route matched"}, headers={"Content-Type": "application/problem+json"}),
    ):
        with pytest.raises(errors.Unreachable):
            await cloud({"/pods/p1": answer}).pod("p1")


async def test_another_pod_than_was_asked_for_is_none() -> None:
    with pytest.raises(errors.Malformed, match="another pod"):
        await cloud({"/pods/p1": pod(id="p2")}).pod("p1")


@pytest.mark.parametrize("ident", ["", ".", ".."])
async def test_an_id_leads_nowhere_else(ident: str) -> None:
    server = Server()
    for ask in (server.cloud().pod, server.cloud().stop, server.cloud().terminate):
        with pytest.raises(errors.Rejected, match="Nothing was sent"):
            await ask(ident)
    assert server.requests == []


async def test_an_id_is_one_step_of_the_path() -> None:
    server = Server()
    assert await server.cloud().pod("../templates/x?y=1") is None
    assert server.requests[0].url.raw_path == b"/v2/pods/..%2Ftemplates%2Fx%3Fy%3D1"


async def test_flaws_of_one_pod_are_told_without_its_values() -> None:
    env = {"GOOD": "value-one", "BAD": {"deep": "value-two"}}
    found = await cloud({"/pods/p1": pod(env=env)}).pod("p1")
    assert found is not None
    assert [variable.name for variable in found.env] == ["GOOD"]
    assert "1 invalid environment variables" in [problem.message for problem in found.problems]
    assert "value-" not in repr(found)


async def test_legal_actions_of_few_pods_and_of_many() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=pods(*(pod(id=f"p{n}", actions=["stop", "fly"]) for n in range(9))))

    server = Server({"/pods": answer, "/pods/p1": pod(id="p1", actions=["start"]), "/pods/p3": problem(500, "no")})
    connection = server.cloud()
    assert await connection.legal_verbs(["p1", "p2", "p3"]) == {"p1": {PodVerb.START}}
    assert await connection.legal_verbs(["gone"]) == {}
    with pytest.raises(errors.Faltering):
        await connection.legal_verbs(["p3"])
    many = await connection.legal_verbs(["p1", "p2", "p3", "p4", "gone"])
    assert many == {key: {PodVerb.STOP} for key in ("p1", "p2", "p3", "p4")}


async def test_every_request_has_the_key_in_its_header_alone() -> None:
    server = Server({"/pods": example("pods-list")})
    await server.cloud().fleet()
    for request in server.requests:
        assert KEY not in str(request.url)
        assert request.headers["user-agent"].startswith("podtop/")
        public = request.url.path == "/v2/openapi.json"
        assert request.headers.get("authorization") == (None if public else f"Bearer {KEY}")
