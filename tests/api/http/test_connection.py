"""How podtop gets to RunPod from wherever it is: proxies, certificates, names, connections that end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import ssl
import string
import subprocess
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import certifi
import httpcore  # noqa: F401  It looks for SOCKS support once, when it is first imported.
import httpx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.api.make import KEY, URL, account
from tests.api.test_mutations import DEPLOY, RENT
from tests.services.test_notifier import ALARM
from tests.variants import every
from tui.api import errors
from tui.api.graphql.client import GraphQLCloud
from tui.api.http import failures, name_lookup
from tui.api.http.connection import connect, trusted
from tui.api.http.proxies import Proxy, is_excepted, proxy_for
from tui.api.listener import Listener
from tui.commands.exit_codes import Exit, code_of
from tui.config.settings import Notify
from tui.domain.user_message import UserMessage
from tui.services.notifier import Notifier

VARIABLES = (
    *(f"{kind}_proxy" for kind in ("http", "https", "all", "no")),
    *(f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "ALL", "NO")),
    "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _bare_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


# Proxies, from variables of every form


SECRET = "s3cr3tQ7zvKx"
HOSTS = ["127.0.0.1", "proxy.example", "[::1]", "[2001:db8::1]", "bücher.example", "proxy", "127.0.0.1.", "a_b.example"]
WRONG_HOSTS = [
    "",
    "::1",
    "[::1",
    "[x]",
    "a b",
    "pro%78y",
    "é" * 70,
    "a..b",
    ".",
    "-",
    "[fe80::1%eth0]",
    "x" * 64,
    "\x7f",
    "a\\b",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_proxy_of_every_right_form(host: str) -> None:
    schemes, users = ("", "http://", "HTTP://", "https://"), ("", "corp@", "corp:pa%20ss@", ":@", "corp:p@ss:word@")
    for scheme, user, port, end in product(schemes, users, ("", ":", ":3128"), ("", "/", "\r", "\n")):
        proxy = proxy_for(URL, {"HTTPS_PROXY": f"{scheme}{user}{host}{port}{end}"})
        assert proxy is not None
        assert proxy.port == (3128 if port == ":3128" else 443 if scheme == "https://" else 80)
        assert (proxy.user is not None) is bool(user)
        assert proxy.where.startswith(host.replace("bücher", "xn--bcher-kva"))


def test_the_password_is_decoded_and_handed_to_the_proxy_alone() -> None:
    made = connect(URL, environ={"HTTPS_PROXY": "http://corp:pa%20s%40s@127.0.0.1:3128"})
    assert made.proxy is not None
    assert made.proxy.user is not None
    assert made.proxy.password is not None
    assert (made.proxy.user.reveal(), made.proxy.password.reveal()) == ("corp", "pa s@s")
    assert "pa s" not in repr(made)
    assert "pa%20" not in repr(made)


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"HTTPS_PROXY": "a:1", "https_proxy": "b:1"}, "https_proxy"),
        ({"HTTPS_PROXY": "a:1", "https_proxy": ""}, None),
        ({"HTTPS_PROXY": " ", "ALL_PROXY": "c:1"}, "ALL_PROXY"),
        ({"ALL_PROXY": "c:1", "HTTPS_PROXY": "a:1"}, "HTTPS_PROXY"),
        ({"all_proxy": "c:1"}, "all_proxy"),
        ({"Https_Proxy": "c:1"}, "Https_Proxy"),
        ({"HTTP_PROXY": "c:1"}, None),
        ({"TRAVIS_APT_PROXY": "c:1"}, None),
        ({"HTTPS_PROXY": "'http://a:1'"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": '"a:1"\r\n'}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": '""'}, None),
        ({"HTTPS_PROXY": "a:1", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "nonsense:x:y", "no_proxy": "runpod.io"}, None),
        ({}, None),
    ],
)
def test_which_variable_counts(environ: dict[str, str], variable: str | None) -> None:
    found = proxy_for(URL, environ)
    assert (found.variable if found else None) == variable


@pytest.mark.parametrize(
    ("exceptions", "url", "excepted"),
    [
        ("*", URL, True),
        ("a.example, *", URL, True),
        ("api.runpod.io", URL, True),
        ("API.RunPod.IO", URL, True),
        ("runpod.io", URL, True),
        (".runpod.io", URL, True),
        ("*.runpod.io", URL, True),
        ("odd.io", URL, False),
        ("pod.io", URL, False),
        ("api.runpod.io:443", URL, True),
        ("api.runpod.io:8443", URL, False),
        ("https://api.runpod.io", URL, True),
        ("localhost 127.0.0.1\nrunpod.io", URL, True),
        ("runpod.io.", URL, True),
        ("10.0.0.0/8", "https://10.1.2.3/graphql", True),
        ("10.0.0.0/8", "https://11.1.2.3/graphql", False),
        ("10.1.2.3/8", "https://10.9.9.9/", True),
        ("10.1.2.3:8443", "https://10.1.2.3:8443/", True),
        ("10.1.2.3:8443", "https://10.1.2.3/", False),
        ("2001:db8::/32", "https://[2001:db8::7]/", True),
        ("[2001:db8::7]", "https://[2001:db8::7]/", True),
        ("[2001:db8::7]:8443", "https://[2001:db8::7]:8443/", True),
        ("[2001:db8::7]:8443", "https://[2001:db8::7]/", False),
        ("2001:0db8::0007", "https://[2001:db8::7]/", True),
        ("192.168.0.0/99, ,,[, ]:, [::1, %zz, \x00, a:b:c, http://, ://", URL, False),
        ("'runpod.io'", URL, True),
        ("", URL, False),
    ],
)
def test_exceptions(exceptions: str, url: str, excepted: bool) -> None:
    assert is_excepted(url, exceptions) is excepted
    assert (proxy_for(url, {"HTTPS_PROXY": "p:1", "NO_PROXY": exceptions}) is None) is excepted


@pytest.mark.parametrize(
    "value",
    [
        "socks4://127.0.0.1:1080", "socks://127.0.0.1", "ftp://127.0.0.1:3128", "http://127.0.0.1:abc",
        "http://127.0.0.1:99999", "http://127.0.0.1:0", "http://127.0.0.1:-1", "http://127.0.0.1:٣", "http://", "://x",
        "http://127.0.0.1:31 28", "http://127.0.0.1\n:3128", '"http://127.0.0.1:3128', "http://a:b:c:d", "file:///etc/passwd",
        *every(3, (f"http://{host}:3128" for host in WRONG_HOSTS)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("variable", every(2, ["HTTPS_PROXY", "all_proxy"]))
async def test_a_proxy_that_cannot_be_is_told_by_its_variable(
    value: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    cloud = GraphQLCloud(URL, KEY)
    with pytest.raises(errors.Misconfigured, match=variable) as caught:
        await cloud.fleet()
    assert code_of(caught.value) is Exit.USAGE
    assert not caught.value.sent
    with pytest.raises(errors.Misconfigured):
        await cloud.stop("p1")
    await cloud.aclose()


LEAKS = [
    f"http://corp:{SECRET}@127.0.0.1:abc", f"http://corp:{SECRET[:4]}/{SECRET[4:]}@127.0.0.1:3128",
    f"http://corp:{SECRET}#x@127.0.0.1:3128", f"http://corp:{SECRET}?x@127.0.0.1:3128", f"http://corp:{SECRET}@",
    f"http://corp:{SECRET}\\x@127.0.0.1:3128", f"http://corp:{SECRET} @127.0.0.1", f"http:/corp:{SECRET}@127.0.0.1",
    f"ftp://corp:{SECRET}@127.0.0.1", f"corp:{SECRET}", f"corp:{SECRET}:127.0.0.1:3128", f"{SECRET}://127.0.0.1",
    f"http://corp:{SECRET}@[::1", f"http://corp:{SECRET}@\ud800", f"http://corp%3A{SECRET}%40127.0.0.1:3128",
    f"http://corp:%7{SECRET}@127.0.0.1:0", f"socks5://corp:{SECRET}@127.0.0.1:x", f'"http://corp:{SECRET}@127.0.0.1:3128',
    f"http://corp:{SECRET}\r@127.0.0.1:3128",
]  # fmt: skip


def pieces(secret: str) -> set[str]:
    return {secret[at : at + 4] for at in range(len(secret) - 3)}


def _told(error: BaseException) -> str:
    """All that a report of an error could hold: its words, its causes, and the variables of podtop's own frames."""
    found = []
    link: BaseException | None = error
    while link is not None:
        found += [repr(link), str(link), repr(link.args)]
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if "/tui/" in frame.f_code.co_filename:
                found.append(repr(frame.f_locals))
        link = link.__cause__ or link.__context__
    return "\n".join(found)


