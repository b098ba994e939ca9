"""`PodActions`: from a key on pods to a dialog, and from what was confirmed there to what is sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple

from tui.actions import BY_ID
from tui.format import numbers as fmt

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui.actions import Command
    from tui.api.account import Template
    from tui.api.models import Offer, Pod
    from tui.domain.consequences import Case
    from tui.domain.deploy_draft import Draft
    from tui.domain.operations import Outcome
    from tui.domain.user_message import UserMessage
    from tui.history.playback import Playback
    from tui.services.action_lock import ActionLock
    from tui.services.executor import Executor
    from tui.services.lease_runner import Leases
    from tui.services.monitor import Monitor
    from tui.storage.audit_log import Intent
    from tui.storage.state_files import StateFiles
    from tui.store.fleet import Fleet
    from tui.ui.modals.deploy import Answer

Push = Callable[["Screen[Any]", Callable[[Any], None]], object]


class Wish(NamedTuple):
    """What a row means to a deploy: a GPU of the market, a pod to be like, a template, or fields of the form.

    anew: whether it takes the place of a draft that was kept, and does not go into it.
    """

    offer: Offer | None = None
    pod: str | None = None
    template: Template | None = None
    more: Mapping[str, str] = {}
    anew: bool = False


class PodActions:
    """What screens are given to act with.

    push: shows a dialog, and hands on how it ended.
    run:  lets something go on in the background.
    warn: tells a person why nothing happened; `say` something to be read.
    beat: seconds that only go forward, by which dialogs are deaf.
    place: what is on the screen: another by the time an answer comes when anything opened, or was gone to.
    """

    def __init__(
        self,
        fleet: Fleet,
        guard: ActionLock,
        player: Playback,
        watch: Monitor,
        state: StateFiles | None,
        tz: tzinfo | None,
        *,
        push: Push,
        run: Callable[[Coroutine[Any, Any, None]], object],
        warn: Callable[[str], object],
        say: Callable[[UserMessage], object],
        beat: Callable[[], float] = time.monotonic,
        back: str = "=",
        place: Callable[[], object] = lambda: None,
    ) -> None:
        self.guard = guard
        self._place = place
        self._back = back
        self.performer: Executor | None = None
        self._fleet = fleet
        self._player = player
        self._watch = watch
        self._state = state
        self._tz = tz
        self._draft: Draft | None = None
        self._opening: object = None
        self._writing = asyncio.Lock()
        self._leases: Leases | None = None
        self._push = push
        self._run = run
        self._say = say
        self._warn = warn
        self._beat = beat

    def refusal(self) -> str | None:
        """Why nothing may be done now, whatever it is."""
        if (why := self.guard.refusal()) is not None:
            return why
        if self._player.travelling or self._player.waiting:
            return f"this is the past: {self._back} returns to now, where things can be done"
        if self._fleet.keyless:
            return "there is no API key: podtop shows prices only"
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
            self._warn(self.guard.told)
        else:
            self._warn("actions are unlocked, until nobody touches a key for a while")

    def ask(self, action: str, ids: Sequence[str], hidden: Collection[str] = ()) -> None:
        """Show the dialog of an action on these pods, by their ids; `hidden`: those that a filter keeps from sight."""
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
        from tui.api.cloud import Malformed
        from tui.domain import consequences
        from tui.ui.modals.confirm import Confirm

        kept = [subject.pod.id for subject in made.subjects]

        async def again() -> Case:
            await self._watch.look()
            fresh = self._case(action, kept)
            odd = [r for key in kept if (r := self._fleet.records.get(key)) is not None and r.pod is None]
            if odd and not fresh.subjects:
                raise Malformed(f"RunPod's answer about it could not be understood: {odd[0].unreadable}.")
            return fresh

        def weigh(case: Case, asked: tuple[Command, ...]) -> tuple[consequences.Point, ...]:
            return (*consequences.unseen(case, hidden), *consequences.points(case, asked, self._fleet.funds))

        self._push(Confirm(made, again, weigh, self._beat), self._confirmed)

    def _confirmed(self, commands: tuple[Command, ...] | None) -> None:
        if self.performer is None or not commands:
            return
        # Between the last key and here the lock may have fallen, or another dialog have been confirmed.
        for command in commands:
            self.performer.start(command)

    def _case(self, action: str, ids: Sequence[str]) -> Case:
        from tui.domain import consequences

        pods: dict[str, Pod | None] = {
            key: record.pod if record.unreadable is None else None for key, record in self._fleet.records.items()
        }
        return consequences.case(BY_ID[action], ids, pods, self._fleet.deeds, self._fleet.funds)

    async def catch_up(self) -> None:
        """Find out what became of what an earlier podtop sent; a deploy among it gets the lease it was to have."""
        if self.performer is not None:
            for intent, ending in await self.performer.resume_looking():
                if not intent.pod:
                    self._run(self._made_earlier(intent, ending))

    async def _made_earlier(self, intent: Intent, ending: asyncio.Task[Outcome]) -> None:
        from tui.domain import deploy_draft as rules
        from tui.domain.operations import Status

        outcome, draft = await ending, await self._kept_draft()
        if outcome.ending is not Status.DONE or draft is None or draft["name"].strip() != intent.name:
            return
        try:
            lease = rules.lease(draft, intent.at, self._tz)
        except rules.Fault:
            lease = None
        self._keep(None)
        if outcome.pod and lease is not None:
            await self.set_lease(outcome.pod, intent.name, *lease)

    # Leases

    async def enforce(self) -> None:
        """See to the account's leases, while podtop runs."""
        from tui.services.lease_runner import enforce

        if self._state is not None and self.performer is not None:
            await enforce(self._state, self._fleet, self.guard, self.performer, self._say, self._player.clock)

    def _account_leases(self) -> Leases | None:
        """The account's leases, from when the account is known."""
        from tui.services.lease_runner import Leases

        funds = self._fleet.funds
        if self._leases is None and self._state is not None and funds is not None and funds.account_id is not None:
            self._leases = Leases(self._state.leases(funds.account_id))
        return self._leases

    def lease(self, pods: Sequence[str]) -> None:
        """Show the dialog of a pod's lease."""
        if (why := self.refusal()) is not None:
            self._warn(f"lease: {why}")
        elif self._account_leases() is None:
            self._warn("lease: the account is not known yet")
        elif len(pods) != 1:
            self._warn("lease: one pod at a time" if pods else "lease: no pod is under the cursor")
        else:
            self._show_lease(pods[0])

    def _show_lease(self, pod: str) -> None:
        from tui.ui.modals.lease import LeaseDialog, Term

        name = self._fleet.records[pod].name if pod in self._fleet.records else ""
        old = self._fleet.leases.get(pod)

        def decided(term: Term | None) -> None:
            if term is not None:
                self._run(self.set_lease(pod, name, term.action, term.ends))

        def why_not(action: str) -> str | None:
            record = self._fleet.records.get(pod)
            if record is None:
                return "it is not on the account any more"
            return BY_ID[action].refuse(record.pod) if record.pod is not None else None

        self._push(LeaseDialog(pod, name, old, why_not, self._player.clock, self._tz, self._beat), decided)

    async def set_lease(self, pod: str, name: str, action: str, ends: float) -> None:
        from tui.domain.lease import begun
        from tui.domain.user_message import Level, UserMessage
        from tui.services.lease_runner import LeaseError

        if self._account_leases() is None or self._leases is None:
            return
        try:
            if not action:
                await asyncio.to_thread(self._leases.drop, pod)
            else:
                await asyncio.to_thread(self._leases.set, begun(pod, name, action, ends, self._player.clock()))
            self._fleet.leases = dict(await asyncio.to_thread(self._leases.all))
        except LeaseError as error:
            self._warn(str(error))
            return
        left = fmt.duration(ends - self._player.clock())
        told = f"{name}: no lease any more" if not action else f"lease: podtop is to {action} {name} in {left}"
        # Beside what else is told: of the pod that was just made, for one.
        self._say(UserMessage(told, Level.INFO))
        self._watch.tell()

    # Deploying

    def deploy(self, wish: Wish | None) -> None:
        """Show the form of a deploy, filled with what the row under the cursor means; with nothing, as it was left."""
        if (why := self.refusal()) is not None:
            self._warn(f"deploy: {why}")
        elif wish is None:
            self._warn("deploy: choose one GPU, pod, template, CPU pod or data center")
        elif self._fleet.market.value is None:
            self._warn("deploy: the prices are not known yet")
        elif (under_way := self._fleet.deeds.get("")) is not None:
            self._warn(f"deploy: still {under_way.word} {under_way.name}: one at a time")
        else:
            form = self._open_form(
                self._place(), wish.offer, wish.pod, wish.more, template=wish.template, anew=wish.anew
            )
            self._run(form)

    def prepare(self, offer: Offer | None, more: Mapping[str, str], then: Callable[[Draft], object]) -> None:
        """Show the form of a deploy that is not ordered now: what was typed goes to `then`."""
        if (why := self.refusal()) is not None:
            self._warn(f"deploy: {why}")
        else:
            self._run(self._open_form(self._place(), offer, None, more, then))

    async def _open_form(
        self,
        place: object,
        offer: Offer | None,
        pod: str | None,
        more: Mapping[str, str] | None = None,
        then: Callable[[Draft], object] | None = None,
        template: Template | None = None,
        anew: bool = False,
    ) -> None:
        import secrets

        from msgspec.structs import replace

        from tui.api.cloud import CloudError
        from tui.domain import deploy_draft as rules

        # What is asked for later takes the place of what is waited for.
        self._opening = opening = object()
        offers, suffix = self._offers(), secrets.token_hex(2)
        kept = await self._kept_draft()
        start = offer or (offers[0] if offers else None)
        fresh = rules.from_offer(start, suffix, offers) if start is not None else rules.Draft(rules.STARTING)
        kept = None if anew else kept
        draft = kept or fresh
        if pod is not None and self._watch.cloud is not None:
            name = self._fleet.records[pod].name if pod in self._fleet.records else pod
            self._warn(f"asking RunPod how {name} was made")
            try:
                detail = await self._watch.cloud.pod(pod)
            except CloudError as error:
                if self._opening is opening:
                    self._opening = None
                    self._warn(f"deploy: {error}")
                return
            if self._opening is not opening:
                return
            if detail is None:
                self._opening = None
                self._warn(f"deploy: {name} is not on the account any more")
                return
            draft, kept = rules.from_pod(detail, offers, suffix), None
        elif kept is not None and offer is not None and rules.offer_of(kept["gpu_type_id"], offers) != offer:
            # The rest of an earlier draft is good for another GPU too; its name told the old one.
            draft = replace(kept, values={**kept.values, "gpu_type_id": fresh["gpu_type_id"], "name": fresh["name"]})
        if template is not None:
            draft, kept = rules.from_template(fresh, template), None
            if template.name:
                draft = replace(draft, values={**draft.values, "name": rules.unique(template.name, suffix)})
        if more:
            draft = replace(draft, values={**draft.values, **more})
            if not draft["name"]:
                draft = draft.typed("name", rules.unique(draft["instance_ids"], suffix))
        if self._opening is not opening:
            return
        self._opening = None
        if self._place() != place:
            # Who has something else before them by now does not type for this.
            self._warn("deploy: form not opened, as something else was opened in the meantime")
            return
        self._show_form(draft, fresh, kept is not None, then)

    def give_up(self) -> bool:
        """Open no form any more for what is still asked of RunPod; whether there was one."""
        waited, self._opening = self._opening is not None, None
        if waited:
            self._warn("deploy: no form is opened, and nothing was sent")
        return waited

    def _show_form(self, draft: Draft, fresh: Draft, kept: bool, then: Callable[[Draft], object] | None) -> None:
        from tui.ui.modals.deploy import DeployForm, Sources

        sources = Sources(
            self._offers, lambda: self._fleet.funds, self._names, self._templates, self._player.clock, self._keep,
            self._tz,
        )  # fmt: skip

        def ended(answer: Answer | None) -> None:
            if answer is not None and then is not None:
                then(answer.draft)
            else:
                self._form_ended(answer)

        self._push(DeployForm(draft, fresh, sources, kept, self._beat, later=then is not None), ended)

    def _offers(self) -> tuple[Offer, ...]:
        return self._fleet.market.value.offers if self._fleet.market.value else ()

    def _names(self) -> frozenset[str]:
        return frozenset(record.name for record in self._fleet.records.values())

    async def _templates(self) -> tuple[Template, ...]:
        from tui.api.cloud import Unreachable

        if self._watch.cloud is None:
            raise Unreachable("podtop is not connected.", sent=False)
        return (await self._watch.cloud.templates()).templates

    async def _kept_draft(self) -> Draft | None:
        """The draft of this run, with its secrets; else the one on disk, without."""
        from tui.storage import draft_file

        if self._draft is not None or self._state is None:
            return self._draft
        try:
            return await asyncio.to_thread(draft_file.load, self._state.draft())
        except draft_file.DraftError as error:
            self._warn(str(error))
            return None

    def _keep(self, draft: Draft | None) -> None:
        """Keep a draft, here and on disk; or, with None, none any more."""
        self._draft = draft
        if self._state is not None:
            self._run(self._write_draft(self._state))

    async def _write_draft(self, state: StateFiles) -> None:
        """Put on disk what is the draft by then: of two writings at once neither brings back what is over."""
        from tui.storage import draft_file

        async with self._writing:
            draft = self._draft
            try:
                if draft is None:
                    await asyncio.to_thread(draft_file.drop, state.draft())
                else:
                    await asyncio.to_thread(draft_file.save, state.draft(), draft)
            except draft_file.DraftError as error:
                self._warn(str(error))

    def _form_ended(self, answer: Answer | None) -> None:
        if answer is None:
            return
        from tui.ui.modals.question import QuestionDialog
        from tui.ui.primitives.question import Question
        from tui.ui.render.deploy_question import question

        def ask() -> Question:
            offers, now = self._offers(), self._player.clock()
            return question(answer.draft, offers, self._fleet.funds, self._names(), now, self._tz)

        async def again() -> Question:
            await self._watch.look()
            await self._watch.look_at_prices()
            return ask()

        def agreed(yes: bool | None) -> None:
            if yes:
                self._run(self._order(answer.draft))

        self._push(QuestionDialog(ask(), again, self._beat), agreed)

    async def _order(self, draft: Draft) -> None:
        from tui.domain import deploy_draft as rules
        from tui.domain.operations import Status

        if self.performer is None:
            return
        now = self._player.clock()
        order, lease = rules.order(draft, self._offers(), now, self._tz), rules.lease(draft, now, self._tz)
        outcome = await self.performer.deploy(order)
        if outcome.ending is Status.DONE:
            self._keep(None)
            if outcome.pod and lease is not None:
                await self.set_lease(outcome.pod, draft["name"], *lease)
