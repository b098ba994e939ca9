"""`IdleStops`: arms, disarms and postpones the idle stops of the monitored account. `AutoRunner` acts on them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain.auto import POSTPONED, Armed, AutoRules, rules_of
from tui.format import numbers as fmt
from tui.services.account_files import AccountFiles
from tui.storage.auto_file import AutoFile
from tui.storage.json_store import StoreError

if TYPE_CHECKING:
    from tui.config.settings import Auto
    from tui.services.messages import Messages
    from tui.storage.state_files import StateFiles
    from tui.store.fleet import Fleet


def rules(settings: Auto) -> AutoRules:
    """The rules of the settings."""
    return rules_of(settings.idle, settings.pods, int(settings.per_day))


class Standing(Struct, frozen=True):
    """How it stands with the idle stop of one pod.

    after:   seconds without work by today's rule; None if no rule stops it.
    targets: what of the armed covers it under that rule: its id, or patterns of names.
    stopped: pods that were stopped within 24 hours.
    """

    after: float | None
    targets: tuple[str, ...]
    stopped: int


class IdleStops(AccountFiles):
    """What is armed is on disk before the user is notified."""

    def __init__(
        self,
        settings: Auto,
        state: StateFiles | None,
        fleet: Fleet,
        messages: Messages,
        clock: Callable[[], float],
        on_change: Callable[[], object],
    ) -> None:
        super().__init__(state, fleet, messages, clock, on_change)
        self.rules = rules(settings)

    @property
    def file(self) -> AutoFile | None:
        """The account's armed idle stops on disk, once the account is known."""
        if self._state is None or self._account_id is None:
            return None
        return AutoFile(self._state.idle_stops(self._account_id))

    async def standing(self, pod: str, name: str) -> Standing:
        """How it stands with a pod. Raises StoreError."""
        after = self.rules.after(name)
        if (file := self.file) is None:
            return Standing(after, (), 0)
        state = await asyncio.to_thread(file.state)
        covering = (a for a in state.armed.values() if a.after == after and a.covers(pod, name))
        return Standing(after, tuple(a.target for a in covering), state.stopped_today(self._clock()))

    async def arm(self, pod: str, name: str, after: float) -> None:
        """Arm the stop of one pod, as the user has agreed to it."""
        from tui.storage.audit_log import user_name

        armed = Armed(pod, after, self._clock(), user_name())
        await self._change(
            lambda file: file.arm(armed), f"auto-stop armed: {name}, after {fmt.duration(after)} without work"
        )

    async def disarm(self, targets: Iterable[str], name: str) -> None:
        """Disarm all that covers a pod."""

        def change(file: AutoFile) -> None:
            for target in targets:
                file.disarm(target)

        await self._change(change, f"auto-stop disarmed: {name}")

    async def postpone(self, pod: str, name: str) -> None:
        """Leave a pod alone for an hour."""
        now = self._clock()
        await self._change(
            lambda file: file.keep(pod, now + POSTPONED, now),
            f"auto-stop postponed by {fmt.duration(POSTPONED)}: {name}",
        )

    async def _change(self, change: Callable[[AutoFile], object], text: str) -> None:
        if (file := self.file) is None:
            self._messages.reply("auto-stop: the account is still loading")
            return
        try:
            await asyncio.to_thread(change, file)
        except StoreError as error:
            self._messages.reply(str(error))
            return
        self._messages.reply(f"{text[0].upper()}{text[1:]}")
        self._on_change()
