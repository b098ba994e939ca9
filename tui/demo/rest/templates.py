"""The account's templates as REST v2 reports them."""

from __future__ import annotations

from typing import Any

from tui.demo import account
from tui.demo.rest.call import Call, Reply, not_found

COUNT = 3
OFFICIAL = ("runpod-torch", "RunPod PyTorch", "runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04")


def template(template_id: str) -> dict[str, Any] | None:
    return next((shown for shown in (*owned(), *_public("official")) if shown["id"] == template_id), None)


def owned() -> list[dict[str, Any]]:
    """The account's own."""
    return [_view(account.template(index)) for index in range(COUNT)]


def list_templates(call: Call) -> Reply:
    call.number("limit", 1, 1000, 1000)
    return Reply(200, {"templates": owned(), "pagination": LAST_PAGE})


def get_template(call: Call) -> Reply:
    shown = template(call.at["id"])
    if shown is None:
        raise not_found()
    return Reply(200, shown)


def list_public(call: Call) -> Reply:
    source = call.word("source", ("official", "verified", "community"), "official")
    return Reply(200, {"templates": _public(source), "pagination": LAST_PAGE})


LAST_PAGE = {"nextCursor": None, "hasNextPage": False}


def _public(source: str) -> list[dict[str, Any]]:
    if source != "official":
        return []
    built = _view(account.template(0))
    return [{**built, "id": OFFICIAL[0], "name": OFFICIAL[1], "image": OFFICIAL[2], "public": True}]


def _view(shown: dict[str, Any]) -> dict[str, Any]:
    """GraphQL's template as REST v2's."""
    return {
        "id": shown["id"],
        "name": shown["name"],
        "image": shown["imageName"],
        "args": shown["dockerArgs"],
        "disk": shown["containerDiskInGb"],
        "ports": shown["ports"].split(","),
        "env": {entry["key"]: entry["value"] for entry in shown["env"]},
        "registry": shown["containerRegistryAuthId"],
        "mounts": {"persistent": {"size": shown["volumeInGb"], "path": shown["volumeMountPath"]}},
        "serverless": shown["isServerless"],
        "public": shown["isPublic"],
        "category": "NVIDIA",
        "startSsh": shown["startSsh"],
        "startJupyter": shown["startJupyter"],
        "allowedCudaVersions": [],
    }
