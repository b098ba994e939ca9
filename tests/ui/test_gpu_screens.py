"""GPUs on the screens: the Fleet's map, the blocks of its table, the GPUs below it, and the table of the Pod screen."""

from __future__ import annotations

import re
from functools import partial
from types import SimpleNamespace
from typing import cast

import pytest
from textual.content import Content
from textual.geometry import Size

from tests import stage
from tests.make import pod, snapshot
from tests.ui.conftest import NOW, HeldCloud, Launch, Running
from tui.config.loader import Config
from tui.domain.attention import Attention, Grade
from tui.store.fleet import Fleet
from tui.ui.screens.fleet_gpus import FleetGpus
from tui.ui.screens.pod import PodScreen
from tui.ui.terminal.colours import contrast
from tui.ui.themes import has_shades
from tui.ui.widgets.gpu_map import GpuMap
from tui.ui.widgets.status_lines import Lines
from tui.ui.widgets.table import Table

EIGHT = (92.0, 95.0, 91.0, 0.0, 94.0, 96.0, 93.0, 97.0)
PODS = snapshot(
    pod("a", name="pretrain", utils=EIGHT, cost=23.92), pod("b", name="eval", utils=(91.0, 92.0)),
    pod("c", name="gone", status="EXITED", utils=None),
)  # fmt: skip


def cloud(fleet: object = PODS) -> HeldCloud:
    held = HeldCloud()
    held.fleet_answer = fleet  # type: ignore[assignment]
    return held


async def resized(run: Running, width: int, height: int) -> str:
    await run.pilot.resize_terminal(width, height)
    await run.until_so(lambda: run.app.screen.size == (width, height))
    await run.settle()
    return run.text()


def map_of(run: Running) -> GpuMap:
    return run.app.screen.query_one("#map", GpuMap)


def pods_of(run: Running) -> Table:
    return run.app.screen.query_one("#pods", Table)


@pytest.mark.wide
async def test_one_idle_gpu_of_eight_is_seen_at_every_size_and_without_hues(launch: Launch) -> None:
    async with launch(size=(120, 40), cloud=cloud()) as run:
        for theme in ("podtop-dark", "podtop-mono"):
            run.app.theme = theme
            for width, height in ((120, 40), (200, 50), (80, 24), (40, 12)):
                text = await resized(run, width, height)
                assert "▇▇▇▁▇▇▇▇" in text, f"{width} in {theme}:\n{text}"
                if width < 100:
                    await run.press("M")
                assert "███◌████" in run.text(), f"{width} in {theme}:\n{run.text()}"
                if width < 100:
                    await run.press("M", "M")


async def test_and_in_ascii(launch: Launch) -> None:
    async with launch(size=(120, 40), cloud=cloud(), config=Config(ascii=True)) as run:
        assert "***_****" in run.text()
        assert "###/####" in run.text()
        assert run.text().isascii()


async def test_the_cursors_of_map_and_table_follow_each_other(launch: Launch) -> None:
    async with launch(size=(120, 40), cloud=cloud()) as run:
        await run.press("g", "j")
        first = pods_of(run).cursor
        assert map_of(run).cursor == (first, 0)
        await run.press("tab")
        assert run.app.screen.focused is map_of(run)
        await run.press("g")
        assert map_of(run).cursor == (pods_of(run).cursor, 0)
        while map_of(run).cursor != ("a", 3):
            await run.press("right")
        assert pods_of(run).cursor == "a"
        assert re.search(r"pretrain GPU 3  0%  idle.*\$2\.99/h", run.text())
        await run.press("enter")
        assert isinstance(run.app.screen, PodScreen)
        assert run.app.screen.pod == "a"


def test_the_title_of_a_map_that_is_older_than_the_pods_reads_no_gpu_that_is_gone() -> None:
    fleet = Fleet(5.0, 30.0)
    fleet.apply(PODS, NOW)
    titles: list[str] = []
    for cursor in (("a", 3), ("a", 8), ("c", 0), ("no such pod", 0), None):
        pane = SimpleNamespace(cursor=cursor, size=Size(80, 9), entitle=lambda title, legend: titles.append(title))
        FleetGpus().entitle(cast("GpuMap", pane), "GPU map", fleet, NOW, brief=False, shades=True)
    assert "GPU 3" in titles[0]
    assert titles[1:] == ["GPU map"] * 4


