"""SSH routes into a pod: the arguments of `ssh`, and lines for a shell. Pure.

All input comes from RunPod's responses: an address must be an address, a port a number, an id an id, before it becomes
an argument; what is to be pasted into a shell is quoted for one.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.api.enums import PodStatus
from tui.domain import pod_health

if TYPE_CHECKING:
    from tui.api.models import Placement, Pod, Port
    from tui.config.settings import Ssh

PORT_SETTLES = 90.0
"""Seconds after a start for which RunPod may report the previous run's ports (plugins-official, gotchas.md)."""

_POD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?")
_HOST_ID = re.compile(r"[A-Za-z0-9]{1,40}(?:-[A-Za-z0-9]{1,40}){1,3}")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_PROXY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_PLAIN_PATH = re.compile(r"/(?:[A-Za-z0-9._-]+/?)*")

WORKSPACE = "/workspace"
"""Where RunPod's own templates mount a pod's volume."""


class Route(Struct, frozen=True):
    """One SSH route. `port` None is ssh's default; `proxied`: by RunPod's proxy, which carries a terminal, no files."""

    user: str
    host: str
    port: int | None
    proxied: bool


# What may become an argument


def address(text: str | None) -> str | None:
    """A connectable IP address in its shortest spelling; None for anything else.

    Zones ("fe80::1%eth0") are refused: the part after the % is free text.
    """
    if not text or "%" in text:
        return None
    try:
        address_of = ip_address(text)
    except ValueError:
        return None
    return None if address_of.is_unspecified or address_of.is_multicast else str(address_of)


