"""From the `account` document's answer to an `Account`, part by part: one that is not understood costs only itself."""

from __future__ import annotations

from typing import TypeVar

from msgspec import Raw
from msgspec.json import Decoder

from tui.api.account import (
    Account,
    ApiKeyInfo,
    Charge,
    Credit,
    HostEarning,
    Notices,
    Referral,
    RegistryLogin,
    SpendSplit,
    Template,
    TopUp,
)
from tui.api.graphql.detail import WireVolume, volume
from tui.api.graphql.fleet import myself
from tui.api.graphql.values import NOT_UNDERSTOOD, instant, reason, whole
from tui.api.graphql.wire import Wire
from tui.api.models import Funds, Problem

T = TypeVar("T")


class WireAccount(Wire):
    id: str | None = None
    email: str | None = None
    client_balance: float | None = None
    current_spend_per_hr: float | None = None
    spend_limit: float | None = None
    client_lifetime_spend: float | None = None
    min_balance: float | None = None
    under_balance: bool | None = None
    credit_alert_threshold: float | None = None
    host_balance: float | None = None
    host_stripe_linked: bool | None = None
    referral_earned: float | None = None
    template_earned: float | None = None
    machine_quota: float | None = None
    multi_factor_enabled: bool | None = None
    signed_terms_of_service: bool | None = None
    pub_key: str | None = None
    notify_pods_stale: bool | None = None
    notify_pods_general: bool | None = None
    notify_low_balance: bool | None = None
    notify_other: bool | None = None


class WireSpend(Wire):
    gpu_compute_per_hour: float | None = None
    local_storage_per_hour: float | None = None
    network_storage_per_hour: float | None = None


class WireMonth(Wire):
    total_referrals: float | None = None
    total_spend: float | None = None


class WireReferral(Wire):
    code: str | None = None
    current_month: WireMonth | None = None


class WireCharge(Wire):
    updated_at: str | None = None
    amount: float | None = None
    pod_charges: float | None = None
    disk_charges: float | None = None
    api_charges: float | None = None
    serverless_charges: float | None = None
    type: str | None = None


class WireTopUp(Wire):
    transaction_completed_at: str | None = None
    amount: float | None = None
    medium: str | None = None
    type: str | None = None


class WireCredit(Wire):
    amount: float | None = None
    created_at: str | None = None
    redeemed_at: str | None = None


class WireApiKey(Wire):
    name: str | None = None
    permissions: str | None = None
    created_at: str | None = None
    last_used: str | None = None


class WireLogin(Wire):
    id: str | None = None
    name: str | None = None


class WireVariable(Wire):
    key: str | None = None


class WireTemplate(Wire):
    id: str | None = None
    name: str | None = None
    image_name: str | None = None
    docker_args: str | None = None
    ports: str | None = None
    env: list[WireVariable | None] | None = None
    container_disk_in_gb: float | None = None
    volume_in_gb: float | None = None
    volume_mount_path: str | None = None
    container_registry_auth_id: str | None = None
    is_public: bool | None = None
    is_serverless: bool | None = None
    start_jupyter: bool | None = None
    start_ssh: bool | None = None
    earned: float | None = None
    runtime_in_min: float | None = None


class WireEarning(Wire):
    date: str | None = None
    machine_id: str | None = None
    name: str | None = None
    host_total_earnings: float | None = None
    host_gpu_earnings: float | None = None
    host_disk_earnings: float | None = None


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


