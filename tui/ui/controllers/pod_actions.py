"""`PodActions`: from a key on pods to a dialog, and from its confirmation to the request."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from tui.actions import BY_ID
from tui.api.capabilities import Capability, not_offered
from tui.domain.action import Consent

if TYPE_CHECKING:
    from tui.api.models import Pod, PodVerb
    from tui.domain.action import Command, Point
    from tui.domain.consequences import Case
    from tui.history.playback import Playback
    from tui.services.session import Session
    from tui.ui.controllers.host import Host


class PodActions:
    """Applies actions to pods for screens. `back`: the key that returns from history to live, for messages."""

    def __init__(self, session: Session, playback: Playback, host: Host, *, back: str = "=") -> None:
        self._session = session
        self._fleet = session.fleet
        self._playback = playback
        self._host = host
        self._reply = session.messages.reply
        self._back = back

    def refusal(self) -> str | None:
        """Why no action is possible now, whichever it is."""
        if (why := self._barred()) is not None:
            return why
        if self._fleet.pods_at is None or self._session.executor is None:
            return "pods are still loading"
        return None

    def _barred(self) -> str | None:
        """Why the user has to do something else first."""
        if (why := self._session.guard.refusal()) is not None:
            return why
        if (why := self.in_history()) is not None:
            return why
        return "no API key, so podtop shows prices only" if self._fleet.keyless else None

    def in_history(self) -> str | None:
        """Why nothing is done to pods of another time; None if the screens are live."""
        if self._playback.in_history or self._playback.waiting:
            return f"viewing history; press {self._back} to go live first"
        return None

    def offered(self) -> bool:
        """Whether the footer shows actions; only just started, podtop has no means to send them for a moment."""
        return self._barred() is None and self._fleet.pods_at is not None

    def lacking(self, capability: Capability | None) -> str:
        """The message that the API does not offer a capability; empty if it does, or if that is unknown yet."""
        cloud = self._session.monitor.cloud
        if capability is None or cloud is None or cloud.offers(capability):
            return ""
        return str(not_offered(capability))

    def possible(self, action: str, pods: Sequence[str]) -> bool:
        """Whether an action is valid for one of these pods."""
        if self._session.guard.read_only or self.lacking(BY_ID[action].needs):
            return False
        from tui.domain.upkeep import will_refuse

        rules = BY_ID[action]
        known = (self._fleet.records[key].pod for key in pods if key in self._fleet.records)
        return any(pod is not None and rules.refuse(pod) is None and not will_refuse(rules, pod) for pod in known)

    def advice(self, action: str, pods: Sequence[str]) -> str:
        """Why an action is worth considering for these pods; empty if nothing speaks for it."""
        if action != "lock-pod":
            return ""
        from tui.domain.upkeep import worth_locking

        known = [r.pod for key in pods if (r := self._fleet.records.get(key)) is not None and r.pod is not None]
        reasons = [why for pod in known if (why := worth_locking(pod))]
        return f"worth it: {reasons[0]}" if len(pods) == 1 and reasons else (
            f"worth it for {len(reasons)} of {len(pods)}" if reasons else ""
        )  # fmt: skip

    def lock(self) -> None:
        """Lock actions, or unlock them."""
        guard = self._session.guard
        if guard.read_only:
            self._reply(guard.read_only)
            return
        if (why := self.in_history()) is not None:
            self._reply(why)
            return
        text = guard.locked_text if guard.toggle() else guard.unlocked_text
        self._reply(text[0].upper() + text[1:])

    def ask(self, action: str, ids: Sequence[str], hidden: Collection[str] = (), notes: tuple[Point, ...] = ()) -> None:
        """Show the dialog of an action on these pods, by their ids.

        hidden: those that a filter hides; notes: what the dialog begins with.
        """
        verb = BY_ID[action].verb
        if (why := self.refusal()) is not None:
            self._reply(f"{verb}: {why}")
            return
        if why := self.lacking(BY_ID[action].needs):
            self._reply(f"{verb}: {why}")
            return
        if not ids:
            self._reply(f"{verb}: no pod under the cursor")
            return
        if BY_ID[action].consent is Consent.TEXT and len(ids) != 1:
            self._reply(f"{verb}: one pod at a time")
            return
        case = self._case(action, ids)
        if not case.subjects:
            reasons = "; ".join(f"{name} is {why}" for name, why in case.skipped[:3])
            self._reply(f"{verb}: {reasons}")
            return
        from tui.api.errors import Malformed
        from tui.domain import consequences
        from tui.ui.modals.confirm import Confirm

        subjects = [subject.pod.id for subject in case.subjects]

        async def reread() -> Case:
            await self._session.monitor.look()
            fresh = self._case(action, subjects, await self._legal(subjects))
            odd = [r for key in subjects if (r := self._fleet.records.get(key)) is not None and r.pod is None]
            if odd and not fresh.subjects:
                raise Malformed(f"RunPod's response about the pod is unreadable: {odd[0].unreadable}.")
            return fresh

        def weigh(case: Case, commands: tuple[Command, ...]) -> tuple[Point, ...]:
            return (*notes, *consequences.unseen(case, hidden), *consequences.points(case, commands, self._fleet.funds))

        self._host.push_screen(Confirm(case, reread, weigh, self._session.monotonic), self._confirmed)

    def _confirmed(self, commands: tuple[Command, ...] | None) -> None:
        if self._session.executor is None or not commands:
            return
        if (why := self.in_history()) is not None:
            # A dialog that was open while the screens went into history shows pods of another time.
            self._reply(f"{BY_ID[commands[0].action].verb}: {why}")
            return
        # Since the last key the action lock may have been set, or another dialog confirmed.
        for command in commands:
            self._session.executor.start(command)

    async def _legal(self, ids: Sequence[str]) -> Mapping[str, frozenset[PodVerb]]:
        """What RunPod accepts for these pods, where the polls do not say and another of its APIs does."""
        from tui.api.errors import CloudError

        cloud, records = self._session.monitor.cloud, self._fleet.records
        if cloud is None or not cloud.offers(Capability.LEGAL_VERBS):
            return {}
        if not (untold := [key for key in ids if (r := records.get(key)) and r.pod and r.pod.verbs is None]):
            return {}
        try:
            return await cloud.legal_verbs(untold)
        except CloudError:
            # A hint, which most pods never had: RunPod itself refuses what it does not accept.
            return {}

    def _case(
        self, action: str, ids: Sequence[str], legal: Mapping[str, frozenset[PodVerb]] = MappingProxyType({})
    ) -> Case:
        from msgspec.structs import replace

        from tui.domain import consequences

        pods: dict[str, Pod | None] = {
            key: record.pod if record.unreadable is None else None for key, record in self._fleet.records.items()
        }
        for key, verbs in legal.items():
            if (pod := pods.get(key)) is not None:
                pods[key] = replace(pod, verbs=verbs)
        return consequences.case(BY_ID[action], ids, pods, self._fleet.operations, self._fleet.funds, self._fleet.lacks)

    def lease(self, pods: Sequence[str]) -> None:
        """Show the dialog of a pod's auto-stop timer, its lease."""
        if (why := self.refusal()) is not None:
            self._reply(f"lease: {why}")
        elif self._session.leases.file is None:
            self._reply("lease: the account is still loading")
        elif len(pods) != 1:
            self._reply("lease: one pod at a time" if pods else "lease: no pod under the cursor")
        else:
            self._show_lease(pods[0])

    def _show_lease(self, pod: str) -> None:
        from tui.ui.modals.lease import POSTPONE, LeaseDialog, Term

        session = self._session
        name = self._fleet.records[pod].name if pod in self._fleet.records else ""
        old = self._fleet.leases.get(pod)

        def decided(term: Term | None) -> None:
            if term is not None and term.action == POSTPONE:
                self._host.run_worker(session.idle_stops.postpone(pod, name or pod))
            elif term is not None:
                self._host.run_worker(session.leases.set(pod, name, term.action, term.ends))

        def why_not(action: str) -> str | None:
            record = self._fleet.records.get(pod)
            if record is None:
                return "the pod is no longer on the account"
            return BY_ID[action].refuse(record.pod) if record.pod is not None else None

        dialog = LeaseDialog(
            pod, name, old, why_not, session.clock, session.tz, session.monotonic, self._fleet.idle_stops.get(pod)
        )
        self._host.push_screen(dialog, decided)
