"""A REST v2 of made-up answers, for tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tui.api.rest.client import RestCloud

KEY = "rpa_THISISTHEKEY0123456789"
URL = "https://api.runpod.io/v2"
EXAMPLES = Path(__file__).parent / "examples"

Given = httpx.Response | Exception | dict[str, Any] | list[Any] | bytes | Callable[[httpx.Request], httpx.Response]

BALANCE = {"balanceAmount": 42.5, "billingMode": "PREPAID"}


def example(name: str) -> Any:
    """The body of a captured answer."""
    return json.loads((EXAMPLES / f"{name}.json").read_text())["body"]


def problem(status: int, detail: str = "", title: str = "", **more: Any) -> httpx.Response:
    """A refusal as RunPod writes it."""
    titles = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}
    headers = more.pop("headers", {})
    body = {"title": title or titles.get(status, "Refused"), "status": status, "detail": detail, **more}
    return httpx.Response(status, json=body, headers={"Content-Type": "application/problem+json", **headers})


def pod(**fields: Any) -> dict[str, Any]:
    """A pod on the wire, with every field that an answer always has."""
    return {**example("pod-running-secure"), "id": "p1", "name": "train", "mounts": {}, **fields}


def pods(*items: Any, **pagination: Any) -> dict[str, Any]:
    end = {"nextCursor": None, "hasNextPage": False}
    return {"pods": list(items), "pagination": {**end, **pagination}}


def document(*paths: tuple[str, tuple[str, ...]]) -> dict[str, Any]:
    """A description of an API whose GETs return objects of these fields, each in another of the ways to say so."""
    schemas: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for number, (path, fields) in enumerate(paths):
        properties = {field: {"type": "string"} for field in fields}
        schemas[f"S{number}"] = {"type": "object", "properties": properties}
        schemas[f"A{number}"] = {"allOf": [{"$ref": f"#/components/schemas/S{number}"}, {"type": "object"}]}
        schema = {"$ref": f"#/components/schemas/{'SA'[number % 2]}{number}"}
        answer = {"200": {"content": {"application/json": {"schema": schema}}}}
        found[path] = {"get": {"operationId": f"get{number}", "responses": answer}}
    return {"openapi": "3.1.0", "paths": found, "components": {"schemas": schemas}}


PLAIN = document(("/v2/pods", ("pods",)), ("/v2/pods/{id}", ("id", "name", "email")))
WITH_MONEY = document(
    ("/v2/pods", ("pods",)),
    ("/v2/billing/balance", ("balanceAmount", "billingMode")),
    ("/v2/account", ("id", "email")),
    ("/v2/account/limits", ("spendRate", "serverlessWorkers")),
)


class Server:
    """Answers by path, below /v2; whatever has no answer is not found. Keeps what it was asked."""

    def __init__(self, answers: dict[str, Given] | None = None) -> None:
        self.answers: dict[str, Given] = {
            "/openapi.json": PLAIN, "/catalog/gpus": {"gpus": []}, "/pods": pods(), **(answers or {})
        }  # fmt: skip
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path.removeprefix("/v2")
        answer = self.answers.get(f"{request.method} {path}", self.answers.get(path))
        match answer:
            case None:
                return problem(404, "resource not found")
            case Exception():
                raise answer
            case bytes():
                return httpx.Response(200, content=answer)
            case dict() | list():
                return httpx.Response(200, json=answer)
            case httpx.Response():
                return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)
        return answer(request)

    def cloud(self, **options: Any) -> RestCloud:
        options.setdefault("transport", httpx.MockTransport(self))
        return RestCloud(options.pop("url", URL), options.pop("key", KEY), **options)

    def asked(self, path: str) -> list[httpx.Request]:
        """The requests of a path."""
        return [request for request in self.requests if request.url.path == f"/v2{path}"]

    @property
    def changes(self) -> list[tuple[str, str, Any]]:
        """What was sent to change something: method, path and body."""
        return [
            (r.method, r.url.path.removeprefix("/v2"), json.loads(r.content or b"null"))
            for r in self.requests
            if r.method != "GET"
        ]


def cloud(answers: dict[str, Given] | None = None, **options: Any) -> RestCloud:
    return Server(answers).cloud(**options)
