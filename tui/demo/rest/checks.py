"""Checks a body against a part of JSON Schema, and reports each violation as RunPod's server does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tui.demo.rest.call import invalid, quoted

_NAMES = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"))


def checked(value: Any, schema: Mapping[str, Any]) -> Any:
    """The value, if the schema allows it; raises a 422 that lists what it does not allow."""
    errors = list(violations(value, schema, "$"))
    if errors:
        raise invalid(*errors)
    return value


def violations(value: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    """All violations of a value at this place of the body."""
    wanted = schema.get("type")
    kinds = wanted if isinstance(wanted, list) else [wanted]
    got = _kind(value)
    if wanted is not None and got not in kinds and not (got == "integer" and "number" in kinds):
        yield f"{at}: got {got}, want {' or '.join(map(str, kinds))}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: value must be one of {quoted(tuple(schema['enum']))}"
    if isinstance(value, str):
        yield from _text(value, schema, at)
    elif isinstance(value, dict):
        yield from _object(value, schema, at)
    elif isinstance(value, list):
        if len(value) > schema.get("maxItems", len(value)):
            yield f"{at}: maxItems: got {len(value)}, want {schema['maxItems']}"
        for index, item in enumerate(value):
            yield from violations(item, schema.get("items", {}), f"{at}[{index}]")
    elif got in ("integer", "number") and value < schema.get("minimum", value):
        yield f"{at}: minimum: got {value}, want {schema['minimum']}"


def _kind(value: Any) -> str:
    return next((name for kind, name in _NAMES if isinstance(value, kind)), "null")


def _text(value: str, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield f"{at}: minLength: got {len(value)}, want {schema['minLength']}"
    if "pattern" in schema and re.search(schema["pattern"], value) is None:
        yield f"{at}: '{value}' does not match pattern '{schema['pattern']}'"


def _object(value: dict[str, Any], schema: Mapping[str, Any], at: str) -> Iterator[str]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}: missing property '{name}'"
    others = schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in known:
            yield from violations(item, known[name], f"{at}.{name}")
        elif others is False:
            yield f"{at}: additional properties '{name}' not allowed"
        elif isinstance(others, Mapping):
            yield from violations(item, others, f"{at}.{name}")
