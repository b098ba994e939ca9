"""The Fleet screen as it is used: keys, panes, filters, pause, trouble, sizes."""

from __future__ import annotations

import random
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import funds, pod, snapshot
from tests.ui.conftest import NOW, PODS, HeldCloud, Launch
from tui.actions import ACTIONS
from tui.api.errors import (
    Blocked,
    CloudError,
    Forbidden,
    Malformed,
    Rejected,
    Throttled,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from tui.api.listener import Api
from tui.api.models import Problem, Snapshot, Unreadable
from tui.app import PodtopApp
from tui.config.loader import Config
from tui.services.source import Source
from tui.store.fleet import Fleet
from tui.ui import layout
from tui.ui.command_palette import Everything
from tui.ui.render import empty_states
from tui.ui.render import header as status
from tui.ui.render.header import Badges
from tui.ui.screens.charted import RANGES
from tui.ui.widgets.status_lines import join
from tui.ui.widgets.table import Table


async def test_it_answers_the_four_questions_at_a_glance(launch: Launch) -> None:
    async with launch() as run:
        text = run.text()
    for word in ("DEMO", "live", "$100.00", "$10.00/h", "runs out ▲ Mon 22:00 (10h 00m)", "llama-pretrain", "● running",
                 "◔ booting", "■ stopped", "92%", "H100 SXM", "2.99", "▰▰▰ high"):  # fmt: skip
        assert word in text, word


async def test_cursor_and_scroll_survive_a_refresh_that_reorders(launch: Launch) -> None:
    many = snapshot(*(pod(f"p{i:03}", name=f"worker-{i:03}") for i in range(200)))
    cloud = HeldCloud()
    cloud.fleet_answer = many
    async with launch(cloud=cloud) as run:
        table = run.app.screen.query_one("#pods", Table)
        await run.press("G")
        for _ in range(20):
            await run.press("k")
        assert table.cursor == "p179"
        top = table.scroll_offset.y
        await run.poll(replace(many, pods=tuple(reversed(many.pods or ()))))
        assert table.cursor == "p179"
        assert table.scroll_offset.y == top
        assert "worker-179" in run.text()
        await run.poll(snapshot(*(p for p in many.pods or () if p.id != "p179")))
        assert table.cursor == "p180"


@pytest.mark.wide
async def test_moving_with_the_keys_that_hands_know(launch: Launch) -> None:
    async with launch() as run:
        table = run.app.screen.query_one("#pods", Table)
        seen = []
        for key in ("j", "down", "k", "G", "g", "end", "home", "pagedown", "up"):
            await run.press(key)
            seen.append(table.keys.index(table.cursor or ""))
        assert seen == [1, 2, 1, 3, 0, 3, 0, 3, 2]


async def test_filter_narrows_while_typing_enter_keeps_escape_clears(launch: Launch) -> None:
    async with launch() as run:
        table = run.app.screen.query_one("#pods", Table)
        await run.press("slash", *"rtx eval")
        assert len(table.keys) == 1
        assert "↵ apply" in run.text()
        await run.press("enter")
        await run.settle()
        assert len(table.keys) == 1
        assert "/rtx eval  1 of 4" in run.text()
        assert run.app.focused is table
        await run.press("escape")
        assert len(table.keys) == 4
        await run.press("slash", *"zzz")
        await run.settle()
        assert "No pods match" in run.text()
        await run.press("escape")
        await run.settle()
        assert len(table.keys) == 4


@pytest.mark.wide
async def test_letters_typed_into_a_filter_are_letters(launch: Launch) -> None:
    async with launch() as run:
        await run.press("slash", *"qzp1:?/-")
        assert run.app.is_running
        assert run.app.screen.query_one("#filter").value == "qzp1:?/-"  # type: ignore[attr-defined]


async def test_sorting_goes_round_and_turns(launch: Launch) -> None:
    async with launch() as run:
        table = run.app.screen.query_one("#pods", Table)
        assert run.app.screen.query_one("#pods", Table)._sorted == ("attention", True)
        await run.press("o", "n")
        names = [run.app.fleet.records[key].name for key in table.keys]
        assert names == sorted(names)
        assert "NAME▲" in run.text()
        await run.press("i")
        assert [run.app.fleet.records[key].name for key in table.keys] == sorted(names, reverse=True)
        assert "NAME▼" in run.text()


async def test_a_click_on_a_title_sorts_and_on_a_row_moves(launch: Launch) -> None:
    async with launch() as run:
        table = run.app.screen.query_one("#pods", Table)
        await run.pilot.click("#pods", offset=(20, 1))
        assert "NAME▲" in run.text()
        await run.pilot.click("#pods", offset=(20, 4))
        assert table.cursor == table.keys[2]


async def test_tab_goes_round_the_panes_and_zoom_fills_the_body(launch: Launch) -> None:
    async with launch() as run:
        seen = []
        for _ in range(3):
            await run.press("tab")
            seen.append(run.app.focused.id if run.app.focused else None)
        assert seen == ["telemetry", "market", "pods"]
        await run.press("z")
        await run.settle()
        assert not run.app.screen.query_one("#market").display
        assert run.app.screen.query_one("#pods").outer_size == run.app.screen.query_one("#body").size
        await run.press("escape")
        assert run.app.screen.query_one("#market").display


@pytest.mark.wide
async def test_the_range_stays_within_its_list(launch: Launch) -> None:
    async with launch() as run:
        for _ in range(9):
            await run.press("minus")
        assert "last 30 d" in run.text()
        for _ in range(9):
            await run.press("plus")
        assert "last 5 min" in run.text()
        await run.press("equals_sign")
        assert "last 15 min" in run.text()
        assert RANGES[0] == 300


async def test_pause_holds_the_screen_while_collection_goes_on(launch: Launch) -> None:
    async with launch() as run:
        await run.press("p")
        run.cloud.now = NOW + 42
        await run.poll(snapshot(pod("new", name="brand-new")))
        text = run.text()
        assert "brand-new" not in text
        assert "llama-pretrain" in text
        assert "‖ paused 42s" in text
        assert set(run.app.fleet.records) == {"new"}
        await run.press("p")
        assert "brand-new" in run.text()


@pytest.mark.parametrize("size", [(120, 72), pytest.param((80, 120), marks=pytest.mark.wide)])
async def test_help_tells_every_key_in_force(launch: Launch, size: tuple[int, int]) -> None:
    async with launch(size=size) as run:
        bound = {b.binding.id: b.binding for b in run.app.screen.active_bindings.values() if b.binding.id}
        await run.press("question_mark")
        await run.settle()
        text = run.text()
        for binding in bound.values():
            assert (binding.tooltip or binding.description) in text, binding.id
        await run.press("q")
        assert run.app.is_running
        assert run.app.screen.id is None
        await run.settle()
        assert "Keys" not in run.text()


async def test_every_binding_has_an_id_and_a_help_text(launch: Launch) -> None:
    async with launch() as run:
        await run.press("slash")
        for active in run.app.screen.active_bindings.values():
            if active.node in (run.app, run.app.screen) or isinstance(active.node, Table):
                if active.binding.action in ("help_quit", "copy_text", "quit", "screen.copy_text", "app.focus_next"):
                    continue
                assert active.binding.id or active.binding.key.startswith(("ctrl", "super", "tab", "shift")), active


async def test_upper_case_is_for_what_spends_or_destroys_the_lock_and_places_to_go(launch: Launch) -> None:
    async with launch() as run:
        active = run.app.screen.active_bindings
        keys = {key for key in active if len(key) == 1 and key.isupper()}
        acting = {key for key, bound in active.items() if (bound.binding.id or "").startswith("act.")}
        assert keys == {"A", "C", "G", "M", "N", "W", *acting} - {"t", "f2"}
        assert {action.key for action in ACTIONS} < acting


@pytest.mark.parametrize(
    ("error", "header", "notice"),
    [
        (Unreachable("no route"), "unreachable", "RunPod cannot be reached"),
        (Unauthorized("401"), "key rejected", "RunPod rejected the API key"),
        *(
            pytest.param(*told, marks=pytest.mark.wide)
            for told in (
                (TimedOut("slow"), "timed out", "RunPod timed out"),
                (Forbidden("403"), "forbidden", "RunPod denied access"),
                (Blocked("403"), "blocked", "Blocked on the way to RunPod"),
                (Throttled("429", 0.0), "rate limited", "Rate limited by RunPod"),
                (Malformed("html"), "invalid response", "an invalid response"),
                (Rejected((Problem("Something went wrong"),)), "rejected", "Something went wrong"),
            )
        ),
    ],
)
async def test_trouble_from_the_start_is_told_and_the_market_goes_on(
    launch: Launch, error: Exception, header: str, notice: str
) -> None:
    cloud = HeldCloud()
    cloud.fleet_answer = error  # type: ignore[assignment]
    async with launch(cloud=cloud) as run:
        text = run.text()
        assert f"▲ {header} · no data yet" in text
        assert notice in text
        assert "H100 SXM" in text
        await run.poll(PODS)
        assert "llama-pretrain" in run.text()
        assert "● live" in run.text()


async def test_old_data_never_look_fresh(launch: Launch) -> None:
    async with launch() as run:
        run.cloud.now = NOW + 8
        await run.poll(Unreachable("no route"))
        assert "▲ unreachable · data 8s old" in run.text()
        run.cloud.now = NOW + 300
        await run.poll(Unreachable("no route"))
        table = run.app.screen.query_one("#pods", Table)
        assert table.has_class("-old")
        assert "▲ 5m 00s old" in run.text()
        assert "llama-pretrain" in run.text()
        await run.poll(PODS)
        assert not table.has_class("-old")
        assert "old" not in run.text()


async def test_silence_ages_by_itself(launch: Launch) -> None:
    async with launch() as run:
        run.cloud.now = NOW + 60
        run.app.screen._tick()  # type: ignore[attr-defined]
        await run.settle()
        assert "▲ stale · data 1m 00s old" in run.text()
        assert run.app.screen.query_one("#pods").has_class("-old")


async def test_no_pods_is_said(launch: Launch) -> None:
    cloud = HeldCloud()
    cloud.fleet_answer = snapshot()
    async with launch(cloud=cloud) as run:
        assert "No pods on this account" in run.text()
        assert "No pod under the cursor" in run.text()


async def test_partial_answers_show_what_there_is_and_say_what_is_missing(launch: Launch) -> None:
    cloud = HeldCloud()
    cloud.fleet_answer = Snapshot(funds(), None, (), (Problem("resolver for pods failed", ("myself", "pods")),))
    async with launch(cloud=cloud) as run:
        text = run.text()
        assert "$100.00" in text
        assert "The response has no pod list" in text
        assert "resolver for pods failed" in text
        assert "▲ pods unavailable" in text
        assert "pods unknown" in text


@pytest.mark.wide
async def test_no_balance_is_unknown(launch: Launch) -> None:
    async with launch() as run:
        await run.poll(Snapshot(None, PODS.pods))
        assert "balance unknown" in run.text()
        assert "runway unknown" in run.text()


async def test_an_unreadable_pod_stands_among_the_rest(launch: Launch) -> None:
    async with launch() as run:
        await run.poll(replace(PODS, unreadable=(Unreadable("bad1", "odd-one", "costPerHr is text, and no number"),)))
        text = run.text()
        assert "? unreadable" in text
        assert "odd-one  costPerHr is text, and no number" in text, "the reason has the room of the figures"
        assert "llama-pretrain" in text


async def test_names_are_data_and_not_markup(launch: Launch) -> None:
    async with launch() as run:
        await run.poll(snapshot(pod("a", name="[red]evil[/red] [@click=app.quit]x[/]")))
        await run.settle()
        assert "[red]evil[/red]" in run.text()


def test_every_theme_on_offer_has_styles_that_parse() -> None:
    from textual.css.stylesheet import Stylesheet

    cloud = HeldCloud()
    app = PodtopApp(Source("demo", True, lambda: cloud, lambda: NOW), Config())
    for name in app.available_themes:
        app.set_reactive(PodtopApp.theme, name)
        sheet = Stylesheet(variables=app.get_css_variables())
        sheet.read_all(list(app.CSS_PATH))
        sheet.parse()


async def test_read_only_is_said(launch: Launch) -> None:
    async with launch(config=Config(read_only=True)) as run:
        assert "READ-ONLY" in run.text()


async def test_equal_data_repaint_nothing(launch: Launch) -> None:
    async with launch() as run:
        table = run.app.screen.query_one("#pods", Table)
        painted: list[object] = []
        table.refresh = lambda *regions, **_: painted.append(regions)  # type: ignore[method-assign, assignment]
        await run.poll(PODS)
        assert painted == []


SIZES = [
    (20, 6),
    (24, 80),
    (40, 10),
    (60, 20),
    (80, 24),
    (99, 40),
    (100, 24),
    (120, 40),
    (159, 30),
    (160, 40),
    (200, 50),
    (250, 6),
    (250, 80),
]


@pytest.mark.wide
async def test_nothing_overlaps_overflows_or_crashes_at_any_size(launch: Launch) -> None:
    draw = random.Random(7)
    sizes = SIZES + [(draw.randint(20, 250), draw.randint(6, 80)) for _ in range(25)]
    async with launch() as run:
        for width, height in sizes:
            await run.pilot.resize_terminal(width, height)
            await run.settle()
            screen = run.app.screen
            body = screen.query_one("#body").region
            assert body.height >= 1
            shown = [w for name in (*layout.PANES, "map", "gpus") for w in screen.query(f"#{name}") if w.display]
            regions = [w.region for w in shown]
            assert all(region in body for region in regions), (width, height, body, regions)
            assert sum(region.area for region in regions) == body.area
            assert len(run.text().splitlines()) <= height
            if draw.random() < 0.5:
                await run.press(draw.choice(["tab", "z", "i", "j"]))


async def test_wide_and_combining_names_keep_the_columns(launch: Launch) -> None:
    async with launch() as run:
        await run.poll(
            snapshot(pod("a", name="训练模型-" * 12), pod("b", name="e\u0301e\u0301e\u0301"), pod("c", name=""))
        )
        lines = [line for line in run.text().splitlines() if "● running" in line]
        assert len(lines) == 3
        assert all("2.99" in line for line in lines)


async def test_a_held_screen_hides_no_trouble(launch: Launch) -> None:
    async with launch() as run:
        await run.press("p")
        run.cloud.now = NOW + 8
        await run.poll(Unreachable("no route"))
        assert "‖ paused 8s · ▲ unreachable · data 8s old" in run.text()


@pytest.mark.wide
async def test_slash_over_the_charts_filters_the_pods_and_takes_what_is_typed(launch: Launch) -> None:
    async with launch() as run:
        await run.press("tab", "slash", *"qqq")
        assert run.app.is_running
        assert "No pods match" in run.text()


async def test_tabs_and_the_footer_are_clicked(launch: Launch) -> None:
    async with launch(size=(80, 24)) as run:
        await run.pilot.click("#tabs", offset=(10, 0))
        await run.settle()
        assert run.app.screen.query_one("#telemetry").display
        await run.pilot.click("#footer", offset=(76, 0))
        await run.settle()
        assert not run.app.is_running


async def test_ctrl_c_says_once_what_quits(launch: Launch) -> None:
    async with launch() as run:
        await run.press("ctrl+c", "ctrl+c")
        assert [note.message for note in run.app._notifications] == ["Press q to quit (pods keep running)"]


async def test_asking_now_says_when_runpod_has_asked_for_patience(launch: Launch) -> None:
    async with launch() as run:
        await run.poll(Throttled("Too many requests (HTTP 429).", 30.0))
        await run.press("ctrl+r")
        assert any("retrying in 30s" in note.message for note in run.app._notifications)


def test_a_first_answer_that_is_slow_says_how_long() -> None:
    assert empty_states.pods(Fleet(5, 30), False, 0.3).title == "◌ Loading pods…"
    assert empty_states.market(Fleet(5, 30), False, 75.0).title == "◌ Loading prices… (1m 15s)"


@given(
    st.integers(15, 200),
    st.sampled_from([None, Unreachable("no route"), Throttled("slow down", 30.0), Malformed("not JSON")]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, *Api]),
)
def test_no_width_hides_trouble_or_a_badge(
    width: int, error: CloudError | None, demo: bool, read_only: bool, api: Api | None
) -> None:
    fleet = Fleet(5, 30)
    fleet.api = api
    fleet.apply(PODS, NOW)
    if error is not None:
        fleet.fail(error, NOW + 20, NOW + 40)
    now = NOW + 25
    badges = Badges("demo" if demo else "runpod", demo, read_only)
    first, second = status.header(fleet, badges, now, status.connection(fleet, now, UTC), width, tz=UTC)
    text = "".join(part for part, _ in join(first, width))
    assert "▲" in text
    assert "25s" in text or width < 20
    assert not demo or "DEMO" in text
    assert not read_only or "RO" in text or "READ-ONLY" in text
    money = "".join(part for part, _ in join(second, width))
    assert "22:00" in money or width < 9
    assert len(text) == len(money) == width


