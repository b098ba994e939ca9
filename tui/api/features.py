"""`Feature`: what an API may report or not. "Not offered" is neither zero nor unknown: it is shown as what it is."""

from __future__ import annotations

from enum import StrEnum


class Feature(StrEnum):
    """A part of RunPod's data that not every API reports, or takes. A value is its name in JSON, and in sentences."""

    BALANCE = "balance"
    SPEND = "spend per hour"
    SPEND_LIMIT = "spend limit"
    STOPPED_COST = "cost of stopped pods"
    POD_KIND = "spot or on demand"
    STATUS_CHANGE = "reason of the last status change"
    GPU_TEMPERATURE = "GPU temperature"
    GPU_POWER = "GPU power"
    FREE_GPUS = "free GPUs of the host"
    LOCATION = "location of the host"
    MAINTENANCE = "maintenance of the host"
    SPOT_PRICE = "spot prices"
    HOST_LIMITS = "requirements of hosts"
    HOST_SPECS = "specifications of hosts"
    RENTED_SHARE = "share of rented GPUs"
    POD_DETAILS = "owner, price parts and container details of pods"
    ENCRYPTION = "encryption of volumes"
    GPU_COUNT = "GPU count on resume"
    PRICE_LIMIT = "price limit on deploy"
    ACCOUNT_ID = "account ID"
    EMAIL = "email"
    SECURITY = "two-factor auth and accepted terms"
    MACHINE_QUOTA = "machine quota"
    WORKER_QUOTA = "worker quota"
    EMAIL_ALERTS = "email alerts"
    API_KEYS = "API keys"
    MINIMUM_BALANCE = "minimum balance"
    AUTO_RELOAD = "auto-reload"
    LIFETIME_SPEND = "lifetime spend"
    EARNINGS = "referrals and earnings"
    BILL_TYPES = "bills by GPU type, time and disk size"
    TEMPLATE_USE = "runtime, earnings and advanced start of templates"


NOT_OFFERED = "◌"
"""The symbol of what the API does not offer, in tables and facts."""
