"""A catalogue that is longer than podtop reads, over both APIs: what is beyond its end is unknown, not unavailable."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.acting import NOON, Account
from tests.acting_rest import RestAccount
from tests.history.archive.test_terms import record
from tests.make import market, offer
from tests.services.test_watch_runner import GPU, posted, watch
from tui.api.account import Templates
from tui.api.catalogue import GpuSpecs
from tui.api.graphql import catalogue as graphql_catalogue
from tui.api.graphql import market as graphql_market
from tui.api.models import PARTIAL, DataCenters, Problem, Quote
from tui.api.rest import market as rest_market
from tui.domain import deploy_validation
from tui.domain.deploy_draft import STARTING, Draft
from tui.domain.market_watch import unread
from tui.history.archive.reader import Recording
from tui.history.archive.writer import Priced
from tui.store.feed import Feed
from tui.store.price_history import Prices
from tui.store.views import offers as views
from tui.ui.modals.deploy_templates import NamedTemplates
from tui.ui.modals.deploy_values import Sources
from tui.ui.render import catalogue, empty_states, offers

ACCOUNTS: dict[str, type[Account]] = {"graphql": Account, "rest": RestAccount}
both = pytest.mark.parametrize("api", ACCOUNTS)

CUT = replace(market(offer("H100", Quote(2.99, None, "High"))), is_cut=True)
MORE = Problem("3,000 GPU types, 2,000 shown", code=PARTIAL)


def cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on podtop reads no more than three of a list."""
    for module in (graphql_market, graphql_catalogue, rest_market):
        monkeypatch.setattr(module, "KINDS", 3)


@both
async def test_every_list_says_that_there_is_more(api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = ACCOUNTS[api](tmp_path)._cloud
    assert not (await cloud.market()).is_cut
    cut(monkeypatch)
    prices, sheets, flavors, places = (
        await cloud.market(), await cloud.gpu_sheets(), await cloud.cpu_flavors(), await cloud.places(),
    )  # fmt: skip
    assert prices.is_cut
    assert len(sheets.sheets) == len(flavors.flavors) == len(places.centers) == 3
    for answer in (prices, sheets, flavors, places):
        (problem,) = answer.problems
        assert problem.code == PARTIAL
        assert problem.message.endswith("3 shown")
        # The line below the rows of its list on the Market screen.
        assert problem.message in empty_states.aged(Feed(answer, NOON), NOON, 30.0)
    await cloud.aclose()


def test_what_is_not_in_a_part_of_the_data_sheets_or_places_is_unknown() -> None:
    (section,) = catalogue.facts_of("H100", GpuSpecs((), (MORE,)))
    assert MORE.message in str(section)
    assert catalogue.facts_of("H100", GpuSpecs(())) == ()
    (row,) = views.rows(CUT)
    told = str(offers.facts(row, CUT.offers[0], (row,), Prices(), DataCenters((), (MORE,)), None, NOON, None))
    assert MORE.message in told


@pytest.mark.parametrize("is_cut", [True, False])
def test_a_gpu_that_was_not_read_is_not_said_to_be_off_the_market(is_cut: bool) -> None:
    sources = Sources(
        lambda: CUT.offers, lambda: None, frozenset, lambda: None,  # type: ignore[arg-type, return-value]
        lambda: NOON, lambda draft: None, None, is_cut=lambda: is_cut,
    )  # fmt: skip
    draft = Draft({**STARTING, "gpu_type_id": "B300", "name": "x"})
    expected = deploy_validation.NOT_READ if is_cut else deploy_validation.NO_SUCH_GPU
    assert sources.faults(draft)["gpu_type_id"] == expected


async def test_the_templates_that_a_deploy_names_may_be_a_part() -> None:
    async def ask() -> Templates:
        return Templates((), (Problem("more than 100 pages of templates, 9 shown", code=PARTIAL),))

    named = NamedTemplates(ask)
    assert named.begin()
    assert await named.load() == "▲ more than 100 pages of templates, 9 shown; enter the ID of another. "


def test_only_a_watch_that_sees_nothing_is_blind() -> None:
    waits = watch()
    assert "more GPU types than podtop reads" in unread(waits, CUT)
    assert unread(waits, replace(CUT, is_cut=False)) == ""
    assert unread(replace(waits, gpus=(GPU, CUT.offers[0].gpu_id)), CUT) == ""


async def test_a_watch_for_what_was_not_read_says_so_once(tmp_path: Path) -> None:
    async with posted(tmp_path, watch()) as post:
        asked = post.watch().question
        for _ in range(3):
            post.account.now += 30.0
            post.account.fleet.apply_asked({asked: CUT}, post.account.now)
            await post.look()
        assert post.words().count("cannot be checked: RunPod lists more GPU types than podtop reads") == 1
        assert not post.watch().over


def test_history_says_it_too(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    record(path, Priced(NOON, CUT), Priced(NOON + 10, replace(CUT, is_cut=False)), at=NOON)
    with closing(Recording(path)) as recording:
        told = [recording.market(NOON + after) for after in (1, 11)]
    assert [(one[0].is_cut, len(one[0].problems)) for one in told if one is not None] == [(True, 1), (False, 0)]
