"""What the lines of a run say beside its GPUs. Pure; instants in epoch seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.format import numbers as fmt
from tui.store.run_signals import is_silent

if TYPE_CHECKING:
    from tui.store.alert import PodView
    from tui.store.holds import Hold
    from tui.store.run_signals import Run


def _run(view: PodView) -> Run | None:
    """What the pod's run writes, if that is read at the moment."""
    run = view.fleet.runs.get(view.pod.id) if view.fleet is not None and not view.fleet.past else None
    return None if run is None or run.problem or run.line_at is None else run


def moves(view: PodView, hold: Hold) -> bool:
    """Whether it does not hold now, where lines have said the same until now: this is no news any more."""
    return not hold.holds and _run(view) is not None


def writes(view: PodView) -> str:
    """Whether what the run writes agrees that it stands still; empty if it is not read."""
    run = _run(view)
    if run is None or run.line_at is None:
        return ""
    silent = view.now - run.line_at
    if is_silent(run, view.now, least=300.0):
        return f", and no new line for {fmt.short_duration(silent)}"
    return ", but its log continues" if silent < 60.0 else ""
