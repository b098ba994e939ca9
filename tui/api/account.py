"""The account: its money, its spending, and what belongs to it. Units as in `models`; amounts in US dollars."""

from __future__ import annotations

from msgspec import Struct

from tui.api.enums import ChargeKind, PaymentKind, PaymentMedium
from tui.api.features import Feature
from tui.api.models import Funds, Problem
from tui.api.pod_detail import NetworkVolume
from tui.api.secret import Secret


class SpendSplit(Struct, frozen=True, gc=False):
    """The parts of the current spend per hour."""

    gpu_per_hr: float | None
    local_storage_per_hr: float | None
    network_storage_per_hr: float | None


class Charge(Struct, frozen=True, gc=False):
    """One day's charges."""

    at: float | None
    amount: float | None
    pods: float | None
    disk: float | None
    api: float | None
    serverless: float | None
    kind: ChargeKind | None


class TopUp(Struct, frozen=True, gc=False):
    """Money paid into the account."""

    at: float | None
    amount: float | None
    medium: PaymentMedium | None
    kind: PaymentKind | None


class Credit(Struct, frozen=True, gc=False):
    """A credit code that was created or redeemed; not the code itself, which is money."""

    amount: float | None
    created_at: float | None
    redeemed_at: float | None


class ApiKeyInfo(Struct, frozen=True, gc=False):
    """An API key of the account, by its name; never its id, which may be the key."""

    name: str | None
    permissions: str | None
    created_at: float | None
    last_used_at: float | None

    @property
    def may_all(self) -> bool:
        """Whether RunPod reports that the key may do everything; its older and newer keys word that differently."""
        return (self.permissions or "").upper() in ("ALL", "READ_WRITE", "ADMIN")


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
    advanced_start: bool
    earned: float | None
    runtime_minutes: int | None


class HostEarning(Struct, frozen=True, gc=False):
    """The earnings of one machine that the account rents out, in a day."""

    at: float | None
    machine_id: str | None
    name: str | None
    total: float | None
    gpu: float | None
    disk: float | None


class Referral(Struct, frozen=True, gc=False):
    """The account's referral code, which is meant to be shared, and this month's success with it."""

    code: str | None
    month_count: int | None
    month_spend: float | None


class Notices(Struct, frozen=True, gc=False):
    """RunPod's email alerts; None if not reported."""

    stale_pods: bool | None
    pods: bool | None
    low_balance: bool | None
    other: bool | None


class Account(Struct, frozen=True):
    """The account as of one response.

    Lists are newest first or last as RunPod gives them. A part that is missing is empty or None: `problems` says why,
    `lacks` that the API does not offer it.
    reload_amount, reload_below: RunPod charges the first to the card when the balance falls below the second.
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
    serverless_workers: int | None
    reload_amount: float | None
    reload_below: float | None
    notices: Notices
    referral: Referral | None
    api_keys: tuple[ApiKeyInfo, ...]
    registry_logins: tuple[RegistryLogin, ...]
    network_volumes: tuple[NetworkVolume, ...]
    earnings: tuple[HostEarning, ...]
    problems: tuple[Problem, ...] = ()
    lacks: frozenset[Feature] = frozenset()


class Ledger(Struct, frozen=True):
    """Charges and payments, as far back as RunPod reports them. Lists are in its order."""

    charges: tuple[Charge, ...]
    top_ups: tuple[TopUp, ...]
    credits: tuple[Credit, ...]
    problems: tuple[Problem, ...] = ()


class Templates(Struct, frozen=True):
    """The account's templates, without their long texts."""

    templates: tuple[Template, ...]
    problems: tuple[Problem, ...] = ()
    lacks: frozenset[Feature] = frozenset()


class TemplateText(Struct, frozen=True, gc=False):
    """The long texts of a template, with their lines: its maker's description, and what it runs at the start."""

    id: str | None
    readme: str | None
    start_script: str | None


class Readmes(Struct, frozen=True):
    """The long texts of all templates."""

    texts: tuple[TemplateText, ...]
    problems: tuple[Problem, ...] = ()


class Billed(Struct, frozen=True, gc=False):
    """The billing of one GPU type, or one CPU flavour, for the period that began at `at`."""

    kind: str | None
    at: float | None
    seconds: float | None
    amount: float | None


class StorageBilled(Struct, frozen=True, gc=False):
    """The billing of storage for the period that began at `at`; `network` is the network volumes' part."""

    at: float | None
    amount: float | None
    size_gb: float | None
    network: float | None


class BillSummary(Struct, frozen=True, gc=False):
    """The billing of everything for the period that began at `at`; `other`: what is in the total and in no part."""

    at: float | None
    gpus: float | None
    cpus: float | None
    serverless: float | None
    storage: float | None
    endpoints: float | None
    other: float | None = None


class Billing(Struct, frozen=True):
    """RunPod's billing history, if available."""

    gpus: tuple[Billed, ...]
    cpus: tuple[Billed, ...]
    storage: tuple[StorageBilled, ...]
    summary: tuple[BillSummary, ...]
    problems: tuple[Problem, ...] = ()
    lacks: frozenset[Feature] = frozenset()


class PodCost(Struct, frozen=True, gc=False):
    """What one pod cost in the period that began at `at`: in all, and its parts."""

    pod_id: str
    at: float | None
    amount: float | None
    gpu: float | None = None
    cpu: float | None = None
    disk: float | None = None


class PodCosts(Struct, frozen=True):
    """Costs by pod and day. RunPod's newest day may lack the last hours, or be missing."""

    costs: tuple[PodCost, ...]
    problems: tuple[Problem, ...] = ()


class Profile(Struct, frozen=True):
    """The owner of the account. Masked if printed by accident; forgotten when not on the screen."""

    first_name: Secret | None
    last_name: Secret | None
    address_1: Secret | None
    address_2: Secret | None
    country: Secret | None
    company: Secret | None
    company_id: Secret | None
    tax_id: Secret | None
    problems: tuple[Problem, ...] = ()
