"""What Textual does again and again for each of the apps that tests start, done once for all of them.

Nothing of this changes what a widget gets: `tests/ui/test_textual_shortcuts.py` compares it with Textual's own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import textual
import textual._callback
import textual._wait
from textual.css.stylesheet import Stylesheet
from textual.design import ColorSystem
from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.pilot import Pilot

# Textual's pilot waits until 50 ms pass in which the program does next to nothing, after every key: on a machine with
# other work that costs seconds a test. Half idle is idle enough, for what a test waits for it names itself.
textual._wait.SLEEP_GRANULARITY = 1 / 250
textual._wait.SLEEP_IDLE = textual._wait.SLEEP_GRANULARITY / 2


_parse = Stylesheet.parse
_parsed: dict[tuple[Any, ...], Any] = {}


def _parse_once(self: Stylesheet) -> None:
    """The same style sheets are parsed by every app that a test starts: each is parsed once for all of them."""
    key = (tuple(self.source.items()), tuple(self._variables.items()))
    if self._invalid_css or (rules := _parsed.get(key)) is None:
        _parse(self)
        _parsed[key] = self._rules
        return
    self._rules = rules
    self._require_parse = False
    self._rules_map = None


_parse_rules = Stylesheet._parse_rules
_parsed_part: dict[tuple[Any, ...], Any] = {}


def _parse_part_once(self: Stylesheet, *args: Any, **more: Any) -> Any:
    """The same for the sheet of a kind of widget, which is a part of many."""
    key = (args, tuple(more.items()), tuple(self._variables.items()))
    if key not in _parsed_part:
        _parsed_part[key] = _parse_rules(self, *args, **more)
    return _parsed_part[key]


class _Styled(NamedTuple):
    """What a node in a place gets.

    rules:   those of the style sheet; None if there are none for it
    watched: whether it has to be styled again when this or that changes, as the attributes of `_WATCHED`
    base:    its own rules then; empty until they are known
    """

    rules: Any
    watched: tuple[bool, ...]
    base: dict[str, Any]


_WATCHED = ("_has_hover_style", "_has_focus_within", "_has_order_style", "_has_odd_or_even")


class _Sheet:
    """A style sheet that several apps have."""

    def __init__(self, rules: list[Any]) -> None:
        self.rules = rules
        self.styled: dict[int, _Styled] = {}
        self.parts: dict[int, dict[str, dict[str, Any]]] = {}
        self._states = frozenset[str]().union(*(rule.pseudo_classes for rule in rules))
        self._checks: dict[type, tuple[Callable[[Any], bool], ...]] = {}
        self._places: dict[tuple[Any, ...], int] = {}

    def place(self, node: Any, known: dict[Any, Any] | None = None) -> int:
        """A number for the place of a node: that of its parent, and all of it that any rule asks for.

        known: the places of nodes that are styled together with it.
        """
        if not isinstance(node, DOMNode):
            return 0
        if known is not None and node in known:
            return known[node]  # type: ignore[no-any-return]
        kind = type(node)
        if (checks := self._checks.get(kind)) is None:
            checks = tuple(check for name, check in kind._PSEUDO_CLASSES.items() if name in self._states)
            self._checks[kind] = checks
        parent = self.place(node._parent, known)
        key = (parent, kind, node._id, frozenset(node._classes), *[check(node) for check in checks])
        place = self._places.setdefault(key, len(self._places) + 1)
        if known is not None:
            known[node] = place
        return place


_sheets: dict[int, _Sheet] = {}


def _sheet(self: Stylesheet) -> _Sheet:
    rules = self.rules
    found = _sheets.get(id(rules))
    if found is None:
        # It keeps them, so that no others come to have their identity.
        found = _sheets[id(rules)] = _Sheet(rules)
    return found


_apply, _process_component_classes = Stylesheet.apply, Stylesheet._process_component_classes


def _apply_once(self: Stylesheet, node: DOMNode, *, animate: bool = False, cache: dict[Any, Any] | None = None) -> None:
    """A node is styled by where it is: the rules for each place are found once."""
    sheet = _sheet(self)
    place = sheet.place(node, cache)
    if (styled := sheet.styled.get(place)) is not None:
        for name, watches in zip(_WATCHED, styled.watched, strict=True):
            setattr(node, name, watches)
        if styled.rules is not None:
            _replace(node, styled, animate)
        _style_parts(self, node, place)
        return
    found: list[Any] = []

    def replace_rules(one: DOMNode, rules: Any, animate: bool = False) -> None:
        if one is node:
            found.append(rules)
        Stylesheet.replace_rules(one, rules, animate)

    self.replace_rules = replace_rules  # type: ignore[method-assign, assignment]
    try:
        _apply(self, node, animate=animate)
    finally:
        # That of a part of the node may have gone before.
        self.__dict__.pop("replace_rules", None)
    watched = tuple(getattr(node, name) for name in _WATCHED)
    sheet.styled[place] = _Styled(found[0] if found else None, watched, {})


def _replace(node: DOMNode, styled: _Styled, animate: bool) -> None:
    """Give a node its rules: at once, where it has none yet and nobody sees it, and not at all where it has them."""
    base = node.styles.base
    if styled.base and not animate and (base._rules == styled.base or not (base._rules or node._is_mounted)):
        if not base._rules:
            base._rules.update(styled.base)  # type: ignore[typeddict-item]
            base._updates += 1
        node.notify_style_update()
        return
    Stylesheet.replace_rules(node, styled.rules, animate)
    if not animate:
        styled.base.update(base._rules)


class _Parts(dict[str, Any]):
    """The styles of the parts of a widget, of which each of podtop's has two dozen: made when they are looked at."""

    def __init__(self, node: DOMNode, rules: dict[str, dict[str, Any]]) -> None:
        super().__init__()
        self.node, self.rules = node, rules

    def __contains__(self, name: object) -> bool:
        return name in self.rules

    def __missing__(self, name: str) -> Any:
        part = DOMNode(classes=name)
        part._attach(self.node)
        part.styles.base._rules.update(self.rules[name])  # type: ignore[typeddict-item]
        part.styles.base._updates += 1
        self[name] = part.styles
        return part.styles

    def clear(self) -> None:
        super().clear()
        self.rules = {}


