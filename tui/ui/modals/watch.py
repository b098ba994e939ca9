"""The dialog of a watch: the GPU, the price limit, and podtop's action when it is available."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace
from rich.text import Text
from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input

from tui.api.features import Feature
from tui.api.models import Offer
from tui.domain.action import Point
from tui.domain.deploy_draft import named, offer_of
from tui.domain.market_watch import MarketWatch, State, blind, what
from tui.store.views.offers import chips
from tui.ui.modals.framed_dialog import FieldLabel, FramedDialog, between_fields, line
from tui.ui.widgets.choice import Choice

WAYS = (("demand", "on demand"), ("spot", "spot, by the lowest bid"))
CLOUDS = (("", "either"), ("secure", "secure"), ("community", "community"))
THEN = (("tell", "notify me"), ("deploy", "DEPLOY automatically"))
MOST_TRIES = 10
AT_MOST = ("Max price, $/GPU/h",)
IN_ALL = ("Max cost with disks, $/h", "Max cost, $/h")
OFTEN = ("Max attempts",)


class Wrong(Exception):
    """An error in the dialog's input, in words."""


class Decision(Struct, frozen=True):
    """The result: `watch` None removes the watch. `cap` and `tries` if it deploys, else None."""

    watch: MarketWatch | None
    cap: float | None = None
    tries: int | None = None


