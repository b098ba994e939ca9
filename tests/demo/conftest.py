"""A world on a clock that the test holds, and an HTTP client that speaks to it as any RunPod client would."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLSchema

from tui.demo.asgi import Simulator
from tui.demo.execution import KEY
from tui.demo.source import in_process
from tui.demo.world import HISTORY, World

START = 1_795_431_600.0


class Demo:
    """A simulated RunPod, the time in it, and ways to ask it."""

    def __init__(self, pods: int = 6, **world: Any) -> None:
        self.world = World(pods=pods, start=START, **world)
        self.now = START + HISTORY
        self.simulator = Simulator(self.world, lambda: self.now)
        self.http = httpx.AsyncClient(transport=in_process(self.simulator), base_url="https://demo.invalid")

    async def post(self, query: Any, key: str | None = KEY, variables: Any = None, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return await self.http.post("/graphql", json={"query": query, "variables": variables, **more}, headers=headers)

    async def ask(self, query: str, key: str | None = KEY, **variables: Any) -> Any:
        """The whole body of an answer at 200."""
        response = await self.post(query, key, variables)
        assert response.status_code == 200, response.text
        return response.json()

    async def refused(self, query: str, key: str = KEY, **variables: Any) -> str:
        """The message with which a mutation is refused."""
        body = await self.ask(query, key, **variables)
        (error,) = body["errors"]
        assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}
        assert list(body["data"].values()) == [None]
        return str(error["message"])


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    made = Demo()
    yield made
    await made.http.aclose()


def every_field(of: GraphQLSchema) -> str:
    """A query for every field of the schema that can be reached."""
    assert of.query_type is not None
    return f"{{ {_selection(of.query_type, ())} }}"


def _selection(of: GraphQLObjectType, above: tuple[str, ...]) -> str:
    """All fields below a type, without going round in circles."""
    parts = []
    for name, field in of.fields.items():
        kind = field.type
        while isinstance(kind, GraphQLNonNull | GraphQLList):
            kind = kind.of_type
        arguments = '(input: {podId: "k3v9x0q2m1a7ze"})' if name == "pod" else ""
        if not isinstance(kind, GraphQLObjectType):
            parts.append(name)
        elif kind.name not in above and len(above) < 4:
            parts.append(f"{name}{arguments} {{ {_selection(kind, (*above, kind.name))} }}")
    return " ".join(parts) or "__typename"
