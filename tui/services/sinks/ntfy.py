"""Notifies by ntfy, as JSON: a title in a header could not have every letter. The topic is a secret."""

from __future__ import annotations

import asyncio
from functools import partial
from urllib.parse import unquote, urlsplit

from tui.domain.attention import Grade
from tui.services.sinks.posting import authorization, post
from tui.services.sinks.sink import Means, Notification, NotSent, Sink, plain

PRIORITIES = {Grade.BAD: 5, Grade.WARN: 4, Grade.NOTICE: 3, None: 3}
TAGS = {Grade.BAD: "rotating_light", Grade.WARN: "warning", Grade.NOTICE: "information_source", None: "bell"}
"""ntfy's names of emojis. See https://docs.ntfy.sh/publish/#publish-as-json"""


def sink(means: Means) -> Sink | None:
    return partial(_send, means) if means.settings.ntfy else None


async def _send(means: Means, notification: Notification) -> None:
    headers = await asyncio.to_thread(authorization, means.settings.ntfy_token_file, "ntfy_token_file")
    server, topic = parts(means.settings.ntfy)
    await post(means, server, {"topic": topic, **message(notification)}, headers)


def message(notification: Notification) -> dict[str, object]:
    """The message, without its topic."""
    return {
        "title": plain(notification.title), "message": plain(notification.text), "markdown": False,
        "priority": PRIORITIES[notification.grade], "tags": [TAGS[notification.grade]],
    }  # fmt: skip


def parts(url: str) -> tuple[str, str]:
    """Server and topic, of https://ntfy.sh/topic. Raises NotSent."""
    path, _, topic = urlsplit(url).path.rstrip("/").rpartition("/")
    if not topic:
        raise NotSent("the URL has no topic; expected one like https://ntfy.sh/topic", final=True)
    return urlsplit(url)._replace(path=f"{path}/", query="", fragment="").geturl(), unquote(topic)
