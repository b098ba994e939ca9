"""From the `fleet` document's answer to a `Snapshot`."""

from __future__ import annotations

from msgspec import Raw
from msgspec.json import Decoder

from tui.api.cloud import CloudError, Malformed, Unauthorized
from tui.api.graphql.envelope import refusal
from tui.api.graphql.values import NOT_UNDERSTOOD, each, instant, reason, whole
from tui.api.graphql.wire import (
    WireFunds,
    WireGpuMetric,
    WireMyself,
    WirePlacement,
    WirePod,
    WirePods,
    WirePort,
    WireRuntime,
    WireRuntimeGpu,
    WireTelemetry,
)
from tui.api.models import Funds, GpuReading, Placement, Pod, Port, Problem, Runtime, Snapshot, Telemetry

_myself = Decoder(WireMyself)
_pods = Decoder(WirePods)
_pod = Decoder(WirePod)
_funds = Decoder(WireFunds)


def snapshot(data: Raw, problems: tuple[Problem, ...]) -> Snapshot:
    """The fleet as of one answer. A part that is missing says so in `problems`."""
    account = myself(data, problems)
    funds, no_funds = _money(account)
    try:
        items = _pods.decode(account).pods
    except NOT_UNDERSTOOD as error:
        words = Problem(f"the list of pods could not be understood: {reason(error)}")
        return Snapshot(funds, None, (), (*problems, *no_funds, words))
    if items is None:
        # The server's own words say why, when it has any.
        silence = () if problems else (Problem("RunPod gave no list of pods"),)
        return Snapshot(funds, None, (), (*problems, *no_funds, *silence))
    pods, broken = each(items, lambda raw: pod(_pod.decode(raw)))
    return Snapshot(funds, pods, broken, problems + no_funds)


def myself(data: Raw, problems: tuple[Problem, ...]) -> Raw:
    """The account in an answer, undecoded. Null without an error is RunPod's way to say that it knows nobody."""
    failure: CloudError
    try:
        account = _myself.decode(data).myself
    except NOT_UNDERSTOOD as error:
        failure = Malformed(f"RunPod's answer could not be understood: {reason(error)}.")
    else:
        if bytes(account) not in (b"", b"null"):
            return account
        if problems:
            failure = refusal(problems)
        else:
            failure = Unauthorized("RunPod does not know this API key. Check it, or make a new one in the console.")
    raise failure


def _money(account: Raw) -> tuple[Funds | None, tuple[Problem, ...]]:
    try:
        wire = _funds.decode(account)
    except NOT_UNDERSTOOD as error:
        return None, (Problem(f"the balance could not be understood: {reason(error)}"),)
    return Funds(wire.id, wire.client_balance, wire.current_spend_per_hr, wire.spend_limit), ()


def pod(wire: WirePod) -> Pod:
    runtime = wire.runtime
    machine = wire.machine
    telemetry = wire.latest_telemetry
    return Pod(
        wire.id,
        wire.name,
        wire.desired_status,
        wire.pod_type,
        wire.last_status_change,
        wire.cost_per_hr,
        int(wire.gpu_count),
        wire.vcpu_count,
        wire.memory_in_gb,
        wire.image_name,
        wire.volume_in_gb,
        whole(wire.container_disk_in_gb),
        wire.network_volume_id,
        wire.locked is True,
        wire.lowest_bid_price_to_resume,
        None if runtime is None else _runtime(runtime),
        None if machine is None else _placement(machine),
        None if telemetry is None else _telemetry(telemetry, runtime.gpus if runtime else None),
    )


def _runtime(wire: WireRuntime) -> Runtime:
    container = wire.container
    gpus = wire.gpus or ()
    ports = wire.ports or ()
    return Runtime(
        whole(wire.uptime_in_seconds),
        container.cpu_percent if container else None,
        container.memory_percent if container else None,
        tuple([_reading(gpu) for gpu in gpus]),
        tuple([_port(port) for port in ports if port is not None]),
    )


def _reading(wire: WireRuntimeGpu | None) -> GpuReading:
    # A null entry keeps its place: GPUs are told apart by position.
    if wire is None:
        return GpuReading(None, None, None)
    return GpuReading(wire.id, wire.gpu_util_percent, wire.memory_util_percent)


def _port(wire: WirePort) -> Port:
    return Port(whole(wire.private_port), whole(wire.public_port), wire.ip, wire.is_ip_public is True, wire.type or "")


def _placement(wire: WirePlacement) -> Placement:
    return Placement(
        wire.gpu_display_name,
        whole(wire.gpu_available),
        wire.pod_host_id,
        wire.location,
        wire.data_center_id,
        wire.secure_cloud,
        instant(wire.maintenance_start),
        instant(wire.maintenance_end),
        wire.maintenance_note,
    )


def _telemetry(wire: WireTelemetry, gpus: list[WireRuntimeGpu | None] | None) -> Telemetry:
    metrics = wire.individual_gpu_metrics or []
    return Telemetry(instant(wire.time), wire.state, tuple([metric(m) for m in _in_order_of(gpus or [], metrics)]))


def metric(wire: WireGpuMetric | None) -> GpuReading:
    if wire is None:
        return GpuReading(None, None, None)
    return GpuReading(
        wire.id, wire.percent_utilization, wire.memory_utilization, wire.temperature_celcius, wire.power_watts
    )


def _in_order_of(gpus: list[WireRuntimeGpu | None], metrics: list[WireGpuMetric | None]) -> list[WireGpuMetric | None]:
    """Metrics in the order of the runtime's GPUs, found by id; as they come where no id of theirs is known there."""
    by_id = {m.id: m for m in metrics if m is not None and m.id is not None}
    ordered = [None if g is None or g.id is None else by_id.get(g.id) for g in gpus]
    return ordered if any(ordered) else metrics
