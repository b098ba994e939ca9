"""Notifies by a webhook of Discord. The text is text: no markup, and it mentions nobody."""

from __future__ import annotations

import asyncio
import re
from functools import partial

from tui.services.sinks.posting import address_in, post
from tui.services.sinks.sink import Means, Notification, Sink, plain

_NO_EMBEDS = 1 << 2
"""The flag SUPPRESS_EMBEDS: no previews of links."""

_MARKUP = re.compile(r"([\\*_~`|<>\[\]@]|^(?:[#>-]|\d+\.))")


def sink(means: Means) -> Sink | None:
    return partial(_send, means) if means.settings.discord_file else None


async def _send(means: Means, notification: Notification) -> None:
    url = await asyncio.to_thread(address_in, means.settings.discord_file, "discord_file")
    await post(means, url, message(notification), {})


def message(notification: Notification) -> dict[str, object]:
    """The message. See https://discord.com/developers/docs/resources/webhook#execute-webhook"""
    return {
        "content": f"{escaped(plain(notification.title))}\n{escaped(plain(notification.text))}"[:2000],
        "allowed_mentions": {"parse": []}, "flags": _NO_EMBEDS,
    }  # fmt: skip


def escaped(line: str) -> str:
    """A line without anything that Discord could take for markup."""
    return _MARKUP.sub(lambda match: f"\\{match[0]}" if len(match[0]) == 1 else match[0].replace(".", "\\."), line)
