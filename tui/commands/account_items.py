"""Script items of the account, and of machines that it rents out. Names and units as in `items`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from tui.api.errors import CloudError, NotOffered
from tui.api.models import Problem
from tui.commands.item_fields import item_fields
from tui.commands.items import iso, rounded
from tui.domain import offered, pod_health

if TYPE_CHECKING:
    from tui.api.account import Account, Billing, Ledger, Template, Templates
    from tui.api.cloud import Cloud
    from tui.api.hosts import Host, Hosts, Tenant
    from tui.domain.filters import Filter

T = TypeVar("T")

SHOWN_OF_AN_ID = 4
"""Characters that are shown of the id of stored credentials."""


def masked(id: str | None) -> str | None:
    """An id cut to just enough to distinguish it from others."""
    return None if id is None else f"{id[:SHOWN_OF_AN_ID]}…" if len(id) > SHOWN_OF_AN_ID else "…"


# Machines


class TenantItem(Struct, frozen=True):
    id: str | None
    name: str | None
    status: str | None
    gpu_count: int | None
    cost_per_hr: float | None


class HostItem(Struct, frozen=True, kw_only=True):
    """One machine that the account rents out. Fields in `_rented`: what is rented, or reserved for that."""

    id: str | None = None
    name: str | None = None
    location: str | None = None
    listed: bool | None = None
    verified: bool | None = None
    secure_cloud: bool | None = None
    gpu_type: str | None = None
    gpus: int | None = None
    gpus_rented: int | None = None
    vcpus: int | None = None
    vcpus_rented: int | None = None
    memory_gb: int | None = None
    memory_rented_gb: int | None = None
    disk_gb: int | None = None
    disk_rented_gb: int | None = None
    price_per_gpu_hr: float | None = None
    least_bid_per_gpu_hr: float | None = None
    gpu_util_percent: float | None = None
    sampled_at: str | None = None
    uptime_week_percent: float | None = None
    uptime_month_percent: float | None = None
    uptime_quarter_percent: float | None = None
    earned_usd: float | None = None
    idle_job: str | None = None
    idle_job_state: str | None = None
    maintenance_start: str | None = None
    maintenance_end: str | None = None
    maintenance_note: str | None = None
    unreadable: str | None = None
    tenants: tuple[TenantItem, ...] = ()


def hosts(answer: Hosts, chosen: Filter) -> tuple[HostItem, ...]:
    broken = (HostItem(id=each.id, name=each.name, unreadable=each.reason) for each in answer.unreadable)
    return tuple(HOSTS.select(chosen, (*map(_host, answer.hosts), *broken)))


def _host_text(host: HostItem) -> str:
    word = "unreadable" if host.unreadable else "listed" if host.listed else "unlisted"
    names = " ".join(tenant.name or "" for tenant in host.tenants)
    return f"{host.name or ''} {host.id or ''} {host.gpu_type or ''} {host.location or ''} {word} {names}"


HOSTS = item_fields(HostItem, _host_text, {"listed": ("listed", "yes"), "unlisted": ("listed", "no")})


def _host(host: Host) -> HostItem:
    job, load = host.idle_job, host.load
    return HostItem(
        id=host.id,
        name=host.name,
        location=host.location,
        listed=host.listed,
        verified=host.verified,
        secure_cloud=host.secure,
        gpu_type=host.gpu_name or host.gpu_type_id,
        gpus=host.gpus.total,
        gpus_rented=host.gpus.reserved,
        vcpus=host.vcpus.total,
        vcpus_rented=host.vcpus.reserved,
        memory_gb=host.memory_gb.total,
        memory_rented_gb=host.memory_gb.reserved,
        disk_gb=host.disk_gb.total,
        disk_rented_gb=host.disk_gb.reserved,
        price_per_gpu_hr=host.price_per_gpu,
        least_bid_per_gpu_hr=host.min_bid_per_gpu,
        gpu_util_percent=rounded(load.average.util if load and load.average else None),
        sampled_at=iso(load.at) if load else None,
        uptime_week_percent=host.uptime.week,
        uptime_month_percent=host.uptime.month,
        uptime_quarter_percent=host.uptime.quarter,
        earned_usd=host.balance.total if host.balance else None,
        idle_job=(job.template_name or job.image) if job else None,
        idle_job_state=job.state if job else None,
        maintenance_start=iso(host.maintenance_start),
        maintenance_end=iso(host.maintenance_end),
        maintenance_note=host.maintenance_note,
        tenants=tuple(map(_tenant, host.tenants)),
    )


def _tenant(tenant: Tenant) -> TenantItem:
    return TenantItem(tenant.id, tenant.name, tenant.status, tenant.gpu_count, tenant.cost_per_hr)


# Account


class Whole(Struct, frozen=True):
    """The account with the parts requested separately; None for a part RunPod did not return, with why in
    `problems`."""

    account: Account
    ledger: Ledger | None
    templates: Templates | None
    billing: Billing | None
    problems: tuple[Problem, ...]
    not_offered: tuple[str, ...] = ()


_PARTS = {"dailyCharges": "charges and payments", "podTemplates": "templates", "billing": "billing"}
"""The parts that are requested beside the account, by RunPod's names of them."""


