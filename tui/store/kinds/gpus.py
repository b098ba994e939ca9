"""Alerts about GPUs that do not work, though they are paid: an unknown value never counts as idle.

Pure; instants in epoch seconds. Each is judged by the window of its pod (`tui.store.windows`). Of one waste there is
one alert, the most precise: a run that ended before idle GPUs, a hang before waiting.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from tui.api.features import Feature
from tui.domain import pod_health
from tui.domain.attention import Grade, Ring, Topic
from tui.domain.events import Kind as EventKind
from tui.domain.gpu_power import nominal_w
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind, Basis, PodView
from tui.store.holds import Hold
from tui.store.kinds.lines import moves, writes
from tui.store.kinds.parts import cost, has_held, if_held, if_seen, price, run_so_far, so_far, spent, up_since
from tui.store.metrics import UTIL
from tui.store.minutes import HOUR
from tui.store.series import GAP_BYTE
from tui.store.watched_time import idle_in
from tui.store.watt_window import CAPPED_AFTER, HUNG_AFTER, LATCHED_AFTER, WATT
from tui.store.windows import UNDER_LOW
from tui.store.work_window import ENDED_AFTER, HELD, PATIENCE, PAUSING_WORTH, asks_for_patience

if TYPE_CHECKING:
    from tui.store.fleet_state import Record

AN_HOUR = 3600.0


def _of(
    kind: AlertKind, view: PodView, hold: Hold, wasted: float | None, note: str = "", up: float | None = None
) -> Alert | None:
    """The alert of a condition that has lasted for long enough."""
    if hold.since is None or hold.best < view.hold(kind) or hold.samples < hold.least:
        return None
    return kind.alert(
        view.pod, since=view.now - hold.total, lasts=hold.total, note=note, basis=Basis.HISTORY,
        wasted_per_hr=wasted, so_far=spent(wasted, hold.total), up_since=up,
    )  # fmt: skip


def _stands(view: PodView) -> bool:
    """Whether the whole pod does nothing, which has its own alert."""
    work = view.window.work
    return work.idle.is_settled and (work.sure or work.ended.is_settled)


def _find_idle(kind: AlertKind, view: PodView) -> Alert | None:
    window, work = view.window, view.window.work
    if work.idle.since is None:
        return None
    idle_for = view.record.idle_for(view.now)
    # A hold that the user has set is meant as it is.
    own = view.rules.rule(kind.name, view.record.name).hold
    hold = own or kind.holds
    if idle_for is None or idle_for < hold or work.idle.best < hold:
        return None
    if work.ended.is_settled:
        return None
    if idle_for < PATIENCE and not work.sure and asks_for_patience(view.now, window.minutes, window.started):
        return None
    held = window.vram_now.replace(GAP_BYTE, b"")
    share = sum(held) / len(held) / 2 if held else 0.0
    wasted = price(view.pod)
    far = spent(wasted, idle_for)
    is_news = bool(own) or idle_for >= work.news_after(view.now) or (far is not None and far >= PAUSING_WORTH)
    return kind.alert(
        view.pod, since=view.now - idle_for, lasts=idle_for, basis=Basis.HISTORY, wasted_per_hr=wasted,
        so_far=far, is_news=is_news, note=f"; GPU memory still held ({share:.0f}%)" if share * 2 >= HELD else "",
    )  # fmt: skip


def _find_ended(kind: AlertKind, view: PodView) -> Alert | None:
    work = view.window.work
    if work.idle.since is None or work.ended.best < view.hold(kind) or work.ended.samples < work.ended.least:
        return None
    lasts = work.idle.total
    wasted = price(view.pod)
    return kind.alert(
        view.pod, since=view.now - lasts, lasts=lasts, basis=Basis.HISTORY, wasted_per_hr=wasted,
        so_far=spent(wasted, lasts),
    )  # fmt: skip


def _find_quiet(kind: AlertKind, view: PodView) -> Alert | None:
    if not view.quiet or (view.uptime is not None and view.uptime < kind.holds) or any(pod_health.activity(view.pod)):
        return None
    idle_for = view.record.idle_for(view.now)
    if idle_for is None or idle_for >= kind.holds:
        return None
    series = view.record.series
    _, worked = idle_in(series.stretch(view.now - kind.holds, UTIL.series_in(series.names)), 0.0)
    return None if worked else kind.alert(view.pod)


def drawn(view: PodView) -> str:
    """What the GPUs draw, in words."""
    now = view.window.watts.now
    machine = view.pod.machine
    nominal = nominal_w(machine.gpu_name) if machine else None
    most = f"{max(now, default=0) * WATT:.0f}"
    return f"{most} of {nominal:.0f} W" if nominal is not None else f"{most} W, as at rest"


def _find_hung(kind: AlertKind, view: PodView) -> Alert | None:
    hung = view.window.watts.hung
    if hung.since is None or moves(view, hung):
        return None
    return _of(kind, view, hung, price(view.pod), f"{drawn(view)}|{writes(view)}")


def _find_latched(kind: AlertKind, view: PodView) -> Alert | None:
    latched = view.window.watts.latched
    if latched.since is None or moves(view, latched):
        return None
    return _of(kind, view, latched, price(view.pod), drawn(view))


def _find_waiting(kind: AlertKind, view: PodView) -> Alert | None:
    window = view.window
    if window.waiting.since is None or window.watts.hung.is_settled or window.watts.latched.is_settled or _stands(view):
        return None
    share = window.minutes.sums(HOUR).waits / 100.0
    wasted = price(view.pod, share)
    lasts = AN_HOUR + window.waiting.total
    return kind.alert(
        view.pod, since=view.now - lasts, lasts=lasts, note=f"{share * 100:.0f}%", basis=Basis.HISTORY,
        wasted_per_hr=wasted, so_far=spent(wasted, lasts),
    )  # fmt: skip


def _find_under(kind: AlertKind, view: PodView) -> Alert | None:
    window = view.window
    if window.under.since is None or _stands(view) or window.waiting.since is not None:
        return None
    if window.watts.hung.is_settled or window.watts.latched.is_settled:
        return None
    sums = window.minutes.sums(HOUR)
    if sums.util < UNDER_LOW:
        return None
    wasted = price(view.pod, max(0.0, 1.0 - sums.util / 90.0))
    lasts = AN_HOUR + window.under.total
    starved = f", CPU {sums.cpu:.0f}%: starved?" if sums.cpu >= 90 else ""
    return kind.alert(
        view.pod, since=view.now - lasts, lasts=lasts, note=f"{sums.util:.0f}%|{starved}", basis=Basis.HISTORY,
        wasted_per_hr=wasted, so_far=spent(wasted, lasts),
    )  # fmt: skip


def _find_straggler(kind: AlertKind, view: PodView) -> Alert | None:
    window = view.window
    if not window.apart.lags or _stands(view) or window.watts.hung.is_settled:
        return None
    gpu, lag = max(window.apart.lags.items(), key=lambda item: item[1].hold.total)
    if not lag.others:
        return None
    share = 1.0 - lag.own / lag.others
    note = f"GPU {gpu} lags: {lag.own / lag.count / 2:.0f}%, the others {lag.others / lag.count / 2:.0f}%"
    return _of(kind, view, lag.hold, price(view.pod, share), note)


def _find_unused(kind: AlertKind, view: PodView) -> Alert | None:
    window = view.window
    if not window.apart.unused or _stands(view) or window.watts.latched.is_settled or window.watts.hung.is_settled:
        return None
    gpus = {gpu: hold for gpu, hold in window.apart.unused.items() if hold.best >= view.hold(kind)}
    if not gpus or len(gpus) >= max(1, view.pod.gpu_count):
        return None
    numbers = ", ".join(map(str, sorted(gpus)))
    note = f"GPU {numbers}" if len(gpus) == 1 else f"GPUs {numbers}"
    longest = max(gpus.values(), key=lambda hold: hold.total)
    return _of(kind, view, longest, price(view.pod, len(gpus) / view.pod.gpu_count), note)


def _find_missing(kind: AlertKind, view: PodView) -> Alert | None:
    window, count = view.window, view.pod.gpu_count
    if window.missing.since is None or not count:
        return None
    # What stands still is wasted already.
    wasted = 0.0 if _stands(view) else price(view.pod, max(0, count - window.visible) / count)
    return _of(kind, view, window.missing, wasted, f"{window.visible} of {count} GPUs")


def _find_vram(kind: AlertKind, view: PodView) -> Alert | None:
    if view.window.vram.since is None:
        return None
    most = max(view.window.vram_now.replace(GAP_BYTE, b""), default=0) / 2
    return _of(kind, view, view.window.vram, None, f"{most:.0f}%", up_since(view))


def _find_hot(kind: AlertKind, view: PodView) -> Alert | None:
    window = view.window
    if window.hot.since is None:
        return None
    return _of(kind, view, window.hot, None, f"{window.hottest / 2:.0f} °C", up_since(view))


def _find_capped(kind: AlertKind, view: PodView) -> Alert | None:
    capped, limit = view.window.watts.capped, view.pod.power_limit
    if capped.since is None or limit is None:
        return None
    return _of(kind, view, capped, None, f"{limit}% of its power at full price, {drawn(view)}", up_since(view))


IDLE = AlertKind(
    name="idle", grade=Grade.WARN, holds=pod_health.IDLE_AFTER, event=EventKind.IDLE, find=_find_idle, running=True,
    topic=Topic.MONEY, ring=Ring.BY_MONEY, rearm=0.0,
    text=lambda alert, funds, now: (
        f"all GPUs idle for at least {fmt.lasting(alert.lasts)} ({cost(alert)}){alert.note}{so_far(alert)}"
    ),
    begins=lambda alert, now: (
        f"all GPUs idle for {fmt.short_duration(alert.lasts)} ({cost(alert)}){alert.note}{so_far(alert)}"
    ),
    over=if_seen(lambda record: "GPU active again" if record.window.work.works else None),
)  # fmt: skip

ENDED = AlertKind(
    name="run-ended", word="run ended", grade=Grade.WARN, holds=ENDED_AFTER, event=EventKind.ENDED, find=_find_ended,
    running=True, topic=Topic.RUNS, ring=Ring.AT_ONCE, rearm=0.0,
    text=lambda alert, funds, now: (
        f"run seems to have ended {fmt.lasting(alert.lasts)} ago, still billed {cost(alert)}{so_far(alert)}"
    ),
    begins=lambda alert, now: (
        f"run seems to have ended {fmt.lasting(alert.lasts)} ago, still billed {cost(alert)}{so_far(alert)}"
    ),
    over=if_seen(lambda record: "GPU active again" if record.window.work.works else None),
)  # fmt: skip
"""Idle after a run, and the run's GPU memory was given back."""

