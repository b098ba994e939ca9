"""Addresses at which an API may be used: the rules that keep the key from leaving by the wrong door."""

from __future__ import annotations

import ipaddress
from urllib.parse import parse_qs, urlsplit


def is_loopback(host: str) -> bool:
    """True when `host` never leaves this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def stays_here(url: str) -> bool:
    """True when what is sent to `url` never leaves this machine."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def host_of(url: str) -> str:
    """The host and port of `url`, the only part of it that is shown; without a path, a query or a password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def objection(url: str, *, with_key: bool) -> str | None:
    """Why podtop sends no request to `url`, as a sentence; None if it does.

    A key goes over TLS, or stays on this machine. It is never part of the URL: URLs end up in logs and proxies.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "The API address is not a URL. Set api_url to one like https://api.runpod.io/v2 or …/graphql."
    if parts.scheme not in ("http", "https") or not host:
        return "The API address must begin with https:// and contain a host, as in https://api.runpod.io/v2."
    if parts.username is not None or parts.password is not None:
        return "The API address contains a user name or password. Remove it: podtop sends the key in a header."
    if "api_key" in {name.lower() for name in parse_qs(parts.query, keep_blank_values=True)}:
        return "The API address contains an api_key. Remove it: podtop sends the key in a header."
    if with_key and parts.scheme == "http" and not is_loopback(host):
        return f"podtop does not send the API key to {host} over plain http. Use https."
    return None
