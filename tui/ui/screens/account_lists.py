"""The lists of the Account screen: money by pods, charges by days, billing, payments, templates, access."""

from __future__ import annotations

from typing import ClassVar

from textual.message import Message
from textual.screen import ModalScreen

from tui.api.account import Template
from tui.api.enums import PodStatus
from tui.api.models import Pod
from tui.domain import charges, runway
from tui.domain.charges import Day
from tui.format import numbers as fmt
from tui.store.fleet import Fleet
from tui.store.topics import TOPICS
from tui.store.views import pod_costs
from tui.store.views.pod_costs import PodCost
from tui.ui.charts import spec
from tui.ui.charts.spec import Drawn
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.messages import OpenPod
from tui.ui.modals.readme import Readme
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render import account, empty_states, list_rows, money
from tui.ui.render import charges as charged
from tui.ui.render.list_rows import Row
from tui.ui.screens.listing import NOTHING, About, Listing, Picture, Rows, Scene, marked_or, selected

DAYS = 1
"""Which of the ranges of days is shown at first."""

FACTS_FRAME = 21
"""Cells of the pane of facts that are no value: label, gaps, frame."""


class AccountListing(Listing):
    """A list whose rows know their own words and order. `about_title`: the title of its facts."""

    about_title: ClassVar[str] = ""
    preference = "account.sort.{}"

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        """The rows, whatever is filtered."""
        raise NotImplementedError

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        """The facts."""
        raise NotImplementedError

    def server_now(self, scene: Scene) -> float:
        """Now by RunPod's own clock, by which it tells days and dates."""
        return scene.now + scene.fleet.skew

    def rows(self, scene: Scene) -> Rows:
        rows = self.all_rows(scene)
        shown = list_rows.matching(rows, self.typed)
        keys = list_rows.ordered(shown, self.sort, self.inverted)
        return Rows(
            keys, lambda key: shown[key].cells if key in shown else {}, len(rows),
            self.empty(scene, len(rows), filtered=bool(self.typed.split())),
            rising=list_rows.rises(shown, self.sort) != self.inverted, faded=self.is_stale(scene),
        )  # fmt: skip

    def empty(self, scene: Scene, hidden: int = 0, *, filtered: bool = False) -> EmptyState:
        """Why there is no row: of `hidden` ones none passes the filter, or there are none."""
        feed = self.feed(scene.fleet)
        if feed.value is None and (self.context.player.replay or scene.fleet.recorded):
            return EmptyState(f"a recording has no {self.noun}", ("It keeps pods, prices and the balance: see Money.",))
        if feed.value is None and scene.fleet.keyless:
            return EmptyState("there is no API key: prices only", ("Set RUNPOD_API_KEY or pass --api-key-file FILE.",))
        return empty_states.topic(feed, self.noun, filtered, hidden)

    def about(self, scene: Scene) -> About:
        empty = self.empty(scene) if self.feed(scene.fleet).value is None else NOTHING
        return About(self.about_title or self.title, self.sections(scene), empty, faded=self.is_stale(scene))


def account_trouble(fleet: Fleet, now: float) -> str:
    """What is the matter with what RunPod tells of the account; in a recording it tells nothing."""
    return "" if fleet.recorded else empty_states.aged(fleet.account, now, TOPICS["account"].interval)


