"""Panes and charts never overlap, never overflow, and leave no hole, at any size."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region

from tui.ui import chart_tiles, layout

WIDTHS, HEIGHTS = st.integers(20, 250), st.integers(1, 80)


def check(regions: list[Region], width: int, height: int, *, tiled: bool) -> None:
    whole = Region(0, 0, width, height)
    for region in regions:
        assert region in whole
        assert region.area > 0
    for one, other in combinations(regions, 2):
        assert not one.overlaps(other)
    if tiled:
        assert sum(r.area for r in regions) == whole.area


@given(WIDTHS, HEIGHTS, st.sampled_from(layout.PANES), st.integers(0, 3000), st.booleans())
def test_panes(width: int, height: int, active: str, rows: int, zoomed: bool) -> None:
    alone = zoomed or layout.single(width, height + 3)
    regions = layout.panes(width, height, active, rows, alone)
    check(list(regions.values()), width, height, tiled=True)
    assert active in regions
    assert (len(regions) == 1) == alone


@given(WIDTHS, HEIGHTS, st.integers(0, 60))
def test_a_short_list_has_the_facts_of_its_row_below_it(width: int, height: int, rows: int) -> None:
    for regions in (
        layout.market(width, height, "list", rows, alone=True, below=rows),
        layout.account(width, height, "list", rows, 0, alone=True, below=rows),
    ):
        check(list(regions.values()), width, height, tiled=True)
        assert ("facts" in regions) == (0 < rows <= height - 9)
        if "facts" in regions:
            assert regions["list"].height == rows + 3, "no row of the list is hidden for them"


def test_beside_the_charts_of_a_pod_its_facts_have_most_of_the_lines() -> None:
    facts = layout.detail(120, 36, "facts", gpus=2)["facts"]
    assert facts.height >= 30
    assert facts.width >= 52


@given(st.integers(112, 250), st.integers(20, 80), st.integers(0, 100))
def test_the_events_of_a_pod_take_no_lines_that_they_do_not_need(width: int, height: int, events: int) -> None:
    regions = layout.detail(width, height, "facts", gpus=2, events=events)
    check(list(regions.values()), width, height, tiled=True)
    assert regions["timeline"].height <= max(6, events + 3)
    assert regions["timeline"].height >= min(6, regions["facts"].height * 2 // 5)


@given(WIDTHS, HEIGHTS, st.integers(1, 6))
def test_tiles(width: int, height: int, count: int) -> None:
    tiles = chart_tiles.tiles(width, height, count)
    check([tile for tile in tiles if tile.area], width, height, tiled=False)
    assert tiles[0].area
    assert {(tile.x, tile.width) for tile in tiles} == {(0, width)}, "an instant is one column through all"
    assert all(above.bottom == below.y for above, below in pairwise(tiles))


@given(HEIGHTS, st.integers(2, 8))
def test_charts_use_their_room_and_are_no_higher_than_is_useful(height: int, count: int) -> None:
    lines = chart_tiles.stack(height, count)
    used = sum(lines.big) + lines.rows + lines.axis
    assert used == height or (len(lines.big) == count and set(lines.big) == {17} and used < height)
    assert len(lines.big) + lines.rows <= count
    assert max(lines.big) - min(lines.big) <= 1
    if height >= 16:
        assert len(lines.big) >= 2
        assert len(lines.big) + lines.rows == min(count, 8)


@given(HEIGHTS, st.integers(2, 8), st.integers(4, 16))
def test_lines_that_heat_maps_would_leave_empty_are_those_of_another_chart(height: int, count: int, gpus: int) -> None:
    usual = chart_tiles.stack(height, count)
    lines = chart_tiles.stack(height, count, (gpus, gpus, *[0] * (count - 2)))
    assert sum(lines.big) + lines.rows + lines.axis == sum(usual.big) + usual.rows + usual.axis
    assert len(lines.big) + lines.rows == len(usual.big) + usual.rows
    assert min(lines.big) >= min(4, *usual.big)
    for number, each in enumerate(lines.big[: min(2, len(usual.big))]):
        assert each == usual.big[number] or each in (1 + gpus, 1 + 2 * gpus) or lines.big[0] == 1 + gpus, "whole rows"
    if len(usual.big) > 1 and usual.big[0] + usual.big[1] >= 1 + gpus + 4:
        assert lines.big[0] >= 1 + gpus, "a row for each before another chart is as high"


def test_eight_gpus_in_a_pane_of_usual_size() -> None:
    assert chart_tiles.stack(27, 6) == chart_tiles.Stack((11, 10), 4, 2)
    assert chart_tiles.stack(20, 6, (8, 8, 0, 0, 0, 0)) == chart_tiles.Stack((9, 5), 4, 2)
    assert chart_tiles.stack(27, 6, (8, 8, 0, 0, 0, 0)) == chart_tiles.Stack((9, 9, 4), 3, 2)


@given(
    WIDTHS, HEIGHTS, st.sampled_from(layout.MARKET), st.integers(0, 3000), st.sampled_from((0, 50, 57)), st.booleans()
)
def test_the_account(width: int, height: int, active: str, rows: int, head: int, zoomed: bool) -> None:
    alone = zoomed or layout.single(width, height + 3)
    regions = layout.account(width, height, active, rows, head, alone)
    check(list(regions.values()), width, height, tiled=True)
    assert alone or len(regions) == (3 if head else 2)


def test_the_three_sizes_people_have() -> None:
    assert set(layout.panes(80, 20, "pods", 6, layout.single(80, 24))) == {"pods"}
    normal = layout.panes(120, 37, "pods", 6)
    assert normal["pods"].width == 120
    assert normal["telemetry"].y == normal["market"].y == normal["pods"].bottom
    wide = layout.panes(200, 47, "pods", 6)
    assert wide["market"].height == 47
    assert chart_tiles.stack(wide["telemetry"].height - 2, 4) == chart_tiles.Stack((11, 11, 11), 1, 2)


@given(WIDTHS, HEIGHTS, st.sampled_from(layout.HOSTS[1:]), st.integers(0, 300), st.booleans(), st.booleans())
def test_panes_of_the_hosts(width: int, height: int, active: str, rows: int, zoomed: bool, whole: bool) -> None:
    alone = zoomed or layout.single(width, height + 4)
    regions = layout.hosts(width, height, active, rows, alone, whole)
    check(list(regions.values()), width, height, tiled=True)
    assert ("hosts" in regions) is not (whole or alone)
    assert active in regions or active == "earnings"
    assert (len(regions) == 1) == alone


@given(WIDTHS, HEIGHTS, st.integers(0, 300))
def test_below_few_hosts_stand_the_facts_of_one(width: int, height: int, rows: int) -> None:
    regions = layout.hosts(width, height, "hosts", rows, alone=True, facts=True)
    check(list(regions.values()), width, height, tiled=True)
    assert ("facts" in regions) is (0 < rows <= height - 9)
    assert set(layout.hosts(width, height, "charts", rows, alone=True, facts=True)) == {"charts"}


@given(WIDTHS, HEIGHTS, st.integers(0, 300))
def test_panes_of_the_events(width: int, height: int, rows: int) -> None:
    regions = layout.events(width, height, rows)
    check(list(regions.values()), width, height, tiled=True)
    assert ("about" in regions) is (width >= layout.WIDE or 0 < rows <= height - 15)
    if regions["events"].width == width:
        assert len(regions) == 1 or regions["events"].height == rows + 3, "no row of the log is hidden by details"


@given(WIDTHS, HEIGHTS, st.integers(1, 9), st.integers(0, 300), st.integers(0, 12), st.booleans())
def test_panes_of_all_accounts(width: int, height: int, count: int, rows: int, cells: int, alone: bool) -> None:
    alone = alone or layout.single(width, height)
    regions = layout.all_accounts(width, height, "pods", count, alone, rows, lambda wide: cells)
    check(list(regions.values()), width, height, tiled=True)
    if {"map", "gpus"} & set(regions):
        assert regions["pods"].height >= rows + 3, "GPUs take the room that the pods leave, and no more"
    assert "map" not in regions or cells
