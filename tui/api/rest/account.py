"""From responses about the account to domain types, part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Annotated

from msgspec import Raw
from msgspec.structs import fields as fields_of

from tui.api.account import (
    Account,
    Billing,
    BillSummary,
    Notices,
    PodCost,
    PodCosts,
    RegistryLogin,
    StorageBilled,
    Template,
    Templates,
)
from tui.api.enums import BillingMode
from tui.api.features import Feature
from tui.api.models import Funds, Problem
from tui.api.parts import Parts
from tui.api.pod_detail import NetworkVolume
from tui.api.quantities import (
    LONGEST_NAME,
    MANY,
    Dollars,
    Gigabytes,
    Id,
    Limit,
    Line,
    Long,
    Many,
    Name,
    Reader,
    Word,
    instant,
    shortened,
)
from tui.api.rest.wire import Wire, WireMounts, WireVolume
from tui.api.values import whole

DAYS = 30
"""Days of billing history that are requested: as many as RunPod gives by default."""

BILLING_QUERY: Mapping[str, str | int] = {"bucketSize": "day", "lastN": DAYS}


class WireBalance(Wire):
    balance_amount: Dollars
    billing_mode: BillingMode | None = None


class WireIdentity(Wire):
    id: Id | None = None
    email: Name | None = None


class WireCap(Wire):
    """A limit, whose inner fields podtop's sources do not show: of the plain names the first that is there."""

    limit: Limit | None = None
    max: Limit | None = None
    maximum: Limit | None = None
    cap: Limit | None = None

    @property
    def most(self) -> float | None:
        return next((value for field in fields_of(WireCap) if (value := getattr(self, field.name)) is not None), None)


class WireLimits(Wire):
    spend_rate: WireCap | Limit | None = None
    serverless_workers: WireCap | Limit | None = None


class WireKeys(Wire):
    keys: Annotated[list[Long | None], Many]


class WireLogin(Wire):
    id: Id | None = None
    name: Name | None = None


class WireTemplate(Wire):
    id: Id | None = None
    name: Name | None = None
    image: Line | None = None
    args: Long | None = None
    ports: Annotated[list[Word | None], Many] | None = None
    env: Raw = Raw(b"null")
    disk: Gigabytes | None = None
    mounts: WireMounts | None = None
    registry: Id | None = None
    public: bool | None = None
    serverless: bool | None = None
    start_ssh: bool | None = None
    start_jupyter: bool | None = None


class WireBill(Wire):
    start_time: Word | None = None
    total_amount: Dollars | None = None
    pod_gpu_amount: Dollars | None = None
    pod_cpu_amount: Dollars | None = None
    pod_disk_amount: Dollars | None = None
    serverless_gpu_amount: Dollars | None = None
    serverless_cpu_amount: Dollars | None = None
    serverless_disk_amount: Dollars | None = None
    serverless_fee_amount: Dollars | None = None
    storage_standard_amount: Dollars | None = None
    storage_high_performance_amount: Dollars | None = None
    endpoint_amount: Dollars | None = None
    cluster_gpu_amount: Dollars | None = None
    cluster_disk_amount: Dollars | None = None


class WirePodBill(Wire):
    pod_id: Id
    start_time: Word | None = None
    total_amount: Dollars | None = None
    gpu_amount: Dollars | None = None
    cpu_amount: Dollars | None = None
    disk_amount: Dollars | None = None


_balance = Reader[WireBalance](WireBalance)
_identity = Reader[WireIdentity](WireIdentity)
_limits = Reader[WireLimits](WireLimits)
_keys = Reader[WireKeys](WireKeys)


def balance(raw: Raw) -> tuple[float, BillingMode | None]:
    """The balance in dollars, and how the account pays. Raises what decoding does."""
    wire = _balance.decode(raw)
    return wire.balance_amount, wire.billing_mode


def identity(raw: Raw) -> tuple[str | None, str | None]:
    """The account's id and its e-mail address. Raises what decoding does."""
    wire = _identity.decode(raw)
    return wire.id, wire.email


def limits(raw: Raw) -> tuple[float | None, int | None]:
    """Dollars per hour above which RunPod starts nothing, and serverless workers. Raises what decoding does."""
    wire = _limits.decode(raw)
    return _most(wire.spend_rate), whole(_most(wire.serverless_workers))


def _most(cap: WireCap | float | None) -> float | None:
    return cap.most if isinstance(cap, WireCap) else cap


def ssh_keys(raw: Raw) -> str:
    """The account's public keys, one a line. Raises what decoding does."""
    return "\n".join(key for key in _keys.decode(raw).keys if key)


def volume(wire: WireVolume) -> NetworkVolume:
    return NetworkVolume(wire.id, wire.name or wire.id, whole(wire.size), wire.data_center)


def volumes(items: Sequence[Raw], parts: Parts) -> tuple[NetworkVolume, ...]:
    return tuple(map(volume, parts.many("network volumes", _list(items), WireVolume)))


def logins(items: Sequence[Raw], parts: Parts) -> tuple[RegistryLogin, ...]:
    wires = parts.many("registry logins", _list(items), WireLogin)
    return tuple(RegistryLogin(login.id, login.name) for login in wires)


def _list(items: Sequence[Raw]) -> Raw:
    return Raw(b"[" + b",".join(map(bytes, items)) + b"]")


