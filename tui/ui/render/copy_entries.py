"""The texts to copy of a pod or of a market item, each with a key. Pure.

Text from RunPod is quoted as one word of a shell, as it may be pasted into one; ids and names that need no quoting are
unchanged. Only the value under the cursor is copied without quoting.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from tui.system import ssh

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.api.pod_detail import PodDetail
    from tui.config.settings import Ssh

NUMBERS = "123456789"


class Entry(NamedTuple):
    """One text to copy: its key, its label, the text. `secret`: the text is not shown."""

    key: str
    label: str
    text: str
    secret: bool = False


def under_cursor(label: str, text: str, secret: bool = False) -> tuple[Entry, ...]:
    """The value under the cursor, with the key that opens the menu: `c` twice copies it."""
    return (Entry("c", label, text, secret),) if text else ()


def of_pod(pod: Pod, detail: PodDetail | None, settings: Ssh) -> tuple[tuple[Entry, ...], str]:
    """The texts to copy of a pod; and why there is no connection to it, if there is none.

    detail: None if not loaded: it has the machine's id, the names of variables, and the volume's mount point.
    """
    entries: list[Entry] = []
    routes = ssh.routes(pod, settings)
    direct = next((route for route in routes if not route.proxied), None)
    proxied = next((route for route in routes if route.proxied), None)
    if routes:
        entries.append(Entry("s", "ssh", ssh.line(routes[0], settings)))
    if direct is not None:
        mounted = detail.volume_mount_path if detail is not None else None
        to = ssh.folder(mounted, bool(pod.volume_gb or pod.network_volume_id))
        if proxied is not None:
            entries.append(Entry("p", "ssh via proxy", ssh.line(proxied, settings)))
        entries.append(Entry("f", "scp", ssh.scp_line(direct, settings, to)))
        entries.append(Entry("r", "rsync", ssh.rsync_line(direct, settings, to)))
        entries.append(Entry("a", "address", ssh.where(direct)))
    entries.append(Entry("i", "pod ID", _word(pod.id)))
    entries.append(Entry("n", "name", _word(pod.name)))
    ports = pod.runtime.ports if routes and pod.runtime else ()
    urls = [url for port in ports if port.kind == "http" and (url := ssh.proxy_url(pod.id, port.private))]
    entries += [Entry(key, "URL", url) for key, url in zip(NUMBERS, dict.fromkeys(urls), strict=False)]
    if detail is not None:
        names = shlex.join(variable.name for variable in detail.env)
        entries.append(Entry("e", "env var names", names))
        machine = detail.machine_id or (detail.machine.id if detail.machine else None)
        entries.append(Entry("m", "machine ID", _word(machine)))
    entries.append(Entry("h", "host ID", _word(pod.machine.host_id if pod.machine else None)))
    entries.append(Entry("d", "image", _word(pod.image)))
    why = "" if routes else f"no ssh: {ssh.hindrance(pod)}"
    return tuple(entry for entry in entries if entry.text), why


def _word(text: str | None) -> str:
    """A text from RunPod as one word of a shell; "" for none."""
    return shlex.quote(text) if text else ""


def of_unknown(pod: str, name: str) -> tuple[Entry, ...]:
    """The texts to copy of a pod that is gone, or that podtop cannot read."""
    entries = (Entry("i", "pod ID", _word(pod)), Entry("n", "name", _word(name)))
    return tuple(entry for entry in entries if entry.text)


def of_market(kind: str, id: str, name: str, gpu: bool) -> tuple[Entry, ...]:
    """The texts to copy of a market item: RunPod's own tools take its id unquoted."""
    entries = [Entry("c", f"{kind} ID", id), Entry("i", "ID, shell-quoted", _word(id)), Entry("n", "name", _word(name))]
    if gpu:
        entries.append(Entry("o", "podtop once", f"podtop once market --filter {_word(name.lower())}"))
    return tuple(entry for entry in entries if entry.text)
