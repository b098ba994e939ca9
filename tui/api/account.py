"""The account: its money, where that goes, and what belongs to it. Units as in `models`; amounts in US dollars."""

from __future__ import annotations

from msgspec import Struct

from tui.api.detail import NetworkVolume
from tui.api.models import Funds, Problem


class SpendSplit(Struct, frozen=True, gc=False):
    """What the present spend per hour is made of."""

    gpu_per_hr: float | None
    local_storage_per_hr: float | None
    network_storage_per_hr: float | None


class Charge(Struct, frozen=True, gc=False):
    """One day's charges. `kind` is RunPod's word, such as CHARGE_POD."""

    at: float | None
    amount: float | None
    pods: float | None
    disk: float | None
    api: float | None
    serverless: float | None
    kind: str | None


class TopUp(Struct, frozen=True, gc=False):
    """Money that came to the account. `medium` is STRIPE, CRYPTO..., `kind` is RELOAD, CREDIT..."""

    at: float | None
    amount: float | None
    medium: str | None
    kind: str | None


class Credit(Struct, frozen=True, gc=False):
    """A credit code that was made or redeemed; not the code itself, which is money."""

    amount: float | None
    created_at: float | None
    redeemed_at: float | None


class ApiKeyInfo(Struct, frozen=True, gc=False):
    """An API key of the account by its name; never its id, which may be the key."""

    name: str | None
    permissions: str | None
    created_at: float | None
    last_used_at: float | None


class RegistryLogin(Struct, frozen=True, gc=False):
    """Stored credentials for a container registry, by name."""

    id: str | None
    name: str | None


class Template(Struct, frozen=True):
    """A saved way to start a pod. `env_names`: its variables, without their values."""

    id: str | None
    name: str | None
    image: str | None
    docker_args: str | None
    ports: str | None
    env_names: tuple[str, ...]
    container_disk_gb: int | None
    volume_gb: int | None
    volume_mount_path: str | None
    registry_auth_id: str | None
    public: bool
    serverless: bool
    start_jupyter: bool
    start_ssh: bool
    earned: float | None
    runtime_minutes: int | None


class HostEarning(Struct, frozen=True, gc=False):
    """What one machine that the account lets to others earned in a day."""

    at: float | None
    machine_id: str | None
    name: str | None
    total: float | None
    gpu: float | None
    disk: float | None


class Referral(Struct, frozen=True, gc=False):
    """The account's referral code, which is there to be passed on, and this month's success with it."""

    code: str | None
    month_count: int | None
    month_spend: float | None


class Notices(Struct, frozen=True, gc=False):
    """What RunPod mails about; None where it did not say."""

    stale_pods: bool | None
    pods: bool | None
    low_balance: bool | None
    other: bool | None


class Account(Struct, frozen=True):
    """The account as of one answer.

    Lists are newest first or last as RunPod gives them. A part that is missing is empty or None; `problems` says why.
    """

    funds: Funds
    email: str | None
    lifetime_spend: float | None
    min_balance: float | None
    under_balance: bool | None
    alert_below: float | None
    spend_split: SpendSplit | None
    host_balance: float | None
    payouts_linked: bool | None
    referral_earned: float | None
    template_earned: float | None
    machine_quota: int | None
    two_factor: bool | None
    terms_signed: bool | None
    public_ssh_keys: str | None
    notices: Notices
    referral: Referral | None
    charges: tuple[Charge, ...]
    top_ups: tuple[TopUp, ...]
    credits: tuple[Credit, ...]
    api_keys: tuple[ApiKeyInfo, ...]
    registry_logins: tuple[RegistryLogin, ...]
    network_volumes: tuple[NetworkVolume, ...]
    templates: tuple[Template, ...]
    earnings: tuple[HostEarning, ...]
    problems: tuple[Problem, ...] = ()
