"""The form of a deploy by itself: what is typed, pasted and chosen in it, what it costs to draw, how it looks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from typing import ClassVar
from unittest.mock import patch

import pytest
from msgspec.structs import replace
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Input

from tests.make import funds, offer
from tui.api.account import Template, Templates
from tui.api.errors import Unreachable
from tui.api.models import Funds, Offer, Quote
from tui.api.secret import Secret
from tui.domain import deploy_draft as drafts
from tui.domain import deploy_order
from tui.domain.deploy_draft import Draft
from tui.domain.deploy_fields import fields
from tui.files.paths import styles_dir
from tui.ui import themes
from tui.ui.modals.deploy import DeployForm
from tui.ui.modals.deploy_values import Answer, Sources
from tui.ui.terminal.terminal_app import LATER_STYLES, STYLES
from tui.ui.widgets.env_editor import Variable, pairs_of
from tui.ui.widgets.form_input import Entry

NOW = 1_795_435_200.0  # 2026-11-23 12:00 UTC
OFFERS = (
    offer("H100 SXM", Quote(2.99, 1.75, "High"), Quote(2.69, 1.5, "Low")),
    offer("RTX 4090", Quote(0.69, 0.35, "Medium"), None, memory=24),
    offer("B200", Quote(None, None, None), None, memory=180),
)
FRESH = drafts.from_offer(OFFERS[0], "7f3a")
TEMPLATE = Template(
    "tpl1", "sd [webui]", "a1111:latest", None, "3000/http", (), 30, 40, "/data", None,
    False, False, False, False, False, None, None,
)  # fmt: skip
SECRET = "hf_verysecret"


class Stage(App[None]):
    """The form, and what it looks at, in a test's hand."""

    CSS_PATH: ClassVar = [str(styles_dir() / f"{name}.tcss") for name in (*STYLES, *LATER_STYLES)]

    def __init__(self, draft: Draft = FRESH, kept: bool = False, theme: str = themes.DEFAULT) -> None:
        super().__init__()
        for one in themes.OWN:
            self.register_theme(one)
        self.theme = theme
        self.offers: tuple[Offer, ...] = OFFERS
        self.funds: Funds | None = funds(40.0, 4.0)
        self.templates: asyncio.Future[Templates] | None = None
        self.saved: list[Draft] = []
        self.answers: list[Answer | None] = []
        sources = Sources(
            lambda: self.offers, lambda: self.funds, lambda: frozenset({"taken"}), self._ask, lambda: NOW,
            self.saved.append, UTC,
        )  # fmt: skip
        self.form = DeployForm(draft, FRESH, sources, kept)

    async def _ask(self) -> Templates:
        self.templates = asyncio.get_running_loop().create_future()
        return await self.templates

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.variable_defaults(self.current_theme)

    def on_mount(self) -> None:
        self.push_screen(self.form, self.answers.append)

    def text(self) -> str:
        lines = self.screen._compositor.render_strips()
        return "\n".join("".join(part.text for part in line).rstrip() for line in lines[: self.size.height])


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(2):
        await pilot.pause()


@asynccontextmanager
async def shown(app: Stage, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[None]]:
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield pilot


async def go(pilot: Pilot[None], where: str) -> None:
    pilot.app.screen.query(where).first().focus()
    await settle(pilot)


async def unfold(pilot: Pilot[None]) -> None:
    if pilot.app.screen.has_class("-folded"):
        pilot.app.screen.query_one("#deploy-fold", Button).press()
        await settle(pilot)


async def paste(pilot: Pilot[None], text: str) -> None:
    pilot.app.post_message(events.Paste(text))
    await settle(pilot)


# Variables


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("A=1", (("A", "1"),)),
        ("# of HF\nexport A='x y'\n\nB_2=\"q\"", (("A", "x y"), ("B_2", "q"))),
        ("A=it's", (("A", "it's"),)),
        ("URL=https://x/?a=b==", (("URL", "https://x/?a=b=="),)),
        ("A=1\nnot one", ()),
        ("dGVz+dA==", ()),
        ("", ()),
        ("# nothing", ()),
    ],
)
def test_lines_of_variables_are_read(text: str, pairs: tuple[tuple[str, str], ...]) -> None:
    assert tuple((name, value.reveal()) for name, value in pairs_of(text)) == pairs


