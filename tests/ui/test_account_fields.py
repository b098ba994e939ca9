"""Every field of the account is shown on the screen, or in `podtop account --json`: each by a value of its own."""

from __future__ import annotations

import json
from typing import Any

import httpx
import msgspec
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    execute_sync,
    parse,
    visit,
)

from tests.api.make import cloud as wire
from tests.api.schema import schema, source
from tests.ui.conftest import NOW, Launch
from tests.ui.test_account_screen import AccountCloud, go
from tui.commands import account_items
from tui.commands.items import iso
from tui.ui.screens.account_lists import LISTINGS

OPERATIONS = ("account", "ledger", "templates", "readmes", "billing", "profile")

SAID_OTHERWISE = {
    # Yes and no have no value of their own; tests/api/test_details.py proves that they get as far as the domain.
    *("User.underBalance", "User.hostStripeLinked", "User.multiFactorEnabled", "User.signedTermsOfService"),
    *("User.notifyPodsStale", "User.notifyPodsGeneral", "User.notifyLowBalance", "User.notifyOther"),
    *("PodTemplate.isPublic", "PodTemplate.isServerless", "PodTemplate.startJupyter", "PodTemplate.startSsh"),
    "PodTemplate.advancedStart",
    # Masked but for their first characters.
    *("ContainerRegistryAuth.id", "PodTemplate.containerRegistryAuthId"),
    # One of a few words: shown as another word for it.
    *("StripeReloadTransaction.medium", "StripeReloadTransaction.type", "ClientCreditCharge.type"),
}


class Values:
    """Gives every field of every object a value that no other has, and remembers it."""

    def __init__(self) -> None:
        self.given: dict[str, Any] = {}

    def resolve(self, _source: Any, info: Any, **_: Any) -> Any:
        return self._made(info.return_type, f"{info.parent_type.name}.{info.field_name}")

    def _made(self, kind: GraphQLOutputType, name: str) -> Any:
        number = len(self.given) + 1
        match kind:
            case GraphQLNonNull():
                return self._made(kind.of_type, name)
            case GraphQLList():
                return [self._made(kind.of_type, name)]
            case GraphQLObjectType():
                return {}
            case GraphQLEnumType():
                value: Any = next(iter(kind.values))
            case _:
                match kind.name:  # type: ignore[union-attr]
                    case "String":
                        value = f"word{number}x"
                    case "Int":
                        value = 3000 + number
                    case "Float":
                        value = 5000.0 + number + 0.25
                    case "Boolean":
                        value = True
                    case _:
                        value = iso(NOW - number * 3600)
        return self.given.setdefault(name, value)


def asked() -> set[str]:
    """The fields with a value that the account's documents ask for."""
    found: set[str] = set()
    info = TypeInfo(schema())

    class Fields(Visitor):
        def enter_field(self, node: Any, *_: Any) -> None:
            parent = info.get_parent_type()
            if parent is not None and node.selection_set is None:
                found.add(f"{parent.name}.{node.name.value}")

    for operation in OPERATIONS:
        visit(source(operation), TypeInfoVisitor(info, Fields()))
    return found


def forms(value: Any) -> tuple[str, ...]:
    """How a value may be written."""
    match value:
        case str() if value.endswith("Z"):
            return (value,)
        case str():
            return (value,)
        case int():
            return (str(value), f"{value:,}")
        case _:
            return (f"{value:,.2f}", f"{value}")


@pytest.mark.wide
async def test_every_field_that_is_asked_for_is_shown(launch: Launch) -> None:
    values = Values()

    def answer(request: httpx.Request) -> httpx.Response:
        question = json.loads(request.content)
        result = execute_sync(
            schema(), parse(question["query"]), field_resolver=values.resolve, variable_values=question["variables"]
        )
        assert result.errors is None
        return httpx.Response(200, json={"data": result.data})

    cloud = AccountCloud()
    cloud.real = wire(answer)
    item = account_items.account(await account_items.whole(cloud.real))
    told = [msgspec.json.encode(item).decode()]
    async with launch(cloud=cloud, size=(230, 90)) as run:
        for name in (listing.name for listing in LISTINGS):
            await go(run, name) if name == "money" else await run.press("right")
            await run.settle()
            await run.settle()
            told.append(run.text())
            if name in ("charges", "billing"):
                await run.press("minus", "minus", "minus")
                told.append(run.text())
            if name == "templates":
                await run.press("enter")
                await run.until(values.given.get("PodTemplate.readme", "word"))
                told.append(run.text())
                await run.press("escape")
            if name == "access":
                await run.press("x")
                await run.until(values.given.get("UserInformation.lastName", "word"))
                told.append(run.text())
    text = "\n".join(told)
    wanted = asked()
    assert wanted <= set(values.given), "asked for, and never answered"
    lost = [
        name for name in sorted(wanted - SAID_OTHERWISE) if not any(form in text for form in forms(values.given[name]))
    ]
    assert lost == []
    assert wanted >= SAID_OTHERWISE, "a reason for a field that is not asked for"
