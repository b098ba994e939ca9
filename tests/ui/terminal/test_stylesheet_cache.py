"""Style sheets are parsed once, and what is shown later is styled as if they had been parsed anew."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from textual.app import App
from textual.css import stylesheet
from textual.css.stylesheet import StylesheetParseError
from textual.screen import Screen

from tests import textual_shortcuts
from tests.ui.conftest import Launch, Running
from tui.ui.terminal.stylesheet_cache import KeptStylesheet

SHEET, MORE = "Screen { color: $ink; }", "Screen { background: $ink; }"


def test_a_source_is_parsed_again_only_with_other_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def parse(scope: str, css: str, *rest: Any, **more: Any) -> Any:
        parsed.append(css)
        return stylesheet_parse(scope, css, *rest, **more)

    stylesheet_parse = stylesheet.parse
    monkeypatch.setattr(stylesheet, "parse", parse)
    monkeypatch.setattr(stylesheet.Stylesheet, "parse", textual_shortcuts._parse)
    monkeypatch.setattr(stylesheet.Stylesheet, "_parse_rules", textual_shortcuts._parse_rules)
    sheet = KeptStylesheet(variables={"ink": "red"})
    sheet.add_source(SHEET)
    sheet.parse()
    sheet.set_variables({"ink": "red"})
    sheet.reparse()
    assert parsed == [SHEET]
    sheet.add_source(MORE)
    sheet.reparse()
    assert parsed == [SHEET, MORE]
    assert len(sheet.rules) == 2
    sheet.set_variables({"ink": "blue"})
    sheet.reparse()
    assert parsed == [SHEET, MORE] * 2
    colour = sheet.rules[0].styles.color
    assert colour is not None
    assert colour.hex == "#0000FF"


def test_a_source_that_cannot_be_parsed_leaves_the_rules_from_before() -> None:
    sheet = KeptStylesheet()
    sheet.add_source(SHEET.replace("$ink", "red"))
    sheet.parse()
    before = sheet._rules
    sheet.add_source("Screen { no-such-thing: 1; }")
    for _ in range(2):
        with pytest.raises(StylesheetParseError):
            sheet.reparse()
        assert sheet._rules is before


def styles(run: Running) -> list[tuple[str, Any]]:
    """How all of the top screen is styled."""
    widgets = [run.app.screen, *run.app.screen.walk_children()]
    return [(repr(widget), dict(widget.styles.base._rules)) for widget in widgets]  # type: ignore[attr-defined]


@pytest.mark.wide
async def test_screens_are_styled_when_they_are_added_and_not_once_more(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    refreshed: Counter[str] = Counter()
    refresh = App.refresh_css

    def count(self: App[Any], animate: bool = True) -> None:
        refreshed[self.theme] += 1
        refresh(self, animate)

    async with launch() as run:
        monkeypatch.setattr(App, "refresh_css", count)
        for key in ("2", "3", "4", "5", "1"):
            await run.press(key)
            shown = styles(run)
            assert not refreshed
            run.app.stylesheet.update(run.app.screen)
            assert styles(run) == shown


async def test_a_theme_reaches_the_screens_from_before_and_those_that_come(launch: Launch) -> None:
    def background(screen: Screen[Any]) -> str:
        return screen.styles.background.hex

    async with launch() as run:
        await run.press("2")
        before = background(run.app.screen)
        run.app.theme = "textual-light"
        await run.settle()
        after = background(run.app.screen)
        assert after != before
        for key in ("1", "3"):
            await run.press(key)
            assert background(run.app.screen) == after
