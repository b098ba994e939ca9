"""Reads signals beside the polls of a session, if the settings name pods."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tui.domain.signals.rules import LOG, SignalRules

if TYPE_CHECKING:
    from tui.services.session import Session
    from tui.services.signals.source import SignalSource


def rules_of(session: Session) -> SignalRules | None:
    """Which pods are read; None if none are."""
    rules, source = session.config.signals, session.source
    if source.recording is not None or source.keyless:
        return None
    return rules if rules.applies_to(source.profile) else None


async def read_signals(session: Session) -> None:
    """Read the pods that are named, until cancelled; nothing if none are."""
    rules = rules_of(session)
    if rules is None:
        return
    from tui.services.signals.collector import SignalCollector
    from tui.services.signals.log_source import LogStreamSource

    sources: dict[str, SignalSource] = {
        LOG: LogStreamSource(
            lambda: session.monitor.cloud, skew=lambda: session.source.skew, clock=session.source.clock,
            elapsed=time.monotonic,
        ),
    }  # fmt: skip
    await SignalCollector(session.fleet, rules, sources, sleep=asyncio.sleep).run()