class Money(AccountListing):
    """What pods cost, when the money runs out, and what happens then."""

    name = "money"
    title = "Money"
    heading = "Pods"
    noun = "pods"
    columns = money.COLUMNS
    sorts = money.SORTS
    topics = ("account", "books")
    panes = ("facts", "trend", "list")
    head = 57
    actions = frozenset(("mark", "open", "lease", "range"))
    of_pods = True

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self._ahead: int | None = None
        self._costs: tuple[PodCost, ...] = ()
        self._costs_of: tuple[object, object] = (None, None)

    def is_stale(self, scene: Scene) -> bool:
        return scene.fleet.pods_stale(scene.now)

    def ages(self, fleet: Fleet, now: float) -> bool:
        return False

    def minute(self, fleet: Fleet, now: float) -> object:
        # A runway that is told to the minute is told anew when a minute has passed.
        return fleet.pods_stale(now), now // 60

    def server_now(self, scene: Scene) -> float:
        return scene.now

    def trouble(self, scene: Scene) -> str:
        return empty_states.trouble(scene.fleet, "pods", scene.now)

    def empty(self, scene: Scene, hidden: int = 0, *, filtered: bool = False) -> EmptyState:
        if filtered and hidden:
            return EmptyState("no pod matches the filter", (f"{hidden} are hidden; esc clears it.",))
        return empty_states.pods(scene.fleet, False, replay=self.context.player.replay)

    def rows(self, scene: Scene) -> Rows:
        rows = super().rows(scene)
        note = money.seen(scene.fleet.books.value, self.context.tz) if rows.total else ""
        return rows._replace(notes=selected(self.context, rows.keys), note=note)

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        records, books = scene.fleet.records, scene.fleet.books.value
        if records is not self._costs_of[0] or books is not self._costs_of[1]:
            self._costs_of, self._costs = (records, books), pod_costs.pod_costs(records, books, scene.now)
        return money.pod_rows(self._costs, scene.now, self.context.marks)

    def _chosen(self, scene: Scene) -> tuple[list[Pod], bool]:
        """The pods that might be stopped, and whether they are the marked ones; else it is the one under the cursor."""
        records = scene.fleet.records
        marked = [records[key].pod for key in self.context.marks if key in records]
        if marked:
            return [pod for pod in marked if pod is not None], True
        record = records.get(scene.key or "")
        return ([record.pod] if record is not None and record.pod is not None else []), False

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        fleet = scene.fleet
        if fleet.snapshot.value is None:
            return ()
        chosen, marked = self._chosen(scene)
        return money.facts(
            fleet.account.value, fleet.funds, self._costs, chosen, marked, scene.now, self.context.tz,
            fleet.pods_at is not None, scene.facts_width - FACTS_FRAME,
        )  # fmt: skip

    def about(self, scene: Scene) -> About:
        fleet, told = scene.fleet, scene.fleet.account
        note = account_trouble(fleet, scene.now)
        if not fleet.recorded and told.value is None and told.error is not None:
            note = f"▲ no details: {told.error}"
        return About(
            self.title, self.sections(scene), self.empty(scene), note, bool(note), faded=fleet.stale(scene.now)
        )  # fmt: skip

    def picture(self, scene: Scene) -> Picture:
        """The balance: what it was, and what it will be."""
        fleet, now, live = scene.fleet, scene.now, self.context.fleet
        if fleet.snapshot.value is None:
            return Picture("Balance", empty=EmptyState("the balance is not known"))
        chosen, marked = self._chosen(scene)
        running = [pod for pod in chosen if pod.status == PodStatus.RUNNING]
        change = runway.change_by_stopping(running) if running else None
        label = f"{len(running)} stopped" if marked else f"{running[0].name} stopped" if running else ""
        span = money.SPANS[self._ahead] if self._ahead is not None else money.ahead(fleet.funds, change)
        stopped = (label if change else "", change)

        def draw(width: int, height: int) -> Drawn:
            columns = max(1, width - (money.AXIS if spec.has_axis(width, height) else 0))
            return money.projection(
                fleet.funds, live.books.value, live.balances, stopped, span, columns, now, self.context.tz
            )  # fmt: skip

        return Picture("Projection", f"{fmt.span(span)} ahead", draw)

    def targets(self, key: str | None) -> tuple[str, ...]:
        return marked_or(self.context, key if key in self.context.fleet.records else None)

    def open(self, key: str | None) -> Message | None:
        return OpenPod(key) if key is not None else None

    def reach(self, step: int) -> None:
        ahead = self._ahead
        if ahead is None:
            ahead = money.SPANS.index(money.ahead(self.context.player.view[0].funds, None))
        self._ahead = min(max(ahead + step, 0), len(money.SPANS) - 1)

    def reset(self) -> None:
        self._ahead = None


