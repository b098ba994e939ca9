"""`Plan`: how the response to one operation is built, worked out once and executed many times.

graphql-core parses, validates and coerces. Its executor looks everything up again for each field of each pod, which for
2,000 pods is most of a second; a plan has looked it up beforehand. It can be this short because nothing in the
simulated world is asynchronous or abstract: every object is a mapping, and the schema knows its type. Tests compare its
responses with those of graphql-core's executor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    SelectionNode,
    SelectionSetNode,
    get_operation_ast,
)
from graphql.error import located_error
from graphql.execution import get_argument_values, get_directive_values, get_variable_values

Path = tuple[str | int, ...]
Finish = Callable[[Any, Path, list[GraphQLError]], Any]
"""Turns a resolver's value, which is not None, into the response's value; adds to the errors, or raises."""

_TEXT: frozenset[type] = frozenset({str})
_LEAVES: dict[str, frozenset[type]] = {
    "String": _TEXT,
    "ID": _TEXT,
    "Int": frozenset({int}),
    "Float": frozenset({float, int}),
    "Boolean": frozenset({bool}),
}
_ANY_LEAF: frozenset[type] = frozenset({str, int, float, bool})
_ABSENT: frozenset[type] = frozenset({type(None)})


class _Field(NamedTuple):
    """One field of a response. `as_is`: Python types of values that need no conversion."""

    key: str
    name: str
    as_is: frozenset[type]
    arguments: dict[str, Any]
    finish: Finish
    required: bool
    nodes: list[FieldNode]


class Plan:
    """Executes one operation with its variables; raises GraphQLError for variables or a name that do not fit."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: str | None, variables: Mapping[str, Any]
    ) -> None:
        definition = get_operation_ast(document, operation)
        root = schema.get_root_type(definition.operation) if definition else None
        if definition is None or root is None:
            raise GraphQLError("There is no operation of that name, or there are several and none is named.")
        values = get_variable_values(schema, definition.variable_definitions or (), dict(variables))
        if isinstance(values, list):
            raise values[0]
        self._values: Any = values
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self._finish = self._object(root, [definition.selection_set])

    def answer(self, root: Mapping[str, Any]) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
        """The data, None if a null in a non-null field has propagated up to it, and the errors."""
        errors: list[GraphQLError] = []
        try:
            return self._finish(root, (), errors), errors
        except GraphQLError as error:
            return None, [*errors, error]

    def _object(self, kind: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> Finish:
        chosen: dict[str, list[FieldNode]] = {}
        for selections in sets:
            self._collect(selections.selections, chosen)
        fields = [self._field(kind, key, nodes) for key, nodes in chosen.items()]
        typename = kind.name

        def finish(source: Mapping[str, Any], path: Path, errors: list[GraphQLError]) -> dict[str, Any]:
            answer: dict[str, Any] = {}
            for field in fields:
                key, name, as_is, *_ = field
                value = source.get(name) if name != "__typename" else typename
                answer[key] = value if type(value) in as_is else _slowly(field, value, path, errors)
            return answer

        return finish

    def _field(self, kind: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> _Field:
        name = nodes[0].name.value
        if name == "__typename":
            return _Field(key, name, _TEXT, {}, _leaf(kind), True, nodes)
        field = kind.fields[name]
        required = isinstance(field.type, GraphQLNonNull)
        of = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        as_is = _as_is(of) if required else _as_is(of) | _ABSENT
        arguments = get_argument_values(field, nodes[0], self._values)
        return _Field(key, name, as_is, arguments, self._finisher(of, nodes), required, nodes)

    def _finisher(self, kind: Any, nodes: list[FieldNode]) -> Finish:
        if isinstance(kind, GraphQLList):
            return self._list(kind.of_type, nodes)
        if isinstance(kind, GraphQLObjectType):
            return self._object(kind, [n.selection_set for n in nodes if n.selection_set])
        return _leaf(kind)

    def _list(self, of: Any, nodes: list[FieldNode]) -> Finish:
        required = isinstance(of, GraphQLNonNull)
        kind = of.of_type if required else of
        item = _Field("", "", _as_is(kind) if required else _as_is(kind) | _ABSENT, {}, self._finisher(kind, nodes),
                      required, nodes)  # fmt: skip

        def finish(values: Iterable[Any], path: Path, errors: list[GraphQLError]) -> list[Any]:
            return [
                value if type(value) in item.as_is else _slowly(item, value, path, errors, index)
                for index, value in enumerate(values)
            ]

        return finish

    def _collect(self, selections: Iterable[SelectionNode], into: dict[str, list[FieldNode]]) -> None:
        for node in selections:
            if not self._wanted(node):
                continue
            if isinstance(node, FieldNode):
                into.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
            elif isinstance(node, FragmentSpreadNode):
                self._collect(self._fragments[node.name.value].selection_set.selections, into)
            else:
                self._collect(node.selection_set.selections, into)  # type: ignore[attr-defined]

    def _wanted(self, node: SelectionNode) -> bool:
        def says(directive: GraphQLDirective) -> bool | None:
            arguments = get_directive_values(directive, node, self._values)
            return None if arguments is None else arguments["if"]

        return says(GraphQLSkipDirective) is not True and says(GraphQLIncludeDirective) is not False


def _slowly(field: _Field, value: Any, path: Path, errors: list[GraphQLError], index: int | None = None) -> Any:
    """A value that is still to be resolved or built. A failure is an error, and null where that is allowed."""
    here = (*path, field.key if index is None else index)
    try:
        if callable(value):
            value = value(**field.arguments)
        if value is not None:
            return field.finish(value, here, errors)
        if field.required:
            raise GraphQLError("Cannot return null for a non-nullable field.")
    # Any failure in a resolver becomes an error of the response and does not end the server: that is GraphQL.
    except Exception as error:
        located = located_error(error, field.nodes, here)
        if field.required:
            raise located from None
        errors.append(located)
    return None


def _as_is(kind: Any) -> frozenset[type]:
    if isinstance(kind, GraphQLObjectType | GraphQLList | GraphQLEnumType):
        return frozenset()
    return _LEAVES.get(kind.name, _ANY_LEAF)


def _leaf(kind: Any) -> Finish:
    """The remaining check of a leaf: whether an enum has the value; the rest was checked beforehand."""

    def finish(value: Any, path: Path, errors: list[GraphQLError]) -> Any:
        if type(value) in _as_is(kind) or (isinstance(kind, GraphQLEnumType) and value in kind.values):
            return value
        raise GraphQLError(f"{kind} cannot represent {value!r}")

    return finish
