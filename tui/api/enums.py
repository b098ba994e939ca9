"""RunPod's enumerations. A value is the text podtop shows, exports and records; it compares as a text.

A word that is newer than podtop is kept as the server sent it, under the name UNKNOWN. Members are spelled as podtop
has recorded and exported them from the first; an API that spells one in another way maps it to the member at its own
border.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from tui.api.quantities import LONGEST_WORD, shortened


class Spelling(StrEnum):
    """A word of RunPod's that may be one newer than podtop."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        text = shortened(value, LONGEST_WORD)
        word = str.__new__(cls, text)
        word._name_, word._value_ = "UNKNOWN", text
        return word


class PodStatus(Spelling):
    """The desired status of a pod. RUNNING without a runtime is booting, not up.

    PROVISIONING, STARTING and ERROR are REST v2's alone.
    """

    CREATED = "CREATED"
    PROVISIONING = "PROVISIONING"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    RESTARTING = "RESTARTING"
    EXITED = "EXITED"
    PAUSED = "PAUSED"
    DEAD = "DEAD"
    ERROR = "ERROR"
    TERMINATED = "TERMINATED"


class PodKind(Spelling):
    """The terms on which a pod is rented."""

    ON_DEMAND = "RESERVED"
    SPOT = "INTERRUPTABLE"
    BID = "BID"
    BACKGROUND = "BACKGROUND"


class CloudKind(Spelling):
    """Whose machines: of data centers, of anyone, or of either."""

    SECURE = "SECURE"
    COMMUNITY = "COMMUNITY"
    EITHER = "ALL"


class ComputeKind(Spelling):
    """What a pod, or a bill, is for."""

    GPU = "GPU"
    CPU = "CPU"


class ChargeKind(Spelling):
    """What a charge is for."""

    PODS = "CHARGE_POD"
    STORAGE = "CHARGE_STORAGE"
    SERVERLESS = "CHARGE_SERVERLESS"
    API = "CHARGE_API"
    SAVINGS_PLAN = "CHARGE_SAVINGS_PLAN"


class PaymentKind(Spelling):
    """How money came or went."""

    RELOAD = "RELOAD"
    CREDIT = "CREDIT"
    DEBIT = "DEBIT"
    PAYOUT = "PAYOUT"


class PaymentMedium(Spelling):
    """The medium of a payment."""

    CARD = "STRIPE"
    CRYPTO = "CRYPTO"
    RUNPOD = "RUNPOD"
    COINBASE = "COINBASE"
    WIRE = "WIRE"
    REFERRAL = "REFERRAL"


class BillingMode(Spelling):
    """Whether an account pays in advance, and its pods end when the balance does, or afterwards."""

    PREPAID = "PREPAID"
    POSTPAID = "POSTPAID"


class Compliance(Spelling):
    """A compliance standard of a data center."""

    GDPR = "GDPR"
    ISO_IEC_27001 = "ISO_IEC_27001"
    ISO_14001 = "ISO_14001"
    PCI_DSS = "PCI_DSS"
    HITRUST = "HITRUST"
    SOC_1_TYPE_2 = "SOC_1_TYPE_2"
    SOC_2_TYPE_2 = "SOC_2_TYPE_2"
    SOC_3_TYPE_2 = "SOC_3_TYPE_2"
    ITAR = "ITAR"
    FISMA_HIGH = "FISMA_HIGH"


class Availability(Spelling):
    """The availability of hosts with something."""

    AVAILABLE = "AVAILABLE"
    UNAVAILABLE = "UNAVAILABLE"


INTERRUPTIBLE = frozenset({PodKind.SPOT, PodKind.BID})
"""Pods that run for a bid, and end when outbid."""

ENDED = frozenset({PodStatus.EXITED, PodStatus.DEAD, PodStatus.ERROR, PodStatus.TERMINATED})
"""Statuses of a pod that runs no more."""

STARTING = frozenset({PodStatus.PROVISIONING, PodStatus.STARTING})
"""Statuses of a pod that RunPod has accepted to start, and that is not up: booting, and billed."""
