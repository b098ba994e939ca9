"""Reports to systemd that a service is ready, how it goes and that it is alive (sd_notify(3)), without its library."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress

from tui.format.digits import whole_number

VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
"""What systemd sets for a service, and no program that the service starts is to use."""

LONGEST = 200
"""Characters of a status."""

_MOST_DIGITS = 15
"""Digits of a number of microseconds: what follows is years more."""


class ServiceManager:
    """The manager at the other end of a datagram socket. Nothing that goes wrong with it disturbs the service.

    address:  the path of the socket; "@" begins the name of an abstract one.
    watchdog: seconds within which a sign of life has to follow another; None if it expects none.
    """

    def __init__(self, address: str, watchdog: float | None = None) -> None:
        self.watchdog = watchdog
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    def ready(self) -> None:
        """The service does its work from now on."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """How it goes, in one line."""
        self._send(f"STATUS={' '.join(text.split())[:LONGEST]}")

    def alive(self) -> None:
        """A sign of life."""
        self._send("WATCHDOG=1")

    def patience(self, seconds: float) -> None:
        """The start goes on, and may take that much longer."""
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")

    def stopping(self) -> None:
        """The service is about to end."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as wire:
            wire.setblocking(False)
            wire.sendto(message.encode("utf-8", "replace"), self._address)


def service_manager(environ: MutableMapping[str, str] = os.environ, pid: int | None = None) -> ServiceManager | None:
    """The manager that started this process as a service of Type=notify; None if there is none.

    The variables are removed from the environment: a program that podtop starts is not the service.
    """
    address, interval, watched = (environ.pop(name, "") for name in VARIABLES)
    if address[:1] not in ("/", "@") or len(address) < 2:
        return None
    is_ours = watched in ("", str(pid or os.getpid()))
    microseconds = whole_number(interval, _MOST_DIGITS) if is_ours else None
    return ServiceManager(address, microseconds / 1e6 if microseconds else None)
