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


@given(WIDTHS, HEIGHTS, st.integers(0, 3000), st.booleans(), st.booleans())
def test_gpus_stand_below_the_list_where_that_leaves_lines_or_some_need_attention(
    width: int, height: int, rows: int, gpus: bool, needy: bool
) -> None:
    regions = layout.panes(width, height, "pods", rows, alone=True, gpus=gpus, needy=needy)
    check(list(regions.values()), width, height, tiled=True)
    if "gpus" in regions and not needy:
        assert regions["pods"].height == rows + 3, "no pod is hidden by them"
    if gpus and needy and rows and height >= 20:
        assert "gpus" in regions, "in a terminal of 24 lines they are seen at any number of pods"
        assert regions["pods"].height > 2 * regions["gpus"].height - 4 or regions["pods"].height == rows + 3


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
