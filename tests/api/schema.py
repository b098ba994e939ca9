"""The SDL in tests: which fields a document asks for, and an executor that answers any document with made-up values."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import httpx
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    execute_sync,
    parse,
    validate,
    visit,
)

FOLDER = files("tui.api.graphql").joinpath("documents")
OPERATIONS = tuple(sorted(p.name.removesuffix(".graphql") for p in FOLDER.iterdir() if p.name.endswith(".graphql")))

TIME = "2026-07-15T13:41:42.456Z"
EPOCH = 1784122902.456

_SCALARS: dict[str, Any] = {
    "String": "word",
    "Int": 7,
    "Float": 2.5,
    "Boolean": True,
    "DateTime": TIME,
    "Date": "2026-07-15",
    "Port": 22,
    "Void": None,
}


@cache
def schema() -> GraphQLSchema:
    return build_schema(files("tui.api.graphql").joinpath("schema.graphql").read_text("utf-8"))


@cache
def source(operation: str) -> DocumentNode:
    return parse(FOLDER.joinpath(f"{operation}.graphql").read_text("utf-8"))


@cache
def asked_for() -> frozenset[tuple[str, str]]:
    """Every (type, field) that some document asks for."""
    found: set[tuple[str, str]] = set()
    info = TypeInfo(schema())

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent = info.get_parent_type()
            assert parent is not None
            found.add((parent.name, node.name.value))

    for operation in OPERATIONS:
        visit(source(operation), TypeInfoVisitor(info, Fields()))
    return frozenset(found)


def object_types() -> list[GraphQLObjectType]:
    types = schema().type_map.values()
    return [t for t in types if isinstance(t, GraphQLObjectType) and not t.name.startswith("__")]


def _made_up(kind: GraphQLOutputType) -> Any:
    match kind:
        case GraphQLNonNull():
            return _made_up(kind.of_type)
        case GraphQLList():
            return [_made_up(kind.of_type), _made_up(kind.of_type)]
        case GraphQLEnumType():
            return next(iter(kind.values))
        case GraphQLObjectType():
            return {}
        case _:
            return _SCALARS[kind.name]


def _resolve(_source: Any, info: Any, **_: Any) -> Any:
    if info.field_name == "lastStateTransitionTimestamp":
        # An Int by its type; 7 seconds after 1970 is no time that it can tell.
        return int(EPOCH)
    return _made_up(info.return_type)


def full_answer(query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """An answer in which every field has a value: "word", 7, 2.5, true, TIME, and two entries in each list."""
    document = parse(query)
    assert not validate(schema(), document)
    result = execute_sync(schema(), document, field_resolver=_resolve, variable_values=variables or {})
    assert result.errors is None, result.errors
    assert result.data is not None
    return {"data": result.data}


def answer_everything(request: httpx.Request) -> httpx.Response:
    """A RunPod that has something for every field of every request."""
    asked = json.loads(request.content)
    return httpx.Response(200, json=full_answer(asked["query"], asked["variables"]))
