"""The declarations of `settings`, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from keyword import iskeyword
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from msgspec import Struct, structs

from tui.config.settings import Settings
from tui.config.value_types import Kind

WITHOUT_VARIABLE = ("api_key", "api_key_env")
"""Settings that the environment does not set: a key is in RUNPOD_API_KEY."""


class Field(NamedTuple):
    """One setting: its key, what it takes, its purpose, its default."""

    name: str
    kind: Kind
    words: str
    default: Any

    @property
    def attribute(self) -> str:
        """Its name in Python, where a key such as `for` is taken."""
        return f"{self.name}_" if iskeyword(self.name) else self.name

    @property
    def variable(self) -> str | None:
        """The environment variable that sets it, if it is at the top of the file."""
        return None if self.name in WITHOUT_VARIABLE else f"PODTOP_{self.name.upper()}"


Free = Field | type[Struct]
"""The type of each user-defined key: a setting, or a table."""


def _declared(table: type[Struct]) -> Iterator[tuple[Field | None, str, Any]]:
    """For each key its field if it has one, its name, its bare type."""
    for field in structs.fields(table):
        if get_origin(field.type) is Annotated:
            bare, kind, meaning = get_args(field.type)
            name = field.name.removesuffix("_")
            yield Field(name, kind, meaning, field.default), name, bare
        else:
            yield None, field.name, field.type


@cache
def fields(table: type[Struct]) -> dict[str, Field]:
    """The settings of a table by their keys; without the tables in it."""
    return {name: field for field, name, bare in _declared(table) if field and get_origin(bare) is not Mapping}


@cache
def tables() -> dict[str, type[Struct]]:
    """The tables of the file by their names; [alerts] and [signals], which have readers of their own, are not."""
    own = ((name, bare) for field, name, bare in _declared(Settings) if not field and isinstance(bare, type))
    return {name: bare for name, bare in own if fields(bare)}


@cache
def free() -> dict[str, Free]:
    """The tables with user-defined keys."""
    return {
        name: field or get_args(bare)[1]
        for field, name, bare in _declared(Settings)
        if get_origin(bare) is Mapping
    }  # fmt: skip
