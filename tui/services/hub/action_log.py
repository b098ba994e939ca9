"""The action log of a recorder's host for readers: what was sent for an account, by whom, and how it ended."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import msgspec
from msgspec.structs import replace

from tui.storage.audit_log import Entry, entries

LOG = "/v1/log"
"""Where it is served: of the only account, or below the name of each."""

LINES = 2_000
"""Lines that are served, the newest."""

SHOWN = ("gpuCount", "bidPerGpu")
"""Inputs that are served: what else was ordered is nobody's business."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[Entry, ...]).decode


def served(path: Path, origin: str, account_id: str) -> bytes:
    """What is logged for an account at a host of RunPod, without its id. Blocking. Raises AuditLogError."""
    ids: set[str] = set()
    lines: deque[Entry] = deque(maxlen=LINES)
    for entry in entries(path):
        # Only an intent names its account.
        if entry.phase == "intent" and (entry.origin, entry.account) == (origin, account_id):
            ids.add(entry.id)
        if entry.id in ids:
            inputs = {name: value for name, value in entry.inputs.items() if name in SHOWN}
            lines.append(replace(entry, account="", inputs=inputs))
    return _encode(tuple(lines))


def decoded(body: bytes) -> tuple[Entry, ...]:
    """The lines of a response. Raises ValueError."""
    return _decode(body)