class DailyListing(AccountListing):
    """A list of the last so many days."""

    panes = ("list", "facts", "trend")
    head = 50
    actions = frozenset(("range",))

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self._range = DAYS

    @property
    def span(self) -> int:
        """Days that are shown."""
        return charged.SPANS[self._range]

    def rows(self, scene: Scene) -> Rows:
        return super().rows(scene)._replace(notes=(f"last {self.span} days",))

    def empty(self, scene: Scene, hidden: int = 0, *, filtered: bool = False) -> EmptyState:
        if self.feed(scene.fleet).value is not None and not (filtered and hidden):
            return EmptyState(f"no {self.noun} in the last {self.span} days", ("- shows more days.",))
        return super().empty(scene, hidden, filtered=filtered)

    def reach(self, step: int) -> None:
        self._range = min(max(self._range + step, 0), len(charged.SPANS) - 1)

    def reset(self) -> None:
        self._range = DAYS


class Charges(DailyListing):
    """What was charged, day by day."""

    name = "charges"
    title = "Charges"
    heading = "Days"
    noun = "charges"
    columns = charged.CHARGE_COLUMNS
    sorts = charged.CHARGE_SORTS
    topics = ("account", "ledger")

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self._days: tuple[Day, ...] = ()
        self._days_of: object = None

    def _every(self, fleet: Fleet) -> tuple[Day, ...]:
        ledger = fleet.ledger.value
        if ledger is not self._days_of:
            self._days_of, self._days = ledger, charges.days(ledger.charges) if ledger else ()
        return self._days

    def _shown(self, scene: Scene) -> tuple[Day, ...]:
        return charged.within(self._every(scene.fleet), self.server_now(scene), self.span)

    def rows(self, scene: Scene) -> Rows:
        return super().rows(scene)._replace(columns=charged.charge_columns(self._shown(scene)))

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        return charged.charge_rows(self._shown(scene), self.server_now(scene))

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        if scene.fleet.ledger.value is None:
            return ()
        shown, now = self._shown(scene), self.server_now(scene)
        under = next((day for day in shown if f"{day.at:.0f}" == scene.key), None)
        return charged.charge_facts(self._every(scene.fleet), shown, self.span, scene.fleet.funds, now, under)

    def picture(self, scene: Scene) -> Picture:
        every, now, note = self._every(scene.fleet), self.server_now(scene), f"last {self.span} days"
        if scene.fleet.ledger.value is None:
            return Picture("Charges by kind", note, empty=self.empty(scene))
        return Picture(
            "Charges by kind", note, lambda width, _: charged.charge_bars(every, now, self.span, max(1, width - 9))
        )  # fmt: skip


