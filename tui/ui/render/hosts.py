"""Facts of a machine that is rented out. Pure; `now` and the time zone are arguments."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from tui.format import numbers as fmt
from tui.store.views.hosts import DAY, Ahead, Earned, HostRow, days, share
from tui.store.views.hosts import maintenance as ahead_of
from tui.ui.primitives.cells import Cell, Part
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render.facts import NOTHING, Clock, copyable, day, dollars, instant, number, rate, text, yes
from tui.ui.render.gpu_figures import gpu_figures
from tui.ui.render.host_rows import capacity_bar, state_cell, whole

if TYPE_CHECKING:
    from tui.api.account import HostEarning, Template
    from tui.api.hosts import CpuType, Host, IdleJob, Tenant
    from tui.api.models import GpuReading

BAR = 14
DATE = "%a %Y-%m-%d %H:%M"


def sections(row: HostRow, earnings: Sequence[HostEarning], now: float, tz: tzinfo | None) -> tuple[Section, ...]:
    """All that RunPod reports on one machine; a section with nothing but dashes is left out."""
    host = row.host
    if host is None:
        return (Section("Unreadable", (Fact("Reason", ((row.reason, "warn"),)),)),)
    clock = Clock(now, tz)
    sections_of = (
        Section("Status", tuple(_status(host, row))),
        Section("Maintenance", tuple(_maintenance(host, clock))),
        Section("Rented", tuple(_rented(host))),
        Section("Prices", tuple(_prices(host))),
        Section("Earnings", tuple(_earned(host, days(earnings, host.id) if host.id else (), clock))),
        Section("Uptime", tuple(_up(host))),
        Section("Tenant pods", tuple(_tenant(tenant) for tenant in host.tenants) or (_no_pods(host),)),
        Section("Latest sample", tuple(_load(host, clock))),
        Section("Machine", tuple(_machine(host))),
        Section("Idle job", tuple(_idle(host.idle_job, clock)) if host.idle_job else ()),
    )
    return tuple(section for section in sections_of if any(fact.value != NOTHING for fact in section.facts))


def _status(host: Host, row: HostRow) -> Iterator[Fact]:
    yield Fact("State", state_cell(row.state))
    yield Fact("Listed", yes(host.listed))
    yield Fact("Registered", yes(host.registered))
    yield Fact("Verified", yes(host.verified))
    yield Fact("Cloud", text(None if host.secure is None else "secure" if host.secure else "community"))
    yield Fact("Public IP", yes(host.public_ip))
    yield Fact("Name", text(host.name))
    yield copyable("Machine ID", host.id)
    yield Fact("Location", text(host.location))
    yield Fact("Yours", yes(host.mine))
    yield copyable("Owner ID", host.owner_id)
    if host.note:
        yield Fact("Note", text(host.note))


def _maintenance(host: Host, clock: Clock) -> Iterator[Fact]:
    ahead = ahead_of(host, clock.now)
    if ahead is Ahead.NONE:
        return
    start, end = host.maintenance_start, host.maintenance_end
    texts: dict[Ahead, Cell] = {
        Ahead.COMING: ((f"in {fmt.duration((start or 0) - clock.now)}", "warn"),),
        Ahead.NOW: (
            ("▣ ongoing", "warn"),
            *(((f", {fmt.duration(end - clock.now)} left", "text"),) if end else ()),
        ),
        Ahead.PAST: ((f"ended {fmt.duration(clock.now - (end or 0))} ago", "muted"),),
        Ahead.ANNOUNCED: (("announced, no time given", "accent"),),
    }
    yield Fact("Window", texts[ahead])
    if start is not None or end is not None:
        span = () if start is None or end is None else ((f"  {fmt.duration(end - start)}", "muted"),)
        yield Fact("From", (*text(day(start, clock.tz, DATE)), *span))
        yield Fact("To", text(day(end, clock.tz, DATE)))
    yield Fact("Reason", text(host.maintenance_note))


def _rented(host: Host) -> Iterator[Fact]:
    for label, capacity, unit in (
        ("GPUs", host.gpus, ""),
        ("vCPUs", host.vcpus, ""),
        ("Memory", host.memory_gb, " GB"),
        ("Disk", host.disk_gb, " GB"),
    ):
        text = f"  {whole(capacity.reserved)} of {whole(capacity.total)}{unit}"
        known = capacity.total is not None or capacity.reserved is not None
        bar = capacity_bar(capacity, BAR) if share(capacity) is not None else ()
        yield Fact(label, (*bar, (text if bar else text.strip(), "muted")) if known else NOTHING)


def _prices(host: Host) -> Iterator[Fact]:
    yield Fact("Price", rate(host.price_per_gpu, "per GPU"))
    yield Fact("Lowest bid", rate(host.min_bid_per_gpu, "per GPU"))
    yield Fact("GPU cloud", rate(host.cloud_price_per_gpu, "per GPU"))
    margin = number(host.margin)
    yield Fact("Margin", ((margin, "text"), ("  as reported by RunPod", "quiet")) if margin else NOTHING)


def _earned(host: Host, earned: Sequence[Earned], clock: Clock) -> Iterator[Fact]:
    balance = host.balance
    if balance is not None:
        yield Fact("Balance", ((fmt.money(balance.total), "strong"), ("  not yet paid out", "quiet")))
        yield Fact("  GPUs", text(dollars(balance.gpu)))
        yield Fact("  disks", text(dollars(balance.disk)))
    else:
        yield Fact("Balance", NOTHING)
    if not earned:
        yield Fact("Recent", (("no earnings reported", "quiet"),))
        return
    last = earned[-1]
    when = f"{datetime.fromtimestamp(last.at, UTC):%a %d %b}"
    yield Fact("Last day", ((fmt.money(last.total), "text"), (f"  {when}", "muted")))
    for label, count in (("7 days", 7), ("30 days", 30)):
        within = [day.total for day in earned if day.at > clock.now - count * DAY]
        if within:
            mean = f"  {fmt.money(sum(within) / len(within))}/day"
            yield Fact(label, ((fmt.money(sum(within)), "text"), (mean, "muted")))


def _up(host: Host) -> Iterator[Fact]:
    up = host.uptime
    for label, value in (
        ("1 week", up.week),
        ("4 weeks", up.month),
        ("12 weeks", up.quarter),
        ("12 w, absolute", up.quarter_absolute),
    ):
        if value is None or not math.isfinite(value):
            yield Fact(label, NOTHING)
            continue
        full, empty = fmt.bar(value, BAR)
        after = "" if value is up.quarter_absolute else "  while listed"
        yield Fact(
            label,
            ((full, "good" if value >= 95 else "warn"), (empty, "rule"), (f" {value:.1f}%", "text"), (after, "quiet")),
        )


def _tenant(tenant: Tenant) -> Fact:
    gpus = f"  {tenant.gpu_count} GPUs" if tenant.gpu_count is not None else ""
    cost = f"  {fmt.money(tenant.cost_per_hr)}/h" if tenant.cost_per_hr is not None else ""
    status = (tenant.status or "").lower() or fmt.UNKNOWN
    parts: tuple[Part, ...] = ((tenant.name or fmt.UNKNOWN, "text"), (gpus, "muted"), (cost, "text"))
    return Fact(status[:14], (*parts, (f"  {tenant.id}" if tenant.id else "", "quiet")), tenant.id or "")


def _no_pods(host: Host) -> Fact:
    return Fact("Pods", (("none", "muted"),))


def _load(host: Host, clock: Clock) -> Iterator[Fact]:
    load = host.load
    if load is None:
        return
    yield Fact("Sampled", instant(load.at, clock, DATE))
    yield from _figures(load.cpu, load.memory, load.average, load.gpus)


def _figures(
    cpu: float | None, memory: float | None, average: GpuReading | None, gpus: Iterable[GpuReading]
) -> Iterator[Fact]:
    # Percent or fraction: RunPod does not document which, so the figure is shown unchanged.
    for label, value in (("CPU load", cpu), ("Memory load", memory)):
        figure = number(value)
        yield Fact(label, ((figure, "text"), ("  (unit not documented)", "quiet")) if figure else NOTHING)
    if average is not None:
        yield Fact("GPU average", _reading(average))
    for index, gpu in enumerate(gpus):
        yield Fact(f"GPU {index}", (*_reading(gpu), (f"  {gpu.id}" if gpu.id else "", "quiet")), gpu.id or "")


def _reading(gpu: GpuReading) -> Cell:
    parts = [
        f"{before}{value:.0f}{after}"
        for before, value, after in gpu_figures(gpu)
        if value is not None and math.isfinite(value)
    ]
    return (("  ".join(parts), "text"),) if parts else NOTHING


def _machine(host: Host) -> Iterator[Fact]:
    yield Fact("GPU", text(host.gpu_name or host.gpu_type_id))
    yield copyable("GPU type ID", host.gpu_type_id)
    yield Fact(
        "Power limit",
        _pair("rented ", number(host.power_limit_rented, "%"), "idle job ", number(host.power_limit_self, "%")),
    )
    yield Fact("CPUs", text(number(host.cpu_count)))
    if host.cpu is not None:
        yield from _cpu(host.cpu)
    yield Fact("Mainboard", text(host.mainboard))
    yield Fact("PCIe", _pair("gen ", number(host.pcie), "×", number(host.pcie_width)))
    yield Fact("Disk speed", text(number(host.disk_mb_per_s, " MB/s")))
    yield Fact(
        "Network", _pair("down ", number(host.download_mbps, " Mbit/s"), "up ", number(host.upload_mbps, " Mbit/s"))
    )


def _cpu(cpu: CpuType) -> Iterator[Fact]:
    yield copyable("CPU", cpu.name or cpu.id)
    if cpu.id and cpu.id != cpu.name:
        yield copyable("CPU type ID", cpu.id)
    cores, threads = number(cpu.cores, " cores"), number(cpu.threads_per_core)
    yield Fact("Cores", text(f"{cores or fmt.UNKNOWN} × {threads} threads" if threads else cores))
    yield Fact("CPU maker", text(cpu.manufacturer))
    yield Fact("CPU group", text(cpu.group_id))


def _idle(job: IdleJob, clock: Clock) -> Iterator[Fact]:
    since: Cell = ()
    if job.state_since is not None:
        since = (("  since ", "muted"), *instant(job.state_since, clock, DATE))
    yield Fact("State", (*text(job.state), *since))
    yield Fact("Image", text(job.image))
    yield Fact("Arguments", text(job.docker_args))
    yield Fact("Start script", text(job.start_script))
    yield Fact("Disk", text(number(job.disk_gb, " GB")))
    yield Fact("Port", text(None if job.port is None else str(job.port)))
    yield Fact("Variables", text("  ".join(job.env_names)))
    if job.template is None:
        yield Fact("Template", text(job.template_name))
        yield copyable("Template ID", job.template_id)
    else:
        yield from _template(job.template, job.template_id)
    if job.at is not None or job.gpus or job.average is not None:
        yield Fact("Sampled", instant(job.at, clock, DATE))
        yield from _figures(job.cpu, job.memory, job.average, job.gpus)


def _template(template: Template, asked: str | None) -> Iterator[Fact]:
    yield Fact("Template", text(template.name))
    yield copyable("Template ID", template.id or asked)
    yield Fact("· image", text(template.image))
    yield Fact("· arguments", text(template.docker_args))
    yield Fact("· ports", text(template.ports))
    yield Fact("· variables", text("  ".join(template.env_names)))
    yield Fact("· disk", text(number(template.container_disk_gb, " GB")))
    volume = number(template.volume_gb, " GB")
    at = ((f"  at {template.volume_mount_path}", "muted"),) if template.volume_mount_path else ()
    yield Fact("· volume", (*text(volume), *at))
    yield copyable("· registry ID", template.registry_auth_id)
    flags = [
        word
        for word, on in (
            ("Jupyter", template.start_jupyter), ("SSH", template.start_ssh), ("public", template.public),
            ("serverless", template.serverless), ("advanced start", template.advanced_start),
        )
        if on
    ]  # fmt: skip
    yield Fact("· flags", text(", ".join(flags) or "none"))
    yield Fact("· earned", text(dollars(template.earned)))
    minutes = template.runtime_minutes
    yield Fact("· runtime", text(None if minutes is None else fmt.duration(minutes * 60.0)))


def _pair(first: str, value: str | None, second: str, other: str | None) -> Cell:
    if value is None and other is None:
        return NOTHING
    return ((first, "muted"), *text(value), (f"  {second}", "muted"), *text(other))
