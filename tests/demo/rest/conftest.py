"""A client of the simulated REST v2, on a clock that the test holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.demo.conftest import Demo
from tui.demo.execution import KEY

LLAMA, BOOTING, SPOT, STOPPED = "k3v9x0q2m1a7ze", "q9w8e7r6t5y4u3", "a1s2d3f4g5h6j7", "m5n4b3v2c1x0z9"
ORDER = {"name": "new", "image": "acme/train:1", "gpu": {"id": "NVIDIA RTX A4000"}, "cloud": "SECURE"}


class RestDemo(Demo):
    """The simulated RunPod, asked over REST v2."""

    async def send(
        self, method: str, path: str, body: Any = None, key: str | None = KEY, **more: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if body is not None:
            more["json"] = body
        return await self.http.request(method, f"/v2{path}", headers=headers | more.pop("headers", {}), **more)

    async def get(self, path: str, **query: Any) -> Any:
        """The body of a 200."""
        response = await self.send("GET", path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    async def act(self, pod: str, verb: str) -> httpx.Response:
        return await self.send("POST", f"/pods/{pod}/action", {"action": verb})

    async def problem(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str, list[str]]:
        """The status, the detail and the errors of a refusal, which has the form of a problem document."""
        response = await self.send(method, path, body, **more)
        assert response.headers["content-type"] == "application/problem+json", response.text
        told = response.json()
        assert told["status"] == response.status_code
        assert told["title"]
        return response.status_code, told["detail"], told.get("errors", [])


@pytest.fixture
async def rest() -> AsyncIterator[RestDemo]:
    made = RestDemo()
    yield made
    await made.http.aclose()
