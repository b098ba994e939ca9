"""The deploy form: all inputs of both ways to rent, checked on input, with the price beside them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.suggester import SuggestFromList
from textual.timer import Timer
from textual.widgets import Button, Input, Static

from tui.api.enums import ComputeKind
from tui.domain import deploy_draft as drafts
from tui.domain import deploy_price
from tui.domain.deploy_draft import Draft
from tui.domain.deploy_fields import BY_NAME, FIELDS, fields
from tui.files.paths import styles
from tui.ui.key_hints import hints
from tui.ui.modals.deploy_rows import Row, control, field_of, hint
from tui.ui.modals.deploy_templates import NamedTemplates
from tui.ui.modals.deploy_values import Answer, Sources
from tui.ui.modals.dialog import Dialog
from tui.ui.primitives.cells import Cell
from tui.ui.render.deploy_form import fold_words, help_text, price_lines, title, ways
from tui.ui.widgets.choice import Choice
from tui.ui.widgets.env_editor import Pasted, Variable

if TYPE_CHECKING:
    from tui.ui.primitives.question import Question

KEPT_AFTER = 1.0
"""Seconds after the last key at which a draft is saved."""

LOOK_EVERY = 2.0
"""Seconds between two reads of the market and the balance: they are polled while the user types."""

WIDE = 100


class DeployForm(Dialog[Answer | None]):
    """Ends with the order, or None; the draft is saved either way."""

    CSS_PATH = styles("confirm", "deploy")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "close", id="deploy.leave", tooltip="Close; the draft is kept"),
        Binding("ctrl+s", "order", "deploy", id="deploy.order", tooltip="Review and deploy"),
        Binding("ctrl+n", "anew", "reset", id="deploy.anew", tooltip="Discard the draft and start over"),
        # Before the form's own scrolling, which would take these keys when the form is longer than the screen.
        Binding(
            "up", "app.focus_previous", "back", id="deploy.back", show=False, priority=True, tooltip="Previous field"
        ),
        Binding("down", "app.focus_next", "on", id="deploy.on", show=False, priority=True, tooltip="Next field"),
    ]

    def __init__(
        self, draft: Draft, fresh: Draft, sources: Sources, kept: bool, clock: Callable[[], float] = time.monotonic,
        later: bool = False,
    ) -> None:  # fmt: skip
        """`later`: the deploy is prepared, and not ordered now."""
        super().__init__(clock)
        self._later = later
        self.draft = self._begun = draft
        self._fresh = fresh
        self._sources = sources
        self._kept = kept
        self._folded = not drafts.folded_inputs(draft)
        self._touched: set[str] = set(draft.values) if kept else set()
        self._templates = NamedTemplates(sources.templates)
        self._note = ""
        self._note_stays = False
        self._saving: Timer | None = None
        self._drawn: dict[str, Text | str] = {}
        self._framed = ("", "")
        self._rows: dict[str, Row] = {}
        self._keys = ("", "")
        """That order, and that start over."""

    def compose(self) -> ComposeResult:
        self._classify(update=False)  # before any widget exists that would be styled twice
        with Vertical(id="deploy"):
            with Horizontal(id="deploy-body"):
                with VerticalScroll(id="deploy-form", can_focus=False):
                    yield from self._make_rows(common=True)
                    yield Button("", id="deploy-fold", compact=True)
                    if not self._folded:
                        yield from self._make_rows(common=False)
                yield Static(id="deploy-price")
            yield Static(id="deploy-help")
            with Horizontal(id="deploy-buttons"):
                yield Button("Cancel", id="deploy-cancel", compact=True)
                yield Button("Next …" if self._later else "Deploy …", id="deploy-order", compact=True)

    def _make_rows(self, common: bool) -> list[Row]:
        offers = self._sources.offers()
        rows = {f.name: Row(f, control(f, self.draft, offers)) for f in FIELDS if f.common is common}
        self._rows.update(rows)
        return list(rows.values())

    def on_mount(self, event: events.Mount) -> None:
        keys = {hint.id: hint.keys[0] for hint in hints(self.active_bindings)}
        self._keys = keys.get("deploy.order", "^s"), keys.get("deploy.anew", "^n")
        self.query_one("#field-gpu_count").focus()
        if self._kept:
            self._note = f"Restored draft; {self._keys[1]} starts over."
        self._show()
        self.set_interval(LOOK_EVERY, self._look)

    # Display

    def _look(self) -> None:
        if self.is_current:
            self._show()

    def _draw(self, name: str, content: Text | str) -> None:
        """Update a text if it differs: most keys change none."""
        if self._drawn.get(name) != content:
            self._drawn[name] = content
            self.query_one(name, Static).update(content, layout=False)

    def _classify(self, update: bool = True) -> None:
        width = self.app.size.width
        self.update_classes({"-narrow": width < WIDE, "-tiny": self.narrow, "-folded": self._folded}, update=update)

    def _show(self) -> None:
        draft, sources = self.draft, self._sources
        shown = {field.name for field in fields(draft.way, self._folded)}
        unoffered = sources.unoffered(draft)
        wrong = self._faults(unoffered)
        for field in FIELDS:
            row = self._rows.get(field.name)
            if row is None:
                continue
            row.display = field.name in shown
            fault = wrong.get(field.name, "") if field.name in self._touched | unoffered.keys() else ""
            if row.tell(fault) and fault and row.has_class("-here"):
                # Below the last visible line it would say nothing.
                self.call_after_refresh(row.scroll_visible, animate=False)
        # As many lines as it takes: a name that is cut off would be one that is not shown.
        room = max(20, (self.query_one("#deploy-form").size.width or self.app.size.width) - 6)
        text = fold_words(draft, self._folded, room)
        if self._drawn.get("#deploy-fold") != text:
            self._drawn["#deploy-fold"] = text
            self.query_one("#deploy-fold", Button).label = Text(text)
        for gpu in self.query("#field-gpu_type_id").results(Input):
            gpu.placeholder = hint(BY_NAME["gpu_type_id"], draft)
        self._classify()
        self._tell_frame()
        funds, labels = sources.funds(), [f.label.partition(",")[0] for f in FIELDS if f.name in wrong]
        cost = deploy_price.price(draft, sources.offers(), funds)
        lines = price_lines(
            cost, draft["compute"] == ComputeKind.CPU, funds, labels, narrow=self.has_class("-narrow"),
            tiny=self.narrow, lacks=sources.lacks(),
        )  # fmt: skip
        self._draw("#deploy-price", self._text(*lines))
        self.query_one("#deploy-order", Button).disabled = bool(wrong)
        self._show_help()

    def _tell_frame(self) -> None:
        texts = (
            title(self.draft, restored=self._kept, later=self._later),
            ways(*self._keys, later=self._later, width=self.app.size.width),
        )
        if self._framed != texts:
            self._framed = texts
            frame = self.query_one("#deploy")
            self.entitle(frame, texts[0])
            frame.border_subtitle = texts[1]

    def _faults(self, unoffered: Mapping[str, str]) -> dict[str, str]:
        faults = {**unoffered, **self._sources.faults(self.draft)}
        if self._templates.loading and self.draft["template_id"].strip():
            faults.setdefault("template_id", "templates are still loading")
        return faults

    def _text(self, *lines: Cell) -> Text:
        return Text("\n").join(self.text(line, "#deploy") for line in lines)

    def _show_help(self) -> None:
        name = field_of(self.focused)
        text = help_text(BY_NAME[name], self._sources.lacks()) if name else ""
        if name == "gpu_type_id":
            cpu = self.draft["compute"] == ComputeKind.CPU
            matches = drafts.matches(self.draft["gpu_type_id"], self._sources.offers())
            text = "A CPU pod has no GPU." if cpu else matches or text
        self._draw("#deploy-help", self._text(((self._note or text, "muted"),)))

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        name = field_of(self.focused)
        if name:
            is_kept = self._kept and not self._touched - set(self.draft.values)
            self._note = self._note if is_kept or self._note_stays else ""
            self._note_stays = False
            for row in self.query(".row.-here"):
                row.remove_class("-here")
            # Including the error, which stands below it.
            self.query_one(f"#row-{name}").add_class("-here").scroll_visible(animate=False)
        if name == "template_id" and self._templates.begin():
            self.run_worker(self._ask_templates(), name="templates")
        self._show_help()

    async def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        # Fields already passed are checked; fields not reached yet are not.
        name = field_of(event.widget)
        if name == "template_id":
            await self._use_template()
        if name:
            self._touched.add(name)
            self._show()

    async def _use_template(self) -> bool:
        """Fill the form from the named template. Its name alone would be sent as an id, which it is not."""
        template = self._templates.named(self.draft["template_id"])
        if template is not None:
            await self._fill(drafts.from_template(self.draft, template))
        return template is not None

    async def _ask_templates(self) -> None:
        self._note = "◌ loading your templates…"
        self._show_help()
        self._note = await self._templates.load()
        if (names := self._templates.names) is not None:
            self.query_one("#field-template_id", Input).suggester = SuggestFromList(names, case_sensitive=False)
            if field_of(self.focused) != "template_id":
                await self._use_template()
        self._show()

    # Input

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
        before, self.draft = self.draft, self.draft.typed(name, text)
        if name in self._touched or text:
            self._touched.add(name)
        self._keep_soon(before)
        self._show()

    def _take_variables(self) -> None:
        pairs = [row.pair for row in self.query(Variable)]
        before = self.draft
        self.draft = replace(before, env=tuple((name, value) for name, value in pairs if name or value))
        if not pairs or any(pairs[-1]):
            self.query_one("#variables").mount(Variable())
        self._keep_soon(before)
        self._show()

    @on(Pasted)
    async def _variables_pasted(self, event: Pasted) -> None:
        event.stop()
        rows = {row.pair[0]: row for row in self.query(Variable)}
        pairs = dict(event.pairs)
        for name in rows.keys() & pairs.keys():
            rows[name].fill(pairs[name])
        new = [Variable(name, value) for name, value in pairs.items() if name not in rows]
        await self.query_one("#variables").mount(*new, before=0)
        self._take_variables()

    @on(Input.Submitted)
    async def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "field-template_id":
            await self._use_template()
        self.focus_next()

    async def _fill(self, draft: Draft) -> None:
        """Put a draft into the fields."""
        self.draft = draft
        self._put()
        if self._folded and drafts.folded_inputs(draft):
            await self._unfold()
        self._keep_soon()
        self._show()

    def _put(self) -> None:
        """Put the draft into the existing fields."""
        with self.prevent(Input.Changed, Choice.Changed):
            for row in self._rows.values():
                row.put(self.draft)

    async def _unfold(self) -> None:
        """Show the folded fields, which are created when first shown: their values are in the draft."""
        self._folded = False
        if all(field.name in self._rows for field in FIELDS):
            return
        made_of = self.draft
        await self.query_one("#deploy-form").mount_all(self._make_rows(common=False))
        if self.draft is not made_of:
            # Templates that arrived in the meantime may have filled it.
            self._put()

    @on(Button.Pressed, "#deploy-fold")
    async def _fold(self) -> None:
        if self._folded:
            await self._unfold()
        else:
            self._folded = True
        self._show()

    def _keep_soon(self, before: Draft | None = None) -> None:
        if before is not None and drafts.same(before, self.draft):
            # A field also reports its initial value, which nobody typed.
            return
        if self._saving is not None:
            self._saving.stop()
        self._saving = self.set_timer(KEPT_AFTER, self._keep)

    def _keep(self) -> None:
        self._saving = None
        self._sources.save(self.draft)

    # Ending

    def action_anew(self) -> None:
        """Discard the draft, after a question if there is input to lose."""
        if drafts.same(self.draft, self._fresh):
            return
        from tui.ui.modals.question import QuestionDialog
        from tui.ui.render.deploy_question import anew

        question = anew(self.draft)

        async def again() -> Question:
            return question

        def agreed(yes: bool | None) -> None:
            if yes:
                self.run_worker(self._begin_anew(), name="start over")

        dialog = QuestionDialog(question, again, self._clock)
        dialog.account = self.account
        self.app.push_screen(dialog, agreed)

    async def _begin_anew(self) -> None:
        self._kept, self._note, self._touched, self._folded = False, "", set(), True
        await self.query(Variable).remove()
        await self.query_one("#variables").mount(Variable())
        await self._fill(self._fresh)
        self.query_one("#field-gpu_count").focus()

    @on(Button.Pressed, "#deploy-cancel")
    def action_leave(self) -> None:
        self._leave(None)

    @on(Button.Pressed, "#deploy-order")
    async def action_order(self) -> None:
        """Continue to the last question, if there are no errors."""
        if await self._use_template():
            self._note = "Template applied: review the form, then deploy."
            self._show()
            return
        wrong = self._faults(self._sources.unoffered(self.draft))
        if wrong:
            self._touched.update(wrong)
            if any(not BY_NAME[name].common for name in wrong):
                await self._unfold()
            self._show()
            fields = [field for field in FIELDS if field.name in wrong]
            self._note = "; ".join(f"{field.label}: {wrong[field.name]}" for field in fields[:2])
            first = self.query(f"#row-{fields[0].name} *")
            place = next(widget for widget in first if widget.focusable)
            self._note_stays = place is not self.focused
            self._show_help()
            place.focus()
            return
        cost = deploy_price.price(self.draft, self._sources.offers(), self._sources.funds())
        self._leave(Answer(self.draft, cost))

    def _leave(self, answer: Answer | None) -> None:
        if self._saving is not None:
            self._saving.stop()
        if answer is not None or not drafts.same(self.draft, self._begun):
            # A draft that was only viewed does not replace the one that was typed.
            self._keep()
        self.end(answer)