def _style_parts(self: Stylesheet, node: DOMNode, place: int | None = None) -> None:
    """The same for the parts of a widget."""
    components = node._get_component_classes()
    if not components:
        return
    sheet = _sheet(self)
    place = sheet.place(node) if place is None else place
    if (rules := sheet.parts.get(place)) is None:
        rules = sheet.parts[place] = {}
        for component in components:
            part = DOMNode(classes=component)
            part._attach(node)
            self.apply(part, animate=False)
            rules[component] = dict(part.styles.base._rules)
    before = node._component_styles
    if not isinstance(before, _Parts) or before.rules != rules:
        node._component_styles = _Parts(node, rules)
        node.refresh()


_generate = ColorSystem.generate
_generated: dict[str, dict[str, str]] = {}


def _generate_once(self: ColorSystem) -> dict[str, str]:
    """The colours of a theme are mixed once for all apps."""
    key = repr(sorted(vars(self).items()))
    if key not in _generated:
        _generated[key] = _generate(self)
    return dict(_generated[key])


_Handler = tuple[type, Any, dict[str, Any]]
_handlers: dict[tuple[type, str, type], tuple[_Handler, ...]] = {}


def _handlers_of(pump: type, name: str, message: type) -> Iterator[_Handler]:
    """The handlers that the classes of a widget have for a message, and which senders they are for."""
    kinds = [kind for kind in message.__mro__ if issubclass(kind, Message)]
    for cls in pump.__mro__:
        decorated = cls.__dict__.get("_decorated_handlers") or {}
        yield from ((cls, *handler) for kind in kinds for handler in decorated.get(kind, ()))
        method = cls.__dict__.get(f"_{name}") or cls.__dict__.get(name)
        if method is not None and not getattr(method, "_textual_on", None):
            yield cls, method, {}


_get_dispatch_methods = MessagePump._get_dispatch_methods


def _handlers_once(self: MessagePump, method_name: str, message: Message) -> Any:
    """Which handlers there are is found out once for each kind of widget and message; most have none for most."""
    key = (type(self), method_name, type(message))
    if (handlers := _handlers.get(key)) is None:
        handlers = _handlers[key] = tuple(_handlers_of(*key))
    if not handlers:
        return ()
    if any(senders for _, _, senders in handlers):
        return _get_dispatch_methods(self, method_name, message)
    return _bound(self, message, handlers)


def _bound(self: MessagePump, message: Message, handlers: tuple[_Handler, ...]) -> Iterator[tuple[type, Any]]:
    for cls, method, _ in handlers:
        if message._no_default_action:
            return
        yield cls, method.__get__(self, cls)


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


def _log_nothing(self: textual.Logger, *args: object, **more: object) -> None:
    """No console of Textual's is there to show what every message is logged for."""


def _at_rest(pump: MessagePump) -> bool:
    """Whether it waits for a message, and none is on its way."""
    arrived = pump._message_queue.ready_event
    return pump._closing or pump._closed or (not arrived.is_set() and bool(arrived._waiters))


COMPUTES, WAITS = 30.0, 300.0
"""Seconds of its own work, and of any, after which a program that is not at rest never will be."""


async def _wait_for_the_busy(self: Pilot[Any]) -> bool:
    """Textual's pilot sends every widget a message after each key and waits for it to come round, which is much of
    what a test costs: here it waits for those that have something to do.

    How long that takes on a busy machine says nothing: what counts is what the program itself computes meanwhile.
    """
    loop = asyncio.get_running_loop()
    until, computed = loop.time() + WAITS, time.thread_time() + COMPUTES
    rounds = 0
    while not self.app._exception_event.is_set():
        try:
            pumps = [self.app, *self.app.screen.walk_children(with_self=True)]
        except Exception:
            return False
        busy = [pump for pump in pumps if not _at_rest(pump)]
        if not busy:
            return True
        ends = loop.time() > until or time.thread_time() > computed
        assert not ends, f"the program did not come to rest: {busy}"
        rounds += 1
        await asyncio.sleep(0 if rounds < 2 else 0.002)
    return False


def take() -> None:
    """Take them, in this process."""
    Stylesheet.parse = _parse_once  # type: ignore[method-assign]
    Stylesheet._parse_rules = _parse_part_once  # type: ignore[method-assign]
    Stylesheet.apply = _apply_once  # type: ignore[method-assign]
    Stylesheet._process_component_classes = _style_parts  # type: ignore[method-assign]
    MessagePump._get_dispatch_methods = _handlers_once  # type: ignore[method-assign]
    ColorSystem.generate = _generate_once  # type: ignore[method-assign]
    textual._callback._count_parameters = _count_once
    textual.Logger.__call__ = _log_nothing  # type: ignore[method-assign]
    Pilot._wait_for_screen = _wait_for_the_busy  # type: ignore[method-assign]
