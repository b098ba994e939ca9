"""One idle GPU of eight, for three minutes of a day, is seen at every range and size, also in a recording."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.make import pod, snapshot
from tui.api.models import Pod
from tui.history.archive.compaction import KEEP_RAW
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.instant import fleet_at
from tui.history.queries import _older
from tui.store.fleet import Fleet
from tui.store.views import gpu_map, pod_lines
from tui.ui import chart_tiles
from tui.ui.charts import plot, pod_charts
from tui.ui.charts.look import Look
from tui.ui.charts.spec import GUTTER, STEP, Form, painted
from tui.ui.primitives.gpu_plan import plan
from tui.ui.render import gpu_map as map_signs
from tui.ui.screens.charted import RANGES

NOON = 1_795_435_200.0
DAY, STEP_S = 86_400.0, 20.0
DIP = NOON - 9 * 3600.0
IDLE = 3
PANES = ((34, 6), (74, 18), (54, 22), (131, 36), (181, 54))
"""Panes of charts in terminals of 40x12, 80x24, 120x40, 200x50 and 250x70."""


def worked(at: float, dip: bool) -> Pod:
    utils = tuple(0.0 if dip and gpu == IDLE and DIP <= at < DIP + 180 else 90.0 + gpu for gpu in range(8))
    return pod("a", utils=utils)


def recording(path: Path, dip: bool, thin: bool) -> Path:
    with closing(Writer(connect(path, write=True), NOON - DAY - 1, silence=60.0)) as writer:
        count = int(DAY / STEP_S)
        times = [NOON - DAY + n * STEP_S for n in range(count)]
        writer.write(Polled(at, snapshot(worked(at, dip)), ()) for at in times)
        if thin:
            # Older than what is kept as it was polled: two days on, when podtop was watching something else.
            later = [NOON + n * 3600.0 for n in range(int(KEEP_RAW / 3600) + 8)]
            writer.write(Polled(at, snapshot(pod("b")), ()) for at in later)
            assert writer.tidy(later[-1])
    return path


@pytest.fixture(scope="module", params=[False, pytest.param(True, marks=pytest.mark.wide)], ids=["polls", "minutes"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recordings]:
    folder = tmp_path_factory.mktemp("dip")
    paths = [recording(folder / f"{dip}.sqlite", dip, request.param) for dip in (True, False)]
    with closing(Recording(paths[0])) as one, closing(Recording(paths[1])) as other:
        yield one, other


Recordings = tuple[Recording, Recording]


@cache
def shown(
    recording: Recording, span: float, pane: tuple[int, int], heat: bool, shades: bool = True
) -> tuple[Form, list[list[Cell]]]:
    """The form of the utilisation's chart and the cells of its plot, as read from a recording."""
    now = DIP + 200.0 if span < 12 * 3600 else NOON - 1.0
    fleet = Fleet(5.0, 60.0)
    fleet.apply(snapshot(worked(now, False)), now + 1.0)
    record = fleet.records["a"]
    charts = pod_lines.charts_of(record)
    sizes = [(tile.width, tile.height) for tile in chart_tiles.tiles(*pane, len(charts))[:-1]]
    look = Look(now=now, span=span, tz=UTC, heat=heat, shades=shades)
    width = pod_charts.width_of(look, sizes)
    frame = pod_charts.frame_of(look, sizes[0], width)
    fleet.remember("a", _older(recording, "a", frame.start, now + 1.0, width))
    spec = pod_charts.specs(fleet, [record], look, width, sizes, charts)[0]
    rows = plot.draw(spec, *sizes[0])[1:]
    return spec.form, [[(letter, kind) for part, kind in row for letter in part][GUTTER:] for row in rows]


Cell = tuple[str, int]


EVERY = [
    pytest.param(span, pane, marks=() if (span, pane) == (86_400, (54, 22)) else pytest.mark.wide)
    for span in RANGES
    for pane in PANES
]
"""All ranges and sizes; that of a day at 120x40 in every run."""


@pytest.mark.parametrize(("span", "pane"), EVERY)
def test_it_is_seen(recorded: Recordings, span: float, pane: tuple[int, int]) -> None:
    dipped, steady = recorded
    form, with_dip = shown(dipped, span, pane, True)
    _, without = shown(steady, span, pane, True)
    assert form is Form.HEAT
    found = [
        (row, cell) for row, (one, other) in enumerate(zip(with_dip, without, strict=True))
        for cell, usual in zip(one, other, strict=True) if cell != usual
    ]  # fmt: skip
    assert found, "a cell of the heat map"
    for _, (glyph, kind) in found:
        ink, _ = painted(kind) or (0, 0)
        assert ink == STEP + 1 or glyph == "▀", "of the lowest shade, or a notch"
    assert len({row for row, _ in found}) <= 2, "in the row of this GPU, or of its group"

    _, band = shown(dipped, span, pane, False)
    _, steady_band = shown(steady, span, pane, False)
    reaches = [one != other for one, other in zip(band[-1], steady_band[-1], strict=True)]
    assert any(reaches), "and the band reaches the ground"


