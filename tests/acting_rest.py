"""The account of `tests.acting` over REST v2, and over both APIs; and what a request over REST v2 changes."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from tests.acting import Account, Counting
from tui.api.dual import cloud_at
from tui.api.graphql.client import GraphQLCloud
from tui.api.rest.client import RestCloud
from tui.demo.asgi import Simulator
from tui.demo.execution import KEY
from tui.demo.source import in_process

_WORDS = {"start": "resume"}


def rest_change(request: httpx.Request, content: bytes) -> tuple[str, str]:
    """The action that a request asks for, by podtop's id of it, and its pod: empty for a new one."""
    steps, body = request.url.path.strip("/").split("/"), json.loads(content)
    if steps[1:] == ["pods"]:
        return "deploy", ""
    pod = steps[2]
    if steps[3:] == ["action"]:
        return _WORDS.get(body["action"], body["action"]), pod
    assert request.method == "PATCH"
    assert len(body) == 1, "one thing is changed at a time"
    return "rename" if "name" in body else "lock-pod" if body["locked"] else "unlock-pod", pod


class CountingBoth(Counting):
    """Remembers every change that leaves over either API. `apis`: over which, one for each."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        super().__init__(inner)
        self.apis: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/v2"):
            before = len(self.mutations)
            answer = await super().handle_async_request(request)
            self.apis += ["graphql"] * (len(self.mutations) - before)
            return answer
        if request.method != "GET":
            word, pod = rest_change(request, await request.aread())
            self.mutations.append((word, {"podId": pod}))
            self.apis.append("rest")
            if self.says:
                problem = {"title": "Bad Request", "status": 400, "detail": self.says}
                headers = {"Content-Type": "application/problem+json"}
                return httpx.Response(400, json=problem, headers=headers, request=request)
        return await self._inner.handle_async_request(request)


class RestAccount(Account):
    """One whose every request goes over REST v2; or over whichever answers, if `api` is "auto"."""

    api = "rest"

    def __init__(self, directory: Path, *, key: str = KEY, pods: int = 6, deadline: float = 5.0) -> None:
        super().__init__(directory, key=key, pods=pods, deadline=deadline)
        next(pod for pod in self.world.pods.values() if pod.name == "distill-student").locked = True
        self.wire: CountingBoth = CountingBoth(
            in_process(Simulator(self.world, lambda: self.now, self.faults, packs=False))
        )

        def make(url: str) -> GraphQLCloud | RestCloud:
            kind = RestCloud if url.endswith("/v2") else GraphQLCloud
            return kind(url, key, transport=self.wire, deadline=deadline)

        self._cloud = cloud_at("https://demo.invalid/graphql", self.api, make)  # type: ignore[assignment]
