"""Plans answer as graphql-core's own executor does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest
from graphql import GraphQLError, build_schema, execute_sync, parse

from tests.demo.conftest import START, every_field
from tui.demo.execution import KEY, Execution, schema
from tui.demo.query_plan import Plan
from tui.demo.world import HISTORY, World

DOCUMENTS = sorted(
    path.name
    for path in files("tui.api.graphql").joinpath("documents").iterdir()
    if path.name.endswith(".graphql") and "mutation" not in path.read_text("utf-8")
)


def resolve(source: Mapping[str, Any], info: Any, **arguments: Any) -> Any:
    value = source.get(info.field_name)
    return value(**arguments) if callable(value) else value


def both(query: str, root: Mapping[str, Any], of: Any = None, **variables: Any) -> tuple[Any, Any]:
    """What a plan answers, and what graphql-core does: data, and each error's message and path."""
    document, of = parse(query), of or schema()
    reference = execute_sync(of, document, root, variable_values=variables, field_resolver=resolve)
    data, errors = Plan(of, document, None, variables).answer(root)

    def told(found: list[GraphQLError] | None) -> list[tuple[str, Any]]:
        return [(error.message, error.path) for error in found or ()]

    return (data, told(errors)), (reference.data, told(reference.errors))


@pytest.fixture
def root() -> dict[str, Any]:
    world = World(pods=9, start=START)
    world.advance_to(START + HISTORY)
    return Execution(world).root(KEY)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document(name: str, root: dict[str, Any]) -> None:
    query = files("tui.api.graphql").joinpath("documents", name).read_text("utf-8")
    ours, theirs = both(query, root, input={"podId": "k3v9x0q2m1a7ze"} if name.startswith("pod") else {})
    assert json.dumps(ours) == json.dumps(theirs), "the order of the fields too"
    assert ours[1] == []


@pytest.mark.wide
def test_every_field(root: dict[str, Any]) -> None:
    ours, theirs = both(every_field(schema()), root)
    assert json.dumps(ours) == json.dumps(theirs)


@pytest.mark.parametrize("no", [True, False])
def test_merged_fields_directives_aliases_and_typenames(no: bool, root: dict[str, Any]) -> None:
    query = """query($no: Boolean!, $n: Int = 2) {
      t: __typename
      myself { ...a  pods { name kind: __typename gpus @skip(if: $no) { id } } ... @include(if: $no) { email } }
      gpuTypes(input: {id: "NVIDIA L4"}) { two: lowestPrice(input: {gpuCount: $n}) { maxGpuCount } displayName }
    }
    fragment a on User { id pods { id runtime { __typename gpus { id } } } }"""
    ours, theirs = both(query, root, no=no)
    assert json.dumps(ours) == json.dumps(theirs)
    assert ("email" in ours[0]["myself"]) == no


SDL = """
type Query { things: [Thing] strict: [Thing!] must: Thing! number: Int word: String! kind: Kind list: [Int!]! }
type Thing { id: Int! next: Thing! name: String }
enum Kind { A B }
"""


def explode() -> None:
    raise ValueError("no")


@pytest.mark.parametrize(
    "root",
    [
        {"things": [{"id": 1}, {"id": None}, None, {"id": 3, "next": {"id": explode}}]},
        {"strict": [{"id": 1, "next": {"id": 2}}, {"id": None}]},
        {"things": lambda: explode(), "word": "x"},
        {"things": [{"id": 1, "next": {"id": 2, "name": explode}}]},
        {"kind": "A", "number": 5, "list": [1, 2]},
        {"list": [1, None]},
        {"must": None},
        {"word": None},
        {"things": []},
    ],
)
@pytest.mark.parametrize(
    "query",
    [
        "{ things { id next { id name } } strict { id next { id } } }",
        "{ word kind number }",
        "{ list number }",
        "{ things { id name } must { id } }",
    ],
)
def test_failures_and_nulls_go_where_the_schema_lets_them(query: str, root: dict[str, Any]) -> None:
    ours, theirs = both(query, root, build_schema(SDL))
    assert ours[0] == theirs[0]
    assert [path for _, path in ours[1]] == [path for _, path in theirs[1]]


@pytest.mark.parametrize("value", ["C", 7])
def test_an_enum_has_only_its_values(value: object) -> None:
    ours, theirs = both("{ kind }", {"kind": value}, build_schema(SDL))
    assert ours[0] == theirs[0] == {"kind": None}
    assert ours[1][0][1] == theirs[1][0][1] == ["kind"]


def test_an_operation_is_chosen_by_name() -> None:
    document = parse("query a { number } query b { word }")
    of = build_schema(SDL)
    assert Plan(of, document, "b", {}).answer({"word": "x"}) == ({"word": "x"}, [])
    for name in (None, "c"):
        with pytest.raises(GraphQLError):
            Plan(of, document, name, {})
