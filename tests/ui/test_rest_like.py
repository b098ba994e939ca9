"""The program in front of an API that lacks what REST v2 lacks: what is said, what is refused, what is asked."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.make import funds, pod, snapshot
from tests.rest_like import OF_MARKET, OF_PODS
from tests.ui.conftest import OFFERS, PODS, HeldCloud, Launch, Running
from tui.api.capabilities import Capability, not_offered
from tui.api.enums import BillingMode, PodStatus
from tui.api.features import Feature
from tui.api.models import Funds, Market, Snapshot
from tui.domain import offered
from tui.domain.events import Kind
from tui.ui.modals.watch import WatchDialog
from tui.ui.widgets.choice import Choice

LACKS = OF_PODS | {Feature.BALANCE, Feature.SPEND_LIMIT}
ABSENT = (
    Capability.COUNTRIES, Capability.LEDGER, Capability.READMES, Capability.PROFILE, Capability.HOSTS,
    Capability.CPU_TYPES, Capability.BID_RESUME, Capability.RENT, Capability.ACCOUNT,
)  # fmt: skip


def bare(told: Snapshot) -> Snapshot:
    pods = tuple(
        replace(p, kind=None, status_change=None, cost_per_hr=p.cost_per_hr if p.status == "RUNNING" else None)
        for p in told.pods or ()
    )
    return replace(told, funds=Funds("user_1", None, None, None), pods=pods, lacks=LACKS)


def bare_market() -> Market:
    offers = tuple(
        replace(o, **{n: None if q is None else replace(q, spot=None)
                      for n, q in (("secure", o.secure), ("community", o.community))})
        for o in OFFERS.offers
    )  # fmt: skip
    return replace(OFFERS, offers=offers, lacks=OF_MARKET)


class Restful(HeldCloud):
    """Counts the requests for what it does not offer."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[Capability] = []
        for capability in ABSENT:
            setattr(self, capability.value, self._refusing(capability))

    def offers(self, capability: Capability) -> bool:
        return capability not in ABSENT and super().offers(capability)

    def _refusing(self, capability: Capability) -> Any:
        async def refuse(*values: object) -> None:
            self.refused.append(capability)
            raise not_offered(capability)

        return refuse


def told(run: Running) -> list[str]:
    return [event.text for event in run.app.fleet.events if event.kind is Kind.ALERTS_OFF]


@pytest.mark.wide
async def test_the_switch_to_an_api_that_lacks_much(launch: Launch) -> None:
    async with launch(cloud=Restful()) as run:
        assert "◌" not in run.text().splitlines()[1]
        await run.poll(fleet=bare(PODS), market=bare_market())
        for _ in range(3):
            await run.poll()
        money = run.text().splitlines()[1]
        assert "balance ◌" in money
        assert "pods $14.13/h" in money
        assert "runway ◌" in money
        assert "spend" not in money
        assert len(told(run)) == 1
        assert {"low runway", "outbid"} <= set(told(run)[0].partition(" (")[0].split(", "))
        assert run.toasts().count("alerts off") == 1
        # A watch on a bid, and filters of hosts, are refused with a word.
        await run.press("2", "w")
        await run.wait(1)
        assert isinstance(run.app.screen, WatchDialog)
        run.app.screen.query_one("#watch-way", Choice).focus()
        await run.press("right")
        assert f"spot prices {offered.WORDS}" in run.text()
        assert run.app.screen.query_one("#do").disabled
        await run.press("escape")
        await run.wait(1)
        await run.press("f", *"memory=64", "enter")
        assert f"memory=64: {offered.WORDS}" in run.text()
        await run.press("escape")
        # So is a spot deploy.
        await run.press("D")
        await run.wait(1)
        run.app.screen.query_one("#field-way", Choice).focus()
        await run.press("right")
        assert "spot, with a bid" in run.text()
        assert "Fix: Pricing" in " ".join(run.text().split())
        assert "◌ not offered by this API" in run.text()
        await run.afresh()
        # Screens of what is not offered say that, and are not requested again and again.
        for keys, words in ((("2", "right", "right"), "This API offers no CPU types"),
                            (("3", "right"), "This API offers no charges"), (("4",), "This API offers no machines"),
                            (("2", "left", "left"), "GPUs")):  # fmt: skip
            await run.press(*keys)
            await run.settle()
            asked = len(run.cloud.refused)  # type: ignore[attr-defined]
            for _ in range(3):
                await run.poll()
            assert words in run.text()
            assert len(run.cloud.refused) == asked  # type: ignore[attr-defined]
        assert run.app.crash is None


async def test_an_account_that_is_billed_afterwards_and_statuses_of_rest(launch: Launch) -> None:
    cloud = Restful()
    later = replace(funds(-2.0, 5.0), billing_mode=BillingMode.POSTPAID)
    pods = (
        pod("a", name="starts", status=PodStatus.PROVISIONING, utils=None),
        pod("b", name="broken", status=PodStatus.ERROR, utils=None, cost=None),
        replace(pod("c", name="member"), cluster_id="cl-7"),
    )
    cloud.fleet_answer = snapshot(*pods, funds=later)
    async with launch(cloud=cloud, size=(80, 24)) as run:
        await run.poll()
        text = run.text()
        assert "owes $2.00" in text
        assert "billed afterwards" in text
        assert "runway" not in text
        assert "◔ booting" in text
        assert "▲ error" in text
        assert "member cluster" in text
        await run.press("G", "k", "T")
        await run.wait(1)
        dialog = " ".join(run.text().replace("│", " ").split())
        assert "Member of cluster cl-7: RunPod will refuse" in dialog
        assert "Billed afterwards: no runway." in dialog
        assert "owes" not in dialog
        await run.press("escape")
        assert run.app.crash is None
