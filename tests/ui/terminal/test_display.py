"""How podtop is shown: in ASCII, without colours, in the theme that was chosen, and on a slow link."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.pilot import Pilot
from textual.scrollbar import ScrollBarRender

from tests.stage import demo_app, landed, make_recording, replay_app, settle, still_pollers
from tests.ui.conftest import Launch
from tui.config.loader import Config
from tui.domain.events import Kind
from tui.domain.pod_health import Phase
from tui.ui import themes
from tui.ui.charts.event_signs import GLYPHS
from tui.ui.render import rows
from tui.ui.terminal import capabilities
from tui.ui.terminal.display import Display
from tui.ui.terminal.filters import Ascii, Plain, ascii_text

UTF8 = {"LANG": "C.UTF-8"}

DEEDS = {
    "fleet": (), "pod": ("j", "enter"), "market": ("2",), "events": ("5",),
    "compare": ("space", "space"), "strips": ("j", "v"), "stop": ("j", "S"), "terminate": ("j", "j", "T"),
    "resume": ("G", "R"), "lease": ("j", "t"), "watch": ("2", "w"), "deploy": ("2", "D"),
    "help": ("question_mark",), "palette": ("colon",), "filter": ("slash", "x"), "places": ("2", "right", "right"),
}  # fmt: skip
"""Keys that lead to every screen and dialog; a list of the market stays where it was left."""

DIALOGS = ("stop", "terminate", "resume", "lease", "watch", "deploy", "help", "palette")


def text_of(pilot: Pilot[None]) -> str:
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


@pytest.mark.wide
@pytest.mark.parametrize(
    "names",
    [
        ("fleet", "strips", "market", "events", "terminate", "deploy"),
        pytest.param(tuple(DEEDS), marks=pytest.mark.wide),
    ],
    ids=["some places", "all places"],
)
async def test_in_ascii_nothing_else_is_shown_anywhere(names: tuple[str, ...]) -> None:
    app = demo_app(display=Display(Config(ascii=True), UTF8))
    with still_pollers():
        async with app.run_test(size=(120, 40)) as pilot:
            seen: dict[str, str] = {}
            for name in names:
                keys = DEEDS[name]
                while app.screen.is_modal or len(app.screen_stack) > 1:
                    app.pop_screen()
                    await pilot.pause()
                await settle(pilot, "equals_sign", "1", "escape", "escape", "escape", "g", *keys)
                while name in DIALOGS and not app.screen.is_modal:
                    await pilot.pause(0.01)
                await pilot.pause(0.05)
                shown = text_of(pilot)
                assert not re.findall(r"[^ -~\n]", shown), name
                assert not re.search(r"\?\?\?", shown), f"{name}: a character has no other form:\n{shown}"
                assert shown not in seen, f"{name} and {seen[shown]} are the same place"
                seen[shown] = name


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return make_recording(tmp_path / "a.sqlite", hours=1.0, pods=2)


@pytest.mark.wide
async def test_in_ascii_the_past_has_no_other_characters_either(recording: Path) -> None:
    app = replay_app(recording, display=Display(Config(ascii=True), UTF8))
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot, "left_square_bracket")
        shown = text_of(pilot)
        assert app.playback.in_history
        assert not re.findall(r"[^ -~\n]", shown)


@pytest.mark.wide
async def test_in_ascii_a_key_is_not_told_as_another() -> None:
    app = demo_app(display=Display(Config(ascii=True), UTF8))
    with still_pollers():
        async with app.run_test(size=(160, 40)) as pilot:
            await settle(pilot, "2")
            assert "left right list" in text_of(pilot)
            await settle(pilot, "C")
            assert re.search(r"-- enter apply . esc close -", text_of(pilot))
            await settle(pilot, "escape", "colon", *"previous row")
            for _ in range(500):
                if "up k" in text_of(pilot):
                    break
                await pilot.pause(0.01)
            assert re.search(r"previous row +up k", text_of(pilot))


@given(st.text(max_size=40))
def test_a_text_in_ascii_is_as_wide_as_it_was(text: str) -> None:
    plain = ascii_text(text)
    assert all(" " <= ch <= "~" for ch in plain)
    assert len(plain) == sum(cell_len(ch) for ch in text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("AMOUNT▼ TIME▲", "AMOUNTv TIME^"), ("▲ 3: idle  ▼ off", "! 3: idle  V off"),
        ("▲ pgup · ▼ pgdn more", "^ pgup . v pgdn more"), ("$8.40   ≥$8.40", "$8.40  >=$8.40"),
        ("≥ podtop observed", ">=podtop observed"), ("spend   ±5 min", "spend  +-5 min"), ("35°C 71° °", "35 C 71' '"),
        ("35 °C  idle", "35 C   idle"),
        ("12h 24m → 12h 55m", "12h 24m ->12h 55m"), ("↓1,000 ↑800 Mbit/s, ↑ up", "v1,000 ^800 Mbit/s, u up"),
    ],
)  # fmt: skip
def test_a_symbol_is_read_with_what_stands_beside_it(text: str, plain: str) -> None:
    assert ascii_text(text) == plain
    # The same where each character has a style of its own.
    segments = [Segment(char, Style(bold=number % 2 == 0)) for number, char in enumerate(text)]
    assert "".join(each.text for each in Ascii().apply(segments, TextualColor(0, 0, 0))) == plain


@pytest.mark.parametrize(
    ("edge", "plain"),
    [
        (("╰──────────", " ↵ apply · esc close ", "─╯"), "+------ enter apply . esc close -+"),
        (("╰─────────────── letter or ", "↵ copy ", "╯"), "+----------- letter or enter copy +"),
        (("╰── ↵ apply ─", "─╯"), "+-- < apply --+"),
    ],
)
def test_the_edge_of_a_frame_has_its_key_in_words_if_there_is_room(edge: tuple[str, ...], plain: str) -> None:
    drawn = Ascii().apply([Segment(part, Style()) for part in edge], TextualColor(0, 0, 0))
    assert "".join(each.text for each in drawn) == plain


def test_the_ends_of_a_scroll_bar_are_whole_cells() -> None:
    bar = ScrollBarRender.render_bar(size=9, virtual_size=50, window_size=20, position=7)
    drawn = Ascii().apply(list(bar.segments), TextualColor(0, 0, 0))
    assert {each.text for each in bar.segments} - {" "}
    assert {each.text for each in drawn} == {" "}


def test_no_two_states_have_the_same_sign() -> None:
    for glyphs in ({phase: rows._PHASES[phase][0] for phase in Phase}, dict(GLYPHS)):
        assert all(len(ascii_text(glyph)) == 1 for glyph in glyphs.values())
    # A phase has a word beside it; that the signs differ as well is for the corner of an eye.
    assert len({glyph for glyph, _ in rows._PHASES.values()}) == len(Phase)
    assert set(GLYPHS) == set(Kind)


GROUND = str(themes.MONO.background)


def plain(fg: str, bg: str, **attributes: bool) -> Style:
    style = Style(color=Color.parse(fg), bgcolor=Color.parse(bg), **attributes)  # type: ignore[arg-type]
    (segment,) = Plain(GROUND).apply([Segment("x", style)], TextualColor.parse(GROUND))
    assert segment.style is not None
    return segment.style


def test_without_colours_weight_and_reversal_say_what_colours_said() -> None:
    variables = themes.MONO.variables
    text, bad, cursor = str(themes.MONO.foreground), variables["bad"], variables["cursor"]
    for style in (plain(text, GROUND), plain(bad, GROUND), plain(text, cursor)):
        assert style.color is None
        assert style.bgcolor is None
    assert not plain(text, GROUND).bold
    assert plain(bad, GROUND).bold
    assert plain(text, cursor).reverse
    assert plain(text, str(themes.MONO.panel)).underline
    assert not plain(text, GROUND).reverse


def test_the_text_cursor_is_seen_in_a_field_that_is_filled() -> None:
    field, cursor = themes.MONO.variables["cursor"], str(themes.MONO.foreground)
    styles = [Style(color="#ffffff", bgcolor=colour) for colour in (field, cursor)]
    made = Plain(GROUND).apply([Segment(" ", style) for style in styles], TextualColor.parse(GROUND))
    assert [bool(segment.style and segment.style.reverse) for segment in made] == [True, False]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False), ({"LANG": "C.UTF-8"}, False), ({"LANG": "en_US.utf8"}, False), ({"LC_ALL": "C"}, True),
        ({"LANG": "de_DE.ISO-8859-1@euro"}, True), ({"LANG": "C.UTF-8", "LC_ALL": "POSIX"}, True),
        ({"LANG": "C.UTF-8", "TERM": "linux"}, True), ({"LANG": "C.UTF-8", "TERM": "xterm"}, False),
    ],
)  # fmt: skip
def test_which_terminals_are_shown_ascii(environ: dict[str, str], expected: bool) -> None:
    assert capabilities.only_ascii(environ) is expected
    assert Display(Config(), environ).ascii is expected


def test_which_theme_it_begins_with() -> None:
    known = {theme.name: theme for theme in themes.OWN}

    def begun(told: str | None = None, kept: str = "", **marks: bool) -> str:
        return capabilities.theme(told, kept, known, **{"few": False, "light": False, "plain": False, **marks})

    assert begun() == "podtop-dark"
    assert begun(light=True) == "podtop-light"
    assert begun(kept="podtop-contrast", light=True) == "podtop-contrast"
    assert begun("podtop-light", kept="podtop-contrast") == "podtop-light"
    assert begun(kept="gone") == "podtop-dark"
    assert begun(kept="podtop-contrast", few=True) == "podtop-16"
    assert begun("podtop-light", few=True) == "podtop-light"
    assert begun("podtop-light", plain=True) == "podtop-mono"


@pytest.mark.wide
async def test_a_theme_that_was_chosen_is_found_again(launch: Launch, tmp_path: Path) -> None:
    async with launch(demo=False) as run:
        assert run.app.theme == "podtop-dark"
        await run.press("colon", *"tritan")
        await run.until("podtop-tritanopia")
        await run.press("enter")
        await run.settle()
        assert "llama-pretrain" in run.text()
        assert run.app.theme == "podtop-tritanopia"
    async with launch(demo=False) as run:
        assert run.app.theme == "podtop-tritanopia"
    async with launch(demo=False, config=Config(theme="podtop-light")) as run:
        assert run.app.theme == "podtop-light"


@pytest.mark.wide
async def test_on_a_slow_link_charts_are_sparklines_and_the_footer_says_why() -> None:
    app = demo_app(display=Display(Config(slow_link=True), UTF8))
    with still_pollers():
        async with app.run_test(size=(120, 40)) as pilot:
            # A pod that is at work: the cursor begins on the worst one.
            await settle(pilot, "G", "k")
            shown = text_of(pilot)
            assert "slow link" in shown
            assert not re.search("[\u2801-\u28ff]", shown)
            for _ in range(500):
                if re.search("[▁-█]{15}", text_of(pilot)):
                    break
                await pilot.pause(0.01)
            assert re.search("[▁-█]{15}", text_of(pilot))


async def test_on_a_slow_link_charts_follow_when_the_cursor_rests(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.ui.screens.fleet.REST", 60.0)
    async with launch(config=Config(slow_link=True)) as run:
        await run.until("Telemetry  eval-sweep")
        await run.press("j")
        await run.settle()
        assert "Telemetry  eval-sweep" in run.text(), "what is shown says whose it is"
        monkeypatch.setattr("tui.ui.screens.fleet.REST", 0.01)
        await run.press("k", "j")
        await run.until("Telemetry  llama-pretrain")


async def test_a_link_that_is_found_slow_is_told_once(launch: Launch) -> None:
    async with launch() as run:
        pace = run.app.display_settings.pace
        assert "slow link" not in run.text()
        for _ in range(2):
            pace.slow = True
            run.app.link_changed()
            await run.settle()
            assert "slow link" in run.text()
            pace.slow = False
            run.app.link_changed()
            await run.settle()
            assert "slow link" not in run.text().splitlines()[-1]
        assert run.toasts().count("Slow connection") == 1
