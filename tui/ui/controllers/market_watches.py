"""`WatchController`: from a key on a GPU or a pod to a watch, and to the confirmation of an automatic one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tui.api.enums import CloudKind
from tui.format import numbers as fmt

if TYPE_CHECKING:
    from tui.api.models import MarketQuery, Offer
    from tui.domain.deploy_draft import Draft
    from tui.domain.market_watch import MarketWatch
    from tui.services.session import Session
    from tui.services.watch_runner import WatchRunner
    from tui.store.views.offer_rows import OfferRow
    from tui.ui.controllers.deploys import Deploys
    from tui.ui.controllers.host import Host
    from tui.ui.controllers.pod_actions import PodActions
    from tui.ui.modals.watch import Decision
    from tui.ui.primitives.question import Question


class WatchController:
    """The watch operations of screens. Nothing here spends: spending goes through `Deploys` and the `WatchRunner`."""

    def __init__(self, session: Session, actions: PodActions, deploys: Deploys, host: Host) -> None:
        self._session = session
        self._fleet = session.fleet
        self._actions = actions
        self._deploys = deploys
        self._host = host
        self._reply = session.messages.reply

    @property
    def _runner(self) -> WatchRunner | None:
        return self._session.watch_runner

    def _unavailable(self) -> str:
        if self._session.source.hub is not None:
            return "this podtop only reads a hub; set watches on the hub's host"
        return "unavailable in a replay" if self._session.state is None else "not connected yet"

    # A GPU of the market

    def gpu(self, row: OfferRow, demand: MarketQuery) -> None:
        """Show the dialog of a watch for a GPU type: the existing one, or a new one."""
        from tui.domain.deploy_draft import named

        old = next((v for v in self._fleet.watches.values() if v.gpus[:1] == (row.id,) and not v.over), None)
        offers = self._offers()
        name = next((named(offer, offers) for offer in offers if offer.gpu_id == row.id), row.name)
        new = self._new(gpus=(row.id,), names=(name,), demand=replace(demand, gpus=()))
        self._show(old or new, row.price, old is None)

    def again(self, id: str) -> None:
        """Show the dialog of an existing watch."""
        watch = self._fleet.watches.get(id)
        if watch is None:
            return
        if watch.pod:
            self._pod(watch.pod, watch)
        else:
            self._show(watch, None, False)

    def remove(self, id: str) -> None:
        """Remove a watch."""
        watch = self._fleet.watches.get(id)
        if (why := self._actions.in_history()) is not None:
            self._reply(f"watch: {why}")
        elif watch is not None:
            self._host.run_worker(self._drop(watch))

    def _new(self, **fields: Any) -> MarketWatch:
        import secrets

        from tui.domain.market_watch import MarketWatch

        return MarketWatch(secrets.token_hex(4), self._session.clock(), **fields)

    def _offers(self) -> tuple[Offer, ...]:
        return self._fleet.market.value.offers if self._fleet.market.value else ()

    def _show(self, watch: MarketWatch, price: float | None, is_new: bool) -> None:
        from tui.domain.market_watch import State, what
        from tui.ui.modals.watch import WatchDialog

        if (why := self._actions.in_history()) is not None:
            self._reply(f"watch: {why}")
            return
        if self._runner is None:
            self._reply(f"watch: {self._unavailable()}")
            return
        if watch.state is State.SENDING:
            self._reply(f"watch: {what(watch)} is being sent; try again in a moment")
            return
        before = None if is_new else watch

        def decided(decision: Decision | None) -> None:
            if decision is None:
                return
            if decision.watch is None:
                self._host.run_worker(self._drop(watch))
            elif decision.cap is None:
                self._host.run_worker(self._put(before, decision.watch, f"watching for {what(decision.watch)}"))
            else:
                self._prepare(before, decision.watch, decision.cap, decision.tries or 1)

        refusal = self._actions.refusal()
        may = "" if refusal is None else f"deploying is not possible now: {refusal}"
        dialog = WatchDialog(
            watch, self._offers(), price, is_new, may, self._session.monotonic, lambda: self._fleet.market_lacks
        )  # fmt: skip
        self._host.push_screen(dialog, decided)

    async def _put(self, before: MarketWatch | None, watch: MarketWatch, reply: str) -> None:
        """Store the edited watch, unless podtop acted on it while the dialog was open."""
        from tui.storage.json_store import StoreError

        if self._runner is None:
            return
        try:
            swapped = await asyncio.to_thread(self._runner.watches.edit, before, watch)
        except StoreError as error:
            self._reply(str(error))
            return
        self._reply(reply if swapped else "watch: not changed, as podtop acted on it in the meantime; review it")
        self._runner.look()
        self._session.monitor.tell()

    async def _drop(self, watch: MarketWatch) -> None:
        from tui.domain.market_watch import what
        from tui.storage.json_store import StoreError

        if self._runner is None:
            self._reply(f"watch: {self._unavailable()}")
            return
        try:
            await asyncio.to_thread(self._runner.watches.drop, watch.id)
        except StoreError as error:
            self._reply(str(error))
            return
        self._reply(f"watch removed: {what(watch)}")
        self._runner.look()
        self._session.monitor.tell()

    # A watch that deploys

    def _prepare(self, before: MarketWatch | None, watch: MarketWatch, cap: float, tries: int) -> None:
        """Open the form for the deploy, and have it confirmed."""
        offer = next((o for o in self._offers() if o.gpu_id == watch.gpus[0]), None)

        def typed(draft: Draft) -> None:
            demand = watch.demand
            if (
                demand.secure is None
                and draft.way == "demand"
                and draft["cloud"] in (CloudKind.SECURE, CloudKind.COMMUNITY)
            ):
                # The form may select one of the two clouds: then the other is not watched.
                demand = replace(demand, secure=draft["cloud"] == CloudKind.SECURE)
            self._arm(before, replace(watch, demand=demand), draft, cap, tries)

        demand = watch.demand
        cloud = {None: CloudKind.EITHER, True: CloudKind.SECURE, False: CloudKind.COMMUNITY}[demand.secure]
        fields = {"gpu_count": str(demand.gpu_count), "way": "spot" if watch.spot else "demand", "cloud": cloud}
        for name in ("min_memory_gb", "min_vcpus", "min_download_mbps", "min_upload_mbps", "country"):
            if (value := getattr(demand, name)) is not None:
                fields[name] = str(value)
        if demand.public_ip is not None:
            fields["public_ip"] = "yes" if demand.public_ip else "no"
        self._deploys.prepare(offer, fields, typed)

    def _arm(self, before: MarketWatch | None, watch: MarketWatch, draft: Draft, cap: float, tries: int) -> None:
        from tui.domain.market_watch import what
        from tui.ui.modals.question import QuestionDialog
        from tui.ui.render.watch_question import deploys

        def ask() -> Question:
            return deploys(
                watch, draft, cap, tries, self._fleet.funds, self._offers(), self._fleet.lacks,
                self._deploys.unoffered(draft, later=True),
            )  # fmt: skip

        async def again() -> Question:
            await self._session.monitor.look()
            return ask()

        def agreed(yes: bool | None) -> None:
            from tui.domain.armed_order import planned
            from tui.storage.json_store import StoreError

            funds = self._fleet.funds
            if not yes or self._runner is None:
                return
            if funds is None or funds.account_id is None:
                self._reply("watch: not armed: account unknown")
                return
            try:
                armed = self._runner.armed(watch, draft, planned(draft, cap, tries), funds.account_id)
            except StoreError as error:
                self._reply(f"watch: not armed: {error}")
                return
            self._host.run_worker(self._put(before, armed, f"armed: {what(watch)}, at most {fmt.money(cap)}/h"))

        self._host.push_screen(QuestionDialog(ask(), again, self._session.monotonic), agreed)

    # A stopped pod

    def pod(self, pod: str | None) -> None:
        """Show the dialog of a watch that resumes a stopped pod when its host has free GPUs."""
        if pod is None:
            self._reply("watch: no pod under the cursor")
            return
        old = next((v for v in self._fleet.watches.values() if v.pod == pod and not v.over), None)
        self._pod(pod, old)

    def _pod(self, pod: str, old: MarketWatch | None) -> None:
        from tui.domain.market_watch import State, basis_of
        from tui.ui.modals.question import QuestionDialog
        from tui.ui.render.watch_question import no_more, resumes, why_not

        record = self._fleet.records.get(pod)
        if (why := self._actions.refusal()) is not None:
            self._reply(f"watch: {why}")
            return
        if self._runner is None:
            self._reply("watch: not connected yet")
            return
        if old is not None:

            def removed(yes: bool | None) -> None:
                if yes:
                    self._host.run_worker(self._drop(old))

            self._host.push_screen(
                QuestionDialog(no_more(old), self._same(lambda: no_more(old)), self._session.monotonic),
                removed,
            )
            return
        if record is None or (why := why_not(record.pod)) is not None:
            self._reply(f"watch: {why if record is not None else 'the pod is no longer on the account'}")
            return

        def ask() -> Question:
            now = self._fleet.records.get(pod)
            return resumes(now.pod if now is not None else None, self._fleet.funds, self._fleet.lacks)

        async def again() -> Question:
            from tui.api.errors import Malformed

            await self._session.monitor.look()
            now = self._fleet.records.get(pod)
            if now is not None and now.pod is None:
                raise Malformed(f"RunPod's response about the pod is unreadable: {now.unreadable}.")
            return ask()

        def agreed(yes: bool | None) -> None:
            funds, now = self._fleet.funds, self._fleet.records.get(pod)
            if not yes:
                return
            if funds is None or funds.account_id is None or now is None or now.pod is None:
                self._reply("watch: not armed: account or pod unknown")
                return
            armed = self._new(
                pod=pod, pod_name=now.name, state=State.ARMED, account=funds.account_id,
                ceiling=now.pod.cost_per_hr or None, basis=basis_of(now.pod),
            )  # fmt: skip
            self._host.run_worker(self._put(None, armed, f"armed: resume {now.name} when its host has free GPUs"))

        self._host.push_screen(QuestionDialog(ask(), again, self._session.monotonic), agreed)

    @staticmethod
    def _same(ask: Callable[[], Question]) -> Callable[[], Coroutine[Any, Any, Question]]:
        async def again() -> Question:
            return ask()

        return again
