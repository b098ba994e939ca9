"""The wire types of the account: what a response about it has, field by field."""

from __future__ import annotations

from typing import Annotated

from msgspec import Raw, field

from tui.api.enums import ChargeKind, PaymentKind, PaymentMedium
from tui.api.graphql.wire import Wire
from tui.api.quantities import (
    Count,
    Dollars,
    Gigabytes,
    Id,
    Limit,
    Line,
    Long,
    Many,
    Name,
    Rate,
    Seconds,
    Word,
)


class WireAccount(Wire):
    id: Id | None = None
    email: Name | None = None
    client_balance: Dollars | None = None
    current_spend_per_hr: Rate | None = None
    spend_limit: Limit | None = None
    client_lifetime_spend: Dollars | None = None
    min_balance: Dollars | None = None
    under_balance: bool | None = None
    credit_alert_threshold: Dollars | None = None
    host_balance: Dollars | None = None
    host_stripe_linked: bool | None = None
    referral_earned: Dollars | None = None
    template_earned: Dollars | None = None
    machine_quota: Count | None = None
    multi_factor_enabled: bool | None = None
    signed_terms_of_service: bool | None = None
    pub_key: Long | None = None
    max_serverless_concurrency: Count | None = None
    stripe_auto_reload_amount: Limit | None = None
    stripe_auto_payment_threshold: Dollars | None = None
    notify_pods_stale: bool | None = None
    notify_pods_general: bool | None = None
    notify_low_balance: bool | None = None
    notify_other: bool | None = None


class WireSpend(Wire):
    gpu_compute_per_hour: Rate | None = None
    local_storage_per_hour: Rate | None = None
    network_storage_per_hour: Rate | None = None


class WireMonth(Wire):
    total_referrals: Count | None = None
    total_spend: Dollars | None = None


class WireReferral(Wire):
    code: Id | None = None
    current_month: WireMonth | None = None


class WireCharge(Wire):
    updated_at: Word | None = None
    amount: Dollars | None = None
    pod_charges: Dollars | None = None
    disk_charges: Dollars | None = None
    api_charges: Dollars | None = None
    serverless_charges: Dollars | None = None
    type: ChargeKind | None = None


class WireTopUp(Wire):
    transaction_completed_at: Word | None = None
    amount: Dollars | None = None
    medium: PaymentMedium | None = None
    type: PaymentKind | None = None


class WireCredit(Wire):
    amount: Dollars | None = None
    created_at: Word | None = None
    redeemed_at: Word | None = None


class WireApiKey(Wire):
    name: Name | None = None
    permissions: Line | None = None
    created_at: Word | None = None
    last_used: Word | None = None


class WireLogin(Wire):
    id: Id | None = None
    name: Name | None = None


class WireVariable(Wire):
    key: Name | None = None


class WireTemplate(Wire):
    id: Id | None = None
    name: Name | None = None
    image_name: Line | None = None
    docker_args: Long | None = None
    ports: Line | None = None
    env: Annotated[list[WireVariable | None], Many] | None = None
    container_disk_in_gb: Gigabytes | None = None
    volume_in_gb: Gigabytes | None = None
    volume_mount_path: Line | None = None
    container_registry_auth_id: Id | None = None
    is_public: bool | None = None
    is_serverless: bool | None = None
    start_jupyter: bool | None = None
    start_ssh: bool | None = None
    advanced_start: bool | None = None
    earned: Dollars | None = None
    runtime_in_min: Seconds | None = None


class WireEarning(Wire):
    date: Word | None = None
    machine_id: Id | None = None
    name: Name | None = None
    host_total_earnings: Dollars | None = None
    host_gpu_earnings: Dollars | None = None
    host_disk_earnings: Dollars | None = None


class WireText(Wire):
    id: Id | None = None
    readme: Long | None = None
    start_script: Long | None = None


class WireGpuBill(Wire):
    gpu_type_id: Id | None = None
    time: Word | None = None
    time_billed_seconds: Seconds | None = None
    amount: Dollars | None = None


class WireCpuBill(Wire):
    cpu_flavor_id: Id | None = None
    time: Word | None = None
    time_billed_seconds: Seconds | None = None
    amount: Dollars | None = None


class WireStorageBill(Wire):
    time: Word | None = None
    amount: Dollars | None = None
    disk_space_billed_gb: Gigabytes | None = field(default=None, name="diskSpaceBilledGB")
    network_storage_amount: Dollars | None = None


class WireSummary(Wire):
    time: Word | None = None
    gpu_cloud_amount: Dollars | None = None
    cpu_cloud_amount: Dollars | None = None
    serverless_amount: Dollars | None = None
    storage_amount: Dollars | None = None
    runpod_endpoint_amount: Dollars | None = None


class WireBilling(Wire):
    gpu_cloud: Raw = Raw(b"null")
    cpu_cloud: Raw = Raw(b"null")
    storage: Raw = Raw(b"null")
    summary: Raw = Raw(b"null")


class WireProfile(Wire):
    first_name: Name | None = None
    last_name: Name | None = None
    address_line_1: Name | None = field(default=None, name="addressLine1")
    address_line_2: Name | None = field(default=None, name="addressLine2")
    country_code: Word | None = None
    company_name: Name | None = None
    company_identification: Name | None = None
    tax_identification: Name | None = None


class WireLists(Wire):
    """The parts with a shape of their own, undecoded, so that each can fail alone."""

    spend_details: Raw = Raw(b"null")
    referral: Raw = Raw(b"null")
    daily_charges: Raw = Raw(b"null")
    stripe_reload_history: Raw = Raw(b"null")
    credit_codes: Raw = Raw(b"null")
    api_keys: Raw = Raw(b"null")
    container_registry_creds: Raw = Raw(b"null")
    network_volumes: Raw = Raw(b"null")
    pod_templates: Raw = Raw(b"null")
    machine_earnings: Raw = Raw(b"null")
    billing: Raw = Raw(b"null")
    information: Raw = Raw(b"null")
