"""Nothing goes out unseen: every input that is not as by default stands in the form, and in the last question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Button, Input

from tests.make import funds
from tests.ui.conftest import HeldCloud, Launch
from tests.ui.test_deploy import form, shown
from tests.ui.test_deploy_form import FRESH, NOW, OFFERS, Stage
from tests.ui.test_deploy_form import shown as staged
from tui.api.secret import Secret
from tui.domain import deploy_draft as drafts
from tui.domain import deploy_order
from tui.domain.action import order_inputs
from tui.domain.deploy_draft import STARTING, Draft
from tui.domain.deploy_fields import FIELDS, Field, Kind, fields
from tui.domain.market_watch import MarketWatch
from tui.ui.modals.deploy import DeployForm
from tui.ui.modals.question import QuestionDialog
from tui.ui.primitives.question import Question
from tui.ui.render.deploy_question import anew, question
from tui.ui.render.watch_question import deploys

SECRET = "hf_verysecret"


def _other(field: Field) -> str:
    """A value that is not the default."""
    match field.kind:
        case Kind.CHOICE:
            default = STARTING.get(field.name, field.options[0][0])
            return next(value for value, _ in field.options if value != default)
        case Kind.WHOLE:
            return str(max(field.least, 7))
        case Kind.DOLLARS:
            return "7.25"
        case Kind.WHEN:
            return "9h"
        case Kind.PORTS:
            return "9999/tcp"
        case _:
            return {"gpu_type_id": "RTX 4090", "country": "SE", "volume_mount_path": "/data"}.get(
                field.name, f"odd-{field.name}"
            )


def _with(draft: Draft, field: Field, value: str) -> Draft:
    if field.kind is Kind.ENV:
        return replace(draft, env=((value, Secret(SECRET)),))
    return draft.typed(field.name, SECRET if field.kind is Kind.HIDDEN else value)


def _set(field: Field) -> Draft:
    draft = FRESH if "demand" in field.ways else FRESH.typed("way", "spot").typed("bid_per_gpu", "2")
    return _with(draft, field, _other(field))


def _words(asked: Question) -> str:
    head = "".join(part for part, _ in asked.line)
    return "\n".join((asked.title, head, *(point.text for point in asked.points)))


def _asked(draft: Draft) -> str:
    return _words(question(draft, OFFERS, funds(1000.0, 1.0), (), NOW, UTC))


def _told(field: Field) -> str:
    if field.kind is Kind.CHOICE:
        return dict(field.options)[_other(field)].partition(",")[0]
    return field.label.partition(",")[0] if field.kind is Kind.HIDDEN else _other(field)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_the_last_question_names_every_input_that_is_not_as_by_default(field: Field) -> None:
    draft = _set(field)
    for said in (_asked(draft), _words(anew(draft))):
        assert _told(field) in said
        assert SECRET not in said
    # And of what is as by default there is no word.
    assert field.label.partition(",")[0] + ":" not in _asked(FRESH)


@pytest.mark.parametrize("field", [f for f in FIELDS if not f.common and "demand" in f.ways], ids=lambda f: f.name)
def test_an_armed_watch_names_them_too(field: Field) -> None:
    vigil = MarketWatch("v", NOW, gpus=("NVIDIA H100 SXM",), names=("H100 SXM",))
    said = _words(deploys(vigil, _set(field), 10.0, 3, funds(1000.0, 1.0), OFFERS))
    assert _told(field) in said
    assert SECRET not in said


@example({"compute", "gpu_count"}, "spot")
@given(st.sets(st.sampled_from([f.name for f in FIELDS])), st.sampled_from(["demand", "spot"]))
def test_whatever_of_an_order_differs_from_the_plain_one_is_named(names: set[str], way: str) -> None:
    draft = FRESH.typed("way", way)
    if way == "spot":
        draft = draft.typed("bid_per_gpu", "2")
    for field in FIELDS:
        if field.name in names - {"way", "lease"}:
            draft = _with(draft, field, _other(field))
    plain = order_inputs(deploy_order.order(FRESH.typed("way", way).typed("bid_per_gpu", "2"), OFFERS, NOW, UTC))
    made = order_inputs(deploy_order.order(draft, OFFERS, NOW, UTC))
    told = {field.name for field, _ in drafts.inputs(draft)}
    differs = {name for name in made if made[name] != plain.get(name)}
    assert differs <= told
    said = _asked(draft)
    assert all(_told(field) in said for field in FIELDS if field.name in names & told - {"way"})
    assert SECRET not in said


@given(st.sets(st.sampled_from([f.name for f in FIELDS if f.kind not in (Kind.ENV, Kind.HIDDEN)])))
def test_an_emptied_input_is_named_as_well(names: set[str]) -> None:
    draft = FRESH
    for name in names:
        draft = draft.typed(name, "")
    told = {field.name for field, _ in drafts.inputs(draft)}
    choices = {f.name for f in FIELDS if f.kind is Kind.CHOICE}
    assert {name for name in names if STARTING.get(name)} - choices <= told


async def until(pilot: Pilot[None], so: Callable[[], bool]) -> None:
    for _ in range(6_000):
        if so():
            return
        await pilot.pause(0.005)
    raise AssertionError("it never came to be so")


def _label(screen: Any) -> str:
    return " ".join(str(screen.query_one("#deploy-fold", Button).label).split())


@pytest.mark.wide
@pytest.mark.parametrize("step", [7, 1])
async def test_the_form_opens_by_itself_and_says_which_are_set(step: int) -> None:
    """One form for all fields: each draft is put into it, as a template's is."""
    app = Stage(FRESH)
    async with staged(app, (80, 24)) as pilot:
        form = app.form
        for field in [field for field in FIELDS if "demand" in field.ways][::step]:
            draft = _set(field)
            # Opened with it, and filled with it while it is open.
            assert DeployForm(draft, FRESH, form._sources, kept=True)._folded is field.common, field.name
            form._folded = True
            await form._fill(draft)
            assert form._folded is field.common, field.name
            hidden = sum(not one.common for one in fields(draft.way, folded=False))
            told = "" if field.common else f" · 1 set: {field.label.partition(',')[0]}"
            assert _label(form) == f"{'▸' if field.common else '▾'} {hidden} more fields{told}"
            assert field.name not in form._rows or form._rows[field.name].display
        await pilot.pause()


