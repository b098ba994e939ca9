"""The hosts' screen in words: columns and cells of the machines, facts of one, its charts, what it earned. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, NamedTuple

from tui.format import numbers as fmt
from tui.store.host_telemetry import is_percent
from tui.store.metrics import BY_NAME, METRICS, PART
from tui.store.series import Point
from tui.store.views.hosts import DAY, Ahead, Earned, HostRow, State, days, gpu_of, share
from tui.store.views.hosts import maintenance as ahead_of
from tui.store.views.pods import Line
from tui.ui.charts import spec
from tui.ui.charts.pod_charts import MANY, Look, top_of
from tui.ui.charts.spec import ChartSpec
from tui.ui.primitives.cells import Cell, Part
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render.pod_facts import gpu_figures
from tui.ui.widgets.table import Cells, Column

if TYPE_CHECKING:
    from tui.api.account import HostEarning, Template
    from tui.api.hosts import Capacity, CpuType, Host, IdleJob, Tenant
    from tui.api.models import GpuReading
    from tui.store.series import Series

COLUMNS = (
    Column("state", "STATE", 13, 0, sort="state"),
    Column("name", "MACHINE", 12, 0, flex=True, sort="name"),
    Column("gpu", "GPU", 16, 4, sort="gpu"),
    Column("rented", "RENTED", 6, 0, right=True, sort="rented"),
    Column("util", "UTIL", 4, 2, right=True, sort="util"),
    Column("price", "$/GPU", 6, 1, right=True, sort="price"),
    Column("bid", "BID", 6, 8, right=True),
    Column("disk", "DISK", 12, 6, sort="disk"),
    Column("memory", "MEMORY", 12, 9, sort="memory"),
    Column("balance", "BALANCE", 9, 5, right=True, sort="balance"),
    Column("month", "30 DAYS", 9, 3, right=True, sort="month"),
    Column("uptime", "UP 7D", 6, 7, right=True, sort="uptime"),
    Column("maintenance", "MAINTENANCE", 11, 5, sort="maintenance"),
    Column("verified", "VERIFIED", 8, 11),
    Column("pods", "PODS", 4, 10, right=True),
    Column("where", "WHERE", 6, 12),
)
_LOOKS = {
    State.LISTED: ("●", "good"), State.UNLISTED: ("○", "muted"), State.UNREGISTERED: ("✕", "bad"),
    State.MAINTENANCE: ("▣", "warn"), State.UNREADABLE: ("?", "bad"), State.UNKNOWN: ("·", "muted"),
}  # fmt: skip
_NOTHING: Cell = ((fmt.UNKNOWN, "quiet"),)
_BAR = 14

CHARTS = tuple(metric.name for metric in sorted(METRICS, key=lambda metric: not metric.per_gpu))
"""The charts of a machine: it is its GPUs that are let."""


def _state(state: State) -> Cell:
    glyph, role = _LOOKS[state]
    return ((f"{glyph} ", role), (state.value, role))


def _bar(capacity: Capacity, width: int) -> Cell:
    """How much is rented, as a bar with its percent."""
    part = share(capacity)
    if part is None:
        return _NOTHING
    full, empty = fmt.bar(part, width)
    return ((full, "spark"), (empty, "rule"), (f" {part:3.0f}", "text"), ("%", "quiet"))


def _countdown(row: HostRow, now: float) -> Cell:
    host = row.host
    if host is None or row.ahead is Ahead.NONE:
        return (("none", "quiet"),) if host is not None else _NOTHING
    match row.ahead:
        case Ahead.COMING:
            left = (host.maintenance_start or now) - now
            return ((f"in {fmt.duration(left)}", "warn" if left < DAY else "accent"),)
        case Ahead.NOW:
            end = host.maintenance_end
            return (("▣ now" if end is None else f"▣ {fmt.short_duration(end - now)} left", "warn"),)
        case Ahead.PAST:
            return (("over", "quiet"),)
        case _:
            return (("announced", "accent"),)


def cells(row: HostRow, now: float) -> Cells:
    """The cells of one machine."""
    host = row.host
    name: Cell = ((row.name, "text"),) if row.name else (("no name", "quiet"),)
    if host is None:
        return {"state": _state(row.state), "name": name, "gpu": ((row.reason, "muted"),)}
    gpus = host.gpus
    rented = f"{_whole(gpus.reserved)}/{_whole(gpus.total)}"
    total = host.balance.total if host.balance else None
    verified = "" if host.verified is None else "yes" if host.verified else "no"
    up = host.uptime.week
    return {
        "state": _state(row.state),
        "name": name,
        "gpu": ((gpu_of(host) or fmt.UNKNOWN, "text"),),
        "rented": ((rented, "text" if gpus.reserved else "muted"),),
        "util": ((fmt.percent(row.util), "text"), ("" if row.util is None else "%", "quiet")),
        "price": ((fmt.price(host.price_per_gpu), "text"),),
        "bid": ((fmt.price(host.min_bid_per_gpu), "muted"),),
        "disk": _bar(host.disk_gb, 7),
        "memory": _bar(host.memory_gb, 7),
        "balance": ((fmt.money(total), "strong" if total else "muted"),),
        "month": ((fmt.money(row.earned_month), "text" if row.earned_month else "muted"),),
        "uptime": ((fmt.UNKNOWN if up is None else f"{up:.1f}", "warn" if up is not None and up < 95 else "text"),),
        "maintenance": _countdown(row, now),
        "verified": ((verified or fmt.UNKNOWN, "text" if host.verified else "muted"),),
        "pods": ((str(len(host.tenants)), "text" if host.tenants else "muted"),),
        "where": ((host.location or fmt.UNKNOWN, "muted"),),
    }


# Facts


class _Clock(NamedTuple):
    now: float
    tz: tzinfo | None


def sections(row: HostRow, earnings: Sequence[HostEarning], now: float, tz: tzinfo | None) -> tuple[Section, ...]:
    """All that RunPod tells of one machine; a section with nothing but dashes is left out."""
    host = row.host
    if host is None:
        return (Section("Unreadable", (Fact("Why", ((row.reason, "warn"),)),)),)
    clock = _Clock(now, tz)
    found = (
        Section("Status", tuple(_status(host, row))),
        Section("Maintenance", tuple(_maintenance(host, clock))),
        Section("Rented", tuple(_rented(host))),
        Section("Prices", tuple(_prices(host))),
        Section("Earned", tuple(_earned(host, days(earnings, host.id) if host.id else (), clock))),
        Section("Up", tuple(_up(host))),
        Section("Pods on it", tuple(_tenant(tenant) for tenant in host.tenants) or (_no_pods(host),)),
        Section("Latest sample", tuple(_load(host, clock))),
        Section("Machine", tuple(_machine(host))),
        Section("Idle job", tuple(_idle(host.idle_job, clock)) if host.idle_job else ()),
    )
    return tuple(section for section in found if any(fact.value != _NOTHING for fact in section.facts))


def _status(host: Host, row: HostRow) -> Iterator[Fact]:
    yield Fact("State", _state(row.state))
    yield Fact("Listed", _yes(host.listed))
    yield Fact("Registered", _yes(host.registered))
    yield Fact("Verified", _yes(host.verified))
    yield Fact("Cloud", _text(None if host.secure is None else "secure" if host.secure else "community"))
    yield Fact("Public IP", _yes(host.public_ip))
    yield Fact("Name", _text(host.name))
    yield _copied("Machine ID", host.id)
    yield Fact("Location", _text(host.location))
    yield Fact("Yours", _yes(host.mine))
    yield _copied("Owner ID", host.owner_id)
    if host.note:
        yield Fact("Note", _text(host.note))


def _maintenance(host: Host, clock: _Clock) -> Iterator[Fact]:
    ahead = ahead_of(host, clock.now)
    if ahead is Ahead.NONE:
        return
    start, end = host.maintenance_start, host.maintenance_end
    words: dict[Ahead, Cell] = {
        Ahead.COMING: ((f"in {fmt.duration((start or 0) - clock.now)}", "warn"),),
        Ahead.NOW: (("▣ under way", "warn"), *(((f", {fmt.duration(end - clock.now)} left", "text"),) if end else ())),
        Ahead.PAST: ((f"over since {fmt.duration(clock.now - (end or 0))}", "muted"),),
        Ahead.ANNOUNCED: (("announced, without a time", "accent"),),
    }
    yield Fact("Window", words[ahead])
    if start is not None or end is not None:
        span = () if start is None or end is None else ((f"  {fmt.duration(end - start)}", "muted"),)
        yield Fact("From", (*_day(start, clock.tz), *span))
        yield Fact("To", _day(end, clock.tz))
    yield Fact("Why", _text(host.maintenance_note))


def _rented(host: Host) -> Iterator[Fact]:
    for label, capacity, unit in (
        ("GPUs", host.gpus, ""),
        ("vCPUs", host.vcpus, ""),
        ("Memory", host.memory_gb, " GB"),
        ("Disk", host.disk_gb, " GB"),
    ):
        words = f"  {_whole(capacity.reserved)} of {_whole(capacity.total)}{unit}"
        known = capacity.total is not None or capacity.reserved is not None
        bar = _bar(capacity, _BAR) if share(capacity) is not None else ()
        yield Fact(label, (*bar, (words if bar else words.strip(), "muted")) if known else _NOTHING)


def _prices(host: Host) -> Iterator[Fact]:
    yield Fact("Price", _rate(host.price_per_gpu, "a GPU"))
    yield Fact("Lowest bid", _rate(host.min_bid_per_gpu, "a GPU"))
    yield Fact("GPU cloud", _rate(host.cloud_price_per_gpu, "a GPU"))
    margin = _number(host.margin)
    yield Fact("Margin", ((margin, "text"), ("  as RunPod tells it", "quiet")) if margin else _NOTHING)


def _earned(host: Host, earned: Sequence[Earned], clock: _Clock) -> Iterator[Fact]:
    balance = host.balance
    if balance is not None:
        yield Fact("Balance", ((fmt.money(balance.total), "strong"), ("  not yet paid out", "quiet")))
        yield Fact("of GPUs", _text(_money(balance.gpu)))
        yield Fact("of disks", _text(_money(balance.disk)))
    else:
        yield Fact("Balance", _NOTHING)
    if not earned:
        yield Fact("Lately", (("no day is told of", "quiet"),))
        return
    last = earned[-1]
    when = f"{datetime.fromtimestamp(last.at, UTC):%a %d %b}"
    yield Fact("Last day", ((fmt.money(last.total), "text"), (f"  {when}", "muted")))
    for label, count in (("7 days", 7), ("30 days", 30)):
        within = [day.total for day in earned if day.at > clock.now - count * DAY]
        if within:
            mean = f"  {fmt.money(sum(within) / len(within))} a day"
            yield Fact(label, ((fmt.money(sum(within)), "text"), (mean, "muted")))


def _up(host: Host) -> Iterator[Fact]:
    up = host.uptime
    for label, value in (
        ("1 week", up.week),
        ("4 weeks", up.month),
        ("12 weeks", up.quarter),
        ("12 w, in all", up.quarter_absolute),
    ):
        if value is None or not math.isfinite(value):
            yield Fact(label, _NOTHING)
            continue
        full, empty = fmt.bar(value, _BAR)
        after = "" if value is up.quarter_absolute else "  of the time listed"
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


def _load(host: Host, clock: _Clock) -> Iterator[Fact]:
    load = host.load
    if load is None:
        return
    yield Fact("Taken", _instant(load.at, clock))
    yield from _figures(load.cpu, load.memory, load.average, load.gpus)


def _figures(
    cpu: float | None, memory: float | None, average: GpuReading | None, gpus: Iterable[GpuReading]
) -> Iterator[Fact]:
    # Percent or fraction: RunPod does not say which, so the figure stands as it came.
    for label, value in (("CPU load", cpu), ("Memory load", memory)):
        figure = _number(value)
        yield Fact(label, ((figure, "text"), ("  percent or fraction", "quiet")) if figure else _NOTHING)
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
    return (("  ".join(parts), "text"),) if parts else _NOTHING


def _machine(host: Host) -> Iterator[Fact]:
    yield Fact("GPU", _text(host.gpu_name or host.gpu_type_id))
    yield _copied("GPU type ID", host.gpu_type_id)
    yield Fact(
        "Power limit",
        _pair("rented ", _number(host.power_limit_rented, "%"), "idle job ", _number(host.power_limit_self, "%")),
    )
    yield Fact("CPUs", _text(_number(host.cpu_count)))
    if host.cpu is not None:
        yield from _cpu(host.cpu)
    yield Fact("Mainboard", _text(host.mainboard))
    yield Fact("PCIe", _pair("gen ", _number(host.pcie), "×", _number(host.pcie_width)))
    yield Fact("Disk speed", _text(_number(host.disk_mb_per_s, " MB/s")))
    yield Fact(
        "Network", _pair("down ", _number(host.download_mbps, " Mbit/s"), "up ", _number(host.upload_mbps, " Mbit/s"))
    )


def _cpu(cpu: CpuType) -> Iterator[Fact]:
    yield _copied("CPU", cpu.name or cpu.id)
    if cpu.id and cpu.id != cpu.name:
        yield _copied("CPU type ID", cpu.id)
    cores, threads = _number(cpu.cores, " cores"), _number(cpu.threads_per_core)
    yield Fact("Cores", _text(f"{cores or fmt.UNKNOWN} × {threads} threads" if threads else cores))
    yield Fact("CPU maker", _text(cpu.manufacturer))
    yield Fact("CPU group", _text(cpu.group_id))


def _idle(job: IdleJob, clock: _Clock) -> Iterator[Fact]:
    since: Cell = ()
    if job.state_since is not None:
        since = (("  since ", "muted"), *_instant(job.state_since, clock))
    yield Fact("State", (*_text(job.state), *since))
    yield Fact("Image", _text(job.image))
    yield Fact("Arguments", _text(job.docker_args))
    yield Fact("Start script", _text(job.start_script))
    yield Fact("Disk", _text(_number(job.disk_gb, " GB")))
    yield Fact("Port", _text(None if job.port is None else str(job.port)))
    yield Fact("Variables", _text("  ".join(job.env_names)))
    if job.template is None:
        yield Fact("Template", _text(job.template_name))
        yield _copied("Template ID", job.template_id)
    else:
        yield from _template(job.template, job.template_id)
    if job.at is not None or job.gpus or job.average is not None:
        yield Fact("Sample taken", _instant(job.at, clock))
        yield from _figures(job.cpu, job.memory, job.average, job.gpus)


def _template(template: Template, asked: str | None) -> Iterator[Fact]:
    yield Fact("Template", _text(template.name))
    yield _copied("Template ID", template.id or asked)
    yield Fact("· image", _text(template.image))
    yield Fact("· arguments", _text(template.docker_args))
    yield Fact("· ports", _text(template.ports))
    yield Fact("· variables", _text("  ".join(template.env_names)))
    yield Fact("· disk", _text(_number(template.container_disk_gb, " GB")))
    volume = _number(template.volume_gb, " GB")
    at = ((f"  at {template.volume_mount_path}", "muted"),) if template.volume_mount_path else ()
    yield Fact("· volume", (*_text(volume), *at))
    yield _copied("· registry ID", template.registry_auth_id)
    flags = [
        word
        for word, on in (
            ("Jupyter", template.start_jupyter), ("ssh", template.start_ssh), ("public", template.public),
            ("serverless", template.serverless), ("advanced start", template.advanced_start),
        )
        if on
    ]  # fmt: skip
    yield Fact("· flags", _text(", ".join(flags) or "none"))
    yield Fact("· earned", _text(_money(template.earned)))
    minutes = template.runtime_minutes
    yield Fact("· has run", _text(None if minutes is None else fmt.duration(minutes * 60.0)))


# Words


def _whole(value: int | None) -> str:
    return fmt.UNKNOWN if value is None else f"{value:,}"


def _text(value: str | None) -> Cell:
    return ((value, "text"),) if value else _NOTHING


def _copied(label: str, value: str | None) -> Fact:
    return Fact(label, _text(value), value or "")


def _yes(value: bool | None) -> Cell:
    return _NOTHING if value is None else (("yes", "text"),) if value else (("no", "muted"),)


def _number(value: float | None, after: str = "") -> str | None:
    if value is None or not math.isfinite(value):
        return None
    figure = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return f"{figure}{after}"


def _money(value: float | None) -> str | None:
    return None if value is None else fmt.money(value)


def _rate(value: float | None, of: str) -> Cell:
    if value is None or not math.isfinite(value):
        return _NOTHING
    return ((f"{fmt.money(value, 3 if 0 < abs(value) < 0.1 else 2)}/h", "text"), (f"  {of}", "muted"))


def _pair(first: str, one: str | None, second: str, other: str | None) -> Cell:
    if one is None and other is None:
        return _NOTHING
    return ((first, "muted"), *_text(one), (f"  {second}", "muted"), *_text(other))


def _day(at: float | None, tz: tzinfo | None) -> Cell:
    try:
        return _NOTHING if at is None else ((f"{datetime.fromtimestamp(at, tz):%a %Y-%m-%d %H:%M}", "text"),)
    except (ValueError, OverflowError, OSError):
        return _NOTHING


def _instant(at: float | None, clock: _Clock) -> Cell:
    if at is None or _day(at, clock.tz) == _NOTHING:
        return _NOTHING
    age = clock.now - at
    # Clocks differ by a little; more than that is a date ahead.
    words = f"in {fmt.duration(-age)}" if age < -60 else f"{fmt.duration(age)} ago"
    return ((words, "text"), (f"  {_day(at, clock.tz)[0][0]}", "muted"))


# Charts


def charts_of(series: Series) -> tuple[str, ...]:
    """The charts there is anything to draw in: temperature and power only where RunPod gives them."""
    return tuple(c for c in CHARTS if BY_NAME[c].always or BY_NAME[c].gpus_in(series.names))


def specs(
    series: Series,
    look: Look,
    width: float,
    sizes: Sequence[tuple[int, int]],
    charts: Sequence[str],
    silence: float,
    current: bool,
) -> tuple[ChartSpec, ...]:
    """One spec for each of these charts of a machine, for the size of each, in columns of `width` seconds.

    current: whether the newest sample speaks of now.
    """
    return tuple(
        _spec(series, chart, look, size, width, silence, current)
        for chart, size in zip(charts, sizes, strict=False)
    )  # fmt: skip


def _spec(
    series: Series, chart: str, look: Look, size: tuple[int, int], width: float, silence: float, current: bool
) -> ChartSpec:
    metric = BY_NAME[chart]
    named = [("", chart)]
    if metric.per_gpu:
        named = [(f"GPU {n}", metric.of_gpu(n)) for n in metric.gpus_in(series.names)]
    # Not above one so far: it may be a fraction, and is not called a percent.
    part = not metric.per_gpu and not is_percent(series)
    if part:
        named = [("", f"{chart}{PART}")]
    heat = len(named) > 1 and (len(named) > MANY if look.heat is None else look.heat)
    window = spec.window(look.now, look.span, spec.plot_columns(*size, heat), width)
    lines = tuple(_line(series, label, name, window, look, silence, current) for label, name in named)
    return ChartSpec(
        metric.title,
        lines,
        window,
        high=1.0 if part else top_of(metric, lines),
        places=2 if part else 0,
        unit="" if part else metric.unit,
        tz=look.tz,
        heat=heat,
        cursor=look.cursor,
        # GPUs of one machine are let to different people.
        apart=True,
        note="no samples in this range" if len(series) else "no samples yet",
    )


def _line(
    series: Series, label: str, name: str, window: spec.Window, look: Look, silence: float, current: bool
) -> Line:
    runs = series.runs(name, *window, silence, until=look.now)
    if look.cursor is None:
        return Line(label, runs, series.value(name, look.now) if current else None)
    at = look.cursor
    return Line(label, runs, next((p.mean for run in runs for p in run if p.at <= at < p.at + window.width), None))


MOST_DAYS = 90
"""Days that get bars of any width before older ones get a place."""


def earned_chart(earned: Sequence[Earned], now: float, width: int, height: int) -> ChartSpec:
    """What was earned day by day as bars, disks upon GPUs; the last days that there is room for."""
    most = max((day.total for day in earned), default=1.0)
    high, places = _round(most), 2 if most < 100 else 0
    axis = min(12, max(5, len(f"{high:.{places}f}") + 1))
    columns = max(1, width - (axis if spec.has_axis(width, height) else 0))
    last = max(now, earned[-1].at if earned else now) // DAY * DAY
    told = (last - earned[0].at) / DAY + 1 if earned else 1
    shown = int(max(1, min(told, MOST_DAYS, columns)))
    # A day is so many halves of a column: the chart is full, and each day as wide as the next.
    halves = max(1, min(2 * columns // shown, 12))
    width_s = 2 * DAY / halves
    window = spec.Window(last + DAY - columns * width_s, width_s, columns)
    seen = [day for day in earned if day.at >= window.start]
    parts: list[tuple[str, list[Point]]] = [("GPUs", []), ("disks", []), ("other", [])]
    for day in seen:
        base = 0.0
        for (_, points), amount in zip(parts, (day.gpu, day.disk, day.rest), strict=True):
            points.append(Point(day.at, base, base + amount, base + amount))
            base += amount
    sums = {"GPUs": sum(d.gpu for d in seen), "disks": sum(d.disk for d in seen), "other": sum(d.rest for d in seen)}
    lines = tuple(
        Line(label, (tuple(points),), sums[label])
        for label, points in parts
        if points and (sums[label] or label != "other")
    )
    return ChartSpec(
        f"{len(seen)} days" if len(seen) != 1 else "1 day",
        lines,
        window,
        high=high,
        places=places,
        axis=axis,
        unit="$",
        tz=UTC,
        bars=halves - 1 if halves > 2 else halves,
        note="no day is told of",
    )


def _round(value: float) -> float:
    """A round number not below a value."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * size >= value * 0.9999)
