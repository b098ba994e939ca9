"""`Acts`: from a key on pods to a dialog, and from what was confirmed there to what is sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tui.actions import BY_ID

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui.actions import Command
    from tui.api.models import Pod
    from tui.guard import Guard
    from tui.performer import Performer
    from tui.player import Player
    from tui.store.fleet import Fleet
    from tui.ui.consequences import Case
    from tui.watch import Watch

Push = Callable[["Screen[Any]", Callable[[Any], None]], object]


class Acts:
    """What screens are given to act with.

    push: shows a dialog, and hands on how it ended.
    warn: tells a person why nothing happened.
    beat: seconds that only go forward, by which dialogs are deaf.
    """

    def __init__(
        self,
        fleet: Fleet,
        guard: Guard,
        player: Player,
        watch: Watch,
        push: Push,
        warn: Callable[[str], object],
        beat: Callable[[], float] = time.monotonic,
    ) -> None:
        self.guard = guard
        self.performer: Performer | None = None
        self._fleet = fleet
        self._player = player
        self._watch = watch
        self._push = push
        self._warn = warn
        self._beat = beat

    def refusal(self) -> str | None:
        """Why nothing may be done now, whatever it is."""
        if (why := self.guard.refusal()) is not None:
            return why
        if self._player.travelling:
            return "this is the past: = returns to now, where things can be done"
        if self._fleet.pods_at is None or self.performer is None:
            return "the pods are not known yet"
        return None

    def possible(self, action: str, pods: Sequence[str]) -> bool:
        """Whether an action makes sense for one of these pods."""
        if self.guard.read_only:
            return False
        known = (self._fleet.records[key].pod for key in pods if key in self._fleet.records)
        return any(pod is not None and BY_ID[action].refuse(pod) is None for pod in known)

    def lock(self) -> None:
        """Lock actions, or unlock them."""
        if self.guard.read_only:
            self._warn(self.guard.refusal() or "")
        elif self.guard.toggle():
            self._warn("actions are locked: L unlocks them")
        else:
            self._warn("actions are unlocked, until nobody touches a key for a while")

    def ask(self, action: str, ids: Sequence[str]) -> None:
        """Show the dialog of an action on these pods, by their ids."""
        verb = BY_ID[action].verb
        if (why := self.refusal()) is not None:
            self._warn(f"{verb}: {why}")
            return
        if not ids:
            self._warn(f"{verb}: no pod is under the cursor")
            return
        made = self._case(action, ids)
        if not made.subjects:
            reasons = "; ".join(f"{name}: {why}" for name, why in made.skipped[:3])
            self._warn(f"nothing to {verb}. {reasons}")
            return
        from tui.ui import consequences
        from tui.ui.modals.confirm import Confirm

        kept = [subject.pod.id for subject in made.subjects]

        async def again() -> Case:
            await self._watch.look()
            return self._case(action, kept)

        def weigh(case: Case, asked: tuple[Command, ...]) -> tuple[consequences.Point, ...]:
            return consequences.points(case, asked, self._fleet.funds)

        self._push(Confirm(made, again, weigh, self._beat), self._confirmed)

    def _confirmed(self, commands: tuple[Command, ...] | None) -> None:
        if self.performer is None or not commands:
            return
        # Between the last key and here the lock may have fallen, or another dialog have been confirmed.
        for command in commands:
            self.performer.start(command)

    def _case(self, action: str, ids: Sequence[str]) -> Case:
        from tui.ui import consequences

        pods: dict[str, Pod | None] = {
            key: record.pod if record.unreadable is None else None for key, record in self._fleet.records.items()
        }
        return consequences.case(BY_ID[action], ids, pods, self._fleet.deeds, self._fleet.funds)
