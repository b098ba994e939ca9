"""Numbers, texts and lists from outside: within what their field can mean, or unknown, or said to be cut."""

from __future__ import annotations

import copy
import importlib
import json
import math
import pkgutil
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, inspect

import tui.api.graphql
from tests.api.make import account, cloud, gpu, market, pod
from tests.api.schema import full_answer
from tests.variants import every
from tui.api.enums import Spelling
from tui.api.errors import CloudError
from tui.api.graphql import exchange, fleet
from tui.api.graphql.documents import document
from tui.api.graphql.wire import Wire
from tui.api.models import GpuReading, Snapshot
from tui.api.quantities import EARLIEST, KINDS, LATEST, MOST, SEVERAL, Reader, instant
from tui.commands.envelope import Desk
from tui.commands.printer import Printer
from tui.store.alerts import alerts
from tui.store.fleet import Fleet
from tui.store.series import pack
from tui.store.views import pods as views
from tui.ui.render import header

NOW = 1_790_000_000.0
BEYOND = 1e13
"""More than any number that podtop takes: the largest bound is 1e12."""

for module in pkgutil.iter_modules(tui.api.graphql.__path__, "tui.api.graphql."):
    importlib.import_module(module.name)


def wires(kind: type[Wire] = Wire) -> Iterator[type[Wire]]:
    for one in kind.__subclasses__():
        yield one
        yield from wires(one)


WIRES = [*sorted(set(wires()), key=lambda kind: kind.__name__), GpuReading]


def without_bounds(kind: inspect.Type) -> Iterator[str]:
    """What of a type is not said how large it can be."""
    match kind:
        case inspect.Metadata():
            yield from without_bounds(kind.type)
        case inspect.UnionType():
            if sum(not isinstance(one, inspect.NoneType) for one in kind.types) > 1:
                yield "either one thing or another"
            for one in kind.types:
                yield from without_bounds(one)
        case inspect.FloatType() | inspect.IntType():
            if kind.ge is None or kind.le is None:
                yield "a number without bounds"
        case inspect.StrType():
            if kind.max_length is None:
                yield "a text without bounds"
        case inspect.EnumType() if issubclass(kind.cls, Spelling):
            # It cuts what is longer than a word itself.
            pass
        case inspect.ListType() | inspect.VarTupleType():
            # What is undecoded is counted where it is decoded, one by one.
            if kind.max_length is None and not isinstance(kind.item_type, inspect.RawType):
                yield "a list without bounds"
            yield from without_bounds(kind.item_type)
        case inspect.BoolType() | inspect.NoneType() | inspect.RawType() | inspect.StructType():
            pass
        case _:
            yield f"{type(kind).__name__}"


@pytest.mark.parametrize("kind", WIRES, ids=lambda kind: kind.__name__)
def test_every_field_says_what_it_can_mean(kind: type[Struct]) -> None:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    assert [(field.name, *without_bounds(field.type)) for field in found.fields if [*without_bounds(field.type)]] == []


# Each field of each answer, with a number that nobody thought of

INPUT = {"input": {"podId": "p1"}}
ABOUT_A_POD = ("pod", "pod_extras")
NAMES = ("account", "ledger", "templates", "readmes", "billing", "profile", "hosts", "cpu_types", "gpu_sheets")
ASKED = {"fleet": "fleet", "market": "market", "places": "places", **{name: name for name in (*NAMES, *ABOUT_A_POD)}}
VALID = {
    name: full_answer(document(name).text, INPUT if name in ABOUT_A_POD else {"input": {"gpuCount": 1}})
    if name in ABOUT_A_POD
    else full_answer(document(name).text)
    for name in ASKED
}


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a number, or a time, stands."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from paths(item, (*path, name))
    elif isinstance(value, list):
        if value:
            yield from paths(value[0], (*path, 0))
    elif (isinstance(value, int | float) and not isinstance(value, bool)) or (
        isinstance(value, str) and value[:2] == "20"
    ):
        yield path


def put(value: Any, path: tuple[Any, ...], wild: str) -> bytes:
    """The answer with other JSON at a path."""
    out = copy.deepcopy(value)
    parent = out
    for name in path[:-1]:
        parent = parent[name]
    parent[path[-1]] = "@@"
    return json.dumps(out).replace('"@@"', wild).encode()