QUIET = AlertKind(
    name="quiet",
    grade=Grade.NOTICE,
    holds=pod_health.IDLE_AFTER,
    find=_find_quiet,
    running=True,
    topic=Topic.MONEY,
    text=lambda alert, funds, now: f"no GPU busy now; idle time unknown ({cost(alert)})",
)
"""No GPU is busy right now; whether that has lasted long enough is unknown."""

HUNG = AlertKind(
    name="hung", grade=Grade.BAD, holds=HUNG_AFTER, event=EventKind.HUNG, find=_find_hung, running=True,
    topic=Topic.RUNS, ring=Ring.AT_ONCE, rearm=0.0, needs=frozenset({Feature.GPU_POWER}), subject="hung runs",
    text=lambda alert, funds, now: _hung_text(alert, fmt.lasting(alert.lasts)),
    begins=lambda alert, now: _hung_text(alert, fmt.short_duration(alert.lasts)),
    over=if_seen(lambda record: _why_drawn(record, record.window.watts.hung, "GPUs work again")),
)  # fmt: skip

LATCHED = AlertKind(
    name="latched", grade=Grade.WARN, holds=LATCHED_AFTER, event=EventKind.LATCHED, find=_find_latched, running=True,
    topic=Topic.RUNS, ring=Ring.AT_ONCE, rearm=0.0, needs=HUNG.needs,
    text=lambda alert, funds, now: (
        f"GPU reports full load, but draws {alert.note} with no memory in use for {fmt.lasting(alert.lasts)}: "
        f"nothing runs ({cost(alert)}){so_far(alert)}"
    ),
    begins=lambda alert, now: (
        f"GPU reports full load, but draws {alert.note} with no memory in use: nothing runs "
        f"({cost(alert)}){so_far(alert)}"
    ),
    over=if_seen(lambda record: _why_drawn(record, record.window.watts.latched, "GPU counter right again")),
)  # fmt: skip
"""A counter of utilization that stands at 100 % after its process was killed."""

