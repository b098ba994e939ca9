"""Everything RunPod knows of a pod, in words: nothing left out, nothing made up, no secret told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from tests import make
from tests.variants import up_to
from tui.api.models import GpuReading, Placement, Pod, PodVerb, Port, Problem, Runtime, Telemetry
from tui.api.pod_detail import EnvVar, Machine, NetworkVolume, PodDetail, PodExtras
from tui.api.secret import Secret
from tui.api.status_change import StatusChange
from tui.domain import pod_health
from tui.format import numbers as fmt
from tui.ui.primitives.facts import MASKED, Fact, Section, copied
from tui.ui.render.facts import LABEL_WIDTH
from tui.ui.render.pod_facts import Spent, sections

NOW = datetime(2026, 7, 30, 12, 0, 0, tzinfo=UTC).timestamp()
HOUR = 3600.0
CHANGE = "Rented by User: Thu Jul 30 2026 08:53:00 GMT+0000 (Coordinated Universal Time)"
TOKEN = "hf_QmTz81xYv0secret"
# As in `tui.ui.primitives.roles`, which is not imported as it brings Textual along; a test below compares.
ROLES = {"text", "strong", "muted", "quiet", "accent", "key", "good", "warn", "bad"}

OMITTED = {
    (Pod, "power_limit"): "that of the detail is shown; the poll's is for an alert",
    (PodDetail, "pod"): "the fleet poll's own copy is shown, which is newer",
    (GpuReading, "id"): "the ids of a pod's GPUs are told once, from its detail",
}
"""Fields that no fact shows, and why."""

STRUCTS = (Pod, Placement, Telemetry, Runtime, Port, PodDetail, Machine, NetworkVolume, GpuReading, EnvVar, Problem)
UNKNOWN_SPENT = Spent(None, None)


def full_pod(status: str = "RUNNING") -> Pod:
    gpu = GpuReading("GPU-aa", 91.0, 62.0, 64.0, 410.0)
    # RunPod tells no temperature and no power in a runtime.
    load = GpuReading("GPU-aa", 91.0, 62.0)
    port = Port(22, 40_123, "194.68.245.9", True, "tcp")
    web = Port(8888, 40_124, "100.65.3.17", False, "http")
    return Pod(
        id="50qynxzilsxoey",
        name="llama-70b",
        status=status,
        kind="INTERRUPTABLE",
        status_change=StatusChange(CHANGE),
        cost_per_hr=5.98,
        gpu_count=2,
        vcpus=32.0,
        memory_gb=250.0,
        image="runpod/pytorch:2.4.0",
        volume_gb=100.0,
        container_disk_gb=50,
        network_volume_id="vol-1",
        locked=False,
        lowest_bid_to_resume=0.21,
        runtime=Runtime(11_220, 30.0, 40.0, (load, replace(load, util=12.0)), (port, web)),
        machine=Placement(
            "H100 SXM", 1, "50qynxzilsxoey-64410065", "US", "US-TX-3", True,
            NOW + HOUR, NOW + 2 * HOUR, "new fans",
        ),
        telemetry=Telemetry(NOW - 42, "running", (gpu, replace(gpu, temperature_c=70.0))),
        verbs=frozenset({PodVerb.STOP, PodVerb.RESTART}),
        power_limit=80,
        cluster_id="cl-7",
    )  # fmt: skip


def full_detail(pod: Pod) -> PodDetail:
    return PodDetail(
        pod=pod,
        machine=Machine(
            id="m123", gpu_type_id="NVIDIA H100 80GB HBM3", cpu_name="AMD EPYC 9554", cpu_count=64, vcpus=128,
            memory_gb=1024, price_per_hr=6.1, price_per_gpu=3.05, disk_mb_per_s=4200, download_mbps=5000,
            upload_mbps=3900, public_ip=True, note="by the door", os="Ubuntu 22.04", kernel="5.15.0", cuda="12.4",
            docker="26.1.3", disk_total_gb=7000, disk_free_gb=3100,
        ),
        machine_id="m123",
        owner_id="user_1",
        template_id="tpl-1",
        docker_args="python train.py",
        docker_id="0f12ab",
        env=(EnvVar("HF_TOKEN", Secret(TOKEN)), EnvVar("EMPTY", Secret(""))),
        port=8888,
        exposed_ports="8888/http,22/tcp",
        volume_mount_path="/workspace",
        volume_encrypted=True,
        network_volume=NetworkVolume("vol-1", "datasets", 4000, "US-TX-3"),
        registry_auth_id="auth-1",
        registry_url="ghcr.io",
        registry_user="me",
        gpu_ids=("GPU-aa", "GPU-bb"),
        gpu_power_limit_percent=80,
        adjusted_cost_per_hr=5.5,
        cost_multiplier=0.92,
        version=3,
        created_at=NOW - 48 * HOUR,
        started_at=NOW - 4 * HOUR,
        cpu_load=0.31,
        memory_load=0.44,
        gpu_average=GpuReading(None, 51.0, 62.0, 67.0, 400.0),
        state_since=NOW - 3 * HOUR,
        problems=(Problem("could not load note", ("pod", "machine", "note"), "INTERNAL"),),
    )  # fmt: skip


def tell(
    pod: Pod,
    detail: PodDetail | None = None,
    *,
    spent: Spent = UNKNOWN_SPENT,
    revealed: bool = False,
    told: bool = True,
) -> tuple[Section, ...]:
    phase = pod_health.phase(pod)
    return sections(pod, detail, NOW, spent=spent, revealed=revealed, tz=UTC, phase=phase, is_loaded=told)


def words(fact: Fact) -> str:
    return "".join(text for text, _ in fact.value)


def table(found: tuple[Section, ...], title: str) -> dict[str, str]:
    """One section as label to words; the last of equal labels."""
    return {fact.label: words(fact) for section in found if section.title == title for fact in section.facts}


def facts(found: tuple[Section, ...]) -> dict[str, Fact]:
    return {f"{section.title}/{fact.label}": fact for section in found for fact in section.facts}


# Every field has its place


def branches(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Struct, str]]:
    """Every field of a value and of what is in it: the way to it, what it belongs to, its name."""
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from branches(item, (*path, index))
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            item = getattr(value, name)
            if item is not None:
                yield (*path, name), value, name
                yield from branches(None if (type(value), name) in OMITTED else item, (*path, name))


def other(value: Any) -> Any:
    """A value of the same kind that is not the same."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1000
        case float():
            return value + 1007.0
        case str():
            return f"x{value}"
        case Secret():
            return Secret(f"{value.reveal()}x")
        case StatusChange():
            return StatusChange(f"x{value.text}")
        case tuple():
            return ()
        case _:
            return None


