"""The form of a deploy: all inputs of both ways to rent, checked as they are typed, with the price beside them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import tzinfo
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from msgspec.structs import replace
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.timer import Timer
from textual.widgets import Button, Input, Label, Static

from tui.api.cloud import CloudError
from tui.api.secret import Secret
from tui.store import draft as drafts
from tui.store.draft import Draft, Price
from tui.store.fields import BY_NAME, FIELDS, Field, Kind, fields
from tui.ui import format as fmt
from tui.ui.cells import Cell
from tui.ui.modals.dialog import Dialog
from tui.ui.widgets.choice import Choice

if TYPE_CHECKING:
    from tui.api.account import Template
    from tui.api.models import Funds, Offer

KEPT_AFTER = 1.0
"""Seconds after the last key at which a draft is kept."""

WIDE = 100


class Answer(Struct, frozen=True):
    """What is to be ordered, and the price that was shown for it."""

    draft: Draft
    price: Price


class Sources(Struct, frozen=True):
    """What the form looks at, live.

    offers, funds: the market's and the account's last answers.
    names:     of the pods there are.
    templates: of the account, asked for when the field is entered; raises CloudError.
    clock:     now.
    save:      keeps a draft.
    """

    offers: Callable[[], tuple[Offer, ...]]
    funds: Callable[[], Funds | None]
    names: Callable[[], frozenset[str]]
    templates: Callable[[], Awaitable[tuple[Template, ...]]]
    clock: Callable[[], float]
    save: Callable[[Draft], None]
    tz: tzinfo | None


class Variable(Horizontal):
    """One variable: its name, and its value, which is not shown."""

    class Pasted(Message):
        """Lines of NAME=VALUE were pasted."""

        def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
            super().__init__()
            self.pairs = pairs

    def __init__(self, name: str = "", value: Secret | None = None) -> None:
        super().__init__(classes="variable")
        self._pair = name, value

    def compose(self) -> ComposeResult:
        name, value = self._pair
        yield Input(name, placeholder="NAME", compact=True, classes="variable-name")
        yield Input(value.reveal() if value else "", placeholder="value", password=True, compact=True)

    @property
    def pair(self) -> tuple[str, Secret | None]:
        name, value = self.query(Input).results()
        text = value.value
        return name.value.strip(), Secret(text) if text else None

    def on_paste(self, event: events.Paste) -> None:
        lines = [line.partition("=") for line in event.text.splitlines() if "=" in line and not line.startswith("#")]
        pairs = tuple((name.removeprefix("export ").strip(), value.strip().strip("'\"")) for name, _, value in lines)
        if pairs:
            event.stop()
            event.prevent_default()
            self.post_message(self.Pasted(pairs))


class DeployForm(Dialog[Answer | None]):
    """Ends with what is to be ordered, or None; the draft is kept either way."""

    # What is typed here spends nothing: the question that follows is the one that waits for quiet.
    WAITS_FOR_QUIET = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", id="deploy.leave", tooltip="Leave; the draft is kept"),
        Binding("ctrl+s", "order", "order", id="deploy.order", tooltip="Go on to the order"),
        Binding("ctrl+n", "anew", "begin anew", id="deploy.anew", tooltip="Forget the draft and begin anew"),
        Binding("up", "app.focus_previous", "back", id="deploy.back", show=False, tooltip="The field before"),
        Binding("down", "app.focus_next", "on", id="deploy.on", show=False, tooltip="The next field"),
    ]

    def __init__(
        self, draft: Draft, fresh: Draft, sources: Sources, kept: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(clock)
        self.draft = draft
        self._fresh = fresh
        self._sources = sources
        self._kept = kept
        self._folded = True
        self._touched: set[str] = set(draft.values) if kept else set()
        self._templates: dict[str, Template] | None = None
        self._note = ""
        self._saving: Timer | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="deploy"):
            with Horizontal(id="deploy-body"):
                with VerticalScroll(id="deploy-form", can_focus=False):
                    yield from (self._row(field) for field in FIELDS if field.common)
                    yield Button("", id="deploy-fold", compact=True)
                    yield from (self._row(field) for field in FIELDS if not field.common)
                yield Static(id="deploy-price")
            yield Static(id="deploy-help")
            with Horizontal(id="deploy-buttons"):
                yield Button("Cancel", id="deploy-cancel", compact=True)
                yield Button("Deploy …", id="deploy-order", compact=True)

    def _row(self, field: Field) -> Vertical:
        return Vertical(
            Horizontal(Label(field.label, markup=False), *self._control(field), classes="row-line"),
            Static("", classes="fault", markup=False),
            id=f"row-{field.name}",
            classes="row",
        )

    def _control(self, field: Field) -> tuple[Choice | Input | Vertical, ...]:
        text = self.draft[field.name]
        match field.kind:
            case Kind.CHOICE:
                return (Choice(field.options, text, f"field-{field.name}"),)
            case Kind.ENV:
                rows = (Variable(name, value) for name, value in (*self.draft.env, ("", None)))
                return (Vertical(*rows, id="variables"),)
            case Kind.HIDDEN:
                return (Input("", password=True, compact=True, id=f"field-{field.name}"),)
            case _:
                names = [offer.name for offer in self._sources.offers()] if field.name == "gpu_type_id" else []
                suggest = SuggestFromList(names, case_sensitive=False) if names else None
                return (Input(text, placeholder=field.hint, compact=True, id=f"field-{field.name}", suggester=suggest),)

    def on_mount(self) -> None:
        super().on_mount()
        box = self.query_one("#deploy")
        box.border_title = "Deploy a pod"
        box.border_subtitle = "tab on · ^s order · ^n anew · esc leaves, the draft is kept"
        for field in self.query(Input):
            field.cursor_blink = False
        self.query_one("#field-gpu_count").focus()
        if self._kept:
            self._note = "This is the draft of before; ctrl+n begins anew."
        self._show()

    # What is shown

    def _show(self) -> None:
        draft, sources = self.draft, self._sources
        shown = {field.name for field in fields(draft.way, self._folded)}
        wrong = self._faults()
        for field in FIELDS:
            row = self.query_one(f"#row-{field.name}")
            row.display = field.name in shown
            fault = wrong.get(field.name, "") if field.name in self._touched else ""
            line = row.query_one(".fault", Static)
            line.display = bool(fault)
            line.update(f"▲ {fault}" if fault else "")
        hidden = len(fields(draft.way, folded=False)) - len(fields(draft.way, folded=True))
        fold = self.query_one("#deploy-fold", Button)
        fold.label = Text(f"▸ {hidden} more" if self._folded else f"▾ {hidden} more")
        self.set_class(self.app.size.width < WIDE, "-narrow")
        self.set_class(self._folded, "-folded")
        cost = drafts.price(draft, sources.offers(), sources.funds())
        self.query_one("#deploy-price", Static).update(self._price(cost, len(wrong)))
        order = self.query_one("#deploy-order", Button)
        order.disabled = bool(wrong)
        self._show_help()

    def _faults(self) -> dict[str, str]:
        sources = self._sources
        return drafts.faults(self.draft, sources.offers(), sources.names(), sources.clock(), sources.tz)

    def _text(self, *lines: Cell) -> Text:
        return Text("\n").join(self.text(line, "#deploy") for line in lines)

    def _price(self, cost: Price, wrong: int) -> Text:
        funds = self._sources.funds()
        to = "up to " if cost.up_to else ""
        gpus = "unknown" if cost.gpus is None else f"{to}{fmt.money(cost.gpus)}/h"
        disks = "unknown" if cost.disks is None else f"{fmt.money(cost.disks, 3)}/h"
        day = "unknown" if cost.per_hr is None else f"{to}{fmt.money(cost.per_hr * 24)}"
        balance = "unknown" if funds is None or funds.balance is None else fmt.money(funds.balance)
        warn: Cell = (("▲ less than an hour's balance", "bad"),) if cost.short else ()
        state: Cell = ((f"▲ {wrong} to mend", "warn"),) if wrong else (("✓ can be ordered", "good"),)
        if self.has_class("-narrow"):
            runway = f"{fmt.duration(cost.before)} → {fmt.duration(cost.after)}"
            first: Cell = (("GPUs ", "muted"), (gpus, "strong"), ("  a day ", "muted"), (day, "text"))
            return self._text(first, (("runway ", "muted"), (runway, "text"), ("  ", "text"), *(warn or state)))
        rows = (
            ("GPUs", gpus, "strong"), ("disks", disks, "text"), ("a day", day, "text"), ("balance", balance, "text"),
            ("runway now", fmt.duration(cost.before), "text"),
            ("with it", fmt.duration(cost.after), "warn" if cost.short else "text"),
        )  # fmt: skip
        lines: list[Cell] = [((f"{label:<11}", "muted"), (value, role)) for label, value, role in rows]
        return self._text((("Price", "key"),), *lines, (), state, *((warn,) if warn else ()))

    def _show_help(self) -> None:
        name = self._focused_field()
        words = BY_NAME[name].help if name else ""
        self.query_one("#deploy-help", Static).update(self._text(((self._note or words, "muted"),)))

    def _focused_field(self) -> str:
        node = self.focused
        while node is not None and node is not self:
            if node.id and node.id.startswith("row-"):
                return node.id.removeprefix("row-")
            node = node.parent  # type: ignore[assignment]
        return ""

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        name = self._focused_field()
        if name:
            self._note = "" if not self._kept or self._touched - set(self.draft.values) else self._note
            event.widget.scroll_visible(animate=False)
        if name == "template_id" and self._templates is None:
            self._templates = {}
            self.run_worker(self._ask_templates(), name="templates")
        self._show_help()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        # What was passed by is judged; what was not reached yet is not.
        name = next((n.id for n in event.widget.ancestors_with_self if n.id and n.id.startswith("row-")), "")
        if name:
            self._touched.add(name.removeprefix("row-"))
            self._show()

    async def _ask_templates(self) -> None:
        self._note = "◌ asking RunPod for your templates"
        self._show_help()
        try:
            found = await self._sources.templates()
        except CloudError as error:
            self._templates = None
            self._note = f"▲ no templates: {error}"
        else:
            self._templates = {one.name: one for one in found if one.name and not one.serverless}
            names = sorted(self._templates)
            self.query_one("#field-template_id", Input).suggester = SuggestFromList(names, case_sensitive=False)
            self._note = f"Your templates: {', '.join(names)}" if names else "You have no templates; an id will do."
        self._show_help()

    # What is typed

    @on(Input.Changed)
    def _input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id is None:
            self._take_variables()
        else:
            self._take(event.input.id.removeprefix("field-"), event.value)

    @on(Choice.Changed)
    def _choice_changed(self, event: Choice.Changed) -> None:
        event.stop()
        name = (event.choice.id or "").removeprefix("field-")
        self._touched.add(name)
        self._take(name, event.value)

    def _take(self, name: str, text: str) -> None:
        self.draft = self.draft.typed(name, text)
        if name in self._touched or text:
            self._touched.add(name)
        self._keep_soon()
        self._show()

    def _take_variables(self) -> None:
        pairs = [row.pair for row in self.query(Variable)]
        self.draft = replace(self.draft, env=tuple((name, value) for name, value in pairs if name or value))
        if not pairs or any(pairs[-1]):
            self.query_one("#variables").mount(Variable())
        self._keep_soon()
        self._show()

    @on(Variable.Pasted)
    def _variables_pasted(self, event: Variable.Pasted) -> None:
        event.stop()
        box = self.query_one("#variables")
        box.mount(*(Variable(name, Secret(value)) for name, value in event.pairs), before=0)
        self.call_after_refresh(self._take_variables)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        found = (self._templates or {}).get(event.value.strip()) if event.input.id == "field-template_id" else None
        if found is not None:
            self._fill(drafts.from_template(self.draft, found))
        self.focus_next()

    def _fill(self, draft: Draft) -> None:
        """Put a draft into the fields."""
        self.draft = draft
        with self.prevent(Input.Changed, Choice.Changed):
            for field in FIELDS:
                for found in self.query(f"#field-{field.name}"):
                    if isinstance(found, Input):
                        secret = draft.secrets.get(field.name)
                        found.value = secret.reveal() if secret else draft[field.name]
                    elif isinstance(found, Choice):
                        found.value = draft[field.name]
        self._keep_soon()
        self._show()

    @on(Button.Pressed, "#deploy-fold")
    def _fold(self) -> None:
        self._folded = not self._folded
        self._show()

    def _keep_soon(self) -> None:
        if self._saving is not None:
            self._saving.stop()
        self._saving = self.set_timer(KEPT_AFTER, self._keep)

    def _keep(self) -> None:
        self._saving = None
        self._sources.save(self.draft)

    # How it ends

    async def action_anew(self) -> None:
        self._kept, self._note, self._touched = False, "", set()
        await self.query(Variable).remove()
        await self.query_one("#variables").mount(Variable())
        self._fill(self._fresh)
        self.query_one("#field-gpu_count").focus()

    @on(Button.Pressed, "#deploy-cancel")
    def action_leave(self) -> None:
        self._leave(None)

    @on(Button.Pressed, "#deploy-order")
    def action_order(self) -> None:
        """Go on to the last question, where nothing is wrong."""
        wrong = self._faults()
        if wrong:
            self._touched.update(wrong)
            if any(not BY_NAME[name].common for name in wrong):
                self._folded = False
            self._note = "; ".join(f"{BY_NAME[name].label}: {words}" for name, words in list(wrong.items())[:2])
            self._show()
            return
        cost = drafts.price(self.draft, self._sources.offers(), self._sources.funds())
        self._leave(Answer(self.draft, cost))

    def _leave(self, answer: Answer | None) -> None:
        if self._saving is not None:
            self._saving.stop()
        self._keep()
        self.end(answer)
