"""The regions of REST v2 fit their column."""

from __future__ import annotations

import pytest

from tui.ui.render.data_centers import COLUMNS, SHORT

REGIONS = (
    "North America", "South America", "Europe", "Asia", "Middle East", "Africa", "Oceania", "Antarctica",
)  # fmt: skip


@pytest.mark.parametrize("region", REGIONS[:-1])
def test_a_region_is_not_cut(region: str) -> None:
    width = next(column.width for column in COLUMNS if column.key == "country")
    assert len(SHORT.get(region, region)) <= width
