"""Pods over REST v2: what is listed, what may be done, and what becomes of it in the one world."""

from __future__ import annotations

import pytest

from tests.demo.rest.conftest import BOOTING, LLAMA, ORDER, SPOT, STOPPED, RestDemo
from tui.demo.execution import READ_ONLY_KEY
from tui.demo.pods import iso
from tui.demo.world import GONE

FLEET = "{ myself { pods { id name desiredStatus locked costPerHr gpuCount } } }"


async def test_pods_are_listed_newest_first_and_page_by_page(rest: RestDemo) -> None:
    whole = await rest.get("/pods")
    ids = [pod["id"] for pod in whole["pods"]]
    assert whole["pagination"] == {"nextCursor": None, "hasNextPage": False}
    assert [pod["createdAt"] for pod in whole["pods"]] == sorted((p["createdAt"] for p in whole["pods"]), reverse=True)
    paged: list[str] = []
    cursor = {}
    for _ in range(9):
        page = await rest.get("/pods", limit=2, **cursor)
        paged += [pod["id"] for pod in page["pods"]]
        if not page["pagination"]["hasNextPage"]:
            assert page["pagination"]["nextCursor"] is None
            break
        cursor = {"cursor": page["pagination"]["nextCursor"]}
    assert paged == ids
    assert len(ids) == 6


async def test_short_and_empty_pages_still_lead_to_the_end(rest: RestDemo) -> None:
    rest.simulator.faults.set("v2-short-pages")
    sizes, seen, cursor = [], [], {}
    while True:
        page = await rest.get("/pods", **cursor)
        sizes.append(len(page["pods"]))
        seen += [pod["id"] for pod in page["pods"]]
        if not page["pagination"]["hasNextPage"]:
            break
        cursor = {"cursor": page["pagination"]["nextCursor"]}
    assert 0 in sizes
    assert len(seen) == len(set(seen)) == 6


@pytest.mark.parametrize(
    "query", [{"cursor": "nonsense"}, {"cursor": "WzEsMl0="}, {"limit": "0"}, {"limit": "1001"}, {"limit": "x"}]
)
async def test_a_page_that_cannot_be_is_422(rest: RestDemo, query: dict[str, str]) -> None:
    status, _, errors = await rest.problem("GET", "/pods", params=query)
    assert status == 422
    assert errors


async def test_an_unknown_query_parameter_changes_nothing(rest: RestDemo) -> None:
    assert await rest.get("/pods", desiredStatus="RUNNING") == await rest.get("/pods")


async def test_a_new_pod_boots_and_both_apis_show_it(rest: RestDemo) -> None:
    response = await rest.send("POST", "/pods", ORDER)
    made = response.json()
    assert response.status_code == 201
    assert (made["status"], made["actions"], made["runtime"]) == ("PROVISIONING", ["stop", "terminate"], None)
    # No ports unless they are asked for, unlike v1.
    assert made["ports"] == []
    boot = rest.world.pods[made["id"]].boot
    rest.now += boot - 1
    assert (await rest.get(f"/pods/{made['id']}"))["status"] == "STARTING"
    rest.now += 10
    up = await rest.get(f"/pods/{made['id']}")
    assert (up["status"], up["actions"]) == ("RUNNING", ["stop", "restart", "terminate"])
    assert up["runtime"]["uptime"] >= 0
    pods = (await rest.ask(FLEET))["data"]["myself"]["pods"]
    (same,) = (pod for pod in pods if pod["id"] == made["id"])
    assert (same["name"], same["costPerHr"], same["gpuCount"]) == ("new", up["cost"], up["gpu"]["count"])


async def test_stop_and_start(rest: RestDemo) -> None:
    stopped = (await rest.act(LLAMA, "stop")).json()
    assert (stopped["status"], stopped["cost"], stopped["runtime"]) == ("EXITED", 0.0, None)
    assert (await rest.act(LLAMA, "stop")).status_code == 409
    started = (await rest.act(LLAMA, "start")).json()
    # It has its machine already.
    assert started["status"] == "STARTING"
    assert rest.simulator.mutations == 3


async def test_a_restart_begins_the_uptime_anew_and_keeps_the_gpus(rest: RestDemo) -> None:
    before = await rest.get(f"/pods/{LLAMA}")
    assert before["runtime"]["uptime"] > 86_400
    restarted = (await rest.act(LLAMA, "restart")).json()
    assert (restarted["status"], restarted["runtime"]) == ("STARTING", None)
    rest.now += 60
    after = await rest.get(f"/pods/{LLAMA}")
    assert (after["status"], after["gpu"]) == ("RUNNING", before["gpu"])
    assert after["runtime"]["uptime"] < 60
    assert after["startedAt"] == iso(rest.now - 60)