@pytest.mark.wide
async def test_folded_fields_are_made_when_they_are_first_shown_with_what_is_in_the_draft() -> None:
    app = Stage(FRESH)
    async with staged(app, (80, 24)) as pilot:
        form = app.form
        few = len(form.query("*"))
        assert not form.query("#field-country")
        await form._fold()
        # Composed, each by itself.
        await until(pilot, lambda: bool(form.query("#field-global_network")))
        many = len(form.query("*"))
        assert many > 2 * few
        form.query_one("#field-country", Input).value = "SE"
        await until(pilot, lambda: form.draft["country"] == "SE")
        for _ in range(2):
            await form._fold()
            await pilot.pause()
        # Only once, and with what was typed.
        assert len(form.query("*")) == many
        assert (form.query_one("#field-country", Input).value, form.draft["country"]) == ("SE", "SE")


@pytest.mark.wide
async def test_what_is_wrong_in_the_fold_opens_it_and_is_gone_to() -> None:
    # Not in the fold's words where it is folded by hand: without it, it could not be ordered, and no one saw why.
    app = Stage(FRESH.typed("country", "USA"))
    async with staged(app, (80, 24)) as pilot:
        await app.form._fold()
        assert app.screen.has_class("-folded")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "field-country")
        assert not app.screen.has_class("-folded")
        await until(pilot, lambda: "two letters" in app.text())


@pytest.mark.wide
async def test_a_fold_that_is_closed_by_hand_goes_on_saying_what_is_set() -> None:
    draft = FRESH
    hidden = [f for f in FIELDS if not f.common and "demand" in f.ways]
    for field in hidden:
        draft = _with(draft, field, _other(field))
    app = Stage(draft, kept=True)
    async with staged(app, (80, 24)) as pilot:
        screen: Any = app.screen
        screen.query_one("#deploy-fold", Button).press()
        await pilot.pause()
        assert screen.has_class("-folded")
        label = " ".join(str(screen.query_one("#deploy-fold", Button).label).split())
        assert f"{len(hidden)} set: " in label
        assert all(field.label.partition(",")[0] in label for field in hidden)


