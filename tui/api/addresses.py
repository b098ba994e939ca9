"""The addresses of RunPod's APIs on one host: from that of one to that of the other. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from tui.api.listener import Api

AUTO = "auto"
"""In the settings the choice of neither API, but of whichever answers."""

PATHS = {"graphql": "/graphql", "rest": "/v2"}
"""How the address of each API ends. What asks for a file's name alone has no time to import the APIs."""


RUNPOD = f"https://api.runpod.io{PATHS['graphql']}"
"""The address in the settings' defaults, for what has no time to import those."""


def api_at(url: str) -> Api | None:
    """The API at an address, by how its path ends; None if that shows none."""
    from tui.api.listener import Api

    kind = _kind(url)
    return None if kind is None else Api(kind)


def address_of(url: str, api: Api) -> str | None:
    """The address of an API on the host of `url`, which is that of any API; None if it cannot be derived."""
    return _at(url, api.value)


def identity(url: str) -> str:
    """The address by which files are found: the same, whichever API of its host is used."""
    return _at(url, "graphql") or url


def file_name(url: str, account: str) -> str:
    """The name of an account's files at a host; empty account: of the host's own. It reveals neither."""
    # The first frame of a demo has no file.
    import hashlib

    return hashlib.sha256(f"{identity(url)}\n{account}".encode()).hexdigest()[:16]


def profile_name(url: str, profile: str) -> str:
    """The name of a profile at a host, in files."""
    return file_name(url, f"profile {profile}")


def _at(url: str, kind: str) -> str | None:
    here = _kind(url)
    if here is None or here == kind:
        return None if here is None else url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=_path(url).removesuffix(PATHS[here]) + PATHS[kind]))


def _kind(url: str) -> str | None:
    path = _path(url)
    return next((kind for kind, end in PATHS.items() if path.endswith(end)), None)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
