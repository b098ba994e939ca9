"""Every HTTP client of podtop is made here: by which proxy, trusting whose certificates; or why none can be made."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from tui.api.errors import CloudError, Misconfigured
from tui.api.http.endpoint import stays_here
from tui.api.http.proxies import Proxy, proxy_for
from tui.files import presence, reading

_LARGEST = 64 * 1024 * 1024
"""Bytes of a certificate file at most."""


class Line(NamedTuple):
    """A client, the proxy that it uses, and whose certificates it trusts."""

    client: httpx.AsyncClient
    proxy: Proxy | None = None
    trust: ssl.SSLContext | None = None


def connect(
    url: str,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    environ: Mapping[str, str] = os.environ,
    beside: Line | None = None,
    **options: Any,
) -> Line:
    """A client for requests to `url`. Nothing is sent. It follows no redirect and keeps no cookie.

    transport: stands in for the network: the environment is not read then.
    beside:    another line to the same address: what it found in the environment is reused.
    options:   as httpx's, but for what the environment decides.
    Raises Misconfigured, and nothing else.
    """
    try:
        return _connect(url, transport, environ, beside, options)
    except CloudError as error:
        flaw = error
    # Whatever the libraries raise while they read the environment: podtop has to report that in words, and continue.
    except Exception as error:
        flaw = Misconfigured(
            f"Cannot set up a connection ({type(error).__name__}). Check the variables for proxies "
            "(HTTPS_PROXY, ALL_PROXY, NO_PROXY) and certificates (SSL_CERT_FILE, SSL_CERT_DIR)."
        )
    # Raised again, so that nothing that holds a password, or quotes it, hangs on it.
    flaw.__context__ = None
    raise flaw.with_traceback(None)


def _connect(
    url: str,
    transport: httpx.AsyncBaseTransport | None,
    environ: Mapping[str, str],
    beside: Line | None,
    options: dict[str, Any],
) -> Line:
    # A server that could set cookies could use them to link requests.
    options["cookies"] = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    options["follow_redirects"] = options["trust_env"] = False
    if transport is not None:
        return Line(httpx.AsyncClient(transport=transport, **options))
    proxy, trust = (beside.proxy, beside.trust) if beside is not None else (None, None)
    if trust is None:
        proxy, trust = _surroundings(url, environ)
    return Line(httpx.AsyncClient(verify=trust, proxy=_for_httpx(proxy, trust), **options), proxy, trust)


def _surroundings(url: str, environ: Mapping[str, str]) -> tuple[Proxy | None, ssl.SSLContext]:
    """By which proxy, and trusting whose certificates. Raises Misconfigured."""
    # What stays on this machine must not be handed to a proxy named in the environment.
    proxy = None if stays_here(url) else proxy_for(url, environ)
    if proxy is not None and proxy.scheme.startswith("socks") and find_spec("socksio") is None:
        raise Misconfigured(
            f"{proxy.variable} is a SOCKS proxy, which needs podtop's extra 'socks' (see podtop help api). "
            f"Install that, unset {proxy.variable}, or set an http proxy."
        )
    secure = urlsplit(url).scheme == "https" or (proxy is not None and proxy.scheme == "https")
    # Without TLS there is nothing to trust, and the list of authorities need not be read.
    return proxy, trusted(environ) if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _for_httpx(proxy: Proxy | None, trust: ssl.SSLContext) -> httpx.Proxy | None:
    if proxy is None:
        return None
    auth = (proxy.user.reveal(), proxy.password.reveal() if proxy.password else "") if proxy.user else None
    return httpx.Proxy(proxy.url, auth=auth, ssl_context=trust if proxy.scheme == "https" else None)


def trusted(environ: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """Whose certificates are trusted: SSL_CERT_FILE's, else SSL_CERT_DIR's, else certifi's. Raises Misconfigured."""
    if keys := environ.get("SSLKEYLOGFILE"):
        _check_key_log(keys)
    if name := environ.get("SSL_CERT_FILE"):
        return _with_file(name)
    if name := environ.get("SSL_CERT_DIR"):
        if not any(
            presence.is_folder(Path(folder)) and os.access(folder, os.R_OK | os.X_OK)
            for folder in name.split(os.pathsep)
        ):
            raise _unusable("SSL_CERT_DIR", name, "is not a readable directory")
        return ssl.create_default_context(capath=name)
    import certifi

    name = certifi.where()
    try:
        return ssl.create_default_context(cafile=name)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            f"Cannot load the CA certificates in {name} ({error.strerror or 'it contains no certificate'}). "
            "Reinstall podtop, or set SSL_CERT_FILE to another list."
        ) from None


def _with_file(name: str) -> ssl.SSLContext:
    try:
        content, _ = reading.read_bytes(Path(name), _LARGEST)
        # OpenSSL does not see a first line that begins with a byte order mark.
        marked = content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
        return ssl.create_default_context(
            cafile=None if marked else name, cadata=reading.decode(content) if marked else None
        )
    except reading.FileTrouble as error:
        raise _unusable("SSL_CERT_FILE", name, str(error)) from None
    except (OSError, ValueError):
        raise _unusable("SSL_CERT_FILE", name, "contains no valid PEM certificate") from None


def _check_key_log(name: str) -> None:
    """Python opens it, and would wait for the other end of a pipe."""
    path = Path(name)
    if presence.is_folder(path) or (presence.is_there(path) and not presence.is_file(path)):
        raise _unusable("SSLKEYLOGFILE", name, "is not a file")
    there = presence.is_there(path)
    if not os.access(path if there else path.parent, os.W_OK if there else os.W_OK | os.X_OK):
        raise _unusable("SSLKEYLOGFILE", name, "is not writable")


def _unusable(variable: str, name: str, why: str) -> Misconfigured:
    shown = "".join(ch if ch.isprintable() else "?" for ch in name[:200])
    return Misconfigured(f"{variable} is {shown}, which {why}. Correct or unset {variable}.")
