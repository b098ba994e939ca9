"""From the address of one API to that of the other, and to the name under which files are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.api.addresses import PATHS, address_of, api_at, identity
from tui.api.listener import Api

GRAPHQL, REST = "https://api.runpod.io/graphql", "https://api.runpod.io/v2"


@pytest.mark.parametrize("url", [GRAPHQL, REST, f"{REST}/", f"{GRAPHQL}/"])
def test_either_address_gives_both(url: str) -> None:
    assert {str(address_of(url, api)).rstrip("/") for api in Api} == {GRAPHQL, REST}
    assert address_of(url, api_at(url) or Api.REST) == url


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("http://127.0.0.1:8114/graphql", "http://127.0.0.1:8114/v2"),
        ("https://proxy.example/runpod/v2", "https://proxy.example/runpod/graphql"),
        ("https://[::1]:8443/graphql", "https://[::1]:8443/v2"),
        ("https://proxy.example/", None),
        ("https://proxy.example/toy", None),
        ("https://proxy.example/v2/x", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_what_cannot_be_derived_is_not_made_up(url: str, other: str | None) -> None:
    here = api_at(url)
    there = Api.REST if here is Api.GRAPHQL else Api.GRAPHQL
    assert address_of(url, there) == other
    assert (here is None) == (other is None)


@given(st.from_regex(r"https://[a-z]{1,8}(\.[a-z]{2,4})?(:[0-9]{2,4})?(/[a-z0-9]{1,5}){0,3}", fullmatch=True))
def test_files_of_a_host_are_the_same_over_either_api(base: str) -> None:
    urls = [base + end for end in PATHS.values()]
    assert len({identity(url) for url in urls}) == 1
    # The files of earlier versions are named after the address of GraphQL.
    assert identity(urls[0]) == urls[0]


def test_the_files_of_another_address_are_named_after_it_as_it_is() -> None:
    assert identity("https://proxy.example/") == "https://proxy.example/"
