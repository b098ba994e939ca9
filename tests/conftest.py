"""What every test gets: a home of its own, and no key from the machine it runs on."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import textual._callback
import textual._wait
from hypothesis import settings
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.pilot import Pilot

from tui.storage import app_log

# What is compiled is kept: each program that a test starts would compile all of podtop again otherwise.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long an example takes says how busy the machine is, and nothing about podtop. Few examples by default; .ci/run
# tries the same with many (--hypothesis-profile=long).
settings.register_profile("podtop", deadline=None, max_examples=15)
settings.register_profile("long", deadline=None, max_examples=400)
settings.load_profile("podtop")

# Textual's pilot waits until 50 ms pass in which the program does next to nothing, after every key: on a machine with
# other work that costs seconds a test. Half idle is idle enough, for what a test waits for it names itself.
textual._wait.SLEEP_GRANULARITY = 1 / 250
textual._wait.SLEEP_IDLE = textual._wait.SLEEP_GRANULARITY / 2

# An app is a great many objects that live as long as it does: to go through them for garbage again and again costs more
# than what is found takes up.
gc.set_threshold(100_000, 50, 100)


def pytest_collection_finish() -> None:
    """The tests themselves live until the end: nobody looks through them for garbage."""
    gc.freeze()


_parse_rules = Stylesheet._parse_rules
_parsed: dict[tuple[Any, ...], Any] = {}


def _parse_once(self: Stylesheet, *args: Any, **more: Any) -> Any:
    """The same style sheets are parsed by every app that a test starts: each is parsed once for all of them."""
    key = (args, tuple(more.items()), tuple(self._variables.items()))
    if key not in _parsed:
        _parsed[key] = _parse_rules(self, *args, **more)
    return _parsed[key]


Stylesheet._parse_rules = _parse_once  # type: ignore[method-assign]

_styled: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}


def _style_once(self: Stylesheet, node: DOMNode) -> None:
    """The parts of a widget, of which each of podtop's has two dozen, are styled alike wherever it is in the same
    place by the same rules: the rules for each are found once for all apps."""
    components = node._get_component_classes()
    if not components:
        return
    path = tuple((type(one), one._id, one.classes, frozenset(one.pseudo_classes)) for one in node.css_path_nodes)
    styled = _styled.setdefault((tuple(map(id, self.rules)), path), {})
    before = node._component_styles.copy()
    node._component_styles.clear()
    changed = False
    for component in sorted(components):
        part = DOMNode(classes=component)
        part._attach(node)
        if (rules := styled.get(component)) is None:
            self.apply(part, animate=False)
            styled[component] = dict(part.styles.base._rules)
        else:
            part.styles.base._rules.update(rules)  # type: ignore[typeddict-item]
            part.styles.base._updates += 1
        changed = changed or before.get(component) != part.styles
        node._component_styles[component] = part.styles
    if changed:
        node.refresh()


Stylesheet._process_component_classes = _style_once  # type: ignore[method-assign]


_get_dispatch_methods = MessagePump._get_dispatch_methods
_deaf: dict[tuple[type, str, type], bool] = {}


def _is_deaf(pump: type, name: str, message: type) -> bool:
    """Whether no class of a widget has a handler for a message."""
    kinds = [kind for kind in message.__mro__ if issubclass(kind, Message)]
    for cls in pump.__mro__:
        decorated = cls.__dict__.get("_decorated_handlers") or {}
        if f"_{name}" in cls.__dict__ or name in cls.__dict__ or any(kind in decorated for kind in kinds):
            return False
    return True


def _handlers_if_any(self: MessagePump, method_name: str, message: Message) -> Any:
    """Most widgets have no handler for most messages, which is found out once for each kind of both."""
    key = (type(self), method_name, type(message))
    if key not in _deaf:
        _deaf[key] = _is_deaf(*key)
    return () if _deaf[key] else _get_dispatch_methods(self, method_name, message)


MessagePump._get_dispatch_methods = _handlers_if_any  # type: ignore[method-assign]

_count_parameters = textual._callback._count_parameters
_counts: dict[Any, int] = {}


def _count_once(function: Any) -> int:
    """Lambdas of the same code have the same parameters; a bound method has one less than its function."""
    code = getattr(function, "__code__", None)
    if code is None or hasattr(function, "__wrapped__"):
        return _count_parameters(function)
    key = (code, hasattr(function, "__self__"))
    if key not in _counts:
        _counts[key] = _count_parameters(function)
    return _counts[key]


textual._callback._count_parameters = _count_once


def _at_rest(pump: MessagePump) -> bool:
    """Whether it waits for a message, and none is on its way."""
    arrived = pump._message_queue.ready_event
    return pump._closing or pump._closed or (not arrived.is_set() and bool(arrived._waiters))


async def _wait_for_the_busy(self: Pilot[Any]) -> bool:
    """Textual's pilot sends every widget a message after each key and waits for it to come round, which is much of
    what a test costs: here it waits for those that have something to do."""
    loop = asyncio.get_running_loop()
    until = loop.time() + 30.0
    rounds = 0
    while not self.app._exception_event.is_set():
        try:
            pumps = [self.app, *self.app.screen.walk_children(with_self=True)]
        except Exception:
            return False
        if all(map(_at_rest, pumps)):
            return True
        assert loop.time() < until, "the program did not come to rest"
        rounds += 1
        await asyncio.sleep(0 if rounds < 2 else 0.002)
    return False


Pilot._wait_for_screen = _wait_for_the_busy  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder after the other; pytest's own numbering looks through all there are, for each."""
    root = tmp_path_factory.mktemp("homes")
    return (root / str(number) for number in count())


@pytest.fixture(autouse=True)
def _own_home(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = next(_homes)
    home.mkdir()
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    for name in (
        "RUNPOD_API_KEY",
        "NO_COLOR",
        "TEXTUAL",
        "COLORTERM",
        *(f"PODTOP_{n}" for n in ("API_URL", "CONFIG", "INTERVAL", "READ_ONLY", "RECORD")),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PODTOP_TOUR", "0")
    yield home
    app_log.close_log()
