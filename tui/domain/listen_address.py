"""`ListenAddress`: where podtop lets others connect to. Pure."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import NamedTuple

from tui.format.digits import whole_number

PORT = 9464
"""The default port, which is that of OpenTelemetry's Prometheus exporters."""

ACCEPTED = f"HOST:PORT, as in 127.0.0.1:{PORT}, or a port of this machine"


class ListenAddress(NamedTuple):
    """Where to listen. `is_local`: whether only this machine reaches it."""

    host: str
    port: int

    @property
    def is_local(self) -> bool:
        return is_local(self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def is_local(host: str) -> bool:
    """Whether a name or an address is that of this machine alone."""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def listen_address(text: str) -> ListenAddress:
    """An address as the user writes it: HOST:PORT, PORT, or HOST. Raises ValueError for anything else."""
    host, port = text.strip(), str(PORT)
    if whole_number(host) is not None:
        host, port = "127.0.0.1", host
    elif host.startswith("["):
        host, _, rest = host[1:].partition("]")
        if rest and not rest.startswith(":"):
            raise ValueError
        port = rest[1:] if rest else port
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
        host = host or "0.0.0.0"  # noqa: S104
    number = whole_number(port)
    if number is None or number > 65_535:
        raise ValueError
    return ListenAddress(host if host == "localhost" else str(ipaddress.ip_address(host)), number)
