"""The SDL executed over a world: what a query or mutation answers, and as which HTTP status."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import Any, TypeGuard

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute,
    parse,
    validate,
)
from graphql.execution import ExecutionResult
from graphql.language import FieldNode, Visitor, visit

from tui.demo import account
from tui.demo.catalogue import gpu_types
from tui.demo.market import gpu_view
from tui.demo.pods import pod_view
from tui.demo.world import Refusal, World

KEY = "demo-key"
READ_ONLY_KEY = "demo-key-read-only"
KEYS = {KEY: True, READ_ONLY_KEY: False}
"""The keys that the simulated RunPod knows, and whether each may change anything."""

_DOCUMENTS = 200


def _resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """A field is what its parent's dictionary says; what costs something to make is a function there."""
    value = source.get(info.field_name)
    return value(info, **arguments) if callable(value) else value


def _never(value: Any) -> TypeGuard[Awaitable[Any]]:
    """Nothing here is awaitable: graphql-core need not look at every value."""
    return False


class _Introspects(Visitor):
    """Finds out whether a document asks for the schema."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.found = self.found or node.name.value in ("__schema", "__type")


class Execution:
    """Answers GraphQL requests out of a world. Parsed documents are kept, as clients repeat themselves."""

    def __init__(self, world: World) -> None:
        self.world = world
        sdl = files("tui.api.graphql").joinpath("schema.graphql").read_text("utf-8")
        self._schema = build_schema(sdl)
        self._documents: dict[str, DocumentNode | list[GraphQLError]] = {}

    def answer(
        self, text: str, variables: Mapping[str, Any] | None, operation: str | None, key: str | None
    ) -> tuple[int, dict[str, Any]]:
        """The status and body for one request of a caller with this key, None for nobody."""
        document = self._document(text)
        if isinstance(document, list):
            return 400, {"errors": [error.formatted for error in document]}
        context = {"key": key, "writes": KEYS.get(key or "", False)}
        result = execute(
            self._schema,
            document,
            self._root(document, operation, context),
            context,
            dict(variables or {}),
            operation,
            field_resolver=_resolve,
            is_awaitable=_never,
        )
        if not isinstance(result, ExecutionResult):
            raise TypeError("nothing here is awaitable")
        if result.data is None and result.errors and all(error.path is None for error in result.errors):
            return 400, {"errors": [error.formatted for error in result.errors]}
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = [_formatted(error) for error in result.errors]
        return 200, body

    def is_mutation(self, text: str) -> bool:
        document = self._document(text)
        return isinstance(document, DocumentNode) and any(
            isinstance(d, OperationDefinitionNode) and d.operation is OperationType.MUTATION
            for d in document.definitions
        )

    def _document(self, text: str) -> DocumentNode | list[GraphQLError]:
        known = self._documents.get(text)
        if known is None:
            if len(self._documents) >= _DOCUMENTS:
                self._documents.clear()
            known = self._documents[text] = self._checked(text)
        return known

    def _checked(self, text: str) -> DocumentNode | list[GraphQLError]:
        try:
            document = parse(text)
        except GraphQLError as error:
            return [error]
        visitor = _Introspects()
        visit(document, visitor)
        if visitor.found:
            return [GraphQLError("GraphQL introspection is not allowed, but the query contained __schema or __type.")]
        return validate(self._schema, document) or document

    def _root(self, document: DocumentNode, operation: str | None, context: Mapping[str, Any]) -> dict[str, Any]:
        world = self.world
        known = context["key"] is not None
        return {
            "myself": lambda info: account.user(world) if known else None,
            "pod": lambda info, input=None: self._pod(input, known),
            "gpuTypes": lambda info, input=None: self._gpu_types(input or {}),
            "cpuTypes": list(account.CPU_TYPES),
            "dataCenters": lambda info: account.data_centers(world),
            "countryCodes": ["US", "CA", "RO", "SE", "NL", "JP", "IS", "AU"],
            "cpuFlavors": lambda info, input=None: _cpu_flavors(input or {}),
            "serverlessGpuPools": [],
            **self._mutations(context),
        }

    def _pod(self, wanted: dict[str, Any] | None, known: bool) -> dict[str, Any] | None:
        pod = self.world.pods.get((wanted or {}).get("podId", "")) if known else None
        return pod_view(pod, self.world.now, self.world.seed) if pod else None

    def _gpu_types(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        ids = wanted.get("ids") or ([wanted["id"]] if wanted.get("id") else None)
        found = (t for t in gpu_types().values() if ids is None or t.id in ids)
        return [gpu_view(self.world.shelf, t, self.world.now) for t in found]

    def _mutations(self, context: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
        world = self.world

        def guarded(act: Callable[[dict[str, Any]], Any]) -> Callable[..., Any]:
            def resolve(info: GraphQLResolveInfo[Any], input: dict[str, Any] | None = None) -> Any:
                if not context["writes"]:
                    raise Refusal("Unauthorized")
                pod = act(input or {})
                return None if pod is None else pod_view(pod, world.now, world.seed)

            return resolve

        return {
            "podStop": guarded(lambda i: world.stop(i["podId"])),
            "podResume": guarded(lambda i: world.resume(i["podId"], i.get("gpuCount"))),
            "podBidResume": guarded(lambda i: world.bid_resume(i["podId"], i["gpuCount"], i["bidPerGpu"])),
            "podTerminate": guarded(lambda i: world.terminate(i["podId"])),
            "podFindAndDeployOnDemand": guarded(lambda i: world.deploy(i, spot=False)),
            "podRentInterruptable": guarded(lambda i: world.deploy(i, spot=True)),
        }


def _cpu_flavors(wanted: dict[str, Any]) -> list[dict[str, Any]]:
    flavors = [
        {
            "id": name, "groupId": name[:4], "groupName": "Compute", "displayName": name, "minVcpu": 2.0,
            "maxVcpu": 32, "vcpuBurstable": False, "ramMultiplier": ram, "diskLimitPerVcpu": 10,
            "specifics": {"stockStatus": "High", "securePrice": 0.03 * ram, "slsPrice": 0.04 * ram},
        }
        for name, ram in (("cpu3c", 2.0), ("cpu3g", 4.0), ("cpu5c", 2.0))
    ]  # fmt: skip
    return [f for f in flavors if wanted.get("id") in (None, f["id"])]


def _formatted(error: GraphQLError) -> dict[str, Any]:
    """An error as RunPod's server tells it: every failure of a resolver has the same code."""
    return {
        "message": error.message,
        "path": list(error.path or ()),
        "extensions": {"code": "INTERNAL_SERVER_ERROR"},
    }