@pytest.mark.parametrize("value", LEAKS, ids=range(len(LEAKS)))
async def test_no_piece_of_a_proxys_password_is_told(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"HTTPS_PROXY": value}
    with pytest.raises(errors.CloudError) as caught:
        connect(URL, environ=environ)
    told = _told(caught.value).replace(repr(environ), "")
    assert not [piece for piece in pieces(SECRET) if piece in str(caught.value)]
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert SECRET not in told


PARTS = ["http://", "https://", "socks5://", "socks5h://", "socks4://", ":", "@", "/dev/null"]
WILD = st.text(
    st.sampled_from("abz09.:/@[]%#?\\-_ \t\r\n'\"é\x00\x7f*,;{}" + "\ud800\u202e"), max_size=12
) | st.sampled_from([*HOSTS, *WRONG_HOSTS, *PARTS])
VALUES = st.lists(WILD, max_size=6).map("".join)
SECRETS = st.text(string.ascii_letters + string.digits, min_size=8, max_size=12)


@given(
    st.dictionaries(st.sampled_from(VARIABLES), VALUES, max_size=5), SECRETS,
    st.sampled_from(["/", "#", "?", "@", ":", "\\", ""]),
    st.sampled_from([":abc", ":3128", ":99999", ""]), st.sampled_from([*HOSTS, *WRONG_HOSTS]),
    st.sampled_from([URL, "https://10.1.2.3:8443/graphql", "http://127.0.0.1:1/graphql", "https://[2001:db8::1]/g"]),
)  # fmt: skip
def test_in_wild_surroundings_there_is_a_client_or_an_error_in_words(
    environ: dict[str, str], secret: str, sign: str, port: str, host: str, url: str
) -> None:
    assume(not any(secret[:6] in value for value in environ.values()))
    environ["HTTPS_PROXY"] = f"http://corp:{secret[:4]}{sign}{secret[4:]}@{host}{port}"
    environ = {name: value for name, value in environ.items() if "\x00" not in value or "proxy" in name.lower()}
    try:
        made = connect(url, environ=environ)
    except errors.Misconfigured as error:
        told, link = str(error), error.__context__
    else:
        assert secret[4:] not in repr(made)
        assert made.proxy is None or "@" not in made.proxy.where
        return
    assert secret[4:] not in told
    assert told.isprintable()
    assert len(told) < 500
    assert link is None


