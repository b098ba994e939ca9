"""podtop's environment, for the log: versions, the terminal, settings; none of it a secret."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tui import __version__

if TYPE_CHECKING:
    from tui.config.loader import Config

TOLD = ("TERM", "COLORTERM", "TERM_PROGRAM", "LANG", "LC_ALL", "TZ")
"""Variables that describe the terminal and the locale."""

THERE = ("TMUX", "STY", "SSH_CONNECTION", "NO_COLOR", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "SSL_CERT_FILE")
"""Variables of which only their presence is logged; their values are private."""


def versions() -> str:
    """What a bug report needs, in one line: podtop's version, its APIs, Python, Textual, the system."""
    from importlib.metadata import PackageNotFoundError, version

    from tui.api.listener import Api

    try:
        textual = version("textual")
    except PackageNotFoundError:
        textual = "not found"
    system = f"{platform.system()}-{platform.machine()}"
    return (
        f"podtop {__version__} (APIs {', '.join(Api)}, Python {platform.python_version()}, Textual {textual}, {system})"
    )


def surroundings(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Versions and the terminal, as fields of a log entry."""
    textual = sys.modules.get("textual")
    variables = {name.lower(): environ[name] for name in TOLD if environ.get(name)}
    there = ",".join(name for name in THERE if environ.get(name))
    try:
        size = "x".join(map(str, os.get_terminal_size(0)))
    except OSError:
        size = "none"
    return {
        "version": __version__,
        "python": platform.python_version(),
        "textual": getattr(textual, "__version__", None) if textual is not None else None,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "size": size,
        **variables,
        "variables": there,
    }


def settings(config: Config) -> dict[str, Any]:
    """Settings that differ from their defaults, as fields of a log entry.

    For the key, where it came from; for values that may hold a secret or a private name, only that they are set.
    """
    from msgspec import UNSET
    from msgspec.structs import fields

    from tui.api.http.endpoint import host_of
    from tui.config.settings import Settings

    values: dict[str, Any] = {"key": config.key.origin if config.key is not None else "none"}
    for field in fields(Settings):
        value = getattr(config, field.name, None)
        default = field.default if field.default is not UNSET else None
        if value == default or field.name.startswith("api_key"):
            continue
        if field.name == "api_url":
            values["api"] = host_of(config.api_url)
        elif isinstance(value, bool | int | float | str):
            values[field.name] = value
        elif value:
            values[field.name] = "set"
    return values