async def test_a_lock_refuses_what_ends_a_container_on_both_apis(rest: RestDemo) -> None:
    locked = await rest.send("PATCH", f"/pods/{LLAMA}", {"locked": True})
    assert locked.json()["locked"] is True
    # As seen live: the list of actions does not regard a lock.
    assert locked.json()["actions"] == ["stop", "restart", "terminate"]
    for verb in ("stop", "restart", "terminate"):
        response = await rest.act(LLAMA, verb)
        assert (response.status_code, response.json()["detail"]) == (400, "Pod is locked")
    assert (await rest.send("DELETE", f"/pods/{LLAMA}")).status_code == 400
    stop = 'mutation { podStop(input: {podId: "%s"}) { id } }' % LLAMA  # noqa: UP031
    assert "locked" in await rest.refused(stop)
    assert any(pod["locked"] for pod in (await rest.ask(FLEET))["data"]["myself"]["pods"])
    rest.simulator.faults.set("v2-actions-heed-locks")
    assert (await rest.get(f"/pods/{LLAMA}"))["actions"] == []
    await rest.send("PATCH", f"/pods/{LLAMA}", {"locked": False})
    assert (await rest.act(LLAMA, "stop")).status_code == 200


async def test_a_new_name_restarts_nothing_and_a_new_image_does(rest: RestDemo) -> None:
    before = await rest.get(f"/pods/{LLAMA}")
    named = (await rest.send("PATCH", f"/pods/{LLAMA}", {"name": "renamed"})).json()
    assert named == before | {"name": "renamed"}
    assert "renamed" in [pod["name"] for pod in (await rest.ask(FLEET))["data"]["myself"]["pods"]]
    changed = (await rest.send("PATCH", f"/pods/{LLAMA}", {"image": "acme/next:2", "env": {"A": "1"}})).json()
    assert (changed["image"], changed["env"], changed["status"]) == ("acme/next:2", {"A": "1"}, "STARTING")


async def test_delete_and_terminate_leave_nothing(rest: RestDemo) -> None:
    gone = await rest.send("DELETE", f"/pods/{LLAMA}")
    assert (gone.status_code, gone.content) == (204, b"")
    ended = await rest.act(STOPPED, "terminate")
    assert (ended.status_code, ended.content) == (204, b"")
    assert (await rest.problem("GET", f"/pods/{LLAMA}"))[:2] == (404, "resource not found")
    assert len((await rest.get("/pods"))["pods"]) == 4


async def test_a_full_host_is_400_and_a_pod_that_was_outbid_starts_with_its_bid_or_not_at_all(rest: RestDemo) -> None:
    assert (await rest.problem("POST", f"/pods/{STOPPED}/action", {"action": "start"}))[:2] == (
        400,
        "Failed to resume pod.",
    )
    rest.now += 300
    assert (await rest.get(f"/pods/{SPOT}"))["status"] == "EXITED"
    status, detail, _ = await rest.problem("POST", f"/pods/{SPOT}/action", {"action": "start"})
    assert status == 400
    assert "minimum bid" in detail


async def test_keys(rest: RestDemo) -> None:
    assert (await rest.problem("GET", "/pods", key=None))[:2] == (401, "missing bearer token")
    assert (await rest.problem("GET", "/pods", key="rpa_expired1"))[0] == 401
    assert (await rest.problem("DELETE", f"/pods/{LLAMA}", key=READ_ONLY_KEY))[:2] == (403, "access denied")
    assert (await rest.send("GET", "/pods", key=READ_ONLY_KEY)).status_code == 200
    assert (await rest.problem("GET", "/pods", key="rpa_graphqlonly1"))[:2] == (403, "access denied")
    # A key in the URL is none: this API takes it from the header only.
    assert (await rest.send("GET", "/pods?api_key=demo-key", key=None)).status_code == 401
    assert LLAMA in rest.world.pods


async def test_paths_and_methods_that_are_not_there(rest: RestDemo) -> None:
    assert (await rest.problem("GET", "/nothing"))[0] == 404
    response = await rest.send("PUT", f"/pods/{LLAMA}")
    assert response.status_code == 405
    assert response.headers["allow"] == "DELETE, GET, PATCH"
    assert (await rest.problem("POST", f"/pods/{LLAMA}/action", {"action": "reset"}))[2] == [
        "$.action: value must be one of 'start', 'stop', 'restart', 'terminate'"
    ]


async def test_the_oddities_that_were_seen(rest: RestDemo) -> None:
    faults = rest.simulator.faults
    assert (await rest.get(f"/pods/{BOOTING}"))["status"] == "STARTING"
    faults.set("v2-error", 600)
    failed = await rest.get(f"/pods/{BOOTING}")
    assert (failed["status"], failed["actions"]) == ("ERROR", ["start", "terminate"])
    assert (await rest.act(BOOTING, "start")).json()["status"] == "STARTING"
    faults.set("v2-early-running")
    early = await rest.get(f"/pods/{BOOTING}")
    assert (early["status"], early["runtime"]) == ("RUNNING", None)
    faults.set("v2-stopped-cost")
    assert (await rest.get(f"/pods/{STOPPED}"))["cost"] == 0.4
    faults.set("v2-no-capacity")
    assert (await rest.problem("POST", "/pods", ORDER))[:2] == (400, GONE)
    faults.clear()
    faults.set("v2-ports-shuffle")
    orders = {tuple(p["private"] for p in (await rest.get(f"/pods/{LLAMA}"))["runtime"]["ports"]) for _ in range(20)}
    assert {frozenset(order) for order in orders} == {frozenset({8888, 22, 19123})}
    assert len(orders) > 1
    faults.set("v2-front-door")
    refused = await rest.send("GET", "/pods")
    assert (refused.status_code, refused.text) == (403, "error code: 1010")
