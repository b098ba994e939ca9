"""From the response to the `fleet` document to a `Snapshot`."""

from __future__ import annotations

from msgspec import Raw

from tui.api.doubt import is_of_pods
from tui.api.errors import CloudError, Malformed, Unauthorized
from tui.api.graphql.envelope import refusal
from tui.api.graphql.wire import (
    WireFleetRoot,
    WireFunds,
    WireMyself,
    WirePlacement,
    WirePod,
    WirePods,
    WirePort,
    WireRuntime,
    WireTelemetry,
)
from tui.api.models import Funds, GpuReading, Placement, Pod, Port, Problem, Runtime, Snapshot, Telemetry
from tui.api.quantities import MOST, Reader, instant
from tui.api.status_change import StatusChange
from tui.api.values import NOT_UNDERSTOOD, each, reason, whole

_fleet = Reader[WireFleetRoot](WireFleetRoot)
_myself = Reader[WireMyself](WireMyself)
_pods = Reader[WirePods](WirePods)
_pod = Reader[WirePod](WirePod)
_funds = Reader[WireFunds](WireFunds)

_NOTHING = GpuReading()

_MONEY = ("myself", "clientBalance")
"""The path of problems with the money."""


def snapshot(data: Raw, problems: tuple[Problem, ...]) -> Snapshot:
    """The fleet as of one response. `problems` gives the reason for a missing part."""
    try:
        account = _fleet.decode(data).myself
    except NOT_UNDERSTOOD:
        return _snapshot_in_parts(myself(data, problems), problems)
    if account is None:
        raise _nobody(problems)
    return _snapshot(_money(account), account.pods, problems)


def _snapshot_in_parts(account: Raw, problems: tuple[Problem, ...]) -> Snapshot:
    """For an account that is not understood as a whole: its money, or its pods, or why there is neither."""
    funds, pods = None, None
    try:
        funds = _money(_funds.decode(account))
    except NOT_UNDERSTOOD as error:
        problems = (*problems, Problem(f"invalid balance: {reason(error)}", _MONEY))
    try:
        pods = _pods.decode(account).pods
    except NOT_UNDERSTOOD as error:
        problems = (*problems, Problem(f"invalid pod list: {reason(error)}"))
    return _snapshot(funds, pods, problems)


def _snapshot(funds: Funds | None, pods: list[Raw] | None, problems: tuple[Problem, ...]) -> Snapshot:
    if pods is None or (not pods and any(is_of_pods(problem) for problem in problems)):
        # The server's own words say why, if there are any. An empty list beside an error is no list.
        return Snapshot(funds, None, (), problems or (Problem("the response has no pod list"),))
    readable, broken, cuts = each(pods, "pods", _pod, pod, MOST)
    return Snapshot(funds, readable, broken, (*problems, *cuts), is_cut=len(pods) > MOST)


def myself(data: Raw, problems: tuple[Problem, ...]) -> Raw:
    """The account in a response, undecoded. Null without an error means that RunPod does not know the key."""
    failure: CloudError
    try:
        account = _myself.decode(data).myself
    except NOT_UNDERSTOOD as error:
        failure = Malformed(f"RunPod returned an invalid response: {reason(error)}.")
    else:
        if bytes(memoryview(account)[:5]) not in (b"", b"null"):
            return account
        failure = _nobody(problems)
    try:
        raise failure
    finally:
        # Else it would keep the response, through its own traceback, until garbage is collected.
        del failure


def _nobody(problems: tuple[Problem, ...]) -> CloudError:
    if problems:
        return refusal(problems)
    return Unauthorized("RunPod does not recognize this API key. Check it, or create a new one in the RunPod console.")


def _money(wire: WireFunds) -> Funds:
    return Funds(wire.id, wire.client_balance, wire.current_spend_per_hr, wire.spend_limit)


def pod(wire: WirePod) -> Pod:
    runtime = None if wire.runtime is None else _runtime(wire.runtime)
    machine = wire.machine
    telemetry = wire.latest_telemetry
    return Pod(
        wire.id,
        wire.name,
        wire.desired_status,
        wire.pod_type,
        StatusChange.of(wire.last_status_change),
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
        runtime,
        None if machine is None else _placement(machine),
        None if telemetry is None else _telemetry(telemetry, runtime.gpus if runtime else ()),
        power_limit=whole(wire.gpu_power_limit_percent),
    )


def _runtime(wire: WireRuntime) -> Runtime:
    container = wire.container
    ports = wire.ports or ()
    return Runtime(
        whole(wire.uptime_in_seconds),
        container.cpu_percent if container else None,
        container.memory_percent if container else None,
        readings(wire.gpus),
        tuple([_port(port) for port in ports if port is not None]),
    )


def readings(gpus: tuple[GpuReading | None, ...] | None) -> tuple[GpuReading, ...]:
    """GPUs as they came; a null one keeps its place, since GPUs are identified by position."""
    return tuple([_NOTHING if gpu is None else gpu for gpu in gpus]) if gpus else ()


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


def _telemetry(wire: WireTelemetry, gpus: tuple[GpuReading, ...]) -> Telemetry:
    return Telemetry(instant(wire.time), wire.state, _in_order_of(gpus, readings(wire.individual_gpu_metrics)))


def _in_order_of(gpus: tuple[GpuReading, ...], metrics: tuple[GpuReading, ...]) -> tuple[GpuReading, ...]:
    """Metrics in the order of the runtime's GPUs, found by id; as they come if no id of theirs is known there."""
    order = [gpu.id for gpu in gpus]
    ids = [metric.id for metric in metrics]
    if order == ids:
        return metrics
    known = {id: metric for id, metric in zip(ids, metrics, strict=True) if id is not None}
    if known.keys().isdisjoint(order):
        return metrics
    return tuple(known.get(id, _NOTHING) if id is not None else _NOTHING for id in order)
