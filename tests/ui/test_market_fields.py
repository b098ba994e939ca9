"""Every field of the market's answers is on the screen or in what scripts get: another value makes another text."""

from __future__ import annotations

import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.ui.render.test_pod_facts import branches, changed
from tui.api.enums import BillingMode
from tui.api.hosts import CpuType
from tui.api.models import DataCenter, DataCenters, Funds, Market, Offer, Quote, Snapshot, Stock
from tui.commands import items as scripts
from tui.commands.items import money
from tui.commands.market import ALL
from tui.store.fleet import Fleet
from tui.store.price_history import Prices
from tui.store.views import offers as market
from tui.ui.render import catalogue, data_centers, header, offers
from tui.ui.screens.market_lists import longest
from tui.ui.widgets.columns import visible

NOW = 1_795_435_200.0
SECURE = Quote(2.99, 1.75, "High", 16, 125, 40, 100, 40.0, 900, 700, "SE", True)
COMMUNITY = Quote(2.69, 1.5, "Low", 12, 110, 30, 90, 33.3, 500, 400, "RO", True)
OFFER = Offer("NVIDIA H100", "H100 SXM", "Nvidia", 80, 8, SECURE, COMMUNITY, 14_592)
CENTER = DataCenter("EU-SE-1", "Sweden 1", "SE", True, True, True, ("GDPR",), (Stock("NVIDIA H100", "High"),))
CPU = CpuType("epyc-9554", "AMD EPYC 9554", "AMD", 64, 2, "epyc")
FUNDS = Funds("user_1", 42.5, 3.5, 80.0, BillingMode.PREPAID, NOW - 600)

NOT_SHOWN = {
    (Funds, "account_id"): "it names the recording and the lease files; the account's profile has who it is",
}
"""Fields that make no difference, and why."""


def paths(value: Struct) -> list[tuple[tuple[str | int, ...], type[Struct], str]]:
    return [(path, type(owner), name) for path, owner, name in branches(value)]


def told_of_offer(offer: Offer) -> object:
    answer = Market((offer,))
    (row,) = rows = market.rows(answer)
    shown = offers.facts(row, offer, rows, Prices(), DataCenters((CENTER,)), FUNDS, NOW, None)
    return offers.cells(row, (), False), shown, scripts.offers(answer, ALL)


@pytest.mark.parametrize(("path", "owner", "name"), paths(OFFER), ids=str)
def test_every_field_of_an_offer(path: tuple[str | int, ...], owner: type[Struct], name: str) -> None:
    different = told_of_offer(changed(OFFER, path)) != told_of_offer(OFFER)
    assert different != ((owner, name) in NOT_SHOWN)


@pytest.mark.parametrize(("path", "owner", "name"), paths(CENTER), ids=str)
def test_every_field_of_a_data_center(path: tuple[str | int, ...], owner: type[Struct], name: str) -> None:
    def told(center: DataCenter) -> object:
        return data_centers.cells(center, {}), data_centers.facts(center, {})

    assert told(changed(CENTER, path)) != told(CENTER)


@pytest.mark.parametrize("name", CpuType.__struct_fields__)
def test_every_field_of_a_cpu(name: str) -> None:
    # Its id stands for a name that RunPod does not tell, and is copied.
    base = replace(CPU, name=None) if name == "id" else CPU
    assert catalogue.cpu_cells(changed(base, (name,))) != catalogue.cpu_cells(base)


@pytest.mark.parametrize("name", Funds.__struct_fields__)
def test_every_field_of_the_funds(name: str) -> None:
    def told(funds: Funds) -> object:
        fleet = Fleet(5.0, 30.0)
        fleet.apply(Snapshot(funds, ()), NOW)
        return header.money(fleet, False), money(funds)

    assert (told(changed(FUNDS, (name,))) != told(FUNDS)) != ((Funds, name) in NOT_SHOWN)


def test_a_name_takes_the_cells_of_the_longest_and_the_figures_stand_next_to_it() -> None:
    cells = [catalogue.cpu_cells(cpu) for cpu in (CPU, replace(CPU, name="AMD EPYC 7763 64-Core Processor"))]
    widest = longest(catalogue.CPU_COLUMNS, cells, "name")
    assert widest == {"name": 31}
    assert longest(catalogue.CPU_COLUMNS, (), "name") == {}
    (name, width), (maker, _), *_ = visible(catalogue.CPU_COLUMNS, 196, widest)
    assert (name.key, maker.key) == ("name", "maker")
    assert 31 <= width <= 36