def changed(value: Any, path: tuple[str | int, ...]) -> Any:
    """A copy of `value` in which what is at `path` is another."""
    if not path:
        return other(value)
    step, *rest = path
    if isinstance(step, int):
        return tuple(changed(item, tuple(rest)) if index == step else item for index, item in enumerate(value))
    return replace(value, **{step: changed(getattr(value, step), tuple(rest))})


def shows(pod: Pod, detail: PodDetail, path: tuple[str | int, ...], of_detail: bool) -> bool:
    """Whether another value there makes another text."""
    if of_detail:
        return tell(pod, detail, revealed=True) != tell(pod, changed(detail, path), revealed=True)
    new = changed(pod, path)
    return tell(pod, detail) != tell(new, detail) or tell(pod) != tell(new)


PATHS = [(False, path, type(owner), name) for path, owner, name in branches(full_pod())] + [
    (True, path, type(owner), name) for path, owner, name in branches(full_detail(full_pod()))
]


def test_the_fixture_has_every_field_of_every_type() -> None:
    met = {(owner, name) for _, _, owner, name in PATHS}
    assert met == {(struct, name) for struct in STRUCTS for name in struct.__struct_fields__}


@pytest.mark.parametrize(
    ("of_detail", "path", "owner", "name"), PATHS, ids=[f"{o.__name__}.{n}-{len(p)}-{p[0]}" for _, p, o, n in PATHS]
)
def test_every_field_is_told(of_detail: bool, path: tuple[str | int, ...], owner: type[Struct], name: str) -> None:
    shown = any(shows(pod, full_detail(pod), path, of_detail) for pod in (full_pod(), full_pod("EXITED")))
    assert shown != ((owner, name) in OMITTED)


