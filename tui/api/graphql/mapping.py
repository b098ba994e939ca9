"""From RunPod's answers to domain types: tolerant of what is loose, strict about what is shown.

One pod or GPU type that cannot be understood costs itself and nothing else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from tui.api import models
from tui.api.cloud import Malformed
from tui.api.graphql import wire
from tui.api.text import clean, clean_or_none

_pod = msgspec.json.Decoder(wire.Pod)
_gpu_type = msgspec.json.Decoder(wire.GpuType)
_fleet = msgspec.json.Decoder(wire.FleetData)
_market = msgspec.json.Decoder(wire.MarketData)
_envelope = msgspec.json.Decoder(wire.Envelope)

PSEUDO_GPU = "unknown"
"""RunPod lists a GPU type of this id with no price and neither cloud: not a thing to rent."""


def envelope(body: bytes) -> tuple[msgspec.Raw, tuple[models.Problem, ...]]:
    """An answer's data, undecoded, and all of the server's errors. Raises Malformed."""
    try:
        answer = _envelope.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed(
            "RunPod's answer is not GraphQL: it may be cut short, or come from something in between."
        ) from None
    return answer.data, tuple(problem(e) for e in answer.errors or ())


def problem(error: wire.Error) -> models.Problem:
    """One entry of `errors`, whatever its shape: {message, path, extensions: {code}}."""
    path = tuple(p for p in error.path if isinstance(p, str | int)) if isinstance(error.path, list) else ()
    code = error.extensions.get("code") if isinstance(error.extensions, dict) else None
    message = clean(error.message) if isinstance(error.message, str) else ""
    return models.Problem(message or "an error without a message", path, clean(code) if isinstance(code, str) else None)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def instant(text: str | None) -> float | None:
    """Seconds since the epoch of an ISO time such as 2026-07-15T13:41:42.456Z; None for anything else."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _reading(gpu: wire.RuntimeGpu | None) -> models.GpuReading:
    if gpu is None:
        return models.GpuReading(None, None, None)
    return models.GpuReading(gpu.id, gpu.gpu_util_percent, gpu.memory_util_percent)


def _metrics(gpu: wire.GpuMetrics | None) -> models.GpuReading:
    if gpu is None:
        return models.GpuReading(None, None, None)
    return models.GpuReading(
        gpu.id, gpu.percent_utilization, gpu.memory_utilization, gpu.temperature_celcius, gpu.power_watts
    )


def _port(port: wire.RuntimePort) -> models.Port:
    return models.Port(
        _whole(port.private_port), _whole(port.public_port), clean_or_none(port.ip), port.is_ip_public is True,
        clean(port.type or ""),
    )  # fmt: skip


def _runtime(runtime: wire.Runtime) -> models.Runtime:
    container = runtime.container
    return models.Runtime(
        _whole(runtime.uptime_in_seconds),
        container.cpu_percent if container else None,
        container.memory_percent if container else None,
        tuple([_reading(g) for g in runtime.gpus or ()]),
        tuple([_port(p) for p in runtime.ports or () if p is not None]),
    )


def _placement(machine: wire.Machine) -> models.Placement:
    return models.Placement(
        clean_or_none(machine.gpu_display_name), _whole(machine.gpu_available), clean_or_none(machine.pod_host_id),
        clean_or_none(machine.location), clean_or_none(machine.data_center_id), machine.secure_cloud,
        instant(machine.maintenance_start), instant(machine.maintenance_end), clean_or_none(machine.maintenance_note),
    )  # fmt: skip


def _telemetry(telemetry: wire.Telemetry) -> models.Telemetry:
    return models.Telemetry(
        instant(telemetry.time),
        clean_or_none(telemetry.state),
        tuple([_metrics(g) for g in telemetry.individual_gpu_metrics or ()]),
    )