WAITING = AlertKind(
    name="waiting", grade=Grade.NOTICE, holds=AN_HOUR, event=EventKind.WAITING, find=_find_waiting, running=True,
    topic=Topic.RUNS, rearm=0.0, needs=HUNG.needs,
    text=lambda alert, funds, now: (
        f"GPUs wait {alert.note} of the last hour (saving?): {fmt.money(alert.wasted_per_hr)}/h of {cost(alert)}"
        f"{so_far(alert)}"
    ),
    begins=lambda alert, now: (
        f"GPUs wait {alert.note} of the last hour (saving?): {fmt.money(alert.wasted_per_hr)}/h of {cost(alert)}"
        f"{so_far(alert)}"
    ),
    over=if_held(lambda record: record.window.waiting, "GPUs wait less", hourly=True),
)  # fmt: skip

STRAGGLER = AlertKind(
    name="straggler", grade=Grade.WARN, holds=900.0, event=EventKind.STRAGGLER, find=_find_straggler, running=True,
    topic=Topic.RUNS, ring=Ring.BY_MONEY, rearm=0.0,
    text=lambda alert, funds, now: (
        f"{alert.note}, for {fmt.lasting(alert.lasts)}; they wait for it: "
        f"{fmt.money(alert.wasted_per_hr)}/h of {cost(alert)}{so_far(alert)}"
    ),
    begins=lambda alert, now: (
        f"{alert.note}; they wait for it: {fmt.money(alert.wasted_per_hr)}/h of {cost(alert)}{so_far(alert)}"
    ),
    over=if_seen(lambda record: _why_even(record, record.window.apart.lags, "no GPU lags")),
)  # fmt: skip