EXTRAS = PodExtras(
    "GPU", "cpu3c", "ai-1", 4, "cl-1", "10.65.0.2", "ip-1", "203.0.113.9", "Texas 3", "US", "H100 SXM", 80, True,
    "GPU", 1, 96.0, 800.0, True,
)  # fmt: skip
NO_EXTRAS = PodExtras(*[None] * len(PodExtras.__struct_fields__))


@pytest.mark.parametrize("name", PodExtras.__struct_fields__)
def test_every_extra_is_told(name: str) -> None:
    def told(extras: PodExtras) -> tuple[Section, ...]:
        pod = full_pod()
        return sections(pod, None, NOW, spent=UNKNOWN_SPENT, phase=pod_health.phase(pod), extras=extras)

    assert told(replace(EXTRAS, **{name: other(getattr(EXTRAS, name))})) != told(EXTRAS)
    assert [section.title for section in told(EXTRAS)][-1] == "Other"
    assert told(NO_EXTRAS)[-1].title != "Other"


def test_the_order_of_the_sections() -> None:
    titles = [section.title for section in tell(full_pod(), full_detail(full_pod()))]
    assert titles == [
        "Status", "Connect", "Cost", "Container", "Environment", "Storage", "Machine", "GPUs", "Latest sample",
        "Unavailable",
    ]  # fmt: skip


def test_labels_are_short_and_told_once() -> None:
    for status in ("RUNNING", "EXITED"):
        pod = full_pod(status)
        for section in tell(pod, full_detail(pod)):
            labels = [fact.label for fact in section.facts]
            assert len(set(labels)) == len(labels), section.title
            if section.title != "Environment":
                assert all(0 < len(label) <= LABEL_WIDTH for label in labels)


# Secrets


def everything(found: tuple[Section, ...]) -> str:
    return repr(found)


def test_a_variable_is_masked_and_cannot_be_copied() -> None:
    found = tell(full_pod(), full_detail(full_pod()))
    assert TOKEN not in everything(found)
    for fact in (facts(found)["Environment/HF_TOKEN"], facts(found)["Environment/EMPTY"]):
        assert (fact.value, fact.copy) == (((MASKED, "quiet"),), "")


def test_a_revealed_variable_is_shown_and_copied() -> None:
    found = facts(tell(full_pod(), full_detail(full_pod()), revealed=True))
    assert found["Environment/HF_TOKEN"] == Fact("HF_TOKEN", ((TOKEN, "text"),), TOKEN)
    assert found["Environment/EMPTY"] == Fact("EMPTY", (("empty", "quiet"),), "")


class Sealed(Secret):
    """A secret that fails a test that opens it."""

    def reveal(self) -> str:
        raise AssertionError("a hidden value was read")


def test_a_hidden_value_is_not_even_read() -> None:
    detail = replace(full_detail(full_pod()), env=(EnvVar("A", Sealed("x")),))
    assert table(tell(full_pod(), detail), "Environment") == {"A": MASKED}
    with pytest.raises(AssertionError):
        tell(full_pod(), detail, revealed=True)


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=4))
def test_no_value_is_told_by_its_length(variables: list[tuple[str, str]]) -> None:
    env = tuple(EnvVar(name, Secret(value)) for name, value in variables)
    found = tell(full_pod(), replace(full_detail(full_pod()), env=env))
    shown = [fact for section in found if section.title == "Environment" for fact in section.facts]
    assert shown == [Fact(name, ((MASKED, "quiet"),)) for name, _ in variables]


# Without the detail


