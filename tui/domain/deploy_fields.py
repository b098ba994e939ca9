"""The inputs of a deploy: one table from which the form, its help, its checks and the order are made."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from tui.api.enums import CloudKind, ComputeKind


class Kind(StrEnum):
    """The kind of a field's value."""

    TEXT = "text"
    WHOLE = "whole"
    DOLLARS = "dollars"
    CHOICE = "choice"
    WHEN = "when"
    LIST = "list"
    PORTS = "ports"
    HIDDEN = "hidden"
    ENV = "env"


class Field(Struct, frozen=True):
    """One input.

    name:    of the order's attribute, or podtop's own.
    help:    a sentence on its purpose.
    hint:    an example, where it is empty.
    least, most: of a number.
    options: of a choice, as (value, word); the first is the default.
    common:  whether it is always shown, and not only when the rest is unfolded.
    ways:    "demand" and "spot": the ways of renting that have it.
    """

    name: str
    label: str
    kind: Kind
    help: str
    hint: str = ""
    least: int = 0
    most: int = 1_000_000
    options: tuple[tuple[str, str], ...] = ()
    common: bool = False
    ways: tuple[str, ...] = ("demand", "spot")


_FLAG = (("", "RunPod default"), ("yes", "yes"), ("no", "no"))
_DEMAND = ("demand",)

