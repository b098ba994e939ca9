"""The bodies that REST v2 takes, as schemas: the fields of RunPod's document, and none beside them."""

from __future__ import annotations

from typing import Any

VERBS = ("start", "stop", "restart", "terminate")
_TEXT: dict[str, Any] = {"type": "string"}
_SAID: dict[str, Any] = {"type": "string", "minLength": 1}
_FLAG: dict[str, Any] = {"type": "boolean"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_VERSION: dict[str, Any] = {"type": "string", "pattern": r"^\d+\.\d+$"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 1}


def _closed(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {"type": "object", "required": list(required), "additionalProperties": False, "properties": properties}


MOUNTS = _closed(
    persistent=_closed(("size", "path"), size={"type": "integer", "minimum": 10}, path=_TEXT),
    network={"type": "array", "maxItems": 1, "items": _closed(("volumeId", "path"), volumeId=_TEXT, path=_TEXT)},
)
CONTAINER: dict[str, Any] = {
    "image": _TEXT,
    "args": _TEXT,
    "cmd": _TEXTS,
    "entrypoint": _TEXTS,
    "disk": _COUNT,
    "env": {"type": "object", "additionalProperties": _TEXT},
    "ports": _TEXTS,
    "registry": {"type": ["string", "null"]},
}
CREATE = _closed(
    ("name",),
    **CONTAINER,
    name=_SAID,
    cloud={"type": "string", "enum": ["SECURE", "COMMUNITY"]},
    cpu=_closed(("id", "vcpuCount"), id=_SAID, vcpuCount={"type": "integer", "minimum": 2}),
    gpu=_closed(
        ("id",),
        id=_TEXT,
        count=_COUNT,
        allowedCudaVersions={"type": "array", "items": _VERSION},
        minCudaVersion=_VERSION,
        minRamPerGpu=_COUNT,
        minVcpuCountPerGpu=_COUNT,
    ),
    dataCenterIds=_TEXTS,
    globalNetworking=_FLAG,
    mounts=MOUNTS,
    startJupyter=_FLAG,
    startSsh=_FLAG,
    templateId=_SAID,
)
UPDATE = _closed(**CONTAINER, name=_SAID, locked=_FLAG, mounts=MOUNTS, globalNetworking=_FLAG, templateId=_TEXT)
ACTION = _closed(("action",), action={"type": "string", "enum": list(VERBS)})
