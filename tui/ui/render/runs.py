"""Training runs in words: columns of the fleet, and the section of a pod. Pure.

A line of a log is a pod's own text: it is shown as text, cut to its room, and never as markup.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING

from tui.domain import offered, pod_health
from tui.format import numbers as fmt
from tui.store.run_signals import Run, cost_to_finish, eta, has_ended, is_silent, progress
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render.facts import LABEL_WIDTH, LACKING_CELL, text
from tui.ui.render.run_columns import ALONE, FIGURE, SPARK

if TYPE_CHECKING:
    from tui.api.models import Funds, Pod
    from tui.domain.signals.machine import Machine
    from tui.ui.primitives.cells import Cell
    from tui.ui.widgets.table import Cells

WIDE_SPARK = 28
"""Cells of a curve among the facts."""

PROCESSES = 4
"""Processes that are shown."""

OLD = 120.0
"""Seconds after which what a pod said about itself shows its age."""


def cells(run: Run | None, pod: Pod | None, now: float, *, loss_width: int = 0) -> Cells:
    """The cells of a pod's run; none of a pod that does not run. `loss_width`: cells of the loss."""
    if run is None or pod is None or not pod_health.is_live(pod):
        return {}
    if run.began is None:
        if run.problem == offered.NO_LOGS:
            return {"loss": LACKING_CELL}
        return {"loss": ((run.problem, "quiet"),)} if run.problem else {}
    role = "muted" if is_silent(run, now) or run.problem or has_ended(run) else "text"
    loss = _loss_cell(run, role)
    if loss_width == ALONE and len(loss) > 1:
        loss = ((loss[1][0].lstrip(), loss[1][1]),)
    return {"loss": loss, "step": _step_cell(run, role), "eta": _eta_cell(run, pod, now)}


def _loss_cell(run: Run, role: str) -> Cell:
    if run.not_finite is not None:
        return ((curve(run, "loss", SPARK), "spark"), (f" {run.now.not_finite or 'NaN':>{FIGURE}}", "bad"))
    if run.now.loss is None:
        return ((fmt.UNKNOWN, "quiet"),)
    return ((curve(run, "loss", SPARK), "spark"), (f" {fmt.figure(run.now.loss):>{FIGURE}}", role))


def _step_cell(run: Run, role: str) -> Cell:
    step, total = run.now.step, run.now.total
    if step is None:
        return ((fmt.UNKNOWN, "quiet"),)
    return ((compact(step), role), (f"/{compact(total)}" if total else "", "muted"))


def _eta_cell(run: Run, pod: Pod, now: float) -> Cell:
    if run.ended is not None:
        return (("finished", "warn"),)
    if run.gone is not None:
        return (("no process", "warn"),)
    left = eta(run, now)
    if left is None:
        return ((fmt.UNKNOWN, "quiet"),)
    cost = cost_to_finish(run, pod.cost_per_hr, now)
    if not left.whole:
        return ((fmt.duration(left.seconds), "text"), (" epoch", "muted"))
    # An estimate: cents say nothing of it from $10 on, and would change with every poll.
    dollars = "" if cost is None else f" {fmt.money(cost, 0 if cost >= 10 else 2)}"
    return ((fmt.duration(left.seconds), "text"), (dollars, "muted"))


def curve(run: Run, name: str, width: int) -> str:
    """A curve of the last values, as tall as their range."""
    points = run.series.column(name)
    if len(points) < 2:
        return ""
    buckets = _buckets([point.value for point in points], width)
    low, high = min(buckets), max(buckets)
    return fmt.spark(100.0 * (value - low) / (high - low) if high > low else 0.0 for value in buckets)


def _buckets(values: Sequence[float], count: int) -> list[float]:
    """The means of equal parts, as many as there is room for."""
    count = min(count, len(values))
    edges = [round(number * len(values) / count) for number in range(count + 1)]
    parts = [values[begin:end] for begin, end in pairwise(edges)]
    return [math.fsum(part) / len(part) for part in parts if part]


def compact(value: float) -> str:
    """A count in four characters or so: 950, 41.2k, 1.3M."""
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{suffix}"
    return f"{value:.0f}"


def section(
    run: Run | None, pod: Pod, now: float, *, funds: Funds | None = None, tz: tzinfo | None = None
) -> Section | None:
    """The section of a pod's run; None if it has none."""
    if run is None or not pod_health.is_live(pod):
        return None
    return Section("Run", (*_facts(run, pod, now, funds, tz), *_of_machine(run.machine, now)))


def _of_machine(machine: Machine | None, now: float) -> Iterator[Fact]:
    """Disks and processes, as the pod itself reports them."""
    if machine is None:
        return
    age = f"  {fmt.duration(now - machine.at)} ago" if now - machine.at > OLD else ""
    for disk in machine.disks:
        role = "bad" if disk.share >= 0.95 else "warn" if disk.share >= 0.85 else "text"
        rest = f"  {disk.used:.0f} of {disk.size:.0f} GB{age}"
        yield Fact(f"Disk {disk.mount}"[:LABEL_WIDTH], ((f"{100 * disk.share:.0f}%", role), (rest, "muted")))
    for number, process in enumerate(machine.processes[:PROCESSES]):
        of_gpu = f"GPU {process.gpu_memory / 1024:.1f} GB  " if process.gpu_memory is not None else ""
        memory = f"{process.memory / 1024:.1f} GB" if process.memory is not None else ""
        figures = f"  {of_gpu}{memory}  pid {process.pid}"
        yield Fact("" if number else "Processes", ((process.name, "text"), (figures, "muted")))
    if machine.hides_processes:
        yield Fact("GPU processes", (("not visible inside this container", "muted"),))