def is_port(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 < number < 65_536


def is_pod(text: str) -> bool:
    """Whether a text is a pod id, and can be part of a host name."""
    return _POD.fullmatch(text) is not None


def is_user(text: str) -> bool:
    return _USER.fullmatch(text) is not None


# Routes


def direct(port: Port, settings: Ssh) -> Route | None:
    """The direct route by a port, if it is the one that ssh listens on and is publicly reachable."""
    host = address(port.ip)
    if host is None or not port.is_public or port.private != 22 or port.kind not in ("tcp", None):
        return None
    if port.public is None or not is_port(port.public) or not is_user(settings.user):
        return None
    return Route(settings.user, host, port.public, False)


def proxied(machine: Placement | None, settings: Ssh) -> Route | None:
    host = machine.host_id if machine is not None else None
    if not host or not _HOST_ID.fullmatch(host) or not _PROXY.fullmatch(settings.proxy_host):
        return None
    return Route(host, settings.proxy_host, None, True)


def is_here(route: Route) -> bool:
    """Whether a route leads to this very machine."""
    return not route.proxied and ip_address(route.host).is_loopback


def routes(pod: Pod, settings: Ssh) -> tuple[Route, ...]:
    """All routes into a pod that is up, best first; ports reported for one that is not up are ignored."""
    if not pod_health.is_live(pod) or pod.runtime is None:
        return ()
    ways = [direct(port, settings) for port in pod.runtime.ports]
    ways.append(proxied(pod.machine, settings))
    return tuple(route for route in ways if route is not None)


def hindrance(pod: Pod) -> str:
    """Why there is no route into a pod."""
    match pod.status:
        case _ if pod_health.is_booting(pod):
            return "the pod is still booting; RunPod reports ports once the container runs"
        case PodStatus.RUNNING if not pod.runtime or not pod.runtime.ports:
            return "RunPod reports no port and no host for the pod yet; try again in a minute"
        case PodStatus.RUNNING:
            return "the pod has no public port 22/tcp, and RunPod reports no host for its SSH proxy"
        case PodStatus.EXITED:
            return "the pod is stopped; R resumes it"
        case PodStatus.ERROR:
            return "the pod is in an error state; R starts it again"
        case PodStatus.TERMINATED:
            return "the pod is terminated"
        case status:
            return f"the pod is not running ({status.lower() or 'no status'})"


def caution(pod: Pod, route: Route, changed_at: float | None, now: float) -> str:
    """A warning about a route before it is used; empty if there is none.

    changed_at: when its port was last seen to change, None if never.
    """
    if route.proxied:
        ports = pod.runtime.ports if pod.runtime else ()
        if any(port.private == 22 for port in ports):
            return "port 22 has no public address yet; using RunPod's proxy (no file transfer)"
        return "no public port 22; using RunPod's proxy (no file transfer)"
    uptime = pod.runtime.uptime if pod.runtime else None
    if changed_at is not None and 0 <= now - changed_at < PORT_SETTLES:
        return f"the port changed {now - changed_at:.0f} s ago; RunPod may report the old one for a minute or two"
    if uptime is not None and uptime < PORT_SETTLES:
        return "the pod has just started; RunPod may report the previous run's port for a minute or two"
    return ""


# Arguments


def argv(route: Route, settings: Ssh) -> tuple[str, ...]:
    """The arguments of ssh: no shell reads them, and no value from RunPod can be taken for an option."""
    port = ("-p", str(route.port)) if route.port is not None else ()
    return ("ssh", *port, *_key(settings), *settings.options, "--", f"{route.user}@{route.host}")


def quoted(text: str) -> str:
    """One shell word; a leading ~ keeps its meaning for the shell."""
    return f"~/{shlex.quote(text[2:])}" if text.startswith("~/") and len(text) > 2 else shlex.quote(text)


def _key(settings: Ssh) -> tuple[str, ...]:
    """ssh and scp expand ~ themselves."""
    return ("-i", settings.key_file) if settings.key_file else ()


def _joined(*parts: str) -> str:
    return " ".join(quoted(word) for word in parts)


def line(route: Route, settings: Ssh) -> str:
    """The command for a shell, as RunPod itself writes it."""
    port = ("-p", str(route.port)) if route.port is not None else ()
    return _joined("ssh", f"{route.user}@{route.host}", *port, *_key(settings), *settings.options)


def _dashed(settings: Ssh) -> tuple[str, ...]:
    """The options that scp shares with ssh: those of `-o`."""
    parts: list[str] = []
    options = iter(settings.options)
    for option in options:
        if option == "-o":
            parts += [option, *(value for value in (next(options, None),) if value is not None)]
        elif option.startswith("-o"):
            parts.append(option)
    return tuple(parts)


def _bracketed(route: Route) -> str:
    return f"[{route.host}]" if ":" in route.host else route.host


def where(route: Route) -> str:
    """A route's host and port."""
    return _bracketed(route) if route.port is None else f"{_bracketed(route)}:{route.port}"


def _there(route: Route, folder: str) -> str:
    return f"{route.user}@{_bracketed(route)}:{folder}"


def folder(mount_path: str | None, has_volume: bool) -> str:
    """Where files go on a pod: its volume, if that has a plain path; else the home directory, without any path."""
    if mount_path and _PLAIN_PATH.fullmatch(mount_path):
        return f"{PurePosixPath(mount_path)}/".replace("//", "/")
    return f"{WORKSPACE}/" if has_volume else ""


def scp_line(route: Route, settings: Ssh, to: str) -> str:
    """A line that sends FILE, a placeholder."""
    port = ("-P", str(route.port)) if route.port is not None else ()
    return _joined("scp", *port, *_key(settings), *_dashed(settings), "FILE", _there(route, to))


def rsync_line(route: Route, settings: Ssh, to: str) -> str:
    """A line that sends the content of FOLDER, a placeholder."""
    port = ("-p", str(route.port)) if route.port is not None else ()
    carrier = shlex.join(("ssh", *port, *_key(settings), *settings.options))
    return _joined("rsync", "-avP", "-e", carrier, "FOLDER/", _there(route, to))


def proxy_url(pod: str, port: int | None) -> str:
    """The URL of an http port at RunPod's proxy; empty if there is none. 524 after 100 s without a response."""
    return f"https://{pod}-{port}.proxy.runpod.net" if is_pod(pod) and is_port(port) else ""


# How it ended

FAILED = 255
"""ssh's own exit code: any other is that of the program on the pod."""

BRIEF = 5.0
"""Seconds below which a session that ended with an error counts as never established."""


def is_failure(code: int, seconds: float) -> bool:
    """Whether ssh's output must be shown before it is gone: a shell that ends with its last command's code is none."""
    return code == FAILED or code < 0 or (code != 0 and seconds < BRIEF)


def outcome(code: int, seconds: float) -> str:
    """How a session ended, as a sentence."""
    if code == 0:
        return "ssh ended"
    if code < 0:
        return f"ssh ended by signal {-code}"
    if code == FAILED:
        return "ssh could not connect, or lost the connection" if seconds < 60 else "the connection was lost"
    return f"ssh ended with {code}, the exit code of the last command on the pod"


def advice(code: int, route: Route, settings: Ssh, cautions: Iterable[str], seconds: float) -> tuple[str, ...]:
    """Advice after a failure, based on ssh's output above it. `cautions`: what was known before."""
    if code != FAILED or seconds >= 60:
        return ("s retries; ctrl+r refreshes the pod first.",)
    sentences = [f"{text[:1].upper()}{text[1:]}." for text in cautions]
    if route.proxied:
        key = f"{settings.key_file}.pub" if settings.key_file else "your public key"
        sentences.append(f"Permission denied: add {key} to the SSH keys of the RunPod account.")
    else:
        sentences += [
            "Refused, timed out: the SSH server may still be starting, the image may have none, or the port is new.",
            "Permission denied: the pod has the account's SSH keys as of its start. Set yours with key_file in [ssh].",
            "Identification changed: another pod may have had this address. Then run: "
            + _joined("ssh-keygen", "-R", f"[{route.host}]:{route.port}"),
        ]
    return tuple(sentences)
