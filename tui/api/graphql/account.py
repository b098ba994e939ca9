"""From responses about the account to domain types, part by part: one that is not understood costs only itself."""

from __future__ import annotations

from msgspec import Raw

from tui.api.account import (
    Account,
    ApiKeyInfo,
    Billed,
    Billing,
    BillSummary,
    Charge,
    Credit,
    HostEarning,
    Ledger,
    Notices,
    Profile,
    Readmes,
    Referral,
    RegistryLogin,
    SpendSplit,
    StorageBilled,
    Template,
    Templates,
    TemplateText,
    TopUp,
)
from tui.api.graphql.account_wire import (
    WireAccount,
    WireApiKey,
    WireBilling,
    WireCharge,
    WireCpuBill,
    WireCredit,
    WireEarning,
    WireGpuBill,
    WireLists,
    WireLogin,
    WireMonth,
    WireProfile,
    WireReferral,
    WireSpend,
    WireStorageBill,
    WireSummary,
    WireTemplate,
    WireText,
    WireTopUp,
)
from tui.api.graphql.fleet import myself
from tui.api.graphql.pod_detail import WireVolume, volume
from tui.api.models import Funds, Problem
from tui.api.parts import Parts
from tui.api.quantities import instant
from tui.api.secret import Secret
from tui.api.values import whole


def account(data: Raw, problems: tuple[Problem, ...]) -> Account:
    """The account in a response. Raises Unauthorized, Rejected or Malformed if there is none."""
    raw = myself(data, problems)
    parts = Parts()
    flat = parts.one("account", raw, WireAccount) or WireAccount()
    lists = parts.one("account", raw, WireLists) or WireLists()
    spend = parts.one("spend by kind", lists.spend_details, WireSpend)
    referral = parts.one("referrals", lists.referral, WireReferral)
    api_keys = parts.many("API keys", lists.api_keys, WireApiKey)
    logins = parts.many("registry logins", lists.container_registry_creds, WireLogin)
    volumes = parts.many("network volumes", lists.network_volumes, WireVolume)
    earnings = parts.many("earnings", lists.machine_earnings, WireEarning, lambda e: e.date)
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
        serverless_workers=whole(flat.max_serverless_concurrency),
        reload_amount=flat.stripe_auto_reload_amount,
        reload_below=flat.stripe_auto_payment_threshold,
        notices=Notices(flat.notify_pods_stale, flat.notify_pods_general, flat.notify_low_balance, flat.notify_other),
        referral=None if referral is None else _referral(referral),
        api_keys=tuple(
            ApiKeyInfo(k.name, k.permissions, instant(k.created_at), instant(k.last_used)) for k in api_keys
        ),
        registry_logins=tuple(RegistryLogin(login.id, login.name) for login in logins),
        network_volumes=tuple(map(volume, volumes)),
        earnings=tuple(map(earning, earnings)),
        problems=(*problems, *parts.left_out()),
    )


def _lists(data: Raw, problems: tuple[Problem, ...]) -> tuple[Parts, WireLists]:
    parts = Parts()
    return parts, parts.one("account", myself(data, problems), WireLists) or WireLists()


def ledger(data: Raw, problems: tuple[Problem, ...]) -> Ledger:
    """The charges and payments in a response. Raises Unauthorized, Rejected or Malformed if there are none."""
    parts, lists = _lists(data, problems)
    charges = parts.many("charges", lists.daily_charges, WireCharge, lambda c: c.updated_at)
    top_ups = parts.many("payments", lists.stripe_reload_history, WireTopUp, lambda t: t.transaction_completed_at)
    credits = parts.many("credit codes", lists.credit_codes, WireCredit, lambda c: c.created_at)
    return Ledger(
        charges=tuple(map(_charge, charges)),
        top_ups=tuple(TopUp(instant(t.transaction_completed_at), t.amount, t.medium, t.type) for t in top_ups),
        credits=tuple(Credit(c.amount, instant(c.created_at), instant(c.redeemed_at)) for c in credits),
        problems=(*problems, *parts.left_out()),
    )


def templates(data: Raw, problems: tuple[Problem, ...]) -> Templates:
    """The templates in a response. Raises Unauthorized, Rejected or Malformed if there are none."""
    parts, lists = _lists(data, problems)
    wires = parts.many("templates", lists.pod_templates, WireTemplate)
    return Templates(tuple(map(template, wires)), (*problems, *parts.left_out()))


def readmes(data: Raw, problems: tuple[Problem, ...]) -> Readmes:
    """The templates' long texts in a response. Raises Unauthorized, Rejected or Malformed if there are none."""
    parts, lists = _lists(data, problems)
    wires = parts.many("template readmes", lists.pod_templates, WireText)
    texts = tuple(TemplateText(text.id, text.readme, text.start_script) for text in wires)
    return Readmes(texts, (*problems, *parts.left_out()))


def billing(data: Raw, problems: tuple[Problem, ...]) -> Billing:
    """The billing history in a response. Raises Unauthorized, Rejected or Malformed if there is none."""
    parts, lists = _lists(data, problems)
    wire = parts.one("billing data", lists.billing, WireBilling) or WireBilling()
    gpus = parts.many("GPU bills", wire.gpu_cloud, WireGpuBill, lambda b: b.time)
    cpus = parts.many("CPU bills", wire.cpu_cloud, WireCpuBill, lambda b: b.time)
    storage = parts.many("storage bills", wire.storage, WireStorageBill, lambda b: b.time)
    summary = parts.many("bill totals", wire.summary, WireSummary, lambda b: b.time)
    return Billing(
        gpus=tuple(Billed(b.gpu_type_id, instant(b.time), b.time_billed_seconds, b.amount) for b in gpus),
        cpus=tuple(Billed(b.cpu_flavor_id, instant(b.time), b.time_billed_seconds, b.amount) for b in cpus),
        storage=tuple(
            StorageBilled(instant(b.time), b.amount, b.disk_space_billed_gb, b.network_storage_amount) for b in storage
        ),
        summary=tuple(map(_summary, summary)),
        problems=(*problems, *parts.left_out()),
    )


def profile(data: Raw, problems: tuple[Problem, ...]) -> Profile:
    """The owner of the account. Raises Unauthorized, Rejected or Malformed if the response has none."""
    parts, lists = _lists(data, problems)
    wire = parts.one("account holder details", lists.information, WireProfile) or WireProfile()
    return Profile(
        first_name=_secret(wire.first_name),
        last_name=_secret(wire.last_name),
        address_1=_secret(wire.address_line_1),
        address_2=_secret(wire.address_line_2),
        country=_secret(wire.country_code),
        company=_secret(wire.company_name),
        company_id=_secret(wire.company_identification),
        tax_id=_secret(wire.tax_identification),
        problems=(*problems, *parts.left_out()),
    )


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None


def _summary(wire: WireSummary) -> BillSummary:
    return BillSummary(
        instant(wire.time),
        wire.gpu_cloud_amount,
        wire.cpu_cloud_amount,
        wire.serverless_amount,
        wire.storage_amount,
        wire.runpod_endpoint_amount,
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


def earning(wire: WireEarning) -> HostEarning:
    return HostEarning(
        instant(wire.date),
        wire.machine_id,
        wire.name,
        wire.host_total_earnings,
        wire.host_gpu_earnings,
        wire.host_disk_earnings,
    )


def template(wire: WireTemplate) -> Template:
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
        advanced_start=wire.advanced_start is True,
        earned=wire.earned,
        runtime_minutes=whole(wire.runtime_in_min),
    )