async def test_a_pasted_variable_never_shows_its_value() -> None:
    app = Stage()
    async with shown(app) as pilot:
        await go(pilot, ".variable-name")
        await paste(pilot, f"HF_TOKEN={SECRET}\nexport WANDB='w b'\n")
        assert app.form.draft.env == (("HF_TOKEN", Secret(SECRET)), ("WANDB", Secret("w b")))
        assert SECRET not in app.text()
        assert SECRET not in app.export_screenshot()
        assert "HF_TOKEN" in app.text()


@pytest.mark.wide
async def test_a_pasted_token_that_ends_in_an_equals_sign_is_a_value() -> None:
    app = Stage()
    async with shown(app) as pilot:
        await go(pilot, ".variable-name")
        await pilot.press("K", "tab")
        await paste(pilot, "dGVzdA==")
        assert app.form.draft.env == (("K", Secret("dGVzdA==")),)
        assert "dGVz" not in app.text()


@pytest.mark.wide
async def test_a_paste_gives_names_that_came_from_disk_their_values() -> None:
    app = Stage(replace(FRESH, env=(("HF_TOKEN", None),)), kept=True)
    async with shown(app) as pilot:
        assert app.screen.query_one("#deploy-order", Button).disabled
        await go(pilot, ".variable-name")
        await paste(pilot, f"HF_TOKEN={SECRET}")
        assert app.form.draft.env == (("HF_TOKEN", Secret(SECRET)),)
        assert not app.screen.query_one("#deploy-order", Button).disabled


async def test_keys_that_come_faster_than_rows_are_made_are_all_taken() -> None:
    app = Stage()
    async with shown(app) as pilot:
        await go(pilot, ".variable-name")
        for key in "TOKEN":
            app.post_message(events.Key(key, key))
        await settle(pilot)
        assert app.form.draft.env == (("TOKEN", None),)
        assert len(app.screen.query(Variable)) == 2


@pytest.mark.wide
async def test_a_variable_without_its_name_and_value_is_none() -> None:
    app = Stage(replace(FRESH, env=(("A", Secret("x")),)))
    async with shown(app) as pilot:
        await go(pilot, ".variable-name")
        await pilot.press("backspace", "tab", "backspace")
        await settle(pilot)
        assert app.form.draft.env == ()


@pytest.mark.wide
async def test_a_volume_key_is_hidden_and_still_there_when_the_form_is_opened_again() -> None:
    app = Stage(FRESH.typed("volume_key", SECRET))
    async with shown(app) as pilot:
        await unfold(pilot)
        assert app.screen.query_one("#field-volume_key", Input).value == SECRET
        await go(pilot, "#field-volume_key")
        assert SECRET not in app.text()
        await pilot.press("ctrl+a", "ctrl+k", "ctrl+u")
        await settle(pilot)
        assert app.form.draft.secrets == {}


# Templates


@pytest.mark.wide
async def test_a_template_fills_the_form_when_one_goes_on_to_the_next_field() -> None:
    app = Stage()
    async with shown(app) as pilot:
        await go(pilot, "#field-template_id")
        assert "loading your templates" in app.text()
        await pilot.press(*"sd [webui]")
        await settle(pilot)
        assert "Fix: Template" in app.text()
        assert app.templates is not None
        app.templates.set_result(Templates((TEMPLATE,)))
        await settle(pilot)
        assert "Your templates: sd [webui]" in app.text()
        await pilot.press("tab")
        await settle(pilot)
        assert (app.form.draft["template_id"], app.form.draft["image"]) == ("tpl1", "a1111:latest")


@pytest.mark.wide
async def test_templates_that_come_late_fill_the_form_too() -> None:
    app = Stage()
    async with shown(app) as pilot:
        await go(pilot, "#field-template_id")
        await pilot.press(*"sd [webui]", "tab", "ctrl+s")
        await settle(pilot)
        assert app.answers == []
        assert "templates are still loading" in app.text()
        await pilot.press("tab")
        assert app.templates is not None
        app.templates.set_result(Templates((TEMPLATE,)))
        await settle(pilot)
        assert app.form.draft["template_id"] == "tpl1"


