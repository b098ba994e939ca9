"""RunPod's OpenAPI document of REST v2, where it is at hand: it is not part of podtop."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

VARIABLE = "PODTOP_OPENAPI"
_BESIDE = Path(__file__).parents[3].parent / "shared" / "runpod" / "rest-v2.openapi.json"
_NAME = "urn:runpod"

NEWER: dict[str, Any] = {
    "pagination": {
        "type": "object",
        "required": ["nextCursor", "hasNextPage"],
        "properties": {"nextCursor": {"type": ["string", "null"]}, "hasNextPage": {"type": "boolean"}},
    },
    "gpu": {
        "required": ["vcpuCount", "memory"],
        "properties": {"vcpuCount": {"type": "number"}, "memory": {"type": "number"}},
    },
}
"""What later versions of the document add, in the project's own words."""

PAGINATED = ("listPods", "listTemplates", "listPublicTemplates", "listEndpoints")

UNLISTED: dict[str, Any] = {
    "getAccount": {"type": "object", "required": ["id", "email"]},
    "getAccountLimits": {
        "type": "object",
        "required": ["spendRate", "serverlessWorkers"],
        "properties": {"spendRate": {"type": "object"}, "serverlessWorkers": {"type": "object"}},
    },
    "getAccountBalance": {
        "type": "object",
        "required": ["balanceAmount", "billingMode"],
        "properties": {"balanceAmount": {"type": "number"}, "billingMode": {"enum": ["PREPAID", "POSTPAID"]}},
    },
}
"""Routes that only pages of November 2026 show: the parts of their responses that are known."""


@cache
def load() -> dict[str, Any] | None:
    path = Path(os.environ.get(VARIABLE, _BESIDE))
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def document() -> dict[str, Any]:
    found = load()
    if found is None:
        pytest.skip(f"no OpenAPI document: set {VARIABLE} to its path")
    return found


def check(operation: str, status: int, media: str, body: Any) -> None:
    """Fail unless the document allows this response of an operation."""
    media = media.split(";")[0]
    if operation in UNLISTED and status < 400:
        Draft202012Validator(UNLISTED[operation]).validate(body)
        return
    responses = _operations()[operation]["responses"] if operation not in UNLISTED else {}
    schema = _schema(responses, str(status), media)
    if schema is not None:
        _validator(json.dumps(schema)).validate(body)
    elif status >= 400:
        _validator('{"$ref": "#/components/schemas/ErrorResponse"}').validate(body)
    if status == 200 and operation in PAGINATED:
        Draft202012Validator({"required": ["pagination"], "properties": {"pagination": NEWER["pagination"]}}).validate(
            body
        )
    for pod in (
        body.get("pods", [body]) if "pod" in operation.lower() and status < 300 and isinstance(body, dict) else ()
    ):
        if "gpu" in pod:
            Draft202012Validator(NEWER["gpu"]).validate(pod["gpu"])


def check_body(operation: str, body: Any) -> list[str]:
    """What the document has against the body of a request."""
    content = _operations()[operation]["requestBody"]["content"]["application/json"]
    return [error.message for error in _validator(json.dumps(content["schema"])).iter_errors(body)]


@cache
def _operations() -> dict[str, Any]:
    return {
        told["operationId"]: told
        for methods in document()["paths"].values()
        for told in methods.values()
        if isinstance(told, dict) and "operationId" in told
    }


def _schema(responses: dict[str, Any], status: str, media: str) -> Any:
    """The schema of a response; None if it has no body. A status that is not listed is the default one."""
    if status not in responses:
        if int(status) < 400:
            pytest.fail(f"{status} is not in the document")
        status = "default" if "default" in responses else ""
    told = responses.get(status, {})
    if "$ref" in told:
        told = document()["components"]["responses"][told["$ref"].rsplit("/", 1)[1]]
    content = told.get("content", {})
    if content and media not in content:
        pytest.fail(f"{media} is not in the document for {status}, which has {list(content)}")
    return content[media]["schema"] if content else None


@cache
def _validator(schema: str) -> Draft202012Validator:
    whole = Resource.from_contents(document(), default_specification=DRAFT202012)
    registry: Any = Registry().with_resource(_NAME, whole)
    located = json.loads(re.sub(r'"\$ref": "#', f'"$ref": "{_NAME}#', schema))
    return Draft202012Validator(located, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)
