"""The deploy form in front of an API that takes less: said at the field before anything is sent, and never dropped."""

from __future__ import annotations

import pytest
from textual.widgets import Button

from tests.ui.conftest import PODS, HeldCloud, Launch, Running
from tests.ui.test_deploy import form, put, shown
from tests.ui.test_rest_like import Restful, bare, bare_market
from tui.api.enums import CloudKind
from tui.api.orders import DeployOrder, RentOrder
from tui.api.rest.orders import create_body, objections
from tui.ui.modals.confirm import Confirm
from tui.ui.modals.deploy import DeployForm
from tui.ui.modals.deploy_rows import Row
from tui.ui.modals.question import QuestionDialog
from tui.ui.widgets.choice import Choice


class Takes(Restful):
    """Takes what REST v2 takes, from when it is told to."""

    is_rest = True

    def order_objections(self, order: DeployOrder | RentOrder) -> tuple[tuple[str, str], ...]:
        return objections(order) if self.is_rest else ()


def fault(run: Running, name: str) -> str:
    """The error that is shown below a field."""
    shown = run.app.screen.query_one(f"#row-{name}", Row).fault
    return str(shown.content) if shown.display else ""


def plain(run: Running) -> str:
    """The text of the screen without its frames, as one line."""
    return " ".join(run.text().replace("│", " ").split())


@pytest.mark.wide
async def test_what_cannot_be_ordered_is_said_at_its_field_until_it_can(launch: Launch) -> None:
    cloud = Takes()
    async with launch(cloud=cloud, size=(120, 60)) as run:
        await run.poll(fleet=bare(PODS), market=bare_market())
        await form(run)
        assert run.app.screen.query_one("#field-cloud", Choice).value == CloudKind.SECURE
        assert "✓ Ready to deploy" in run.text()
        await put(run, "country", "SE")
        assert fault(run, "country") == "▲ no country can be chosen; clear it and choose a data center"
        assert "▲ Fix: Country" in run.text()
        await put(run, "stop_after", "8h")
        assert fault(run, "stop_after") == "▲ RunPod takes no timer; let podtop's lease enforce it, or clear it"
        assert run.app.screen.query_one("#deploy-order", Button).disabled
        await put(run, "country", "")
        run.app.screen.query_one("#field-lease").focus()
        await run.press("right")
        await put(run, "deploy_cost", "9")
        assert "podtop compares, and offers to stop a dearer pod" in plain(run)
        assert "✓ Ready to deploy" in run.text()
        await run.press("ctrl+s")
        await shown(run, QuestionDialog)
        assert "podtop stops it at" in run.text()
        assert "RunPod takes no max price over this API" in plain(run)
        assert cloud.orders == []
        await run.press("y")
        await run.until("deployed")
        (order,) = cloud.orders
        assert isinstance(order, DeployOrder)
        assert order.stop_after is None
        assert create_body(order)["cloud"] == "SECURE"


@pytest.mark.wide
async def test_an_objection_is_seen_while_its_field_is_typed_in(launch: Launch) -> None:
    async with launch(cloud=Takes(), size=(80, 24)) as run:
        await run.poll(fleet=bare(PODS), market=bare_market())
        await form(run)
        await put(run, "country", "")
        await run.press("S", "E")
        await run.settle()
        assert "▲ no country can be chosen" in plain(run)


@pytest.mark.wide
async def test_an_api_that_changes_under_the_form_is_noticed(launch: Launch) -> None:
    cloud = Takes()
    cloud.is_rest = False
    async with launch(cloud=cloud) as run:
        await form(run)
        assert run.app.screen.query_one("#field-cloud", Choice).value == CloudKind.EITHER
        assert "✓ Ready to deploy" in run.text()
        await run.press("ctrl+s")
        await shown(run, QuestionDialog)
        cloud.is_rest = True
        await run.press("y")
        await run.until("choose one cloud: secure or community")
        assert isinstance(run.app.screen, QuestionDialog)
        await run.wait(1.0)
        await run.press("escape")
        await run.settle()
        await run.press("D")
        await shown(run, DeployForm)
        assert "Restored draft" in run.text()
        assert fault(run, "cloud") == "▲ choose one cloud: secure or community"
        assert cloud.orders == []


@pytest.mark.parametrize("lacks", [pytest.param(False, marks=pytest.mark.wide), True])
async def test_the_number_of_gpus_is_asked_only_where_it_can_be_chosen(launch: Launch, lacks: bool) -> None:
    cloud = HeldCloud()
    async with launch(cloud=cloud) as run:
        await run.poll(fleet=bare(PODS) if lacks else PODS)
        await run.press("slash", *"dataset", "enter")
        await run.settle()
        await run.press("R")
        await shown(run, Confirm)
        assert bool(run.app.screen.query("#confirm-gpus")) is not lacks
        assert ("another number, or none, is not offered" in plain(run)) is lacks