async def whole(cloud: Cloud) -> Whole:
    """Request all of the account. Raises CloudError if the account itself is not returned."""
    problems: list[Problem] = []
    absent: list[str] = []

    async def part(name: str, asking: Awaitable[T]) -> T | None:
        try:
            return await asking
        except NotOffered:
            absent.append(_PARTS[name])
            return None
        except CloudError as error:
            problems.append(Problem(str(error), ("myself", name)))
            return None

    account, ledger, templates, billing = await asyncio.gather(
        cloud.account(),
        part("dailyCharges", cloud.ledger()),
        part("podTemplates", cloud.templates()),
        part("billing", cloud.billing()),
    )
    for part_of in (account, ledger, templates, billing):
        problems += part_of.problems if part_of is not None else ()
    lacks = account.lacks | (templates.lacks if templates is not None else frozenset())
    lacks |= billing.lacks if billing is not None else frozenset()
    return Whole(account, ledger, templates, billing, tuple(problems), (*absent, *offered.named(lacks)))


class ChargeItem(Struct, frozen=True):
    at: str | None
    kind: str | None
    amount_usd: float | None
    pods_usd: float | None
    disk_usd: float | None
    api_usd: float | None
    serverless_usd: float | None


class CreditItem(Struct, frozen=True):
    """A credit code; not the code itself, which is worth money."""

    created_at: str | None
    redeemed_at: str | None
    amount_usd: float | None


class BilledItem(Struct, frozen=True):
    """A GPU type, or a CPU flavour, in the day that began at `at`."""

    at: str | None
    kind: str | None
    billed_s: float | None
    amount_usd: float | None


class StorageItem(Struct, frozen=True):
    at: str | None
    amount_usd: float | None
    size_gb: float | None
    network_usd: float | None


class BillItem(Struct, frozen=True):
    at: str | None
    gpus_usd: float | None
    cpus_usd: float | None
    serverless_usd: float | None
    storage_usd: float | None
    endpoints_usd: float | None
    other_usd: float | None


class TopUpItem(Struct, frozen=True):
    at: str | None
    kind: str | None
    medium: str | None
    amount_usd: float | None


class KeyItem(Struct, frozen=True):
    """An API key by its name; its id may be the key, and podtop never holds it."""

    name: str | None
    permissions: str | None
    created_at: str | None
    last_used_at: str | None


class NamedItem(Struct, frozen=True):
    """Stored credentials for a registry."""

    name: str | None
    masked_id: str | None


class VolumeItem(Struct, frozen=True):
    id: str | None
    name: str | None
    size_gb: int | None
    data_center: str | None


class TemplateItem(Struct, frozen=True):
    """A template, with the names of its variables and without its arguments, which may hold a password."""

    id: str | None
    name: str | None
    image: str | None
    env_names: tuple[str, ...]
    ports: str | None
    container_disk_gb: int | None
    volume_gb: int | None
    volume_mount_path: str | None
    registry_masked_id: str | None
    public: bool
    serverless: bool
    start_jupyter: bool
    start_ssh: bool
    advanced_start: bool
    earned_usd: float | None
    runtime_minutes: int | None


class EarningItem(Struct, frozen=True):
    at: str | None
    machine_id: str | None
    name: str | None
    amount_usd: float | None
    gpu_usd: float | None
    disk_usd: float | None


class AccountItem(Struct, frozen=True, kw_only=True):
    """The account. Lists are in RunPod's order."""

    id: str | None
    email: str | None
    billing_mode: str | None
    balance_usd: float | None
    spend_per_hr: float | None
    spend_limit_per_hr: float | None
    runway_s: float | None
    gpu_per_hr: float | None
    local_storage_per_hr: float | None
    network_storage_per_hr: float | None
    spent_ever_usd: float | None
    least_balance_usd: float | None
    under_balance: bool | None
    alert_below_usd: float | None
    host_balance_usd: float | None
    referral_earned_usd: float | None
    template_earned_usd: float | None
    two_factor: bool | None
    terms_signed: bool | None
    payouts_linked: bool | None
    machine_quota: int | None
    serverless_workers: int | None
    reload_amount_usd: float | None
    reload_below_usd: float | None
    notify_stale_pods: bool | None
    notify_pods: bool | None
    notify_low_balance: bool | None
    notify_other: bool | None
    referrals_this_month: int | None
    referral_spend_this_month_usd: float | None
    charges: tuple[ChargeItem, ...]
    top_ups: tuple[TopUpItem, ...]
    api_keys: tuple[KeyItem, ...]
    registry_logins: tuple[NamedItem, ...]
    network_volumes: tuple[VolumeItem, ...]
    templates: tuple[TemplateItem, ...]
    earnings: tuple[EarningItem, ...]
    credits: tuple[CreditItem, ...]
    bills_of_gpus: tuple[BilledItem, ...]
    bills_of_cpus: tuple[BilledItem, ...]
    bills_of_storage: tuple[StorageItem, ...]
    bills: tuple[BillItem, ...]


