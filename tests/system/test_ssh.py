"""What becomes an argument of ssh, and what becomes a line for a shell: nothing that RunPod's answer could twist."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import pod
from tui.api.models import Placement, Pod, Port, Runtime
from tui.config.settings import Ssh
from tui.system import ssh
from tui.system.ssh import Route

PLAIN = Ssh()
MINE = Ssh("me", "~/.ssh/my key", ("-o", "ServerAliveInterval=15", "-A"), "ssh.example.com")
PUBLIC = Port(22, 40_123, "194.68.245.9", True, "tcp")


def up(*ports: Port, host: str | None = "50qynxzilsxoey-64410065", uptime: int | None = 3600) -> Pod:
    made = pod("50qynxzilsxoey", name="llama")
    assert made.machine is not None
    return replace(
        made, runtime=Runtime(uptime, None, None, (), ports), machine=replace(made.machine, host_id=host)
    )  # fmt: skip


def test_the_pods_own_address_comes_before_the_proxy() -> None:
    found = ssh.routes(up(Port(8888, 1, "100.65.0.1", False, "http"), PUBLIC), PLAIN)
    assert found == (
        Route("root", "194.68.245.9", 40_123, False),
        Route("50qynxzilsxoey-64410065", "ssh.runpod.io", None, True),
    )
    assert ssh.argv(found[0], PLAIN) == ("ssh", "-p", "40123", "--", "root@194.68.245.9")
    assert ssh.argv(found[1], PLAIN) == ("ssh", "--", "50qynxzilsxoey-64410065@ssh.runpod.io")


def test_settings_are_used() -> None:
    direct, proxied = ssh.routes(up(PUBLIC), MINE)
    given = ("-i", "~/.ssh/my key", "-o", "ServerAliveInterval=15", "-A", "--")
    assert ssh.argv(direct, MINE) == ("ssh", "-p", "40123", *given, "me@194.68.245.9")
    assert ssh.argv(proxied, MINE) == ("ssh", *given, "50qynxzilsxoey-64410065@ssh.example.com")
    assert ssh.line(direct, MINE) == (
        "ssh me@194.68.245.9 -p 40123 -i ~/'.ssh/my key' -o ServerAliveInterval=15 -A"
    )  # fmt: skip
    assert ssh.scp_line(direct, MINE, "/workspace/") == (
        "scp -P 40123 -i ~/'.ssh/my key' -o ServerAliveInterval=15 FILE me@194.68.245.9:/workspace/"
    )
    rsync = shlex.split(ssh.rsync_line(direct, MINE, "/workspace/"))
    assert rsync[:3] == ["rsync", "-avP", "-e"]
    assert shlex.split(rsync[3]) == [
        "ssh", "-p", "40123", "-i", "~/.ssh/my key", "-o", "ServerAliveInterval=15", "-A"
    ]  # fmt: skip
    assert rsync[4:] == ["FOLDER/", "me@194.68.245.9:/workspace/"]


@pytest.mark.parametrize(
    "port",
    [
        Port(22, 40_123, "194.68.245.9", False, "tcp"),
        Port(22, None, "194.68.245.9", True, "tcp"),
        Port(22, 40_123, None, True, "tcp"),
        Port(22, 0, "194.68.245.9", True, "tcp"),
        Port(22, 65_536, "194.68.245.9", True, "tcp"),
        Port(22, -1, "194.68.245.9", True, "tcp"),
        Port(2222, 40_123, "194.68.245.9", True, "tcp"),
        Port(22, 40_123, "194.68.245.9", True, "http"),
        Port(22, 40_123, "-oProxyCommand=reboot", True, "tcp"),
        Port(22, 40_123, "example.com", True, "tcp"),
        Port(22, 40_123, "194.68.245.9;reboot", True, "tcp"),
        Port(22, 40_123, "fe80::1%$(reboot)", True, "tcp"),
        Port(22, 40_123, "0.0.0.0", True, "tcp"),
        Port(22, 40_123, "224.0.0.1", True, "tcp"),
    ],
)
def test_a_port_that_is_no_way_in_is_none(port: Port) -> None:
    assert ssh.routes(up(port, host=None), PLAIN) == ()


@pytest.mark.parametrize("host", [None, "", "a", "-a-b", "a-b@c", "a b-c", "a-b\n", "a;b-c", "50qynxzilsxoey-", "é-1"])
def test_a_host_id_that_is_none_is_not_used(host: str | None) -> None:
    assert ssh.routes(up(host=host), PLAIN) == ()


def test_ipv6() -> None:
    (route, _) = ssh.routes(up(Port(22, 40_123, "2001:0db8::0001", True, "tcp")), PLAIN)
    assert ssh.argv(route, PLAIN)[-1] == "root@2001:db8::1"
    assert ssh.where(route) == "[2001:db8::1]:40123"
    assert ssh.scp_line(route, PLAIN, "").endswith(" 'root@[2001:db8::1]:'")


wild = st.text(max_size=20) | st.sampled_from(
    ["127.0.0.1", "::1", "-oX=y", "1.2.3.4 -p 1", "$(x)", "`x`", "a-b", "x-1;y", "'", "\n", "fe80::1%a"]
)


@given(wild, wild, st.none() | st.integers(-10, 70_000), wild)
def test_nothing_but_an_address_a_number_and_an_id_becomes_an_argument(
    ip: str, host: str, public: int | None, kind: str
) -> None:
    found = ssh.routes(up(Port(22, public, ip, True, kind or "tcp"), host=host), PLAIN)
    for route in found:
        argv = ssh.argv(route, PLAIN)
        *before, dashes, target = argv
        assert dashes == "--"
        assert re.fullmatch(r"[A-Za-z0-9-]+@[0-9A-Za-z.:]+", target)
        assert before in (["ssh"], ["ssh", "-p", str(public)])
        assert shlex.split(ssh.line(route, PLAIN))[1] == target


@given(st.text(max_size=40))
def test_whatever_is_quoted_is_one_word_of_a_shell(text: str) -> None:
    quoted = ssh.quoted(text)
    words = shlex.split(quoted)
    if not text.startswith("~/") or len(text) < 3:
        assert words == [text]
    else:
        # The shell puts the home directory in front of what is one word too.
        assert words == [text]
        assert quoted.startswith("~/")


@pytest.mark.parametrize(
    ("mount", "volume", "folder"),
    [
        ("/workspace", True, "/workspace/"),
        ("/data/runs/", True, "/data/runs/"),
        (None, True, "/workspace/"),
        (None, False, ""),
        ("/a b; reboot", True, "/workspace/"),
        ("relative", False, ""),
    ],
)
def test_where_files_go(mount: str | None, volume: bool, folder: str) -> None:
    assert ssh.folder(mount, volume) == folder


def test_urls_of_the_proxy() -> None:
    assert ssh.proxy_url("50qynxzilsxoey", 8888) == "https://50qynxzilsxoey-8888.proxy.runpod.net"
    for name, port in (("a.b", 1), ("", 1), ("a/b", 1), ("a", None), ("a", 0), ("a", 65_536)):
        assert ssh.proxy_url(name, port) == ""


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (replace(pod("a"), status="EXITED"), "the pod is stopped; R resumes it"),
        (replace(pod("a"), status="TERMINATED"), "the pod is terminated"),
        (replace(pod("a"), status="DEAD"), "the pod is not running (dead)"),
        (pod("a", utils=None), "the pod is still booting"),
        (up(host=None), "RunPod reports no port"),
        (up(Port(8888, 1, "1.2.3.4", False, "http"), host=None), "the pod has no public port 22/tcp"),
    ],
)
def test_why_there_is_no_way_in(made: Pod, words: str) -> None:
    assert ssh.routes(replace(made, machine=None), PLAIN) == ()
    assert ssh.hindrance(made).startswith(words)


def test_what_to_know_before() -> None:
    made = up(PUBLIC)
    direct, proxied = ssh.routes(made, PLAIN)
    assert ssh.caution(made, direct, None, 1000.0) == ""
    assert ssh.caution(made, direct, 980.0, 1000.0).startswith("the port changed 20 s ago")
    assert ssh.caution(made, direct, 900.0, 1000.0) == ""
    assert ssh.caution(up(PUBLIC, uptime=30), direct, None, 1000.0).startswith("the pod has just started")
    assert "no file transfer" in ssh.caution(made, proxied, None, 1000.0)
    unmapped = up(Port(22, None, None, False, "tcp"))
    assert "no public address yet" in ssh.caution(unmapped, proxied, None, 1000.0)
    assert "no public port 22" in ssh.caution(up(), proxied, None, 1000.0)


@pytest.mark.parametrize(
    ("code", "seconds", "failed", "words"),
    [
        (0, 1.0, False, "ssh ended"),
        (255, 1.0, True, "ssh could not connect"),
        (255, 600.0, True, "the connection was lost"),
        (-2, 600.0, True, "ssh ended by signal 2"),
        (1, 1.0, True, "ssh ended with 1"),
        (130, 600.0, False, "ssh ended with 130"),
    ],
)
def test_how_it_ended(code: int, seconds: float, failed: bool, words: str) -> None:
    assert ssh.is_failure(code, seconds) is failed
    assert ssh.outcome(code, seconds).startswith(words)


def test_advice_goes_with_the_way_in() -> None:
    direct, proxied = ssh.routes(up(PUBLIC), MINE)
    lines = "\n".join(ssh.advice(255, direct, MINE, ["the port changed 3 s ago"], 1.0))
    assert "The port changed 3 s ago." in lines
    assert "ssh-keygen -R '[194.68.245.9]:40123'" in lines
    assert "add ~/.ssh/my key.pub to the SSH keys" in "\n".join(ssh.advice(255, proxied, MINE, [], 1.0))
    assert "s retries" in "\n".join(ssh.advice(255, direct, MINE, [], 600.0))


def test_here_is_this_machine_alone() -> None:
    for ip, here in (("127.0.0.1", True), ("::1", True), ("194.68.245.9", False)):
        (route, proxied) = ssh.routes(up(replace(PUBLIC, ip=ip)), PLAIN)
        assert ssh.is_here(route) is here
        assert not ssh.is_here(proxied)


def test_placement_is_not_needed() -> None:
    assert ssh.proxied(None, PLAIN) is None
    assert ssh.proxied(Placement(None, None, "a-1", None, None, None, None, None, None), PLAIN) is not None
