"""Notifies a URL of the user's, as JSON. The address is a secret: no message has it."""

from __future__ import annotations

import asyncio
from functools import partial

from tui.api.errors import CloudError
from tui.api.http import name_lookup
from tui.config.keys import token
from tui.files import reading
from tui.services.sinks.sink import PATIENCE, Means, Notification, NotSent, Sink, plain

_ITS_HOST = "the server"
"""Stands for the webhook's host in messages."""


def sink(means: Means) -> Sink | None:
    return partial(_send, means) if means.settings.webhook else None


async def _send(means: Means, notification: Notification) -> None:
    try:
        status = await _status(means, notification)
    except CloudError as error:
        raise NotSent(str(error)) from None
    if not 200 <= status < 300:
        raise NotSent(f"the server refused it (HTTP {status})")


async def _status(means: Means, notification: Notification) -> int:
    """Send it; returns the status of the response. Raises NotSent, and CloudError, without anything of the address."""
    from tui.api.http.connection import connect
    from tui.api.http.failures import of_transport

    url = means.settings.webhook
    headers = await asyncio.to_thread(authorization, means.settings.webhook_token_file)
    line = await asyncio.to_thread(connect, url, transport=means.transport, environ=means.environ, timeout=PATIENCE)
    if means.transport is None:
        name_lookup.install()
    body = {
        "title": plain(notification.title), "text": plain(notification.text), "kind": notification.kind,
        "at": notification.at,
    }  # fmt: skip
    try:
        async with (
            line.client,
            asyncio.timeout(PATIENCE),
            # The response body is of no interest, and may be endless.
            line.client.stream("POST", url, json=body, headers=headers) as answer,
        ):
            return answer.status_code
    # The libraries' own messages would reveal the address.
    except Exception as error:
        trouble = of_transport(error, _ITS_HOST, PATIENCE, line.proxy)
    raise trouble.with_traceback(None)


def authorization(token_file: str) -> dict[str, str]:
    """The authorization, if there is a file with the token. Raises NotSent."""
    if not token_file:
        return {}
    try:
        secret = token(token_file)
    except reading.FileTrouble as error:
        raise NotSent(f"webhook_token_file: {error}") from None
    if not secret or not all("!" <= ch <= "~" for ch in secret):
        raise NotSent("webhook_token_file: no token that fits into a header")
    return {"Authorization": f"Bearer {secret}"}
