"""The facts about RunPod's APIs: which is used, and what is left of the limits of each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.facts import Fact, Section

if TYPE_CHECKING:
    from tui.api.listener import Api
    from tui.domain.rate_limit import Use


def api_section(used: Api | None, setting: str, uses: Mapping[Api, tuple[Use, ...]]) -> Section:
    """The API in use, and the requests in each window of each API that was used."""
    in_use: Cell = ((used or fmt.UNKNOWN, "text"), (f"  api = {setting}", "quiet"))
    facts = [Fact("In use", in_use)]
    for api, windows in uses.items():
        facts += [Fact(f"{api}/{use.window.name}", _use(use)) for use in windows]
    return Section("API requests", tuple(facts))


def _use(use: Use) -> Cell:
    """The requests in a window: of the whole account if RunPod reports them, else this podtop's own."""
    whose = "whole account" if use.measured else "limit assumed"
    role = "warn" if use.share > 0.8 else "text"
    return ((f"{use.asked:,} of {use.window.most:,}", role), (f"  {whose}", "quiet"))
