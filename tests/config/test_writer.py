"""The settings written down: the commented file says nothing and means everything, and the schema knows all of it."""

from __future__ import annotations

import json
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.generate_schema import made
from tui.config.fields import fields, tables
from tui.config.reader import read_text
from tui.config.settings import Profile, Settings
from tui.config.writer import SCHEMA, example, explained, put, schema, shipped
from tui.domain.alert_rules import AlertRules
from tui.domain.signals.rules import SignalRules

FILE = Path("/x/config.toml")
IDS = {"app.quit": "Quit", "act.stop": "Stop"}
SETTING = re.compile(r"^# (?=\[|\"?[a-z_.]+\"? = )", re.MULTILINE)


def test_the_file_as_it_is_written_sets_nothing() -> None:
    reading = read_text(example(), FILE)
    assert reading.problems == ()
    assert reading.values["alerts"] == AlertRules()
    assert reading.values["signals"] == SignalRules()
    assert all(value in ({}, tables()[name]()) if name in tables() else not value
               for name, value in reading.values.items() if name not in ("alerts", "signals"))  # fmt: skip
    assert reading.profiles == {}


def test_every_setting_of_it_is_taken_when_its_sign_is_taken_away() -> None:
    text = SETTING.sub("", example())
    reading = read_text(text, FILE)
    assert reading.errors == ()
    assert {p.words.partition(" is ignored")[0] for p in reading.warnings} == {
        "api_key_file", "api_key_env", "profiles.work.api_key_file", "profiles.work.api_key_env",
    }  # fmt: skip
    assert set(reading.values) == set(Settings.__struct_fields__) - {"profiles"}
    assert set(reading.profiles["work"]) == set(Profile.__struct_fields__)
    assert reading.values["keymap"] == {"app.quit": "f9"}


def test_the_defaults_it_tells_are_those_in_force() -> None:
    text = SETTING.sub("", example())
    values = read_text(text, FILE).values
    for name, field in fields(Settings).items():
        if field.default not in (None, "", ()):
            assert values[name] == field.default


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """As much of JSON schema as there is in ours."""
    if "anyOf" in schema:
        return any(fits(value, one) for one in schema["anyOf"])
    kinds = {"object": dict, "string": str, "boolean": bool, "number": int | float, "array": list}
    if "enum" in schema:
        return value in schema["enum"]
    if not isinstance(value, kinds[schema["type"]]) or (schema["type"] == "number" and isinstance(value, bool)):
        return False
    if isinstance(value, dict):
        inner, other = schema.get("properties", {}), schema["additionalProperties"]
        return all(fits(v, inner[k]) if k in inner else bool(other) and fits(v, other) for k, v in value.items())
    if isinstance(value, list):
        return len(value) >= schema["minItems"] and all(fits(v, schema["items"]) for v in value)
    if isinstance(value, str):
        return len(value) >= schema.get("minLength", 0) and bool(re.search(schema.get("pattern", ""), value))
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def test_the_schema_takes_every_setting() -> None:
    made = json.loads(schema(IDS))
    assert made["$schema"].startswith("http://json-schema.org/draft-07/")
    assert set(made["properties"]) == set(Settings.__struct_fields__)
    assert fits(tomllib.loads(SETTING.sub("", example())), made)


@pytest.mark.parametrize(
    "text",
    [
        "interval = 1", "interval = true", "mouse = 'yes'", "slow_link = 'never'", "intervall = 5",
        "api_url = 'https://x/?key=1'", "[ssh]\nuser = '-x'", "[ssh]\noptions = ['']", "[notify]\ncommand = []",
        "[keymap]\n'app.quitt' = 'Q'", "[keymap]\n'app.quit' = 3", "[profiles.work]\ncolor = 'pink'",
        "[profiles]\nwork = 3",
    ],
)  # fmt: skip
def test_the_schema_refuses_what_podtop_does_not_take(text: str) -> None:
    assert not fits(tomllib.loads(text), json.loads(schema(IDS)))


def test_the_schema_that_is_shipped_is_that_of_these_settings_and_keys() -> None:
    assert shipped() == made(), "make it anew: python -m tests.generate_schema > tui/config/config.schema.json"


def test_the_list_has_every_setting() -> None:
    for table in (Settings, Profile, *tables().values()):
        for field in fields(table).values():
            assert f"  {field.name}\n" in explained()


def test_the_file_names_its_schema_first() -> None:
    assert example().startswith(f"#:schema ./{SCHEMA}\n")


def test_a_file_is_put_whole_and_over_nothing(tmp_path: Path) -> None:
    file = tmp_path / "made" / "too" / "config.toml"
    put("one", file, over=False)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        put("two", file, over=False)
    assert file.read_text() == "one"
    put("three", file, over=True)
    assert [path.read_text() for path in file.parent.iterdir()] == ["three"]


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "config.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        put("one", tmp_path / "config.toml", over=False)
    assert not (tmp_path / "elsewhere").exists()
