"""The curves of training runs for scripts: an item for each recorded minute of a run. Names and units as in `items`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from tui.commands.items import iso

if TYPE_CHECKING:
    from tui.history.archive.reader import Recording
    from tui.history.archive.signals import CurvePoint

BEFORE = 30 * 86_400.0
"""Seconds before the time that is printed in which the starts of its runs are looked for."""


class RunPointItem(Struct, frozen=True, kw_only=True):
    """What a pod's run reported by an instant.

    run_started_at: its first recorded minute; since_start_s: seconds since then.
    recorded_at: when it was recorded.
    step: counted over all epochs, also where the program counts it within each.
    loss: null if it was not a number: `loss_not_finite` is "NaN" or "Inf" then.
    """

    pod_id: str
    pod_name: str | None
    run_started_at: str | None
    since_start_s: float
    recorded_at: str | None
    step: int | None
    total_steps: int | None
    epoch: float | None
    loss: float | None
    loss_not_finite: str | None
    eval_loss: float | None
    learning_rate: float | None
    grad_norm: float | None
    steps_per_s: float | None
    tokens_per_s: float | None
    samples_per_s: float | None


class RunSummary(NamedTuple):
    """One run, in a table: its values are the last ones."""

    pod: str
    started: str | None
    lasted_s: float
    step: int | None
    loss: float | None
    not_finite: str | None
    lowest: float | None
    eval_loss: float | None
    tokens_per_s: float | None


def read(recording: Recording, start: float, end: float, pods: Iterable[str] | None = None) -> tuple[RunPointItem, ...]:
    """The points between two instants, by pod, oldest first. `pods`: which; None: all that were recorded."""
    from tui.history.archive.signals import curve

    names = recording.names()
    return tuple(
        _item(pod, names.get(pod), point)
        for pod in sorted(names if pods is None else pods, key=lambda pod: (names.get(pod, ""), pod))
        for point in curve(recording.reported(pod, start - BEFORE, end))
        if point.at >= start
    )


def _item(pod: str, name: str | None, point: CurvePoint) -> RunPointItem:
    values = point.values
    return RunPointItem(
        pod_id=pod, pod_name=name or None, run_started_at=iso(point.began),
        since_start_s=round(point.at - point.began), recorded_at=iso(point.at), step=point.step,
        total_steps=None if values.within else values.total, epoch=values.epoch,
        loss=None if values.not_finite else values.loss, loss_not_finite=values.not_finite or None,
        eval_loss=values.eval_loss, learning_rate=values.lr, grad_norm=values.grad_norm,
        steps_per_s=values.it_per_s, tokens_per_s=values.tokens_per_s, samples_per_s=values.samples_per_s,
    )  # fmt: skip


def summaries(points: Sequence[RunPointItem]) -> list[RunSummary]:
    """One row for each run."""
    runs = (list(run) for _, run in groupby(points, key=lambda point: (point.pod_id, point.run_started_at)))
    return [
        RunSummary(
            run[-1].pod_name or run[-1].pod_id, run[-1].run_started_at, run[-1].since_start_s, run[-1].step,
            run[-1].loss, run[-1].loss_not_finite,
            min((point.loss for point in run if point.loss is not None), default=None),
            run[-1].eval_loss, run[-1].tokens_per_s,
        )
        for run in runs
    ]  # fmt: skip
