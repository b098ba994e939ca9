"""`podtop once --schema`: the JSON schema of the documents that podtop prints, made from their types."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct, defstruct

from tui.commands.auto_items import AutoDocument, IdleStopItem
from tui.commands.doctor.report import CheckItem
from tui.commands.envelope import ALWAYS, Document
from tui.commands.exit_codes import Exit
from tui.commands.items import VERSION
from tui.commands.logs import LogItem
from tui.commands.notify import NotifyDocument, WayItem
from tui.commands.printer import ITEMS
from tui.commands.report_items import ReportDocument, ReportItem
from tui.commands.stdio import write


def show_schema() -> int:
    """Print the schema; returns the exit code."""
    write(msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n")
    return Exit.OK


def schema() -> dict[str, Any]:
    """The schema of the documents of every kind."""
    items: dict[str, type[Struct]] = {**ITEMS, "doctor": CheckItem}
    shapes, parts = msgspec.json.schema_components(
        [
            *(_shape(kind, item) for kind, item in items.items()),
            _shape("report", ReportItem, ReportDocument),
            _shape("notify", WayItem, NotifyDocument),
            _shape("auto", IdleStopItem, AutoDocument),
            _line(),
        ],
        ref_template="#/$defs/{name}",
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A document of podtop: once, alerts, market, account, doctor, report, auto or notify; a line of logs",
        "oneOf": list(shapes),
        "$defs": {name: _whole(part) for name, part in parts.items()},
    }


def _shape(kind: str, item: type[Struct], base: type[Document] = Document) -> type[Struct]:
    """The type of the documents of one kind. `base`: that of what they have besides its items."""
    items: Any = tuple[item, ...]  # type: ignore[valid-type]
    own = {"podtop": Literal[VERSION], "kind": Literal[kind], "items": items, **ALWAYS.get(kind, {})}
    return defstruct(f"{kind.capitalize()}Document", [*own.items()], bases=(base,), kw_only=True, frozen=True)


def _line() -> type[Struct]:
    """The type of the lines of logs."""
    return defstruct("LogLine", [("podtop", Literal[VERSION]), ("kind", Literal["log"])], bases=(LogItem,), frozen=True)


def _whole(part: dict[str, Any]) -> dict[str, Any]:
    """A part of the schema in which a field with a default is required: podtop leaves none out."""
    properties = part.get("properties", {})
    required = [name for name, value in properties.items() if name in part["required"] or "default" in value]
    bare = {name: {key: each for key, each in value.items() if key != "default"} for name, value in properties.items()}
    return {**part, "properties": bare, "required": required}
