"""Sends JSON to an address of the user's. The address is a secret: no message has it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from tui.api.errors import CloudError
from tui.api.http import name_lookup
from tui.api.http.endpoint import objection
from tui.config.keys import token
from tui.files import reading
from tui.format.digits import whole_number
from tui.services.sinks.sink import PATIENCE, Means, NotSent

_ITS_HOST = "the server"
"""Stands for the host in messages."""

AGAIN = (408, 425, 429)
"""Refusals that hold for this moment; any other below 500 holds for good."""


async def post(means: Means, url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    """Send it, once. Raises NotSent, with nothing of the address, and nothing of what the server says."""
    try:
        status, after = await _answer(means, url, body, headers)
    except CloudError as error:
        raise NotSent(str(error)) from None
    if not 200 <= status < 300:
        final = 300 <= status < 500 and status not in AGAIN
        raise NotSent(f"the server refused it (HTTP {status})", final=final, after=after)


async def _answer(means: Means, url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[int, float]:
    """The status of the response, and the seconds that it asks to wait. Raises CloudError."""
    from tui.api.http.connection import connect
    from tui.api.http.failures import of_transport

    line = await asyncio.to_thread(connect, url, transport=means.transport, environ=means.environ, timeout=PATIENCE)
    if means.transport is None:
        name_lookup.install()
    try:
        async with (
            line.client,
            asyncio.timeout(PATIENCE),
            # The response body is of no interest, and may be endless.
            line.client.stream("POST", url, json=body, headers=dict(headers)) as answer,
        ):
            return answer.status_code, _seconds(answer.headers.get("retry-after", ""))
    # The libraries' own messages would reveal the address.
    except Exception as error:
        trouble = of_transport(error, _ITS_HOST, PATIENCE, line.proxy)
    raise trouble.with_traceback(None)


def _seconds(text: str) -> float:
    return float(whole_number(text.strip()[:9]) or 0)


def authorization(token_file: str, setting: str) -> dict[str, str]:
    """The authorization, if there is a file with the token. `setting`: what names the file. Raises NotSent."""
    if not token_file:
        return {}
    return {"Authorization": f"Bearer {secret_in(token_file, setting)}"}


def secret_in(file: str, setting: str) -> str:
    """The one line of a file. Raises NotSent."""
    try:
        secret = token(file)
    except reading.FileTrouble as error:
        raise NotSent(f"{setting}: {error}") from None
    if not secret or not all("!" <= ch <= "~" for ch in secret):
        raise NotSent(f"{setting}: no token that fits into a header")
    return secret


def address_in(file: str, setting: str) -> str:
    """The URL in a file. Raises NotSent, without the URL."""
    url = secret_in(file, setting)
    if objection(url, with_key=True):
        raise NotSent(f"{setting}: no https URL in the file")
    return url
