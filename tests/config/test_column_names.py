"""The columns that the settings accept are those that the lists have, and a misspelt one is reported with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.config import column_names
from tui.config.reader import read_text
from tui.config.settings import Columns
from tui.ui.screens.account_lists import LISTINGS as ACCOUNT
from tui.ui.screens.fleet_lists import Offers, Pods
from tui.ui.screens.hosts import Machines
from tui.ui.screens.listing import Listing
from tui.ui.screens.market_lists import LISTINGS as MARKET

LISTS: tuple[type[Listing], ...] = (Pods, Offers, Machines, *ACCOUNT, *MARKET)


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.table)
def test_the_settings_know_the_columns_of_each_list(kind: type[Listing]) -> None:
    columns = kind.every_column.fget(kind)  # type: ignore[attr-defined]
    assert column_names.of_list(kind.table) == tuple(column.key for column in columns if column.name)


def test_each_list_has_a_setting_and_each_setting_a_list() -> None:
    assert sorted(kind.table for kind in LISTS) == sorted(Columns.__struct_fields__)


def test_columns_are_read() -> None:
    reading = read_text('[columns]\nfleet = ["name", "util"]\n', Path("c.toml"))
    assert not reading.problems
    assert reading.values["columns"].fleet == ("name", "util")


def test_a_misspelt_column_is_reported_with_its_line() -> None:
    reading = read_text('theme = "nord"\n[columns]\nmarket = ["name"]\nfleet = ["stauts", "zzzzz"]\n', Path("c.toml"))
    first, second = (str(problem) for problem in reading.errors)
    assert first == "c.toml, line 4: columns.fleet: unknown column 'stauts'; did you mean status?"
    assert second.startswith("c.toml, line 4: columns.fleet: unknown column 'zzzzz'; expected some of status, name,")
