"""A deploy that is being typed: what is wrong with it, what it will cost, and the order it makes. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from tui import clocks
from tui.api.orders import DeployOrder, RentOrder
from tui.api.pod_detail import EnvVar
from tui.api.secret import Secret
from tui.domain import costs, pod_costs, pod_health
from tui.domain.deploy_fields import BY_NAME, FIELDS, Field, Kind

if TYPE_CHECKING:
    from tui.api.account import Template
    from tui.api.models import Funds, Offer, Quote
    from tui.api.pod_detail import PodDetail

IMAGE = "runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04"
STARTING = {
    "way": "demand", "gpu_count": "1", "cloud": "ALL", "image": IMAGE, "container_disk_gb": "50", "volume_gb": "20",
    "volume_mount_path": "/workspace", "ports": "8888/http, 22/tcp", "lease": "no",
}  # fmt: skip

COMPLIANCE = (
    "GDPR", "ISO_IEC_27001", "ISO_14001", "PCI_DSS", "HITRUST", "SOC_1_TYPE_2", "SOC_2_TYPE_2", "SOC_3_TYPE_2", "ITAR",
    "FISMA_HIGH",
)  # fmt: skip

LONGEST_NAME = 191
FARTHEST = 366 * 86_400.0
"""Seconds ahead of which a stop or an end may be set."""


class Draft(Struct, frozen=True):
    """What stands in the form. `values` by field name, as typed; a missing one is empty. Changed with `typed`.

    env:     names and values; None is a value that was not kept, and has to be typed again.
    secrets: values of the fields that hold one; None as in `env`.
    """

    values: Mapping[str, str]
    env: tuple[tuple[str, Secret | None], ...] = ()
    secrets: Mapping[str, Secret | None] = {}

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def way(self) -> str:
        """ "demand" or "spot"."""
        return "spot" if self["way"] == "spot" else "demand"

    def typed(self, name: str, text: str) -> Draft:
        """The draft with another text in one field."""
        if BY_NAME[name].kind is Kind.HIDDEN:
            rest = {key: value for key, value in self.secrets.items() if key != name}
            return replace(self, secrets={**rest, name: Secret(text)} if text else rest)
        return replace(self, values={**self.values, name: text})


class Price(Struct, frozen=True):
    """What it will cost, in dollars an hour. None where RunPod does not say: unknown is not free.

    gpus:    all GPUs; where either cloud is accepted, the dearer one.
    disks:   container disk and volume, while it runs.
    before, after: seconds until the money ends, without and with it.
    short:   the balance is less than an hour of it.
    """

    gpus: float | None
    disks: float | None
    before: float | None
    after: float | None
    short: bool
    up_to: bool = False

    @property
    def per_hr(self) -> float | None:
        return costs.total((self.gpus, self.disks))


# What drafts are begun with


def unique(stem: str, suffix: str) -> str:
    """A name that no other pod is likely to have: rtx-4090-7f3a."""
    return f"{re.sub(r'[^a-z0-9]+', '-', stem.lower()).strip('-') or 'pod'}-{suffix}"


def named(offer: Offer, offers: Sequence[Offer]) -> str:
    """What `offer_of` finds a GPU by: its name; its id where RunPod calls another one the same."""
    return offer.name if sum(other.name.lower() == offer.name.lower() for other in offers) < 2 else offer.gpu_id


def from_offer(offer: Offer, suffix: str, offers: Sequence[Offer] = ()) -> Draft:
    """A pod with a GPU of the market."""
    return Draft({**STARTING, "gpu_type_id": named(offer, offers), "name": unique(offer.name, suffix)})


def from_pod(detail: PodDetail, offers: Sequence[Offer], suffix: str) -> Draft:
    """The same as a pod there is; its variables with their values."""
    pod, machine = detail.pod, detail.machine
    gpu = machine.gpu_type_id if machine else None
    offer = next((o for o in offers if o.gpu_id == gpu), None)
    name = named(offer, offers) if offer else gpu or (pod.machine.gpu_name if pod.machine else None) or ""
    spot = pod.kind in ("INTERRUPTABLE", "BID")
    has_gpu = bool(name) or pod.gpu_count > 0
    found = {
        "compute": "" if has_gpu else "CPU",
        "min_vcpus": "" if has_gpu else _shown(pod.vcpus),
        "min_memory_gb": "" if has_gpu else _shown(pod.memory_gb),
        "way": "spot" if spot else "demand",
        "gpu_type_id": name,
        "gpu_count": str(pod.gpu_count or 1),
        "cloud": _cloud(pod.machine.secure if pod.machine else None),
        "name": unique(re.sub(r"-[0-9a-f]{4}$", "", pod.name), suffix),
        "image": pod.image or "",
        "template_id": detail.template_id or "",
        "container_disk_gb": _shown(pod.container_disk_gb),
        "volume_gb": _shown(pod.volume_gb),
        "volume_mount_path": detail.volume_mount_path or "",
        "network_volume_id": pod.network_volume_id or "",
        "ports": ", ".join((detail.exposed_ports or "").replace(" ", "").split(",")),
        "docker_args": detail.docker_args or "",
        "port": str(detail.port or ""),
        "registry_auth_id": detail.registry_auth_id or "",
        "lease": "no",
    }
    return Draft(
        {key: value for key, value in found.items() if value},
        tuple((one.name, one.value) for one in detail.env),
        # RunPod does not tell the key: without this, a copy of an encrypted pod would not be encrypted.
        {"volume_key": None} if detail.volume_encrypted else {},
    )


def from_template(draft: Draft, template: Template) -> Draft:
    """A draft with what a template says; RunPod fills in the values of its variables."""
    found = {
        "template_id": template.id or "",
        "image": template.image or "",
        "container_disk_gb": _shown(template.container_disk_gb),
        "volume_gb": _shown(template.volume_gb),
        "volume_mount_path": template.volume_mount_path or "",
        "ports": ", ".join((template.ports or "").replace(" ", "").split(",")),
        "docker_args": template.docker_args or "",
        "start_ssh": "yes" if template.start_ssh else "",
        "start_jupyter": "yes" if template.start_jupyter else "",
        "registry_auth_id": template.registry_auth_id or "",
    }
    return replace(draft, values={**draft.values, **found})


def _cloud(secure: bool | None) -> str:
    return "ALL" if secure is None else "SECURE" if secure else "COMMUNITY"


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


# What was typed, read


class Fault(Exception):
    """What is wrong with what was typed, in words."""


def dollars(draft: Draft, name: str) -> float | None:
    """The dollars in a field; None where there are none."""
    try:
        return _dollars(BY_NAME[name], draft[name])
    except Fault:
        return None


def _whole(field: Field, text: str) -> int:
    clean = text.strip()
    if not (clean.isascii() and clean.isdigit()) or len(clean) > 9 or not field.least <= int(clean) <= field.most:
        raise Fault(f"a whole number from {field.least:,} to {field.most:,}")
    return int(clean)


def _dollars(field: Field, text: str) -> float:
    try:
        value = float(text.strip().removeprefix("$"))
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and 0 < value < 10_000):
        raise Fault(f"dollars, as in {field.hint}")
    return value


_PORT = re.compile(r"(\d{1,5})/(http|tcp)")


def _ports(text: str) -> str:
    found = []
    for part in filter(None, re.split(r"[,\s]+", text)):
        match = _PORT.fullmatch(part.lower())
        if match is None:
            kind = (
                " a port needs its kind, as in 8888/http" if part.isdigit() else " a port is as in 8888/http or 22/tcp"
            )
            raise Fault(f"{part}:{kind}")
        if not 1 <= int(match[1]) <= 65_535:
            raise Fault(f"{part}: ports go from 1 to 65535")
        if match[0] in found:
            raise Fault(f"{part}: it stands there twice")
        found.append(match[0])
    return ",".join(found)


_SPAN = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?")


def is_span(text: str) -> bool:
    """Whether a text is a time from now on, such as "8h", and no date."""
    match = _SPAN.fullmatch(text.strip().lower().replace(" ", ""))
    return match is not None and any(match.groups())


def instant(text: str, now: float, tz: tzinfo | None) -> float:
    """ "8h", "90m", "1d12h" from now, or a local time "2026-11-24 08:00". Raises Fault."""
    clean = text.strip().lower()
    match = _SPAN.fullmatch(clean.replace(" ", ""))
    if match is not None and any(match.groups()):
        days, hours, minutes = (int(part or 0) for part in match.groups())
        at = now + days * 86_400.0 + hours * 3600.0 + minutes * 60.0
    else:
        try:
            when = datetime.fromisoformat(clean)
            at = clocks.instant(when if when.tzinfo else when.replace(tzinfo=tz) if tz else when.astimezone())
        except (ValueError, OverflowError, OSError):
            raise Fault("a time from now as in 8h, 90m or 1d12h, or a date as in 2026-11-24 08:00") from None
    if at <= now + 60:
        raise Fault("that is over, or nearly: a time to come")
    if at > now + FARTHEST:
        raise Fault("within a year")
    return at


VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_MOUNT = re.compile(r"/[^\s]*")


def offer_of(text: str, offers: Sequence[Offer]) -> Offer | None:
    """The one GPU of the market that a text names, by its id or its name; None where several are called so."""
    clean = " ".join(text.split()).lower()
    by_id = next((o for o in offers if o.gpu_id.lower() == clean), None)
    called = [o for o in offers if o.name.lower() == clean]
    return by_id or (called[0] if len(called) == 1 else None)


def matches(text: str, offers: Sequence[Offer], most: int = 8) -> str:
    """The GPUs of the market that a text may mean, with price and stock."""
    clean = " ".join(text.split()).lower()
    exact = offer_of(text, offers)
    found = [exact] if exact else [offer for offer in offers if clean in offer.name.lower()]
    more = f" · {len(found) - most} more" if len(found) > most else ""
    return " · ".join(_described(offer) for offer in found[:most]) + more


def _described(offer: Offer) -> str:
    words = []
    for cloud, quote in (("secure", offer.secure), ("community", offer.community)):
        if quote is not None and quote.on_demand is not None:
            words.append(f"{cloud} ${quote.on_demand:.2f} {quote.stock or ''}".strip())
    return f"{offer.name}: {', '.join(words) or 'none free now'}"


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _read(field: Field, text: str, now: float, tz: tzinfo | None) -> Any:
    """The value of a field that is not empty. Raises Fault."""
    match field.kind:
        case Kind.WHOLE:
            return _whole(field, text)
        case Kind.DOLLARS:
            return _dollars(field, text)
        case Kind.PORTS:
            return _ports(text)
        case Kind.WHEN:
            return instant(text, now, tz)
        case Kind.LIST:
            return _list(_line(text))
        case Kind.CHOICE:
            if text not in {value for value, _ in field.options}:
                raise Fault(f"one of {', '.join(word for _, word in field.options)}")
            return text
        case _:
            return _line(text)


def _line(text: str) -> str:
    if len(text) > 4000 or not text.isprintable():
        raise Fault("a line of text, of 4,000 characters at the most")
    return text


def faults(
    draft: Draft, offers: Sequence[Offer], names: Collection[str], now: float, tz: tzinfo | None
) -> dict[str, str]:
    """What is wrong, by the name of the field; empty when it can be ordered.

    names: of the pods there are.
    """
    found: dict[str, str] = {}
    read: dict[str, Any] = {}
    for field in FIELDS:
        text = draft[field.name].strip()
        if not text or draft.way not in field.ways:
            continue
        try:
            read[field.name] = _read(field, text, now, tz)
        except Fault as fault:
            found[field.name] = str(fault)
    for name, words in (*_gpu_faults(draft, read, offers), *_text_faults(draft, read, names), *_time_faults(read)):
        found.setdefault(name, words)
    return found


def _gpu_faults(draft: Draft, read: Mapping[str, Any], offers: Sequence[Offer]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if read.get("compute") == "CPU":
        # A bid is part of every spot order; what is the lowest for a CPU is not told.
        return _bid_faults(draft, read, None)
    offer = offer_of(draft["gpu_type_id"], offers)
    if not draft["gpu_type_id"].strip():
        found.append(("gpu_type_id", "which GPU? RunPod takes any, at any price, when none is named"))
    elif offer is None and offers:
        clean = " ".join(draft["gpu_type_id"].split()).lower()
        called = " or ".join(o.gpu_id for o in offers if o.name.lower() == clean)
        found.append(("gpu_type_id", f"which one? {called}" if called else "the market has no GPU of that name"))
    count = read.get("gpu_count")
    if not draft["gpu_count"].strip():
        found.append(("gpu_count", "how many GPUs?"))
    elif offer is not None and offer.max_count and isinstance(count, int) and count > offer.max_count:
        found.append(("gpu_count", f"at most {offer.max_count} for {offer.name}"))
    if offer is not None and (words := _not_sold(draft["cloud"], offer)):
        found.append(("cloud", words))
    most, cheapest = read.get("deploy_cost"), _cheapest(draft, offers)
    if most is not None and cheapest is not None and isinstance(count, int) and most < cheapest * count - 1e-9:
        found.append(("deploy_cost", f"below ${cheapest * count:.2f}, the lowest price there is"))
    return found + _bid_faults(draft, read, _spot_price(draft["cloud"], offer) if offer is not None else None)


def _bid_faults(draft: Draft, read: Mapping[str, Any], lowest: float | None) -> list[tuple[str, str]]:
    bid = read.get("bid_per_gpu")
    if draft.way != "spot":
        return []
    if not draft["bid_per_gpu"].strip():
        return [("bid_per_gpu", "what do you bid?" if lowest is None else f"RunPod asks for ${lowest:.2f} or more")]
    if isinstance(bid, float) and lowest is not None and bid < lowest - 1e-9:
        return [("bid_per_gpu", f"below the lowest bid, ${lowest:.2f}")]
    return []


def _text_faults(draft: Draft, read: Mapping[str, Any], names: Collection[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    name = draft["name"].strip()
    if not name:
        found.append(("name", "by its name podtop finds the pod when RunPod's answer is lost"))
    elif len(name) > LONGEST_NAME:
        found.append(("name", f"at most {LONGEST_NAME} characters"))
    elif name in names:
        found.append(("name", "a pod of this name is there already"))
    if not draft["image"].strip() and not draft["template_id"].strip():
        found.append(("image", "an image, or a template"))
    elif " " in draft["image"].strip():
        found.append(("image", "an image has no spaces in its name"))
    if draft["country"].strip() and not _COUNTRY.fullmatch(draft["country"].strip()):
        found.append(("country", "two letters, as in US"))
    if draft["volume_mount_path"].strip() and not _MOUNT.fullmatch(draft["volume_mount_path"].strip()):
        found.append(("volume_mount_path", "a path that begins with /"))
    if odd := [one for one in read.get("compliance", ()) if one.upper() not in COMPLIANCE]:
        found.append(("compliance", f"{odd[0]}: RunPod knows {', '.join(COMPLIANCE)}"))
    seen: set[str] = set()
    for variable, value in draft.env:
        if not VARIABLE.fullmatch(variable):
            found.append(("env", f"{variable or 'a value without a name'}: a name has letters, digits and _"))
        elif variable in seen:
            found.append(("env", f"{variable}: it stands there twice"))
        elif value is None:
            found.append(("env", f"{variable} has no value (they are not kept on disk): type it, or remove the name"))
        seen.add(variable)
    if "volume_key" in draft.secrets and draft.secrets["volume_key"] is None:
        found.append(("volume_key", "neither podtop nor RunPod keeps it: type it; or type and erase it, to have none"))
    return found


def _time_faults(read: Mapping[str, Any]) -> list[tuple[str, str]]:
    stop, end = read.get("stop_after"), read.get("terminate_after")
    found = []
    if isinstance(stop, float) and isinstance(end, float) and end <= stop:
        found.append(("terminate_after", "after the stop, or not at all"))
    if read.get("lease") == "yes":
        if stop is None and end is None:
            found.append(("lease", "until when? set stop after, or terminate after"))
        elif stop is not None and end is not None:
            found.append(("lease", "podtop sees to one of them: leave stop after or terminate after empty"))
    return found


def _clouds(cloud: str) -> tuple[str, ...]:
    return {"SECURE": ("secure",), "COMMUNITY": ("community",)}.get(cloud, ("secure", "community"))


def _quotes(cloud: str, offer: Offer) -> list[Quote]:
    return [quote for name in _clouds(cloud) if (quote := getattr(offer, name)) is not None]


def _not_sold(cloud: str, offer: Offer) -> str:
    if _quotes(cloud, offer):
        return ""
    word = {"SECURE": "secure", "COMMUNITY": "community"}.get(cloud, "any")
    return (
        f"{offer.name} is not sold in {word} cloud"
        if word == "any"
        else f"{offer.name} is not sold in the {word} cloud"
    )


def _spot_price(cloud: str, offer: Offer) -> float | None:
    return min((q.spot for q in _quotes(cloud, offer) if q.spot is not None), default=None)


def price(draft: Draft, offers: Sequence[Offer], funds: Funds | None) -> Price:
    """What it will cost by the market's last prices, and what becomes of the runway."""
    each, up_to = _each(draft, offers)
    count = _number(draft["gpu_count"])
    gpus = None if each is None or count is None else each * count
    if draft["compute"] == "CPU":
        gpus = None
    # Without a container disk it gets RunPod's or the template's; without a volume none, if no template has one.
    volume = draft["volume_gb"].strip() or ("" if draft["template_id"].strip() else "0")
    sizes = [_number(draft["container_disk_gb"]), _number(volume)]
    disks = None
    if sizes[0] is not None and sizes[1] is not None:
        disks = (sizes[0] + sizes[1]) * pod_costs.DISK_RUNNING / pod_costs.MONTH_HOURS
    after = costs.runway(funds, costs.total((gpus, disks)))
    return Price(gpus, disks, pod_health.runway(funds), after, costs.is_short(funds, gpus, disks), up_to)