UNUSED = AlertKind(
    name="unused-gpu", word="unused GPU", grade=Grade.NOTICE, holds=1800.0, event=EventKind.UNUSED, find=_find_unused,
    running=True, topic=Topic.MONEY, rearm=0.0,
    text=lambda alert, funds, now: (
        f"{alert.note} unused for {fmt.lasting(alert.lasts)} while others work: "
        f"{fmt.money(alert.wasted_per_hr)}/h of {cost(alert)}{so_far(alert)}"
    ),
    begins=lambda alert, now: (
        f"{alert.note} unused while others work: {fmt.money(alert.wasted_per_hr)}/h of {cost(alert)}{so_far(alert)}"
    ),
    over=if_seen(lambda record: _why_even(record, record.window.apart.unused, "all GPUs used")),
)  # fmt: skip

UNDER = AlertKind(
    name="under-used", grade=Grade.NOTICE, holds=AN_HOUR, event=EventKind.UNDER, find=_find_under, running=True,
    topic=Topic.MONEY, rearm=0.0,
    text=lambda alert, funds, now: _under_text(alert),
    begins=lambda alert, now: _under_text(alert),
    over=if_held(lambda record: record.window.under, "GPUs used more", hourly=True),
)  # fmt: skip

MISSING = AlertKind(
    name="missing-gpu", word="missing GPU", grade=Grade.WARN, holds=300.0, event=EventKind.MISSING,
    find=_find_missing, running=True, topic=Topic.TROUBLE, ring=Ring.AT_ONCE, rearm=0.0,
    text=lambda alert, funds, now: (
        f"{alert.note} visible for {fmt.lasting(alert.lasts)}: {fmt.money(alert.wasted_per_hr)}/h for nothing"
        f"{so_far(alert)}"
    ),
    begins=lambda alert, now: (
        f"{alert.note} visible: {fmt.money(alert.wasted_per_hr)}/h for nothing{so_far(alert)}"
    ),
    over=if_held(lambda record: record.window.missing, "all GPUs visible"),
)  # fmt: skip

