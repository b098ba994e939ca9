"""Drafts of a deploy: what is refused, what it costs, and that one without faults is an order for RunPod."""

from __future__ import annotations

from datetime import UTC

import pytest
from graphql import GraphQLInputObjectType
from graphql.utilities import coerce_input_value
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.api.schema import schema
from tests.make import funds, offer, pod
from tui.api.account import Template
from tui.api.graphql.orders import deploy_input, rent_input
from tui.api.models import Quote
from tui.api.orders import DeployOrder, RentOrder
from tui.api.pod_detail import EnvVar, Machine, PodDetail
from tui.api.secret import Secret
from tui.domain import deploy_draft as drafts
from tui.domain import deploy_order, deploy_price, deploy_text, deploy_validation
from tui.domain.deploy_draft import Draft
from tui.domain.deploy_fields import BY_NAME, FIELDS, NOT_OFFERED, Kind, fields

NOW = 1_795_435_200.0  # 2026-11-23 12:00 UTC
OFFERS = (
    offer("H100 SXM", Quote(2.99, 1.75, "High"), Quote(2.69, 1.5, "Low")),
    offer("RTX 4090", Quote(0.69, 0.35, "Medium"), None, memory=24),
    offer("B200", Quote(None, None, None), None, memory=180),
)
H100 = drafts.from_offer(OFFERS[0], "7f3a")


def detail(encrypted: bool) -> PodDetail:
    machine = Machine(
        None, OFFERS[0].gpu_id, None, None, None, None, None, None, None, None, None, None, None, None, None, None,
        None, None, None,
    )  # fmt: skip
    return PodDetail(
        pod("p1", name="llama"), machine, None, None, None, None, None, (EnvVar("HF_TOKEN", Secret("hf_value")),), None,
        "8888/http,22/tcp", "/workspace", encrypted, None, None, None, None, (), None, None, None, None, None, None,
        None, None, None, None,
    )  # fmt: skip


def faults(draft: Draft, names: frozenset[str] = frozenset()) -> dict[str, str]:
    return deploy_validation.faults(draft, OFFERS, names, NOW, UTC)


def test_every_input_of_the_api_has_its_field() -> None:
    wire = {
        "gpu_type_id": "gpuTypeId", "gpu_count": "gpuCount", "cloud": "cloudType", "bid_per_gpu": "bidPerGpu",
        "image": "imageName", "template_id": "templateId", "container_disk_gb": "containerDiskInGb",
        "volume_gb": "volumeInGb", "public_ip": "supportPublicIp", "country": "countryCode",
        "min_vcpus": "minVcpuCount",
        "data_center": "dataCenterId", "min_memory_gb": "minMemoryInGb", "min_download_mbps": "minDownload",
        "min_upload_mbps": "minUpload", "registry_auth_id": "containerRegistryAuthId", "gpu_types": "gpuTypeIdList",
        "min_disk_gb": "minDisk", "cuda": "cudaVersion", "min_cuda": "minCudaVersion",
        "allowed_cuda": "allowedCudaVersions", "compute": "computeType",
    }  # fmt: skip

    def camel(name: str) -> str:
        first, *rest = name.split("_")
        return wire.get(name, first + "".join(part.title() for part in rest))

    for way, kind in (("demand", "PodFindAndDeployOnDemandInput"), ("spot", "PodRentInterruptableInput")):
        asked = schema().type_map[kind]
        assert isinstance(asked, GraphQLInputObjectType)
        offered = {camel(field.name) for field in fields(way, folded=False)} - {"way", "lease"}
        assert offered == set(asked.fields) - set(NOT_OFFERED), way
        assert len(asked.fields) >= 25


def test_the_common_ones_come_first() -> None:
    assert [field.common for field in FIELDS] == sorted((field.common for field in FIELDS), reverse=True)
    assert len(fields("demand", folded=True)) < 14
    assert all(field.help and field.label for field in FIELDS)