class _Parts:
    """Decodes parts, and collects what cannot be understood."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def one(self, what: str, raw: Raw, shape: type[T]) -> T | None:
        try:
            found: T | None = Decoder(shape | None).decode(raw)
            return found
        except NOT_UNDERSTOOD as error:
            self.problems.append(Problem(f"{what} could not be understood: {reason(error)}"))
            return None

    def many(self, what: str, raw: Raw, shape: type[T]) -> list[T]:
        items = self.one(what, raw, list[Raw])
        found = [self.one(what, item, shape) for item in items or ()]
        return [item for item in found if item is not None]


def account(data: Raw, problems: tuple[Problem, ...]) -> Account:
    """The account in an answer. Raises Unauthorized, Rejected or Malformed when there is none."""
    raw = myself(data, problems)
    parts = _Parts()
    flat = parts.one("the account", raw, WireAccount) or WireAccount()
    lists = parts.one("the account", raw, WireLists) or WireLists()
    spend = parts.one("the spend by kind", lists.spend_details, WireSpend)
    referral = parts.one("the referrals", lists.referral, WireReferral)
    charges = parts.many("the charges", lists.daily_charges, WireCharge)
    top_ups = parts.many("the payments", lists.stripe_reload_history, WireTopUp)
    credits = parts.many("the credit codes", lists.credit_codes, WireCredit)
    api_keys = parts.many("the API keys", lists.api_keys, WireApiKey)
    logins = parts.many("the registry logins", lists.container_registry_creds, WireLogin)
    volumes = parts.many("the network volumes", lists.network_volumes, WireVolume)
    templates = parts.many("the templates", lists.pod_templates, WireTemplate)
    earnings = parts.many("the earnings", lists.machine_earnings, WireEarning)
    return Account(
        funds=Funds(flat.id, flat.client_balance, flat.current_spend_per_hr, flat.spend_limit),
        email=flat.email,
        lifetime_spend=flat.client_lifetime_spend,
        min_balance=flat.min_balance,
        under_balance=flat.under_balance,
        alert_below=flat.credit_alert_threshold,
        spend_split=None if spend is None else _spend(spend),
        host_balance=flat.host_balance,
        payouts_linked=flat.host_stripe_linked,
        referral_earned=flat.referral_earned,
        template_earned=flat.template_earned,
        machine_quota=whole(flat.machine_quota),
        two_factor=flat.multi_factor_enabled,
        terms_signed=flat.signed_terms_of_service,
        public_ssh_keys=flat.pub_key,
        notices=Notices(flat.notify_pods_stale, flat.notify_pods_general, flat.notify_low_balance, flat.notify_other),
        referral=None if referral is None else _referral(referral),
        charges=tuple(map(_charge, charges)),
        top_ups=tuple(TopUp(instant(t.transaction_completed_at), t.amount, t.medium, t.type) for t in top_ups),
        credits=tuple(Credit(c.amount, instant(c.created_at), instant(c.redeemed_at)) for c in credits),
        api_keys=tuple(
            ApiKeyInfo(k.name, k.permissions, instant(k.created_at), instant(k.last_used)) for k in api_keys
        ),
        registry_logins=tuple(RegistryLogin(login.id, login.name) for login in logins),
        network_volumes=tuple(map(volume, volumes)),
        templates=tuple(map(_template, templates)),
        earnings=tuple(map(_earning, earnings)),
        problems=(*problems, *parts.problems),
    )


def _spend(wire: WireSpend) -> SpendSplit:
    return SpendSplit(wire.gpu_compute_per_hour, wire.local_storage_per_hour, wire.network_storage_per_hour)


def _referral(wire: WireReferral) -> Referral:
    month = wire.current_month or WireMonth()
    return Referral(wire.code, whole(month.total_referrals), month.total_spend)


def _charge(wire: WireCharge) -> Charge:
    return Charge(
        instant(wire.updated_at),
        wire.amount,
        wire.pod_charges,
        wire.disk_charges,
        wire.api_charges,
        wire.serverless_charges,
        wire.type,
    )


def _earning(wire: WireEarning) -> HostEarning:
    return HostEarning(
        instant(wire.date),
        wire.machine_id,
        wire.name,
        wire.host_total_earnings,
        wire.host_gpu_earnings,
        wire.host_disk_earnings,
    )


def _template(wire: WireTemplate) -> Template:
    return Template(
        id=wire.id,
        name=wire.name,
        image=wire.image_name,
        docker_args=wire.docker_args,
        ports=wire.ports,
        env_names=tuple(v.key for v in wire.env or () if v is not None and v.key),
        container_disk_gb=whole(wire.container_disk_in_gb),
        volume_gb=whole(wire.volume_in_gb),
        volume_mount_path=wire.volume_mount_path,
        registry_auth_id=wire.container_registry_auth_id,
        public=wire.is_public is True,
        serverless=wire.is_serverless is True,
        start_jupyter=wire.start_jupyter is True,
        start_ssh=wire.start_ssh is True,
        earned=wire.earned,
        runtime_minutes=whole(wire.runtime_in_min),
    )