VRAM = AlertKind(
    name="gpu-memory", word="GPU memory", grade=Grade.NOTICE, holds=600.0, event=EventKind.VRAM, find=_find_vram,
    running=True, by_default=False, rearm=0.0,
    text=lambda alert, funds, now: (
        f"GPU memory {alert.note} full for {fmt.lasting(alert.lasts)} ({cost(alert)}){run_so_far(alert, now)}"
    ),
    begins=lambda alert, now: f"GPU memory {alert.note} full ({cost(alert)}){run_so_far(alert, now)}",
    over=if_held(lambda record: record.window.vram, "GPU memory free again"),
)  # fmt: skip
"""Off unless the user turns it on: allocators take all of it beforehand."""

HOT = AlertKind(
    name="hot", grade=Grade.NOTICE, holds=600.0, event=EventKind.HOT, find=_find_hot, running=True,
    needs=frozenset({Feature.GPU_TEMPERATURE}), subject="hot GPUs", rearm=0.0,
    text=lambda alert, funds, now: (
        f"GPU at {alert.note} for {fmt.lasting(alert.lasts)} ({cost(alert)}){run_so_far(alert, now)}"
    ),
    begins=lambda alert, now: (
        f"GPU at {alert.note} for {fmt.short_duration(alert.lasts)} ({cost(alert)}){run_so_far(alert, now)}"
    ),
    over=if_held(lambda record: record.window.hot, "GPUs cooler"),
)  # fmt: skip


CAPPED = AlertKind(
    name="power-limit", word="power limit", grade=Grade.NOTICE, holds=CAPPED_AFTER, event=EventKind.CAPPED,
    find=_find_capped, running=True, rearm=0.0, needs=HUNG.needs,
    text=lambda alert, funds, now: f"RunPod limits it to {alert.note} ({cost(alert)}){run_so_far(alert, now)}",
    begins=lambda alert, now: f"RunPod limits it to {alert.note} ({cost(alert)}){run_so_far(alert, now)}",
    over=if_seen(lambda record: _why_drawn(record, record.window.watts.capped, "GPUs draw more")),
)  # fmt: skip
"""Busy GPUs that draw the same few watts all the time, on a machine whose power RunPod limits."""


def _hung_text(alert: Alert, lasts: str) -> str:
    watts, _, writes = alert.note.partition("|")
    return f"GPUs report full load, but draw {watts} for {lasts}{writes}: hung? ({cost(alert)}){so_far(alert)}"


def _under_text(alert: Alert) -> str:
    util, _, starved = alert.note.partition("|")
    wasted = fmt.money(alert.wasted_per_hr)
    return f"GPUs at {util} over the last hour{starved}{'' if starved else ':'} {wasted}/h unused{so_far(alert)}"


def _why_drawn(record: Record, hold: Hold, reason: str) -> str | None:
    """Why an alert by watts is over: without watts in the last response nothing is known."""
    return reason if record.window.watts.at == record.told_at and has_held(record, hold) else None


def _why_even(record: Record, apart: Collection[int], reason: str) -> str | None:
    """Why no GPU differs from the others any more: while none works, nothing is known."""
    window = record.window
    if window.work.idle.is_settled:
        return "all GPUs idle"
    return reason if not apart and window.work.works and record.told_at - window.first_at >= 300.0 else None