def _each(draft: Draft, offers: Sequence[Offer]) -> tuple[float | None, bool]:
    """Dollars an hour for one GPU, and whether it may be less; None where it is not known."""
    if draft.way == "spot":
        return dollars(draft, "bid_per_gpu"), False
    asked = _asked(draft, offers)
    if not asked or not all(asked):
        return None, False
    prices = [price for of_one in asked for price in of_one]
    return max(prices), len(set(prices)) > 1


def _asked(draft: Draft, offers: Sequence[Offer]) -> list[list[float]]:
    """Prices on demand of each GPU that RunPod may choose; an empty list for one whose price is not known."""
    found = []
    for name in (draft["gpu_type_id"], *(_list(draft["gpu_types"]) if draft.way == "demand" else ())):
        offer = offer_of(name, offers)
        found.append([q.on_demand for q in _quotes(draft["cloud"], offer) if q.on_demand is not None] if offer else [])
    return found


def _cheapest(draft: Draft, offers: Sequence[Offer]) -> float | None:
    """The lowest price on demand for one GPU; None where one of them is not known."""
    asked = _asked(draft, offers)
    return min(price for of_one in asked for price in of_one) if asked and all(asked) else None


def _number(text: str) -> int | None:
    clean = text.strip()
    return int(clean) if clean.isascii() and clean.isdigit() and len(clean) < 8 else None


