"""Messages: each goes to every sink, and each sink takes those of its levels."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tui.domain.user_message import Level, UserMessage
from tui.services.messages import Messages, logged
from tui.ui.controllers.toasts import toasts
from tui.ui.terminal.terminal_app import NEWS


class Screen:
    """What stands over it, newest last."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str, float | None]] = []

    def clear_notifications(self) -> None:
        self.shown.clear()

    def notify(self, message: str, /, **options: Any) -> None:
        assert options["markup"] is False, "names come from a server"
        self.shown.append((message, options["severity"], options.get("timeout")))


def test_every_sink_gets_every_message_in_turn() -> None:
    seen: list[tuple[int, str]] = []
    messages = Messages(lambda message: seen.append((1, message.text)))
    messages.post(UserMessage("before"))
    messages.add(lambda message: seen.append((2, message.text)))
    messages.reply("after")
    assert seen == [(1, "before"), (1, "after"), (2, "after")]


def test_news_add_up_and_a_reply_takes_their_place() -> None:
    screen = Screen()
    messages = Messages(toasts(screen))
    messages.post(UserMessage("one"))
    messages.post(UserMessage("two", Level.INFO))
    assert screen.shown == [("one", "warning", NEWS), ("two", "information", NEWS)]
    messages.reply("three")
    assert screen.shown == [("three", "warning", None)]
    messages.post(UserMessage("four", Level.HINT))
    assert screen.shown == [("four", "information", None)]


def test_a_call_is_for_who_looks_elsewhere_and_not_on_the_screen() -> None:
    screen, calls = Screen(), []
    messages = Messages(toasts(screen), lambda message: calls.append(message))
    messages.call("podtop: H100", "H100 is available")
    assert screen.shown == []
    assert calls == [UserMessage("H100 is available", Level.CALL, "podtop: H100", "watch")]


def test_control_characters_of_a_name_do_not_reach_the_screen() -> None:
    screen = Screen()
    Messages(toasts(screen)).post(UserMessage("pod \x1b]0;x\x07 stopped"))
    assert "\x1b" not in screen.shown[0][0]


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (UserMessage("lost"), "told grade=warning text=lost"),
        (UserMessage("done", Level.INFO), "told grade=information text=done"),
        (UserMessage("no", Level.REPLY), "told grade=warning text=no"),
        (
            UserMessage("H100 is available", Level.CALL, "H100", "watch"),
            'alarm kind=watch title=H100 text="H100 is available"',
        ),
    ],
)
def test_all_that_is_told_is_logged(message: UserMessage, line: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="tui"):
        Messages(logged("app")).post(message)
    assert [(record.name, record.getMessage()) for record in caplog.records] == [("tui.app", line)]
