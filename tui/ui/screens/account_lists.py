"""The lists of the Account screen: money by pods, charges by days, billing, payments, templates, access."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.screen import ModalScreen

from tui.api.account import Template
from tui.api.errors import NotOffered
from tui.domain import bills
from tui.domain.charges import Day
from tui.store.fleet import Fleet
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render import account, bar_stack, payments
from tui.ui.render import charges as charged
from tui.ui.render.api_facts import api_section
from tui.ui.render.empty_states import marked
from tui.ui.render.facts import LACKING
from tui.ui.render.list_rows import Row
from tui.ui.screens.account_listing import AccountListing, LedgerDays, account_trouble
from tui.ui.screens.listing import About, Listing, Picture, Rows, Scene, Stacked
from tui.ui.screens.money_list import Money
from tui.ui.screens.report_list import Costs

if TYPE_CHECKING:
    from tui.ui.charts.spec import BarSpec
    from tui.ui.modals.readme import Readme

DAYS = 1
"""The initial one of the ranges of days."""


class DailyListing(AccountListing):
    """A list of the last few days."""

    panes = ("list", "facts", "trend")
    head = 50
    actions = frozenset(("range",))

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self._range = DAYS

    @property
    def span(self) -> int:
        """The shown days."""
        return charged.SPANS[self._range]

    def rows(self, scene: Scene) -> Rows:
        return replace(super().rows(scene), notes=(f"last {self.span} days",))

    def empty(self, scene: Scene, hidden: int = 0, *, filtered: bool = False) -> EmptyState:
        if self.feed(scene.fleet).value is not None and not (filtered and hidden):
            return EmptyState(f"No {self.noun} in the last {self.span} days", ("- shows more days.",))
        return super().empty(scene, hidden, filtered=filtered)

    def reach(self, step: int) -> None:
        self._range = min(max(self._range + step, 0), len(charged.SPANS) - 1)

    def reset(self) -> None:
        self._range = DAYS


def _of_bars(title: str, note: str, bars: Callable[[int], BarSpec]) -> Picture:
    """A chart of bars in as many columns as the pane has, with room for it another one of what is small in them."""

    def draw(width: int, height: int) -> BarSpec:
        return bars(max(1, width - charged.MARGIN))

    def stack(width: int, height: int) -> Stacked:
        lines, charts = bar_stack.stacked(draw(width, height), height)
        return Stacked(lines, charts)

    return Picture(title, note, draw, stack=stack)


class Charges(DailyListing):
    """Charges, by day."""

    name = "charges"
    title = "Charges"
    heading = "Days"
    noun = "charges"
    columns = charged.CHARGE_COLUMNS
    table = "charges"
    sorts = charged.CHARGE_SORTS
    values = charged.CHARGE_VALUES
    topics = ("account", "ledger")

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self._days = LedgerDays()

    def _every(self, fleet: Fleet) -> tuple[Day, ...]:
        return self._days.of(fleet.ledger.value)

    def _shown(self, scene: Scene) -> tuple[Day, ...]:
        return charged.within(self._every(scene.fleet), self.server_now(scene), self.span)

    def rows(self, scene: Scene) -> Rows:
        return replace(super().rows(scene), columns=charged.charge_columns(self._shown(scene)))

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        return charged.charge_rows(self._shown(scene), self.server_now(scene), scene.width_of("bar"))

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        if scene.fleet.ledger.value is None:
            return ()
        shown, now = self._shown(scene), self.server_now(scene)
        under = next((day for day in shown if f"{day.at:.0f}" == scene.key), None)
        return charged.charge_facts(self._every(scene.fleet), shown, self.span, scene.fleet.funds, now, under)

    def picture(self, scene: Scene) -> Picture:
        days, now, note = self._every(scene.fleet), self.server_now(scene), f"last {self.span} days"
        if scene.fleet.ledger.value is None:
            return Picture("Charges by kind", note, empty=self.empty(scene))
        return _of_bars(
            "Charges by kind", note, lambda columns: charged.charge_bars(days, now, self.span, columns)
        )  # fmt: skip


class Bills(DailyListing):
    """Bills, by GPU type, CPU flavor and for storage."""

    name = "billing"
    title = "Billing"
    noun = "billing"
    columns = charged.BILL_COLUMNS
    table = "billing"
    sorts = charged.BILL_SORTS
    values = charged.BILL_VALUES
    topics = ("billing",)

    def empty(self, scene: Scene, hidden: int = 0, *, filtered: bool = False) -> EmptyState:
        empty = super().empty(scene, hidden, filtered=filtered)
        feed = self.feed(scene.fleet)
        asked = not (self.context.playback.replay or scene.fleet.recorded or scene.fleet.keyless)
        if asked and feed.value is None and feed.error is not None and not isinstance(feed.error, NotOffered):
            return EmptyState(
                "Billing is unavailable",
                (str(feed.error), "Billing by GPU type is not a documented part of RunPod's API; charges by day are."),
                "warn",
            )
        return empty

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        billing = scene.fleet.billing.value
        return charged.bill_rows(billing, self.server_now(scene), self.span) if billing else {}

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        billing = scene.fleet.billing.value
        if billing is None:
            return ()
        return charged.bill_facts(billing, self.server_now(scene), self.span, scene.key or "")

    def picture(self, scene: Scene) -> Picture:
        billing, now, note = scene.fleet.billing.value, self.server_now(scene), f"last {self.span} days"
        if billing is None:
            return Picture("By GPU type", note, empty=self.empty(scene))
        title = "By GPU type" if bills.is_by_type(billing) else "By kind"
        return _of_bars(title, note, lambda columns: charged.bill_bars(billing, now, self.span, columns))


class Payments(AccountListing):
    """Money that came to the account, including earnings of its machines."""

    name = "payments"
    title = "Payments"
    noun = "payments"
    columns = payments.PAYMENT_COLUMNS
    table = "payments"
    sorts = payments.PAYMENT_SORTS
    values = payments.PAYMENT_VALUES
    topics = ("account", "ledger")

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        fleet = scene.fleet
        return payments.payment_rows(fleet.ledger.value, fleet.account.value, self.server_now(scene), self.context.tz)

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        ledger, owner = scene.fleet.ledger.value, scene.fleet.account.value
        if ledger is None and owner is None:
            return ()
        return payments.payment_facts(ledger, owner, self.server_now(scene))


class Templates(AccountListing):
    """The templates of the account. `readme`: the dialog that shows one in full, while it is open."""

    name = "templates"
    title = "Templates"
    about_title = "Template"
    noun = "templates"
    columns = account.TEMPLATE_COLUMNS
    table = "templates"
    sorts = account.TEMPLATE_SORTS
    values = account.TEMPLATE_VALUES
    topics = ("templates",)
    actions = frozenset(("open",))

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self.readme: Readme | None = None

    def wanted(self) -> tuple[str, ...]:
        return (*self.topics, *(("readmes",) if self.readme is not None else ()))

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        templates = scene.fleet.templates.value
        return account.template_rows(templates.templates, templates.lacks) if templates else {}

    def _template(self, key: str | None) -> Template | None:
        templates = self.context.fleet.templates.value
        return account.template_keys(templates.templates).get(key or "") if templates is not None else None

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        template, templates = self._template(scene.key), self.context.fleet.templates.value
        if template is None or templates is None:
            return ()
        return account.template_facts(template, templates.lacks)

    def wish(self, key: str | None) -> Wish | None:
        template = self._template(key)
        # A template for serverless cannot be used for a pod.
        return Wish(template=template) if template is not None and not template.serverless else None

    def undeployable(self, key: str | None) -> str:
        template = self._template(key)
        if template is None or not template.serverless:
            return ""
        return f"{template.name} is a serverless template; it cannot be used for pods"

    def open(self, key: str | None) -> ModalScreen[None] | None:
        template = self._template(key)
        if template is None or self.context.playback.replay:
            return None
        from tui.ui.modals.readme import Readme

        self.readme = Readme(template.name or template.id or "template", template.id or "")
        return self.readme

    def tell_readme(self) -> None:
        """Update the dialog with the data loaded by now."""
        if self.readme is None:
            return
        feed = self.context.fleet.readmes
        if feed.value is None:
            self.readme.tell("", "", marked(feed.error) if feed.error is not None else "◌ loading…")
            return
        text = next((item for item in feed.value.texts if item.id and item.id == self.readme.key), None)
        self.readme.tell(*account.long_text(text), "")


class Access(AccountListing):
    """API keys, registry logins and network volumes; the account's holder, if that is requested."""

    name = "access"
    title = "Access"
    about_title = "Account"
    noun = "account"
    columns = account.ACCESS_COLUMNS
    table = "access"
    sorts = account.ACCESS_SORTS
    values = account.ACCESS_VALUES
    topics = ("account",)
    actions = frozenset(("reveal",))

    def allows(self, action: str) -> bool:
        return super().allows(action) and not self.context.playback.replay

    def wanted(self) -> tuple[str, ...]:
        return (*self.topics, *(("profile",) if self.revealed else ()))

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        owner = scene.fleet.account.value
        return account.access_rows(owner, self.server_now(scene), self.context.tz) if owner else {}

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        owner = scene.fleet.account.value
        if owner is None:
            return ()
        # Read from the live fleet, where it is removed, and not from a frozen copy.
        profile, now = self.context.fleet.profile, self.server_now(scene)
        sections = account.access_facts(
            owner, profile.value, self.revealed, now, self.context.tz, scene.key or "", scene.fleet.owners
        )
        sections = (*sections[:-1], self._api(), sections[-1])
        if self.revealed and profile.value is None and profile.error is not None:
            is_absent = isinstance(profile.error, NotOffered)
            value = LACKING if is_absent else ((marked(profile.error), "warn"),)
            return (*sections[:-1], Section("Account holder", (Fact("", value),)))
        return sections

    def _api(self) -> Section:
        session = self.context.session
        return api_section(session.fleet.api, session.config.api, session.monitor.api.uses())

    def about(self, scene: Scene) -> About:
        note = account_trouble(scene.fleet, scene.now)
        return replace(super().about(scene), note=note, warns=bool(note))


LISTINGS: tuple[type[Listing], ...] = (Money, Charges, Bills, Costs, Payments, Templates, Access)
