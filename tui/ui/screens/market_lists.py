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
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render import catalogue, data_centers, empty_states, watches
from tui.ui.screens.gpu_list import Gpus
from tui.ui.screens.listing import About, Listing, Rows, Scene
from tui.ui.screens.market_listing import MarketListing
from tui.ui.widgets.table import Cells

T = TypeVar("T")


class TopicListing(MarketListing, Generic[T]):
    """A list of the items of one topic, each by its id. `fields`: by which they are filtered."""

    fields: ClassVar[Fields[Any]]

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
        return Rows(
            tuple(shown), lambda key: self.cells(shown[key], fleet), total, empty,
            rising=self.rises(), faded=self.is_stale(scene),
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
        return data_centers.cells(item, self._gpu_names(fleet))

    def rises(self) -> bool:
        return data_centers.rises(self.sort, self.inverted)

    def _center(self, fleet: Fleet, key: str | None) -> DataCenter | None:
        return next((center for center in self.every(fleet) if center.id == key), None)

    def about(self, scene: Scene) -> About:
        center = self._center(scene.fleet, scene.key)
        if center is None:
            return About("Details", wrapped=True)
        return About(
            center.name or center.id, data_centers.facts(center, self._gpu_names(scene.fleet)), wrapped=True
        )  # fmt: skip

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
        return Rows(
            tuple(shown),
            lambda key: watches.cells(shown[key], live, scene.now, self.context.tz),
            len(by_age),
            empty,
            rising=not self.inverted,
        )

    def trouble(self, scene: Scene) -> str:
        return ""

    def ages(self, fleet: Fleet, now: float) -> bool:
        return False

    def watch(self, key: str | None) -> None:
        self.context.watches.again(key or "")

    def open(self, key: str | None) -> None:
        self.watch(key)


LISTINGS: tuple[type[Listing], ...] = (Gpus, Flavors, Cpus, Centers, Watches)
