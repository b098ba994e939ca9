"""Texts of the deploy form: its price panel, and its folded fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.api.enums import ComputeKind
from tui.api.features import NOT_OFFERED, Feature
from tui.domain import offered
from tui.domain.deploy_draft import Draft, folded_inputs
from tui.domain.deploy_fields import Field, fields
from tui.domain.deploy_price import Price
from tui.format import numbers as fmt
from tui.format.width import wrapped
from tui.ui.primitives.cells import Cell

if TYPE_CHECKING:
    from tui.api.models import Funds


def title(draft: Draft, *, restored: bool, later: bool) -> str:
    """What the form is for. A restored draft is named first: what an earlier deploy left in it would be sent too."""
    what = "CPU pod" if draft["compute"] == ComputeKind.CPU else draft["gpu_type_id"].strip() or "a pod"
    when = " when available" if later else ""
    return f"Restored draft: deploy {what}{when}" if restored else f"Deploy {what}{when}"


UNENFORCED = "RunPod takes no max price over this API: podtop compares, and offers to stop a dearer pod."


def help_text(field: Field, lacks: frozenset[Feature]) -> str:
    """What a field is for. `lacks`: what the API does not offer."""
    if field.name == "deploy_cost" and Feature.PRICE_LIMIT in lacks:
        return f"{field.help} {UNENFORCED}"
    return field.help


def fold_words(draft: Draft, folded: bool, room: int) -> str:
    """The number of folded fields, and those that are set: they are sent whether visible or not.

    room: cells of a line.
    """
    count = len(fields(draft.way, folded=False)) - len(fields(draft.way, folded=True))
    text = f"{'▸' if folded else '▾'} {count} more fields"
    inputs = folded_inputs(draft)
    if not inputs:
        return text
    names = ", ".join(field.label.partition(",")[0] for field in inputs)
    return "\n".join(wrapped(f"{text} · {len(inputs)} set: {names}", room, subsequent_indent="  "))


def price_lines(
    cost: Price,
    is_cpu: bool,
    funds: Funds | None,
    wrong: Sequence[str],
    *,
    narrow: bool,
    tiny: bool,
    lacks: frozenset[Feature] = offered.NOTHING,
) -> tuple[Cell, ...]:
    """The price, and whether the draft is ready to deploy.

    wrong: labels of the fields with errors; lacks: what the API does not offer of the account.
    """
    to = "up to " if cost.up_to else ""
    what = "CPU pod" if is_cpu else "GPUs"
    gpus = "unknown" if cost.gpus is None else f"{to}{fmt.money(cost.gpus)}/h"
    disks = "unknown" if cost.disks is None else f"{fmt.money(cost.disks, 3)}/h"
    day = "unknown" if cost.per_hr is None else f"{to}{fmt.money(cost.per_hr * 24)}"
    absent = NOT_OFFERED if Feature.BALANCE in lacks else "unknown"
    balance = absent if funds is None or funds.balance is None else fmt.balance(funds.balance)
    why = offered.no_runway(funds, lacks)
    why = f"{NOT_OFFERED} {why}" if why == offered.WORDS else why
    warn: Cell = (("▲ balance covers less than 1 h", "bad"),) if cost.short else ()
    state: Cell = ((f"▲ Fix: {', '.join(wrong)}", "warn"),) if wrong else (("✓ Ready to deploy", "good"),)
    if narrow:
        runway = why or f"{fmt.runway(cost.before)} → {fmt.runway(cost.after)}"
        if tiny:
            return (
                ((gpus, "strong"), (f" + disks {disks}", "muted")),
                state if wrong else warn or (("runway ", "muted"), (runway, "text")),
            )
        first: Cell = (
            (f"{what} ", "muted"), (gpus, "strong"), ("  disks ", "muted"), (disks, "text"),
            ("  per day ", "muted"), (day, "text"),
        )  # fmt: skip
        if wrong:
            # Their names need the whole line.
            return (first, state)
        return (first, (("runway ", "muted"), (runway, "text"), ("  ", "text"), *(warn or state)))
    rows = (
        (what, gpus, "strong"), ("disks", disks, "text"), ("per day", day, "text"), ("balance", balance, "text"),
        *((("runway", why, "text"),) if why else (
            ("runway now", fmt.runway(cost.before), "text"),
            ("with pod", fmt.runway(cost.after), "warn" if cost.short else "text"),
        )),
    )  # fmt: skip
    lines: list[Cell] = [((f"{label:<11}", "muted"), (value, role)) for label, value, role in rows]
    return ((("Price", "key"),), *lines, (), state, *((warn,) if warn else ()))


def ways(order: str, anew: str, *, later: bool, width: int) -> str:
    """The keys to continue and to leave, in as many words as fit; both keys as printed."""
    keys = f"{order} {'next' if later else 'deploy'} · {anew} reset · esc close"
    forms = (f"tab next field · {keys} (draft kept)", f"tab next field · {keys}", keys)
    return next((form for form in forms if len(form) + 6 <= width), forms[-1])
