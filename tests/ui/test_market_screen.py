"""The Market screen as it is used: filters that reach RunPod, words, orders, lists, what stands in for what."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from tests.make import market, offer
from tests.ui.conftest import OFFERS, HeldCloud, Launch, Running
from tests.ui.render.test_catalogue import FLAVOR, SHEET
from tui.api.catalogue import CpuFlavors, GpuSpecs
from tui.api.errors import CloudError, Rejected, Unreachable
from tui.api.hosts import CpuType
from tui.api.models import ANYTHING, DataCenter, DataCenters, Market, MarketQuery, Problem, Quote, Stock
from tui.ui.screens.market import MarketScreen
from tui.ui.widgets.filter_input import FilterLine
from tui.ui.widgets.table import Table


class MarketCloud(HeldCloud):
    """Answers questions about the market too, and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[tuple[MarketQuery, ...]] = []
        self.plain = 0
        self.picky: Market | CloudError = market(offer("H100 SXM", Quote(12.4, 7.0, "Low")))
        self.topics: list[str] = []

    async def market(self) -> Market:
        self.plain += 1
        return await super().market()

    async def markets(self, demands: Sequence[MarketQuery]) -> tuple[Market | CloudError, ...]:
        self.questions.append(tuple(demands))
        base = await super().market()
        return tuple(base if demand == ANYTHING else self.picky for demand in demands)

    async def cpu_types(self) -> tuple[CpuType, ...]:
        self.topics.append("cpus")
        return (CpuType("e", "EPYC 7763", "AMD", 64, 2, "epyc"), CpuType(None, None, None, None, None, None))

    async def cpu_flavors(self) -> CpuFlavors:
        self.topics.append("flavors")
        return CpuFlavors((FLAVOR,))

    async def gpu_sheets(self) -> GpuSpecs:
        self.topics.append("sheets")
        return GpuSpecs((replace(SHEET, gpu_id="NVIDIA H100 SXM"),))

    async def countries(self) -> tuple[str, ...]:
        self.topics.append("countries")
        return ("SE", "US")

    async def places(self) -> DataCenters:
        self.topics.append("places")
        return DataCenters(
            (DataCenter("EU-SE-1", "Sweden 1", "SE", True, True, None, (), (Stock("NVIDIA H100 SXM", "High"),)),)
        )


async def typed(run: Running, key: str, text: str, *end: str) -> None:
    await run.press(key)
    line = run.app.screen.query_one("#filter")
    line.value = text  # type: ignore[attr-defined]
    await run.pilot.pause()
    await run.press(*end)


async def test_prices_of_both_clouds_and_what_is_cheaper(launch: Launch) -> None:
    async with launch(cloud=MarketCloud()) as run:
        await run.press("2")
        await run.press("down")
        text = run.text()
    for word in ("GPUs  3", "H100 SXM", "2.99", "2.69", "▰▰▰ high", "▱▱▱ none", "80 GB", "$2.99", "runway"):
        assert word in text, word


async def test_filters_reach_the_server_once_and_are_shown_and_kept(launch: Launch) -> None:
    cloud = MarketCloud()
    async with launch(cloud=cloud) as run:
        await run.press("2")
        assert cloud.questions == []
        await typed(run, "f", "gpus=4 cloud=secure country=se", "enter")
        await run.pilot.pause()
        asked = MarketQuery(gpu_count=4, secure=True, country="SE")
        assert cloud.questions == [(ANYTHING, asked)]
        assert isinstance(run.app.screen, MarketScreen)
        text = run.text()
        for word in ("gpus=4", "cloud=secure", "country=SE", "3.10", "12.40", "▰▱▱ low", "excluded by the filters"):
            assert word in text, word
        assert "RTX 4090" not in text
        assert run.app.screen._sight.preferences.get("market.filters") == "gpus=4 cloud=secure country=SE"
        await run.press("1")
        assert run.app.session.monitor.questions.all == ()


@pytest.mark.wide
async def test_whoever_comes_back_is_asked_for_with_the_same_filters(launch: Launch) -> None:
    cloud = MarketCloud()
    async with launch(cloud=cloud) as run:
        await run.press("2")
        await typed(run, "f", "gpus=4 country=se", "enter")
        await run.press("1", "2")
        await run.settle()
        assert run.app.session.monitor.questions.all == (MarketQuery(gpu_count=4, country="SE"),)
        await run.press("right", "1")
        await run.settle()
        assert not run.app.session.monitor.attended
        await run.press("2")
        await run.settle()
        assert run.app.session.monitor.attended == {"flavors"}


async def test_a_filter_that_is_not_accepted_is_told_and_nothing_is_asked(launch: Launch) -> None:
    cloud = MarketCloud()
    async with launch(cloud=cloud) as run:
        await run.press("2")
        await typed(run, "f", "gpus=lots")
        assert "gpus=lots is invalid" in run.text()
        await run.press("enter")
        assert cloud.questions == []
        assert run.app.screen.query_one("#filter", FilterLine).value == "gpus=lots", "it can be mended"


