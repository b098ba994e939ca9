"""What a source of signals is, and to whom it passes what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from tui.api.models import Pod
from tui.domain.signals.machine import Machine
from tui.domain.signals.rules import PodSignals
from tui.domain.signals.values import Values


class WrittenLine(NamedTuple):
    """A line of a log: when it was written, by podtop's clock, and its text without control characters."""

    at: float
    text: str


class Intake(Protocol):
    """Takes what is read of one pod. Its methods return at once."""

    def take_lines(self, lines: Sequence[WrittenLine]) -> None:
        """Lines, each once, in order."""

    def take_values(self, at: float, values: Values) -> None:
        """What a file of metrics says, and when it was written."""

    def take_machine(self, machine: Machine) -> None:
        """What the pod says about its processes and disks."""

    def leave_out(self) -> None:
        """Lines are left out here, as they came too fast."""

    def hinder(self, problem: str) -> None:
        """Nothing is read at the moment, and why, in a few words; empty: it is."""


class SignalSource(Protocol):
    """Reads pods in one way. It changes nothing on a pod."""

    async def follow(self, pod: Pod, rules: PodSignals, intake: Intake) -> None:
        """Read a pod until cancelled. Returns where that is pointless, after the intake was given the reason."""
