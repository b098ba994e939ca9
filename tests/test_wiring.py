"""Which backend speaks the API at an address."""

from __future__ import annotations

import pytest

from tui import wiring
from tui.api.graphql.client import GraphQLCloud
from tui.api.offline import OfflineCloud
from tui.config.settings import API_URL


@pytest.mark.parametrize(
    "url", [API_URL, "http://127.0.0.1:8114/graphql", "https://proxy.example/", "https://a.b/v2/x"]
)
def test_graphql_is_what_is_spoken_where_nothing_says_more(url: str) -> None:
    assert wiring.backend_of(url) is GraphQLCloud


def test_the_end_of_an_address_that_says_most_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(wiring.BACKENDS, "/v2", ("tui.api.rest.client", "RestCloud"))
    monkeypatch.setitem(wiring.BACKENDS, "/beta/v2", ("tui.api.offline", "OfflineCloud"))
    assert wiring.backend_of("https://api.runpod.io/beta/v2/") is OfflineCloud
    assert wiring.backend_of("https://api.runpod.io/v2/graphql") is GraphQLCloud
    with pytest.raises(ModuleNotFoundError, match=r"tui\.api\.rest\.client"):
        wiring.backend_of("https://api.runpod.io/v2")