@pytest.mark.parametrize(("span", "pane"), EVERY)
def test_it_is_seen_without_shades(recorded: Recordings, span: float, pane: tuple[int, int]) -> None:
    dipped, steady = recorded
    _, with_dip = shown(dipped, span, pane, True, False)
    _, without = shown(steady, span, pane, True, False)
    assert with_dip != without, "in the heat map"
    _, band = shown(dipped, span, pane, False, False)
    _, steady_band = shown(steady, span, pane, False, False)
    changed = [cell for cell, usual in zip(band[-1], steady_band[-1], strict=True) if cell != usual]
    assert changed, "and the band reaches the ground"
    assert {glyph for glyph, _ in changed} <= {"▒", "▁", "▄", "▀"}, "as a range, or as its edge"


MAPS = ((36, 3), (76, 12), (116, 3), (196, 5), (246, 12))
"""Panes of the map in terminals of these sizes."""


@pytest.mark.parametrize("pane", MAPS, ids=lambda pane: f"{pane[0]}x{pane[1]}")
def test_the_map_of_history_marks_it_while_it_lasted(recorded: Recordings, pane: tuple[int, int]) -> None:
    dipped, _ = recorded
    like = Fleet(20.0, 60.0)
    like.apply(snapshot(worked(NOON, False)), NOON)
    idle: dict[float, list[int]] = {}
    for back in (-120.0, 20.0, 80.0, 140.0, 300.0):
        at = DIP + back
        past = fleet_at(dipped, at, like, ("a",), lambda pod, is_new: None)
        groups = gpu_map.groups(past, ("a",))
        shown = map_signs.Signs()
        shown.follow(None, True)
        signs = shown.of_pod("a", gpu_map.spots(past, "a", at))
        places = [plan(groups, *pane).place(0, gpu) for gpu in range(8)]
        assert all(place is not None and place[0] < pane[1] for place in places), "each has a cell in sight"
        assert len(set(places)) == 8
        idle[back] = [gpu for gpu, sign in enumerate(signs) if sign == ("◌", "warn")]
        since = gpu_map.gpus(past, "a", at)[IDLE].since
        assert since is None or abs(since - back) <= 60.0, "since its last work, to a poll or a minute"
        assert (since is not None) == (0 <= back < 180)
    assert idle == {-120.0: [], 20.0: [IDLE], 80.0: [IDLE], 140.0: [IDLE], 300.0: []}


def test_a_dip_in_a_single_row_is_marked(recorded: Recordings) -> None:
    for span in RANGES:
        fleet = Fleet(5.0, 60.0)
        now = DIP + 200.0 if span < 12 * 3600 else NOON - 1.0
        fleet.apply(snapshot(worked(now, False)), now + 1.0)
        look, sizes = Look(now=now, span=span, tz=UTC), [(60, 1)]
        width = pod_charts.width_of(look, sizes)
        frame = pod_charts.frame_of(look, sizes[0], width)
        rows = []
        for each in recorded:
            fleet.remember("a", _older(each, "a", frame.start, now + 1.0, width))
            (spec,) = pod_charts.specs(fleet, [fleet.records["a"]], look, width, sizes, ["util"])
            rows.append(plot.draw(replace(spec, cursor=None), 60, 1)[0])
        assert rows[0] != rows[1], span


@pytest.fixture(scope="module")
def minutely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    """An hour of polls a minute apart, within which nobody watched for ten minutes."""
    path = tmp_path_factory.mktemp("minutes") / "a.sqlite"
    with closing(Writer(connect(path, write=True), NOON - 7200.0, silence=180.0)) as writer:
        times = [NOON - 3600.0 + 60.0 * n for n in range(60) if not 30 <= n < 40]
        writer.write(Polled(at, snapshot(worked(at, False)), ()) for at in times)
    with closing(Recording(path)) as read:
        yield read


@pytest.mark.parametrize("pane", PANES, ids=lambda pane: f"{pane[0]}x{pane[1]}")
def test_samples_that_are_a_minute_apart_are_no_comb(minutely: Recording, pane: tuple[int, int]) -> None:
    fleet, now = Fleet(5.0, 60.0), NOON - 1.0
    fleet.apply(snapshot(worked(now, False)), now)
    record = fleet.records["a"]
    sizes = [pane]
    look = Look(now=now, span=3600.0, tz=UTC)
    width = pod_charts.width_of(look, sizes)
    frame = pod_charts.frame_of(look, sizes[0], width)
    fleet.remember("a", _older(minutely, "a", frame.start, now, width))
    lines = pod_lines.chart_lines(fleet, record, "util", frame)
    runs = [[(run[0].at, run[-1].at) for run in line.runs] for line in lines]
    assert all(len(each) == 2 for each in runs), "but where nobody watched"
    (_, left), (back, _) = runs[0]
    assert back - left >= 600.0 - width
