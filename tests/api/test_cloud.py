"""The core that every backend has, and what it may offer beside it: the default of each is that it does not."""

from __future__ import annotations

import inspect
from typing import Any
from unittest.mock import sentinel

import pytest

from tui.api.capabilities import Capability, not_offered
from tui.api.cloud import Cloud
from tui.api.errors import CloudError, NotOffered
from tui.api.graphql.client import GraphQLCloud
from tui.api.listener import Listener
from tui.api.offline import offline
from tui.api.pod_logs import LogQuery

CORE = {"fleet", "stop", "resume", "terminate", "listen", "aclose"}
METHODS = {name for name in vars(Cloud) if not name.startswith("_")}


class Core(Cloud):
    """As little as a backend can be."""

    async def fleet(self) -> Any: ...

    async def stop(self, pod_id: str) -> Any: ...

    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Any: ...

    async def terminate(self, pod_id: str) -> None: ...

    def listen(self, listener: Listener) -> None: ...

    async def aclose(self) -> None: ...


def test_what_is_not_core_is_a_capability() -> None:
    assert Cloud.__abstractmethods__ == CORE
    assert METHODS - CORE - {"offers", "api", "order_objections"} == set(Capability)


@pytest.mark.parametrize("capability", Capability)
async def test_what_a_backend_does_not_override_it_does_not_offer(capability: Capability) -> None:
    cloud = Core()
    assert not cloud.offers(capability)
    method = getattr(cloud, capability)
    with pytest.raises(NotOffered, match=str(not_offered(capability))):
        await method(*(sentinel.any for p in inspect.signature(method).parameters.values() if p.default is p.empty))


def test_what_it_overrides_it_offers() -> None:
    class Priced(Core):
        async def market(self) -> Any: ...

    assert [capability for capability in Capability if Priced().offers(capability)] == [Capability.MARKET]


ONLY_REST = {
    Capability.RESTART, Capability.SET_LOCKED, Capability.RENAME, Capability.LEGAL_VERBS, Capability.LOGS,
    Capability.POD_COSTS,
}  # fmt: skip


def test_graphql_offers_everything_but_what_only_rest_has() -> None:
    cloud = GraphQLCloud("https://api.runpod.io/graphql", None)
    assert {capability for capability in Capability if not cloud.offers(capability)} == ONLY_REST


def test_a_backend_without_the_core_cannot_be_made() -> None:
    class Half(Cloud):
        async def fleet(self) -> Any: ...

    with pytest.raises(TypeError, match="abstract"):
        Half()  # type: ignore[abstract]


@pytest.mark.parametrize("name", sorted(METHODS - {"offers", "api", "logs", "listen", "aclose", "order_objections"}))
async def test_offline_everything_is_refused(name: str) -> None:
    assert inspect.iscoroutinefunction(getattr(Cloud, name))
    with pytest.raises(CloudError, match="Replay is read-only"):
        await getattr(offline(), name)()


async def test_offline_logs_are_refused_when_they_are_read() -> None:
    lines = offline().logs("p1", LogQuery())
    with pytest.raises(CloudError, match="Replay is read-only"):
        await anext(lines)
