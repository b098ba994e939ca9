"""The routes of REST v2 over a world: which key may take which, and the response to a request."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from tui.demo.execution import GRAPHQL_ONLY, may_change
from tui.demo.faults import Faults
from tui.demo.random_walk import mix
from tui.demo.rest import account, billing, catalog, logs, pods, templates
from tui.demo.rest.call import Call, Problem, Reply, Request, not_found, refused
from tui.demo.rest.logs import LogStream
from tui.demo.rest.quotas import WINDOWS, Quotas, resets_in
from tui.demo.world import Refusal, World

ROOT = "/v2"
DOCUMENT = f"{ROOT}/openapi.json"
_JSON = (b"content-type", b"application/json")
_EVENTS = ((b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"))
_PROBLEM = (b"content-type", b"application/problem+json")

Headers = list[tuple[bytes, bytes]]
Handler = Callable[[Call], Reply]


class Route(NamedTuple):
    """A method of a path. Parts of the path in braces stand for any one part.

    without: the fault under which it does not exist.
    """

    method: str
    path: str
    operation: str
    handler: Handler
    without: str = ""


ROUTES = (
    Route("GET", "/pods", "listPods", pods.list_pods),
    Route("POST", "/pods", "createPod", pods.create_pod),
    Route("GET", "/pods/{id}", "getPod", pods.get_pod),
    Route("PATCH", "/pods/{id}", "updatePod", pods.update_pod),
    Route("DELETE", "/pods/{id}", "deletePod", pods.delete_pod),
    Route("POST", "/pods/{id}/action", "podAction", pods.act),
    Route("GET", "/pods/{id}/logs", "getPodLogs", logs.stream_logs),
    Route("GET", "/catalog/gpus", "listGpuTypes", catalog.list_gpus),
    Route("GET", "/catalog/gpus/{id}", "getGpuType", catalog.get_gpu),
    Route("GET", "/catalog/cpus", "listCpuTypes", catalog.list_cpus),
    Route("GET", "/catalog/cpus/{id}", "getCpuType", catalog.get_cpu),
    Route("GET", "/catalog/datacenters", "listDataCenters", catalog.list_places),
    Route("GET", "/catalog/datacenters/{id}", "getDataCenter", catalog.get_place),
    Route("GET", "/templates", "listTemplates", templates.list_templates),
    Route("GET", "/templates/{id}", "getTemplate", templates.get_template),
    Route("GET", "/catalog/templates", "listPublicTemplates", templates.list_public),
    Route("GET", "/registries", "listRegistries", account.list_registries),
    Route("GET", "/registries/delegations", "listDelegations", account.list_delegations),
    Route("GET", "/registries/{id}", "getRegistry", account.get_registry),
    Route("GET", "/network-volumes", "listNetworkVolumes", account.list_volumes),
    Route("GET", "/network-volumes/{id}", "getNetworkVolume", account.get_volume),
    Route("GET", "/serverless", "listEndpoints", account.list_endpoints),
    Route("GET", "/clusters", "listClusters", account.list_clusters),
    Route("GET", "/clusters/{id}", "getCluster", account.get_cluster),
    Route("GET", "/clusters/{id}/pods", "listClusterPods", account.list_members),
    Route("GET", "/account", "getAccount", account.get_account),
    Route("GET", "/account/limits", "getAccountLimits", account.get_limits),
    Route("GET", "/account/ssh-keys", "getSshKeys", account.get_ssh_keys),
    Route("GET", "/billing", "listBilling", billing.total),
    Route("GET", "/billing/balance", "getAccountBalance", account.get_balance, without="v2-no-balance"),
    Route("GET", "/billing/pods", "listPodBilling", billing.pods),
    Route("GET", "/billing/serverless", "listServerlessBilling", billing.serverless),
    Route("GET", "/billing/endpoints", "listEndpointBilling", billing.endpoints),
    Route("GET", "/billing/network-volumes", "listNetworkVolumeBilling", billing.volumes),
    Route("GET", "/billing/clusters", "listClusterBilling", billing.clusters),
)


class Sent(NamedTuple):
    """A response as it leaves, or its head and the log that follows it.

    mutation: whether it is the response to one.
    """

    status: int
    headers: Headers
    body: bytes
    mutation: bool
    log: LogStream | None = None


class Rest:
    """Answers requests on a world. One at a time: it changes the world, and counts."""

    def __init__(self, world: World, faults: Callable[[], Faults]) -> None:
        self._world = world
        self._faults = faults
        self._quotas = Quotas()
        self._turn = 0

    def answer(self, request: Request, key: str | None) -> Sent:
        """The response for a caller with this key, None for an anonymous one. The world must be at the present."""
        self._turn += 1
        call = Call(self._world, self._faults(), request, self._turn)
        headers = [(b"x-request-id", f"{mix(self._world.seed, 'request', self._turn):016x}".encode())]
        mutation = False
        try:
            if request.path == DOCUMENT:
                return _sent(Reply(200, self._document(call.faults)), headers, mutation=False)
            may = _authenticated(key)
            headers += self._counted(call)
            if key is not None and key.startswith(GRAPHQL_ONLY):
                raise Problem(403, "access denied")
            route = _found(call)
            mutation = route.method != "GET"
            if mutation and not may:
                raise Problem(403, "access denied")
            return _sent(route.handler(call), headers, mutation)
        except Refusal as refusal:
            return _failed(refused(refusal), headers, mutation)
        except _Spent as spent:
            return _failed(spent, headers + spent.headers, mutation)
        except Problem as problem:
            return _failed(problem, headers, mutation)

    def _document(self, faults: Faults) -> dict[str, Any]:
        from tui.demo.rest.document import document

        served = (route for route in ROUTES if route.without not in faults)
        return document(ROOT, ((route.method, route.path, route.operation) for route in served))

    def _counted(self, call: Call) -> Headers:
        now, per_minute = self._world.now, call.faults.active.get("v2-throttle")
        spent = self._quotas.spend(now, per_minute)
        headers = self._quotas.headers(now, per_minute)
        if spent is None:
            return headers
        raise _Spent(spent.name, [*headers, (b"retry-after", b"%d" % resets_in(spent, now))])

    def fault(self, status: int, seconds: float) -> Sent:
        """The response of a fault that RunPod's own server would report itself."""
        phrase = {401: "invalid token", 403: "access denied", 429: "rate limit exceeded for the minute window"}
        headers: Headers = []
        if status == 429:
            live = f'"{WINDOWS[0].name}";r=0;t={seconds:.0f}'.encode()
            headers = [(b"retry-after", b"%d" % seconds), (b"ratelimit", live)]
        return _failed(Problem(status, phrase.get(status, "internal error")), headers, mutation=False)