PLACES = [(name, path) for name in sorted(VALID) for path in paths(VALID[name])]
WILD = [
    *("1e308", "-1e308", "1e999", "-1e999", "9223372036854775808", "-9223372036854775809", "1e18", "-1e18", "NaN"),
    *("Infinity", "-Infinity", "-0.0", "5e-324", '"7"', "true", "1" + "0" * 5000, "null", "[]", "{}", '""'),
    *('"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:59-14:00"', '"0001-01-01T00:00:00+14:00"', "100.4", "-3"),
]


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from numbers(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def sane(value: Any) -> bool:
    return all(math.isfinite(n) and abs(n) <= BEYOND for n in numbers(value))


class Asked:
    """One cloud, asked again and again, with another answer each time."""

    def __init__(self) -> None:
        self._body = b""
        self._cloud = cloud(lambda request: httpx.Response(200, content=self._body))

    async def __call__(self, name: str, body: bytes) -> Any:
        """What the cloud makes of a body; None where it says that it can make nothing of it."""
        self._body = body
        try:
            return await getattr(self._cloud, ASKED[name])(*(("p1",) if name in ABOUT_A_POD else ()))
        except CloudError:
            return None


@pytest.mark.parametrize("of", [12, pytest.param(5, marks=pytest.mark.wide), pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("number", every(2, range(len(WILD))))
async def test_any_number_anywhere_is_within_bounds_or_unknown(number: int, of: int) -> None:
    """Each number at some places by default, each place with some numbers; at length all with all."""
    asked, wild = Asked(), WILD[number]
    for name, path in PLACES[number % of :: of]:
        assert sane(await asked(name, put(VALID[name], path, wild))), (name, path)


@given(
    st.sampled_from(PLACES),
    st.one_of(st.floats(), st.integers(), st.integers(-(10**400), 10**400)).map(json.dumps),
)
async def test_numbers_that_nobody_listed(place: tuple[str, tuple[Any, ...]], wild: str) -> None:
    name, path = place
    assert sane(await Asked()(name, put(VALID[name], path, wild)))


RUNNING = pod(
    costPerHr=2.5, vcpuCount=8, memoryInGb=64, volumeInGb=100, containerDiskInGb=50, podType="RESERVED",
    lowestBidPriceToResume=1.0,
    lastStatusChange="Rented by User: Wed Jul 29 2026 21:51:59 GMT+0000 (Coordinated Universal Time)",
    runtime={
        "uptimeInSeconds": 1000,
        "container": {"cpuPercent": 37, "memoryPercent": 61},
        "gpus": [{"id": "GPU-a", "util": 97, "memory": 83}],
        "ports": [{"ip": "1.2.3.4", "isIpPublic": True, "privatePort": 22, "publicPort": 10000, "type": "tcp"}],
    },
    machine={"gpuDisplayName": "H100", "gpuAvailable": 4, "maintenanceStart": "2026-10-01T00:00:00Z"},
    latestTelemetry={
        "time": "2026-09-21T13:06:40Z",
        "individualGpuMetrics": [{"id": "GPU-a", "util": 9, "memory": 8, "temperature_c": 61, "power_w": 650}],
    },
)  # fmt: skip
FLEET = account(RUNNING, pod(id="p2", desiredStatus="EXITED"))
FLEET_PLACES = [path for path in paths(FLEET) if "id" not in path]


class Paper:
    """Keeps what is printed."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def lives_on(snapshot: Snapshot) -> None:
    """Whatever reads a snapshot reads this one."""
    fleet = Fleet(5, 30)
    for number in range(3):
        fleet.apply(snapshot, NOW + 5 * number)
    assert sane(fleet.totals)
    assert math.isfinite(fleet.idle_burn(NOW))
    query = views.Query()
    assert len(views.pods(fleet, NOW, query)) == len(fleet.records)
    list(alerts(fleet, NOW + 10))
    for record in fleet.records.values():
        for name in record.series.names:
            value = record.series.value(name, NOW + 10)
            assert value is None or 0 <= pack(name, value) < 255
    desk, paper = Desk("pods", "test", "", 5.0), Paper()
    if snapshot.pods is not None:
        desk.take(snapshot, NOW)
        Printer("json", False, paper).show(desk.document(snapshot, NOW))  # type: ignore[arg-type]
        json.loads(paper.text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@pytest.mark.wide
@pytest.mark.parametrize("wild", every(3, WILD))
async def test_what_reads_the_fleet_lives_on(wild: str) -> None:
    asked = Asked()
    for path in FLEET_PLACES:
        snapshot = await asked("fleet", put(FLEET, path, wild))
        assert isinstance(snapshot, Snapshot), path
        assert sane(snapshot)
        lives_on(snapshot)
        assert snapshot.pods is not None
        assert "p2" in {p.id for p in snapshot.pods}


async def test_what_the_right_values_are() -> None:
    runtime = {"uptimeInSeconds": 1e18, "container": {"cpuPercent": 1e308, "memoryPercent": 100.4}}
    gpus = [{"util": -0.4, "memory": 1000}, {"util": 55, "memory": 250.0}]
    telemetry = {"time": "9999-12-31T23:59:59Z", "individualGpuMetrics": [{"temperature_c": 1e6, "power_w": -1}]}
    wild = pod(
        runtime={**runtime, "gpus": gpus, "ports": [{"privatePort": 70_001, "publicPort": 2**63}]},
        costPerHr=-1, volumeInGb=2**63, latestTelemetry=telemetry,
    )  # fmt: skip
    early = pod(id="p2", runtime={"uptimeInSeconds": -40}, latestTelemetry={"time": "0001-01-01T00:00:00Z"})
    found = await cloud(account(wild, early, pod(id="p3", gpuCount=1e308), clientBalance=-7.5)).fleet()
    assert found.funds is not None
    assert found.funds.balance == -7.5
    assert found.pods is not None
    first, second = found.pods
    assert first.runtime is not None
    assert (first.runtime.uptime, first.runtime.cpu, first.runtime.memory) == (None, None, 100.0)
    assert [(gpu.util, gpu.memory) for gpu in first.runtime.gpus] == [(0.0, None), (55.0, None)]
    assert [(port.private, port.public) for port in first.runtime.ports] == [(70_001, None)]
    assert (first.cost_per_hr, first.volume_gb) == (None, None)
    assert first.telemetry is not None
    assert first.telemetry.at is None
    assert (first.telemetry.gpus[0].temperature_c, first.telemetry.gpus[0].power_w) == (None, None)
    assert second.runtime is not None
    assert second.runtime.uptime == -40
    assert second.telemetry is not None
    assert second.telemetry.at is None
    # What a pod cannot be without is not made up: it is shown as not understood, and the others stand.
    (broken,) = found.unreadable
    assert (broken.id, broken.reason) == ("p3", "expected a number <= 1000000.0 at gpuCount")


async def test_a_number_that_is_no_json_costs_only_itself() -> None:
    body = json.dumps(account(pod(costPerHr=math.nan, volumeInGb=math.inf), pod(id="p2", costPerHr=3)))
    found = await cloud(body.encode()).fleet()
    assert found.pods is not None
    assert [(p.cost_per_hr, p.volume_gb) for p in found.pods] == [(None, None), (3.0, None)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-07-15T13:41:42.456Z", 1784122902.456),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("1970-01-01T00:00:00Z", None),
        ("soon", None),
    ],
)
def test_instants(text: str, wanted: float | None) -> None:
    assert instant(text) == wanted


@given(st.datetimes().map(str))
@settings(deadline=None)
def test_an_instant_is_in_our_time_or_unknown(text: str) -> None:
    at = instant(text)
    assert at is None or EARLIEST <= at <= LATEST


# Very much of something


async def test_lists_and_texts_are_cut_and_said_to_be() -> None:
    readings = [{"id": f"GPU-{n}", "util": 50} for n in range(10_000)]
    ports = [{"privatePort": n} for n in range(5_000)]
    crowded = pod(name="n" * 1_000_000, gpuCount=10_000, runtime={"gpus": readings, "ports": ports})
    found = await cloud(account(crowded, pod(id="p2", machine={"location": "x" * 10**6}))).fleet()
    assert found.pods is not None
    one, two = found.pods
    assert one.gpu_count == 10_000
    assert one.runtime is not None
    assert len(one.runtime.gpus) == SEVERAL
    assert len(one.runtime.ports) == 512
    assert len(one.name) == 256
    assert one.name.endswith("… (999,744 more characters)")
    assert two.machine is not None
    assert len(two.machine.location or "") == 256
    said = [problem.message for problem in found.problems]
    assert said == [
        f"10,000 gpus of {'n' * 39}…, 64 shown",
        f"5,000 ports of {'n' * 39}…, 512 shown",
    ]
    told = Fleet(5, 30)
    told.apply(found, NOW)
    # Figures that are of a part say so beside them.
    assert "pod list incomplete" in str(header.connection(told, NOW, None)[0])


async def test_an_id_is_never_cut_where_something_is_done_to_what_it_names() -> None:
    found = await cloud(account(pod(id="x" * 10_000), pod(id="p2"))).fleet()
    assert found.pods is not None
    assert [p.id for p in found.pods] == ["p2"]
    assert [(broken.id, broken.name) for broken in found.unreadable] == [(None, "train")]


async def test_very_many_pods_are_shown_and_more_than_that_is_said() -> None:
    found = await cloud(account(*(pod(id=f"p{n}") for n in range(20_000)))).fleet()
    assert found.pods is not None
    assert len(found.pods) == 20_000
    assert found.problems == ()
    found = await cloud(account(*(pod(id=f"p{n}") for n in range(MOST + 5)))).fleet()
    assert found.pods is not None
    assert len(found.pods) == MOST
    assert [problem.message for problem in found.problems] == ["25,005 pods, 25,000 shown"]


async def test_very_many_offers() -> None:
    found = await cloud(market(*(gpu(id=f"g{n}") for n in range(20_000)))).market()
    assert len(found.offers) == KINDS
    assert [problem.message for problem in found.problems] == ["20,000 GPU types, 2,000 shown"]


@pytest.mark.parametrize("upward", [True, False])
async def test_of_very_many_charges_the_newest_are_kept(upward: bool) -> None:
    days = [{"updatedAt": f"{2010 + n // 2000}-01-01T00:00:00Z", "amount": n} for n in range(MOST + 5)]
    answer = {"data": {"myself": {"id": "u", "dailyCharges": days if upward else days[::-1]}}}
    found = await cloud(answer).ledger()
    assert len(found.charges) == MOST
    assert {charge.amount for charge in found.charges} == set(range(5, MOST + 5))
    assert [problem.message for problem in found.problems] == ["25,005 charges, 25,000 shown"]


async def test_very_many_errors() -> None:
    answer = {**account(pod()), "errors": [{"message": f"no {n}", "path": ["x" * 1000] * 40} for n in range(200)]}
    found = await cloud(answer).fleet()
    assert len(found.problems) == 101
    assert found.problems[-1].message == "RunPod reported 100 more errors"
    assert len(found.problems[0].path) == 32
    assert found.problems[0].path[0] == "x" * 200


async def test_a_fault_of_ours_over_one_pod_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = fleet.pod

    def faulty(wire: Any) -> Any:
        if wire.id == "bad":
            raise ZeroDivisionError
        return real(wire)

    monkeypatch.setattr(fleet, "pod", faulty)
    found = await cloud(account(pod(id="bad", name="odd"), pod(id="good"))).fleet()
    assert found.pods is not None
    assert [p.id for p in found.pods] == ["good"]
    assert [(b.id, b.name) for b in found.unreadable] == [("bad", "odd")]
    assert "ZeroDivisionError" in caplog.text


def test_what_is_mended_keeps_its_shape() -> None:
    """A number that is too large for JSON does not become a null that a field may hold."""
    with pytest.raises(msgspec.ValidationError):
        Reader[Any](tuple[GpuReading | None, ...]).decode(b"[1e999]")


@pytest.mark.parametrize(("pods", "on_the_loop"), [(100, True), (2000, False)])
async def test_a_large_answer_is_read_off_the_event_loop(
    pods: int, on_the_loop: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    here = threading.get_ident()
    for module, name in ((exchange, "open_answer"), (fleet, "snapshot")):
        real = getattr(module, name)

        def watched(*arguments: Any, real: Any = real) -> Any:
            seen.append(threading.get_ident() == here)
            return real(*arguments)

        monkeypatch.setattr(module, name, watched)
    body = json.dumps(account(*({**RUNNING, "id": f"p{n}"} for n in range(pods)))).encode()
    found = await cloud(body).fleet()
    assert found.pods is not None
    assert len(found.pods) == pods
    assert seen == [on_the_loop, on_the_loop]
