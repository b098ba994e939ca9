"""Cells of a table or of CSV that the API has nothing for are explained; JSON explains itself."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace

from tests.commands.test_not_offered import LACKING, document
from tests.make import market, offer, pod, snapshot
from tui.api.features import Feature
from tui.api.models import Quote
from tui.commands.printer import IN_TABLE, Printer


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_empty_cells_are_explained(form: str) -> None:
    printer = Printer(form, False, io.StringIO())
    assert printer.blanks(document("pods", snapshot(pod("a")))) == ""
    said = printer.blanks(document("pods", LACKING))
    assert said.startswith("not offered by this API: ") is (form != "json")
    assert ("GPU power" in said) is (form == "csv")
    assert ("cost of stopped pods" in said) is (form != "json")
    prices = replace(market(offer("H100", Quote(2.99, None, "High"))), lacks=frozenset({Feature.SPOT_PRICE}))
    assert ("spot prices" in printer.blanks(document("market", prices))) is (form != "json")


def test_the_columns_named_are_features() -> None:
    assert frozenset().union(*IN_TABLE.values()) <= {feature.value for feature in Feature}