@pytest.mark.wide
async def test_the_cursor_in_the_map_is_seen_without_hues(launch: Launch) -> None:
    three = cloud(snapshot(pod("a", name="pretrain", utils=(72.0, 84.0, 99.0))))
    async with launch(size=(120, 40), cloud=three) as run:
        run.app.theme = "podtop-mono"
        await run.press("M", "M", "tab", "g")
        assert run.app.screen.focused is map_of(run)
        for _ in range(3):
            await run.press("right")
            line, x = map_of(run)._place or (0, 0)
            glyph = map_of(run).render_line(line).text[x]
            assert glyph not in "▆▇█", "its colour is behind the block"


@pytest.mark.wide
@pytest.mark.parametrize("theme", ["podtop-dark", "podtop-light", "podtop-mono"])
async def test_a_sign_is_read_under_the_cursor_of_the_map(launch: Launch, theme: str) -> None:
    # It has a sign of the quietest ink.
    async with launch(size=(120, 40), cloud=cloud(snapshot(pod("a", name="pretrain", utils=(0.0, 0.0))))) as run:
        run.app.theme = theme
        await run.press("M", "M", "tab", "g")
        line, x = map_of(run)._place or (0, 0)
        drawn = [(part, segment.style) for segment in map_of(run).render_line(line) for part in segment.text]
        sign, style = drawn[x]
        assert sign == "◌"
        assert style is not None
        assert style.color is not None
        assert style.bgcolor is not None
        assert contrast(style.color.get_truecolor(), style.bgcolor.get_truecolor()) > 7


async def test_a_small_account_begins_with_the_market_and_m_goes_round_and_is_remembered(launch: Launch) -> None:
    small = snapshot(pod("a", name="alone", utils=(90.0,)))
    async with launch(size=(120, 40), cloud=cloud(small), demo=False) as run:
        assert "SECURE" in run.text()
        assert "GPU map" not in run.text()
        await run.press("M")
        assert "SECURE" not in run.text()
        assert "GPU map" not in run.text()
        await run.press("M")
        assert "GPU map" in run.text()
    async with launch(size=(120, 40), cloud=cloud(small), demo=False) as run:
        assert "GPU map" in run.text()
        assert "SECURE" not in run.text()


async def test_stale_gpus_are_unknown_and_a_filter_narrows_the_map(launch: Launch) -> None:
    async with launch(size=(120, 40), cloud=cloud()) as run:
        await run.press("slash", *"eval", "enter")
        assert "pretrain" not in run.text()
        assert len(map_of(run)._groups) == 1
        await run.press("escape")
        run.cloud.now += 600
        run.app.context.changed.publish(None)
        await run.settle()
        assert "????????" in run.text()
        assert "███◌████" not in run.text()


HUNG = Attention(
    "hung", "hung", Grade.BAD, "GPUs report full load, but draw 155 of 700 W for 44m: hung? ($23.92/h)", "a",
    "pretrain", since=NOW - 2640, lasts=2640.0,
)  # fmt: skip


async def test_the_first_screen_of_a_small_terminal_says_which_since_when_and_at_what_cost(launch: Launch) -> None:
    async with launch(
        size=(80, 24), cloud=cloud(snapshot(pod("a", name="pretrain", utils=(100.0,) * 8, cost=23.92)))
    ) as run:
        run.app.fleet.attention = (HUNG,)
        run.app.context.changed.publish(None)
        await run.settle()
        text = run.text()
        assert text.count("▲ hung 44m") == 9
        assert "($23.92/h)" in text
        assert text.splitlines()[1].startswith(" ▲ 1: 1 hung  busy 8/8  runs out")


@pytest.mark.wide
async def test_the_title_of_the_gpus_says_the_cost_in_a_narrow_terminal(launch: Launch) -> None:
    dear = snapshot(pod("a", name="a-pretraining-with-a-long-name", utils=(100.0,) * 8, cost=123.92))
    async with launch(size=(40, 12), cloud=cloud(dear)) as run:
        await run.press("enter")
        assert "GPUs  a-pretraining-wi…  $123.92/h" in run.text()


