"""The addresses of RunPod's APIs on one host: from that of one to that of the other. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from tui.api.listener import Api

AUTO = "auto"
"""In the settings the choice of neither API, but of whichever answers."""

PATHS = {Api.GRAPHQL: "/graphql", Api.REST: "/v2"}
"""How the address of each API ends."""


def api_at(url: str) -> Api | None:
    """The API at an address, by how its path ends; None if that shows none."""
    path = _path(url)
    return next((api for api, end in PATHS.items() if path.endswith(end)), None)


def address_of(url: str, api: Api) -> str | None:
    """The address of an API on the host of `url`, which is that of any API; None if it cannot be derived."""
    here = api_at(url)
    if here is None:
        return None
    if here is api:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=_path(url).removesuffix(PATHS[here]) + PATHS[api]))


def identity(url: str) -> str:
    """The address by which files are found: the same, whichever API of its host is used."""
    return address_of(url, Api.GRAPHQL) or url


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
