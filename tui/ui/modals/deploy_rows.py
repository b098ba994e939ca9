"""`Row`: a field of the deploy form, and its input widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Label, Static

from tui.api.enums import ComputeKind
from tui.domain.deploy_draft import Draft
from tui.domain.deploy_fields import Field, Kind
from tui.ui.widgets.choice import Choice
from tui.ui.widgets.env_editor import Variable
from tui.ui.widgets.form_input import Entry

if TYPE_CHECKING:
    from tui.api.models import Offer


class Row(Vertical):
    """A field with its label, and its error below. The error may be set before the field is on the screen."""

    def __init__(self, field: Field, control: Choice | Entry | Vertical) -> None:
        self.fault = Static("", classes="fault", markup=False)
        self.fault.display = False
        line = Horizontal(Label(field.label, markup=False), control, classes="row-line")
        self._field, self._control = field, control
        self._told = ""
        super().__init__(line, self.fault, id=f"row-{field.name}", classes="row")

    def tell(self, fault: str) -> bool:
        """Show an error, or none; returns whether that differs from before: most keys change none."""
        if fault == self._told:
            return False
        self._told = fault
        self.fault.update(f"▲ {fault}" if fault else "")
        self.fault.display = bool(fault)
        return True

    def put(self, draft: Draft) -> None:
        """Put the value of a draft into the field; variables have rows of their own."""
        name, control = self._field.name, self._control
        if isinstance(control, Entry):
            secret = draft.secrets.get(name)
            control.value = secret.reveal() if secret else draft[name]
        elif isinstance(control, Choice):
            control.value = draft[name]


def control(field: Field, draft: Draft, offers: Sequence[Offer]) -> Choice | Entry | Vertical:
    """The input widget of a field; offers: of the market, whose names are suggested."""
    text = draft[field.name]
    match field.kind:
        case Kind.CHOICE:
            return Choice(field.options, text, f"field-{field.name}")
        case Kind.ENV:
            rows = (Variable(name, value) for name, value in (*draft.env, ("", None)))
            return Vertical(*rows, id="variables")
        case Kind.HIDDEN:
            secret = draft.secrets.get(field.name)
            return Entry(secret.reveal() if secret else "", password=True, compact=True, id=f"field-{field.name}")
        case _:
            names = [offer.name for offer in offers] if field.name == "gpu_type_id" else []
            suggest = SuggestFromList(names, case_sensitive=False) if names else None
            # A bare example would be mistaken for a value.
            placeholder = hint(field, draft)
            return Entry(text, placeholder=placeholder, compact=True, id=f"field-{field.name}", suggester=suggest)


def hint(field: Field, draft: Draft) -> str:
    """The placeholder of an empty field."""
    if field.name == "gpu_type_id" and draft["compute"] == ComputeKind.CPU:
        return "none: CPU only"
    return f"such as {field.hint}" if field.hint else "none"


def field_of(widget: Widget | None) -> str:
    """The name of the field that a widget belongs to; "" if it belongs to none."""
    nodes = () if widget is None else widget.ancestors_with_self
    return next((node.id.removeprefix("row-") for node in nodes if node.id and node.id.startswith("row-")), "")