@pytest.mark.parametrize(("size", "gpus", "above"), [
    ((80, 24), 8, [f"▲ {HUNG.text}"]),
    pytest.param(
        (40, 12), 2, ["▲ GPUs report full load, but draw 155", "of 700 W for 44m: hung? ($23.92/h)"],
        marks=pytest.mark.wide,
    ),
    pytest.param((40, 12), 8, ["▲ GPUs report full load, but draw 155…"], marks=pytest.mark.wide),
])  # fmt: skip
async def test_in_a_small_terminal_what_is_wrong_with_a_pod_stands_above_its_gpus_and_is_loud(
    launch: Launch, size: tuple[int, int], gpus: int, above: list[str]
) -> None:
    busy = snapshot(pod("a", name="pretrain", utils=(100.0,) * gpus, cost=23.92))
    async with launch(size=size, cloud=cloud(busy)) as run:
        run.app.fleet.attention = (HUNG,)
        await run.press("enter")
        lines = run.text().splitlines()
        at = next(number for number, line in enumerate(lines) if line.startswith("╭─ GPUs"))
        assert [line.strip() for line in lines[at - len(above) : at]] == above
        assert "GPUs    " in lines[at - len(above) - 1]
        assert run.text().count("155") == 1, "once"
        bar = run.app.screen.query_one("#tabs", Lines)
        assert bar.content[1].left[0][0][1] == "bad"
        await run.press("tab")
        assert run.app.screen.query_one("#tabs", Lines).size.height == 1, "the facts begin with it"


@pytest.mark.wide
async def test_where_the_facts_of_a_pod_say_what_is_wrong_nothing_else_does(launch: Launch) -> None:
    async with launch(size=(120, 40), cloud=cloud(snapshot(pod("a", name="pretrain", utils=(100.0,) * 2)))) as run:
        run.app.fleet.attention = (HUNG,)
        await run.press("enter")
        assert run.text().count("155") == 1
        await run.press("g", "space")
        assert "▲ GPUs report full load, but draw 155" in run.text(), "its group is folded"


@pytest.mark.wide
@pytest.mark.parametrize("theme", ["podtop-dark", "podtop-light", "podtop-mono"])
async def test_the_empty_part_of_a_bar_is_seen_under_the_cursor(launch: Launch, theme: str) -> None:
    async with launch(size=(80, 24), cloud=cloud(snapshot(pod("a", name="pretrain", utils=(0.0, 0.0))))) as run:
        run.app.theme = theme
        await run.press("enter")
        table = run.app.screen.query_one("#gpus", Table)
        assert table.cursor == "0"
        style = next(segment.style for segment in table.render_line(1) if "─" in segment.text)
        assert style is not None
        assert style.color is not None
        assert style.bgcolor is not None
        assert contrast(style.color.get_truecolor(), style.bgcolor.get_truecolor()) > 1.25


@pytest.mark.wide
async def test_the_pod_screen_opens_with_its_gpus_and_groups_fold_for_good(launch: Launch) -> None:
    async with launch(size=(120, 40), cloud=cloud()) as run:
        run.app.screen.look_at("a")  # type: ignore[attr-defined]
        await run.press("enter")
        lines = run.text().splitlines()
        assert "GPUs  pretrain  8×H100 SXM  $23.92/h" in lines[2]
        row = next(line for line in lines if line.startswith("│  3 "))
        assert "idle" in row
        assert "━" not in row.split(" 0%")[0]
        assert "Pod ID" in run.text()
        await run.press("g", "space")
        assert "Pod ID" not in run.text()
        assert re.search(r"Status +… \d+", run.text())
        await run.press("escape", "enter")
        assert "Pod ID" not in run.text()
        await run.press("enter")
        assert "Pod ID" in run.text(), "enter on a title unfolds it"
        await run.press("j", "enter")
        assert not isinstance(run.app.screen, PodScreen), "elsewhere enter goes back"