@pytest.mark.parametrize("command", [["once"], ["market", "--json"], ["stop", "p1", "--yes"], ["once", "market"]])
def test_commands_end_with_a_sentence(command: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    from tui.cli import main

    monkeypatch.setenv("RUNPOD_API_KEY", "demo-key")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:abc")
    assert main(command) in (2, 5, 6)
    said = capfd.readouterr().err
    assert "HTTPS_PROXY is invalid" in said
    assert "crashed" not in said
    assert "Traceback" not in said


# SOCKS, an extra


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "SOCKS5"])
async def test_socks_without_the_extra_says_what_to_install(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.api.http.connection.find_spec", lambda name: None)
    with pytest.raises(errors.Misconfigured, match=r"ALL_PROXY is a SOCKS proxy.*extra 'socks'"):
        connect(URL, environ={"ALL_PROXY": f"{scheme}://127.0.0.1:7890"})


def test_a_library_that_cannot_be_imported_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.api.http.connection.find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(errors.Misconfigured, match=r"\(ImportError\).*ALL_PROXY"):
        connect(URL, environ={"ALL_PROXY": f"socks5://corp:{SECRET}@127.0.0.1:7890"})


SOCKS = [
    (b"\x05\xff", b"", "", "requires a user name and password"),
    (b"\x05\x02", b"\x01\x01", f"corp:{SECRET}@", "rejected the user name or password"),
    (b"\x05\x00", b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00", "", "did not connect to api.runpod.io"),
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", "", "did not respond like a proxy"),
    (b"", b"", f"corp:{SECRET}@", "did not respond like a proxy"),
    (b"\x04", b"", "", "did not respond like a proxy"),
]


# httpcore leaves the connection to a SOCKS proxy that failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize(("first", "second", "user", "words"), SOCKS, ids=range(len(SOCKS)))
async def test_a_socks_proxy_that_fails_is_named(
    first: bytes, second: bytes, user: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("socksio")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (first, second):
            await reader.read(100)
            writer.write(answer)
            await writer.drain()
            if not answer:
                return

    async with server(talk) as port:
        monkeypatch.setenv("ALL_PROXY", f"socks5://{user}127.0.0.1:{port}")
        cloud = GraphQLCloud(URL, KEY, deadline=5.0)
        with pytest.raises(errors.Unreachable, match=f"127.0.0.1:{port}") as caught:
            await cloud.stop("p1")
        assert words in str(caught.value)
        assert not caught.value.sent
        assert SECRET not in _told(caught.value)
        await cloud.aclose()
        del caught, cloud
    gc.collect()


# Certificates


CA = """-----BEGIN CERTIFICATE-----
MIIBbDCCARGgAwIBAgIUXzrp0ClW0zKmqVEHLyaQ9x2mBqAwCgYIKoZIzj0EAwIw
-----END CERTIFICATE-----
"""


MARKED = b"\xef\xbb\xbf" + Path(certifi.where()).read_bytes()
"""A list of authorities, as an editor of Windows saves it."""


def broken(tmp_path: Path, kind: str) -> str:
    path = tmp_path / "ca.pem"
    match kind:
        case "missing":
            return str(tmp_path / "nowhere" / "ca.pem")
        case "folder":
            return str(tmp_path)
        case "empty":
            path.write_text("")
        case "text":
            path.write_text("no certificate\n")
        case "cut":
            path.write_text(CA)
        case "binary":
            path.write_bytes(os.urandom(4000))
        case "pipe":
            os.mkfifo(path)
        case "link":
            path.symlink_to(tmp_path / "nowhere")
        case "device":
            return "/dev/zero"
        case "odd name":
            return "/no\x1b[2J/\udcff"
    return str(path)


@pytest.mark.parametrize(
    "kind", ["missing", "folder", "empty", "text", "cut", "binary", "pipe", "link", "device", "odd name"]
)
async def test_certificates_that_cannot_be_used_are_named(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = broken(tmp_path, kind)
    monkeypatch.setenv("SSL_CERT_FILE", name)
    cloud = GraphQLCloud(URL, KEY)
    with pytest.raises(errors.Misconfigured, match="SSL_CERT_FILE is") as caught:
        await cloud.fleet()
    assert kind == "odd name" or name in str(caught.value)
    assert str(caught.value).isprintable()
    await cloud.aclose()


async def test_what_is_put_right_meanwhile_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    cloud = GraphQLCloud(URL, KEY)
    with pytest.raises(errors.Misconfigured):
        await cloud.fleet()
    (tmp_path / "ca.pem").write_bytes(MARKED)
    with pytest.raises(errors.Unreachable, match="Cannot connect to the proxy"):
        await cloud.fleet()
    await cloud.aclose()


@pytest.mark.parametrize("variable", ["SSL_CERT_DIR", "SSLKEYLOGFILE"])
@pytest.mark.parametrize("name", ["/no/such/folder/x", "/dev/null/x", "pipe"])
def test_other_variables_of_tls_are_named(variable: str, name: str, tmp_path: Path) -> None:
    if name == "pipe":
        os.mkfifo(tmp_path / "pipe")
        name = str(tmp_path / "pipe")
    with pytest.raises(errors.Misconfigured, match=f"{variable} is {name}, which"):
        connect(URL, environ={variable: name})


def test_of_two_folders_one_is_enough(tmp_path: Path) -> None:
    assert trusted({"SSL_CERT_DIR": f"/nowhere:{tmp_path}"}).verify_mode is ssl.CERT_REQUIRED


def test_without_tls_nothing_of_it_is_looked_at_and_nothing_is_trusted() -> None:
    made = connect("http://127.0.0.1:1/graphql", environ={"SSL_CERT_FILE": "/nowhere", "HTTPS_PROXY": "::::"})
    assert made.proxy is None
    assert not trusted({}).check_hostname or trusted({}).verify_mode is ssl.CERT_REQUIRED


# What a proxy answers


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


@asynccontextmanager
async def server(talk: Talk) -> AsyncIterator[int]:
    """A server on loopback that talks as it is told."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    made = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield made.sockets[0].getsockname()[1]
    finally:
        made.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(answer: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    return talk


PROXIES = [
    (
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        "",
        "requires a user name and password",
    ),
    (b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", f"corp:{SECRET}@", "rejected the user name or password"),
    (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\n<h1>x", "", "did not connect to api.runpod.io (HTTP 403)"),
    (
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        f"corp:{SECRET}@",
        "did not connect to api.runpod.io (HTTP 5",
    ),
    (b"HTTP/1.1 200 ok\r\n\r\n", "", "api.runpod.io"),
    (b"SSH-2.0-OpenSSH_9.6\r\n", "", "did not respond like a proxy"),
    (b"", f"corp:{SECRET}@", "did not respond like a proxy"),
    (b"\x00\x01\x02", "", "did not respond like a proxy"),
]


@pytest.mark.parametrize(("answer", "user", "words"), PROXIES, ids=range(len(PROXIES)))
async def test_a_proxy_that_fails_is_named_and_nothing_was_sent(
    answer: bytes, user: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with server(saying(answer)) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{user}127.0.0.1:{port}")
        cloud = GraphQLCloud(URL, KEY, deadline=5.0)
        for ask in (cloud.fleet(), cloud.stop("p1")):
            with pytest.raises(errors.Unreachable) as caught:
                await ask
            assert words in str(caught.value)
            assert f"127.0.0.1:{port}" in str(caught.value)
            assert not caught.value.sent, "a mutation that never left is one that surely did not happen"
            assert SECRET not in _told(caught.value)
        await cloud.aclose()


async def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    port = closed_port()
    monkeypatch.setenv("ALL_PROXY", f"http://corp:{SECRET}@127.0.0.1:{port}")
    with pytest.raises(errors.Unreachable, match=f"the proxy 127.0.0.1:{port} .*set in ALL_PROXY") as caught:
        await GraphQLCloud(URL, KEY).fleet()
    assert SECRET not in str(caught.value)


@pytest.mark.wide
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
async def test_a_proxy_that_says_nothing_is_named(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.api.http.transport.CONNECTED", 0.3)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with server(silent) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{port}")
        cloud = GraphQLCloud(URL, KEY)
        with pytest.raises(errors.TimedOut, match=f"127.0.0.1:{port}") as caught:
            await cloud.stop("p1")
        assert not caught.value.sent
        await cloud.aclose()
        del caught, cloud
    gc.collect()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ImportError("socksio"), "like a proxy"),
        (AssertionError(), "like a proxy"),
        (RuntimeError(f"http://corp:{SECRET}@x"), "like a proxy"),
        (UnicodeError("label too long"), "address is invalid"),
        (httpx.ProxyError("Invalid username/password"), "rejected the user name"),
        (httpx.ProxyError("Proxy Server could not connect: Host unreachable."), "did not connect"),
    ],
)
def test_whatever_is_raised_on_the_way_has_words(error: Exception, words: str) -> None:
    from tui.api.secret import Secret

    proxy = Proxy("ALL_PROXY", "socks5", "127.0.0.1", 1080, Secret("corp"), Secret(SECRET))
    told = failures.of_transport(error, "api.runpod.io", 30.0, proxy, sent=False)
    assert words in str(told)
    assert SECRET not in str(told)
    assert isinstance(told, errors.Unreachable)
    assert not told.sent


class _Raises(httpx.AsyncBaseTransport):
    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        raise self.error


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), RuntimeError(KEY), UnicodeError("x"), MemoryError()])
async def test_whatever_is_raised_while_it_is_sent_is_an_error_of_the_cloud(error: Exception) -> None:
    for ask in ("fleet", "market"):
        with pytest.raises(errors.CloudError) as caught:
            await getattr(GraphQLCloud(URL, KEY, transport=_Raises(error)), ask)()
        assert KEY not in _told(caught.value)


def test_an_unknown_authority_points_to_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    error, cause = httpx.ConnectError("x"), ssl.SSLCertVerificationError(1, "x")
    cause.verify_code, cause.verify_message = 20, "unable to get local issuer certificate"
    error.__cause__ = cause
    assert "set SSL_CERT_FILE" in str(failures.of_transport(error, "api.runpod.io", 30.0))
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/corp.pem")
    assert "not in SSL_CERT_FILE" in str(failures.of_transport(error, "api.runpod.io", 30.0))
    cause.verify_code, cause.verify_message = 10, "certificate has expired"
    assert "clock" in str(failures.of_transport(error, "api.runpod.io", 30.0))


# Webhooks


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ALL_PROXY": "socks5://corp:s3cr3t@127.0.0.1:7890"}, "ALL_PROXY"),
        ({"HTTPS_PROXY": "http://127.0.0.1:abc"}, "HTTPS_PROXY"),
        ({"SSL_CERT_FILE": "/nowhere/ca.pem"}, "SSL_CERT_FILE"),
    ],
)
async def test_a_webhook_that_cannot_be_told_is_told_of(
    environ: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.api.http.connection.find_spec", lambda name: None)
    notes: list[UserMessage] = []
    hooks = Notifier(
        Notify(webhook="https://hooks.example/T0/B0secret"), write=str, post=notes.append, monotonic=lambda: 0.0,
        environ=environ,
    )  # fmt: skip
    hooks.notify(ALARM)
    await asyncio.gather(*hooks._tasks)
    (note,) = notes
    assert words in note.text
    assert "s3cr3t" not in note.text
    assert "hooks.example" not in note.text


async def test_a_webhook_by_a_proxy_that_is_not_there_names_the_proxy_and_not_the_webhook() -> None:
    notes: list[UserMessage] = []
    port = closed_port()
    hooks = Notifier(
        Notify(webhook="https://hooks.example/T0/B0secret"), write=str, post=notes.append, monotonic=lambda: 0.0,
        environ={"HTTPS_PROXY": f"127.0.0.1:{port}"},
    )  # fmt: skip
    hooks.notify(ALARM)
    await asyncio.gather(*hooks._tasks)
    assert f"127.0.0.1:{port}" in notes[0].text
    assert "hooks.example" not in notes[0].text


# Connections that end


class Gateway:
    """An HTTP server that answers `good` requests on each connection, and then ends the next in a way of its own."""

    def __init__(self, good: int, end: str, cookie: bytes = b"") -> None:
        self.good = good
        self.end = end
        self.requests: list[bytes] = []
        self.connections = 0
        self._cookie = cookie

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        served = 0
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(int(line[16:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: "))
            self.requests.append(head + await reader.readexactly(size))
            served += 1
            if served > self.good and self.end:
                if self.end == "reset":
                    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    writer.transport.abort()
                elif self.end == "begun":
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
                    await writer.drain()
                elif self.end == "garbage":
                    writer.write(b"\x16\x03\x01 what\r\n\r\n")
                    await writer.drain()
                return
            import json

            body = json.dumps({**account(), "data": {**account()["data"], "podStop": {"id": "p1"}}}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n" % (self._cookie, len(body)) + body)
            await writer.drain()


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_a_read_on_a_connection_that_was_just_closed_is_sent_once_more(end: str) -> None:
    gateway, sent = Gateway(1, end), 0

    def count() -> None:
        nonlocal sent
        sent += 1

    async with server(gateway) as port:
        cloud = GraphQLCloud(f"http://127.0.0.1:{port}/graphql", KEY)
        cloud.listen(Listener(sent=lambda api: count()))
        for _ in range(4):
            assert (await cloud.fleet()).funds is not None
        assert len(gateway.requests) == sent == 4 + 2
        assert gateway.connections == 2 + 2, "once more is on a connection of its own"
        await cloud.aclose()


@pytest.mark.parametrize("end", ["close", "reset", "begun", "garbage"])
async def test_a_mutation_on_a_connection_that_was_just_closed_is_never_sent_twice(end: str) -> None:
    gateway = Gateway(1, end)
    async with server(gateway) as port:
        cloud = GraphQLCloud(f"http://127.0.0.1:{port}/graphql", KEY)
        await cloud.fleet()
        with pytest.raises((errors.Unreachable, errors.Malformed)) as caught:
            await cloud.stop("p1")
        assert getattr(caught.value, "sent", True)
        assert len(gateway.requests) == 2
        await cloud.aclose()


ALONE = [(0, "close", 1), (0, "reset", 1), (1, "begun", 2), (1, "garbage", 2)]


@pytest.mark.parametrize(("good", "end", "requests"), ALONE)
async def test_a_read_that_had_a_connection_of_its_own_or_a_byte_of_an_answer_is_not_sent_again(
    good: int, end: str, requests: int
) -> None:
    gateway = Gateway(good, end)
    async with server(gateway) as port:
        cloud = GraphQLCloud(f"http://127.0.0.1:{port}/graphql", KEY)
        for _ in range(good):
            await cloud.fleet()
        with pytest.raises(errors.CloudError):
            await cloud.fleet()
        assert len(gateway.requests) == requests
        await cloud.aclose()


DROPS = [httpx.RemoteProtocolError("Server disconnected"), httpx.ReadError("reset"), OSError()]
CHANGES: list[Callable[[GraphQLCloud], Any]] = [
    lambda cloud: cloud.stop("p1"),
    lambda cloud: cloud.resume("p1", 1),
    lambda cloud: cloud.bid_resume("p1", 1, 0.5),
    lambda cloud: cloud.terminate("p1"),
    lambda cloud: cloud.deploy(DEPLOY),
    lambda cloud: cloud.rent(RENT),
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
@pytest.mark.parametrize(
    "error", [httpx.RemoteProtocolError("Server disconnected"), httpx.ReadError("reset"), OSError()]
)
async def test_no_change_is_sent_twice_whatever_it_is(change: Callable[[GraphQLCloud], Any], error: Exception) -> None:
    transport = _Raises(error)
    cloud = GraphQLCloud(URL, KEY, transport=transport)
    with pytest.raises(errors.Unreachable) as caught:
        await change(cloud)
    assert caught.value.sent
    assert transport.asked == 1


async def test_cookies_are_not_kept() -> None:
    cookie = SimpleCookie({"session": "tracked"})
    gateway = Gateway(9, "", b"Set-Cookie: " + cookie["session"].OutputString().encode() + b"; Path=/\r\n")
    async with server(gateway) as port:
        cloud = GraphQLCloud(f"http://127.0.0.1:{port}/graphql", KEY)
        for _ in range(3):
            await cloud.fleet()
        line = cloud._exchange._line
        assert line is not None
        assert len(line.client.cookies) == 0
        assert len(gateway.requests) == 3
        assert not [request for request in gateway.requests if b"cookie" in request.lower()]
        await cloud.aclose()


# Names


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.setattr(name_lookup, "_under_way", {})
    monkeypatch.setattr(name_lookup, "PATIENCE", 0.1)
    yield name_lookup
    gc.collect()


async def test_a_lookup_that_hangs_is_told_and_asked_for_once(
    lookups: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    go, asked = threading.Event(), []

    def slow(host: str, *rest: Any) -> Any:
        asked.append(host)
        go.wait(20)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    cloud = GraphQLCloud(URL, KEY)
    for _ in range(3):
        with pytest.raises(errors.TimedOut, match=r"DNS lookup of api\.runpod\.io timed out") as caught:
            await cloud.fleet()
        assert not caught.value.sent
    assert len(asked) == 1, "those who ask meanwhile wait for the same"
    go.set()
    await asyncio.to_thread(lookups._under_way[next(iter(lookups._under_way))].answer.result)
    found = await lookups.look_up(b"api.runpod.io", 443, type=socket.SOCK_STREAM)
    assert found[0][4] == ("127.0.0.1", 1)
    await cloud.aclose()


async def test_what_came_late_serves_the_next_and_no_one_after(
    lookups: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def answers(host: str, *rest: Any) -> Any:
        asked.append(host)
        return [host]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    for count in (1, 2, 3):
        assert await lookups.look_up("a.example", 1) == ["a.example"]
        assert len(asked) == count

    def refuses(host: str, *rest: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuses)
    with pytest.raises(socket.gaierror):
        await lookups.look_up("b.example", 1)


HANGS = """
import socket, sys, time
from tui.api.http import name_lookup as names
names.PATIENCE = 0.3
socket.getaddrinfo = lambda *rest, **more: time.sleep(600)
from tests.variants import every
from tui.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", [["once"], pytest.param(["market", "--json"], marks=pytest.mark.wide)])
def test_a_command_ends_although_a_lookup_hangs(command: list[str]) -> None:
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", HANGS, *command], env={**os.environ, "RUNPOD_API_KEY": "demo-key"}, capture_output=True,
        text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 5
    assert "api.runpod.io timed out" in done.stderr
    assert time.monotonic() - begun < 60, "ended by itself"


@pytest.mark.wide
def test_the_screen_ends_although_a_lookup_hangs() -> None:
    from tests.cli.terminal import Terminal

    terminal = Terminal([sys.executable, "-c", HANGS], env={"RUNPOD_API_KEY": "demo-key"})
    terminal.wait_for("Loading pods…")
    assert terminal.quit() == 0


@pytest.mark.wide
def test_a_recording_ends_although_a_lookup_hangs() -> None:
    import signal

    process = subprocess.Popen(
        [sys.executable, "-c", HANGS, "record"], env={**os.environ, "RUNPOD_API_KEY": "demo-key"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert any("timed out" in line for line in process.stdout)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()