def account(parts: Whole) -> AccountItem:
    answer, ledger, billing = parts.account, parts.ledger, parts.billing
    split, notices, referral = answer.spend_split, answer.notices, answer.referral
    return AccountItem(
        id=answer.funds.account_id,
        email=answer.email,
        billing_mode=answer.funds.billing_mode,
        balance_usd=answer.funds.balance,
        spend_per_hr=answer.funds.spend_per_hr,
        spend_limit_per_hr=answer.funds.spend_limit,
        runway_s=rounded(pod_health.runway(answer.funds), 0),
        gpu_per_hr=rounded(split.gpu_per_hr, 4) if split else None,
        local_storage_per_hr=rounded(split.local_storage_per_hr, 4) if split else None,
        network_storage_per_hr=rounded(split.network_storage_per_hr, 4) if split else None,
        spent_ever_usd=answer.lifetime_spend,
        least_balance_usd=answer.min_balance,
        under_balance=answer.under_balance,
        alert_below_usd=answer.alert_below,
        host_balance_usd=answer.host_balance,
        referral_earned_usd=answer.referral_earned,
        template_earned_usd=answer.template_earned,
        two_factor=answer.two_factor,
        terms_signed=answer.terms_signed,
        payouts_linked=answer.payouts_linked,
        machine_quota=answer.machine_quota,
        serverless_workers=answer.serverless_workers,
        reload_amount_usd=answer.reload_amount,
        reload_below_usd=answer.reload_below,
        notify_stale_pods=notices.stale_pods,
        notify_pods=notices.pods,
        notify_low_balance=notices.low_balance,
        notify_other=notices.other,
        referrals_this_month=referral.month_count if referral else None,
        referral_spend_this_month_usd=referral.month_spend if referral else None,
        charges=tuple(
            ChargeItem(iso(c.at), c.kind, c.amount, c.pods, c.disk, c.api, c.serverless)
            for c in (ledger.charges if ledger else ())
        ),
        top_ups=tuple(TopUpItem(iso(t.at), t.kind, t.medium, t.amount) for t in (ledger.top_ups if ledger else ())),
        api_keys=tuple(KeyItem(k.name, k.permissions, iso(k.created_at), iso(k.last_used_at)) for k in answer.api_keys),
        registry_logins=tuple(NamedItem(login.name, masked(login.id)) for login in answer.registry_logins),
        network_volumes=tuple(VolumeItem(v.id, v.name, v.size_gb, v.data_center) for v in answer.network_volumes),
        templates=tuple(map(_template, parts.templates.templates if parts.templates else ())),
        earnings=tuple(EarningItem(iso(e.at), e.machine_id, e.name, e.total, e.gpu, e.disk) for e in answer.earnings),
        credits=tuple(
            CreditItem(iso(c.created_at), iso(c.redeemed_at), c.amount) for c in (ledger.credits if ledger else ())
        ),
        bills_of_gpus=tuple(
            BilledItem(iso(b.at), b.kind, b.seconds, b.amount) for b in (billing.gpus if billing else ())
        ),
        bills_of_cpus=tuple(
            BilledItem(iso(b.at), b.kind, b.seconds, b.amount) for b in (billing.cpus if billing else ())
        ),
        bills_of_storage=tuple(
            StorageItem(iso(b.at), b.amount, b.size_gb, b.network) for b in (billing.storage if billing else ())
        ),
        bills=tuple(
            BillItem(iso(b.at), b.gpus, b.cpus, b.serverless, b.storage, b.endpoints, b.other)
            for b in (billing.summary if billing else ())
        ),
    )


def _template(template: Template) -> TemplateItem:
    return TemplateItem(
        template.id, template.name, template.image, template.env_names, template.ports,
        template.container_disk_gb, template.volume_gb, template.volume_mount_path, masked(template.registry_auth_id),
        template.public, template.serverless,
        template.start_jupyter, template.start_ssh, template.advanced_start, template.earned, template.runtime_minutes,
    )  # fmt: skip