async def test_revealing_unfolds_the_environment(launch: Launch) -> None:
    async with launch(size=(120, 40), cloud=cloud()) as run:
        run.app.context.preferences.keep("pod.folded", "Environment")
        await run.press("enter", "x")
        assert run.app.context.preferences.get("pod.folded") == ""


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
async def test_in_small_terminals_the_gpus_come_first(launch: Launch, size: tuple[int, int]) -> None:
    async with launch(size=size, cloud=cloud()) as run:
        run.app.screen.look_at("a")  # type: ignore[attr-defined]
        await run.press("enter")
        assert "GPU UTIL" in run.text()
        assert ("Telemetry ─" in run.text()) is (size[1] == 24)


@pytest.mark.wide
async def test_every_theme_on_offer_draws_every_pane_whatever_was_shown_before(launch: Launch) -> None:
    """Also those of the terminal's own colours, which have no shades, and while cells of the theme before are shown."""
    async with launch(size=(120, 40), cloud=cloud()) as run:
        for _ in range(3):
            await run.poll(PODS)
        for theme in (*run.app.available_themes, "podtop-dark"):
            run.app.theme = theme
            shades = has_shades(run.app.current_theme)
            await run.settle()
            assert ("███◌████" if not shades else "◌") in run.text(), theme
            for key in ("x", "M", "M", "M", "enter", "x", "escape"):
                await run.press(key)
                assert run.app._exception is None, f"{key} in {theme}"


async def test_below_the_map_stands_which_gpus_need_attention(launch: Launch) -> None:
    async with launch(size=(80, 24), cloud=cloud()) as run:
        await run.press("M")
        lines = run.text().splitlines()
        at = next(number for number, line in enumerate(lines) if "GPUs that need attention" in line)
        assert re.search(r"pretrain  GPU 3  ◌ idle.*\$2\.99/h", lines[at + 1])
        await resized(run, 80, 12)
        assert "███◌████" in run.text(), "GPUs come first where room is short"


async def test_the_gpus_below_the_pods_come_back_with_the_rows_that_a_filter_hid(launch: Launch) -> None:
    def below(run: Running) -> str:
        pane = run.app.screen.query_one("#gpus", Lines)
        lines = pane.content if pane.display else ()
        return "".join(text for line in lines for group in line.left for text, _ in group)

    async with launch(size=(80, 24), cloud=cloud()) as run:
        whole = below(run)
        assert "GPU" in whole or "%" in whole
        await run.press("slash", "z", "z")
        assert below(run) == ""
        await run.press("backspace", "backspace")
        await run.settle()
        assert below(run) == whole
        await run.press(*"util")
        assert below(run) == ""
        await run.press("<")
        await run.settle()
        assert below(run) == whole


@pytest.mark.wide
async def test_no_part_of_the_legend_of_the_map_is_cut(launch: Launch) -> None:
    async with launch(size=(60, 20), cloud=cloud()) as run:
        await run.press("M")
        for width in (24, 26, 27, 33, 34, 39, 40, 46, 47, 56, 57, 69, 80, 98):
            text = await resized(run, width, 20)
            pane = map_of(run)
            assert pane.display
            legend = Content.from_markup(str(pane.border_subtitle)).plain
            assert legend.strip() in text, f"{width}:\n{text}"


@pytest.mark.wide
@pytest.mark.parametrize("pods", [6, 100])
async def test_the_first_screen_says_which_gpu_lags_since_when_and_what_it_costs(
    pods: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "demo_source", partial(stage.demo_source, pods=pods))
    monkeypatch.setattr(stage, "_told_once", lambda source: source.history)
    with stage.still_pollers():
        app = stage.demo_app()
        async with app.run_test(size=(80, 24)) as pilot:
            await stage.settle(pilot)
            text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
            assert re.search(r"mixtral-8x7b-sft +GPU 2 +▾ lags \d+\w +\$3\.\d\d/h", text)


@pytest.mark.wide
async def test_a_map_that_pages_says_which_lines_are_seen(launch: Launch) -> None:
    many = cloud(snapshot(*(pod(f"p{number}", utils=EIGHT) for number in range(300))))
    async with launch(size=(120, 40), cloud=many) as run:
        seen = re.search(r"lines 1-(\d+) of (\d+)", run.text())
        assert seen is not None
        assert int(seen[1]) == map_of(run).size.height < int(seen[2])
        await run.press("tab", "G")
        assert re.search(rf"(lines |  )\d+-{seen[2]}( of |/){seen[2]}", run.text())
