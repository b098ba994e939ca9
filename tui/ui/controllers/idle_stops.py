"""`IdleStopQuestions`: from the palette to an idle stop that is armed, or disarmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from tui.services.idle_stops import Standing
    from tui.services.session import Session
    from tui.ui.controllers.host import Host
    from tui.ui.controllers.pod_actions import PodActions
    from tui.ui.primitives.question import Question


class IdleStopQuestions:
    """Asks the question of `podtop auto --arm`, and does what was agreed to."""

    def __init__(self, session: Session, actions: PodActions, host: Host) -> None:
        self._session = session
        self._actions = actions
        self._host = host

    def ask(self, pods: Sequence[str]) -> None:
        """Arm the idle stop of a pod, or disarm it."""
        reply = self._session.messages.reply
        if (why := self._actions.refusal()) is not None:
            reply(f"auto-stop: {why}")
        elif len(pods) != 1:
            reply("auto-stop: one pod at a time" if pods else "auto-stop: no pod under the cursor")
        else:
            self._host.run_worker(self._show(pods[0], self._host.place()))

    async def _show(self, pod: str, place: object) -> None:
        from tui.storage.json_store import StoreError
        from tui.ui.modals.question import QuestionDialog

        session = self._session
        try:
            standing, asked = await self._question(pod)
        except StoreError as error:
            session.messages.reply(str(error))
            return
        if self._host.place() != place:
            # It does not cover what the user has opened in the meantime.
            return

        async def again() -> Question:
            nonlocal standing
            try:
                standing, question = await self._question(pod)
            except StoreError as error:
                return replace(asked, stop=str(error))
            return question

        def decided(agreed: bool | None) -> None:
            if agreed:
                self._host.run_worker(self._agreed(pod, standing))

        self._host.push_screen(QuestionDialog(asked, again, session.monotonic), decided)

    def _name(self, pod: str) -> str:
        record = self._session.fleet.records.get(pod)
        return record.name if record is not None else ""

    async def _question(self, pod: str) -> tuple[Standing, Question]:
        from tui.ui.render.auto_question import question

        stops, record = self._session.idle_stops, self._session.fleet.records.get(pod)
        cost = record.pod.cost_per_hr if record is not None and record.pod is not None else None
        name = self._name(pod)
        standing = await stops.standing(pod, name)
        return standing, question(pod, name, cost, standing, stops.rules)

    async def _agreed(self, pod: str, standing: Standing) -> None:
        stops, name = self._session.idle_stops, self._name(pod) or pod
        if standing.targets:
            await stops.disarm(standing.targets, name)
        elif standing.after is not None:
            await stops.arm(pod, name, standing.after)