def test_what_only_the_detail_has_waits_for_it() -> None:
    found = tell(full_pod())
    assert table(found, "Environment") == {"Variables": "loading…"}
    assert everything(found).count("loading…") == 1
    assert "Created" not in table(found, "Status")
    assert table(found, "Container") == {"Image": "runpod/pytorch:2.4.0"}
    assert table(found, "Storage")["Network volume"] == "vol-1"


def test_nothing_is_being_asked_where_nothing_will_come() -> None:
    found = tell(full_pod(), told=False)
    assert table(found, "Environment") == {"Variables": "unavailable"}
    assert "asking" not in everything(found)


def test_a_section_with_nothing_in_it_is_left_out() -> None:
    pod = make.pod("a", utils=None)
    bare = replace(pod, image=None, volume_gb=None, container_disk_gb=None)
    titles = [section.title for section in tell(bare, told=False)]
    assert titles == ["Status", "Cost", "Environment", "Machine"]
    with_detail = replace(full_detail(bare), env=(), problems=())
    assert "Environment" not in [section.title for section in tell(bare, with_detail)]


def test_what_is_not_known_is_a_quiet_dash() -> None:
    found = facts(tell(replace(full_pod(), image=None, vcpus=None), replace(full_detail(full_pod()), version=None)))
    for key in ("Cost/Today", "Container/Image", "Container/Version"):
        assert found[key] == Fact(found[key].label, ((fmt.UNKNOWN, "quiet"),))
    assert found["Machine/vCPUs"].value == ((fmt.UNKNOWN, "quiet"), (" of 128", "muted"))


# Status


def test_status_with_its_reason_and_when() -> None:
    found = table(tell(full_pod()), "Status")
    assert found["Status"] == "running  Rented by User"
    assert found["Changed"] == "3h 07m ago  2026-07-30 08:53"
    assert found["Uptime"] == "3h 07m"
    assert found["Usage"] == "CPU 30%  memory 40%"
    assert table(tell(full_pod()), "GPUs") == {"GPU util": "91% 12%", "GPU memory": "62% 62%"}
    assert found["Pricing"] == "spot"
    assert found["RunPod lock"] == "no"
    assert "Can resume?" not in found


def test_a_status_newer_than_podtop_is_told_in_runpods_word() -> None:
    assert table(tell(replace(full_pod("HIBERNATING"), status_change=None)), "Status")["Status"] == "hibernating"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (3 * HOUR, 5 * HOUR, "in 3h 00m for 2h 00m  2026-07-30 15:00  new fans"),
        (3 * HOUR, None, "in 3h 00m  2026-07-30 15:00  new fans"),
        (-HOUR, HOUR, "in progress, ends in 1h 00m  new fans"),
        (0.0, None, "in progress  new fans"),
        (None, HOUR, "start unknown, ends in 1h 00m  new fans"),
        (-2 * HOUR, -HOUR, None),
        (None, -HOUR, None),
        (None, None, None),
    ],
)
def test_maintenance_in_words(start: float | None, end: float | None, expected: str | None) -> None:
    pod = full_pod()
    assert pod.machine is not None
    begins, ends = (None if at is None else NOW + at for at in (start, end))
    machine = replace(pod.machine, maintenance_start=begins, maintenance_end=ends)
    assert table(tell(replace(pod, machine=machine)), "Status").get("Maintenance") == expected


@pytest.mark.parametrize(
    ("free", "count", "expected"),
    [
        (8, 8, "yes, 8 GPUs free now"), (1, 1, "yes, 1 GPU free now"), (3, 8, "no, 3 of 8 GPUs free now"),
        (0, 8, "no GPU free now"), (None, 8, "unknown"), (4, 0, "unknown"),
    ],
)  # fmt: skip
def test_whether_a_stopped_pod_can_resume(free: int | None, count: int, expected: str) -> None:
    pod = full_pod("EXITED")
    assert pod.machine is not None
    pod = replace(pod, gpu_count=count, machine=replace(pod.machine, gpu_available=free))
    assert table(tell(pod), "Status")["Can resume?"] == expected
    assert table(tell(replace(pod, machine=None)), "Status")["Can resume?"] == "unknown"