async def test_at_80_columns_a_short_list_has_the_details_of_its_row_below_it(launch: Launch) -> None:
    async with launch(size=(80, 24)) as run:
        await run.press("2")
        await run.settle()
        lines = run.text().splitlines()
        at = next(number for number, line in enumerate(lines) if "─ RTX 4090 ─" in line)
        assert "4090" in "".join(lines[:at]), "the list stands above"
        await run.press("j")
        await run.settle()
        assert "─ H100 SXM ─" in run.text()
        await run.press("z")
        await run.settle()
        assert "─ H100 SXM ─" not in run.text(), "enlarged, the list is alone"


@pytest.mark.wide
async def test_a_country_without_hosts_is_told_before_it_is_asked_for(launch: Launch) -> None:
    cloud = MarketCloud()
    async with launch(cloud=cloud) as run:
        await run.press("2")
        await typed(run, "f", "country=qq")
        assert "no hosts in country=QQ; expected SE US" in run.text()
        await run.press("enter")
        assert cloud.questions == []
        assert sorted(cloud.topics) == ["countries", "sheets"]


@pytest.mark.wide
async def test_the_data_sheet_stands_behind_the_other_facts(launch: Launch) -> None:
    async with launch(cloud=MarketCloud(), size=(200, 60)) as run:
        await run.press("2", "slash", *"h100", "enter")
        await run.settle()
        for words in ("List prices", "6 months", "saves 20%", "CUDA"):
            assert words in run.text(), words


@pytest.mark.wide
async def test_cpu_pods_are_a_list_of_their_own(launch: Launch) -> None:
    cloud = MarketCloud()
    async with launch(cloud=cloud) as run:
        await run.press("2", "right")
        await run.settle()
        assert "cpu3c-2-4" in run.text()
        assert cloud.topics[-1] == "flavors"


@pytest.mark.wide
async def test_a_chip_is_clicked_away(launch: Launch) -> None:
    cloud = MarketCloud()
    async with launch(cloud=cloud) as run:
        await run.press("2")
        await typed(run, "f", "gpus=4 country=se", "enter")
        await run.pilot.pause()
        x = run.text().splitlines()[2].index("gpus=4")
        await run.pilot.click("#lists", offset=(x, 0))
        await run.pilot.pause()
        assert cloud.questions[-1] == (ANYTHING, MarketQuery(country="SE"))


async def test_a_refused_question_is_told_and_the_other_prices_go_on(launch: Launch) -> None:
    cloud = MarketCloud()
    cloud.picky = Rejected((Problem("no such country"),))
    async with launch(cloud=cloud) as run:
        await run.press("2")
        await typed(run, "f", "country=se", "enter")
        await run.pilot.pause()
        assert "no such country" in run.text()
        await run.press("1")
        assert "H100 SXM" in run.text()


async def test_words_and_comparisons_narrow_what_is_shown(launch: Launch) -> None:
    async with launch(cloud=MarketCloud()) as run:
        await run.press("2")
        table = run.app.screen.query_one("#gpus", Table)
        await typed(run, "slash", "vram>=80 price<9", "enter")
        assert table.keys == ("NVIDIA H100 SXM",)
        assert "/vram>=80 price<9  1 of 3" in run.text()
        await run.press("escape")
        assert len(table.keys) == 3
        await typed(run, "slash", "vram>=")
        assert "vram>= expects a number" in run.text()
        assert len(table.keys) == 3
        await run.press("escape")
        assert len(table.keys) == 3


@pytest.mark.wide
async def test_orders_are_kept_and_turn_round(launch: Launch) -> None:
    async with launch(cloud=MarketCloud()) as run:
        await run.press("2")
        table = run.app.screen.query_one("#gpus", Table)
        assert table.keys[0] == "NVIDIA RTX 4090"
        await run.press("i")
        assert table.keys[0] == "NVIDIA H100 SXM"
        await run.press("o", "v")
        assert table.keys[0] == "NVIDIA B200"
        screen = run.app.screen
        assert isinstance(screen, MarketScreen)
        assert screen._sight.preferences.get("market.sort.gpus") == "vram"


@pytest.mark.wide
async def test_other_lists_are_asked_for_when_they_are_shown(launch: Launch) -> None:
    cloud = MarketCloud()
    async with launch(cloud=cloud) as run:
        await run.press("2")
        await run.settle()
        assert cloud.topics == ["sheets", "countries"]
        cloud.topics.clear()
        await run.press("right", "right")
        await run.settle()
        assert cloud.topics == ["flavors", "cpus"]
        assert "EPYC 7763" in run.text()
        assert "128" in run.text()
        await run.press("l")
        await run.pilot.pause()
        assert cloud.topics == ["flavors", "cpus", "places"]
        text = run.text()
        assert "EU-SE-1" in text
        assert "H100 SXM" in text
        await run.press("l", "l", "down")
        assert "EU-SE-1" in run.text(), "where a GPU is in stock is told beside its price"


