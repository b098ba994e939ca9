"""What the tests do once for all apps gives each widget what Textual itself would give it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.css.styles import Styles
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.widget import Widget

from tests import textual_shortcuts as shortcuts
from tests.ui.conftest import Launch, Running
from tests.variants import every


def of(node: DOMNode) -> dict[str, Any]:
    """All that a style sheet gives a node and its parts."""
    parts = node._get_component_classes() if isinstance(node, Widget) else ()
    return {
        "itself": plain(node.styles.base),
        "watched": [getattr(node, name) for name in shortcuts._WATCHED],
        "parts": {name: plain(node._component_styles[name].base) for name in parts},
    }


def plain(styles: Styles) -> dict[str, str]:
    """By their texts: sheets that were parsed apart have each a layout of their own."""
    return {rule: type(value).__name__ if rule == "layout" else repr(value) for rule, value in styles._rules.items()}


def plainly(run: Running) -> tuple[Stylesheet, list[DOMNode]]:
    """The style sheet, parsed anew, and the nodes that it styles."""
    app = run.app
    sheet = app.stylesheet.copy()
    shortcuts._parse(sheet)
    return sheet, [app, *app.screen.walk_children(with_self=True)]


@pytest.mark.wide
@pytest.mark.parametrize("theme", every(2, ["podtop-dark", "podtop-light"]))
async def test_every_node_and_part_is_styled_as_textual_styles_it(
    theme: str, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with launch() as run:
        run.app.theme = theme
        compared = 0
        for keys in ((), ("j", "slash", "f"), ("escape", "escape", "2"), ("question_mark",), ("escape", "1", "x")):
            await run.press(*keys)
            sheet, nodes = plainly(run)
            ours = [of(node) for node in nodes]
            with monkeypatch.context() as patch:
                patch.setattr(Stylesheet, "_parse_rules", shortcuts._parse_rules)
                patch.setattr(Stylesheet, "apply", shortcuts._apply)
                patch.setattr(Stylesheet, "_process_component_classes", shortcuts._process_component_classes)
                shortcuts._parse(sheet)
                for node in nodes:
                    node.styles.base._rules.clear()  # type: ignore[attr-defined]
                    sheet.apply(node)
            for node, mine in zip(nodes, ours, strict=True):
                assert mine == of(node), node
                compared += 1
        assert compared > 60


@pytest.mark.wide
async def test_every_message_has_the_handlers_that_textual_finds(launch: Launch) -> None:
    async with launch() as run:
        await run.press("question_mark")
        nodes = [run.app, *run.app.screen.walk_children(with_self=True)]
        messages = [kind for kind in kinds(Message) if kind.__module__.startswith(("textual.events", "tui."))]
        assert len(messages) > 20
        found = 0
        for kind in messages:
            message = kind.__new__(kind)
            Message.__init__(message)
            for node in nodes:
                theirs = shortcuts._get_dispatch_methods(node, kind.handler_name, message)
                ours = list(MessagePump._get_dispatch_methods(node, kind.handler_name, message))
                assert ours == list(theirs)
                found += len(ours)
        assert found > 100


def kinds(of: type[Message]) -> list[type[Message]]:
    return [of, *(kind for one in of.__subclasses__() for kind in kinds(one))]
