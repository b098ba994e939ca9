"""Notifies a URL of the user's, as JSON. The address is a secret: no message has it."""

from __future__ import annotations

import asyncio
from functools import partial

from tui.services.sinks.posting import authorization, post
from tui.services.sinks.sink import Means, Notification, Sink, plain


def sink(means: Means) -> Sink | None:
    return partial(_send, means) if means.settings.webhook else None


async def _send(means: Means, notification: Notification) -> None:
    headers = await asyncio.to_thread(authorization, means.settings.webhook_token_file, "webhook_token_file")
    if notification.id:
        # By which a server that got it, and whose response was lost, drops the second.
        headers["Idempotency-Key"] = notification.id
    body = {
        "title": plain(notification.title), "text": plain(notification.text), "kind": notification.kind,
        "at": notification.at,
    }  # fmt: skip
    await post(means, means.settings.webhook, body, headers)