@pytest.mark.parametrize("api", Api)
@pytest.mark.parametrize(("demo", "source"), [(False, "runpod "), (True, "DEMO   ")])
def test_the_header_names_the_api_where_there_is_room(api: Api, demo: bool, source: str) -> None:
    fleet = Fleet(5, 30)
    fleet.apply(PODS, NOW)
    fleet.api = api

    def line(width: int, badges: Badges) -> str:
        first, _ = status.header(fleet, badges, NOW, status.connection(fleet, NOW, UTC), width)
        return "".join(part for part, _ in join(first, width))

    badges = Badges("demo" if demo else "runpod", demo, False)
    assert f"{source}{api}" in line(120, badges)
    assert api not in line(30, badges)


async def test_the_palette_does_what_the_keys_do(launch: Launch) -> None:
    async with launch() as run:
        commands: dict[str, Any] = {c.name: c.run for c in Everything(run.app.screen)._commands()}
        table = run.app.screen.query_one("#pods", Table)
        await commands["Last row"]()
        assert table.cursor == table.keys[-1]
        await commands["Zoom: toggle full-screen pane"]()
        assert not run.app.screen.query_one("#market").display
        await commands["Quit (pods keep running)"]()
        await run.settle()
        assert not run.app.is_running


@pytest.mark.wide
async def test_a_q_too_many_behind_the_help_does_not_quit(launch: Launch) -> None:
    from textual import events

    async with launch() as run:
        left: list[int] = []
        run.app.exit = lambda *args, **more: left.append(1)  # type: ignore[method-assign]
        for _ in range(3):
            await run.press("question_mark")
            await run.settle()
            for _ in range(3):
                run.app.post_message(events.Key("q", "q"))
            await run.settle()
            await run.wait(0.5)
        assert len(run.app.screen_stack) == 1
        assert left == []
        await run.press("q")
        await run.settle()
        assert left == [1]


