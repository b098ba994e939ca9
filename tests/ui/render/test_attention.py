"""The header's attention item at every width, and the clock of the runway."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import funds as money
from tests.make import pod, snapshot
from tui.domain.attention import Attention, Grade
from tui.domain.events import ENDS as ENDS_OF
from tui.domain.events import Event, Kind
from tui.domain.filters import parse
from tui.domain.runway import ENDS
from tui.store.fleet import Fleet
from tui.store.views import pod_costs, pods
from tui.store.views.joined_events import Joined
from tui.ui.charts import event_signs
from tui.ui.charts.event_signs import GLYPHS
from tui.ui.primitives import roles
from tui.ui.render import attention, events, header_figures, money_rows, row_columns, rows
from tui.ui.render import header as status
from tui.ui.render.header import Badges
from tui.ui.widgets.status_lines import join

NOW = 1_795_435_200.0  # Monday 12:00 UTC


def alert(
    pod: str, kind: str, grade: Grade = Grade.WARN, wasted: float | None = None, muted: bool = False
) -> Attention:
    return Attention(kind, kind, grade, "…", pod, pod, cost_per_hr=wasted, wasted_per_hr=wasted, muted=muted)


THREE = (alert("o", "outbid", Grade.BAD), alert("i", "idle", wasted=1.38), alert("b", "slow boot"))


def line(alerts: tuple[Attention, ...], width: int, balance: float = 100.0) -> str:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("i"), funds=money(balance, 10.0)), NOW)
    fleet.attention = alerts
    badges = Badges("runpod", False, False)
    _, second = status.header(fleet, badges, NOW, status.connection(fleet, NOW, UTC), width, tz=UTC)
    return "".join(text for text, _ in join(second, width))


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (20, "▲3  ▲ 22:00  $10/h"),
        (36, "▲3  busy 1/1  out ▲ 22:00  $10/h"),
        (40, "▲3  busy 1/1  runs out ▲ 22:00  $10/h"),
        (80, "▲ 3: 1 outbid · 1 idle · 1 slow boot  busy 1/1  runs out ▲ Mon 22:00  $10.00/h"),
        (120, "▲ 3: 1 outbid · 1 idle $1.38/h · 1 slow boot  busy 1/1  runs out ▲ Mon 22:00 (10h 00m)  spend $10.00/h"),
        (
            200,
            "▲ 3: 1 outbid · 1 idle $1.38/h · 1 slow boot  GPUs busy 1/1  runs out ▲ Mon 22:00 (10h 00m)  spend",
        ),
    ],
)
def test_it_stands_first_at_every_width(width: int, words: str) -> None:
    assert line(THREE, width).startswith(words)


def test_muted_ones_and_notices_are_not_counted() -> None:
    assert line((alert("a", "idle", muted=True), alert("b", "quiet", Grade.NOTICE)), 120).startswith(
        "GPUs busy 1/1  runs out"
    )


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["idle", "boot", "hung", "loop", "outbid"])), min_size=1
    ),
    st.integers(14, 220),
)
def test_its_number_is_never_cut_nor_dropped(those: list[tuple[str, str]], width: int) -> None:
    text = line(tuple(alert(name, kind) for name, kind in those), width)
    assert text.removeprefix("▲").lstrip().startswith(str(len(those)))
    assert "22:00" in text
    assert len(text) == width


def test_the_money_runs_out_at_a_clock_time() -> None:
    assert "runs out ▲ Mon 22:00 (10h 00m)" in line((), 200)
    assert "runs out Wed 22:00 (2d 10h)" in line((), 200, balance=580.0)
    assert "runs out 04 Jan (41d 16h)" in line((), 200, balance=10_000.0)
    assert "runway 416w" in line((), 200, balance=700_000.0)
    assert "runway ▲ none" in line((), 200, balance=0.0)


def test_the_clock_stands_still_while_runpod_has_not_settled() -> None:
    fleet, shown = Fleet(5, 30), set()
    for step in range(0, 301, 60):
        fleet.apply(snapshot(pod("i"), funds=money(100.0, 10.0)), NOW + step)
        groups = header_figures.money(fleet, False, UTC)
        shown.add("".join(text for text, _ in groups[0][2][1]))
    assert shown == {"runs out ▲ Mon 22:00"}
    assert "".join(text for text, _ in header_figures.money(fleet, False, UTC)[0][0][1]).endswith("(9h 55m)")
    fleet.apply(snapshot(pod("i"), funds=money(99.0, 10.0)), NOW + 360)
    assert "Mon 22:00 (9h 54m)" in "".join(text for text, _ in header_figures.money(fleet, False, UTC)[0][0][1])


def test_a_click_leads_to_what_the_group_is_about() -> None:
    (group,) = attention.item(THREE)
    assert {attention.leads_to(cell) for _, cell in group} == {"attention"}
    assert attention.leads_to((("▲ 25s", "bad"),)) == ""
    assert attention.leads_to((("waste ", "muted"), ("$1.00/h", "warn"))) == "waste"
    assert attention.leads_to((("runs out ", "muted"), ("▲ 22:00", "warn"))) == ""


def status_of(alert: Attention | None, room: int, utils: tuple[float, ...] | None = (90.0,), **more: bool) -> str:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a", utils=utils)), NOW)
    row = pods.pod_row(fleet.records["a"], NOW, alert=alert, **more)
    cell = rows.phase_cell(row, NOW, room)
    return "".join(text for text, _ in cell)


HUNG = Attention(
    "hung", "hung", Grade.BAD, "100 % busy by name", "a", "a", since=NOW - 960, lasts=960.0, so_far=5.98,
)  # fmt: skip


def test_a_row_says_what_its_state_hides_for_how_long_and_at_what_cost() -> None:
    assert status_of(HUNG, 21) == "▲ hung 16m $5.98"
    assert status_of(HUNG, 13) == "▲ hung 16m"
    assert status_of(replace(HUNG, word="run ended"), 13) == "▲ run ended"
    assert status_of(None, 21) == "● running"


def test_a_state_that_says_it_already_keeps_its_symbol_and_gets_the_cost() -> None:
    boot = replace(HUNG, kind="boot", word="slow boot", so_far=0.29)
    assert status_of(boot, 21, utils=None) == "◔ booting $0.29"


def test_what_is_muted_is_dim_and_has_the_symbol_of_it() -> None:
    muted = replace(HUNG, muted=True)
    assert status_of(muted, 21) == "⊘ hung 16m"
    assert attention.role_of(muted) == "muted"
    assert status_of(replace(muted, kind="boot"), 21, utils=None) == "⊘ booting"
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a")), NOW)
    row = pods.pod_row(fleet.records["a"], NOW, muted=True)
    assert "".join(text for text, _ in rows.pod_cells(row, NOW, 8)["name"]) == "pod a ⊘"
    event = Event(NOW, "a", Kind.IDLE, "all GPUs idle")
    cells = events.row(Joined((event,)), NOW, UTC, {}, muted=True)
    assert cells["what"] == (("⊘ ", "muted"), ("idle", "muted"))


def test_a_pods_alerts_are_facts_the_worst_first_and_muted_ones_among_them() -> None:
    section = attention.of_pod((HUNG, alert("b", "idle"), replace(HUNG, kind="x", word="x", muted=True)), "a")
    assert section is not None
    assert [fact.label for fact in section.facts] == ["Hung", "X"]
    assert "".join(text for text, _ in section.facts[1].value).endswith("muted")
    assert attention.of_pod((HUNG,), "b") is None


def test_every_event_has_a_symbol_and_a_role_and_an_alert_that_of_its_grade() -> None:
    for kind in Kind:
        assert event_signs.role(kind) in roles.ROLES
        assert len(GLYPHS[kind]) == 1


@pytest.mark.parametrize("width", [60, 80, 110, 120, 140, 200])
def test_the_columns_have_room_for_alerts_only_if_there_are_any(width: int) -> None:
    plain, alerted = row_columns.pod_columns(width, False), row_columns.pod_columns(width, False, [alert("a", "hung")])
    assert ("alert" in {column.key for column in alerted}) == (width >= row_columns.SPACIOUS)
    assert "alert" not in {column.key for column in plain}
    assert (plain != alerted) == (width >= row_columns.SPACIOUS)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_state_has_room_for_since_when(width: int) -> None:
    straggler = replace(HUNG, kind="straggler", word="straggler", lasts=3480.0)
    (state,) = (column for column in row_columns.pod_columns(width, False, [straggler]) if column.key == "status")
    assert state.width == len("▲ straggler 58m")
    long = replace(straggler, word="a word that is too long for any state")
    assert row_columns.pod_columns(width, False, [long])[0].width < 20


@pytest.mark.parametrize(
    ("pods", "accounts", "words"),
    [
        (0, (), "Nothing needs attention"),
        (0, ("the account",), "No pod needs attention; the account does"),
        (0, ("work", "lab"), "No pod needs attention; work, lab do"),
        (1, ("work",), "1 pod that needs attention: hidden by the filter"),
        (2, ("work",), "2 pods that need attention: hidden by the filter"),
    ],
)
def test_why_there_is_no_pod_to_go_to(pods: int, accounts: tuple[str, ...], words: str) -> None:
    assert attention.none_to_go_to(pods, accounts) == words


def test_account_shows_of_a_pod_what_fleet_shows_and_no_alarm_before_its_time() -> None:
    fleet = Fleet(5.0, 60.0)
    fleet.apply(snapshot(pod("a")), NOW)
    (cost,) = pod_costs.pod_costs(fleet.records, None, NOW)
    cost = replace(cost, fate=ENDS)
    idle = Attention("idle", "idle", Grade.WARN, "", "a")
    calm = (("running", "muted"),)
    for each, word in ((None, calm), (idle, (("idle", "warn"),)), (replace(idle, muted=True), calm)):
        assert money_rows.pod_cells(cost, NOW, {}, alert=each)["word"] == word
    assert money_rows.pod_cells(cost, NOW, {})["fate"] == (("✕ loses data", "text"),)
    assert money_rows.pod_cells(cost, NOW, {}, urgent=True)["fate"] == (("✕ loses data", "bad"),)
    fields = money_rows.pod_fields(NOW)
    for words in ("fate:gone", "fate:loses"):
        assert fields.select(parse(words, fields.vocabulary), (cost,))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        # What the column shows, and the status behind it.
        ("straggler", "a"), ("status:straggler", "a"), ("status:running", "a m"), ("running", "a m"),
        ("!straggler", "m u"), ("status!=straggler", "m u"), ("!running", "u"),
        # A muted alert, or that of a pod that cannot be read, is not shown as its status.
        ("slow", ""), ("idle", ""), ("status:idle", ""),
        # As on Fleet: kind, word and text.
        ("alert:strag", "a"), ("alert:lag", "a"), ("alert:behind", "a"), ("alert:idle", "m"), ("alert:slow", "u"),
    ],
)  # fmt: skip
def test_account_finds_a_pod_by_the_status_that_it_shows(words: str, found: str) -> None:
    fleet = Fleet(5.0, 60.0)
    fleet.apply(snapshot(pod("a")), NOW)
    (cost,) = pod_costs.pod_costs(fleet.records, None, NOW)
    costs = (
        cost, replace(cost, id="m", name="m"),
        replace(cost, id="u", name="u", word="unreadable", reason="no status", running=False),
    )  # fmt: skip
    alerts = {
        "a": Attention("lag", "straggler", Grade.WARN, "GPU 3 is behind", "a"),
        "m": Attention("idle", "idle", Grade.WARN, "", "m", muted=True),
        "u": Attention("slow boot", "slow boot", Grade.BAD, "", "u"),
    }
    fields = money_rows.pod_fields(NOW, alerts=alerts)
    chosen = parse(words, fields.vocabulary)
    assert not chosen.faults
    assert " ".join(row.id for row in fields.select(chosen, costs)) == found


def test_what_goes_as_it_should_is_no_colour_in_the_log() -> None:
    quiet = {Kind.NEW, Kind.UP, Kind.RUNNING, Kind.STOPPED, *ENDS_OF.values()}
    assert {event_signs.role(kind) for kind in quiet} == {"muted"}
    assert "good" not in {event_signs.role(kind) for kind in Kind}


@pytest.mark.parametrize(("longest", "cells"), [(0, 22), (5, 8), (16, 16), (40, 22)])
def test_the_names_in_the_log_take_no_room_from_its_texts(longest: int, cells: int) -> None:
    assert next(column for column in events.log_columns(120, longest) if column.key == "pod").width == cells
