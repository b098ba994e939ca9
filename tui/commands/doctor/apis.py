"""Which of RunPod's APIs podtop uses, what the other gives beside it, and what is left of their rate limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api.listener import RETIRING, Api
from tui.commands.doctor.finding import Finding, ok, warning
from tui.domain import retirement
from tui.domain.rate_limit import Meter

if TYPE_CHECKING:
    from tui.commands.doctor.network import Replies
    from tui.commands.doctor.subject import Subject


def api(subject: Subject, replies: Replies) -> Finding:
    """The API in use, by the responses; and whether REST v2 accepts the key beside it."""
    used = replies.api
    if used is None:
        return warning("not checked: no response")
    text = f"{used} in use (api = {subject.config.api}){_left(replies)}"
    if used is not RETIRING or subject.source.demo:
        return ok(text)
    if subject.config.api != RETIRING and not replies.has_rest:
        return warning(
            f"{text}; no address of {Api.REST} follows from api_url",
            "Set api_url to one that ends in /v2: see help api.",
        )
    if replies.beside is not None and replies.beside.error is not None:
        return warning(f"{text}; {Api.REST}: {replies.beside.error}")
    text += f"; {Api.REST} responds too" if replies.beside is not None else ""
    if subject.source.clock() >= retirement.FROM and not subject.source.simulated:
        return warning(text, retirement.notice(None, auto=subject.config.api != RETIRING))
    return ok(text)


def _left(replies: Replies) -> str:
    """What each API reports of its rate limit, for the whole account."""
    parts = []
    for name, quotas in replies.quotas.items():
        meter = Meter()
        meter.limits(0.0, quotas)
        parts += [
            f"; {name}: {use.window.most - use.asked:,} of {use.window.most:,} requests per {use.window.name} left"
            for use in [meter.tightest(0.0)] if use.measured
        ]  # fmt: skip
    return "".join(parts)
