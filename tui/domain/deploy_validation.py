"""The faults of a deploy draft, by the name of the field. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from tui.api.enums import CloudKind, Compliance, ComputeKind
from tui.domain.deploy_draft import Draft, offer_of
from tui.domain.deploy_fields import FIELDS
from tui.domain.deploy_price import lowest_bid, lowest_price, quotes
from tui.domain.deploy_text import VARIABLE, Fault, value_of

if TYPE_CHECKING:
    from tui.api.models import Offer


LONGEST_NAME = 191

NO_SUCH_GPU = "no GPU of that name on the market"
NOT_READ = "not among the GPU types that podtop reads; RunPod lists more"

_COUNTRY = re.compile(r"[A-Za-z]{2}")

_MOUNT = re.compile(r"/[^\s]*")


def faults(
    draft: Draft, offers: Sequence[Offer], names: Collection[str], now: float, tz: tzinfo | None
) -> dict[str, str]:
    """The faults, by the name of the field; empty if it can be ordered.

    names: of existing pods.
    """
    by_field: dict[str, str] = {}
    read: dict[str, Any] = {}
    for field in FIELDS:
        text = draft[field.name].strip()
        if not text or draft.way not in field.ways:
            continue
        try:
            read[field.name] = value_of(field, text, now, tz)
        except Fault as fault:
            by_field[field.name] = str(fault)
    for name, reason in (*_gpu_faults(draft, read, offers), *_text_faults(draft, read, names), *_time_faults(read)):
        by_field.setdefault(name, reason)
    return by_field


def _gpu_faults(draft: Draft, read: Mapping[str, Any], offers: Sequence[Offer]) -> list[tuple[str, str]]:
    faults: list[tuple[str, str]] = []
    if read.get("compute") == ComputeKind.CPU:
        # A bid is part of every spot order; the lowest for a CPU is not reported.
        return _bid_faults(draft, read, None)
    offer = offer_of(draft["gpu_type_id"], offers)
    if not draft["gpu_type_id"].strip():
        faults.append(("gpu_type_id", "name a GPU; without one RunPod picks any, at any price"))
    elif offer is None and offers:
        clean = " ".join(draft["gpu_type_id"].split()).lower()
        called = " or ".join(o.gpu_id for o in offers if o.name.lower() == clean)
        faults.append(("gpu_type_id", f"choose {called}" if called else NO_SUCH_GPU))
    count = read.get("gpu_count")
    if not draft["gpu_count"].strip():
        faults.append(("gpu_count", "enter the number of GPUs"))
    elif offer is not None and offer.max_count and isinstance(count, int) and count > offer.max_count:
        faults.append(("gpu_count", f"at most {offer.max_count} for {offer.name}"))
    if offer is not None and (reason := _not_sold(draft["cloud"], offer)):
        faults.append(("cloud", reason))
    most, cheapest = read.get("deploy_cost"), lowest_price(draft, offers)
    if most is not None and cheapest is not None and isinstance(count, int) and most < cheapest * count - 1e-9:
        faults.append(("deploy_cost", f"below the lowest price, ${cheapest * count:.2f}"))
    return faults + _bid_faults(draft, read, lowest_bid(draft["cloud"], offer) if offer is not None else None)


def _bid_faults(draft: Draft, read: Mapping[str, Any], lowest: float | None) -> list[tuple[str, str]]:
    bid = read.get("bid_per_gpu")
    if draft.way != "spot":
        return []
    if not draft["bid_per_gpu"].strip():
        return [("bid_per_gpu", "enter a bid" if lowest is None else f"enter a bid of ${lowest:.2f} or more")]
    if isinstance(bid, float) and lowest is not None and bid < lowest - 1e-9:
        return [("bid_per_gpu", f"below the lowest bid, ${lowest:.2f}")]
    return []


def _text_faults(draft: Draft, read: Mapping[str, Any], names: Collection[str]) -> list[tuple[str, str]]:
    faults: list[tuple[str, str]] = []
    name = draft["name"].strip()
    if not name:
        faults.append(("name", "required: podtop finds the pod by it if the response is lost"))
    elif len(name) > LONGEST_NAME:
        faults.append(("name", f"at most {LONGEST_NAME} characters"))
    elif name in names:
        faults.append(("name", "a pod with this name already exists"))
    if not draft["image"].strip() and not draft["template_id"].strip():
        faults.append(("image", "enter an image or a template"))
    elif " " in draft["image"].strip():
        faults.append(("image", "an image name has no spaces"))
    if draft["country"].strip() and not _COUNTRY.fullmatch(draft["country"].strip()):
        faults.append(("country", "must be two letters, such as US"))
    if draft["volume_mount_path"].strip() and not _MOUNT.fullmatch(draft["volume_mount_path"].strip()):
        faults.append(("volume_mount_path", "must begin with /"))
    if odd := [standard for standard in read.get("compliance", ()) if standard.upper() not in set(Compliance)]:
        faults.append(("compliance", f"{odd[0]}: must be one of {', '.join(Compliance)}"))
    seen: set[str] = set()
    for variable, value in draft.env:
        if not VARIABLE.fullmatch(variable):
            faults.append(("env", f"{variable or 'unnamed value'}: a name has only letters, digits and _"))
        elif variable in seen:
            faults.append(("env", f"{variable}: listed twice"))
        elif value is None:
            faults.append(("env", f"{variable} has no value (values are not saved): enter it, or remove the name"))
        seen.add(variable)
    if "volume_key" in draft.secrets and draft.secrets["volume_key"] is None:
        faults.append(("volume_key", "not saved by podtop or RunPod: type it again, or type and erase it for none"))
    return faults


def _time_faults(read: Mapping[str, Any]) -> list[tuple[str, str]]:
    stop, end = read.get("stop_after"), read.get("terminate_after")
    faults = []
    if isinstance(stop, float) and isinstance(end, float) and end <= stop:
        faults.append(("terminate_after", "must be after the stop time, or empty"))
    if read.get("lease") == "yes":
        if stop is None and end is None:
            faults.append(("lease", "needs a time: set Stop after or Terminate after"))
        elif stop is not None and end is not None:
            faults.append(("lease", "has one time: leave Stop after or Terminate after empty"))
    return faults


def _not_sold(cloud: str, offer: Offer) -> str:
    if quotes(cloud, offer):
        return ""
    word = {CloudKind.SECURE: "secure", CloudKind.COMMUNITY: "community"}.get(CloudKind(cloud), "any")
    return (
        f"{offer.name} is not offered in {word} cloud"
        if word == "any"
        else f"{offer.name} is not offered in the {word} cloud"
    )