def test_the_lowest_bid_is_told_of_what_can_be_bid_for() -> None:
    pod = full_pod("EXITED")
    assert table(tell(pod), "Status")["Lowest bid"] == "$0.21/h"
    assert table(tell(replace(pod, lowest_bid_to_resume=None)), "Status")["Lowest bid"] == fmt.UNKNOWN
    assert "Lowest bid" not in table(tell(replace(pod, lowest_bid_to_resume=None, kind="RESERVED")), "Status")


def test_a_stopped_pods_leftovers_are_not_shown() -> None:
    found = tell(full_pod("EXITED"))
    assert table(found, "Status")["Uptime"] == fmt.UNKNOWN
    assert "Usage" not in table(found, "Status")
    assert table(found, "Connect") == {}


# Cost


def test_the_cost_of_a_running_pod() -> None:
    found = table(tell(full_pod(), full_detail(full_pod()), spent=Spent(71.8, 18.64)), "Cost")
    assert found == {
        "Now": "$5.98/h  + disks $0.021/h",
        "Today": "$71.80",
        "Cost this run": "$18.64",
        "Disks running": "$0.021/h  $15.00/month",
        "Disks stopped": "$0.027/h  $20.00/month",
        "Network volume": "$0.30/h  $220.00/month",
        "Adjusted price": "$5.50/h",
        "Multiplier": "×0.92",
        "Machine price": "$6.10/h  $3.05/h per GPU",
    }


def test_a_stopped_pod_is_not_free() -> None:
    assert table(tell(full_pod("EXITED")), "Cost")["Now"] == "$0.027/h  disks only  $5.98/h running"


def test_a_price_in_a_status_without_known_billing_is_not_claimed_for_now() -> None:
    assert table(tell(full_pod("PAUSED")), "Cost")["Now"] == "–  $5.98/h running"
    assert table(tell(full_pod("TERMINATED")), "Cost")["Now"] == "nothing  was $5.98/h"


# Reach


def reach(*ports: Port, uptime: int = 3600, **fields: Any) -> dict[str, Fact]:
    pod = replace(full_pod(), runtime=Runtime(uptime, None, None, (), ports), **fields)
    return {fact.label: fact for section in tell(pod) if section.title == "Connect" for fact in section.facts}


def test_ssh_and_proxy_lines() -> None:
    found = reach(
        Port(22, 40_123, "194.68.245.9", True, "tcp"),
        Port(6006, 40_125, "194.68.245.9", True, "tcp"),
        Port(8888, 40_124, "100.65.3.17", False, "http"),
    )
    assert {label: fact.copy for label, fact in found.items()} == {
        "22/tcp": "ssh root@194.68.245.9 -p 40123",
        "6006/tcp": "194.68.245.9:40125",
        "8888/http": "https://50qynxzilsxoey-8888.proxy.runpod.net",
        "ssh proxy": "ssh 50qynxzilsxoey-64410065@ssh.runpod.io",
    }
    assert all(fact.value[0][0] == fact.copy for fact in found.values())


def test_an_ipv6_address_is_bracketed_but_for_ssh() -> None:
    found = reach(Port(22, 40_123, "2001:db8::1", True, "tcp"), Port(80, 40_124, "2001:db8::1", True, "tcp"))
    assert found["22/tcp"].copy == "ssh root@2001:db8::1 -p 40123"
    assert found["80/tcp"].copy == "[2001:db8::1]:40124"


@pytest.mark.parametrize("port", [Port(22, None, "194.68.245.9", True, "tcp"), Port(22, 40_123, None, True, "tcp")])
def test_a_port_that_is_not_mapped_yet(port: Port) -> None:
    fact = reach(port)["22/tcp"]
    assert (words(fact), fact.copy) == ("not mapped yet", "")


def test_a_port_that_cannot_be_reached_from_outside_is_not_offered() -> None:
    fact = reach(Port(22, 40_123, "100.65.3.17", False, "tcp"))["22/tcp"]
    assert (words(fact), fact.copy) == ("100.65.3.17:40123  not public", "")