ACCOUNT_LACKS = frozenset({
    Feature.SPEND, Feature.SECURITY, Feature.MACHINE_QUOTA, Feature.EMAIL_ALERTS, Feature.API_KEYS,
    Feature.MINIMUM_BALANCE, Feature.AUTO_RELOAD, Feature.LIFETIME_SPEND, Feature.EARNINGS,
})  # fmt: skip
"""What no response of REST v2 has of an account."""


def account(
    funds: Funds,
    email: str | None,
    workers: int | None,
    keys: str | None,
    registry_logins: tuple[RegistryLogin, ...],
    network_volumes: tuple[NetworkVolume, ...],
    problems: tuple[Problem, ...],
    lacks: frozenset[Feature],
) -> Account:
    """The account, as far as v2 reports it. `lacks`: what the server has no route for."""
    return Account(
        funds=funds,
        email=email,
        lifetime_spend=None,
        min_balance=None,
        under_balance=None,
        alert_below=None,
        spend_split=None,
        host_balance=None,
        payouts_linked=None,
        referral_earned=None,
        template_earned=None,
        machine_quota=None,
        two_factor=None,
        terms_signed=None,
        public_ssh_keys=keys,
        serverless_workers=workers,
        reload_amount=None,
        reload_below=None,
        notices=Notices(None, None, None, None),
        referral=None,
        api_keys=(),
        registry_logins=registry_logins,
        network_volumes=network_volumes,
        earnings=(),
        problems=problems,
        lacks=ACCOUNT_LACKS | lacks,
    )


def templates(items: Sequence[Raw], problems: tuple[Problem, ...]) -> Templates:
    """The account's templates; one that is not understood is in `problems`."""
    parts = Parts()
    wires = parts.many("templates", _list(items), WireTemplate)
    result = tuple(_template(wire, parts) for wire in wires)
    return Templates(result, (*problems, *parts.left_out()), frozenset({Feature.TEMPLATE_USE}))


def _template(wire: WireTemplate, parts: Parts) -> Template:
    persistent = wire.mounts.persistent if wire.mounts else None
    return Template(
        id=wire.id,
        name=wire.name,
        image=wire.image,
        docker_args=wire.args,
        ports=joined(wire.ports),
        env_names=tuple(
            shortened(name, LONGEST_NAME)
            for name in islice(parts.one("variables of a template", wire.env, dict[str, Raw]) or {}, MANY)
        ),
        container_disk_gb=whole(wire.disk),
        volume_gb=whole(persistent.size) if persistent else None,
        volume_mount_path=persistent.path if persistent else None,
        registry_auth_id=wire.registry,
        public=wire.public is True,
        serverless=wire.serverless is True,
        start_jupyter=wire.start_jupyter is True,
        start_ssh=wire.start_ssh is True,
        advanced_start=False,
        earned=None,
        runtime_minutes=None,
    )


def joined(ports: Sequence[str | None] | None) -> str | None:
    """Ports as GraphQL writes them: "8888/http,22/tcp"."""
    return None if ports is None else ",".join(port for port in ports if port)


def billing(items: Sequence[Raw], problems: tuple[Problem, ...]) -> Billing:
    """The billing history by day. v2 has no GPU types, no seconds and no sizes in it."""
    parts = Parts()
    wires = parts.many("bill totals", _list(items), WireBill, lambda bill: bill.start_time)
    return Billing(
        gpus=(),
        cpus=(),
        storage=tuple(map(_storage, wires)),
        summary=tuple(map(_summary, wires)),
        problems=(*problems, *parts.left_out()),
        lacks=frozenset({Feature.BILL_TYPES}),
    )


def _summary(bill: WireBill) -> BillSummary:
    gpus = _sum(bill.pod_gpu_amount, bill.cluster_gpu_amount)
    serverless = _sum(
        bill.serverless_gpu_amount, bill.serverless_cpu_amount, bill.serverless_disk_amount, bill.serverless_fee_amount
    )
    storage = _storage_amount(bill)
    known = (gpus, bill.pod_cpu_amount, serverless, storage, bill.endpoint_amount)
    return BillSummary(instant(bill.start_time), *known, _rest(bill.total_amount, known))


def _storage(bill: WireBill) -> StorageBilled:
    network = _sum(bill.storage_standard_amount, bill.storage_high_performance_amount)
    return StorageBilled(instant(bill.start_time), _storage_amount(bill), None, network)


def _storage_amount(bill: WireBill) -> float | None:
    network = _sum(bill.storage_standard_amount, bill.storage_high_performance_amount)
    return _sum(bill.pod_disk_amount, network, bill.cluster_disk_amount)


def _sum(*amounts: float | None) -> float | None:
    """Of the parts that are there; None if none is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def _rest(total: float | None, parts: Sequence[float | None]) -> float | None:
    """What is in the total and in no part: a kind of charge that is newer than podtop, or has no place in it."""
    if total is None:
        return None
    rest = total - sum(part for part in parts if part is not None)
    return rest if abs(rest) >= 5e-5 else 0.0


def pod_costs(items: Sequence[Raw], problems: tuple[Problem, ...]) -> PodCosts:
    """What each pod cost by day."""
    parts = Parts()
    wires = parts.many("costs of pods", _list(items), WirePodBill, lambda bill: bill.start_time)
    costs = tuple(
        PodCost(b.pod_id, instant(b.start_time), b.total_amount, b.gpu_amount, b.cpu_amount, b.disk_amount)
        for b in wires
    )
    return PodCosts(costs, (*problems, *parts.left_out()))
