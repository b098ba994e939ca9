"""Reads signals beside the polls of a session, if the settings name pods."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

from tui.domain.signals.rules import LOG, SSH, SignalRules

if TYPE_CHECKING:
    from tui.api.models import Pod
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
    if any(SSH in pod.sources for _, pod in rules.pods):
        from tui.services.signals.ssh_source import SshSource

        def pod_of(pod: str) -> Pod | None:
            record = session.fleet.records.get(pod)
            return record.pod if record is not None else None

        state = session.state
        if state is not None and not session.source.demo:
            sources[SSH] = SshSource(
                pod_of, session.config.ssh, rules.every, state.directory, os.environ, clock=session.source.clock,
                hidden=session.config.hidden, simulated=session.source.simulated,
            )  # fmt: skip
    await SignalCollector(session.fleet, rules, sources, sleep=asyncio.sleep).run()
