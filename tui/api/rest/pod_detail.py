"""One pod with all that v2 reports of it."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from msgspec import Raw

from tui.api.models import Problem
from tui.api.pod_detail import EnvVar, Machine, NetworkVolume, PodDetail, PodExtras
from tui.api.quantities import LONGEST_NAME, MANY, Cut, Long, Reader, instant, shortened
from tui.api.rest.account import joined
from tui.api.rest.exchange import Answer
from tui.api.rest.pods import Names, network_volume_id, pod
from tui.api.rest.wire import WireMounts, WirePodDetail
from tui.api.secret import Secret
from tui.api.values import NOT_UNDERSTOOD, cut_notes, in_short, reason

_detail = Reader[WirePodDetail](WirePodDetail)
_variables = Reader[dict[str, Raw] | None](dict[str, Raw] | None)
_value = Reader[str](Long)


class Found(NamedTuple):
    """A pod as it came, and what of it was too much."""

    wire: WirePodDetail
    cuts: tuple[Problem, ...]

    @property
    def volume_id(self) -> str | None:
        return network_volume_id(self.wire.mounts)


def found_pod(answer: Answer, pod_id: str) -> Found:
    """The pod in a response. Raises Malformed."""
    cuts: list[Cut] = []
    try:
        wire = _detail.decode(answer.content, cuts)
    except NOT_UNDERSTOOD as error:
        raise answer.malformed(f"RunPod returned invalid details of this pod: {reason(error)}") from None
    if wire.id != pod_id:
        raise answer.malformed("RunPod returned another pod than was requested")
    return Found(wire, in_short(cut_notes(cuts)))


def detail(
    result: Found,
    names: Names,
    volume: NetworkVolume | None = None,
    problems: tuple[Problem, ...] = (),
    *,
    here: bool = False,
) -> PodDetail:
    """All that v2 reports of a pod. `here` as in `pods.snapshot`."""
    wire = result.wire
    env, flaws = _env(wire.env)
    return PodDetail(
        pod=pod(wire, names, here=here),
        machine=_machine(wire),
        machine_id=None,
        owner_id=None,
        template_id=wire.template,
        docker_args=wire.args,
        docker_id=None,
        env=env,
        port=None,
        exposed_ports=joined(wire.ports),
        volume_mount_path=_path(wire.mounts),
        volume_encrypted=False,
        network_volume=volume,
        registry_auth_id=wire.registry,
        registry_url=None,
        registry_user=None,
        gpu_ids=(),
        gpu_power_limit_percent=None,
        adjusted_cost_per_hr=None,
        cost_multiplier=None,
        version=None,
        created_at=instant(wire.created_at),
        started_at=instant(wire.started_at),
        cpu_load=None,
        memory_load=None,
        gpu_average=None,
        state_since=None,
        problems=(*result.cuts, *flaws, *problems),
    )


def _env(raw: Raw) -> tuple[tuple[EnvVar, ...], tuple[Problem, ...]]:
    """The variables. What is wrong with one is reported without its value."""
    try:
        given = _variables.decode(raw) or {}
    except NOT_UNDERSTOOD:
        return (), (Problem("invalid environment variables"),)
    variables, unread = [], 0
    for name, value in islice(given.items(), MANY):
        try:
            variables.append(EnvVar(shortened(name, LONGEST_NAME), Secret(_value.decode(value))))
        except NOT_UNDERSTOOD:
            unread += 1
    flaws = [f"{unread} invalid environment variables"] if unread else []
    if len(given) > MANY:
        flaws.append(f"{len(given):,} environment variables, {MANY} shown")
    return tuple(variables), tuple(Problem(flaw) for flaw in flaws)


def _path(mounts: WireMounts | None) -> str | None:
    if mounts is None:
        return None
    network = next((mount for mount in mounts.network or () if mount is not None), None)
    mount = network or mounts.persistent
    return mount.path if mount else None


def _machine(wire: WirePodDetail) -> Machine | None:
    """The two facts of its host that v2 has."""
    gpu = wire.gpu.id if wire.gpu else None
    if gpu is None and wire.cuda_version is None:
        return None
    return Machine(
        id=None,
        gpu_type_id=gpu,
        cpu_name=None,
        cpu_count=None,
        vcpus=None,
        memory_gb=None,
        price_per_hr=None,
        price_per_gpu=None,
        disk_mb_per_s=None,
        download_mbps=None,
        upload_mbps=None,
        public_ip=None,
        note=None,
        os=None,
        kernel=None,
        cuda=wire.cuda_version,
        docker=None,
        disk_total_gb=None,
        disk_free_gb=None,
    )


def extras(result: Found, names: Names, memory_gb: int | None, volume: NetworkVolume | None) -> PodExtras:
    """memory_gb: of one of its GPUs, by the catalogue."""
    wire = result.wire
    gpu = wire.gpu.id if wire.gpu else None
    return PodExtras(
        kind=None,
        cpu_flavor=wire.cpu.id if wire.cpu else None,
        serverless_id=None,
        serverless_version=None,
        cluster_id=wire.cluster.id if wire.cluster else None,
        cluster_ip=wire.cluster.ip if wire.cluster else None,
        ip_id=None,
        ip=None,
        volume_center=volume.data_center if volume else None,
        volume_location=None,
        gpu_name=names.get(gpu) if gpu else None,
        gpu_memory_gb=memory_gb,
        machine_listed=None,
        machine_kind=None,
        machine_least_gpus=None,
        machine_vcpus_rented=None,
        machine_memory_rented_gb=None,
        machine_global_network=None,
    )
