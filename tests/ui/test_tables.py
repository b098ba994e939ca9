"""Tables under control: one filter language, the sort menu, the choice of columns, and what is selected."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from tests.ui.conftest import Launch, Running
from tui.store.views.offers import told_apart
from tui.ui.modals.column_picker import ColumnPicker
from tui.ui.modals.sort_menu import TAKEN, SortMenu
from tui.ui.primitives.letters import letters
from tui.ui.render.list_title import headed
from tui.ui.render.offers import COLUMNS as MARKET_COLUMNS
from tui.ui.render.row_columns import EVERY_POD_COLUMN, OFFER_COLUMNS, POD_COLUMNS, narrowed
from tui.ui.screen_table import EVERY, load
from tui.ui.screens.listing import Listing
from tui.ui.widgets.columns import Column, arranged, sorted_by, visible
from tui.ui.widgets.table import Table


def table(run: Running, name: str = "pods") -> Table:
    return run.app.screen.query_one(f"#{name}", Table)


def names(run: Running) -> list[str]:
    return [run.app.fleet.records[key].name for key in table(run).keys]


# Filter


async def test_a_field_is_completed_and_a_fault_is_told_while_the_last_filter_stays(launch: Launch) -> None:
    async with launch() as run:
        await run.press("slash", "s", "t", "a", "tab")
        line = run.app.screen.query_one("#filter", Input)
        assert line.value == "status"
        await run.press("equals_sign", "r", "right")
        assert line.value == "status=running"
        assert names(run) == ["eval-sweep", "llama-pretrain"]
        await run.press("space", *"utl<5")
        assert "▲ unknown field utl; did you mean util? · still filtered by status=running" in run.text()
        assert names(run) == ["eval-sweep", "llama-pretrain"]
        # It can be mended: enter keeps the line open with its error.
        await run.press("enter")
        assert line.value == "status=running utl<5"
        assert "▲ unknown field utl" in run.text()
        # Whoever leaves with the mouse reads it once more.
        await run.pilot.click("#telemetry")
        await run.settle()
        assert "unknown field utl" in run.toasts()
        assert "/status=running  2 of 4" in run.text()
        assert not run.app.screen.query("#filter-note")
        await run.press("shift+tab")
        # What is in effect is what the line has.
        await run.press("slash")
        assert run.app.screen.query_one("#filter", Input).value == "status=running"
        await run.press("escape")
        assert len(names(run)) == 4


async def test_a_pattern_that_takes_too_long_is_refused_and_the_filter_before_stays(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.domain.patterns.MOST_WORK", 12)
    async with launch() as run:
        await run.press("slash", *"llama", "enter", "slash")
        run.app.screen.query_one("#filter", Input).value = "re:[a-z]+[0-9]{3}"
        await run.until("takes too long")
        assert "still filtered by llama" in run.text()
        assert names(run) == ["llama-pretrain"]


@pytest.mark.wide
async def test_every_list_takes_the_language_and_no_text_stops_it(launch: Launch) -> None:
    texts = ("zz !zz", "name:a", "nme=5", "re:(", '"', "price<1", "!", "state=x", "re:^a|b$")
    async with launch() as run:
        for mode, lists in (("1", 1), ("2", 5), ("3", 7), ("e", 1)):
            await run.press(mode)
            screen = run.app.screen
            for _ in range(lists):
                for text in texts:
                    screen._set_filter(screen._listing, text)  # type: ignore[attr-defined]
                await run.settle()
                assert screen._listing.vocabulary.fields  # type: ignore[attr-defined]
                screen._set_filter(screen._listing, "")  # type: ignore[attr-defined]
                if lists > 1:
                    await run.press("right")


# Order


async def test_the_sort_menu_picks_by_letter_and_the_same_letter_reverses(launch: Launch) -> None:
    async with launch() as run:
        await run.press("o")
        assert isinstance(run.app.screen, SortMenu)
        assert re.search(r"a ATTENTION +worst first ", run.text())
        await run.press("i")
        assert "best first" in run.text(), "in the title"
        await run.press("o")
        assert re.search(r"a ATTENTION +best first ", run.text())
        await run.press("h")
        assert "$/H▼" in run.text()
        assert names(run)[0] == "llama-pretrain"
        await run.press("o", "h")
        assert "$/H▲" in run.text()
        assert names(run)[0] == "dataset-prep"
        await run.press("o", "escape")
        assert "$/H▲" in run.text()
        # Typed at once, the letter is for the menu.
        await run.press("o", "n")
        assert names(run) == sorted(names(run))


@pytest.mark.parametrize(("size", "says"), [((80, 24), True), ((250, 70), False)])
async def test_an_order_by_a_column_without_room_is_in_the_title(
    launch: Launch, size: tuple[int, int], says: bool
) -> None:
    async with launch(size=size) as run:
        await run.press("o")
        letter = re.search(r"(\w) SPENT", run.text())
        assert letter is not None
        await run.press(letter[1])
        assert ("by spent ▼" in run.text()) is says
        assert ("SPENT▼" in run.text()) is not says
        await run.press("o", letter[1])
        assert ("by spent ▲" in run.text()) is says
        await run.pilot.resize_terminal(*((250, 70) if says else (80, 24)))
        await run.settle()
        assert ("by spent ▲" in run.text()) is not says
        assert ("SPENT▲" in run.text()) is says


@given(st.lists(st.text(max_size=12), max_size=30))
def test_every_entry_has_a_letter_of_its_own(entries: list[str]) -> None:
    found = letters(entries, TAKEN)
    known = [letter for letter in found if letter]
    assert len(set(known)) == len(known)
    assert not set(known) & set(TAKEN)
    assert len(known) == min(len(entries), 26 - len(TAKEN))


async def test_the_market_is_sorted_by_what_can_be_rented_now_with_one_marker(launch: Launch) -> None:
    async with launch() as run:
        await run.press("2")
        assert "CHEAPEST▲" in run.text()
        header = next(line for line in run.text().splitlines() if "CHEAPEST" in line)
        assert header.count("▲") == 1
        # Its community price has no stock: what can be rented is a bid in the secure cloud; B200 has none at all.
        assert list(table(run, "gpus").keys) == ["NVIDIA RTX 4090", "NVIDIA H100 SXM", "NVIDIA B200"]
        assert "0.35 spot" in run.text()


def test_the_market_has_one_word_for_a_figure_on_both_screens() -> None:
    pane, screen = ({column.key: column.title for column in columns} for columns in (OFFER_COLUMNS, MARKET_COLUMNS))
    assert {key: screen[key] for key in pane} == pane


def test_gpu_types_are_called_without_their_maker() -> None:
    named = [("NVIDIA H200 NVL", "NVIDIA H200 NVL"), ("MI300X", "AMD Instinct MI300X OAM"), ("RTX 4090", "x")]
    assert told_apart(named) == ("H200 NVL", "MI300X", "RTX 4090")


def test_gpu_types_of_one_name_are_told_apart() -> None:
    ids = ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "NVIDIA RTX PRO 6000 Blackwell Workstation Edition")
    assert told_apart([("RTX PRO 6000", ids[0]), ("L40S", "NVIDIA L40S"), ("RTX PRO 6000", ids[1])]) == (
        "RTX PRO 6000 Server", "L40S", "RTX PRO 6000 Workstation",
    )  # fmt: skip
    assert told_apart([("A", "x"), ("A", "x")]) == ("A", "A")


# Columns


async def test_columns_are_chosen_ordered_and_kept(launch: Launch) -> None:
    async with launch() as run:
        before = table(run).shown_columns
        await run.press("C")
        assert isinstance(run.app.screen, ColumnPicker)
        await run.press("J", "j", "j", "space", "enter")
        after = table(run).shown_columns
        assert after[:2] == ("name", "status")
        lost, gained = set(before) - set(after), set(after) - set(before)
        assert before[3] in lost
        assert len(lost) == 1 or gained, "the room that it leaves goes to a column of more use"
        assert run.app.screen._sight.preferences.get("columns.pods").startswith("name,status,")  # type: ignore[attr-defined]
        await run.press("C", "space", "escape")
        assert table(run).shown_columns == after
        await run.press("C", "r")
        assert table(run).shown_columns == before


async def test_the_same_columns_are_ticked_at_every_width_and_say_what_they_show(launch: Launch) -> None:
    async with launch(size=(80, 24)) as run:
        await run.press("C")
        picker = run.app.screen
        assert isinstance(picker, ColumnPicker)
        of = {key: picker._cells(key) for key in picker._order}
        assert {key for key, cells in of.items() if cells["shown"][0][0] == "✓"} == {c.key for c in POD_COLUMNS}
        assert [of[key]["state"][0][0] for key in ("spent", "util", "eta")] == [
            "no room now", "util of all GPUs", "until its run ends",
        ]  # fmt: skip
        assert of["gpus"]["state"][0][0] == "of each GPU"
        # Confirmed as it is, the default stays the default.
        await run.press("enter")
        assert not run.app.screen._sight.preferences.get("columns.pods")  # type: ignore[attr-defined]


COLUMNS = tuple(Column(f"c{n}", f"C{n}", 3 + n, n % 4, flex=n == 1, least=2 * (n == 1)) for n in range(8))


@given(
    st.integers(1, 120),
    st.lists(st.sampled_from([column.key for column in COLUMNS]), max_size=8),
    st.dictionaries(st.sampled_from([column.key for column in COLUMNS]), st.integers(0, 40)),
)
def test_chosen_columns_fit_and_keep_their_order(width: int, chosen: list[str], widest: dict[str, int]) -> None:
    picked = arranged(COLUMNS, COLUMNS, chosen)
    assert [column.key for column in picked] == (list(dict.fromkeys(chosen)) or [column.key for column in COLUMNS])
    shown = visible(picked, width, widest)
    assert shown
    assert sum(w for _, w in shown) + len(shown) - 1 <= width or len(shown) == 1
    order = [picked.index(column) for column, _ in shown]
    assert order == sorted(order)
    # The content of a column is not cut for the sake of another one's padding.
    if any(w < min(column.width, widest.get(column.key, column.width)) for column, w in shown):
        assert len(shown) == 1


def test_a_long_name_grows_before_what_is_left_goes_to_padding() -> None:
    columns = (Column("name", "NAME", 8, 0, flex=True, least=4), Column("gpu", "GPU", 6, 1), Column("id", "ID", 4, 2))
    assert [w for _, w in visible(columns, 40, {"name": 12, "gpu": 20})] == [14, 20, 4]
    assert [w for _, w in visible(columns, 60)] == [48, 6, 4]
    assert [w for _, w in visible(columns, 18, {"name": 5})] == [6, 6, 4]
    assert [column.key for column, _ in visible(columns, 18, {"name": 12})] == ["name", "gpu"]


def test_a_name_stays_near_its_figures_and_is_whole_before_what_is_seldom_read_is_shown() -> None:
    columns = (Column("name", "NAME", 8, 0, flex=True), Column("cost", "$/H", 6, 1), Column("place", "PLACE", 6, 12))
    assert [w for _, w in visible(columns, 200, {"name": 12})] == [16, 10, 10]
    assert [w for _, w in visible(columns, 24, {"name": 8})] == [10, 6, 6]
    assert [(c.key, w) for c, w in visible(columns, 24, {"name": 17})] == [("name", 17), ("cost", 6)]
    chosen = arranged(columns, columns, ("name", "cost", "place"))
    assert [(c.key, w) for c, w in visible(chosen, 24, {"name": 17})] == [("name", 10), ("cost", 6), ("place", 6)]


def test_of_two_columns_with_one_title_each_says_whose_it_is_unless_that_stands_before_it() -> None:
    columns = (
        Column("secure", "SECURE", 6, 0), Column("s", "SPOT", 5, 1, label="SECURE SPOT"),
        Column("community", "COMM.", 6, 2), Column("c", "SPOT", 5, 3, label="COMMUNITY SPOT"),
    )  # fmt: skip

    def titles(*chosen: str) -> list[str]:
        return [column.title for column in arranged(columns, columns, chosen)]

    assert titles("secure", "s", "community", "c") == ["SECURE", "SPOT", "COMM.", "SPOT"]
    assert titles("s", "community", "c") == ["SECURE SPOT", "COMM.", "SPOT"]
    assert titles("c", "s") == ["COMMUNITY SPOT", "SECURE SPOT"]
    assert all(column.width >= len(column.title) for column in arranged(columns, columns, ("c", "s")))


def _lists() -> list[tuple[Column, ...]]:
    """The columns of all lists, each with all that there are."""
    for place in EVERY:
        load(place.mode)
    found, kinds = [EVERY_POD_COLUMN, narrowed(EVERY_POD_COLUMN), narrowed(MARKET_COLUMNS)], [Listing]
    for kind in kinds:
        kinds += kind.__subclasses__()
        found.append(getattr(kind, "columns", ()))
    return [columns for columns in found if isinstance(columns, tuple) and columns]


def test_every_title_has_room_for_the_mark_of_its_order() -> None:
    lists = _lists()
    assert len(lists) > 20
    for columns in lists:
        for order in {column.sort for column in columns if column.sort}:
            for width in (38, 76, 118, 198, 400):
                shown = visible(sorted_by(columns, order), width)
                titles = [(column.title, room) for column, room in shown if column.is_of(order)]
                assert len(shown) == 1 or all(len(title) < room for title, room in titles), (order, width, titles)
    assert sorted_by(POD_COLUMNS, "") == POD_COLUMNS


async def test_a_list_that_is_sorted_by_a_narrow_column_shows_its_whole_title(launch: Launch) -> None:
    async with launch(size=(200, 50)) as run:
        table(run).post_message(Table.SortAsked(table(run), "location"))
        await run.settle()
        assert "LOCATION▲" in run.text()


# Selection


async def test_selection_of_all_none_and_the_others(launch: Launch) -> None:
    async with launch() as run:
        await run.press("space", "exclamation_mark")
        assert "Pods  4  3 selected" in run.text()
        await run.press("slash", *"llama", "enter", "asterisk")
        assert "/llama  1 of 4" in run.text()
        await run.press("exclamation_mark")
        assert "hidden" in run.text()
        await run.press("backslash")
        assert "selected" not in run.text()


@pytest.mark.parametrize(
    ("room", "title"),
    [
        (60, "Pods  /status=running  3 of 6  2 selected, 2 hidden"),
        (48, "Pods  /status=run…  3 of 6  2 selected, 2 hidden"),
        (40, "Pods  /st…  3 of 6  2 selected, 2 hidden"),
        (34, "/st…  3 of 6  2 selected, 2 hidden"),
    ],
)
def test_a_narrow_title_keeps_what_is_hidden(room: int, title: str) -> None:
    count, notes = "/status=running  3 of 6", ("2 selected, 2 hidden", "worst first")
    assert headed("Pods", "status=running", count, notes, room) == title
    assert headed("Pods", "status=running", count, notes, 80).endswith("worst first")
    assert headed("Pods", "", "6", ("worst first",), 10) == "Pods  6  worst first", "without a filter nothing is hidden"


async def test_pods_that_a_filter_hides_are_named_before_they_are_stopped(launch: Launch) -> None:
    async with launch() as run:
        await run.press("asterisk", "slash", *"util>50", "enter")
        assert "/util>50  1 of 4" in run.text()
        assert "4 selected, 3 hidden" in run.text()
        await run.press("S")
        assert "2 of these are selected but hidden by the filter: eval-sweep, flux-lora" in " ".join(
            run.text().replace("│", " ").split()
        )
        await run.wait(1.0)
        await run.press("y")
        await run.settle()
        assert sorted(pod for _, pod in run.cloud.sent) == ["k3v9x0q2m1a7ze", "p8d2n5c1r4t6yw", "q9w8e7r6t5y4u3"]


async def test_a_list_that_is_not_visible_is_not_selected_from(launch: Launch) -> None:
    async with launch(size=(80, 24)) as run:
        await run.press("3")
        marks = run.app.screen._sight.marks  # type: ignore[attr-defined]
        await run.press("space", "asterisk", "exclamation_mark")
        assert not marks
        assert "space select" not in run.text()
        await run.press("shift+tab", "space")
        assert len(marks) == 1