@given(
    st.integers(15, 200),
    st.text("abcdefghij-_", min_size=1, max_size=24),
    st.booleans(),
    st.sampled_from([None, Throttled("slow down", 30.0)]),
)
def test_no_width_hides_the_profile(width: int, profile: str, read_only: bool, error: CloudError | None) -> None:
    fleet = Fleet(5, 30)
    fleet.apply(PODS, NOW)
    if error is not None:
        fleet.fail(error, NOW + 20, NOW + 40)
    badges = Badges("runpod", False, read_only, profile=profile, color="bad")
    first, _ = status.header(fleet, badges, NOW + 25, status.connection(fleet, NOW + 25, UTC), width)
    parts = join(first, width)
    text = "".join(part for part, _ in parts)
    (badge,) = [part.strip() for part, role in parts if role == "badge-bad"]
    assert badge == profile or (badge.endswith("…") and profile.startswith(badge[:-1]) and len(badge) >= 4)
    assert "▲" in text
    assert not read_only or "RO" in text or "READ-ONLY" in text
    assert badge == profile or width < 45


@pytest.mark.wide
@pytest.mark.parametrize(("demo", "shown"), [(False, True), pytest.param(True, False, marks=pytest.mark.wide)])
async def test_the_profile_stands_in_the_header_of_every_screen_but_not_on_a_demo(
    launch: Launch, demo: bool, shown: bool
) -> None:
    async with launch(config=Config(profile="work", color="bad"), demo=demo) as run:
        for key in ("1", "2", "5"):
            await run.press(key)
            assert (" work " in run.text().splitlines()[0]) is shown


async def test_a_key_that_overrides_the_profiles_is_said_on_the_screen_too(launch: Launch) -> None:
    config = Config(profile="work", account="RUNPOD_API_KEY")
    async with launch(config=config, demo=False) as run:
        await run.until("RUNPOD_API_KEY overrides the API key of profile work")