def test_a_draft_of_the_market_is_an_order() -> None:
    assert faults(H100) == {}
    made = deploy_order.order(H100, OFFERS, NOW, UTC)
    assert isinstance(made, DeployOrder)
    assert (made.gpu_type_id, made.name, made.gpu_count) == ("NVIDIA H100 SXM", "h100-sxm-7f3a", 1)
    assert made.ports == "8888/http,22/tcp"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("gpu_count", "0", "from 1"),
        ("gpu_count", "9", "at most 8 for H100 SXM"),
        ("gpu_count", "", "enter the number"),
        ("gpu_count", "1.5", "whole number"),
        ("gpu_type_id", "", "name a GPU"),
        ("gpu_type_id", "H900", "no GPU of that name"),
        ("name", "", "finds the pod"),
        ("name", "taken", "already exists"),
        ("image", "", "an image or a template"),
        ("ports", "8888", "add the protocol"),
        ("ports", "0/http", "1 to 65535"),
        ("ports", "22/tcp 22/tcp", "twice"),
        ("ports", "22/udp", "must look like"),
        ("country", "USA", "two letters"),
        ("volume_mount_path", "workspace", "begin with /"),
        ("stop_after", "yesterday", "a duration"),
        ("stop_after", "2020-01-01 10:00", "minute ahead"),
        ("stop_after", "999d", "within a year"),
        ("deploy_cost", "nan", "dollar amount"),
        ("container_disk_gb", "-5", "whole number"),
        ("compliance", "NONSENSE", "must be one of"),
        ("cloud", "NOWHERE", "one of"),
        ("gpu_count", "1 0", "whole number"),
        ("volume_gb", "2_0", "whole number"),
        ("deploy_cost", "1.00", "below the lowest price, $2.69"),
        ("allowed_cuda", "12.4\x00", "one line"),
    ],
)
def test_what_is_wrong_is_said_in_words(name: str, text: str, words: str) -> None:
    assert words in faults(H100.typed(name, text), frozenset({"taken"}))[name]


def test_a_cloud_that_does_not_sell_it_is_refused() -> None:
    chosen = drafts.from_offer(OFFERS[1], "1").typed("cloud", "COMMUNITY")
    assert "not offered in the community cloud" in faults(chosen)["cloud"]


def test_a_bid_is_not_below_the_lowest() -> None:
    spot = H100.typed("way", "spot")
    assert "a bid of $1.50 or more" in faults(spot)["bid_per_gpu"]
    assert "below the lowest" in faults(spot.typed("bid_per_gpu", "1.49"))["bid_per_gpu"]
    made = deploy_order.order(spot.typed("bid_per_gpu", "$1.60"), OFFERS, NOW, UTC)
    assert isinstance(made, RentOrder)
    assert made.bid_per_gpu == 1.6


def test_variables_need_names_and_values() -> None:
    from msgspec.structs import replace

    secret = Secret("hf_value")
    for env, words in (
        ((("1A", secret),), "letters, digits"),
        ((("A", secret), ("A", secret)), "twice"),
        ((("HF_TOKEN", None),), "not saved"),
    ):
        assert words in faults(replace(H100, env=env))["env"]
    assert "hf_value" not in repr(replace(H100, env=(("A", secret),)))


def test_a_price_is_the_markets_times_the_count_and_the_dearer_cloud() -> None:
    cost = deploy_price.price(H100.typed("gpu_count", "2"), OFFERS, funds(100.0, 10.0))
    assert cost.gpus == pytest.approx(5.98)
    assert cost.up_to
    assert cost.disks == pytest.approx(70 * 0.10 / 730)
    assert cost.before == pytest.approx(36_000.0)
    assert cost.after == pytest.approx(100 / (10 + 5.98 + 70 * 0.10 / 730) * 3600)
    assert not cost.short
    assert deploy_price.price(H100, OFFERS, funds(1.0, 0.0)).short


