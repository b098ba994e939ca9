"""The routes of pods: list, read, create, change, act, delete."""

from __future__ import annotations

from tui.demo.pods import SimPod
from tui.demo.rest import bodies, orders
from tui.demo.rest.call import Call, Problem, Reply, not_found
from tui.demo.rest.checks import checked
from tui.demo.rest.pod_views import LEGAL, Page, pod_view, status

MOST_LISTED = 1000


def list_pods(call: Call) -> Reply:
    if "partial" in call.faults:
        raise Problem(500, "pods could not be listed")
    members = call.flag("includeClusterPods") or False
    page = Page(call, call.number("limit", 1, MOST_LISTED, MOST_LISTED))
    here, pagination = page.of(list(call.world.pods.values()))
    # As RunPod's: what is left out makes a page shorter, and does not bring in the next pod.
    shown = [pod_view(pod, call) for pod in here if members or pod.member is None]
    return Reply(200, {"pods": shown, "pagination": pagination})


def get_pod(call: Call) -> Reply:
    return Reply(200, pod_view(find(call), call))


def create_pod(call: Call) -> Reply:
    return Reply(201, pod_view(orders.create(call, call.body()), call))


def update_pod(call: Call) -> Reply:
    asked = checked(call.body(), bodies.UPDATE)
    pod = find(call)
    _not_a_member(pod)
    return Reply(200, pod_view(orders.update(call, pod, asked), call))


def delete_pod(call: Call) -> Reply:
    pod = find(call)
    _not_a_member(pod)
    call.world.terminate(pod.id)
    return Reply(204)


def act(call: Call) -> Reply:
    verb = checked(call.body(), bodies.ACTION)["action"]
    pod = find(call)
    _not_a_member(pod)
    now = status(pod, call)
    if verb not in LEGAL[now]:
        raise Problem(409, f"action '{verb}' is not valid for a pod in status {now}")
    world = call.world
    if verb == "terminate":
        world.terminate(pod.id)
        return Reply(204)
    if verb == "stop":
        world.stop(pod.id)
    elif verb == "restart" or now == "ERROR":
        world.restart(pod.id)
    else:
        if "v2-no-capacity" in call.faults:
            raise Problem(400, "Failed to resume pod.")
        _start(call, pod)
    return Reply(200, pod_view(pod, call))


def _start(call: Call, pod: SimPod) -> None:
    if not pod.spot:
        call.world.resume(pod.id, None)
        return
    # This API knows no bids: it offers the one that the pod had.
    call.world.bid_resume(pod.id, pod.count, pod.bid or 0.0)


def find(call: Call) -> SimPod:
    pod = call.world.pods.get(call.at["id"])
    if pod is None:
        raise not_found()
    return pod


def _not_a_member(pod: SimPod) -> None:
    if pod.member is not None:
        raise Problem(409, "pod belongs to a cluster; use the cluster's routes")
