"""The panes of GPUs never overlap others, never overflow, and leave no hole, at any size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.ui.test_layout import HEIGHTS, WIDTHS, check
from tui.ui import layout


@given(
    st.integers(layout.NORMAL, 260),
    st.integers(20, 80),
    st.sampled_from(layout.ASIDES),
    st.integers(0, 3000),
    st.integers(0, 12),
)
def test_the_map_stands_between_pods_and_charts(width: int, height: int, aside: str, rows: int, lines: int) -> None:
    regions = layout.panes(width, height, "pods", rows, aside=aside, cells=lambda wide: lines)
    check(list(regions.values()), width, height, tiled=True)
    assert ("map" in regions) == (aside == "map")
    assert ("market" in regions) == (aside == "market" or (aside == "map" and width >= layout.BOTH))
    assert regions["telemetry"].height >= regions["map"].height if aside == "map" else True


@given(WIDTHS, HEIGHTS, st.integers(0, 3000), st.booleans())
def test_the_gpus_of_a_pod_stand_below_the_list_only_where_that_leaves_lines(
    width: int, height: int, rows: int, gpus: bool
) -> None:
    regions = layout.panes(width, height, "pods", rows, alone=True, gpus=gpus)
    check(list(regions.values()), width, height, tiled=True)
    if "gpus" in regions:
        assert regions["pods"].height == rows + 3, "no pod is hidden by them"


@given(WIDTHS, HEIGHTS, st.sampled_from(layout.DETAIL), st.integers(0, 40), st.booleans())
def test_panes_of_a_pod(width: int, height: int, active: str, gpus: int, alone: bool) -> None:
    regions = layout.detail(width, height, active, alone, gpus)
    check(list(regions.values()), width, height, tiled=True)
    if alone:
        assert active in regions
        assert set(regions) <= {active, "charts"}
    elif gpus and height >= 8:
        assert regions["gpus"].y == 0
        assert regions["gpus"].width == width
