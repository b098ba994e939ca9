"""`Deploys`: from a key on a row to the form, from there to a question, and to the request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.api.capabilities import Capability
from tui.domain.action import NEW_POD

if TYPE_CHECKING:
    from tui.api.account import Template, Templates
    from tui.api.models import Offer
    from tui.domain.deploy_draft import Draft
    from tui.domain.operations import Outcome
    from tui.services.session import Session
    from tui.ui.controllers.host import Host
    from tui.ui.controllers.pod_actions import PodActions
    from tui.ui.modals.deploy_values import Answer


class Wish(Struct, frozen=True):
    """The meaning of a row for a deploy: a GPU of the market, a pod to copy, a template, or fields of the form.

    anew:  whether it replaces a stored draft, instead of being merged into it.
    """

    offer: Offer | None = None
    pod: str | None = None
    template: Template | None = None
    more: Mapping[str, str] = {}
    anew: bool = False


class Deploys:
    """The form of a deploy, and its result."""

    def __init__(self, session: Session, actions: PodActions, host: Host) -> None:
        self._session = session
        self._fleet = session.fleet
        self._actions = actions
        self._host = host
        self._reply = session.messages.reply
        self._opening: object = None

    def deploy(self, wish: Wish | None) -> None:
        """Show the form of a deploy, filled from the row under the cursor; without one, as it was left."""
        if (why := self._actions.refusal()) is not None or (why := self._actions.lacking(Capability.DEPLOY)):
            self._reply(f"deploy: {why}")
        elif wish is None:
            self._reply("deploy: select one GPU, pod, template, CPU pod or data center")
        elif self._fleet.market.value is None:
            self._reply("deploy: prices are still loading")
        elif (under_way := self._fleet.operations.get(NEW_POD)) is not None:
            self._reply(f"deploy: already {under_way.word} {under_way.name}; wait for that to finish")
        else:
            self._host.run_worker(self._open_form(self._host.place(), wish))

    def prepare(self, offer: Offer | None, fields: Mapping[str, str], then: Callable[[Draft], object]) -> None:
        """Show the form of a deploy that is not ordered now: the draft is passed to `then`."""
        if (why := self._actions.refusal()) is not None or (why := self._actions.lacking(Capability.DEPLOY)):
            self._reply(f"deploy: {why}")
        else:
            self._host.run_worker(self._open_form(self._host.place(), Wish(offer, more=fields), then))

    async def _open_form(self, place: object, wish: Wish, then: Callable[[Draft], object] | None = None) -> None:
        import secrets

        from msgspec.structs import replace

        from tui.api.errors import CloudError
        from tui.domain import deploy_draft as rules

        # A later request replaces the pending one.
        self._opening = opening = object()
        offers, suffix = self._offers(), secrets.token_hex(2)
        saved = await self._session.drafts.load()
        start = wish.offer or (offers[0] if offers else None)
        fresh = rules.from_offer(start, suffix, offers) if start is not None else rules.Draft(rules.STARTING)
        saved = None if wish.anew else saved
        draft = saved or fresh
        cloud = self._session.monitor.cloud
        if wish.pod is not None and cloud is not None:
            name = self._fleet.records[wish.pod].name if wish.pod in self._fleet.records else wish.pod
            self._reply(f"loading the configuration of {name}…")
            try:
                detail = await cloud.pod(wish.pod)
            except CloudError as error:
                if self._opening is opening:
                    self._opening = None
                    self._reply(f"deploy: {error}")
                return
            if self._opening is not opening:
                return
            if detail is None:
                self._opening = None
                self._reply(f"deploy: {name} is no longer on the account")
                return
            draft, saved = rules.from_pod(detail, offers, suffix), None
        elif (
            saved is not None and wish.offer is not None and rules.offer_of(saved["gpu_type_id"], offers) != wish.offer
        ):
            # The rest of an earlier draft is valid for another GPU too; its name described the old one.
            draft = replace(saved, values={**saved.values, "gpu_type_id": fresh["gpu_type_id"], "name": fresh["name"]})
        if wish.template is not None:
            draft, saved = rules.from_template(fresh, wish.template), None
            if wish.template.name:
                draft = replace(draft, values={**draft.values, "name": rules.unique(wish.template.name, suffix)})
        if wish.more:
            draft = replace(draft, values={**draft.values, **wish.more})
            if not draft["name"]:
                draft = draft.typed("name", rules.unique(draft["instance_ids"], suffix))
        if self._opening is not opening:
            return
        self._opening = None
        fresh = self._begun(fresh, later=then is not None)
        draft = draft if saved is not None else self._begun(draft, later=then is not None)
        if self._host.place() != place:
            # If the user has another screen open by now, the form was not meant to open there.
            self._reply("deploy: canceled, as another screen was opened in the meantime")
            return
        self._show_form(draft, fresh, saved is not None, then)

    def give_up(self) -> bool:
        """Open no form any more for a pending request to RunPod; returns whether there was one."""
        waited, self._opening = self._opening is not None, None
        if waited:
            self._reply("deploy: canceled; nothing was sent")
        return waited

    def _show_form(self, draft: Draft, fresh: Draft, is_kept: bool, then: Callable[[Draft], object] | None) -> None:
        from tui.ui.modals.deploy import DeployForm
        from tui.ui.modals.deploy_values import Sources

        session = self._session
        sources = Sources(
            self._offers, lambda: self._fleet.funds, self._names, self._templates, session.clock, self._keep,
            session.tz, lambda: self._fleet.lacks, lambda draft: self.unoffered(draft, later=then is not None),
            self._is_cut,
        )  # fmt: skip

        def ended(answer: Answer | None) -> None:
            if answer is not None and then is not None:
                then(answer.draft)
            else:
                self._form_ended(answer)

        form = DeployForm(draft, fresh, sources, is_kept, session.monotonic, later=then is not None)
        self._host.push_screen(form, ended)

    def _offers(self) -> tuple[Offer, ...]:
        return self._fleet.market.value.offers if self._fleet.market.value else ()

    def _is_cut(self) -> bool:
        """Whether RunPod has more GPU types than these."""
        return self._fleet.market.value is not None and self._fleet.market.value.is_cut

    def _names(self) -> frozenset[str]:
        return frozenset(record.name for record in self._fleet.records.values())

    async def _templates(self) -> Templates:
        from tui.api.errors import Unreachable

        cloud = self._session.monitor.cloud
        if cloud is None:
            raise Unreachable("podtop is not connected.", sent=False)
        return await cloud.templates()

    def unoffered(self, draft: Draft, *, later: bool = False) -> Mapping[str, str]:
        """What a draft asks for and the API in use does not offer, by the name of the field.

        later: whether a watch orders it.
        """
        from tui.domain.deploy_objections import objections

        session, cloud = self._session, self._session.monitor.cloud
        if cloud is None:
            return {}
        return objections(
            draft, self._offers(), session.clock(), session.tz, cloud.order_objections,
            rents=not self._actions.lacking(Capability.RENT), later=later,
        )  # fmt: skip

    def _begun(self, draft: Draft, *, later: bool) -> Draft:
        from tui.domain.deploy_objections import begun

        return begun(draft, self._offers(), self.unoffered(draft, later=later))

    def _keep(self, draft: Draft | None) -> None:
        self._host.run_worker(self._session.drafts.keep(draft))

    def _form_ended(self, answer: Answer | None) -> None:
        if answer is None:
            return
        from tui.ui.modals.question import QuestionDialog
        from tui.ui.primitives.question import Question
        from tui.ui.render.deploy_question import question

        session = self._session

        def ask() -> Question:
            return question(
                answer.draft, self._offers(), self._fleet.funds, self._names(), session.clock(), session.tz,
                self.unoffered(answer.draft), self._fleet.lacks,
            )  # fmt: skip

        async def reread() -> Question:
            await session.monitor.look()
            await session.monitor.look_at_prices()
            return ask()

        def agreed(yes: bool | None) -> None:
            if yes:
                self._host.run_worker(self._order(answer.draft))

        self._host.push_screen(QuestionDialog(ask(), reread, session.monotonic), agreed)

    async def _order(self, draft: Draft) -> None:
        from tui.domain import deploy_order, deploy_price
        from tui.domain.operations import Status

        session = self._session
        if session.executor is None:
            return
        now = session.clock()
        # Both before anything is sent: an unreadable lease is no reason to rent without one.
        cloud = session.monitor.cloud
        objections = cloud.order_objections if cloud is not None else lambda order: ()
        order = deploy_order.sent(draft, self._offers(), now, session.tz, objections)
        lease = deploy_order.lease(draft, now, session.tz)
        agreed = deploy_price.price(draft, self._offers(), None).per_hr
        place = self._host.place()
        outcome = await session.executor.deploy(order, agreed=agreed)
        if outcome.ending is Status.DONE:
            # The lease first: the draft is what tells of it until then.
            if outcome.pod and lease is not None:
                await session.leases.set(outcome.pod, draft["name"], *lease)
            self._keep(None)
        if outcome.pod:
            # The price may be in the list alone, and the question needs the pod as RunPod shows it.
            shown = await session.executor.shown(outcome.pod)
            self._offer_to_stop(outcome if outcome.dearer else shown or outcome, place)

    def _offer_to_stop(self, outcome: Outcome, place: object) -> None:
        """Ask whether to stop a new pod that costs more than was agreed to, unless the user is elsewhere by now."""
        from tui.domain.action import Point

        if not outcome.dearer:
            return
        if outcome.pod in self._fleet.records and self._host.place() == place:
            self._actions.ask("stop", (outcome.pod,), notes=(Point("price", f"{outcome.message}.", "bad"),))
