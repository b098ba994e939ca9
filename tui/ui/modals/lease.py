"""The dialog of podtop's own lease on a pod: the action, and its time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import ClassVar

from msgspec import Struct
from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input

from tui.domain.action import Point
from tui.domain.auto import POSTPONED
from tui.domain.deploy_text import Fault, instant
from tui.domain.lease import Lease, acts_at
from tui.format import numbers as fmt
from tui.ui.modals.framed_dialog import FieldLabel, FramedDialog, between_fields, line
from tui.ui.widgets.choice import Choice

POSTPONE = "postpone"

ACTIONS = (("stop", "stop"), ("terminate", "TERMINATE"))


class Term(Struct, frozen=True):
    """The result: `action` at the instant `ends`; "" removes the lease, `POSTPONE` postpones the idle stop."""

    action: str
    ends: float


class LeaseDialog(FramedDialog[Term]):
    """Sets, extends or ends the lease of one pod. A lease that terminates requires the pod's name.

    why_not: why an action is not valid for the pod's current state; None if it is.
    idle_stop: the stop that is about to come because the pod is idle, which it offers to postpone; None without one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel", id="confirm.cancel", tooltip="Cancel"),
        *between_fields("up", "down"),
    ]

    def __init__(
        self,
        pod: str,
        name: str,
        lease: Lease | None,
        why_not: Callable[[str], str | None],
        now: Callable[[], float],
        tz: tzinfo | None,
        clock: Callable[[], float] = time.monotonic,
        idle_stop: Lease | None = None,
    ) -> None:
        super().__init__(clock)
        self._idle_stop = idle_stop
        self._pod, self._pod_name = pod, name
        self._lease = lease
        self._why_not = why_not
        self._now = now
        self._tz = tz

    def _fields(self) -> list[Horizontal]:
        action = self._lease.action if self._lease else "stop"
        hint = "8h, 90m, 1d12h or 2026-11-24 08:00"
        name = FieldLabel("To terminate the pod, type its name", "Type its name")
        return [
            line(FieldLabel("Action"), Choice(ACTIONS, action, "lease-action")),
            line(FieldLabel("When"), Input("", placeholder=hint, compact=True, id="lease-ends")),
            line(name, Input(placeholder=self._typed, compact=True, id="confirm-typed"), id="lease-name"),
        ]

    def _buttons(self) -> tuple[tuple[str, str], ...]:
        return (
            *((("keep", "Postpone auto-stop"),) if self._idle_stop else ()),
            *((("drop", "Remove"),) if self._lease else ()),
            ("do", "Set"),
        )

    @property
    def _typed(self) -> str:
        return self._pod_name.strip() or self._pod

    def on_mount(self, event: events.Mount) -> None:
        self.entitle(self.query_one("#confirm"), f"Auto-stop timer of {self._pod_name or self._pod}")
        self.query_one("#lease-ends").focus()
        self._show()

    def field_for(self, text: str) -> Input | None:
        terminates = self.query_one(Choice).value == "terminate"
        return self.query_one("#confirm-typed" if terminates else "#lease-ends", Input)

    def _term(self) -> Term:
        """The input. Raises Fault."""
        action = self.query_one(Choice).value or "stop"
        ends = instant(self.query_one("#lease-ends", Input).value, self._now(), self._tz)
        if (why := self._why_not(action)) is not None:
            raise Fault(why)
        return Term(action, ends)

    def _show(self) -> None:
        lease = self._lease
        now = "none" if lease is None else f"{lease.action} in {fmt.duration(lease.ends - self._now())}"
        idle: tuple[Point, ...] = ()
        if self._idle_stop is not None:
            left = fmt.duration(acts_at(self._idle_stop) - self._now())
            remaining = f"postponed, it runs on for at least {fmt.duration(POSTPONED)}"
            idle = (Point("idle", f"podtop stops it in {left}, as it is idle; {remaining}.", "warn"),)
        points = (
            Point("needs", "podtop or podtop record --enforce-leases running; RunPod does not enforce its own timers."),
            Point("", "podtop warns 10 min before; if it was not running then, it warns first, then acts.", "muted"),
        )
        ends = self.query_one("#lease-ends", Input).value
        terminates = self.query_one(Choice).value == "terminate"
        self.query_one("#lease-name").display = terminates
        named = not terminates or self.query_one("#confirm-typed", Input).value.strip() in (self._typed, self._pod)
        note, wrong = "", not ends.strip()
        if ends.strip():
            try:
                at = datetime.fromtimestamp(self._term().ends, self._tz)
                note = f"→ {at:%a %d %b %H:%M}"
            except Fault as fault:
                note, wrong = f"▲ {fault}", True
        role = "bad" if note.startswith("▲") else "text"
        head = self.points((Point("now", now), *idle))
        self.say(head, points, self.text(((note, role),), "#confirm"), 2 + terminates)
        self.query_one("#do", Button).disabled = wrong or not named

    @on(Input.Submitted)
    @on(Button.Pressed, "#do")
    def _set(self) -> None:
        # The pod may have changed since the input, and the time may have passed.
        self._show()
        if not self.query_one("#do", Button).disabled and not self.reads_on():
            self.end(self._term())

    @on(Button.Pressed, "#keep")
    def _keep(self) -> None:
        self.end(Term(POSTPONE, 0.0))

    @on(Button.Pressed, "#drop")
    def _drop(self) -> None:
        self.end(Term("", 0.0))
