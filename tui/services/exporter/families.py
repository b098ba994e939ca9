"""The table of exported metrics: names in base units, with what each means and the labels of its samples. Pure.

Names and units follow the conventions of Prometheus. They are stable: families and labels are added, never renamed.
`account` is the name of a profile, never an id or a key.
"""

from __future__ import annotations

from typing import NamedTuple


class Family(NamedTuple):
    """One metric.

    kind:  gauge or counter; samples of a counter end in `_total`.
    unit:  the base unit that the name ends in; empty for a number without one.
    """

    name: str
    help: str
    kind: str = "gauge"
    unit: str = ""


POD_INFO = Family("podtop_pod_info", "What a pod is; join by account and pod.")
POD_PHASE = Family("podtop_pod_phase", "1 for the phase that a pod is in, 0 for the others.")
POD_GPUS = Family("podtop_pod_gpus", "GPUs of a pod.")
POD_UPTIME = Family("podtop_pod_uptime_seconds", "Time since the container started.", unit="seconds")
POD_IDLE = Family(
    "podtop_pod_idle_seconds", "Watched time without work on any GPU, as podtop judges it.", unit="seconds"
)
POD_PRICE = Family(
    "podtop_pod_price_dollars_per_hour",
    "What a pod costs: kind compute while it runs, kind storage for its disks.",
)
POD_CPU = Family("podtop_pod_cpu_utilization_ratio", "Utilization of the container's vCPUs.", unit="ratio")
POD_MEMORY = Family("podtop_pod_memory_utilization_ratio", "Used part of the container's memory.", unit="ratio")
GPU_UTIL = Family("podtop_gpu_utilization_ratio", "Utilization of one GPU.", unit="ratio")
GPU_MEMORY = Family("podtop_gpu_memory_utilization_ratio", "Used part of one GPU's memory.", unit="ratio")
GPU_TEMPERATURE = Family("podtop_gpu_temperature_celsius", "Temperature of one GPU.", unit="celsius")
GPU_POWER = Family("podtop_gpu_power_watts", "Power draw of one GPU.", unit="watts")
BALANCE = Family("podtop_account_balance_dollars", "Balance of the account.", unit="dollars")
SPEND = Family("podtop_account_spend_dollars_per_hour", "What the account spends now.")
SPEND_LIMIT = Family("podtop_account_spend_limit_dollars_per_hour", "The account's spend limit.")
RUNWAY = Family(
    "podtop_account_runway_seconds", "Time until the balance reaches zero at the current spend.", unit="seconds"
)
OFFER_PRICE = Family("podtop_offer_price_dollars_per_hour", "Price of one GPU that can be rented now.")
OFFER_STOCK = Family("podtop_offer_stock", "Stock as RunPod words it: 0 none, 1 low, 2 medium, 3 high.")
ALERT = Family("podtop_alert", "1 for an alert that podtop raises now and that is not muted.")
POLL_AT = Family("podtop_poll_timestamp_seconds", "Time of RunPod's last response.", unit="seconds")
POLL_OK = Family("podtop_poll_success", "1 if the last request succeeded, 0 if not.")
REQUESTS = Family("podtop_api_requests", "Requests sent to RunPod.", kind="counter")
FAILURES = Family("podtop_poll_failures", "Polls about the pods that failed, by reason.", kind="counter")
BUILD = Family("podtop_build_info", "The version of podtop.")

RECORDER = Family(
    "podtop_recorder_start_time_seconds", "When a recorder began; the first one of an account has its duties.",
    unit="seconds",
)  # fmt: skip
RECORDER_DUTY = Family(
    "podtop_recorder_duty_timestamp_seconds",
    "What a recorder does without asking, since when; for a keep, until when it does not stop a pod.",
    unit="seconds",
)

ALL = (
    POD_INFO, POD_PHASE, POD_GPUS, POD_UPTIME, POD_IDLE, POD_PRICE, POD_CPU, POD_MEMORY,
    GPU_UTIL, GPU_MEMORY, GPU_TEMPERATURE, GPU_POWER,
    BALANCE, SPEND, SPEND_LIMIT, RUNWAY, OFFER_PRICE, OFFER_STOCK, ALERT,
    POLL_AT, POLL_OK, REQUESTS, FAILURES, RECORDER, RECORDER_DUTY, BUILD,
)  # fmt: skip