def test_an_unknown_price_is_not_a_free_one() -> None:
    for odd in (H100.typed("gpu_type_id", "B200"), H100.typed("gpu_count", "x"), H100.typed("compute", "CPU")):
        cost = deploy_price.price(odd, OFFERS, funds())
        assert cost.gpus is None
        assert cost.per_hr is None
        assert cost.after is None


def test_a_price_is_that_of_the_dearest_gpu_it_may_become() -> None:
    cheap = drafts.from_offer(OFFERS[1], "7f3a")
    cost = deploy_price.price(cheap.typed("gpu_types", "H100 SXM"), OFFERS, funds())
    assert (cost.gpus, cost.up_to) == (2.99, True)
    for unknown in ("B200", "NVIDIA of tomorrow"):
        assert deploy_price.price(cheap.typed("gpu_types", unknown), OFFERS, funds()).gpus is None


def test_a_pod_of_cpus_has_no_gpu_and_a_bid_all_the_same() -> None:
    cpu = H100.typed("compute", "CPU").typed("gpu_type_id", "")
    made = deploy_order.order(cpu.typed("gpu_types", "A, B"), OFFERS, NOW, UTC)
    assert isinstance(made, DeployOrder)
    assert made.gpu_types == ("A", "B")
    assert faults(cpu.typed("way", "spot")) == {"bid_per_gpu": "enter a bid"}


def test_the_same_as_a_cpu_pod_is_a_cpu_pod() -> None:
    plain = detail(encrypted=False)
    assert plain.machine is not None
    of_cpus = replace(
        plain, machine=replace(plain.machine, gpu_type_id=None),
        pod=replace(plain.pod, gpu_count=0, machine=None, vcpus=8.0, memory_gb=32.0),
    )  # fmt: skip
    draft = drafts.from_pod(of_cpus, OFFERS, "7f3a")
    assert (draft["compute"], draft["gpu_type_id"]) == ("CPU", "")
    assert (draft["min_vcpus"], draft["min_memory_gb"]) == ("8", "32")
    assert "gpu_type_id" not in faults(draft)
    # One that came back without its GPU is none.
    without = replace(plain, pod=replace(plain.pod, gpu_count=0))
    assert drafts.from_pod(without, OFFERS, "7f3a")["compute"] == ""
    assert drafts.from_pod(plain, OFFERS, "7f3a")["compute"] == ""


def test_the_same_as_an_encrypted_pod_asks_for_its_key() -> None:
    same = drafts.from_pod(detail(encrypted=True), OFFERS, "7f3a")
    assert (same["name"], same["gpu_type_id"], same["cloud"]) == ("llama-7f3a", "H100 SXM", "SECURE")
    assert same.env == (("HF_TOKEN", Secret("hf_value")),)
    assert set(faults(same)) == {"volume_key"}
    assert faults(same.typed("volume_key", "new key")) == {}
    assert faults(drafts.from_pod(detail(encrypted=False), OFFERS, "7f3a")) == {}


def test_a_lease_is_for_one_instant() -> None:
    on = H100.typed("lease", "yes")
    assert "needs a time" in faults(on)["lease"]
    both = on.typed("stop_after", "4h").typed("terminate_after", "2d")
    assert "one time" in faults(both)["lease"]
    assert deploy_order.lease(on.typed("stop_after", "4h"), NOW, UTC) == ("stop", NOW + 4 * 3600)
    assert deploy_order.lease(on.typed("terminate_after", "1d12h"), NOW, UTC) == ("terminate", NOW + 36 * 3600)
    assert deploy_order.lease(H100.typed("stop_after", "4h"), NOW, UTC) is None


def test_local_dates_are_read_in_the_zone() -> None:
    assert deploy_text.instant("2026-11-24 08:00", NOW, UTC) == NOW + 20 * 3600


