"""What REST v2 has no route for is named in the account itself, and not taken for empty."""

from __future__ import annotations

import pytest

from tests.api.rest.make import PLAIN, Server, example
from tests.api.rest.test_account import MONEY
from tui.api.features import Feature
from tui.commands import account_items

PARTS = {"/registries": {"registries": []}, "/network-volumes": example("network-volumes"),
         "/account/ssh-keys": {"keys": []}, "/templates": {"templates": []}, "/billing": {"records": []}}  # fmt: skip
OF_ROUTES = frozenset(
    {Feature.BALANCE, Feature.SPEND_LIMIT, Feature.WORKER_QUOTA, Feature.EMAIL, Feature.ACCOUNT_ID}
)  # fmt: skip


@pytest.mark.parametrize("described", [PLAIN, MONEY["/openapi.json"]], ids=["plain", "with money"])
async def test_an_account_names_what_it_lacks(described: object) -> None:
    connection = Server({**MONEY, **PARTS, "/openapi.json": described}).cloud()  # type: ignore[dict-item]
    account = await connection.account()
    assert account.lacks >= {Feature.API_KEYS, Feature.SECURITY, Feature.LIFETIME_SPEND, Feature.SPEND}
    assert account.lacks & OF_ROUTES == (OF_ROUTES if described is PLAIN else frozenset())
    whole = await account_items.whole(connection)
    assert {"API keys", "charges and payments", Feature.TEMPLATE_USE.value} <= set(whole.not_offered)
    assert whole.problems == ()
    await connection.aclose()
