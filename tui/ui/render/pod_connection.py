"""The facts by which one connects to a pod: its ports, their addresses, its proxy. Pure.

A command for the clipboard is made only from parts that cannot be anything but a host, an id or a port: an invalid
response must not become a command in a shell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui.config.settings import Ssh
from tui.domain import pod_health
from tui.format import numbers as fmt
from tui.system import ssh as ways
from tui.ui.primitives.facts import Fact
from tui.ui.render.facts import LABEL_WIDTH

if TYPE_CHECKING:
    from tui.api.models import Pod, Port
    from tui.ui.primitives.cells import Cell, Part


def reach(pod: Pod, settings: Ssh) -> Iterator[Fact]:
    """How to connect to a live pod; the ports of one that is not live are leftovers."""
    if not pod_health.is_live(pod) or pod.runtime is None:
        return
    fresh = pod.runtime.uptime is not None and pod.runtime.uptime < ways.PORT_SETTLES
    for port in pod.runtime.ports:
        yield _port(pod, port, fresh, settings)
    host = pod.machine.host_id if pod.machine else None
    if host:
        route = ways.proxied(pod.machine, settings)
        command = ways.line(route, settings) if route is not None else ""
        shown: Part = (command, "text") if command else (f"{host}@{settings.proxy_host}", "muted")
        yield Fact("ssh proxy", (shown, ("  no scp", "quiet")), command)


def _port(pod: Pod, port: Port, fresh: bool, settings: Ssh) -> Fact:
    number = "?" if port.private is None else str(port.private)
    label = fmt.clip(f"{number}/{port.kind or '?'}", LABEL_WIDTH)
    if port.kind == "http":
        # RunPod's proxy forwards to the private port, whatever it is mapped to. 100 s, then Cloudflare returns 524.
        sound = ways.proxy_url(pod.id, port.private)
        url = sound or f"https://{pod.id}-{number}.proxy.runpod.net"
        where = "public" if port.is_public else "internal"
        mapped: Cell = ((f"  {_address(port)} {where}", "quiet"),) if port.ip and port.public is not None else ()
        return Fact(label, ((url, "text" if sound else "muted"), *mapped), sound)
    if not port.ip or not ways.is_port(port.public):
        return Fact(label, (("not mapped yet", "muted"),))
    route = ways.direct(port, settings)
    text = ways.line(route, settings) if route is not None else _address(port)
    tail: Cell = () if port.is_public else (("  not public", "quiet"),)
    if fresh:
        tail = (*tail, ("  just started, may change", "warn"))
    usable = port.is_public and ways.address(port.ip) is not None
    return Fact(label, ((text, "text" if usable else "muted"), *tail), text if usable else "")


def _address(port: Port) -> str:
    ip = f"[{port.ip}]" if port.ip and ":" in port.ip else port.ip
    return f"{ip}:{port.public}"
