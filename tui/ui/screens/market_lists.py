"""The lists of the Market screen: GPU types (in `gpu_list`), CPU pods, CPUs, data centers, watches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from tui.api.catalogue import CpuFlavor
from tui.api.enums import CloudKind, ComputeKind
from tui.api.hosts import CpuType
from tui.api.models import DataCenter, Market
from tui.domain.filters import Fields, Vocabulary
from tui.store.fleet import Fleet
from tui.store.views.offers import told_apart
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.primitives.cells import width_of
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render import catalogue, data_centers, empty_states, watches
from tui.ui.screens.gpu_list import Gpus
from tui.ui.screens.listing import About, Listing, Rows, Scene
from tui.ui.screens.market_listing import MarketListing
from tui.ui.widgets.table import Cells, Column

T = TypeVar("T")


def longest(columns: Sequence[Column], rows: Sequence[Cells], key: str) -> Mapping[str, int]:
    """The cells that the content of a column takes in these rows, by its key; nothing without rows."""
    title = next((column.title for column in columns if column.key == key), "")
    widths = [width_of(row[key]) for row in rows if key in row]
    return {key: max([len(title), *widths])} if widths else {}


FACTS_FRAME = 7
"""Cells of the facts pane besides labels and values: gaps, frame, scroll bar."""


class TopicListing(MarketListing, Generic[T]):
    """A list of the items of one topic, each by its id.

    fields: by which they are filtered.
    fitted: the column of their names, next to which their figures stand; "" if it has none that takes the room.
    """

    fields: ClassVar[Fields[Any]]
    fitted: ClassVar[str] = "name"

    @property
    def vocabulary(self) -> Vocabulary:
        return self.fields.vocabulary

    def _passing(self, fleet: Fleet) -> Sequence[T]:
        """The items that the filter lets pass."""
        each_one = self.every(fleet)
        return self.fields.select(self.filter, each_one) if self.filter is not None else each_one

    def every(self, fleet: Fleet) -> Sequence[T]:
        """All items, before the text filter."""
        return self.feed(fleet).value or ()

    def matching(self, fleet: Fleet) -> Mapping[str, T]:
        """The items that match the filter, sorted."""
        raise NotImplementedError

    def cells(self, item: T, fleet: Fleet) -> Cells:
        raise NotImplementedError

    def rises(self) -> bool:
        return not self.inverted

    def rows(self, scene: Scene) -> Rows:
        fleet = scene.fleet
        shown, total = self.matching(fleet), len(self.every(fleet))
        empty = empty_states.topic(self.feed(fleet), self.noun, self.filter is not None, total)
        cells = tuple(self.cells(item, fleet) for item in self.every(fleet)) if self.fitted else ()
        return Rows(
            tuple(shown), lambda key: self.cells(shown[key], fleet), total, empty,
            rising=self.rises(), faded=self.is_stale(scene), widest=longest(self.columns, cells, self.fitted),
        )  # fmt: skip


class Flavors(TopicListing[CpuFlavor]):
    """Pods without a GPU that can be rented."""

    name = "flavors"
    title = "CPU pods"
    noun = "CPU pods"
    columns = catalogue.FLAVOR_COLUMNS
    table = "flavors"
    sorts = catalogue.FLAVOR_SORTS
    fields = catalogue.FLAVORS
    topics = ("flavors",)
    panes = ("list",)

    def every(self, fleet: Fleet) -> Sequence[CpuFlavor]:
        return fleet.flavors.value.flavors if fleet.flavors.value else ()

    def matching(self, fleet: Fleet) -> Mapping[str, CpuFlavor]:
        return {flavor.id: flavor for flavor in catalogue.flavors(self._passing(fleet), self.sort, self.inverted)}

    def cells(self, item: CpuFlavor, fleet: Fleet) -> Cells:
        return catalogue.flavor_cells(item, fleet.market_lacks)

    def wish(self, key: str | None) -> Wish | None:
        """The smallest pod of a flavor."""
        flavor = next((item for item in self.every(self.context.fleet) if item.id == key), None)
        if flavor is None or flavor.smallest is None:
            return None
        fields = {"compute": ComputeKind.CPU, "instance_ids": flavor.smallest.instance, "gpu_type_id": "", "name": ""}
        return Wish(more=fields, anew=True)


class Cpus(TopicListing[CpuType]):
    """The CPUs of hosts. They cannot be rented."""

    name = "cpus"
    title = "CPUs"
    noun = "CPU types"
    columns = catalogue.CPU_COLUMNS
    table = "cpus"
    sorts = catalogue.CPU_SORTS
    fields = catalogue.CPUS
    topics = ("cpus",)
    panes = ("list",)

    def matching(self, fleet: Fleet) -> Mapping[str, CpuType]:
        cpus = catalogue.cpus(self._passing(fleet), self.sort, self.inverted)
        return {cpu.id or f"cpu {number}": cpu for number, cpu in enumerate(cpus)}

    def cells(self, item: CpuType, fleet: Fleet) -> Cells:
        return catalogue.cpu_cells(item)

    def is_stale(self, scene: Scene) -> bool:
        # A data sheet does not change by the hour.
        return False

    def named(self, key: str | None) -> tuple[str, str, str]:
        cpu = next((cpu for cpu in self.every(self.context.playback.view[0]) if cpu.id == key), None)
        return ("CPU type", cpu.id or "", cpu.name or "") if cpu is not None else ("", "", "")


class Centers(TopicListing[DataCenter]):
    """The data centers, and their stock."""

    name = "centers"
    fitted = ""
    title = "Data centers"
    short = "Centers"
    noun = "data centers"
    columns = data_centers.COLUMNS
    table = "centers"
    sorts = data_centers.SORTS
    fields = data_centers.CENTERS
    topics = ("places",)

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self._names: tuple[Market | None, dict[str, str]] = (None, {})
        self._stock_room = 0

    def rows(self, scene: Scene) -> Rows:
        self._stock_room = scene.width_of("best")
        return super().rows(scene)

    def _gpu_names(self, fleet: Fleet) -> dict[str, str]:
        """The names of GPU types by their ids, as the list of them has them."""
        market = fleet.market.value
        if market is not self._names[0]:
            offers = market.offers if market is not None else ()
            names = told_apart([(offer.name, offer.gpu_id) for offer in offers])
            self._names = market, {offer.gpu_id: name for offer, name in zip(offers, names, strict=True)}
        return self._names[1]

    def every(self, fleet: Fleet) -> Sequence[DataCenter]:
        return fleet.places.value.centers if fleet.places.value else ()

    def matching(self, fleet: Fleet) -> Mapping[str, DataCenter]:
        return {center.id: center for center in data_centers.ordered(self._passing(fleet), self.sort, self.inverted)}

    def cells(self, item: DataCenter, fleet: Fleet) -> Cells:
        return data_centers.cells(item, self._gpu_names(fleet), self._stock_room)

    def rises(self) -> bool:
        return data_centers.rises(self.sort, self.inverted)

    def _center(self, fleet: Fleet, key: str | None) -> DataCenter | None:
        return next((center for center in self.every(fleet) if center.id == key), None)

    def about(self, scene: Scene) -> About:
        center = self._center(scene.fleet, scene.key)
        if center is None:
            return About("Details", wrapped=True)
        names = self._gpu_names(scene.fleet)
        others = tuple(self.matching(scene.fleet).values())
        label = max((len(name) for name in names.values()), default=0)
        room = scene.facts_width - label - FACTS_FRAME
        return About(center.name or center.id, data_centers.facts(center, names, others, room), wrapped=True)

    def wish(self, key: str | None) -> Wish | None:
        center = self._center(self.context.fleet, key)
        # A data center restricts only the secure cloud.
        return Wish(more={"data_center": center.id, "cloud": CloudKind.SECURE}) if center is not None else None

    def named(self, key: str | None) -> tuple[str, str, str]:
        center = self._center(self.context.playback.view[0], key)
        return ("data center", center.id, center.name or "") if center is not None else ("", "", "")


class Watches(MarketListing):
    """The watches."""

    name = "watches"
    title = "Watches"
    columns = watches.COLUMNS
    table = "watches"
    sorts = tuple(watches.ORDERS)
    panes = ("list",)
    actions = frozenset(("watch", "open", "remove"))

    @property
    def vocabulary(self) -> Vocabulary:
        return watches.fields(self.context.fleet, 0.0, None).vocabulary

    def rows(self, scene: Scene) -> Rows:
        live = self.context.fleet
        by_age = sorted(live.watches.values(), key=lambda watch: (watch.over, watch.made_at))
        fields = watches.fields(live, scene.now, self.context.tz)
        passing = fields.select(self.filter, by_age) if self.filter is not None else by_age
        shown = {watch.id: watch for watch in watches.ordered(passing, self.sort, self.inverted)}
        empty = EmptyState(
            "No watches",
            ("w on a GPU watches its price and stock; w on a stopped pod watches its host for free GPUs.",),
        )
        if by_age and not shown:
            empty = EmptyState("No watches match", (f"{len(by_age)} hidden · esc clears the filter",))
        cells = {key: watches.cells(watch, live, scene.now, self.context.tz) for key, watch in shown.items()}
        return Rows(
            tuple(shown), cells.__getitem__, len(by_age), empty, rising=not self.inverted,
            widest=longest(self.columns, tuple(cells.values()), "what"),
        )  # fmt: skip

    def trouble(self, scene: Scene) -> str:
        return ""

    def ages(self, fleet: Fleet, now: float) -> bool:
        return False

    def watch(self, key: str | None) -> None:
        self.context.watches.again(key or "")

    def open(self, key: str | None) -> None:
        self.watch(key)


LISTINGS: tuple[type[Listing], ...] = (Gpus, Flavors, Cpus, Centers, Watches)