def _facts(run: Run, pod: Pod, now: float, funds: Funds | None, tz: tzinfo | None) -> Iterator[Fact]:
    if run.problem:
        yield Fact("Not read", ((run.problem, "warn"),))
    if run.began is None:
        yield Fact("Log", (("no lines yet", "muted"),))
        return
    how = f"{run.title}{' (detected)' if run.detected else ''}" if run.title else "not recognized yet"
    missed = " · too fast: read in parts" if run.left_out else ""
    yield Fact("Log format", ((how, "text" if run.title else "muted"), (missed, "warn")))
    now_of = run.now
    if run.not_finite is not None or now_of.loss is not None:
        value: Cell = ((f"{fmt.figure(now_of.loss)} ", "text"),) if now_of.loss is not None else ()
        if run.not_finite is not None:
            value = ((f"{now_of.not_finite or 'NaN'} for {fmt.duration(now - run.not_finite.at)} ", "bad"),)
        yield Fact("Loss", (*value, (curve(run, "loss", WIDE_SPARK), "spark")))
    if now_of.eval_loss is not None:
        yield Fact("Eval loss", ((f"{fmt.figure(now_of.eval_loss)} ", "text"), (curve(run, "eval_loss", 20), "spark")))
    if (steps := _steps(run)) is not None:
        yield Fact("Step", text(steps))
    if (speed := _speed(run)) is not None:
        yield Fact("Speed", text(speed))
    if now_of.lr is not None or now_of.grad_norm is not None:
        parts = [f"{fmt.figure(now_of.lr)}" if now_of.lr is not None else "",
                 f"grad norm {fmt.figure(now_of.grad_norm)}" if now_of.grad_norm is not None else ""]  # fmt: skip
        yield Fact("Learning rate" if now_of.lr is not None else "Gradient", text(" · ".join(filter(None, parts))))
    yield from _ending(run, pod, now, funds, tz)
    if run.trouble is not None and run.trouble.trouble is not None:
        ago = fmt.duration(now - run.trouble.at)
        yield Fact("Trouble", ((f"{run.trouble.trouble.value} {ago} ago", "bad"), (f"  {run.trouble.line}", "muted")))
    if run.line_at is not None:
        usual = f"  usually {fmt.pace(run.usual)}" if run.usual is not None else ""
        role = "warn" if is_silent(run, now) and not has_ended(run) else "text"
        yield Fact("Last line", ((f"{fmt.duration(now - run.line_at)} ago", role), (usual, "muted")))
        yield Fact("", ((run.line, "muted"),))


def _steps(run: Run) -> str | None:
    now_of, so_far = run.now, progress(run.now)
    parts = []
    if now_of.step is not None:
        parts.append(f"{now_of.step:,}" + (f" of {now_of.total:,}" if now_of.total else ""))
        parts[0] += " in this epoch" if now_of.within else ""
    if now_of.epoch is not None:
        epoch = f"{now_of.epoch:.2f}".rstrip("0").rstrip(".")
        parts.append(f"epoch {epoch}" + (f" of {now_of.epochs:.0f}" if now_of.epochs else ""))
    if so_far is not None and so_far.whole:
        parts.append(f"{math.floor(1000 * so_far.part) / 10:.1f}%")
    return " · ".join(parts) or None


def _speed(run: Run) -> str | None:
    now_of = run.now
    parts = []
    if now_of.it_per_s:
        slow = now_of.it_per_s < 1
        parts.append(f"{1 / now_of.it_per_s:.3g} s/step" if slow else f"{now_of.it_per_s:.3g} steps/s")
    if now_of.tokens_per_s is not None:
        parts.append(f"{compact(now_of.tokens_per_s)} tokens/s{' per GPU' if now_of.per_gpu else ''}")
    if now_of.samples_per_s is not None:
        parts.append(f"{compact(now_of.samples_per_s)} samples/s")
    return " · ".join(parts) or None


def _ending(run: Run, pod: Pod, now: float, funds: Funds | None, tz: tzinfo | None) -> Iterator[Fact]:
    if run.ended is not None:
        yield Fact("Finished", ((f"{fmt.duration(now - run.ended.at)} ago", "warn"), ("  S stops the pod", "muted")))
        return
    if run.gone is not None:
        ago = fmt.duration(now - run.gone)
        yield Fact("Process", ((f"gone for {ago}", "warn"), ("  S stops the pod", "muted")))
        return
    left = eta(run, now)
    if left is None:
        return
    when = f"{datetime.fromtimestamp(now + left.seconds, tz):%a %H:%M}" if left.seconds < 3e8 else "years from now"
    if not left.whole:
        yield Fact("Epoch ends", ((f"in {fmt.duration(left.seconds)}", "text"), (f"  {when}", "muted")))
        return
    cost = cost_to_finish(run, pod.cost_per_hr, now)
    rest = f", {fmt.money(cost)} more" if cost is not None else ""
    yield Fact("Ends", ((f"{when} (in {fmt.duration(left.seconds)}){rest}", "text"), *_covered(left.seconds, funds)))


def _covered(seconds: float, funds: Funds | None) -> Cell:
    """Whether the balance lasts until then, at the spend of the whole account."""
    runway = pod_health.runway(funds)
    if runway is None:
        return ()
    if runway >= seconds:
        return (("; runway covers it", "muted"),)
    return ((f"; the balance ends {fmt.duration(seconds - runway)} before", "bad"),)