def test_ports_just_after_a_start_may_be_those_of_before() -> None:
    port = Port(22, 40_123, "194.68.245.9", True, "tcp")
    assert words(reach(port, uptime=-4)["22/tcp"]) == "ssh root@194.68.245.9 -p 40123  just started, may change"
    assert "may change" not in words(reach(port, uptime=90)["22/tcp"])


@pytest.mark.parametrize(
    "bad", ["1.2.3.4; rm -rf ~", "$(id)", "-oProxyCommand=x", "a b", "a\nb", "x`id`", "é.org", "a@b"]
)
def test_no_command_is_made_of_what_is_no_host(bad: str) -> None:
    placed = full_pod().machine
    assert placed is not None
    found = reach(
        Port(22, 40_123, bad, True, "tcp"),
        Port(80, 40_124, bad, True, "tcp"),
        Port(8888, 40_125, "100.65.3.17", False, "http"),
        id=bad,
        machine=replace(placed, host_id=bad),
    )
    assert len(found) == 4
    assert {fact.copy for fact in found.values()} == {""}


# Machine, storage, sample


def test_machine_storage_and_container_in_words() -> None:
    found = tell(full_pod(), full_detail(full_pod()))
    machine = table(found, "Machine")
    assert machine["GPU"] == "2 × H100 SXM"
    assert machine["Power limit"] == "80%"
    assert machine["vCPUs"] == "32 of 128"
    assert machine["Memory"] == "250 GB of 1,024 GB"
    assert machine["Network"] == "down 5,000 Mbit/s  up 3,900 Mbit/s"
    assert machine["Disk speed"] == "4,200 MB/s"
    assert machine["Cloud"] == "secure"
    assert machine["CPU"] == "AMD EPYC 9554  64 CPUs"
    storage = table(found, "Storage")
    assert storage["Network volume"] == "datasets  4,000 GB  US-TX-3  vol-1"
    assert storage["Encrypted"] == "yes"
    assert facts(found)["Storage/Network volume"].copy == "vol-1"
    assert facts(found)["Container/Command"].copy == "python train.py"
    assert table(found, "Container")["Main port"] == "8888"
    assert table(found, "Unavailable") == {"Error": "could not load note  INTERNAL  pod.machine.note"}


def test_a_machine_with_two_ids_has_both() -> None:
    found = table(tell(full_pod(), replace(full_detail(full_pod()), machine_id="m999")), "Machine")
    assert (found["Machine ID"], found["Machine ID 2"]) == ("m999", "m123")


def test_the_sample_tells_its_age() -> None:
    found = table(tell(full_pod(), full_detail(full_pod())), "Latest sample")
    assert found["State"] == "running  3h 00m ago  2026-07-30 09:00"
    assert found["Sampled"] == "42s ago  2026-07-30 11:59"
    assert found["GPU 0"] == "util 91%  VRAM 62%  64 °C  410 W"
    assert found["GPU average"] == "util 51%  VRAM 62%  67 °C  400 W"
    assert found["CPU load"] == "0.31  unit not documented"


# Anything at all

