"""One meaning, one symbol: the same everywhere, and a letter of its own in ASCII."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from msgspec.structs import replace

import tui
from tests.make import pod
from tui.api.features import NOT_OFFERED
from tui.domain.attention import Attention, Grade
from tui.domain.events import Kind
from tui.domain.market_watch import State
from tui.domain.pod_health import Phase
from tui.store.fleet_state import Record
from tui.store.series import Series
from tui.store.views import pods
from tui.ui.charts.event_signs import GLYPHS
from tui.ui.modals.help import MARKS, SIGNS
from tui.ui.modals.tour import STOPS
from tui.ui.render import rows, watches
from tui.ui.terminal.filters import SYMBOLS, ascii_of, ascii_text

NOW = 1_795_435_200.0
ROW = pods.pod_row(Record("a", "a", pod("a"), None, Series(10), NOW, NOW), NOW)

OWN = {"?", "+", "$", "^"}
"""Symbols that are ASCII anyhow; "^" is the arrow behind a column's title."""


def test_every_symbol_has_an_ascii_letter_of_its_own() -> None:
    letters = [ascii_of(symbol) for symbol in SYMBOLS]
    assert len(set(letters)) == len(letters)
    assert not set(letters) & OWN
    assert all(len(letter) == 1 and letter.strip() for letter in letters)
    # What is not known and what was cut off are not taken for a symbol either.
    assert not {ascii_of("–"), ascii_of("…"), ascii_of("·")} & set(letters)


def test_all_that_has_a_meaning_is_among_the_symbols() -> None:
    used = {glyph for glyph, _ in rows._PHASES.values()}
    used |= set(GLYPHS.values())
    used |= {glyph.strip() for glyph, _ in watches._STATES.values()}
    used |= {part for bars, _ in rows._STOCK.values() for part in bars}
    assert {symbol for symbol in used if not symbol.isascii()} <= set(SYMBOLS)
    assert set(watches._STATES) == set(State)


@pytest.mark.wide
def test_no_character_that_podtop_draws_is_left_without_a_form_in_ascii() -> None:
    """Every text in the program, read from its source."""
    found: dict[str, set[str]] = {}
    for path in Path(tui.__file__).parent.rglob("*.py"):
        if "demo" in path.parts or path.name in (
            "filters.py",
            "cell_buffer.py",
            "sanitize.py",
            "width.py",
            "sequences.py",
        ):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for ch in node.value:
                    if not ch.isascii() and ch.isprintable() and ascii_text(ch) in ("?", "??"):
                        found.setdefault(ch, set()).add(path.name)
    assert not found


def test_idle_and_booting_have_the_same_symbol_in_tables_charts_events_and_help() -> None:
    phases = {phase: glyph for phase, (glyph, _) in rows._PHASES.items()}
    for kind, phase in (
        (Kind.IDLE, Phase.IDLE), (Kind.BOOT, Phase.BOOTING), (Kind.STOPPED, Phase.STOPPED),
        (Kind.OUTBID, Phase.OUTBID), (Kind.GONE, Phase.ENDED), (Kind.STATUS, Phase.OTHER),
        (Kind.UNREADABLE, Phase.UNREADABLE), (Kind.UP, Phase.RUNNING),
    ):  # fmt: skip
        assert GLYPHS[kind] == phases[phase], kind
    alert = Attention("idle", "idle", Grade.WARN, "…", "a", "a")
    for phase in (Phase.IDLE, Phase.BOOTING, Phase.OUTBID, Phase.ERROR):
        (kind,) = rows._STATES[phase]
        row = replace(ROW, phase=phase, word=phase.value, alert=replace(alert, kind=kind))
        assert rows.phase_cell(row, NOW)[0][0].strip() == phases[phase], kind
        assert rows.phase_cell(replace(row, alert=None), NOW)[0][0].strip() == phases[phase]
    first, words = SIGNS[0]
    order = [Phase.RUNNING, Phase.IDLE, Phase.BOOTING, Phase.STOPPED]
    assert first.split() == [phases[phase] for phase in order]
    stop = next(stop for stop in STOPS if "running, idle" in stop.words.lower())
    assert stop.sign.split() == first.split()
    places = [words.index(word) for word in ("running", "idle", "booting", "stopped")]
    assert places == sorted(places)


def test_the_help_has_every_event_that_a_chart_marks() -> None:
    explained = [glyph for glyphs, _ in MARKS for glyph in glyphs.split()]
    assert set(GLYPHS.values()) <= set(explained)
    assert len(set(explained)) == len(explained)


def test_what_is_not_offered_is_not_read_as_a_zero() -> None:
    """Neither as the figure, nor as a letter that looks like it."""
    assert ascii_of(NOT_OFFERED) not in "0oOQD-"
