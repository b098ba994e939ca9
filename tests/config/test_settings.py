"""The declarations: every setting says what it takes and what it is for, and its default is something it takes."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import Struct

from tui.config.fields import Field, fields, free, tables
from tui.config.reader import ALERTS, SIGNALS
from tui.config.settings import Profile, Settings

EVERY = [(table, field) for table in (Settings, Profile, *tables().values()) for field in fields(table).values()]


def test_no_key_is_left_out() -> None:
    assert {*fields(Settings), *tables(), *free(), ALERTS, SIGNALS} == set(Settings.__struct_fields__)
    for table in (Profile, *tables().values()):
        assert {field.attribute for field in fields(table).values()} == set(table.__struct_fields__)
    assert set(tables()) == {"ssh", "notify", "watcher", "history", "auto", "columns"}
    assert isinstance(free()["keymap"], Field)
    assert free()["profiles"] is Profile


@pytest.mark.parametrize(("table", "field"), EVERY, ids=lambda p: p.name if isinstance(p, Field) else p.__name__)
def test_every_setting_is_explained_and_takes_its_default(table: type[Struct], field: Field) -> None:
    assert field.words
    assert field.kind.accepted
    if field.default not in (None, "", ()):
        assert field.kind.read(field.default) == field.default


def test_what_a_profile_has_stands_at_the_top_too() -> None:
    assert set(fields(Profile)) - {"color"} <= set(fields(Settings))
    assert all(getattr(Profile(), name) is None for name in fields(Profile) if name != "color")


def test_settings_are_not_changed_after_they_are_made() -> None:
    with pytest.raises(AttributeError):
        Settings().interval = 3  # type: ignore[misc]
    assert msgspec.structs.replace(Settings(), interval=3.0).interval == 3
