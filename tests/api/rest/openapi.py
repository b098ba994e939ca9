"""Checks requests and responses against an OpenAPI document: RunPod's, which is not shipped, or one made by a test."""

from __future__ import annotations

import json
import os
import re
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import jsonschema
import pytest

HERE = Path(__file__).parents[3]
PLACES = (os.environ.get("PODTOP_OPENAPI", ""), str(HERE.parent / "shared/runpod/rest-v2.openapi.json"))

NEWER_QUERY = {"/v2/pods": {"cursor"}, "/v2/templates": {"cursor"}}
"""What the document of 38 paths has, and that of 34 has not."""

NEWER_GPU = {"minRamPerGpu": {"type": "integer"}, "minVcpuCountPerGpu": {"type": "integer"}}


class OpenApi:
    """One document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], str]]:
        """Paths as patterns, the more literal first."""
        paths = sorted(self.document["paths"], key=lambda path: path.count("{"))
        return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in paths]

    def _resolved(self, value: Any) -> Any:
        while isinstance(value, dict) and "$ref" in value:
            reference, value = value["$ref"], self.document
            for step in reference.removeprefix("#/").split("/"):
                value = value[step.replace("~1", "/").replace("~0", "~")]
        return value

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
        """The path's template, its operation, and the parameters of both."""
        template = next((t for pattern, t in self._templates if pattern.fullmatch(path)), None)
        assert template is not None, f"no such path: {path}"
        item = self._resolved(self.document["paths"][template])
        assert method.lower() in item, f"no {method} of {template}"
        operation = item[method.lower()]
        declared = [self._resolved(p) for p in (*item.get("parameters", ()), *operation.get("parameters", ()))]
        return template, operation, declared

    def check_request(self, request: httpx.Request) -> None:
        """Fail unless the document allows this request."""
        template, operation, declared = self.operation(request.method, unquote(request.url.path))
        query = {p["name"]: p for p in declared if p["in"] == "query"}
        given = request.url.params.multi_items()
        assert len(given) == len(dict(given)), "a parameter is given twice"
        for name, value in given:
            if name not in NEWER_QUERY.get(template, ()):
                assert name in query, f"{template} has no parameter {name}"
                self._validate(self._typed(value, query[name]), query[name]["schema"])
        missing = [name for name, p in query.items() if p.get("required") and name not in dict(given)]
        assert not missing
        body = operation.get("requestBody")
        assert (body is not None) == bool(request.content), "a body where none is, or none where one is"
        if body is not None:
            assert request.headers["content-type"] == "application/json"
            self._validate(json.loads(request.content), self._resolved(body)["content"]["application/json"]["schema"])

    def check_body(self, method: str, path: str, status: int, body: Any) -> None:
        """Fail unless the document has such a response."""
        _, operation, _ = self.operation(method, path)
        answer = self._resolved(operation["responses"][str(status)])
        self._validate(body, answer["content"]["application/json"]["schema"])

    def _typed(self, text: str, parameter: dict[str, Any]) -> Any:
        schema = self._resolved(parameter["schema"])
        match schema.get("type"):
            case "integer":
                return int(text)
            case "boolean":
                return {"true": True, "false": False}[text]
            case "array":
                assert parameter.get("explode") is False
                return text.split(",")
        return text

    def _validate(self, value: Any, schema: Any) -> None:
        whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": self.document["components"]}
        jsonschema.Draft202012Validator({**whole, "allOf": [schema]}).validate(value)


def runpods() -> OpenApi:
    """RunPod's own document, with the two fields that a newer one has; skips the test where it is not."""
    for place in PLACES:
        if place and Path(place).is_file():
            document = json.loads(Path(place).read_text())
            gpu = document["components"]["schemas"]["CreateGpuConfig"]["allOf"][-1]["properties"]
            gpu.update({name: schema for name, schema in NEWER_GPU.items() if name not in gpu})
            return OpenApi(document)
    pytest.skip("RunPod's OpenAPI document is not here: name it in PODTOP_OPENAPI")