ODD = st.one_of(st.text(max_size=12), st.sampled_from(["[bold]x[/]", "\x1b[31m", "x" * 200, "漢字", "", "-"]))
TEXT = st.one_of(st.none(), ODD)
FLOAT = st.one_of(st.none(), st.floats())
INT = st.one_of(st.none(), st.integers(-(2**63), 2**63))
READING = st.builds(GpuReading, TEXT, FLOAT, FLOAT, FLOAT, FLOAT)
READINGS = st.lists(READING, max_size=2).map(tuple)
PORTS = st.lists(
    st.builds(Port, INT, INT, TEXT, st.booleans(), st.one_of(ODD, st.sampled_from(["http", "tcp"]))), max_size=2
).map(tuple)
PODS = st.builds(
    Pod,
    id=ODD,
    name=ODD,
    status=st.one_of(ODD, st.sampled_from(["RUNNING", "EXITED", "TERMINATED"])),
    kind=TEXT,
    status_change=st.one_of(st.none(), ODD.map(StatusChange.of), st.just(StatusChange(CHANGE))),
    cost_per_hr=FLOAT,
    gpu_count=st.integers(-3, 2**40),
    vcpus=FLOAT,
    memory_gb=FLOAT,
    image=TEXT,
    volume_gb=FLOAT,
    container_disk_gb=INT,
    network_volume_id=TEXT,
    locked=st.booleans(),
    lowest_bid_to_resume=FLOAT,
    runtime=st.one_of(st.none(), st.builds(Runtime, INT, FLOAT, FLOAT, READINGS, PORTS)),
    machine=st.one_of(
        st.none(),
        st.builds(Placement, TEXT, INT, TEXT, TEXT, TEXT, st.one_of(st.none(), st.booleans()), FLOAT, FLOAT, TEXT),
    ),
    telemetry=st.one_of(st.none(), st.builds(Telemetry, FLOAT, TEXT, READINGS)),
)
_KIND = {str: ODD, int: st.integers(-(2**63), 2**63), float: st.floats(), bool: st.booleans()}
MACHINES = st.builds(
    Machine,
    **{
        field.name: st.one_of(st.none(), *(_KIND[kind] for kind in field.type.__args__ if kind in _KIND))
        for field in msgspec.structs.fields(Machine)
    },
)
DETAILS = st.builds(
    PodDetail,
    pod=st.just(full_pod()),
    machine=st.one_of(st.none(), MACHINES),
    machine_id=TEXT, owner_id=TEXT, template_id=TEXT, docker_args=TEXT, docker_id=TEXT,
    env=st.lists(st.builds(EnvVar, ODD, ODD.map(Secret)), max_size=2).map(tuple),
    port=INT,
    exposed_ports=TEXT, volume_mount_path=TEXT,
    volume_encrypted=st.booleans(),
    network_volume=st.one_of(st.none(), st.builds(NetworkVolume, ODD, ODD, INT, TEXT)),
    registry_auth_id=TEXT, registry_url=TEXT, registry_user=TEXT,
    gpu_ids=st.lists(ODD, max_size=2).map(tuple),
    gpu_power_limit_percent=INT,
    adjusted_cost_per_hr=FLOAT, cost_multiplier=FLOAT,
    version=INT,
    created_at=FLOAT, started_at=FLOAT, cpu_load=FLOAT, memory_load=FLOAT,
    gpu_average=st.one_of(st.none(), READING),
    state_since=FLOAT,
    problems=st.lists(
        st.builds(Problem, ODD, st.lists(st.one_of(ODD, st.integers()), max_size=2).map(tuple), TEXT), max_size=2
    ).map(tuple),
)  # fmt: skip


@settings(max_examples=up_to(150))
@given(
    PODS, st.one_of(st.none(), DETAILS), st.builds(Spent, FLOAT, FLOAT), st.booleans(),
    st.sampled_from(pod_health.Phase), st.booleans(),
)  # fmt: skip
def test_no_answer_is_too_odd_for_words(
    pod: Pod, detail: PodDetail | None, spent: Spent, revealed: bool, phase: pod_health.Phase, told: bool
) -> None:
    found = sections(pod, detail, NOW, spent=spent, revealed=revealed, tz=UTC, phase=phase, is_loaded=told)
    assert found[0].title == "Status"
    for section in found:
        assert section.facts
        for fact in section.facts:
            assert fact.value
            assert all(text and role in ROLES for text, role in fact.value), fact


def test_the_roles_are_those_of_the_screen() -> None:
    from tui.ui.primitives import roles

    assert set(roles.ROLES) >= ROLES


def test_the_words_need_no_screen() -> None:
    code = "import sys, tui.ui.render.pod_facts; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"textual", "rich", "httpx"} & set(loaded)


def test_every_fact_but_a_hidden_one_can_be_copied() -> None:
    pod = full_pod()
    for revealed in (False, True):
        for section in tell(pod, full_detail(pod), revealed=revealed):
            for fact in section.facts:
                hidden = section.title == "Environment" and not revealed
                assert bool(copied(fact)) == (not hidden and fact.value != ((fmt.UNKNOWN, "quiet"),)), fact