def inputs(draft: Draft) -> tuple[tuple[Field, str], ...]:
    """Each input that is not as it is by default and goes out with this way of renting, and what it says.

    Of what is secret the name alone is told.
    """
    found = ((field, _said(draft, field)) for field in FIELDS if draft.way in field.ways)
    return tuple((field, text) for field, text in found if text is not None)


def _said(draft: Draft, field: Field) -> str | None:
    """What stands in a field, in words; None where it is as by default."""
    match field.kind:
        case Kind.ENV:
            return ", ".join(name or "a value without a name" for name, _ in draft.env) or None
        case Kind.HIDDEN:
            return "set, not shown" if field.name in draft.secrets else None
        case Kind.CHOICE:
            words = dict(field.options)
            default = STARTING.get(field.name, field.options[0][0])
            value = draft[field.name].strip() or field.options[0][0]
            return None if value == default else words.get(value, value)
        case _:
            value = draft[field.name].strip()
            return None if value == STARTING.get(field.name, "") else value or "none"


def same(one: Draft, other: Draft) -> bool:
    """Whether two drafts say the same; what is empty is as good as missing."""

    def filled(draft: Draft) -> dict[str, str]:
        return {name: text for name, text in draft.values.items() if text.strip()}

    return filled(one) == filled(other) and one.env == other.env and one.secrets == other.secrets