class WatchDialog(FramedDialog[Decision]):
    """Sets a watch, or removes it. It spends nothing: an automatic deploy is confirmed afterwards."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel", id="confirm.cancel", tooltip="Cancel"),
        *between_fields("up", "down"),
    ]

    def __init__(
        self,
        watch: MarketWatch,
        offers: Sequence[Offer],
        price: float | None,
        is_new: bool,
        may_deploy: str,
        clock: Callable[[], float] = time.monotonic,
        lacks: Callable[[], frozenset[Feature]] = frozenset,
    ) -> None:
        """`price`: per GPU now; None if there is none. `may_deploy`: why it cannot deploy; "" if it can.

        lacks: what the API does not offer of the market.
        """
        super().__init__(clock)
        self._watch = watch
        self._offers = offers
        self._price = price
        self._is_new = is_new
        self._may_deploy = may_deploy
        self._lacks = lacks

    def _fields(self) -> list[Horizontal]:
        watch, plan = self._watch, self._watch.plan
        cloud = {None: "", True: "secure", False: "community"}[watch.demand.secure]
        ceiling = "" if watch.ceiling is None else f"{watch.ceiling:.2f}"
        cap, tries = (f"{plan.cap:.2f}", str(plan.attempts)) if plan else ("", "3")
        others = ", ".join(watch.names[1:])
        return [
            _entry(("Alternatives",), others, "such as RTX 4090, L40S", "watch-else"),
            _entry(("GPUs",), str(watch.demand.gpu_count), "1", "watch-count"),
            line(FieldLabel("Cloud"), Choice(CLOUDS, cloud, "watch-cloud")),
            line(FieldLabel("Pricing"), Choice(WAYS, "spot" if watch.spot else "demand", "watch-way")),
            _entry(AT_MOST, ceiling, "any price", "watch-ceiling"),
            line(FieldLabel("When available"), Choice(THEN, "deploy" if plan else "tell", "watch-then")),
            _entry(IN_ALL, cap, "such as 2.50", "watch-cap", "deploys"),
            _entry(OFTEN, tries, "3", "watch-tries", "deploys"),
        ]

    def _buttons(self) -> tuple[tuple[str, str], ...]:
        return (("do", "Watch"),) if self._is_new else (("drop", "Remove"), ("do", "Watch"))

    def on_mount(self, event: events.Mount) -> None:
        self.entitle(self.query_one("#confirm"), f"Watch for {self._watch.names[0]}")
        self.query_one("#watch-ceiling").focus()
        self._show()

    def _typed(self, id: str) -> str:
        return self.query_one(f"#{id}", Input).value.strip()

    def _number(self, id: str, label: str, most: float, whole: bool = False) -> float | None:
        text = self._typed(id).removeprefix("$")
        if not text:
            return None
        try:
            number = float(int(text)) if whole else float(text)
        except (ValueError, OverflowError):
            number = math.nan
        if not 0 < number <= most:
            raise Wrong(f"{label}: must be a {'whole ' if whole else ''}number up to {most:g}")
        return number

    def _decision(self) -> Decision:
        """The input. Raises Wrong."""
        old = self._watch
        gpus, names = [old.gpus[0]], [old.names[0]]
        for text in filter(None, (part.strip() for part in self._typed("watch-else").split(","))):
            offer = offer_of(text, self._offers)
            if offer is None:
                alike = " or ".join(o.gpu_id for o in self._offers if o.name.lower() == text.lower())
                raise Wrong(f"Alternatives: choose {alike}" if alike else f"Alternatives: no GPU named {text}")
            if offer.gpu_id not in gpus:
                gpus.append(offer.gpu_id)
                names.append(named(offer, self._offers))
        count = self._number("watch-count", "GPUs", 100, whole=True)
        secure = {"": None, "secure": True, "community": False}[self.query_one("#watch-cloud", Choice).value]
        demand = replace(old.demand, gpu_count=int(count or 1), secure=secure)
        watch = replace(
            old, gpus=tuple(gpus), names=tuple(names), demand=demand,
            spot=self.query_one("#watch-way", Choice).value == "spot",
            ceiling=self._number("watch-ceiling", "Max price", 10_000),
            state=State.WAITING, plan=None, told_at=None, met_at=None, away_at=None, sent="", sent_at=None, words="",
        )  # fmt: skip
        if why := blind(watch, frozenset(), self._lacks()):
            raise Wrong(why)
        if self.query_one("#watch-then", Choice).value != "deploy":
            return Decision(watch)
        if self._may_deploy:
            raise Wrong(self._may_deploy)
        cap = self._number("watch-cap", "Max cost", 100_000)
        if cap is None:
            raise Wrong("Max cost: enter the limit in $/h, GPUs and disks together")
        tries = self._number("watch-tries", "Max attempts", MOST_TRIES, whole=True)
        return Decision(watch, cap, int(tries or 1))

    def _show(self) -> None:
        deploys = self.query_one("#watch-then", Choice).value == "deploy"
        for field in self.query(".deploys"):
            field.display = deploys
        note, role = "", "text"
        try:
            decision = self._decision()
        except Wrong as wrong:
            note, role = f"▲ {wrong}", "bad"
        else:
            if decision.watch is not None:
                note = f"→ {what(decision.watch)}"
        first, *rest = self._points()
        self.say(self.points((first,)), tuple(rest), self.text(((note, role),), "#confirm"), 8 if deploys else 6)
        do = self.query_one("#do", Button)
        do.label = Text("Next" if deploys else "Watch")
        do.disabled = role == "bad"

    def _points(self) -> tuple[Point, ...]:
        price = "none free" if self._price is None else f"from ${self._price:.2f}/h per GPU"
        filters = [text for text in chips(self._watch.demand) if not text.startswith(("gpus=", "cloud="))]
        points = [Point("now", price)]
        if filters:
            points.append(Point("filters", " ".join(filters)))
        points.append(Point("", "Checked on every price poll while podtop runs.", "muted"))
        return tuple(points)

    @on(Input.Submitted)
    @on(Button.Pressed, "#do")
    def _set(self) -> None:
        if not self.query_one("#do", Button).disabled:
            self.end(self._decision())

    @on(Button.Pressed, "#drop")
    def _drop(self) -> None:
        self.end(Decision(None))


def _entry(labels: tuple[str, ...], text: str, hint: str, id: str, classes: str = "") -> Horizontal:
    return line(FieldLabel(*labels), Input(text, placeholder=hint, id=id, compact=True), classes=classes)
