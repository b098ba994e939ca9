"""From the responses to the `hosts` and `cpu_types` documents to `Hosts` and CPU types."""

from __future__ import annotations

from typing import Annotated

from msgspec import Raw

from tui.api.account import HostEarning
from tui.api.enums import PodStatus
from tui.api.errors import CloudError, Malformed
from tui.api.graphql.account import earning, template
from tui.api.graphql.account_wire import WireEarning, WireTemplate
from tui.api.graphql.envelope import refusal
from tui.api.graphql.fleet import myself, readings
from tui.api.graphql.pod_detail import WireSample
from tui.api.graphql.wire import Wire, WireHardware
from tui.api.hosts import Balance, Capacity, CpuType, Host, HostLoad, Hosts, IdleJob, Tenant, Uptime
from tui.api.models import Problem
from tui.api.quantities import (
    Count,
    Crowd,
    Dollars,
    Factor,
    Gigabytes,
    Id,
    InnerPort,
    Line,
    Long,
    Many,
    Megabits,
    Name,
    Percent,
    Rate,
    Reader,
    Share,
    instant,
)
from tui.api.values import NOT_UNDERSTOOD, each, reason, whole


class WireCpuType(Wire):
    id: Id | None = None
    display_name: Name | None = None
    manufacturer: Name | None = None
    cores: Count | None = None
    threads_per_core: Count | None = None
    group_id: Id | None = None


class WireGpuName(Wire):
    display_name: Name | None = None


class WireBalance(Wire):
    host_total_earnings: Dollars | None = None
    host_gpu_earnings: Dollars | None = None
    host_disk_earnings: Dollars | None = None


class WireTenant(Wire):
    id: Id | None = None
    name: Name | None = None
    desired_status: PodStatus | None = None
    gpu_count: Count | None = None
    cost_per_hr: Rate | None = None


class WireHost(WireHardware):
    name: Name | None = None
    user_id: Id | None = None
    registered: bool | None = None
    listed: bool | None = None
    verified: bool | None = None
    owned_by_me: bool | None = None
    gpu_type: WireGpuName | None = None
    gpu_total: Count | None = None
    gpu_reserved: Count | None = None
    vcpu_reserved: Count | None = None
    memory_reserved: Gigabytes | None = None
    disk_total: Gigabytes | None = None
    disk_reserved: Gigabytes | None = None
    cpu_type_id: Id | None = None
    cpu_type: WireCpuType | None = None
    mobo_name: Name | None = None
    pcie_link: Count | None = None
    pcie_link_width: Count | None = None
    download_mbps: Megabits | None = None
    upload_mbps: Megabits | None = None
    gpu_power_limit_percentage_rented: Share | None = None
    gpu_power_limit_percentage_self: Share | None = None
    host_price_per_gpu: Rate | None = None
    host_min_bid_per_gpu: Rate | None = None
    gpu_cloud_price: Rate | None = None
    margin: Factor | None = None
    uptime_percent_listed_one_week: Percent | None = None
    uptime_percent_listed_four_week: Percent | None = None
    uptime_percent_listed_twelve_week: Percent | None = None
    uptime_percent_absolute_twelve_week: Percent | None = None
    machine_balance: WireBalance | None = None
    latest_telemetry: WireSample | None = None
    idle_job_template_id: Id | None = None
    idle_job_template: WireTemplate | None = None
    default_image_name: Line | None = None
    default_arguments: Long | None = None
    default_start_script: Long | None = None
    default_env: Annotated[list[Long | None], Many] | None = None
    default_disk_in_gb: Gigabytes | None = None
    default_port: InnerPort | None = None
    background_pod_telemetry: WireSample | None = None
    pods: Annotated[list[WireTenant | None], Many] | None = None


class WireMachines(Wire):
    machines: list[Raw] | None = None
    machine_earnings: Raw = Raw(b"null")


class WireCpuTypes(Wire):
    cpu_types: Annotated[list[WireCpuType | None], Crowd] | None = None


_machines = Reader[WireMachines](WireMachines)
_host = Reader[WireHost](WireHost)
_earnings = Reader[list[Raw] | None](list[Raw] | None)
_one_earning = Reader[WireEarning](WireEarning)
_cpu_types = Reader[WireCpuTypes](WireCpuTypes)


def hosts(data: Raw, problems: tuple[Problem, ...]) -> Hosts:
    """The account's machines; none for an account that only rents. Raises if the server failed to give the list."""
    failure: CloudError
    account = myself(data, problems)
    try:
        wire = _machines.decode(account)
        items = wire.machines
    except NOT_UNDERSTOOD as error:
        failure = Malformed(f"RunPod returned an invalid list of machines: {reason(error)}.")
    else:
        if items is not None or not problems:
            good, broken, cuts = each(items or [], "machines", _host, _map_host)
            earned, lost = _earned(wire.machine_earnings)
            return Hosts(good, broken, earned, (*problems, *cuts, *lost))
        failure = refusal(problems)
    try:
        raise failure
    finally:
        # Else it would keep the response, through its own traceback, until garbage is collected.
        del failure