def folded_inputs(draft: Draft) -> tuple[Field, ...]:
    """The fields of the form's folded part that are not as by default."""
    return tuple(field for field, _ in inputs(draft) if not field.common)


_OWN = ("way", "lease")
_LISTS = ("gpu_types", "allowed_cuda", "instance_ids")


def order(draft: Draft, offers: Sequence[Offer], now: float, tz: tzinfo | None) -> DeployOrder | RentOrder:
    """What is sent for a draft that has no faults."""
    values: dict[str, Any] = {}
    for field in FIELDS:
        text = draft[field.name].strip()
        if text and draft.way in field.ways and field.name not in _OWN:
            values[field.name] = _read(field, text, now, tz)
    offer = offer_of(draft["gpu_type_id"], offers)
    if offer is not None:
        values["gpu_type_id"] = offer.gpu_id
    for flag in ("start_ssh", "start_jupyter", "public_ip", "global_network"):
        if flag in values:
            values[flag] = values[flag] == "yes"
    if "country" in values:
        values["country"] = values["country"].upper()
    if "compliance" in values:
        values["compliance"] = tuple(one.upper() for one in values["compliance"])
    if "gpu_types" in values:
        named = (offer_of(one, offers) for one in values["gpu_types"])
        also = tuple(found.gpu_id if found else text for found, text in zip(named, values["gpu_types"], strict=True))
        # Either one type or a list: the one that was asked for first leads the list.
        first = values.pop("gpu_type_id", None)
        values["gpu_types"] = tuple(dict.fromkeys(one for one in (first, *also) if one))
    values["env"] = tuple(EnvVar(name, value) for name, value in draft.env if value is not None)
    if (key := draft.secrets.get("volume_key")) is not None:
        values["volume_key"] = key
    values.setdefault("gpu_count", 1)
    return RentOrder(**values) if draft.way == "spot" else DeployOrder(**values)


def lease(draft: Draft, now: float, tz: tzinfo | None) -> tuple[str, float] | None:
    """What podtop itself is to do to the pod, and when; None where it was not asked to."""
    if draft["lease"] != "yes":
        return None
    for name, action in (("stop_after", "stop"), ("terminate_after", "terminate")):
        if draft[name].strip():
            return action, instant(draft[name], now, tz)
    return None