async def test_an_order_is_not_given_in_the_moment_a_template_changes_it() -> None:
    app = Stage()
    async with shown(app) as pilot:
        await go(pilot, "#field-template_id")
        assert app.templates is not None
        app.templates.set_result(Templates((TEMPLATE,)))
        await settle(pilot)
        await pilot.press(*"sd [webui]", "ctrl+s")
        await settle(pilot)
        assert app.answers == []
        assert "Template applied" in app.text()
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert app.answers[0] is not None
        assert app.answers[0].draft["template_id"] == "tpl1"


@pytest.mark.wide
async def test_without_templates_an_id_will_do() -> None:
    app = Stage()
    async with shown(app) as pilot:
        await go(pilot, "#field-template_id")
        await pilot.press(*"abc")
        assert app.templates is not None
        app.templates.set_exception(Unreachable("RunPod [1] cannot be reached."))
        await settle(pilot)
        assert "RunPod [1] cannot be reached" in app.text()
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert app.answers[0] is not None


# Price and faults


async def test_the_price_follows_the_market_and_the_balance_without_a_key() -> None:
    app = Stage()
    async with shown(app) as pilot:
        assert "up to $2.99/h" in app.text()
        app.offers = (offer("H100 SXM", Quote(4.5, 1.75, "High")),)
        app.funds = funds(1.0, 4.0)
        app.form._look()
        await settle(pilot)
        assert "$4.50/h" in app.text()
        assert "less than 1 h" in app.text()


@pytest.mark.wide
async def test_an_unknown_price_says_so() -> None:
    app = Stage()
    async with shown(app) as pilot:
        await go(pilot, "#field-gpu_type_id")
        await pilot.press(*["backspace"] * 8, *"b200")
        await settle(pilot)
        assert "unknown" in app.text()
        assert "none free" in app.text()
        assert "$0.00" not in app.text()


@pytest.mark.wide
async def test_a_cpu_pod_is_not_shown_with_a_gpu() -> None:
    app = Stage(FRESH.typed("gpu_type_id", "").typed("compute", "CPU").typed("instance_ids", "cpu3c-2-4"))
    async with shown(app) as pilot:
        await go(pilot, "#field-gpu_type_id")
        text = app.text()
        assert "none: CPU only" in text
        assert "A CPU pod has no GPU." in text
        assert "H100" not in text.replace("h100-sxm-7f3a", "")
        assert "CPU pod" in text
        app.form._take("compute", "")
        await settle(pilot)
        assert "such as H100 SXM" in app.text()
        assert "Fix: GPU" in app.text()


@pytest.mark.wide
async def test_the_gpu_field_tells_what_the_market_has() -> None:
    app = Stage()
    async with shown(app) as pilot:
        await go(pilot, "#field-gpu_type_id")
        assert "H100 SXM: secure $2.99 High, community $2.69 Low" in app.text()
        await pilot.press(*["backspace"] * 8)
        await settle(pilot)
        assert "RTX 4090: secure $0.69 Medium" in app.text()


@pytest.mark.wide
async def test_the_first_wrong_field_is_gone_to_and_what_is_wrong_is_named() -> None:
    app = Stage(FRESH.typed("name", "taken").typed("country", "USA"))
    async with shown(app) as pilot:
        assert "Fix: Name, Country" in app.text()
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert app.focused is not None
        assert app.focused.id == "field-name"
        assert "a pod with this name already exists" in app.text()
        assert "two letters" in app.text()
        assert app.answers == []


@pytest.mark.wide
@pytest.mark.parametrize("size", [(60, 20)])
async def test_every_field_is_reached_by_keys_and_seen_with_its_fault(size: tuple[int, int]) -> None:
    app = Stage(FRESH.typed("country", "USA"))
    async with shown(app, size) as pilot:
        await unfold(pilot)
        seen = set()
        await pilot.press("down", "up")
        for _ in range(len(fields("demand", folded=False)) + 8):
            # What the key does; a key itself waits for every widget there is.
            app.screen.focus_next()
            assert app.focused is not None
            if app.focused.id is None or not app.focused.id.startswith("field-"):
                continue
            name = app.focused.id.removeprefix("field-")
            seen.add(name)
            room, row = app.screen.query_one("#deploy-form"), app.form._rows[name]
            for _ in range(100):
                is_seen = row.size.height > 0 and room.region.contains_region(row.region)
                if is_seen and list(app.screen.query(".row.-here")) == [row]:
                    break
                await pilot.pause(0.002)
            else:
                raise AssertionError(f"{name} is not seen:\n{app.text()}")
        assert seen == {field.name for field in fields("demand", folded=False)} - {"env"}


