"""The settings written out, from their declarations: the commented file, its JSON schema, a list for the user."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from textwrap import wrap
from typing import Any

from msgspec import Struct

from tui.config import alert_table, signals_table
from tui.config.fields import Field, fields, free, tables
from tui.config.settings import Profile, Settings
from tui.files import atomic, reading

SCHEMA = "config.schema.json"
TITLE = "podtop's config.toml"
WIDTH = 116
EXAMPLE, BINDING = "work", "app.quit"
"""The profile and the binding that the commented file shows."""

_HEAD = f"""\
#:schema ./{SCHEMA}
# Settings of podtop, each with its default, or with an example if it has none. Remove the # to set one.
# podtop config --check finds mistakes, podtop help config explains this file. Flags and environment variables
# (PODTOP_INTERVAL and so on) override it, and RUNPOD_API_KEY overrides its keys.
"""


def purpose(table: type[Struct]) -> str:
    """The purpose of a table, from its docstring."""
    return " ".join((inspect.getdoc(table) or "").split())


def written(field: Field) -> str:
    """The default as it appears in the file, an example if there is none to show."""
    if field.default in (None, "", ()):
        return field.kind.example
    return f"{field.default:g}" if isinstance(field.default, float) else json.dumps(field.default)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _comment(text: str) -> Iterator[str]:
    return (f"# {line}" for line in wrap(text, WIDTH, break_on_hyphens=False))


def _settings(table: type[Struct]) -> Iterator[str]:
    for field in fields(table).values():
        yield from ("", *_comment(f"{_sentence(field.words)}. Expects {field.kind.accepted}."))
        yield f"# {field.name} = {written(field)}"


def example() -> str:
    """The file with every setting in it, none of them set."""
    lines = [_HEAD.rstrip("\n"), *_settings(Settings)]
    for name, table in tables().items():
        lines += ["", "", *_comment(purpose(table)), f"[{name}]", *_settings(table)]
    lines += [*alert_table.example(WIDTH), *signals_table.example(WIDTH)]
    for name, inner in free().items():
        if isinstance(inner, Field):
            lines += ["", "", *_comment(f"{_sentence(inner.words)}. Expects {inner.kind.accepted}."), f"[{name}]"]
            lines.append(f'# "{BINDING}" = {inner.kind.example}')
        else:
            lines += ["", "", *_comment(purpose(inner)), f"# [{name}.{EXAMPLE}]", *_settings(inner)]
            lines += ["", f"# [{name}.lab]", '# api_key_file = "~/.config/podtop/lab-key"']
    return "\n".join(lines) + "\n"


def _described(field: Field) -> dict[str, Any]:
    schema = {"description": f"{_sentence(field.words)}. Expects {field.kind.accepted}.", **field.kind.schema}
    return schema if field.default in (None, "", ()) else {**schema, "default": field.default}


def _object(properties: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "type": "object", "description": description, "properties": properties, "additionalProperties": False,
    }  # fmt: skip


def _table(table: type[Struct]) -> dict[str, Any]:
    return _object({name: _described(field) for name, field in fields(table).items()}, purpose(table))


def shipped() -> str:
    """The JSON schema as it comes with podtop."""
    return (Path(__file__).parent / SCHEMA).read_text("utf-8")


def schema(bindings: Mapping[str, str]) -> str:
    """JSON schema of the file. `bindings`: the ids that a keymap may have, with what each does."""
    whole = _table(Settings)
    properties = whole["properties"]
    for name, table in tables().items():
        properties[name] = _table(table)
    properties[alert_table.TABLE] = alert_table.schema()
    properties[signals_table.TABLE] = signals_table.schema()
    for name, inner in free().items():
        if isinstance(inner, Field):
            keys = {action: {"description": meaning, **inner.kind.schema} for action, meaning in bindings.items()}
            properties[name] = _object(keys, f"{_sentence(inner.words)}.")
        else:
            properties[name] = {
                "type": "object",
                "description": purpose(inner),
                "additionalProperties": _table(inner),
            }
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": TITLE}
    return json.dumps({**head, **whole}, indent=1, ensure_ascii=False) + "\n"


def _indented(text: str, by: int) -> list[str]:
    return [" " * by + line for line in wrap(text, WIDTH - by, break_on_hyphens=False)]


def explained() -> str:
    """Every setting in two lines, for the help of `podtop config` and for the manual."""
    lines = []
    all_tables: list[tuple[str, type[Struct]]] = [("", Settings), *tables().items(), ("profiles.NAME", Profile)]
    for title, table in all_tables:
        lines += ["", f"[{title}]" if title else "at the top of the file:"]
        for field in fields(table).values():
            lines.append(f"  {field.name}")
            lines += [
                f"      {line}"
                for line in wrap(f"{field.words} (expects {field.kind.accepted})", WIDTH - 6, break_on_hyphens=False)
            ]
    lines += [*alert_table.explained(WIDTH), *signals_table.explained(WIDTH)]
    for name, inner in free().items():
        if isinstance(inner, Field):
            lines += [
                "",
                f"[{name}]",
                *(f"  {line}" for line in wrap(f"{inner.words} (expects {inner.kind.accepted})", WIDTH - 2)),
            ]
    return "\n".join(lines[1:]) + "\n"


def put(text: str, file: Path, *, over: bool) -> None:
    """Write a file whole or not at all, readable by its owner alone. Raises FileExistsError unless `over`.

    Its folder may be any of the user's: one that exists stays as it is.
    """
    atomic.write(file, text.encode(), over=over, own=False)


def put_schema(folder: Path) -> None:
    """Write the schema next to a configuration file, over an older one of podtop's, and over no other file."""
    file = folder / SCHEMA
    with suppress(FileExistsError):
        put(shipped(), file, over=_is_schema(file))


def _is_schema(file: Path) -> bool:
    try:
        return TITLE in reading.read(file).text
    except reading.FileTrouble:
        return False
