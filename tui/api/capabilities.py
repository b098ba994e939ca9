"""`Capability`: what an API may offer beside the core of `Cloud`, and the error where it does not."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.api.errors import NotOffered


class Capability(StrEnum):
    """What an API may offer beside the core. A value is the name of the `Cloud` method that does it."""

    MARKET = "market"
    MARKETS = "markets"
    PLACES = "places"
    POD = "pod"
    POD_EXTRAS = "pod_extras"
    GPU_SHEETS = "gpu_sheets"
    CPU_FLAVORS = "cpu_flavors"
    COUNTRIES = "countries"
    ACCOUNT = "account"
    LEDGER = "ledger"
    TEMPLATES = "templates"
    READMES = "readmes"
    BILLING = "billing"
    PROFILE = "profile"
    HOSTS = "hosts"
    CPU_TYPES = "cpu_types"
    BID_RESUME = "bid_resume"
    DEPLOY = "deploy"
    RENT = "rent"
    RESTART = "restart"
    SET_LOCKED = "set_locked"
    RENAME = "rename"
    LEGAL_VERBS = "legal_verbs"
    LOGS = "logs"
    POD_COSTS = "pod_costs"


WORDS = {
    Capability.MARKET: "prices",
    Capability.MARKETS: "prices by host requirements",
    Capability.PLACES: "data centers",
    Capability.POD: "pod details",
    Capability.POD_EXTRAS: "more pod details",
    Capability.GPU_SHEETS: "GPU data sheets",
    Capability.CPU_FLAVORS: "CPU pods",
    Capability.COUNTRIES: "countries of hosts",
    Capability.ACCOUNT: "account details",
    Capability.LEDGER: "charges and payments",
    Capability.TEMPLATES: "templates",
    Capability.READMES: "template readmes",
    Capability.BILLING: "bills",
    Capability.PROFILE: "account holder details",
    Capability.HOSTS: "machines you rent out",
    Capability.CPU_TYPES: "CPU types",
    Capability.BID_RESUME: "resuming with a bid",
    Capability.DEPLOY: "deploying pods",
    Capability.RENT: "deploying spot pods",
    Capability.RESTART: "restarting pods",
    Capability.SET_LOCKED: "locking pods",
    Capability.RENAME: "renaming pods",
    Capability.LEGAL_VERBS: "the actions that a pod allows",
    Capability.LOGS: "logs of pods",
    Capability.POD_COSTS: "costs by pod",
}


REST_ONLY = frozenset(
    {
        Capability.RESTART,
        Capability.SET_LOCKED,
        Capability.RENAME,
        Capability.LEGAL_VERBS,
        Capability.LOGS,
        Capability.POD_COSTS,
    }
)
"""What REST v2 alone offers."""

REST_DOES = 'REST v2 does: set api = "auto" or "rest", with a key that it accepts.'


def not_offered(capability: Capability) -> NotOffered:
    """The error for what an API does not offer."""
    # The table of actions has only the names, and is part of every start.
    from tui.api.errors import NotOffered

    text = f"This API does not offer {WORDS[capability]}."
    return NotOffered(f"{text} {REST_DOES}" if capability in REST_ONLY else text)