class _Spent(Problem):
    """The rate limit is spent in one of its windows."""

    def __init__(self, window: str, headers: Headers) -> None:
        super().__init__(429, f"rate limit exceeded for the {window} window")
        self.headers = headers


def _authenticated(key: str | None) -> bool:
    """Whether the key may change anything; raises when it is missing or not accepted."""
    if key is None:
        raise Problem(401, "missing bearer token")
    may = may_change(key)
    if may is None:
        raise Problem(401, "invalid bearer token")
    return may


def _found(call: Call) -> Route:
    """The route that a request takes; the parts of its path are noted in the call."""
    parts = call.request.path.removeprefix(ROOT).strip("/").split("/")
    fitting: dict[str, tuple[Route, dict[str, str]]] = {}
    for route, pattern in _patterns():
        if len(pattern) != len(parts) or (route.without and route.without in call.faults):
            continue
        if all(mine in (given, "{id}") for mine, given in zip(pattern, parts, strict=True)):
            named = {mine[1:-1]: given for mine, given in zip(pattern, parts, strict=True) if mine == "{id}"}
            # A path that names a part in so many words stands before one that takes any.
            if route.method not in fitting or not named:
                fitting[route.method] = route, named
    if not fitting:
        raise not_found()
    if call.request.method not in fitting:
        raise Problem(405, "The requested method is not allowed for this path.", allow=", ".join(sorted(fitting)))
    route, call.at = fitting[call.request.method]
    return route


@cache
def _patterns() -> list[tuple[Route, list[str]]]:
    return [(route, route.path.strip("/").split("/")) for route in ROUTES]


def _sent(reply: Reply, headers: Headers, mutation: bool) -> Sent:
    if isinstance(reply.content, LogStream):
        return Sent(reply.status, [*_EVENTS, *headers], b"", mutation, reply.content)
    if reply.content is None:
        return Sent(reply.status, headers, b"", mutation)
    return Sent(reply.status, [_JSON, *headers], _packed(reply.content), mutation)


def _failed(problem: Problem, headers: Headers, mutation: bool) -> Sent:
    allow = [(b"allow", problem.allow.encode())] if problem.allow else []
    return Sent(problem.status, [_PROBLEM, *headers, *allow], _packed(problem.document()), mutation)


def _packed(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