@pytest.mark.wide
async def test_the_end_of_a_long_text_is_seen_while_it_is_typed() -> None:
    app = Stage()
    async with shown(app, (80, 24)) as pilot:
        await go(pilot, "#field-image")
        await pilot.press("end", *("x" * 12), *"-the-end")
        await settle(pilot)
        assert "-the-end" in app.text()
        await pilot.press("home")
        await settle(pilot)
        assert "runpod/pytorch" in app.text()


async def test_a_text_that_a_field_cuts_says_so() -> None:
    app = Stage(FRESH.typed("image", "runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04-with-more"))
    async with shown(app, (80, 24)) as pilot:
        field = app.screen.query_one("#field-image", Entry)
        await go(pilot, "#field-name")
        assert re.search(r"Image +runpod/pytorch:2\.4\.0-py3\.11-[^ ]+…", app.text())
        field.value = "short"
        await settle(pilot)
        assert "short…" not in app.text()
        assert "short" in app.text()
        # Where its end is seen, its beginning is not.
        field.value = "runpod/" + "x" * 90 + "-the-end"
        await go(pilot, "#field-image")
        await pilot.press("end")
        await go(pilot, "#field-name")
        assert re.search(r"Image +(…x+-the-end|runpod/x+…) *│?", app.text())


@pytest.mark.wide
async def test_a_key_lays_nothing_out_again() -> None:
    app = Stage()
    async with shown(app) as pilot:
        await unfold(pilot)
        await go(pilot, "#field-name")
        with patch.object(Screen, "_refresh_layout", autospec=True) as laid_out:
            await pilot.press("a", "b", "c")
            await settle(pilot)
        assert app.form.draft["name"].endswith("abc")
        assert laid_out.call_count == 0


async def test_leaving_keeps_the_draft_and_orders_nothing() -> None:
    app = Stage()
    async with shown(app) as pilot:
        await go(pilot, "#field-name")
        await pilot.press("end", "x", "escape")
        await settle(pilot)
        assert app.answers == [None]
        assert app.saved[-1]["name"] == "h100-sxm-7f3ax"


async def test_an_order_has_the_draft_and_the_price_that_was_shown() -> None:
    app = Stage()
    async with shown(app) as pilot:
        await go(pilot, "#field-gpu_count")
        await pilot.press("backspace", "2", "ctrl+s")
        await settle(pilot)
        (answer,) = app.answers
        assert answer is not None
        assert answer.price.gpus == pytest.approx(5.98)
        assert deploy_order.order(answer.draft, OFFERS, NOW, UTC).gpu_count == 2


# How it looks

Compare = Callable[..., bool]

FILLED = replace(
    FRESH.typed("gpu_count", "4").typed("way", "spot").typed("bid_per_gpu", "1.80"),
    env=(("HF_TOKEN", Secret(SECRET)), ("WANDB_API_KEY", Secret("w"))),
)
WRONG = replace(
    FRESH.typed("gpu_count", "9").typed("name", "taken").typed("ports", "8888").typed("volume_gb", "-1"),
    env=(("HF_TOKEN", None),),
)


MOST = (("wrong", (80, 24)),)
"""What every run looks at: the others show the same in other room."""


def pressing(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def run(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)

    return run


LOOKS = [
    pytest.param(draft, size, id=f"{name}-{size[0]}x{size[1]}", marks=() if (name, size) in MOST else pytest.mark.wide)
    for name, draft in (("filled", FILLED), ("wrong", WRONG))
    for size in ((60, 20), (80, 24), (120, 40))
]


@pytest.mark.parametrize(("draft", "size"), LOOKS)
def test_looks(snap_compare: Compare, draft: Draft, size: tuple[int, int]) -> None:
    assert snap_compare(Stage(draft, kept=True), terminal_size=size, run_before=pressing())


@pytest.mark.wide
def test_looks_light(snap_compare: Compare) -> None:
    app = Stage(WRONG, kept=True, theme=themes.LIGHT.name)
    assert snap_compare(app, terminal_size=(120, 40), run_before=pressing("ctrl+s"))


@pytest.mark.wide
def test_looks_unfolded(snap_compare: Compare) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await unfold(pilot)
        await go(pilot, "#field-stop_after")

    assert snap_compare(Stage(FILLED), terminal_size=(120, 40), run_before=run)