async def test_trouble_and_age_are_told(launch: Launch) -> None:
    cloud = MarketCloud()
    cloud.market_answer = Unreachable("no route to RunPod")
    async with launch(cloud=cloud) as run:
        await run.press("2")
        assert "RunPod cannot be reached: no prices yet" in run.text()
        cloud.market_answer = OFFERS
        await run.press("ctrl+r")
        await run.pilot.pause()
        assert "RTX 4090" in run.text()
        run.cloud.now += 300
        run.app.changed.publish(None)
        await run.pilot.pause()
        assert "5m 00s old" in run.text()


async def test_a_gpu_that_is_gone_has_substitutes(launch: Launch) -> None:
    cloud = MarketCloud()
    cloud.market_answer = market(
        offer("B200", Quote(None, None, None, rented=8, total=8), memory=180),
        offer("MI300X", None, Quote(2.5, None, "Low"), memory=192),
    )
    async with launch(cloud=cloud, size=(200, 50)) as run:
        await run.press("2", "j")
        text = run.text()
        assert "out of stock" in text
        assert "8/8 rented" in text
        assert "Alternatives" in text
        assert "192 GB · $2.50" in text


@pytest.mark.wide
async def test_every_pane_of_a_narrow_terminal_is_reached(launch: Launch) -> None:
    async with launch(cloud=MarketCloud(), size=(80, 24)) as run:
        await run.press("2", "tab")
        assert "Details" in run.text()
        assert "Secure" in run.text()
        await run.press("tab")
        assert "last 24 h" in run.text()
        await run.press("minus")
        assert "last 7 d" in run.text()
        await run.press("tab")
        assert "GPUs  3" in run.text()


@pytest.mark.wide
async def test_cores_are_shown_where_runpod_tells_them(launch: Launch) -> None:
    cloud = MarketCloud()
    cloud.market_answer = replace(OFFERS, offers=tuple(replace(o, cuda_cores=16896) for o in OFFERS.offers))
    async with launch(cloud=cloud) as run:
        await run.press("2")
        assert "16896" in run.text()


ALL_NINE = "gpus=2 cloud=community disk=200 memory=32 vcpus=8 down=500 up=300 country=us ip=yes"
NINE = MarketQuery(
    gpu_count=2, secure=False, disk_gb=200, min_memory_gb=32, min_vcpus=8, min_download_mbps=500, min_upload_mbps=300,
    country="US", public_ip=True,
)  # fmt: skip


@pytest.mark.wide
async def test_all_nine_filters_are_kept_and_asked_again_by_the_next_run_and_the_next_visit(launch: Launch) -> None:
    async with launch(cloud=MarketCloud()) as run:
        await run.press("2")
        await typed(run, "f", ALL_NINE, "enter")
        await run.settle()
    cloud = MarketCloud()
    async with launch(cloud=cloud, demo=False) as run:
        assert cloud.questions == []
        await run.press("2")
        await run.settle()
        assert cloud.questions == [(ANYTHING, NINE)]
        assert "H100 SXM" in run.text()
        await run.press("right")
        await run.settle()
        assert cloud.topics[-1] == "flavors"
        await run.press("1")
        assert run.app.session.monitor.questions.all == ()
        assert not run.app.session.monitor.attended
        await run.press("2")
        await run.settle()
        # It comes back to the list it was left with.
        assert run.app.session.monitor.attended == {"flavors"}
        await run.press("left")
        await run.settle()
        assert run.app.session.monitor.questions.all == (NINE,)


@pytest.mark.wide
@pytest.mark.parametrize(
    "size", [(80, 24), *(pytest.param(size, marks=pytest.mark.wide) for size in ((120, 40), (200, 50)))]
)
async def test_every_chip_is_seen_at_any_width_and_can_be_clicked_away(launch: Launch, size: tuple[int, int]) -> None:
    cloud = MarketCloud()
    async with launch(cloud=cloud, size=size) as run:
        await run.press("2")
        await typed(run, "f", ALL_NINE, "enter")
        await run.settle()
        text = run.text()
        for chip in ALL_NINE.replace("us ", "US ").split():
            assert f" {chip} " in text, chip
        lines = text.splitlines()
        y = next(number for number, line in enumerate(lines) if " ip=yes " in line)
        top = run.app.screen.query_one("#lists").region.y
        await run.pilot.click("#lists", offset=(lines[y].index("ip=yes"), y - top))
        await run.settle()
        assert cloud.questions[-1] == (ANYTHING, replace(NINE, public_ip=None))
