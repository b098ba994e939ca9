"""The market's rows, orders, filters, and what is cheaper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import market, offer
from tui.api.models import ANYTHING, DataCenter, DataCenters, MarketQuery, Quote, Stock
from tui.store.views import offer_rows
from tui.store.views import offers as views
from tui.store.views.offer_filter import OFFERS, parse
from tui.store.views.offer_rows import OfferRow
from tui.store.views.offers import Equivalent, chips, demand_of

EVERY = views.rows(
    market(
        replace(
            offer("H100 SXM", Quote(2.99, 1.75, "High", rented=60, total=100, country="US"), Quote(2.69, 1.5, "Low")),
            cuda_cores=16896,
        ),
        offer("RTX 4090", Quote(0.69, 0.35, "Medium"), Quote(0.34, 0.2, None), memory=24),
        offer("A100 SXM", Quote(1.89, 0.9, "High", country="SE"), None),
        offer("H200", Quote(3.99, 2.0, "Medium"), None, memory=141),
        replace(offer("MI300X", None, Quote(2.5, None, "Low"), memory=192), manufacturer="AMD"),
        offer("B200", Quote(None, None, None), memory=180),
    )
)


def named(*rows: OfferRow) -> list[str]:
    return [row.name for row in rows]


def chosen(text: str, sort: str = "", inverted: bool = False) -> list[str]:
    return named(*views.select(EVERY, parse(text), sort, inverted))


def test_rows_are_read_and_ordered_once_for_an_answer_and_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    make = offer_rows.offer_row
    monkeypatch.setattr(offer_rows, "offer_row", lambda found, count: made.append(found.gpu_id) or make(found, count))
    kept, answer = views.KeptRows(), market(*(offer(f"G{n}", Quote(1.0 + n % 7, None, "High")) for n in range(40)))
    for _ in range(3):
        every = kept.rows(answer)
        first = kept.select(parse("g1"), "name", False)
        assert kept.select(parse("g1"), "name", False) is first
    assert len(made) == 40
    for text, sort, inverted in (("g1", "price", True), ("", "", False), ("g1", "name", True)):
        found = kept.select(parse(text), sort, inverted)
        assert tuple(found.rows[key] for key in found.keys) == views.select(every, parse(text), sort, inverted)
    assert kept.rows(market(offer("B200", Quote(2.0, None, "High"))))[0].name == "B200"
    assert len(kept.select(None, "", False).keys) == 1


def test_prices_are_told_for_one_gpu_whatever_was_asked_for() -> None:
    row = offer_rows.offer_row(offer("H100", Quote(12.0, 6.0, "High"), Quote(10.0, 4.0, "Low")), 4)
    assert (row.secure, row.secure_spot, row.community, row.price, row.spot, row.whole) == (3, 1.5, 2.5, 2.5, 1, 10)
    assert row.per_gb == 2.5 / 80


def test_out_of_stock_comes_last_by_price_either_way() -> None:
    assert chosen("", "price")[0] == "RTX 4090"
    assert chosen("", "price")[-1] == "B200"
    assert chosen("", "price", inverted=True)[0] == "H200"
    assert chosen("", "price", inverted=True)[-1] == "B200"
    assert chosen("", "stock")[:2] == ["A100 SXM", "H100 SXM"]


@given(st.sampled_from(views.SORTS), st.booleans())
def test_every_order_has_every_row(sort: str, inverted: bool) -> None:
    assert sorted(chosen("", sort, inverted)) == sorted(named(*EVERY))
    assert views.rises(sort, inverted) != views.rises(sort, not inverted)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("h100", ["H100 SXM"]),
        ("sxm", ["A100 SXM", "H100 SXM"]),
        ("80gb high", ["A100 SXM", "H100 SXM"]),
        ("vram>=100", ["MI300X", "H200", "B200"]),
        ("vram>=100gb price<$3", ["MI300X"]),
        ("price<=0.34", ["RTX 4090"]),
        ("spot>1", ["H100 SXM", "H200"]),
        ("stock:none", ["B200"]),
        ("stock:high vram=80", ["A100 SXM", "H100 SXM"]),
        ("cloud:community", ["RTX 4090", "MI300X", "H100 SXM"]),
        ("country:se", ["A100 SXM"]),
        ("maker:amd", ["MI300X"]),
        ("cores>1000", ["H100 SXM"]),
        ("rented>50%", ["H100 SXM"]),
        ("gb<0.02", ["RTX 4090", "MI300X"]),
        ("max:8 h200", ["H200"]),
        ("cheapest<1", ["RTX 4090", "A100 SXM"]),
        ("secure>3", ["H200"]),
        ("!country:us high", ["A100 SXM"]),
        ("re:^(h|rtx).*0", ["RTX 4090", "H100 SXM", "H200"]),
        ("price<", ["RTX 4090", "A100 SXM", "MI300X", "H100 SXM", "H200", "B200"]),
    ],
)
def test_a_filter_is_words_and_comparisons(text: str, names: list[str]) -> None:
    assert chosen(text) == names


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("vram>=", "vram>= expects a number: GB of memory per GPU"),
        ("price<cheap", "price< expects a number: $/GPU/h on demand, in the cheaper cloud"),
        ("stock:", "stock: expects high, medium, low or none"),
        ("stock>high", "stock: expects high, medium, low or none"),
        ("zzz=red", "unknown field zzz; expected vram, price, spot"),
        ("vrma>80", "unknown field vrma; did you mean vram?"),
        ("price<nan", "price< expects a number"),
    ],
)
def test_what_makes_no_sense_is_told_and_narrows_nothing(text: str, fault: str) -> None:
    terms = parse(text)
    assert not terms
    assert len(terms.faults) == 1
    assert terms.faults[0].startswith(fault)


@given(st.text(max_size=40))
def test_no_text_is_too_wild_for_a_filter(text: str) -> None:
    views.select(EVERY, parse(text))
    demand_of(text)


@given(st.sampled_from(OFFERS.vocabulary.names), st.sampled_from([":", "=", "<", ">", "<=", ">="]), st.text(max_size=4))
def test_half_typed_comparisons_are_faults_or_conditions(field: str, op: str, value: str) -> None:
    terms = parse(f"{field}{op}{''.join(value.split())}")
    assert len(terms.terms) + len(terms.faults) == 1


def test_what_is_cheaper_has_the_memory_and_says_what_it_saves() -> None:
    by_name = {row.name: row for row in EVERY}
    found = views.cheaper(by_name["H200"], EVERY)
    assert [(e.row.name, round(e.saves, 2)) for e in found] == [("MI300X", 1.49)]
    assert named(*(e.row for e in views.cheaper(by_name["H100 SXM"], EVERY))) == ["A100 SXM", "MI300X"]
    assert views.cheaper(by_name["RTX 4090"], EVERY) == ()
    assert views.cheaper(by_name["B200"], EVERY) == ()
    assert named(*views.substitutes(by_name["B200"], EVERY)) == ["MI300X"]


@given(st.lists(st.tuples(st.floats(0.1, 9), st.integers(8, 200)), min_size=1, max_size=8))
def test_nothing_cheaper_is_dearer_or_smaller(gpus: list[tuple[float, int]]) -> None:
    every = views.rows(market(*(offer(f"G{n}", Quote(p, None, "High"), memory=m) for n, (p, m) in enumerate(gpus))))
    for row in every:
        for found in views.cheaper(row, every):
            assert isinstance(found, Equivalent)
            assert (found.row.memory_gb or 0) >= (row.memory_gb or 0)
            assert found.saves > 0


WHOLE = MarketQuery(
    gpu_count=4, disk_gb=500, min_memory_gb=128, min_vcpus=32, secure=False, min_download_mbps=900,
    min_upload_mbps=800, country="SE", public_ip=True,
)  # fmt: skip


def test_filters_for_the_server_come_back_as_they_were_typed() -> None:
    text = "gpus=4 cloud=community disk=500 memory=128 vcpus=32 down=900 up=800 country=SE ip=yes"
    assert demand_of(text) == (WHOLE, ())
    assert " ".join(chips(WHOLE)) == text
    assert chips(ANYTHING) == ()
    assert demand_of("") == (ANYTHING, ())


demands = st.builds(
    MarketQuery,
    gpu_count=st.integers(1, 100),
    disk_gb=st.none() | st.integers(1, 10_000),
    min_vcpus=st.none() | st.integers(1, 999),
    secure=st.none() | st.booleans(),
    country=st.none() | st.sampled_from(["SE", "US"]),
    public_ip=st.none() | st.booleans(),
)


@given(demands)
def test_chips_say_all_there_is_to_say(demand: MarketQuery) -> None:
    assert demand_of(" ".join(chips(demand))) == (demand, ())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("gpus=0", "gpus=0 is invalid; expected 1 to 100 GPUs in one pod"),
        ("gpus=many", "gpus=many is invalid; expected 1 to 100 GPUs in one pod"),
        ("country=Sweden", "country=sweden is invalid; expected a two-letter code such as SE"),
        ("cloud=both", "cloud=both is invalid; expected secure or community"),
        ("vcpu=4", "unknown filter vcpu; did you mean vcpus?"),
        ("memory", "memory= expects minimum GB of memory"),
        ("zzz=1", "unknown filter zzz; expected gpus, cloud, disk, memory, vcpus, down, up, country, ip"),
    ],
)
def test_a_filter_that_is_not_accepted_says_what_is(text: str, fault: str) -> None:
    assert demand_of(text) == (ANYTHING, (fault,))


def test_data_centres_that_have_a_gpu_best_stock_first() -> None:
    def center(name: str, *stocks: Stock) -> DataCenter:
        return DataCenter(name, None, None, True, True, None, (), stocks)

    places = DataCenters(
        (center("US-1", Stock("A", "Low")), center("US-2", Stock("A", None)), center("EU-1", Stock("A", "High")))
    )
    assert views.centers_of(places, "A") == (("EU-1", "High"), ("US-1", "Low"))
    assert views.centers_of(places, "B") == ()
    assert views.centers_of(None, "A") == ()
