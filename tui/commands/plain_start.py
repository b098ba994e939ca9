"""The usual start, `podtop` alone or in a demo: its options are known without the grammar of the command line.

To load and build that takes some 4 ms before the first frame: it is done when there is anything to parse.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import argparse

DEMO_PODS, SIMULATED_PODS = 9, 6
"""Number of pods of the demo, which has its whole story, and of the simulator."""

SEED, SPEED = 7, 1.0
"""Of the simulated world, unless flags say otherwise."""

SEVERAL = "profiles_named"
"""Where the values of --profile are, in the order in which they were given."""

_NOT_GIVEN = (
    "interval", "market_interval", "profile", "api", "api_url", "api_key_file", "hub", "hub_token_file", "log_level",
    "config_file", "theme", "ascii", "slow_link", "mouse", "record", "read_only", "replay", "at", "pods", "version",
    "command",
)  # fmt: skip


def plain_options(argv: Sequence[str]) -> argparse.Namespace | None:
    """The options of these arguments; None if they must be parsed."""
    if tuple(argv) not in ((), ("--demo",)):
        return None
    options = SimpleNamespace(
        **dict.fromkeys(_NOT_GIVEN), demo=bool(argv), seed=SEED, speed=SPEED, no_color=False, quiet=False
    )
    return cast("argparse.Namespace", options)