def pod(raw: wire.Pod) -> models.Pod:
    # By position: keywords cost a third of the time for 2,000 pods. The order is that of models.Pod.
    return models.Pod(
        clean(raw.id),
        clean(raw.name or ""),
        clean(raw.desired_status),
        clean_or_none(raw.pod_type),
        clean_or_none(raw.last_status_change),
        raw.cost_per_hr,
        _whole(raw.gpu_count) or 0,
        raw.vcpu_count,
        raw.memory_in_gb,
        clean_or_none(raw.image_name),
        raw.volume_in_gb,
        _whole(raw.container_disk_in_gb),
        clean_or_none(raw.network_volume_id),
        raw.locked is True,
        raw.lowest_bid_price_to_resume,
        None if raw.runtime is None else _runtime(raw.runtime),
        None if raw.machine is None else _placement(raw.machine),
        None if raw.latest_telemetry is None else _telemetry(raw.latest_telemetry),
    )


def _unreadable(raw: msgspec.Raw, error: Exception) -> models.Unreadable:
    try:
        loose: Any = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        loose = None

    def text(name: str) -> str | None:
        value = loose.get(name) if isinstance(loose, dict) else None
        return clean(value) or None if isinstance(value, str) else None

    return models.Unreadable(text("id"), text("name"), clean(str(error)))


def snapshot(data: msgspec.Raw, problems: tuple[models.Problem, ...]) -> models.Snapshot | None:
    """A fleet answer; None when there is no `myself` in it. Raises Malformed when not even the account can be read."""
    try:
        user = _fleet.decode(data).myself
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"RunPod's answer about the account cannot be understood: {clean(str(error))}") from None
    if user is None:
        return None
    funds = models.Funds(clean_or_none(user.id), user.client_balance, user.current_spend_per_hr, user.spend_limit)
    if user.pods is None:
        return models.Snapshot(funds, None, (), problems)
    pods: list[models.Pod] = []
    broken: list[models.Unreadable] = []
    for raw in user.pods:
        try:
            pods.append(pod(_pod.decode(raw)))
        except (msgspec.DecodeError, UnicodeDecodeError, OverflowError) as error:
            broken.append(_unreadable(raw, error))
    return models.Snapshot(funds, tuple(pods), tuple(broken), problems)


def _quote(sold: bool | None, price: wire.LowestPrice | None) -> models.Quote | None:
    """A cloud's price. Its flag decides: without it the figures are placeholders."""
    if sold is not True:
        return None
    if price is None:
        return models.Quote(None, None, None)
    stock = clean(price.stock_status or "")
    return models.Quote(
        price.uninterruptable_price, price.minimum_bid_price, None if stock.lower() in ("", "none") else stock,
        _whole(price.min_vcpu), _whole(price.min_memory), _whole(price.rented_count), _whole(price.total_count),
    )  # fmt: skip


def offer(raw: wire.GpuType) -> models.Offer:
    return models.Offer(
        clean(raw.id),
        clean(raw.display_name or raw.id),
        clean_or_none(raw.manufacturer),
        _whole(raw.memory_in_gb),
        _whole(raw.max_gpu_count),
        _quote(raw.secure_cloud, raw.secure),
        _quote(raw.community_cloud, raw.community),
    )


def market(data: msgspec.Raw, problems: tuple[models.Problem, ...]) -> models.Market | None:
    """A market answer; None when there are no GPU types in it. A GPU type that cannot be read becomes a problem."""
    try:
        types = _market.decode(data).gpu_types
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"RunPod's answer about GPU types cannot be understood: {clean(str(error))}") from None
    if types is None:
        return None
    offers = []
    for index, raw in enumerate(types):
        try:
            gpu_type = _gpu_type.decode(raw)
            if gpu_type.id != PSEUDO_GPU:
                offers.append(offer(gpu_type))
        except (msgspec.DecodeError, UnicodeDecodeError, OverflowError) as error:
            problems = (*problems, models.Problem(clean(str(error)), ("gpuTypes", index)))
    return models.Market(tuple(offers), problems)