def _earned(raw: Raw) -> tuple[tuple[HostEarning, ...], tuple[Problem, ...]]:
    """Earnings by day, and what of them is not understood: the machines are kept without them."""
    try:
        days = _earnings.decode(raw) or []
    except NOT_UNDERSTOOD as error:
        return (), (Problem(f"invalid earnings: {reason(error)}"),)
    good, broken, cuts = each(days, "earnings", _one_earning, earning)
    lost = (Problem(f"{len(broken)} invalid earnings: {broken[0].reason}"),) if broken else ()
    return good, (*lost, *cuts)


def cpu_types(data: Raw, problems: tuple[Problem, ...]) -> tuple[CpuType, ...]:
    failure: CloudError
    try:
        items = _cpu_types.decode(data).cpu_types
    except NOT_UNDERSTOOD as error:
        failure = Malformed(f"RunPod returned an invalid list of CPUs: {reason(error)}.")
    else:
        if items is not None:
            return tuple(_cpu(item) for item in items if item is not None)
        failure = refusal(problems) if problems else Malformed("RunPod's response has no list of CPUs.")
    try:
        raise failure
    finally:
        # Else it would keep the response, through its own traceback, until garbage is collected.
        del failure


def _cpu(wire: WireCpuType) -> CpuType:
    return CpuType(
        wire.id,
        wire.display_name,
        wire.manufacturer,
        whole(wire.cores),
        whole(wire.threads_per_core),
        wire.group_id,
    )


def _capacity(total: float | None, reserved: float | None) -> Capacity:
    return Capacity(whole(total), whole(reserved))


def _load(wire: WireSample) -> HostLoad:
    return HostLoad(
        instant(wire.time),
        wire.cpu_utilization,
        wire.memory_utilization,
        wire.average_gpu_metrics,
        readings(wire.individual_gpu_metrics),
    )


def _idle_job(wire: WireHost) -> IdleJob | None:
    sample = wire.background_pod_telemetry
    if sample is None and not wire.idle_job_template_id and not wire.default_image_name:
        return None
    sample = sample or WireSample()
    return IdleJob(
        template_id=wire.idle_job_template_id,
        template_name=wire.idle_job_template.name if wire.idle_job_template else None,
        template=template(wire.idle_job_template) if wire.idle_job_template else None,
        image=wire.default_image_name,
        docker_args=wire.default_arguments,
        start_script=wire.default_start_script,
        env_names=tuple(
            name for name in (entry.partition("=")[0] for entry in wire.default_env or () if entry) if name
        ),
        disk_gb=whole(wire.default_disk_in_gb),
        port=whole(wire.default_port),
        at=instant(sample.time),
        state=sample.state,
        state_since=sample.last_state_transition_timestamp,
        cpu=sample.cpu_utilization,
        memory=sample.memory_utilization,
        average=sample.average_gpu_metrics,
        gpus=readings(sample.individual_gpu_metrics),
    )


def _balance(wire: WireBalance) -> Balance:
    return Balance(wire.host_total_earnings, wire.host_gpu_earnings, wire.host_disk_earnings)


def _map_host(wire: WireHost) -> Host:
    earned = wire.machine_balance
    cpu = wire.cpu_type or (WireCpuType(wire.cpu_type_id) if wire.cpu_type_id else None)
    return Host(
        id=wire.id,
        name=wire.name,
        owner_id=wire.user_id,
        location=wire.location,
        note=wire.note,
        registered=wire.registered,
        listed=wire.listed,
        verified=wire.verified,
        mine=wire.owned_by_me,
        secure=wire.secure_cloud,
        public_ip=wire.support_public_ip,
        gpu_type_id=wire.gpu_type_id,
        gpu_name=wire.gpu_type.display_name if wire.gpu_type else None,
        gpus=_capacity(wire.gpu_total, wire.gpu_reserved),
        vcpus=_capacity(wire.vcpu_total, wire.vcpu_reserved),
        memory_gb=_capacity(wire.memory_total, wire.memory_reserved),
        disk_gb=_capacity(wire.disk_total, wire.disk_reserved),
        cpu=None if cpu is None else _cpu(cpu),
        cpu_count=whole(wire.cpu_count),
        mainboard=wire.mobo_name,
        pcie=whole(wire.pcie_link),
        pcie_width=whole(wire.pcie_link_width),
        disk_mb_per_s=whole(wire.disk_mb_per_s),
        download_mbps=whole(wire.download_mbps),
        upload_mbps=whole(wire.upload_mbps),
        power_limit_rented=whole(wire.gpu_power_limit_percentage_rented),
        power_limit_self=whole(wire.gpu_power_limit_percentage_self),
        price_per_gpu=wire.host_price_per_gpu,
        min_bid_per_gpu=wire.host_min_bid_per_gpu,
        cloud_price_per_gpu=wire.gpu_cloud_price,
        margin=wire.margin,
        uptime=Uptime(
            wire.uptime_percent_listed_one_week,
            wire.uptime_percent_listed_four_week,
            wire.uptime_percent_listed_twelve_week,
            wire.uptime_percent_absolute_twelve_week,
        ),
        balance=None if earned is None else _balance(earned),
        maintenance_start=instant(wire.maintenance_start),
        maintenance_end=instant(wire.maintenance_end),
        maintenance_note=wire.maintenance_note,
        load=None if wire.latest_telemetry is None else _load(wire.latest_telemetry),
        idle_job=_idle_job(wire),
        tenants=tuple(
            Tenant(p.id, p.name, p.desired_status, whole(p.gpu_count), p.cost_per_hr)
            for p in wire.pods or ()
            if p is not None
        ),
    )
