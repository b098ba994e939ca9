"""Both APIs show one world: what they share, and the money, is the same at the same instant."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.demo.rest.conftest import LLAMA, ORDER, STOPPED, RestDemo
from tests.variants import every
from tui.demo.rest.billing import LAG, _time

FLEET = """{ myself { clientBalance spendLimit pubKey
  networkVolumes { id name size dataCenterId } containerRegistryCreds { id name } podTemplates { id name }
  pods { id name desiredStatus locked costPerHr gpuCount vcpuCount memoryInGb imageName volumeInGb
    containerDiskInGb networkVolumeId createdAt lastStartedAt
    machine { podHostId dataCenterId secureCloud gpuTypeId }
    runtime { uptimeInSeconds gpus { gpuUtilPercent memoryUtilPercent } container { cpuPercent memoryPercent } }
  } } }"""


async def compared(rest: RestDemo) -> set[str]:
    """Fail where the two differ; the statuses that were compared."""
    over_graphql = (await rest.ask(FLEET))["data"]["myself"]["pods"]
    over_rest = {pod["id"]: pod for pod in (await rest.get("/pods", includeClusterPods="true"))["pods"]}
    assert set(over_rest) == {pod["id"] for pod in over_graphql}
    for pod in over_graphql:
        same = over_rest[pod["id"]]
        running = pod["desiredStatus"] == "RUNNING"
        assert (same["status"] in ("PROVISIONING", "STARTING", "RUNNING")) is running
        assert (same["status"] == "RUNNING") is bool(running and pod["runtime"])
        assert same["cost"] == (pod["costPerHr"] if running else 0.0)
        assert (same["name"], same["locked"], same["image"]) == (pod["name"], pod["locked"], pod["imageName"])
        assert (same["createdAt"], same["startedAt"]) == (pod["createdAt"], pod["lastStartedAt"])
        assert same.get("gpu", {}).get("count", 0) == pod["gpuCount"]
        shape = same.get("gpu") or same["cpu"]
        assert (shape["vcpuCount"], shape["memory"]) == (pod["vcpuCount"], pod["memoryInGb"])
        assert same.get("gpu", {}).get("id") == pod["machine"]["gpuTypeId"]
        assert same["mounts"].get("persistent", {}).get("size", 0) == pod["volumeInGb"]
        assert [each["volumeId"] for each in same["mounts"].get("network", ())] == [
            volume for volume in [pod["networkVolumeId"]] if volume
        ]
        assert (same["dataCenterId"], same["cloud"] == "SECURE") == (
            pod["machine"]["dataCenterId"], pod["machine"]["secureCloud"],
        )  # fmt: skip
        if same["ssh"]["proxy"]:
            assert same["ssh"]["proxy"]["username"] == pod["machine"]["podHostId"]
        if same["runtime"]:
            live = pod["runtime"]
            assert same["runtime"]["uptime"] == max(0, live["uptimeInSeconds"])
            assert [(gpu["util"], gpu["memoryUtil"]) for gpu in same["runtime"]["gpus"]] == [
                (gpu["gpuUtilPercent"], gpu["memoryUtilPercent"]) for gpu in live["gpus"]
            ]
            assert same["runtime"]["cpu"]["util"] == live["container"]["cpuPercent"]
            assert same["runtime"]["memory"]["util"] == live["container"]["memoryPercent"]
    return {pod["status"] for pod in over_rest.values()}


@pytest.mark.parametrize("seed", every(3, range(3)))
async def test_pods_are_the_same_over_both(seed: int) -> None:
    rest, draw, seen = RestDemo(pods=9), random.Random(seed), set()
    for _ in range(25):
        rest.now += draw.choice((2, 15, 60, 240))
        seen |= await compared(rest)
        pod = draw.choice(list(rest.world.pods))
        match draw.randrange(6):
            case 0:
                await rest.send("POST", "/pods", ORDER | {"mounts": {"persistent": {"size": 20, "path": "/data"}}})
            case 1:
                await rest.send("POST", "/pods", {"name": "c", "image": "i", "cpu": {"id": "cpu3m", "vcpuCount": 8}})
            case 2:
                await rest.send("PATCH", f"/pods/{pod}", {"locked": draw.random() < 0.3, "name": f"n{draw.random()}"})
            case _:
                await rest.act(pod, draw.choice(("start", "stop", "restart")))
        seen |= await compared(rest)
    assert {"RUNNING", "EXITED", "STARTING"} <= seen
    await rest.http.aclose()


async def test_the_account_is_the_same_over_both(rest: RestDemo) -> None:
    me = (await rest.ask(FLEET))["data"]["myself"]
    balance = await rest.get("/billing/balance")
    assert balance == {"balanceAmount": me["clientBalance"], "billingMode": "PREPAID"}
    assert (await rest.get("/account/limits"))["spendRate"]["limit"] == me["spendLimit"]
    assert (await rest.get("/account/ssh-keys"))["keys"] == me["pubKey"].splitlines()
    (volume,) = (await rest.get("/network-volumes"))["networkVolumes"]
    (theirs,) = me["networkVolumes"]
    assert (volume["id"], volume["size"], volume["dataCenter"]) == (
        theirs["id"],
        theirs["size"],
        theirs["dataCenterId"],
    )
    assert (await rest.get("/registries"))["registries"] == me["containerRegistryCreds"]
    templates = (await rest.get("/templates"))["templates"]
    assert [(one["id"], one["name"]) for one in templates] == [(one["id"], one["name"]) for one in me["podTemplates"]]


async def test_prices_and_stock_are_the_same_over_both_and_a_new_pod_costs_its_price(rest: RestDemo) -> None:
    query = """query($n: Int, $secure: Boolean) { gpuTypes { id secureCloud communityCloud maxGpuCountSecureCloud
      lowestPrice(input: {gpuCount: $n, secureCloud: $secure}) { uninterruptablePrice stockStatus } } }"""
    levels = {None: "NONE", "Low": "LOW", "Medium": "MEDIUM", "High": "HIGH"}
    compared_prices = 0
    for cloud, secure in (("SECURE", True), ("COMMUNITY", False)):
        for count in (1, 4):
            shown = await rest.get("/catalog/gpus", include="AVAILABILITY", product="POD", count=count, cloud=cloud)
            same = {gpu["id"]: gpu for gpu in shown["gpus"]}
            for gpu in (await rest.ask(query, n=count, secure=secure))["data"]["gpuTypes"]:
                lowest, other = gpu["lowestPrice"], same[gpu["id"]]
                assert (other["secure"], other["community"]) == (gpu["secureCloud"], gpu["communityCloud"])
                assert other["availability"] == levels[lowest["stockStatus"]]
                assert ("dataCenters" in other) <= (secure and other["availability"] != "NONE")
                if lowest["uninterruptablePrice"] is not None:
                    compared_prices += 1
                    assert round(other["price"][cloud.lower()] * count, 4) == lowest["uninterruptablePrice"]
    assert compared_prices > 20
    listed = (await rest.get("/catalog/gpus/NVIDIA RTX A4000"))["price"]["secure"]
    made = (await rest.send("POST", "/pods", ORDER | {"gpu": {"id": "NVIDIA RTX A4000", "count": 2}})).json()
    assert made["cost"] == round(2 * listed, 4)
    rest.simulator.faults.set("v2-dearer")
    dearer = (await rest.send("POST", "/pods", ORDER | {"gpu": {"id": "NVIDIA RTX A4000", "count": 2}})).json()
    assert dearer["cost"] > made["cost"]


async def test_an_account_that_is_invoiced_goes_on_below_zero(rest: RestDemo) -> None:
    rest.simulator.faults.set("v2-postpaid")
    rest.now += 30 * 3600
    owed = await rest.get("/billing/balance")
    assert owed["billingMode"] == "POSTPAID"
    assert owed["balanceAmount"] < 0
    assert (await rest.get(f"/pods/{LLAMA}"))["status"] == "RUNNING"
    assert (await rest.send("POST", "/pods", ORDER)).status_code == 201
    rest.simulator.faults.clear()
    rest.now += 1
    # Without credit it ends as any other does.
    assert (await rest.get(f"/pods/{LLAMA}"))["status"] == "EXITED"


async def test_billing_adds_up_to_what_the_pods_were_charged(rest: RestDemo) -> None:
    await rest.get("/pods")
    begun = rest.now
    await rest.act(LLAMA, "stop")
    rest.now += 3600 + LAG
    hourly: dict[str, Any] = await rest.get("/billing/pods", bucketSize="hour", lastN=80)
    assert hourly["metadata"]["uniquePodCount"] == len({record["podId"] for record in hourly["records"]})
    of_llama = [record for record in hourly["records"] if record["podId"] == LLAMA]
    rate = rest.world.pods[LLAMA].rate
    # 2.3 days before the start it was rented; a stopped pod with a network volume has no GPUs to pay.
    assert sum(record["gpuAmount"] for record in of_llama) == pytest.approx(rate * 2.3 * 24, rel=1e-3)
    # The hour after it stopped: billed, and without it.
    assert not [record for record in of_llama if record["startTime"] >= _time(begun)]
    only = await rest.get("/billing/pods", bucketSize="week", podId=STOPPED)
    assert {record["podId"] for record in only["records"]} == {STOPPED}
    whole = await rest.get("/billing", bucketSize="hour", lastN=80)
    by_pod = sum(record["totalAmount"] for record in hourly["records"])
    stored = (await rest.get("/billing/network-volumes", bucketSize="hour", lastN=80))["metadata"]["totals"][
        "totalAmount"
    ]
    assert whole["metadata"]["totals"]["totalAmount"] == pytest.approx(by_pod + stored, abs=1e-3)
    for record in whole["records"]:
        parts = [amount for name, amount in record.items() if name.endswith("Amount") and name != "totalAmount"]
        assert sum(parts) == pytest.approx(record["totalAmount"], abs=1e-5)
    await rest.send("DELETE", f"/pods/{LLAMA}")
    later = await rest.get("/billing/pods", bucketSize="hour", lastN=80, podId=LLAMA)
    assert later["records"] == of_llama
