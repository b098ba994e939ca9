"""What is wrong with a start, before anything is requested: flags that do not go together, no key, no terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from tui.config.loader import Loaded

READS_A_HUB = ("pods", "market")
"""What `podtop once` prints from a hub."""

OF_NONE = ("market", "notify")
"""Commands that are about no account."""


def misplaced(options: argparse.Namespace) -> str:
    """What chooses the data of the screen, beside a command that would ignore it."""
    prints = (options.command == "once" and options.kind in READS_A_HUB) or options.command == "log"
    if options.hub is not None and (
        options.demo or options.replay is not None or (options.command is not None and not prints)
    ):
        return "--hub shows the screen, once pods, once market or log; it cannot be combined with anything else"
    if options.replay is not None and (options.demo or options.command):
        return "--replay cannot be combined with --demo or a command"
    if options.at is not None and options.command:
        return "--at requires --replay"
    return ""


def faults(options: argparse.Namespace, loaded: Loaded) -> list[str]:
    """All that the command line and the settings show to be wrong with this start, in sentences."""
    config, faults = loaded.config, [*loaded.faults]
    is_keyless = getattr(options, "kind", "") == "market" or getattr(options, "offline", False)
    is_keyless = is_keyless or options.command == "notify" or getattr(options, "export", None) is not None
    needs_key = not options.demo and options.replay is None and not is_keyless and options.hub is None
    if needs_key and loaded.keyless:
        faults.append(
            f"{config.no_key or 'no RunPod API key'}. Set RUNPOD_API_KEY or pass --api-key-file FILE; create a key in "
            "the RunPod console under Settings. podtop --demo needs none"
        )
    if options.at is not None and options.replay is None:
        faults.append("--at requires --replay")
    if options.command == "record" and options.export is None:
        of_export = (("--from", options.recording), ("--pods", options.pods_like), ("--since", options.export_since))
        faults += [f"{flag} requires --export" for flag, value in of_export if value is not None]
        faults += ["--with-logs requires --export"] if options.with_logs else []
    if options.command == "record" and config.read_only:
        sends = (
            ("--enforce-leases", options.enforce_leases), ("--watches", options.watches), ("--auto", options.stops_idle)
        )  # fmt: skip
        faults += [
            f"{flag} sends mutations, which read-only mode forbids: drop one of the two" for flag, on in sends if on
        ]
    return faults


def shows_screen(options: argparse.Namespace) -> bool:
    """Whether it is the full screen that starts."""
    return options.command is None or (options.command in ("market", "account") and options.form is None)


def is_for_all(options: argparse.Namespace, loaded: Loaded) -> bool:
    """Whether the accounts of the settings are meant: nothing chooses one, nor another source."""
    config = loaded.config
    elsewhere = options.demo or options.replay is not None or options.hub is not None
    return len(config.accounts) > 1 and config.profile is None and not elsewhere and options.command not in OF_NONE


def no_terminal() -> str | None:
    """Why the full screen cannot be shown here; None if it can."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        return "the full screen needs a terminal for input and output; podtop once prints without one"
    if os.environ.get("TERM", "") in ("", "dumb"):
        return f"TERM={os.environ.get('TERM', '')} cannot show a full screen; set TERM, for example to xterm-256color"
    return None
