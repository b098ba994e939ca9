"""The duties of a podtop that runs on: what it does automatically for a session's account, each until cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.api.orders import DeployOrder, RentOrder
    from tui.domain.deploy_draft import Draft
    from tui.domain.operations import Outcome
    from tui.services.session import Session
    from tui.storage.audit_log import Intent
    from tui.storage.weekly_file import WeeklyFile


async def enforce_leases(session: Session) -> None:
    """Handle the account's leases, until cancelled."""
    from tui.services.lease_runner import enforce

    if session.state is not None and session.executor is not None:
        await enforce(
            session.state, session.fleet, session.may_act, session.executor, session.messages, session.clock,
            session.kind or "screen",
        )  # fmt: skip


async def stop_idle(session: Session) -> None:
    """Stop idle pods for which that is armed, until cancelled; nothing without a rule in the settings."""
    from tui.services import auto_runner

    if session.state is not None and session.executor is not None and session.ownership is not None:
        await auto_runner.stop_idle(
            session.config.auto, session.state, session.fleet, session.executor, session.monitor.look,
            session.messages, session.clock, partial(session.may_act, shared=True), session.ownership.claim,
            session.others,
        )  # fmt: skip


async def follow_owners(session: Session) -> None:
    """Show which podtop does what, until cancelled."""
    if session.ownership is not None and not session.source.demo:
        await session.ownership.follow()


async def report_weekly(session: Session) -> None:
    """Post the report of each week, until cancelled."""
    from tui.services.weekly import LOOK, Weekly
    from tui.storage.weekly_file import WeeklyFile

    if (state := session.state) is None or session.source.demo or not session.records:
        return

    def file() -> WeeklyFile | None:
        return WeeklyFile(state.weekly(session.account_id)) if session.account_id is not None else None

    await Weekly(
        file, lambda: session.recorder.path if session.recorder is not None else None, lambda: session.monitor.reports,
        session.messages, session.clock, session.start_of_day, session.tz, notifies=session.config.notify.weekly,
    ).run(LOOK / session.source.pace)  # fmt: skip


async def look_out(session: Session, *, acts: bool = True) -> None:
    """Run the market watches, until cancelled. `acts`: whether armed ones may act."""
    from tui.services.watch_runner import WatchRunner
    from tui.storage.watch_file import WatchFile

    if session.state is None:
        return
    session.watch_runner = WatchRunner(
        WatchFile(session.state.watches()), session.fleet,
        messages=session.messages, want=lambda demands: session.monitor.want("watches", demands),
        executor=lambda: session.executor if acts else None, refresh=session.monitor.look,
        refusal=partial(session.may_act, shared=True), clock=session.clock, name=_unique, others=session.others,
        on_deployed=partial(_deployed, session), tz=session.tz, objections=partial(_objections, session),
    )  # fmt: skip
    await session.watch_runner.run()


def _objections(session: Session, order: DeployOrder | RentOrder) -> Sequence[tuple[str, str]]:
    cloud = session.monitor.cloud
    return cloud.order_objections(order) if cloud is not None else ()


async def _deployed(session: Session, draft: Draft, outcome: Outcome) -> None:
    await session.leases.set_for(draft, outcome.pod, draft["name"], session.clock(), session.tz)


async def catch_up(session: Session) -> None:
    """Find out the outcomes of what an earlier podtop sent; a deploy among it gets the lease of its draft."""
    if session.executor is None:
        return
    earlier = [item for item in await session.executor.resume_looking() if not item.intent.pod]
    await asyncio.gather(*(_deployed_earlier(session, intent, ending) for intent, ending in earlier))


async def _deployed_earlier(session: Session, intent: Intent, ending: asyncio.Task[Outcome]) -> None:
    from tui.domain.operations import Status

    outcome, draft = await ending, await session.drafts.load()
    if outcome.ending is not Status.DONE or draft is None or draft["name"].strip() != intent.name:
        return
    # By podtop's own clock, which is known to be wrong only since the response that showed the outcome.
    ordered_at = intent.at - session.source.skew
    # The lease first: a podtop that ends in between finds the draft again, and no pod runs on without either.
    await session.leases.set_for(draft, outcome.pod, intent.name, ordered_at, session.tz)
    await session.drafts.keep(None)


def _unique(stem: str) -> str:
    """A name that no other pod has."""
    import secrets

    from tui.domain import deploy_draft

    return deploy_draft.unique(stem, secrets.token_hex(2))
