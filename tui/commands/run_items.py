"""What scripts get of a pod's training run: fields of the items of pods. Null where no signals of the pod are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.store.run_signals import Run, cost_to_finish, eta

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.api.models import Pod

RUN_FIELDS: list[tuple[str, Any, None]] = [
    ("step", int | None, None), ("total_steps", int | None, None), ("epoch", float | None, None),
    ("loss", float | None, None), ("loss_not_finite", str | None, None), ("eval_loss", float | None, None),
    ("learning_rate", float | None, None), ("grad_norm", float | None, None), ("steps_per_s", float | None, None),
    ("tokens_per_s", float | None, None), ("eta_s", float | None, None), ("cost_to_finish_usd", float | None, None),
    ("signals_at", str | None, None),
]  # fmt: skip
"""Their names, types and defaults. `loss_not_finite`: "NaN" or "Inf"; `signals_at`: when they were written."""


def run_fields(run: Run | None, pod: Pod, now: float, iso: Callable[[float | None], str | None]) -> dict[str, object]:
    """The fields of a pod's run."""
    if run is None or run.values_at is None:
        return {}
    left, values, cost = eta(run, now), run.now, cost_to_finish(run, pod.cost_per_hr, now)
    return {
        "step": values.step, "total_steps": values.total, "epoch": values.epoch, "loss": values.loss,
        "loss_not_finite": values.not_finite or None, "eval_loss": values.eval_loss, "learning_rate": values.lr,
        "grad_norm": values.grad_norm, "steps_per_s": values.it_per_s, "tokens_per_s": values.tokens_per_s,
        "eta_s": round(left.seconds) if left is not None and left.whole else None,
        "cost_to_finish_usd": None if cost is None else round(cost, 2), "signals_at": iso(run.values_at),
    }  # fmt: skip
