"""Which routes a server has beside those that every v2 has, by its own OpenAPI document.

Balance, identity and limits of an account came after the documents that podtop was written by, and their paths were in
none of these: they are found by their operation and by what they return.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from msgspec import Raw

from tui.api.errors import Malformed
from tui.api.quantities import loose
from tui.api.values import NOT_UNDERSTOOD

_PATH = re.compile(r"/v2((?:/[A-Za-z0-9][A-Za-z0-9_-]*)+)")
"""A path without parameters. What a document names otherwise is not requested."""

_MOST_PATHS = 2000
_DEEPEST = 8


class Routes(NamedTuple):
    """Paths below the address, in steps; None for what the server does not have."""

    balance: tuple[str, ...] | None = None
    identity: tuple[str, ...] | None = None
    limits: tuple[str, ...] | None = None


def routes_of(document: Raw) -> Routes:
    """The routes in a document. Raises Malformed for one that is none."""
    try:
        tree = loose(document)
    except NOT_UNDERSTOOD:
        tree = None
    if not isinstance(tree, dict) or not isinstance(tree.get("paths"), dict):
        raise Malformed("RunPod's description of its API is not an OpenAPI document.")
    result: dict[str, tuple[str, ...]] = {}
    for path, fields in _reads(tree):
        if kind := _kind(path, fields):
            result.setdefault(kind, path)
    return Routes(result.get("balance"), result.get("identity"), result.get("limits"))


def _kind(path: tuple[str, ...], fields: Collection[str]) -> str | None:
    if {"balanceAmount", "billingMode"} <= {*fields}:
        return "balance"
    if {"spendRate", "serverlessWorkers"} <= {*fields}:
        return "limits"
    return "identity" if {"id", "email"} <= {*fields} and path[0] in ("account", "me", "user") else None


def _reads(tree: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Collection[str]]]:
    """The path of each GET without parameters, and the fields of the object that it returns."""
    for path, item in list(tree["paths"].items())[:_MOST_PATHS]:
        match = _PATH.fullmatch(path)
        if match and isinstance(item, dict) and (operation := item.get("get")):
            schema = _at(tree, operation, "responses", "200", "content", "application/json", "schema")
            yield tuple(match[1].strip("/").split("/")), _fields(tree, schema)


def _fields(tree: dict[str, Any], schema: Any, depth: int = 0) -> frozenset[str]:
    schema = _resolved(tree, schema)
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return frozenset()
    properties, parts = schema.get("properties"), schema.get("allOf")
    own = frozenset(properties) if isinstance(properties, dict) else frozenset()
    inherited = [_fields(tree, part, depth + 1) for part in parts[:20]] if isinstance(parts, list) else []
    return own.union(*inherited)


def _at(tree: dict[str, Any], value: Any, *steps: str) -> Any:
    for step in steps:
        value = _resolved(tree, value)
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _resolved(tree: dict[str, Any], value: Any) -> Any:
    """What a reference within the document leads to."""
    for _ in range(_DEEPEST):
        if not isinstance(value, dict) or not isinstance(reference := value.get("$ref"), str):
            return value
        if not reference.startswith("#/"):
            return None
        value = tree
        for step in reference[2:].split("/"):
            value = value.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(value, dict) else None
    return None
