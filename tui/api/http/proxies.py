"""Which proxy the environment names for an address: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, and NO_PROXY. Pure.

Nothing of a variable's value is ever shown but the host and port of a valid one: the rest may be a password.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from tui.api.errors import Misconfigured
from tui.api.secret import Secret
from tui.format.digits import whole_number

PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
"""The kinds of proxies, and their usual ports."""

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?")
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::(.*))?")
_QUOTES = ("'", '"')
_FOREIGN = (*_QUOTES, "\\", "<", ">", "^", "`", "{", "|", "}")
"""Characters that occur in no URL; in a user name or a password they are written with %."""


class Proxy(Struct, frozen=True):
    """A proxy. `variable`: the one that named it."""

    variable: str
    scheme: str
    host: str
    port: int
    user: Secret | None = None
    password: Secret | None = None

    @property
    def where(self) -> str:
        """Its host and port: the only part that is shown."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Its address, without user and password."""
        return f"{self.scheme}://{self.where}"


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for requests to `url`; None for a direct connection. Raises Misconfigured."""
    scheme = urlsplit(url).scheme
    address = _value(f"{scheme}_proxy", environ) or _value("all_proxy", environ) or _of_the_system(scheme, environ)
    if address is None or is_excepted(url, _exceptions(environ)):
        return None
    return parse(*address)


def is_excepted(url: str, exceptions: str) -> bool:
    """Whether NO_PROXY names an address: `*`, a host, a domain, an IP address or network, each with a port or not.

    What cannot be understood in it excepts nothing.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return any(_fits(entry, host, port) for entry in re.split(r"[\s,;]+", _unquoted(exceptions)) if entry)


def parse(variable: str, value: str) -> Proxy:
    """The proxy that a variable names. Raises Misconfigured, whose message contains nothing of the value."""
    text = _unquoted(value)
    if not text.isprintable() or any(ch.isspace() or ch in _FOREIGN for ch in text):
        raise _wrong(variable, "it contains a space, a quote, a \\ or another invalid character")
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "http", text
    if scheme.lower() not in PORTS:
        raise _wrong(variable, f"its scheme is not one of {', '.join(PORTS)}")
    authority, *beyond = re.split(r"[/?#]", rest, maxsplit=1)
    if beyond and "@" in beyond[0]:
        raise _wrong(variable, "a /, ? or # in the user name or password must be written as %2F, %3F or %23")
    login, at, place = authority.rpartition("@")
    user, colon, password = login.partition(":")
    host, port = _place(variable, place)
    return Proxy(
        variable, scheme.lower(), host, port or PORTS[scheme.lower()],
        Secret(unquote(user)) if at else None, Secret(unquote(password)) if colon else None,
    )  # fmt: skip


def _place(variable: str, text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        match = _BRACKETED.fullmatch(text)
        try:
            host = str(IPv6Address(match[1] if match else ""))
        except ValueError:
            raise _wrong(variable, "the brackets contain no IPv6 address") from None
        return host, _port(variable, match[2] or "" if match else "")
    host, _, port = text.partition(":")
    if ":" in port:
        raise _wrong(variable, "it has too many colons; an IPv6 address must be in brackets")
    if not host:
        raise _wrong(variable, "it has no host")
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    if not _HOST.fullmatch(host):
        raise _wrong(variable, "its host name is invalid")
    return host, _port(variable, port)


def _port(variable: str, text: str) -> int | None:
    if not text:
        return None
    port = whole_number(text, 5)
    if port is None or not 0 < port < 65_536:
        raise _wrong(variable, "its port is not a number from 1 to 65535")
    return port


def _wrong(variable: str, why: str) -> Misconfigured:
    return Misconfigured(
        f"{variable} is invalid: {why}. Set it to http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, or unset it."
    )


def _value(name: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """A variable as it is spelled, and its value. Lower case takes precedence, and empty it disables the others."""
    if name in environ:
        return (name, environ[name]) if _unquoted(environ[name]) else None
    for spelled, value in environ.items():
        if spelled.lower() == name and _unquoted(value):
            return spelled, value
    return None


def _exceptions(environ: Mapping[str, str]) -> str:
    listed = _value("no_proxy", environ)
    return listed[1] if listed is not None else ""


def _of_the_system(scheme: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """On a Mac, the proxy in its network settings if the environment has no proxy variable at all."""
    if sys.platform != "darwin" or any(name.lower().endswith("_proxy") for name in environ):
        return None
    from urllib.request import getproxies

    value = getproxies().get(scheme)
    return ("The proxy in the system's network settings", value) if value else None


def _unquoted(text: str) -> str:
    """Without what a line of a file that is no shell's leaves around a value."""
    text = text.strip().lstrip("\ufeff").strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
        return text[1:-1].strip()
    return text


def _fits(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    name = entry.lower().rpartition("://")[2].partition("@")[0]
    try:
        return _is_in_network(name, host)
    except ValueError:
        pass
    if name.startswith("["):
        name, _, given = name[1:].partition("]")
        given = given.removeprefix(":")
    else:
        name, _, given = name.partition(":")
    if given and given != str(port):
        return False
    try:
        return _is_in_network(name, host)
    except ValueError:
        domain = name.removeprefix("*").strip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _is_in_network(text: str, host: str) -> bool:
    """Whether a host is an address of a network. Raises ValueError if the text is no network."""
    network = ip_network(text, strict=False)
    try:
        return ip_address(host) in network
    except ValueError:
        return False
