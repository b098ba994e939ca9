"""Payments, credits and earnings in words: columns, rows, facts. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING

from tui.api.enums import PaymentKind, PaymentMedium
from tui.api.features import Feature
from tui.domain.charges import DAY
from tui.domain.filters import Kind
from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render.facts import LACKING, NOTHING, date, money
from tui.ui.render.list_rows import Row, Value
from tui.ui.render.money import when
from tui.ui.widgets.table import Column

if TYPE_CHECKING:
    from tui.api.account import Account, Ledger

PAYMENT_COLUMNS = (
    Column("when", "WHEN", 17, 0, sort="when"),
    Column("amount", "AMOUNT", 11, 0, right=True, sort="amount"),
    Column("what", "KIND", 12, 1, sort="what"),
    Column("from", "SOURCE", 12, 2, flex=True, sort="from"),
    Column("more", "", 30, 3, label="DETAILS"),
)
PAYMENT_VALUES = {"when": Value(Kind.TIME)}
PAYMENT_SORTS = ("when", "amount", "what", "from")

_WORDS: Mapping[str | None, str] = {
    PaymentKind.RELOAD: "deposit",
    PaymentKind.CREDIT: "credit",
    PaymentKind.DEBIT: "debit",
    PaymentKind.PAYOUT: "payout",
}
_MEDIA: Mapping[str | None, str] = {
    PaymentMedium.CARD: "card",
    PaymentMedium.CRYPTO: "crypto",
    PaymentMedium.COINBASE: "Coinbase",
    PaymentMedium.WIRE: "wire",
    PaymentMedium.REFERRAL: "referral",
    PaymentMedium.RUNPOD: "RunPod",
}


def payment_rows(ledger: Ledger | None, account: Account | None, now: float, tz: tzinfo | None) -> dict[str, Row]:
    """All money that came to the account, including earnings of its machines, the newest first."""
    by_key: dict[str, Row] = {}

    def add(key: str, at: float | None, amount: float | None, kind: str, role: str, source: str, detail: str) -> None:
        cells: dict[str, Cell] = {
            "when": ((when(at, tz, now), "muted"),),
            "amount": money(amount, "strong"),
            "what": ((kind, role),),
            "from": ((source, "text"),),
            "more": ((detail, "muted"),),
        }
        by_key[key] = Row(partial(dict, cells), {"when": at, "amount": amount, "what": kind, "from": source.lower()})

    if ledger is not None:
        for n, top_up in enumerate(ledger.top_ups):
            kind = _WORDS.get(top_up.kind, (top_up.kind or fmt.UNKNOWN).lower())
            medium = _MEDIA.get(top_up.medium, (top_up.medium or fmt.UNKNOWN).lower())
            add(
                f"paid {n}",
                top_up.at,
                top_up.amount,
                kind,
                "good" if kind in ("deposit", "credit") else "warn",
                medium,
                "",
            )
        for n, code in enumerate(ledger.credits):
            detail = f"redeemed {date(code.redeemed_at, tz)}" if code.redeemed_at else "not redeemed"
            add(f"code {n}", code.created_at, code.amount, "credit code", "good", "code hidden", detail)
    for n, earning in enumerate(account.earnings if account else ()):
        detail = f"GPUs {fmt.money(earning.gpu)}, disks {fmt.money(earning.disk)}"
        name = earning.name or earning.machine_id or fmt.UNKNOWN
        if earning.name and earning.machine_id:
            name = f"{earning.name} {earning.machine_id}"
        add(f"earned {n}", earning.at, earning.total, "earned", "accent", name, detail)
    newest = sorted(by_key.items(), key=lambda item: -(item[1].order["when"] or -math.inf))
    return dict(newest)


def payment_facts(ledger: Ledger | None, account: Account | None, now: float) -> tuple[Section, ...]:
    """Payments, and earnings."""
    lines = []
    if ledger is not None:
        sums: dict[str, float] = {}
        for top_up in ledger.top_ups:
            if top_up.kind in (PaymentKind.RELOAD, PaymentKind.CREDIT, None):
                medium = _MEDIA.get(top_up.medium, (top_up.medium or fmt.UNKNOWN).lower())
                sums[medium] = sums.get(medium, 0.0) + (top_up.amount or 0.0)
        redeemed = sum(code.amount or 0.0 for code in ledger.credits if code.redeemed_at is not None)
        facts = [Fact("Total", money(sum(sums.values()) + redeemed, "strong"))]
        facts += [Fact(f"  {medium}", money(amount)) for medium, amount in sorted(sums.items())]
        if ledger.credits:
            count = f"  {len(ledger.credits)} code{'s' * (len(ledger.credits) != 1)}"
            facts.append(Fact("  codes", (*money(redeemed), (count, "muted"))))
        lines.append(Section("Deposits", tuple(facts)))
    if account is not None and Feature.EARNINGS in account.lacks:
        lines += [Section("Referrals", (Fact("", LACKING),)), Section("Earned", (Fact("", LACKING),))]
    elif account is not None:
        referral = account.referral
        code: Cell = ((referral.code, "text"),) if referral and referral.code else NOTHING
        count = fmt.UNKNOWN if referral is None or referral.month_count is None else str(referral.month_count)
        lines.append(
            Section(
                "Referrals",
                (
                    Fact("Code", code, referral.code if referral and referral.code else ""),
                    Fact(
                        "This month",
                        (
                            (count, "text"),
                            (f"  spent {fmt.money(referral.month_spend if referral else None)}", "muted"),
                        ),
                    ),
                    Fact("Earned", money(account.referral_earned)),
                ),
            )
        )
        month = [e for e in account.earnings if e.at is not None and e.at > now - 30 * DAY]
        facts = [
            Fact("By templates", money(account.template_earned)),
            Fact("By hosting", _last_days(e.total for e in month)),
            Fact("  GPUs", _last_days(e.gpu for e in month)),
            Fact("  disks", _last_days(e.disk for e in month)),
            Fact("Host balance", money(account.host_balance)),
            Fact("Payouts", _linked(account.payouts_linked)),
        ]
        lines.append(Section("Earned", tuple(facts)))
    return tuple(lines)


def _last_days(amounts: Iterable[float | None]) -> Cell:
    known = [amount for amount in amounts if amount is not None]
    return (*money(sum(known)), ("  in 30 days", "muted")) if known else (("nothing in 30 days", "muted"),)


def _linked(linked: bool | None) -> Cell:
    return NOTHING if linked is None else (("linked", "good"),) if linked else (("not linked", "muted"),)
