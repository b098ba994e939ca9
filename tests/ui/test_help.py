"""The help: all keys of a screen and the signs, to be found by words; what closes it closes nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.conftest import Launch
from tui.ui.modals.help import Entry, Help, blocks, found, parted
from tui.ui.screens.fleet import FleetScreen

EVERY = (
    ("Actions", (Entry("S", "Stop pod (volume stays"), Entry("T", "Terminate"))),
    ("Signs", (Entry("■", "stopped"),)),
)


def test_words_find_entries_by_key_words_and_title() -> None:
    assert [title for title, _ in found(EVERY, "stop")] == ["Actions", "Signs"]
    assert found(EVERY, "actions term") == (("Actions", (Entry("T", "Terminate"),)),)
    assert found(EVERY, "no such thing") == ()


@given(st.text(max_size=8))
def test_what_is_found_is_part_of_all(words: str) -> None:
    whole = dict(EVERY)
    for title, entries in found(EVERY, words):
        assert entries
        assert set(entries) <= set(whole[title])


@given(st.lists(st.integers(1, 40), max_size=12), st.integers(1, 3))
def test_columns_are_about_as_long(lengths: list[int], count: int) -> None:
    parts = parted(lengths, count)
    assert (len(parts), sum(parts)) == (count, len(lengths))
    columns = [sum(lengths[sum(parts[:n]) : sum(parts[: n + 1])]) for n in range(count)]
    assert max(columns) <= sum(lengths) / count + max(lengths, default=0)


@pytest.mark.wide
async def test_from_180_columns_on_it_has_three_of_them_and_fits(launch: Launch) -> None:
    async with launch(size=(250, 70)) as run:
        await run.press("question_mark")
        for width, count in ((250, 3), (180, 3), (179, 2), (119, 1)):
            await run.pilot.resize_terminal(width, 70)
            await run.until_so(lambda width=width: run.app.screen.size.width == width)  # type: ignore[misc]
            await run.settle()
            shown = [column for column in run.app.screen.query("#help-keys Static") if column.display]
            assert len(shown) == count, width
            if count == 3:
                assert not run.app.screen.query_one("#help-keys").show_vertical_scrollbar


def test_signs_stand_behind_the_keys() -> None:
    assert [title for title, _ in blocks(())] == ["Symbols", "Events on charts, named by ← →", "Tour"]


@pytest.mark.wide
async def test_it_opens_on_every_screen_also_where_a_list_has_no_fields_to_filter_by(launch: Launch) -> None:
    async with launch() as run:
        for keys in (("1",), ("2",), ("3",), ("5",), ("1", "l"), ("1", "enter"), ("tab",)):
            await run.press(*keys)
            await run.settle()
            await run.press("question_mark")
            assert isinstance(run.app.screen, Help), keys
            await run.press("escape")


@pytest.mark.wide
async def test_it_is_searched_as_one_types(launch: Launch) -> None:
    async with launch() as run:
        for size in ((40, 12), (80, 24), (120, 40)):
            await run.pilot.resize_terminal(*size)
            await run.settle()
            await run.press("question_mark", "slash", *"terminate")
            await run.until("destroys")
            assert "palette" not in run.text()
            await run.press("enter", "j", "escape")
            assert isinstance(run.app.screen, Help), "esc shows all first"
            await run.until("Stop pod")
            await run.press("escape")
            assert isinstance(run.app.screen, FleetScreen)


@pytest.mark.wide
async def test_a_letter_that_is_no_key_of_the_help_begins_to_find(launch: Launch) -> None:
    async with launch() as run:
        await run.press("question_mark", *"outbid")
        assert "outbid, error, terminated" in run.text()
        assert "Keys and symbols: Fleet  /outbid" in run.text()


@pytest.mark.wide
async def test_it_tells_keys_of_other_panes_too(launch: Launch) -> None:
    async with launch() as run:
        await run.press("tab", "question_mark", "slash", *"select pod")
        assert "/select pod" in run.text()
        await run.press("escape", "slash", *"sort")
        assert "Sort menu" in run.text(), "which does nothing while the charts have the keys"


async def test_a_q_typed_twice_does_not_quit(launch: Launch) -> None:
    async with launch() as run:
        await run.press("question_mark")
        await run.pilot.press("q", "q", "q")
        await run.settle()
        assert run.app.is_running
        assert isinstance(run.app.screen, FleetScreen)
        await run.press("j")
        assert run.app.screen.query_one("#pods").cursor == run.app.screen.query_one("#pods").keys[1]  # type: ignore[attr-defined]
        await run.wait(1.0)
        await run.pilot.press("q")
        assert run.app._exit


async def test_it_scrolls(launch: Launch) -> None:
    async with launch(size=(40, 12)) as run:
        await run.press("question_mark", "G")
        assert "show the tour again" in run.text()
        await run.press("g")
        assert "Actions" in run.text()
