"""The OpenAPI document that the simulated server gives of itself: what it serves, and in which shapes.

A client discovers from it the routes that not every server has. It is this simulator's own, and short: an object's
required properties and their types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tui.demo.rest import bodies

Shape = dict[str, Any]

_TEXT: Shape = {"type": "string"}
_MAYBE: Shape = {"type": ["string", "null"]}
_WHOLE: Shape = {"type": "integer"}
_NUMBER: Shape = {"type": "number", "format": "double"}
_FLAG: Shape = {"type": "boolean"}
_TIME: Shape = {"type": "string", "format": "date-time"}
_OBJECT: Shape = {"type": "object"}
_ONE_OF_TWO: Shape = {"type": ["object", "null"]}


def _object(**properties: Shape) -> Shape:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(item: Shape) -> Shape:
    return {"type": "array", "items": item}


def _ref(name: str) -> Shape:
    return {"$ref": f"#/components/schemas/{name}"}


_PAGINATION = _object(nextCursor=_MAYBE, hasNextPage=_FLAG)
_RANGE = {"startTime": _TIME, "endTime": _TIME}
_BILLED = _object(records=_list(_object(**_RANGE, totalAmount=_NUMBER)), metadata=_object(recordCount=_WHOLE))

_SCHEMAS: dict[str, Shape] = {
    "Pod": _object(
        id=_TEXT, name=_TEXT, status=_TEXT, actions=_list({"type": "string", "enum": list(bodies.VERBS)}), image=_TEXT,
        args=_TEXT, disk=_WHOLE, env={"type": "object", "additionalProperties": _TEXT}, ports=_list(_TEXT),
        registry=_MAYBE, mounts=bodies.MOUNTS, cloud=_TEXT, dataCenterId=_MAYBE, cudaVersion=_MAYBE, ssh=_OBJECT,
        template=_MAYBE, cost=_NUMBER, locked=_FLAG, globalNetworking=_OBJECT, runtime=_ONE_OF_TWO, createdAt=_TIME,
        startedAt={"type": ["string", "null"], "format": "date-time"},
    ),
    "Template": _object(id=_TEXT, name=_TEXT, image=_TEXT, env=_OBJECT, mounts=_OBJECT, serverless=_FLAG, public=_FLAG),
    "GpuType": _object(
        id=_TEXT, name=_TEXT, pool=_MAYBE, manufacturer=_TEXT, memory=_WHOLE, secure=_FLAG, community=_FLAG,
        price=_object(secure=_NUMBER, community=_NUMBER), maxCount=_object(secure=_WHOLE, community=_WHOLE),
    ),
    "CpuType": _object(
        id=_TEXT, name=_TEXT, group=_TEXT, vcpu=_object(min=_WHOLE, max=_WHOLE), ramGbPerVcpu=_NUMBER,
        price=_object(securePerVcpu=_NUMBER, serverlessPerVcpu=_NUMBER),
    ),
    "DataCenter": _object(
        id=_TEXT, name=_TEXT, region=_TEXT, globalNetwork=_FLAG, networkVolumeTypes=_list(_TEXT),
        compliance=_list(_TEXT),
    ),
    "NetworkVolume": _object(id=_TEXT, name=_TEXT, size=_WHOLE, dataCenter=_TEXT, type=_TEXT),
    "Registry": _object(id=_TEXT, name=_TEXT),
    "Cluster": _object(id=_TEXT, name=_TEXT, type=_TEXT, compute=_OBJECT, pods=_OBJECT, createdAt=_TIME),
    "Account": _object(id=_TEXT, email=_TEXT),
    "AccountLimits": _object(spendRate=_object(limit=_NUMBER), serverlessWorkers=_object(limit=_WHOLE, used=_WHOLE)),
    "AccountBalance": _object(
        balanceAmount=_NUMBER, billingMode={"type": "string", "enum": ["PREPAID", "POSTPAID"]}
    ),
    "ErrorResponse": _object(title=_TEXT, status=_WHOLE, detail=_TEXT),
}  # fmt: skip

_ANSWERS: dict[str, Shape] = {
    "listPods": _object(pods=_list(_ref("Pod")), pagination=_PAGINATION),
    "createPod": _ref("Pod"),
    "getPod": _ref("Pod"),
    "updatePod": _ref("Pod"),
    "podAction": _ref("Pod"),
    "listGpuTypes": _object(gpus=_list(_ref("GpuType"))),
    "getGpuType": _ref("GpuType"),
    "listCpuTypes": _object(cpus=_list(_ref("CpuType"))),
    "getCpuType": _ref("CpuType"),
    "listDataCenters": _object(dataCenters=_list(_ref("DataCenter"))),
    "getDataCenter": _ref("DataCenter"),
    "listTemplates": _object(templates=_list(_ref("Template")), pagination=_PAGINATION),
    "getTemplate": _ref("Template"),
    "listPublicTemplates": _object(templates=_list(_ref("Template")), pagination=_PAGINATION),
    "listRegistries": _object(registries=_list(_ref("Registry"))),
    "listDelegations": _object(delegations=_list(_OBJECT)),
    "getRegistry": _ref("Registry"),
    "listNetworkVolumes": _object(networkVolumes=_list(_ref("NetworkVolume"))),
    "getNetworkVolume": _ref("NetworkVolume"),
    "listEndpoints": _object(endpoints=_list(_OBJECT), pagination=_PAGINATION),
    "listClusters": _object(clusters=_list(_ref("Cluster"))),
    "getCluster": _ref("Cluster"),
    "listClusterPods": _object(pods=_list(_ref("Pod"))),
    "getAccount": _ref("Account"),
    "getAccountLimits": _ref("AccountLimits"),
    "getSshKeys": _object(keys=_list(_TEXT)),
    "getAccountBalance": _ref("AccountBalance"),
    "listBilling": _BILLED,
    "listPodBilling": _BILLED,
    "listServerlessBilling": _BILLED,
    "listEndpointBilling": _BILLED,
    "listNetworkVolumeBilling": _BILLED,
    "listClusterBilling": _BILLED,
}

_TAKEN: dict[str, Shape] = {"createPod": bodies.CREATE, "updatePod": bodies.UPDATE, "podAction": bodies.ACTION}
_CREATED = {"createPod": "201"}


def document(root: str, operations: Iterable[tuple[str, str, str]]) -> Shape:
    """The document for these operations: the method, the path below `root`, and the operation's id."""
    paths: dict[str, dict[str, Shape]] = {}
    for method, path, operation in operations:
        paths.setdefault(f"{root}{path}", {})[method.lower()] = _operation(path, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Simulated RunPod REST API", "version": "2.0.0"},
        "servers": [{"url": "/"}],
        "security": [{"bearerAuth": []}],
        "paths": paths,
        "components": {
            "schemas": _SCHEMAS,
            "securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(path: str, operation: str) -> Shape:
    reported: Shape = {"operationId": operation, "responses": _responses(operation)}
    named = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in re.findall(r"{(\w+)}", path)]
    if named:
        reported["parameters"] = named
    if operation in _TAKEN:
        reported["requestBody"] = {"required": True, "content": {"application/json": {"schema": _TAKEN[operation]}}}
    return reported


def _responses(operation: str) -> Shape:
    failed = {"content": {"application/problem+json": {"schema": _ref("ErrorResponse")}}, "description": "an error"}
    if operation == "getPodLogs":
        events = {"content": {"text/event-stream": {"schema": _TEXT}}, "description": "a line for each event"}
        return {"200": events, "default": failed}
    if operation not in _ANSWERS:
        return {"204": {"description": "done"}, "default": failed}
    content = {"application/json": {"schema": _ANSWERS[operation]}}
    answers: Shape = {_CREATED.get(operation, "200"): {"content": content, "description": "the response"}}
    if operation == "podAction":
        answers["204"] = {"description": "terminated"}
    return answers | {"default": failed}
