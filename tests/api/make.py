"""Clouds over made-up answers, for tests."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx

from tui.api.graphql.client import GraphQLCloud

KEY = "rpa_THISISTHEKEY0123456789"
URL = "https://api.runpod.io/graphql"

Handler = Callable[[httpx.Request], httpx.Response]


def cloud(answer: Handler | httpx.Response | dict[str, Any] | bytes | Exception, **options: Any) -> GraphQLCloud:
    """A cloud that gets `answer` to everything: JSON or a body at 200, a response, a handler's, or an exception."""

    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, dict):
            return httpx.Response(200, json=answer)
        if isinstance(answer, bytes):
            return httpx.Response(200, content=answer)
        return answer if isinstance(answer, httpx.Response) else answer(request)

    options.setdefault("transport", httpx.MockTransport(handle))
    return GraphQLCloud(options.pop("url", URL), options.pop("key", KEY), **options)


def pod(**fields: Any) -> dict[str, Any]:
    """A pod on the wire with the least that makes one."""
    return {"id": "p1", "name": "train", "desiredStatus": "RUNNING", "gpuCount": 1, **fields}


def account(*pods: Any, **fields: Any) -> dict[str, Any]:
    money = {"id": "user_1", "clientBalance": 42.5, "currentSpendPerHr": 3.5, "spendLimit": 80}
    return {"data": {"myself": {**money, "pods": list(pods), **fields}}}


def gpu(**fields: Any) -> dict[str, Any]:
    return {"id": "NVIDIA H100", "displayName": "H100", "secureCloud": True, "communityCloud": True, **fields}


def market(*gpus: Any) -> dict[str, Any]:
    return {"data": {"gpuTypes": list(gpus)}}


class Recorder:
    """A transport that keeps the requests it got."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json=self._answer)

    @property
    def variables(self) -> Any:
        """Of the last request."""
        return json.loads(self.requests[-1].content)["variables"]


class Chunks(httpx.AsyncByteStream):
    """A body that comes in pieces, and may end in an exception."""

    def __init__(self, *chunks: bytes, error: Exception | None = None) -> None:
        self._chunks = chunks
        self._error = error
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            self.read += 1
            yield chunk
        if self._error is not None:
            raise self._error
