"""Keys of one's own: what a keymap may change, what it may not, and that every place tells the keys there are."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import tui.ui
from tests.ui.conftest import Launch
from tui.app import PodtopApp
from tui.config.loader import Config
from tui.ui.command_palette import Everything
from tui.ui.key_hints import SPOKEN, acting
from tui.ui.keymap_check import FIXED, SPENDING, bindings_of, contexts, declared, faults, keys_of, normal
from tui.ui.modals.confirm import Confirm
from tui.ui.modals.help import Help
from tui.ui.screens.events import EventsScreen
from tui.ui.screens.market import MarketScreen
from tui.ui.widgets.table import Table


def nodes() -> list[type[DOMNode]]:
    """Every class of podtop's that a screen can be made of."""
    found: dict[type[DOMNode], None] = {PodtopApp: None}
    for module in pkgutil.walk_packages(tui.ui.__path__, "tui.ui."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, DOMNode) and value.__module__.startswith("tui."):
                found[value] = None
    return list(found)


OWN = [node for node in nodes() if node.__dict__.get("BINDINGS")]


def test_there_is_something_to_walk() -> None:
    assert len(OWN) >= 15


@pytest.mark.parametrize("node", OWN, ids=lambda node: node.__name__)
def test_every_binding_has_an_id_of_its_own_and_a_help_text(node: type[DOMNode]) -> None:
    ids = []
    for binding in node.__dict__["BINDINGS"]:
        assert isinstance(binding, Binding)
        assert binding.id, binding
        group, _, name = binding.id.partition(".")
        assert group.isalpha()
        assert name.replace("-", "").isalpha()
        assert binding.tooltip, binding.id
        ids.append(binding.id)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("node", OWN, ids=lambda node: node.__name__)
def test_every_binding_is_known_where_it_is_in_force(node: type[DOMNode]) -> None:
    there = {one for classes in contexts(PodtopApp).values() for one in classes}
    assert any(issubclass(one, node) for one in there)
    assert {b.id for b in bindings_of(node)} <= set(declared(PodtopApp))


@pytest.mark.parametrize("node", OWN, ids=lambda node: node.__name__)
def test_no_key_of_one_widget_does_two_things(node: type[DOMNode]) -> None:
    keys = [binding.key for binding in bindings_of(node)]
    assert len(keys) == len(set(keys))


def test_podtops_own_keys_keep_the_rules() -> None:
    for name, binding in declared(PodtopApp).items():
        # Some have other keys elsewhere: pane.back has enter too, where no row can be opened.
        sets = {frozenset(b.key for b in bindings_of(node) if b.id == name) for node in OWN} - {frozenset()}
        if name not in FIXED and len(sets) == 1:
            assert faults({name: ",".join(binding.keys)}, PodtopApp) == ()
    assert set(FIXED) | SPENDING <= set(declared(PodtopApp))
    for name, key in SPOKEN.items():
        assert declared(PodtopApp)[name].keys[0] == key
    acts = (SPENDING - {"deploy.order"}) | {"act.lease"}
    assert acting({}) == {key for name in acts for key in declared(PodtopApp)[name].keys}


@pytest.mark.parametrize(
    ("name", "keys", "words"),
    [
        ("app.qiut", "f9", "unknown binding 'app.qiut'; did you mean app.quit?"),
        ("zzz", "f9", "unknown binding 'zzz'; podtop config --keys lists all"),
        ("confirm.yes", "enter", "confirm.yes cannot be rebound (safety): it is always y"),
        ("confirm.cancel", "x", "confirm.cancel cannot be rebound (safety): it is always esc, n, q"),
        ("deploy.leave", "f9", "deploy.leave cannot be rebound (safety): it is always esc"),
        ("app.quit", " , ", "app.quit has no key"),
        ("app.quit", "f99", "f99 is not a known key"),
        ("app.quit", "pagedwn", "did you mean pagedown?"),
        ("app.quit", "shift+q", "must be written Q"),
        ("app.quit", "ctrl+Q", "must be written ctrl+q"),
        ("app.quit", "ctrl+b", "is reserved for tmux"),
        ("app.quit", "ctrl+j", "is enter in a terminal"),
        ("app.quit", "escape", "escape is reserved: it always goes back"),
        ("act.terminate", "x", "x is too easy to press"),
        ("act.stop", "enter", "enter is too easy to press"),
        ("act.stop", "shift+down", "shift+down is too easy to press"),
        ("act.deploy", "5", "5 is too easy to press"),
        ("act.lock", "space", "space is too easy to press"),
        ("deploy.order", "enter", "enter is too easy to press"),
        ("deploy.order", "O", "O is text in this input"),
        ("filter.keep", "a", "a is text in this input"),
        ("goto.take", "g", "g is text in this input"),
        ("pane.back", "b", "pane.back must keep escape"),
        ("table.sort", "p", "table.sort and time.pause would both use p"),
        ("app.quit", "f", "would both use f (Market)"),
        ("table.mark", "left", "table.mark and chart.cursor-back would both use ← (Fleet)"),
        ("choice.next", "f7,f8,down", "choice.next and confirm.on would both use ↓"),
        ("help.down", "q,f9", "help.down and help.close would both use q"),
    ],
)
def test_what_a_keymap_may_not(name: str, keys: str, words: str) -> None:
    told = faults({name: keys}, PodtopApp)
    assert told
    assert all(fault.id == name for fault in told)
    assert words in " ".join(fault.words for fault in told)


