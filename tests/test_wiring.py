"""Which backend speaks the API at an address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tui import wiring
from tui.api.dual import DualCloud
from tui.api.graphql.client import GraphQLCloud
from tui.api.offline import OfflineCloud
from tui.config.loader import Loaded, attempt
from tui.config.settings import API_URL


@pytest.mark.parametrize(
    "url", [API_URL, "http://127.0.0.1:8114/graphql", "https://proxy.example/", "https://a.b/v2/x"]
)
def test_graphql_is_what_is_spoken_where_nothing_says_more(url: str) -> None:
    assert wiring.backend_of(url) is GraphQLCloud


def test_the_end_of_an_address_that_says_most_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(wiring.BACKENDS, "/beta/v2", ("tui.api.offline", "OfflineCloud"))
    assert wiring.backend_of("https://api.runpod.io/beta/v2/") is OfflineCloud
    assert wiring.backend_of("https://api.runpod.io/v2/graphql") is GraphQLCloud
    assert wiring.BACKENDS["/v2"] == ("tui.api.rest.client", "RestCloud")


class Toy:
    """Any backend: made, and no more."""

    def __init__(self, url: str, key: str | None, *, read_only: bool, dated: Any) -> None:
        self.url, self.key, self.read_only = url, key, read_only


ADDRESSES = ["https://api.runpod.io/graphql", "https://api.runpod.io/v2"]


def loaded(tmp_path: Path, text: str = "", flags: dict[str, Any] | None = None, **environ: str) -> Loaded:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return attempt(
        flags or {}, file=file, runpod_file=tmp_path / "none", environ={"RUNPOD_API_KEY": "rpa_X", **environ}
    )


@pytest.mark.parametrize("url", ADDRESSES)
@pytest.mark.parametrize(
    ("text", "flags", "environ", "api"),
    [
        ("", {}, {}, "auto"),
        ("api = 'rest'", {}, {}, "rest"),
        ("api = 'rest'", {}, {"PODTOP_API": "graphql"}, "graphql"),
        ("api = 'rest'\nprofile = 'work'\n[profiles.work]\napi = 'graphql'", {}, {}, "graphql"),
        ("profile = 'work'\n[profiles.work]\napi = 'graphql'", {}, {"PODTOP_API": "rest"}, "rest"),
        ("api = 'graphql'", {"api": "auto"}, {"PODTOP_API": "rest"}, "auto"),
    ],
)
def test_the_setting_chooses_the_api_whichever_address_is_given(
    url: str, text: str, flags: dict[str, Any], environ: dict[str, str], api: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for end in wiring.RUNPODS:
        monkeypatch.setitem(wiring.BACKENDS, end, (__name__, "Toy"))
    config = loaded(tmp_path, text, flags, PODTOP_API_URL=url, **environ).config
    assert config.api == api
    made: Any = wiring.cloud_of(config, lambda date, waited: None)
    if api == "auto":
        assert isinstance(made, DualCloud)
        made, rest = made._graphql, made._open_rest()  # type: ignore[misc]
        assert (made.url, rest.url) == tuple(ADDRESSES)
    else:
        assert made.url == {"graphql": ADDRESSES[0], "rest": ADDRESSES[1]}[api]
    assert (made.key, made.read_only) == ("rpa_X", False)


def test_an_api_that_is_none_of_runpods_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(wiring.BACKENDS, "/toy", (__name__, "Toy"))
    config = loaded(tmp_path, PODTOP_API_URL="https://toy.invalid/toy").config
    assert isinstance(wiring.cloud_of(config, lambda date, waited: None), Toy)


@pytest.mark.parametrize(
    ("text", "environ", "told"),
    [
        ("api = 'soap'", {}, "expected auto, graphql or rest"),
        ("", {"PODTOP_API": "v2"}, "expected auto, graphql or rest"),
        ("api = 'rest'\napi_url = 'https://proxy.example/rp'", {}, "set api_url to one that ends in /v2"),
        ("", {"PODTOP_API": "rest", "PODTOP_API_URL": "https://proxy.example/"}, "(proxy.example)"),
    ],
)
def test_what_cannot_be_used_is_an_error_of_the_start(
    text: str, environ: dict[str, str], told: str, tmp_path: Path
) -> None:
    (fault,) = loaded(tmp_path, text, **environ).faults
    assert told in fault


def test_an_address_of_its_own_needs_nothing_more_for_graphql(tmp_path: Path) -> None:
    for api in ("auto", "graphql"):
        assert loaded(tmp_path, PODTOP_API=api, PODTOP_API_URL="https://proxy.example/").faults == ()