def test_a_template_fills_the_form() -> None:
    template = Template(
        "tpl1", "sd", "a1111:latest", "--listen", "3000/http,22/tcp", ("HF",), 30, 40, "/data", None,
        False, False, True, True, False, None, None,
    )  # fmt: skip
    found = drafts.from_template(H100, template)
    assert (found["template_id"], found["image"], found["volume_gb"]) == ("tpl1", "a1111:latest", "40")
    assert faults(found) == {}


TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["0", "1", "8", "9" * 30, "-1", "nan", "inf", "1e9", "²", "8888/http", "2h", "1d", "2026-12-01", ","]
    ),
)


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in FIELDS if field.kind is not Kind.HIDDEN]),
        st.one_of(TEXTS, st.sampled_from([value for field in FIELDS for value, _ in field.options])),
    ),
    st.sampled_from(["demand", "spot"]),
    st.lists(st.tuples(st.text(max_size=8), st.one_of(st.none(), st.builds(Secret, st.text(max_size=8)))), max_size=3),
)
def test_a_draft_without_faults_is_understood_by_runpod(
    typed: dict[str, str], way: str, env: list[tuple[str, Secret | None]]
) -> None:
    made = Draft({**H100.values, "bid_per_gpu": "2", **typed, "way": way}, tuple(env))
    deploy_price.price(made, OFFERS, funds())
    if faults(made):
        return
    sent = deploy_order.order(made, OFFERS, NOW, UTC)
    variables = rent_input(sent) if isinstance(sent, RentOrder) else deploy_input(sent)
    kind = schema().type_map["PodRentInterruptableInput" if way == "spot" else "PodFindAndDeployOnDemandInput"]
    assert isinstance(kind, GraphQLInputObjectType)
    coerce_input_value(variables, kind)
    deploy_order.lease(made, NOW, UTC)


@given(st.sampled_from(FIELDS), TEXTS)
def test_every_field_alone_is_read_or_refused(field: object, text: str) -> None:
    from tui.domain.deploy_fields import Field

    assert isinstance(field, Field)
    if field.kind is Kind.HIDDEN:
        return
    base = H100.typed("way", field.ways[0]).typed("bid_per_gpu", "2")
    made = base.typed(field.name, text)
    if not faults(made):
        deploy_order.order(made, OFFERS, NOW, UTC)


def test_a_secret_field_is_kept_apart() -> None:
    made = H100.typed("volume_key", "very secret")
    assert "very secret" not in repr(made)
    order = deploy_order.order(made, OFFERS, NOW, UTC)
    assert order.volume_key == Secret("very secret")
    assert made.typed("volume_key", "").secrets == {}
    assert BY_NAME["volume_key"].kind is Kind.HIDDEN


def test_of_two_gpus_of_one_name_the_chosen_one_is_ordered() -> None:
    desk, rack = offer("RTX PRO 6000", Quote(1.8, None, "Low")), offer("RTX PRO 6000", Quote(9.9, None, "Low"))
    desk, rack = replace(desk, gpu_id="PRO 6000 Workstation"), replace(rack, gpu_id="PRO 6000 Server")
    both = (desk, rack)
    for chosen in both:
        draft = drafts.from_offer(chosen, "7f3a", both)
        assert drafts.offer_of(draft["gpu_type_id"], both) == chosen
        made = deploy_order.order(draft, both, NOW, UTC)
        assert isinstance(made, DeployOrder)
        assert made.gpu_type_id == chosen.gpu_id
        assert deploy_price.price(draft, both, None).gpus == chosen.secure.on_demand  # type: ignore[union-attr]
    vague = drafts.from_offer(desk, "7f3a").typed("gpu_type_id", "RTX PRO 6000")
    wrong = deploy_validation.faults(vague, both, (), NOW, UTC)["gpu_type_id"]
    assert wrong == "choose PRO 6000 Workstation or PRO 6000 Server"
    assert deploy_price.price(vague, both, None).gpus is None