@pytest.mark.parametrize(
    "keymap",
    [
        {"app.quit": "Q"}, {"app.quit": "f10, alt+q"}, {"act.stop": "f6"}, {"act.terminate": "ctrl+t"},
        {"act.stop": "T", "act.terminate": "S"}, {"table.down": "k,down", "table.up": "j,up"}, {"app.help": "?,f1"},
        {"pane.back": "escape,u"}, {"table.sort": "ö"}, {"deploy.order": "f5"}, {"time.pause": "o", "table.sort": "p"},
    ],
)  # fmt: skip
def test_what_a_keymap_may(keymap: dict[str, str]) -> None:
    assert faults(keymap, PodtopApp) == ()


def test_two_new_keys_that_are_one_are_told_once() -> None:
    (fault,) = faults({"app.quit": "f9", "table.sort": "f9"}, PodtopApp)
    assert fault.words == "app.quit and table.sort would both use f9 (Fleet)"


def test_keys_are_named_as_textual_names_them() -> None:
    assert [normal(key) for key in ("?", "S", "ctrl+r", "+", ",x"[0], "ö")] == [
        "question_mark", "S", "ctrl+r", "plus", "comma", "ö",
    ]  # fmt: skip
    assert keys_of({"app.help": "?,f1"}, PodtopApp)["app.help"] == ("?", "f1")


def keymap(**keys: str) -> Config:
    return Config(keymap={name.replace("__", "."): value for name, value in keys.items()})


@pytest.mark.wide
async def test_screens_tabs_and_clicks_have_the_new_keys(launch: Launch) -> None:
    async with launch(config=keymap(screen__market="f3", screen__events="f4,E")) as run:
        head = run.text().splitlines()[0]
        assert "f3 Market" in head
        assert "f4 Events" in head
        await run.press("2")
        assert not isinstance(run.app.screen, MarketScreen)
        await run.press("f3")
        assert isinstance(run.app.screen, MarketScreen)
        await run.pilot.click("#header", offset=(run.text().splitlines()[0].index("f4 Events"), 0))
        await run.settle()
        assert isinstance(run.app.screen, EventsScreen)


@pytest.mark.wide
async def test_a_binding_of_priority_moves_whole(launch: Launch) -> None:
    async with launch(config=keymap(act__stop="f6", table__filter="F")) as run:
        await run.press("S")
        assert not isinstance(run.app.screen, Confirm)
        await run.press("slash")
        assert not run.app.screen.query("#filter")
        await run.press("F", "S", "x", "enter")
        assert "Sx" in run.text()
        await run.press("escape", "f6")
        assert isinstance(run.app.screen, Confirm)
        await run.press("escape")


async def test_two_keys_can_change_places(launch: Launch) -> None:
    async with launch(config=keymap(table__down="k,down", table__up="j,up")) as run:
        table = run.app.screen.query_one("#pods", Table)
        first = table.cursor
        await run.press("k")
        assert table.cursor == table.keys[1]
        await run.press("j")
        assert table.cursor == first
        await run.press("down")
        assert table.cursor == table.keys[1]


async def test_a_dialog_has_the_new_keys_and_keeps_the_ones_it_is_safe_by(launch: Launch) -> None:
    async with launch(config=keymap(confirm__on="f8", confirm__back="f7")) as run:
        await run.press("S")
        assert isinstance(run.app.screen, Confirm)
        await run.wait(1.0)
        at_first = run.app.focused
        await run.press("f8")
        assert run.app.focused is not at_first
        await run.press("right")
        on = run.app.focused
        await run.press("f7")
        assert run.app.focused is not on
        await run.press("y")
        await run.settle()
        assert [sent[0] for sent in run.cloud.sent] == ["stop"]


async def test_help_footer_and_palette_tell_the_new_keys(launch: Launch) -> None:
    config = keymap(app__help="f1", help__close="f1", table__sort="ctrl+o", time__on="f12", app__quit="Q")
    async with launch(config=config, size=(200, 50)) as run:
        foot = run.text().splitlines()[-1]
        assert "^o sort" in foot
        assert "[ f12 history" in foot
        assert "Q quit" in foot
        commands = {c.name: c.beside for c in Everything(run.app.screen)._commands()}
        assert commands["Sort menu"] == "^o"
        await run.press("f1")
        assert isinstance(run.app.screen, Help)
        assert "^o           Sort menu" in run.text()
        assert "esc, f1 close" in run.text()
        await run.press("f1")
        assert not isinstance(run.app.screen, Help)
        await run.press("ctrl+c")
        assert "Press Q to quit" in run.toasts()


async def test_sentences_tell_the_new_keys(launch: Launch) -> None:
    async with launch(config=keymap(act__lock="f5")) as run:
        await run.press("f5")
        assert "(f5 to unlock)" in run.toasts()
        await run.press("S")
        assert "(f5 to unlock)" in run.toasts()


async def test_read_only_tells_why_at_the_new_key(launch: Launch) -> None:
    async with launch(config=Config(read_only=True, keymap={"act.stop": "f6"})) as run:
        await run.press("S")
        assert run.toasts() == ""
        await run.press("f6")
        assert "read-only" in run.toasts()