FIELDS = (
    Field(
        "way",
        "Pricing",
        Kind.CHOICE,
        "On demand: yours until you stop it. Spot: cheaper, but lost when outbid.",
        options=(("demand", "on demand"), ("spot", "spot, with a bid")),
        common=True,
    ),
    Field("gpu_type_id", "GPU", Kind.TEXT, "A GPU type; right arrow: take the suggestion.", "H100 SXM", common=True),
    Field("gpu_count", "GPUs", Kind.WHOLE, "Number of GPUs, all on one host.", "1", least=1, most=64, common=True),
    Field(
        "cloud",
        "Cloud",
        Kind.CHOICE,
        "Secure: data centers. Community: third-party hosts.",
        options=((CloudKind.EITHER, "either"), (CloudKind.SECURE, "secure"), (CloudKind.COMMUNITY, "community")),
        common=True,
    ),
    Field(
        "bid_per_gpu",
        "Bid, $/GPU/h",
        Kind.DOLLARS,
        "What you pay per GPU; anyone who bids more can take it.",
        "0.25",
        common=True,
        ways=("spot",),
    ),
    Field(
        "name",
        "Name",
        Kind.TEXT,
        "Must be unique: podtop finds the pod by it if the response is lost.",
        common=True,
    ),
    Field(
        "image", "Image", Kind.TEXT, "The container image; or choose a template.", "runpod/pytorch:2.4.0", common=True
    ),
    Field("template_id", "Template", Kind.TEXT, "One of your templates by name, or any by its ID.", common=True),
    Field(
        "container_disk_gb",
        "Container disk, GB",
        Kind.WHOLE,
        "Wiped when the pod stops.",
        "50",
        least=1,
        most=20_000,
        common=True,
    ),
    Field(
        "volume_gb",
        "Volume, GB",
        Kind.WHOLE,
        "Kept while the pod is stopped, and billed.",
        "0",
        most=20_000,
        common=True,
    ),
    Field(
        "volume_mount_path", "Mount path", Kind.TEXT, "Path of the volume in the container.", "/workspace", common=True
    ),
    Field("ports", "Ports", Kind.PORTS, "Ports to expose, each as http or tcp.", "8888/http, 22/tcp", common=True),
    Field("env", "Environment", Kind.ENV, "Variables; values are hidden and never saved to disk.", common=True),
    Field("docker_args", "Command", Kind.TEXT, "Container arguments; they replace the image's own."),
    Field("start_ssh", "Start SSH", Kind.CHOICE, "Whether RunPod starts an SSH server in the pod.", options=_FLAG),
    Field("start_jupyter", "Start Jupyter", Kind.CHOICE, "Whether RunPod starts Jupyter in the pod.", options=_FLAG),
    Field("public_ip", "Public IP", Kind.CHOICE, "Whether the host must have a public IP.", options=_FLAG),
    Field("country", "Country", Kind.TEXT, "Two-letter code; limits the community cloud.", "US"),
    Field("data_center", "Data center", Kind.TEXT, "Data center ID; limits the secure cloud.", "EU-RO-1"),
    Field(
        "network_volume_id", "Network volume", Kind.TEXT, "ID of one of your volumes; ties the pod to its data center."
    ),
    Field("min_vcpus", "Min vCPUs", Kind.WHOLE, "For the whole pod.", "8", least=1, most=1024),
    Field("min_memory_gb", "Min memory, GB", Kind.WHOLE, "For the whole pod.", "32", least=1, most=16_384),
    Field("min_download_mbps", "Min download, Mbit/s", Kind.WHOLE, "Of the host.", "500", least=1),
    Field("min_upload_mbps", "Min upload, Mbit/s", Kind.WHOLE, "Of the host.", "500", least=1),
    Field("stop_after", "Stop after", Kind.WHEN, "RunPod does not enforce this; use podtop's lease.", "8h"),
    Field(
        "terminate_after",
        "Terminate after",
        Kind.WHEN,
        "RunPod does not enforce this; use podtop's lease.",
        "2d",
    ),
    Field(
        "lease",
        "Lease",
        Kind.CHOICE,
        "podtop stops or terminates it then, while podtop or podtop record --enforce-leases runs.",
        options=(("no", "no"), ("yes", "enforce it from podtop")),
    ),
    Field("deploy_cost", "Max price, $/h", Kind.DOLLARS, "For all GPUs together.", "24.00", ways=_DEMAND),
    Field("port", "Main port", Kind.WHOLE, "The container's own port.", "8080", least=1, most=65_535),
    Field(
        "volume_key",
        "Volume key",
        Kind.HIDDEN,
        "Encrypts the volume. RunPod cannot recover it, and podtop never saves it.",
    ),
    Field("registry_auth_id", "Registry login", Kind.TEXT, "ID of a login saved on RunPod, for a private image."),
    Field("gpu_types", "Alternatives", Kind.LIST, "Other GPU IDs, in order of preference.", ways=_DEMAND),
    Field("min_disk_gb", "Min disk, GB", Kind.WHOLE, "Of the host.", "100", least=1, ways=_DEMAND),
    Field("cuda", "CUDA", Kind.TEXT, "Exactly this version.", "12.4"),
    Field("min_cuda", "Min CUDA", Kind.TEXT, "This version or a later one.", "12.1"),
    Field("allowed_cuda", "CUDA one of", Kind.LIST, "Any of these versions.", "12.4, 12.8"),
    Field(
        "compute",
        "Compute",
        Kind.CHOICE,
        "GPU pod, or CPU-only pod.",
        options=(("", ComputeKind.GPU), (ComputeKind.CPU, "CPU only")),
    ),
    Field("compliance", "Compliance", Kind.LIST, "Required compliance of the data center.", "GDPR, SOC_2_TYPE_2"),
    Field("instance_ids", "Instances", Kind.LIST, "IDs of CPU flavors.", ways=_DEMAND),
    Field(
        "global_network",
        "Global network",
        Kind.CHOICE,
        "Whether the pod joins RunPod's private network.",
        options=_FLAG,
        ways=_DEMAND,
    ),
)

BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}

NARROWS = frozenset({
    "public_ip", "country", "data_center", "network_volume_id", "min_vcpus", "min_memory_gb", "min_download_mbps",
    "min_upload_mbps", "deploy_cost", "min_disk_gb", "cuda", "min_cuda", "allowed_cuda", "compliance", "instance_ids",
    "global_network",
})  # fmt: skip
"""Inputs that exclude hosts which have the GPU."""

NOT_OFFERED: Mapping[str, str] = {"aiApiId": "it is for RunPod's own AI endpoints, not for pods that people rent"}
"""Inputs of the API that the form does not have, and why."""


def fields(way: str, folded: bool) -> tuple[Field, ...]:
    """The fields of a way of renting, in order; only the common ones while the rest is folded."""
    return tuple(field for field in FIELDS if way in field.ways and (field.common or not folded))
