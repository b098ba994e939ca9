"""The SDL executed over a world: the response to a query or mutation, and its HTTP status."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    parse,
    validate,
)
from graphql.language import FieldNode, Visitor, visit

from tui.demo import account
from tui.demo.catalogue import PLACES, gpu_types
from tui.demo.market import CPU_FLAVORS, cpu_flavor, gpu_view
from tui.demo.query_plan import Plan
from tui.demo.world import Refusal, World

KEY = "demo-key"
READ_ONLY_KEY = "demo-key-read-only"
REFUSED = ("rpa_bad", "rpa_expired", "rpa_revoked")
READS_ONLY = "rpa_readonly"
GRAPHQL_ONLY = "rpa_graphqlonly"
"""Prefixes of keys that look like RunPod's and are refused, are read-only, or have no scope on REST v2. RunPod's own
are in upper case."""

_LIKE_RUNPODS = re.compile(r"rpa_[A-Za-z0-9_-]+")


def may_change(key: str) -> bool | None:
    """Whether a key may change anything; None if the simulated RunPod does not accept it.

    It accepts its own two, and any that looks like one of RunPod's: people try it with their own key.
    """
    if key in (KEY, READ_ONLY_KEY):
        return key == KEY
    if not _LIKE_RUNPODS.fullmatch(key) or key.startswith(REFUSED):
        return None
    return not key.startswith(READS_ONLY)


def keys_taken() -> str:
    """The accepted keys, in words."""
    refused = ", ".join(f"{start}..." for start in REFUSED)
    limited = f"{READS_ONLY}... only reads; {GRAPHQL_ONLY}... gets 403 on REST v2"
    return f"{KEY}, {READ_ONLY_KEY}, any rpa_... ({limited}; {refused} get 401)"


_KEPT = 200


class _Introspects(Visitor):
    """Finds out whether a document requests the schema."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.found = self.found or node.name.value in ("__schema", "__type")


class Execution:
    """Executes GraphQL requests on a world. Documents and plans are cached, as clients repeat themselves."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._documents: dict[str, DocumentNode | list[GraphQLError]] = {}
        self._plans: dict[tuple[str, str | None, str], Plan] = {}

    def answer(
        self, text: str, variables: Mapping[str, Any] | None, operation: str | None, key: str | None
    ) -> tuple[int, dict[str, Any]]:
        """The status and body for one request of a caller with this key, None for an anonymous one."""
        if key is not None and may_change(key) is None:
            return 401, {"errors": [{"message": "Unauthorized"}]}
        document = self._document(text)
        if isinstance(document, list):
            return 400, {"errors": [error.formatted for error in document]}
        try:
            plan = self._plan(text, document, operation, variables or {})
        except GraphQLError as error:
            return 400, {"errors": [error.formatted]}
        data, errors = plan.answer(self.root(key))
        body: dict[str, Any] = {"data": data}
        if errors:
            body["errors"] = [_formatted(error) for error in errors]
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
            if len(self._documents) >= _KEPT:
                self._documents.clear()
            known = self._documents[text] = _checked(text)
        return known

    def _plan(self, text: str, document: DocumentNode, operation: str | None, variables: Mapping[str, Any]) -> Plan:
        asked = text, operation, json.dumps(variables, sort_keys=True)
        known = self._plans.get(asked)
        if known is None:
            if len(self._plans) >= _KEPT:
                self._plans.clear()
            known = self._plans[asked] = Plan(schema(), document, operation, variables)
        return known

    def root(self, key: str | None) -> dict[str, Any]:
        """The fields of `Query` and `Mutation` for a caller with this key; expensive ones are functions."""
        world = self.world
        known = key is not None
        return {
            "myself": lambda: account.user(world) if known else None,
            "pod": lambda input=None: self._pod(input, known),
            "gpuTypes": lambda input=None: self._gpu_types(input or {}),
            "cpuTypes": list(account.CPU_TYPES),
            "dataCenters": lambda: account.data_centers(world),
            "countryCodes": sorted({place.country for place in PLACES}),
            "cpuFlavors": lambda input=None: _cpu_flavors(world, input or {}),
            "serverlessGpuPools": [],
            **self._mutations(bool(key and may_change(key))),
        }

    def _pod(self, wanted: dict[str, Any] | None, known: bool) -> dict[str, Any] | None:
        pod = self.world.pods.get((wanted or {}).get("podId", "")) if known else None
        return self.world.view(pod) if pod else None

    def _gpu_types(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        ids = wanted.get("ids") or ([wanted["id"]] if wanted.get("id") else None)
        types = (t for t in gpu_types().values() if ids is None or t.id in ids)
        return [gpu_view(self.world.shelf, t, self.world.now) for t in types]

    def _mutations(self, writes: bool) -> dict[str, Callable[..., Any]]:
        world = self.world

        def guarded(act: Callable[[dict[str, Any]], Any]) -> Callable[..., Any]:
            def resolve(input: dict[str, Any] | None = None, **_: Any) -> Any:
                if not writes:
                    raise Refusal("Unauthorized")
                pod = act(input or {})
                return None if pod is None else world.view(pod)

            return resolve

        def refuse(_: dict[str, Any]) -> None:
            raise Refusal("The simulated RunPod does not support this.")

        rest = dict.fromkeys(getattr(schema().mutation_type, "fields", ()), guarded(refuse))
        return rest | {
            "podStop": guarded(lambda i: world.stop(i["podId"])),
            "podResume": guarded(lambda i: world.resume(i["podId"], i.get("gpuCount"))),
            "podBidResume": guarded(lambda i: world.bid_resume(i["podId"], i["gpuCount"], i["bidPerGpu"])),
            "podTerminate": guarded(lambda i: world.terminate(i["podId"])),
            "podFindAndDeployOnDemand": guarded(lambda i: world.deploy(i, spot=False)),
            "podRentInterruptable": guarded(lambda i: world.deploy(i, spot=True)),
        }


@cache
def schema() -> GraphQLSchema:
    """RunPod's schema; every field is resolved from its parent's mapping."""
    return build_schema(files("tui.api.graphql").joinpath("schema.graphql").read_text("utf-8"))


def _checked(text: str) -> DocumentNode | list[GraphQLError]:
    try:
        document = parse(text)
    except GraphQLError as error:
        return [error]
    visitor = _Introspects()
    visit(document, visitor)
    if visitor.found:
        return [GraphQLError("GraphQL introspection is not allowed, but the query contained __schema or __type.")]
    return validate(schema(), document) or document


def _cpu_flavors(world: World, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        cpu_flavor(flavor, world.now, world.seed) for flavor in CPU_FLAVORS if wanted.get("id") in (None, flavor.id)
    ]


def _formatted(error: GraphQLError) -> dict[str, Any]:
    """An error as RunPod's server reports it: every failure of a resolver has the same code."""
    return {
        "message": error.message,
        "path": list(error.path or ()),
        "extensions": {"code": "INTERNAL_SERVER_ERROR"},
    }
