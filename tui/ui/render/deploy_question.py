"""The last question before a deploy, in words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from tui.api.enums import CloudKind, ComputeKind
from tui.api.features import Feature
from tui.domain import deploy_draft as drafts
from tui.domain import deploy_order, deploy_price, deploy_text, deploy_validation, offered, pod_costs, pod_health
from tui.domain.action import Point
from tui.domain.deploy_draft import Draft
from tui.domain.deploy_price import Price
from tui.format import numbers as fmt
from tui.ui.primitives.question import Question
from tui.ui.render.deploy_form import UNENFORCED

if TYPE_CHECKING:
    from tui.api.models import Funds, Offer


def question(
    draft: Draft,
    offers: Sequence[Offer],
    funds: Funds | None,
    names: Collection[str],
    now: float,
    tz: tzinfo | None,
    unoffered: Mapping[str, str] = {},
    lacks: frozenset[Feature] = offered.NOTHING,
) -> Question:
    """The question before a draft is ordered; asked again if a price rose or an error appeared in the meantime.

    unoffered: its faults for the API in use, by the name of the field; lacks: what that API does not offer.
    """
    wrong = {**unoffered, **deploy_validation.faults(draft, offers, names, now, tz)}
    cost = deploy_price.price(draft, offers, funds)
    offer = drafts.offer_of(draft["gpu_type_id"], offers)
    gpu = drafts.named(offer, offers) if offer is not None else draft["gpu_type_id"]
    cloud = {CloudKind.SECURE: "secure cloud", CloudKind.COMMUNITY: "community cloud"}.get(
        CloudKind(draft["cloud"]), "either cloud"
    )
    way = "spot" if draft.way == "spot" else "on demand"
    image = draft["image"] or f"template {draft['template_id']}"
    above = {"way", "cloud", "name", "image" if draft["image"] else "template_id"}
    if draft["compute"] != ComputeKind.CPU:
        above.add("gpu_count")
    hardware = "CPU only" if draft["compute"] == ComputeKind.CPU else f"{draft['gpu_count']}×{gpu}"
    above |= set() if draft["compute"] == ComputeKind.CPU else {"gpu_type_id"}
    return Question(
        f"Deploy {draft['name']}",
        ((f"{hardware} · {way} · {cloud}", "text"), (f"  {image}", "muted")),
        (*_points(draft, cost, funds, now, tz), *price_limit(draft, lacks), *sent(draft, above)),
        "Deploy",
        (cost.per_hr, cost.short, tuple(wrong), funds is None or funds.balance is None),
        # An unknown price may be more than the balance.
        draft["name"].strip() if cost.short or cost.per_hr is None else "",
        "; ".join(wrong.values()),
    )


def price_limit(draft: Draft, lacks: frozenset[Feature]) -> tuple[Point, ...]:
    """The notice that nobody but podtop enforces the price limit."""
    if draft.way == "demand" and draft["deploy_cost"].strip() and Feature.PRICE_LIMIT in lacks:
        return (Point("price", UNENFORCED, "warn"),)
    return ()


LISTED = 6
"""Inputs with a line of their own; if there are more of them they share one paragraph."""


def sent(draft: Draft, above: Collection[str] = ()) -> tuple[Point, ...]:
    """Every input that differs from its default, so that nothing is sent unseen; `above`: those shown in the head."""
    parts = [
        f"{field.label.partition(',')[0]}: {text}{'' if text == 'none' else _unit(field.label)}"
        for field, text in drafts.inputs(draft)
        if field.name not in above
    ]
    if len(parts) > LISTED:
        # In fewer lines more of them are visible at once.
        parts = [" · ".join(parts)]
    return tuple(Point("inputs" if n == 0 else "", text) for n, text in enumerate(parts))


def anew(draft: Draft) -> Question:
    """The question before a draft is discarded."""
    return Question(
        "Start over",
        (("Discard this draft and start with an empty form?", "text"),),
        (
            *sent(draft),
            Point("later", "Values of variables and keys are not saved: they are lost permanently.", "warn")
            if draft.env or draft.secrets
            else Point("later", "This cannot be undone.", "muted"),
        ),
        "Start over",
        (),
    )


def _unit(label: str) -> str:
    """The part of a label after its comma, placed behind the value."""
    unit = label.partition(",")[2].strip()
    return f" {unit}" if unit else ""


def _points(draft: Draft, cost: Price, funds: Funds | None, now: float, tz: tzinfo | None) -> tuple[Point, ...]:
    points: list[Point] = []
    if cost.per_hr is None:
        points.append(Point("money", "Cost unknown, as RunPod does not report it: it may exceed the balance.", "warn"))
    else:
        to = "up to " if cost.up_to else ""
        runway = f" Runway {fmt.runway(cost.before)} → {fmt.runway(cost.after)}." if cost.after is not None else ""
        runway = f" {offered.AFTERWARDS.capitalize()}: no runway." if pod_health.is_postpaid(funds) else runway
        hour, day = fmt.money(cost.per_hr), fmt.money(cost.per_hr * 24)
        points.append(Point("money", f"Costs {to}{hour}/h ({day}/day), disks included.{runway}"))
    if cost.short:
        balance = fmt.balance(funds.balance) if funds is not None else "unknown"
        points.append(Point("", f"The balance ({balance}) covers less than 1 h: RunPod will likely refuse.", "bad"))
    points.append(Point("", "Billed from the moment it is rented, including the image pull.", "muted"))
    size = draft["volume_gb"].strip()
    if draft["network_volume_id"].strip():
        points.append(Point("data", "Data on the network volume outlives the pod."))
    elif size and size != "0":
        month = float(size) * pod_costs.VOLUME_STOPPED
        points.append(Point("data", f"Its volume ({size} GB) is also billed while stopped: {fmt.money(month)}/month."))
    else:
        points.append(Point("data", "No volume: nothing on the pod survives a stop.", "warn"))
    if draft.way == "spot":
        points.append(Point("later", "Anyone who outbids you can take the GPUs at any time.", "warn"))
    points += _times(draft, now, tz)
    return tuple(points)


def _times(draft: Draft, now: float, tz: tzinfo | None) -> list[Point]:
    try:
        lease = deploy_order.lease(draft, now, tz)
    except deploy_text.Fault:
        return []
    if lease is not None:
        when = datetime.fromtimestamp(lease[1], tz)
        verb = "stops" if lease[0] == "stop" else "TERMINATES"
        return [
            Point("lease", f"podtop {verb} it at {when:%a %d %b %H:%M}, if podtop runs then; t changes that.", "warn")
        ]
    if draft["stop_after"].strip() or draft["terminate_after"].strip():
        return [Point("later", "RunPod accepts the time you set but does not enforce it: the pod stays billed.", "bad")]
    return []
