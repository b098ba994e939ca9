"""The charts of training runs, and what their axis may count."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Scale(Enum):
    """What the axis of charts counts; the words are for people.

    SINCE: seconds since the first line of each run that podtop has read.
    """

    TIME = "time"
    SINCE = "time since start"
    STEP = "step"


class RunChart(Struct, frozen=True):
    """A chart of runs: its name, title, a label of at most five letters, and its column of `SignalSeries`."""

    name: str
    title: str
    label: str
    column: str


FIRST = (RunChart("run.loss", "Loss", "loss", "loss"),)
"""What is shown right behind the utilization of GPUs."""

OTHERS = (
    RunChart("run.tokens", "Tokens/s", "tok/s", "tokens_per_s"),
    RunChart("run.steps", "Steps/s", "it/s", "it_per_s"),
    RunChart("run.norm", "Gradient norm", "norm", "grad_norm"),
    RunChart("run.lr", "Learning rate", "lr", "lr"),
    RunChart("run.eval", "Eval loss", "eval", "eval_loss"),
)

RUN_CHARTS = {chart.name: chart for chart in (*FIRST, *OTHERS)}


def with_runs(charts: tuple[str, ...], of_runs: tuple[str, ...]) -> tuple[str, ...]:
    """The charts of pods and those of their runs, in the order of what matters.

    The first two stay where they are: which charts are big is the same with a run and without, at every range.
    """
    first = tuple(name for name in of_runs if RUN_CHARTS[name] in FIRST)
    return (*charts[:2], *first, *charts[2:], *(name for name in of_runs if name not in first))
