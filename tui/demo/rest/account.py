"""The account over REST v2: who it is, its limits, its balance, and what it owns beside pods."""

from __future__ import annotations

from typing import Any

from tui.demo.account import ACCOUNT_ID, EMAIL, PUBLIC_KEYS, REGISTRIES, spend_limit
from tui.demo.pod_views import volume_view
from tui.demo.pods import SimPod, iso
from tui.demo.rest.call import Call, Reply, not_found
from tui.demo.rest.pod_views import pod_view, status
from tui.demo.rest.templates import LAST_PAGE

MOST_WORKERS = 5


def get_account(call: Call) -> Reply:
    return Reply(200, {"id": ACCOUNT_ID, "email": EMAIL})


def get_limits(call: Call) -> Reply:
    """Of RunPod's, only the two names are known; what is in them is this simulator's own."""
    return Reply(
        200,
        {
            "spendRate": {"limit": float(spend_limit(call.world))},
            "serverlessWorkers": {"limit": MOST_WORKERS, "used": 0},
        },
    )


def get_balance(call: Call) -> Reply:
    mode = "POSTPAID" if call.world.postpaid else "PREPAID"
    return Reply(200, {"balanceAmount": round(call.world.balance, 6), "billingMode": mode})


def get_ssh_keys(call: Call) -> Reply:
    return Reply(200, {"keys": list(PUBLIC_KEYS)})


def list_registries(call: Call) -> Reply:
    return Reply(200, {"registries": _registries()})


def get_registry(call: Call) -> Reply:
    return Reply(200, _one(_registries(), call.at["id"]))


def _registries() -> list[dict[str, Any]]:
    return [{"id": login["id"], "name": login["name"]} for login in REGISTRIES]


def list_delegations(call: Call) -> Reply:
    return Reply(200, {"delegations": []})


def list_volumes(call: Call) -> Reply:
    return Reply(200, {"networkVolumes": volumes(call)})


def get_volume(call: Call) -> Reply:
    return Reply(200, _one(volumes(call), call.at["id"]))


def volumes(call: Call) -> list[dict[str, Any]]:
    if not call.world.has_volume:
        return []
    same = volume_view()
    place = same["dataCenterId"]
    return [{"id": same["id"], "name": same["name"], "size": same["size"], "dataCenter": place, "type": "STANDARD"}]


def list_endpoints(call: Call) -> Reply:
    return Reply(200, {"endpoints": [], "pagination": LAST_PAGE})


# Clusters, which are nothing but their pods


def list_clusters(call: Call) -> Reply:
    return Reply(200, {"clusters": [_cluster(call, members) for members in _clusters(call).values()]})


def get_cluster(call: Call) -> Reply:
    return Reply(200, _cluster(call, _members(call)))


def list_members(call: Call) -> Reply:
    return Reply(200, {"pods": [pod_view(pod, call) for pod in _members(call)]})


def _members(call: Call) -> list[SimPod]:
    members = _clusters(call).get(call.at["id"])
    if members is None:
        raise not_found()
    return members


def _clusters(call: Call) -> dict[str, list[SimPod]]:
    result: dict[str, list[SimPod]] = {}
    for pod in call.world.pods.values():
        if pod.member:
            result.setdefault(pod.member.cluster, []).append(pod)
    return result


def _cluster(call: Call, members: list[SimPod]) -> dict[str, Any]:
    first = min(members, key=lambda pod: pod.member.rank if pod.member else 0)
    name = first.member.cluster if first.member else ""
    states = [status(pod, call) for pod in members]
    return {
        "id": name,
        "name": name,
        "type": "TRAINING",
        "compute": {"gpuTypeId": first.gpu.id, "gpuCountPerPod": first.count, "podCount": len(members)},
        "dataCenterId": first.place.id,
        "pods": {"total": len(members), "byStatus": {state: states.count(state) for state in dict.fromkeys(states)}},
        "network": {"cidr": "10.65.0.0/16"},
        "primary": {"podId": first.id, "status": status(first, call)},
        "createdAt": iso(first.created),
    }


def _one(shown: list[dict[str, Any]], wanted: str) -> dict[str, Any]:
    result = next((entry for entry in shown if entry["id"] == wanted), None)
    if result is None:
        raise not_found()
    return result