@pytest.mark.wide
async def test_the_question_before_a_kept_draft_of_another_gpu_shows_what_was_folded(launch: Launch) -> None:
    async with launch(size=(120, 40)) as run:
        await form(run)
        for name, text in (("docker_args", "--epochs 3"), ("country", "SE"), ("deploy_cost", "24")):
            run.app.screen.draft = run.app.screen.draft.typed(name, text)  # type: ignore[attr-defined]
        run.app.screen._keep()  # type: ignore[attr-defined]
        await run.press("escape")
        await run.settle()
        await run.press("escape", "slash", *"4090", "enter")
        await run.settle()
        await run.press("D")
        await shown(run, DeployForm)
        assert run.app.screen.draft["gpu_type_id"] == "RTX 4090"  # type: ignore[attr-defined]
        text = run.text()
        assert "Restored draft: deploy RTX 4090" in text
        assert "3 set: Command, Country, Max price" in text
        await run.press("ctrl+s")
        await shown(run, QuestionDialog)
        for words in ("Command: --epochs 3", "Country: SE", "Max price: 24 $/h"):
            assert words in run.text()
        assert run.cloud.orders == []


@pytest.mark.wide
async def test_what_was_only_opened_is_not_asked_about_before_it_is_begun_anew(launch: Launch) -> None:
    async with launch() as run:
        await form(run)
        await run.press("ctrl+n")
        await run.settle()
        assert isinstance(run.app.screen, DeployForm)


@pytest.mark.wide
async def test_deploy_is_there_only_where_the_row_means_something(launch: Launch) -> None:
    from tui.api.catalogue import CpuFlavor, CpuFlavors, CpuPrice
    from tui.api.hosts import CpuType
    from tui.api.models import DataCenter, DataCenters

    class Cloud(HeldCloud):
        async def cpu_types(self) -> tuple[CpuType, ...]:
            return (CpuType("epyc", "AMD EPYC", "AMD", 64, 2, "epyc"),)

        async def places(self) -> DataCenters:
            return DataCenters((DataCenter("EU-SE-1", "Sweden", "SE", True, True, True, (), ()),))

        async def cpu_flavors(self) -> CpuFlavors:
            smallest = CpuPrice("cpu3c-2-4", "High", 0.06, None)
            kind = CpuFlavor("cpu3c", "Compute-Optimized", "cpu3", "CPU 3", 2, 32, False, 2.0, 10, smallest)
            return CpuFlavors((kind,))

    async with launch(cloud=Cloud(), size=(120, 40)) as run:
        # Two marked pods are nothing to be like.
        await run.press("space", "j", "space", "D")
        await run.settle()
        assert not isinstance(run.app.screen, DeployForm)
        assert "select one GPU, pod, template, CPU pod or data center" in run.toasts()
        assert "D deploy" not in run.text()
        await run.press("escape", "2", "right")
        await run.settle()
        await run.until("Compute-Optimized")
        await run.press("g", "D")
        await shown(run, DeployForm)
        draft = run.app.screen.draft  # type: ignore[attr-defined]
        assert (draft["compute"], draft["instance_ids"], draft["gpu_type_id"]) == ("CPU", "cpu3c-2-4", "")
        assert draft["name"].startswith("cpu3c-2-4-")
        assert "2 set: Compute, Instances" in run.text()
        await run.press("escape")
        await run.settle()
        for name in ("cpus", "centers", "watches"):
            await run.press("right")
            await run.settle()
            if name == "centers":
                await run.until("EU-SE-1")
                await run.press("g", "D")
                await shown(run, DeployForm)
                draft = run.app.screen.draft  # type: ignore[attr-defined]
                assert (draft["data_center"], draft["cloud"]) == ("EU-SE-1", "SECURE")
                await run.press("escape")
                await run.settle()
                continue
            assert "D deploy" not in run.text()
            await run.press("D")
            await run.settle()
            assert not isinstance(run.app.screen, DeployForm)
