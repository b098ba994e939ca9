"""Views: order, filter, and the figures of a row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import funds, pod, snapshot
from tui.api.models import GpuReading, Pod, Snapshot, Telemetry, Unreadable
from tui.domain.attention import Attention, Grade
from tui.domain.filters import parse
from tui.domain.lease import Lease
from tui.domain.pod_health import Phase
from tui.store.fleet import Fleet
from tui.store.fleet_state import Older
from tui.store.fleet_sums import CROWD
from tui.store.series import EMPTY
from tui.store.views import pod_lines
from tui.store.views import pods as views
from tui.store.views.pod_filter import VOCABULARY
from tui.store.views.pod_lines import Frame
from tui.store.views.pods import Query
from tui.store.views.sparkline import sparkline
from tui.ui.render.row_columns import EVERY_POD_COLUMN
from tui.ui.render.rows import pod_cells

NOW = 1_000_000.0


def fleet_of(*pods: object) -> Fleet:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(*pods), NOW)  # type: ignore[arg-type]
    return fleet


def test_every_order_is_total_and_unknown_comes_last() -> None:
    fleet = fleet_of(
        pod("b", name="same", utils=(10,)),
        pod("a", name="same", utils=(10,)),
        pod("c", utils=None),
        pod("d", utils=(90,)),
    )
    for sort in views.POD_SORTS:
        assert sorted(views.pods(fleet, NOW, Query(sort=sort))) == ["a", "b", "c", "d"]
    assert views.pods(fleet, NOW, Query(sort="util")) == ("d", "a", "b", "c")
    assert views.pods(fleet, NOW, Query(sort="id", inverted=True)) == ("d", "c", "b", "a")


def test_every_column_of_figures_is_an_order() -> None:
    ours = {column.sort for column in EVERY_POD_COLUMN if column.sort}
    assert ours | {views.ATTENTION} == set(views.POD_SORTS)
    unsorted = {column.key for column in EVERY_POD_COLUMN if not column.sort}
    # MEAN is what UTIL sorts by, ALERT what the attention does; the rest is text, or a picture.
    assert unsorted == {"util", "alert", "spark", "image", "ports"}


def test_pods_are_sorted_by_their_figures_and_what_podtop_does_first() -> None:
    def built(id: str, temp: float | None, spent: float, place: str | None) -> Pod:
        made = pod(id, cost=spent)
        latest = Telemetry(NOW, None, (GpuReading("g", temperature_c=temp),)) if temp is not None else None
        assert made.machine is not None
        return replace(made, telemetry=latest, machine=replace(made.machine, location=place, data_center=None))

    fleet = fleet_of(built("a", 50.0, 9.0, "US"), built("b", 80.0, 1.0, "SE"), built("c", None, 4.0, None))
    assert views.pods(fleet, NOW, Query(sort="temp")) == ("b", "a", "c")
    assert views.pods(fleet, NOW, Query(sort="spent")) == ("a", "c", "b")
    assert views.pods(fleet, NOW, Query(sort="location")) == ("b", "a", "c")
    fleet.leases = {id: Lease(id, id, "stop", NOW + ends, NOW) for id, ends in (("c", 60.0), ("b", 600.0))}
    assert views.pods(fleet, NOW + 1, Query(sort="lease")) == ("c", "b", "a")
    assert views.pods(fleet, NOW + 1, Query(sort="lease", inverted=True)) == ("b", "c", "a")


@pytest.mark.parametrize("count", [3, CROWD + 1])
def test_orders_by_what_passes_hold_for_no_longer_than_what_they_are_by(count: int) -> None:
    ids = [f"p{number:03}" for number in range(count)]
    hot = {ids[2]: Telemetry(NOW - 90, None, (GpuReading("g", temperature_c=80.0, power_w=500.0),))}
    fleet = fleet_of(*(replace(pod(id, name=id), telemetry=hot.get(id)) for id in ids))
    for sort in ("temp", "power", "lease"):
        assert views.pods(fleet, NOW, Query(sort=sort))[0] == (ids[0] if sort == "lease" else ids[2])
    # Timers are set without a response.
    fleet.leases = {ids[2]: Lease(ids[2], ids[2], "stop", NOW + 600.0, NOW)}
    assert views.pods(fleet, NOW + 1, Query(sort="lease"))[0] == ids[2]
    fleet.leases |= {ids[1]: Lease(ids[1], ids[1], "stop", NOW + 60.0, NOW)}
    assert views.pods(fleet, NOW + 2, Query(sort="lease"))[:2] == (ids[1], ids[2])
    for sort in ("temp", "power"):
        assert views.pods(fleet, NOW + 3600, Query(sort=sort))[0] == ids[0], "an outdated sample is unknown"


def test_the_widest_gpus_are_counted_as_they_are_written() -> None:
    def written(made: Pod) -> int:
        row = views.pod_row(fleet_of(made).records[made.id], NOW)
        return len("".join(text for text, _ in pod_cells(row, NOW, 8)["gpu"]))

    cpu, nameless = replace(pod("a"), gpu_count=0), replace(pod("b"), machine=None)
    for made, cells in ((cpu, len("CPU only")), (nameless, len("1×GPU"))):
        assert views.widest(fleet_of(made))["gpu"] == written(made) == cells


def test_all_words_of_a_filter_must_occur() -> None:
    fleet = fleet_of(pod("a", name="train llama", gpu="H100 SXM"), pod("b", name="train flux", gpu="L40S"))
    assert views.pods(fleet, NOW, Query(parse("TRAIN h100", VOCABULARY))) == ("a",)
    assert views.pods(fleet, NOW, Query(parse("running", VOCABULARY))) == ("b", "a")
    assert views.pods(fleet, NOW, Query(parse("nothing", VOCABULARY))) == ()


@pytest.mark.parametrize("many", [1, CROWD])
def test_a_pod_is_found_by_the_alert_that_its_row_shows_and_has_no_other_status_by_it(many: int) -> None:
    fleet = fleet_of(*(pod(f"p{n}", name="train") for n in range(many)))
    found = [Query(parse(words, VOCABULARY), sort="name") for words in ("straggler", "alert:strag")]
    others = [Query(parse(words, VOCABULARY), sort="name") for words in ("status:straggler", "idle")]
    running = Query(parse("running !straggler", VOCABULARY), sort="name")
    for query in (*found, *others):
        assert views.pods(fleet, NOW, query) == ()
    assert len(views.pods(fleet, NOW, running)) == many
    # Alerts are judged after the response that the pods came with.
    fleet.attention = (Attention("lag", "Straggler", Grade.WARN, "GPU 3 idle", "p0"),)
    for query in found:
        assert views.pods(fleet, NOW, query) == ("p0",)
    for query in others:
        assert views.pods(fleet, NOW, query) == ()
    assert len(views.pods(fleet, NOW, running)) == many - 1


def test_a_pod_is_idle_after_ten_minutes_without_work() -> None:
    fleet = fleet_of(pod("a", utils=(0, 0)))
    for at in range(5, 605, 5):
        fleet.apply(snapshot(pod("a", utils=(0, 1))), NOW + at)
    row = views.pod_row(fleet.records["a"], NOW + 600)
    assert (row.phase, row.idle_for) == (Phase.IDLE, 600)
    assert fleet.idle_burn(NOW + 600) == 2.99


def test_a_sparkline_is_aligned_to_the_clock() -> None:
    fleet = Fleet(5, 30)
    for step in range(0, 600, 5):
        fleet.apply(snapshot(pod("a", utils=(step // 60 * 10,))), NOW + step)
    start = NOW - NOW % 60
    record = fleet.records["a"]
    spark = sparkline(record, start + 599, 10)
    assert spark[:9] == sparkline(record, start + 541, 10)[:9]
    assert spark[0] is not None
    assert sparkline(record, start + 1200, 3) == (None, None, None)


def test_an_unreadable_pod_has_a_row_with_its_reason() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(
        Snapshot(funds(), (), (Unreadable("a", "train", "costPerHr is text"), Unreadable(None, None, "x"))), NOW
    )
    rows = [views.pod_row(fleet.records[key], NOW) for key in views.pods(fleet, NOW, Query())]
    assert {(r.id, r.phase, r.reason) for r in rows} == {
        ("a", Phase.UNREADABLE, "costPerHr is text"),
        ("unreadable-1", Phase.UNREADABLE, "x"),
    }


def test_an_order_turned_round_keeps_the_unknown_last() -> None:
    fleet = fleet_of(pod("low", utils=(5,)), pod("high", utils=(95,)), pod("down", status="EXITED", utils=None))
    assert views.pods(fleet, NOW, Query(sort="util")) == ("high", "low", "down")
    assert views.pods(fleet, NOW, Query(sort="util", inverted=True)) == ("low", "high", "down")


@given(st.sampled_from(views.POD_SORTS))
def test_every_order_says_which_way_it_goes(sort: str) -> None:
    assert views.pods_rise(Query(sort=sort)) != views.pods_rise(Query(sort=sort, inverted=True))


def test_chart_lines_one_for_each_gpu() -> None:
    fleet = fleet_of(pod("a", utils=tuple(range(12))))
    lines = pod_lines.chart_lines(fleet, fleet.records["a"], "util", Frame(NOW, 5, 1, NOW))
    assert [line.label for line in lines] == [f"GPU {i}" for i in range(12)]
    assert [line.last for line in lines] == list(range(12))
    (of_cpu,) = pod_lines.chart_lines(fleet, fleet.records["a"], "cpu", Frame(NOW, 5, 1, NOW))
    assert of_cpu.label == ""


def test_a_spot_pod_is_marked() -> None:
    fleet = fleet_of(pod("a", kind="INTERRUPTABLE"), replace(pod("b"), kind=None))
    assert [views.pod_row(r, NOW).spot for r in fleet.records.values()] == [True, False]


def test_the_past_of_a_pod_without_samples_is_asked_for_once() -> None:
    fleet = fleet_of(pod("a", status="EXITED", utils=None))
    fleet.has_past = True
    record = fleet.records["a"]
    for later in range(5):
        now = NOW + 10 * later
        frame = Frame(now - 900.0, 60.0, 15, now)
        lacking = pod_lines.lacking(fleet, record, frame)
        if later == 0:
            assert lacking is not None
            fleet.remember("a", Older(*lacking, 60.0, EMPTY))
        else:
            assert lacking is None
