"""From listed pods to `Pod`s. Their environment variables, which the list carries too, stay undecoded."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache

from tui.api.enums import ENDED, CloudKind
from tui.api.features import Feature
from tui.api.http.endpoint import is_loopback
from tui.api.models import Funds, GpuReading, Placement, Pod, PodVerb, Port, Problem, Runtime, Snapshot
from tui.api.quantities import MOST, Reader
from tui.api.rest.lists import Items
from tui.api.rest.wire import WireMounts, WirePod, WirePort, WireRuntime, WireSsh
from tui.api.values import each, whole

LACKS = frozenset(
    {
        Feature.SPEND,
        Feature.STOPPED_COST,
        Feature.POD_KIND,
        Feature.STATUS_CHANGE,
        Feature.GPU_TEMPERATURE,
        Feature.GPU_POWER,
        Feature.FREE_GPUS,
        Feature.LOCATION,
        Feature.MAINTENANCE,
        Feature.HOST_SPECS,
        Feature.POD_DETAILS,
        Feature.ENCRYPTION,
        Feature.GPU_COUNT,
        Feature.PRICE_LIMIT,
    }
)
"""What no response of REST v2 has of pods and money. Whether it has a balance and a limit depends on the server."""

Names = Mapping[str, str]
"""Of GPU types, by id: a pod has only the id."""

_SECURE = {CloudKind.SECURE.value: True, CloudKind.COMMUNITY.value: False}

_NOTHING = GpuReading()
_EMPTY = Runtime(None, None, None, (), ())

_PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8",
         "::1/128", "fc00::/7", "fe80::/10"),
    )
)  # fmt: skip
"""Networks whose addresses nobody outside reaches."""

_pod = Reader[WirePod](WirePod)


def snapshot(
    listed: Items,
    problems: tuple[Problem, ...],
    funds: Funds | None,
    lacks: frozenset[Feature],
    names: Names,
    *,
    here: bool = False,
) -> Snapshot:
    """The fleet. One pod that is not understood is unreadable, and nothing more.

    problems: of what was requested beside the pods.
    here:     whether the API itself is on this machine, as a simulated one: its pods may be reached on it too.
    """
    readable, broken, cuts = each(listed.items, "pods", _pod, lambda wire: pod(wire, names, here=here), MOST)
    is_cut = listed.is_cut or len(listed.items) > MOST
    unique: dict[str, Pod] = {}
    for single in readable:
        # A page that is read while pods are created repeats the last ones of the page before.
        unique.setdefault(single.id, single)
    problems = (*listed.problems, *problems, *cuts)
    return Snapshot(funds, tuple(unique.values()), broken, problems, LACKS | lacks, is_cut)


def pod(wire: WirePod, names: Names, *, here: bool = False) -> Pod:
    gpu, cpu, mounts = wire.gpu, wire.cpu, wire.mounts
    compute = gpu or cpu
    ended = wire.status in ENDED
    return Pod(
        wire.id,
        wire.name,
        wire.status,
        None,
        None,
        # The rate that it had while it ran, or has again: stopped pods were seen at the full one.
        None if ended else wire.cost,
        0 if gpu is None else 1 if gpu.count is None else int(gpu.count),
        compute.vcpu_count if compute else None,
        compute.memory if compute else None,
        wire.image,
        _volume_gb(mounts),
        whole(wire.disk),
        network_volume_id(mounts),
        wire.locked is True,
        None,
        None if wire.runtime is None else _runtime(wire.runtime, here=here),
        _placement(wire, names),
        None,
        None if wire.actions is None else verbs(wire.actions),
        wire.cluster.id if wire.cluster else None,
    )


def verbs(actions: list[str | None]) -> frozenset[PodVerb]:
    """The actions that podtop knows."""
    return frozenset(verb for verb in PodVerb if verb in actions)


def network_volume_id(mounts: WireMounts | None) -> str | None:
    """Of the one network volume that a pod can have."""
    return next((m.volume_id for m in mounts.network or () if m is not None and m.volume_id), None) if mounts else None


def _volume_gb(mounts: WireMounts | None) -> float | None:
    if mounts is None:
        return None
    return 0.0 if mounts.persistent is None else mounts.persistent.size


def _runtime(wire: WireRuntime, *, here: bool) -> Runtime | None:
    """None for an empty one, as pods have while they are created."""
    runtime = Runtime(
        whole(wire.uptime),
        wire.cpu.util if wire.cpu else None,
        wire.memory.util if wire.memory else None,
        tuple([_NOTHING if gpu is None else GpuReading(None, gpu.util, gpu.memory_util) for gpu in wire.gpus or ()]),
        # RunPod's order changes from one response to the next.
        tuple(sorted([_port(port, here=here) for port in wire.ports or () if port is not None], key=_by_number)),
    )
    return None if runtime == _EMPTY else runtime


def _port(wire: WirePort, *, here: bool) -> Port:
    kind, ip = wire.type or "", wire.ip or ""
    reached = kind == "tcp" and wire.public is not None and (is_public(ip) or (here and is_loopback(ip)))
    return Port(whole(wire.private), whole(wire.public), wire.ip, reached, kind)


def _by_number(port: Port) -> tuple[int, str, int, str]:
    return (-1 if port.private is None else port.private, port.kind, port.public or 0, port.ip or "")


@lru_cache(4096)
def is_public(address: str) -> bool:
    """Whether others reach an IP address; REST v2 does not say, and gives the inner address of ports it proxies."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not any(ip.version == network.version and ip in network for network in _PRIVATE)


def _placement(wire: WirePod, names: Names) -> Placement | None:
    gpu = wire.gpu.id if wire.gpu else None
    return Placement(
        names.get(gpu, gpu) if gpu else None,
        None,
        host_id(wire.ssh),
        None,
        wire.data_center_id,
        _SECURE.get(wire.cloud or ""),
        None,
        None,
        None,
    )


def host_id(ssh: WireSsh | None) -> str | None:
    """What GraphQL calls podHostId: the user of RunPod's SSH proxy."""
    return ssh.proxy.username if ssh and ssh.proxy else None