class Bills(DailyListing):
    """What was billed, by GPU type, CPU flavour and for storage."""

    name = "billing"
    title = "Billing"
    noun = "billing"
    columns = charged.BILL_COLUMNS
    sorts = charged.BILL_SORTS
    topics = ("billing",)

    def empty(self, scene: Scene, hidden: int = 0, *, filtered: bool = False) -> EmptyState:
        empty = super().empty(scene, hidden, filtered=filtered)
        feed = self.feed(scene.fleet)
        asked = not (self.context.player.replay or scene.fleet.recorded or scene.fleet.keyless)
        if asked and feed.value is None and feed.error is not None:
            return EmptyState(
                "RunPod does not give it",
                (str(feed.error), "What it bills by GPU type is no documented part of its API; charges by day are."),
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
        return Picture(
            "By GPU type", note, lambda width, _: charged.bill_bars(billing, now, self.span, max(1, width - 9))
        )  # fmt: skip


class Payments(AccountListing):
    """What came to the account, and what its machines earned."""

    name = "payments"
    title = "Payments"
    noun = "payments"
    columns = charged.PAYMENT_COLUMNS
    sorts = charged.PAYMENT_SORTS
    topics = ("account", "ledger")

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        fleet = scene.fleet
        return charged.payment_rows(fleet.ledger.value, fleet.account.value, self.server_now(scene), self.context.tz)

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        ledger, owner = scene.fleet.ledger.value, scene.fleet.account.value
        if ledger is None and owner is None:
            return ()
        return charged.payment_facts(ledger, owner, self.server_now(scene))


class Templates(AccountListing):
    """The templates of the account. `readme`: the dialog that shows one at length, while it is open."""

    name = "templates"
    title = "Templates"
    about_title = "Template"
    noun = "templates"
    columns = account.TEMPLATE_COLUMNS
    sorts = account.TEMPLATE_SORTS
    topics = ("templates",)
    actions = frozenset(("open",))

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self.readme: Readme | None = None

    def wanted(self) -> tuple[str, ...]:
        return (*self.topics, *(("readmes",) if self.readme is not None else ()))

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        templates = scene.fleet.templates.value
        return account.template_rows(templates.templates) if templates else {}

    def _template(self, key: str | None) -> Template | None:
        templates = self.context.fleet.templates.value
        return account.template_keys(templates.templates).get(key or "") if templates is not None else None

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        template = self._template(scene.key)
        return account.template_facts(template) if template is not None else ()

    def wish(self, key: str | None) -> Wish | None:
        template = self._template(key)
        # One for serverless is for no pod.
        return Wish(template=template) if template is not None and not template.serverless else None

    def undeployable(self, key: str | None) -> str:
        template = self._template(key)
        if template is None or not template.serverless:
            return ""
        return f"{template.name}: a template for serverless, not for pods"

    def open(self, key: str | None) -> ModalScreen[None] | None:
        template = self._template(key)
        if template is None or self.context.player.replay:
            return None
        self.readme = Readme(template.name or template.id or "template", template.id or "")
        return self.readme

    def tell_readme(self) -> None:
        """Tell the dialog what has come by now."""
        if self.readme is None:
            return
        feed = self.context.fleet.readmes
        if feed.value is None:
            self.readme.tell("", "", f"▲ {feed.error}" if feed.error is not None else "◌ asking RunPod")
            return
        text = next((one for one in feed.value.texts if one.id and one.id == self.readme.key), None)
        self.readme.tell(*account.long_text(text), "")


class Access(AccountListing):
    """API keys, registry logins and network volumes; whose account it is, where that is asked for."""

    name = "access"
    title = "Access"
    about_title = "Account"
    noun = "account"
    columns = account.ACCESS_COLUMNS
    sorts = account.ACCESS_SORTS
    topics = ("account",)
    actions = frozenset(("reveal",))

    def allows(self, action: str) -> bool:
        return super().allows(action) and not self.context.player.replay

    def wanted(self) -> tuple[str, ...]:
        return (*self.topics, *(("profile",) if self.revealed else ()))

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        owner = scene.fleet.account.value
        return account.access_rows(owner, self.server_now(scene), self.context.tz) if owner else {}

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        owner = scene.fleet.account.value
        if owner is None:
            return ()
        # Read where it is forgotten, and not in a frozen copy.
        profile, now = self.context.fleet.profile, self.server_now(scene)
        found = account.access_facts(owner, profile.value, self.revealed, now, self.context.tz, scene.key or "")
        if self.revealed and profile.value is None and profile.error is not None:
            return (*found[:-1], Section("You", (Fact("", ((f"▲ {profile.error}", "warn"),)),)))
        return found

    def about(self, scene: Scene) -> About:
        note = account_trouble(scene.fleet, scene.now)
        return super().about(scene)._replace(note=note, warns=bool(note))


LISTINGS: tuple[type[Listing], ...] = (Money, Charges, Bills, Payments, Templates, Access)
