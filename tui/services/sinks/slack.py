"""Notifies by an incoming webhook of Slack, or of what takes the same. The text is text, whatever it contains."""

from __future__ import annotations

import asyncio
from functools import partial

from tui.services.sinks.posting import address_in, post
from tui.services.sinks.sink import Means, Notification, Sink, plain


def sink(means: Means) -> Sink | None:
    return partial(_send, means) if means.settings.slack_file else None


async def _send(means: Means, notification: Notification) -> None:
    url = await asyncio.to_thread(address_in, means.settings.slack_file, "slack_file")
    await post(means, url, message(notification), {})


def message(notification: Notification) -> dict[str, object]:
    """The message: no markup, no mention, no preview. See https://docs.slack.dev/messaging/formatting-message-text"""
    text = f"{plain(notification.title)}\n{plain(notification.text)}"
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    return {"text": text, "mrkdwn": False, "link_names": False, "unfurl_links": False, "unfurl_media": False}
