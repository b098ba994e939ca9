"""An account on the simulated RunPod with a performer, polled when the test says so, at the test's clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tui.api.errors import CloudError
from tui.api.graphql.client import GraphQLCloud
from tui.api.models import Pod, Snapshot
from tui.demo.asgi import Simulator
from tui.demo.execution import KEY
from tui.demo.faults import Faults
from tui.demo.source import in_process
from tui.demo.world import World
from tui.domain.events import Event
from tui.domain.user_message import UserMessage
from tui.services.action_lock import ActionLock
from tui.services.executor import Executor
from tui.services.messages import Messages, to_event_log
from tui.storage.audit_log import AuditLog
from tui.store.fleet import Fleet

NOON = 1_795_435_200.0  # 2026-11-23 12:00 UTC


class Counting(httpx.AsyncBaseTransport):
    """Remembers every mutation that leaves.

    says: a message of RunPod's that every mutation is answered with, in place of being done.
    beside: errors that come beside the answer to every question about the pods.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.mutations: list[tuple[str, dict[str, Any]]] = []
        self.says = ""
        self.beside: object = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(await request.aread())
        if "mutation" in asked["query"]:
            word = asked["query"].partition("mutation ")[2].partition("(")[0]
            self.mutations.append((word.strip(), asked["variables"]["input"]))
            if self.says:
                return httpx.Response(200, json={"data": None, "errors": [{"message": self.says}]}, request=request)
        answer = await self._inner.handle_async_request(request)
        if self.beside is not None and "query fleet" in asked["query"]:
            told = json.loads(await answer.aread())
            return httpx.Response(200, json={**told, "errors": self.beside}, request=request)
        return answer


class Account:
    """What a performer needs, all of it real but the clock and the network."""

    def __init__(self, directory: Path, *, key: str = KEY, pods: int = 6, deadline: float = 5.0) -> None:
        self.now = NOON
        self.world = World(seed=7, pods=pods, start=NOON - 3600.0)
        self.faults = Faults()
        self.wire = Counting(in_process(Simulator(self.world, lambda: self.now, self.faults, packs=False)))
        self._cloud = GraphQLCloud("https://demo.invalid/graphql", key, transport=self.wire, deadline=deadline)
        self.fleet = Fleet(5.0, 30.0)
        self.guard = ActionLock()
        self.notes: list[UserMessage] = []
        self.woken = 0
        self.path = directory / "actions.jsonl"
        self.skew = 0.0
        self.performer = self.open()

    def open(self) -> Executor:
        """A performer, as podtop makes one when it starts."""
        return Executor(
            self.fleet, self.guard, self, lambda: AuditLog(self.path, origin="demo", wall=lambda: self.now),
            clock=lambda: self.now, skew=lambda: self.skew, on_change=lambda: None,
            messages=Messages(self.notes.append, to_event_log(self.happened)),
        )  # fmt: skip

    # What a performer sees of the watch

    @property
    def cloud(self) -> GraphQLCloud:
        return self._cloud

    async def look(self) -> Snapshot:
        snapshot = await self._cloud.fleet()
        self.fleet.apply(snapshot, self.now)
        return snapshot

    def wake(self) -> None:
        self.woken += 1

    def happened(self, event: Event) -> None:
        self.fleet.events.append(event)

    # What a test does

    async def poll(self, after: float = 5.0) -> None:
        """Let time pass and ask once, as the poller does; and let what waited for that go on."""
        await self._heard()
        self.now += after
        try:
            await self.look()
        except CloudError as error:
            self.fleet.fail(error, self.now)
        self.performer.polled()
        for _ in range(3):
            await asyncio.sleep(0)

    async def _heard(self) -> None:
        """Until each operation whose answer was lost waits for the next poll; before, the action log is written."""
        for _ in range(1_000):
            lost = sum(bool(operation.lost) for operation in self.fleet.operations.values())
            if len(self.performer._reconciler._polled._waiters) >= lost:  # type: ignore[attr-defined]
                return
            await asyncio.sleep(0.002)

    async def until(self, true: Callable[[], object]) -> None:
        """Until something is so: the action log is written in a thread."""
        for _ in range(6_000):
            if true():
                return
            await asyncio.sleep(0.002)
        raise AssertionError(f"it never was so; notes: {self.notes}")

    async def told(self, words: str) -> None:
        await self.until(lambda: any(words in note.text for note in self.notes))

    def pod(self, name: str) -> Pod:
        found = next(r.pod for r in self.fleet.records.values() if r.name == name)
        assert found is not None
        return found

    @property
    def mutations(self) -> list[str]:
        return [word for word, _ in self.wire.mutations]

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []

    def outcomes(self) -> list[str]:
        return [entry["outcome"] for entry in self.log() if entry.get("outcome")]
