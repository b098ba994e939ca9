"""The table of alerts: for each its name, grade, condition, texts, and when it is over.

An alert is derived from the state at an instant (`tui.store.alerts`); one with an event kind is reported once when it
begins and once when it ends (`tui.store.alert_tracker`). The rows are in `tui.store.kinds`.
"""

from __future__ import annotations

from tui.store.kinds.container import BOOT, ERROR, LOOP, LOST, MEMORY, NO_GPU, OUTBID, RESTART
from tui.store.kinds.gpus import (
    CAPPED,
    ENDED,
    HOT,
    HUNG,
    IDLE,
    LATCHED,
    MISSING,
    QUIET,
    STRAGGLER,
    UNDER,
    UNUSED,
    VRAM,
    WAITING,
)
from tui.store.kinds.leases import DUE, IDLE_STOP
from tui.store.kinds.machine import MAINTENANCE, UNREADABLE
from tui.store.kinds.market import CHEAPER
from tui.store.kinds.money import NO_BALANCE, RELOAD, RUNWAY, SPEND_JUMP, SPEND_LIMIT
from tui.store.kinds.neglected import FORGOTTEN, ORPHAN, ZOMBIE
from tui.store.kinds.runs import DISK, DIVERGED, FINISHED, NOT_FINITE, PLATEAU, RUN_ERROR, STALLED
from tui.store.kinds.watching import KEY_REFUSED, UNWATCHED

KINDS = (
    KEY_REFUSED, UNWATCHED, RUNWAY, SPEND_LIMIT, SPEND_JUMP, NO_BALANCE, RELOAD, DUE, IDLE_STOP, OUTBID, ERROR, LOOP,
    HUNG, NOT_FINITE, RUN_ERROR, DISK, STALLED, RESTART, BOOT, LOST, NO_GPU, FINISHED, DIVERGED, ENDED, IDLE, LATCHED,
    STRAGGLER, MISSING, MEMORY, WAITING, UNDER, UNUSED, HOT, CAPPED, VRAM, QUIET, MAINTENANCE, UNREADABLE, PLATEAU,
    FORGOTTEN, ZOMBIE, ORPHAN, CHEAPER,
)  # fmt: skip
"""In display order within the same grade."""
