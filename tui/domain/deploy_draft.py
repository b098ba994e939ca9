"""A deploy draft: the form's values, what they begin with, and which of them are no default. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from tui.api.enums import INTERRUPTIBLE, CloudKind, ComputeKind
from tui.api.secret import Secret
from tui.domain.deploy_fields import BY_NAME, FIELDS, Field, Kind

if TYPE_CHECKING:
    from tui.api.account import Template
    from tui.api.models import Offer
    from tui.api.pod_detail import PodDetail


IMAGE = "runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04"

STARTING = {
    "way": "demand", "gpu_count": "1", "cloud": CloudKind.EITHER, "image": IMAGE, "container_disk_gb": "50",
    "volume_gb": "20", "volume_mount_path": "/workspace", "ports": "8888/http, 22/tcp", "lease": "no",
}  # fmt: skip


class Draft(Struct, frozen=True):
    """The form's values. `values` by field name, as typed; a missing one is empty. Changed with `typed`.

    env:     names and values; None for a value that was not kept, and has to be typed again.
    secrets: values of the secret fields; None as in `env`.
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


def unique(stem: str, suffix: str) -> str:
    """A name that no other pod is likely to have: rtx-4090-7f3a."""
    return f"{re.sub(r'[^a-z0-9]+', '-', stem.lower()).strip('-') or 'pod'}-{suffix}"


def named(offer: Offer, offers: Sequence[Offer]) -> str:
    """The text by which `offer_of` finds a GPU: its name; its id if RunPod has another of that name."""
    return offer.name if sum(other.name.lower() == offer.name.lower() for other in offers) < 2 else offer.gpu_id


def from_offer(offer: Offer, suffix: str, offers: Sequence[Offer] = ()) -> Draft:
    """The draft of a pod with a GPU of the market."""
    return Draft({**STARTING, "gpu_type_id": named(offer, offers), "name": unique(offer.name, suffix)})


def from_pod(detail: PodDetail, offers: Sequence[Offer], suffix: str) -> Draft:
    """The draft of a copy of an existing pod; its variables with their values."""
    pod, machine = detail.pod, detail.machine
    gpu = machine.gpu_type_id if machine else None
    offer = next((o for o in offers if o.gpu_id == gpu), None)
    name = named(offer, offers) if offer else gpu or (pod.machine.gpu_name if pod.machine else None) or ""
    spot = pod.kind in INTERRUPTIBLE
    has_gpu = bool(name) or pod.gpu_count > 0
    values = {
        "compute": "" if has_gpu else ComputeKind.CPU,
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
        {key: value for key, value in values.items() if value},
        tuple((variable.name, variable.value) for variable in detail.env),
        # RunPod does not report the key: without this, a copy of an encrypted pod would not be encrypted.
        {"volume_key": None} if detail.volume_encrypted else {},
    )


def from_template(draft: Draft, template: Template) -> Draft:
    """A draft with a template's values; RunPod fills in the values of its variables."""
    values = {
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
    return replace(draft, values={**draft.values, **values})


def _cloud(secure: bool | None) -> str:
    return CloudKind.EITHER if secure is None else CloudKind.SECURE if secure else CloudKind.COMMUNITY


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def offer_of(text: str, offers: Sequence[Offer]) -> Offer | None:
    """The one GPU of the market that a text names, by its id or its name; None if several have that name."""
    clean = " ".join(text.split()).lower()
    by_id = next((o for o in offers if o.gpu_id.lower() == clean), None)
    called = [o for o in offers if o.name.lower() == clean]
    return by_id or (called[0] if len(called) == 1 else None)


def matches(text: str, offers: Sequence[Offer], most: int = 8) -> str:
    """The GPUs of the market that a text may mean, with price and stock."""
    clean = " ".join(text.split()).lower()
    exact = offer_of(text, offers)
    matching = [exact] if exact else [offer for offer in offers if clean in offer.name.lower()]
    rest = f" · {len(matching) - most} more" if len(matching) > most else ""
    return " · ".join(_described(offer) for offer in matching[:most]) + rest


def _described(offer: Offer) -> str:
    parts = []
    for cloud, quote in (("secure", offer.secure), ("community", offer.community)):
        if quote is not None and quote.on_demand is not None:
            parts.append(f"{cloud} ${quote.on_demand:.2f} {quote.stock or ''}".strip())
    return f"{offer.name}: {', '.join(parts) or 'none free'}"


def inputs(draft: Draft) -> tuple[tuple[Field, str], ...]:
    """Each input that is not its default and is sent with this way of renting, and its value in words.

    Of secrets only the name is given.
    """
    fields = ((field, _said(draft, field)) for field in FIELDS if draft.way in field.ways)
    return tuple((field, text) for field, text in fields if text is not None)


def _said(draft: Draft, field: Field) -> str | None:
    """The value of a field, in words; None if it is the default."""
    match field.kind:
        case Kind.ENV:
            return ", ".join(name or "unnamed value" for name, _ in draft.env) or None
        case Kind.HIDDEN:
            return "set (hidden)" if field.name in draft.secrets else None
        case Kind.CHOICE:
            labels = dict(field.options)
            default = STARTING.get(field.name, field.options[0][0])
            value = draft[field.name].strip() or field.options[0][0]
            return None if value == default else labels.get(value, value)
        case _:
            value = draft[field.name].strip()
            return None if value == STARTING.get(field.name, "") else value or "none"


def same(first: Draft, other: Draft) -> bool:
    """Whether two drafts have the same values; empty is as good as missing."""

    def filled(draft: Draft) -> dict[str, str]:
        return {name: text for name, text in draft.values.items() if text.strip()}

    return filled(first) == filled(other) and first.env == other.env and first.secrets == other.secrets


def folded_inputs(draft: Draft) -> tuple[Field, ...]:
    """The fields of the form's folded part that are not their defaults."""
    return tuple(field for field, _ in inputs(draft) if not field.common)
