"""The shape that scripts rely on: its names stay, its figures are those of RunPod, and no secret is in it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.acting import NOON, Account
from tests.make import funds, market, offer, pod, snapshot
from tui.api.models import Problem, Quote, Snapshot, Unreadable
from tui.commands import item_filter
from tui.commands.account_items import masked
from tui.commands.arguments import KINDS
from tui.commands.envelope import Desk, Document, Incomplete
from tui.commands.items import iso
from tui.commands.market import Selection
from tui.commands.printer import ITEMS
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.store.fleet import Fleet
from tui.store.views import pods
from tui.store.views.offer_filter import parse

# A promise to scripts: add to it, and take nothing away, as long as the version is 1.
PROMISED = {
    "pods": "id name phase status status_change status_changed_at spot locked cost_per_hr gpu_count gpu_type "
    "gpu_util_percent gpu_util_lowest_percent gpu_memory_percent cpu_percent memory_percent uptime_s idle_s vcpus "
    "memory_gb container_disk_gb volume_gb network_volume_id image location data_center secure_cloud host_id "
    "host_gpus_free lowest_bid_per_gpu_hr maintenance_start maintenance_end maintenance_note unreadable gpus ports",
    "market": "gpu_id name memory_gb cuda_cores max_count gpu_count cloud price_per_hr price_per_gpu_hr "
    "lowest_bid_per_gpu_hr stock rented total rented_percent country min_vcpus min_memory_gb min_download_mbps "
    "min_upload_mbps public_ip",
    "runs": "pod_id pod_name run_started_at since_start_s recorded_at step total_steps epoch loss loss_not_finite "
    "eval_loss learning_rate grad_norm steps_per_s tokens_per_s samples_per_s",
    "alerts": "alert grade pod_id pod_name text since until lasts_s restarts cost_per_hr basis",
    "hosts": "id name location listed verified secure_cloud gpu_type gpus gpus_rented vcpus vcpus_rented memory_gb "
    "memory_rented_gb disk_gb disk_rented_gb price_per_gpu_hr least_bid_per_gpu_hr gpu_util_percent sampled_at "
    "uptime_week_percent uptime_month_percent uptime_quarter_percent earned_usd idle_job idle_job_state "
    "maintenance_start maintenance_end maintenance_note unreadable tenants",
    "account": "id email balance_usd spend_per_hr spend_limit_per_hr runway_s gpu_per_hr local_storage_per_hr "
    "network_storage_per_hr spent_ever_usd least_balance_usd under_balance alert_below_usd host_balance_usd "
    "referral_earned_usd template_earned_usd two_factor charges top_ups api_keys registry_logins network_volumes "
    "templates earnings terms_signed payouts_linked machine_quota serverless_workers reload_amount_usd "
    "reload_below_usd notify_stale_pods notify_pods notify_low_balance notify_other referrals_this_month "
    "referral_spend_this_month_usd credits bills_of_gpus bills_of_cpus bills_of_storage bills",
}


def taken(kind: str, answer: Any, *terms: str, at: float = NOON) -> Document:
    desk = Desk(kind, "demo", " ".join(terms), 30.0, market=Selection(filter=parse(" ".join(terms))))
    desk.take(answer, at)
    return desk.document(answer, at)


def plain(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(document))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_promised_names_are_there(kind: str) -> None:
    assert set(PROMISED[kind].split()) <= set(ITEMS[kind].__struct_fields__)
    head = ("podtop", "kind", "at", "source", "total", "items", "problems", "money")
    assert set(head) <= set(Document.__struct_fields__)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "runs"])
async def test_what_runpod_says_is_a_document(kind: str, tmp_path: Path) -> None:
    account = Account(tmp_path)
    answer = await Desk(kind, "demo", "", 30.0).question(account.cloud)()
    document = plain(taken(kind, answer))
    assert (document["podtop"], document["kind"], document["source"]) == (1, kind, "demo")
    assert document["at"] == "2026-11-23T12:00:00Z"
    assert len(document["items"]) == document["total"] > 0
    assert document["problems"] == []
    assert ("money" in document) == (kind in ("pods", "alerts"))
    for item in document["items"]:
        assert set(item) == set(ITEMS[kind].__struct_fields__)


async def test_a_pods_figures_are_those_of_runpod(tmp_path: Path) -> None:
    account = Account(tmp_path)
    snapshot = await account.cloud.fleet()
    items = {item["name"]: item for item in plain(taken("pods", snapshot))["items"]}
    llama, prep, flux = (items[name] for name in ("llama-70b-pretrain", "dataset-prep", "flux-lora-train"))
    known = next(p for p in snapshot.pods or () if p.id == llama["id"])
    assert (llama["phase"], llama["status"], llama["gpu_count"], llama["cost_per_hr"]) == (
        "running",
        "RUNNING",
        8,
        23.92,
    )
    assert known.runtime is not None
    assert llama["uptime_s"] == known.runtime.uptime
    assert [gpu["util_percent"] for gpu in llama["gpus"]] == [gpu.util for gpu in known.runtime.gpus]
    assert {port["private"] for port in llama["ports"]} == {8888, 22}
    assert (prep["phase"], prep["gpu_util_percent"], prep["gpus"], prep["ports"]) == ("stopped", None, [], [])
    assert (flux["phase"], flux["uptime_s"]) == ("booting", None)


async def test_no_secret_is_in_any_document(tmp_path: Path) -> None:
    account = Account(tmp_path)
    for sim in account.world.pods.values():
        sim.env = [{"key": "HF_TOKEN", "value": "hush-env"}]
        sim.docker_args = "--password hush-args"
    secret = {"env": [{"key": "WANDB_KEY", "value": "hush-template"}], "dockerArgs": "--token hush-start"}
    from unittest.mock import patch

    from tui.demo import account as demo

    made = demo.template(0)
    with patch.object(demo, "template", lambda index: {**made, **secret}):
        for kind in KINDS:
            answer = await Desk(kind, "demo", "", 30.0).question(account.cloud)()
            text = msgspec.json.encode(taken(kind, answer)).decode()
            for hidden in ("hush", "key_01", '"cr_01"', "demo-key", "podtop00", "ssh-ed25519"):
                assert hidden not in text, (kind, hidden)
            if kind == "account":
                assert "WANDB_KEY" in text


@pytest.mark.parametrize(("id", "shown"), [(None, None), ("", "…"), ("abcd", "…"), ("cr_0123456", "cr_0…")])
def test_an_id_of_credentials_is_masked(id: str | None, shown: str | None) -> None:
    assert masked(id) == shown


PODS = snapshot(
    pod("p1", name="llama train", gpu="H100 SXM"), pod("p2", name="llama eval", gpu="A40"), pod("p3", name="flux")
)


@given(st.lists(st.sampled_from(["llama", "h100", "sxm", "p2", "pytorch", "running", "zz"]), max_size=3))
def test_the_filter_is_that_of_the_fleet_screen(words: list[str]) -> None:
    fleet = Fleet(5, 30)
    fleet.apply(PODS, NOON)
    chosen = item_filter.parse("pods", " ".join(words).upper())
    shown = pods.pods(fleet, NOON, pods.Query(chosen or None))
    document = taken("pods", PODS, *words)
    assert tuple(item.id for item in document.items) == shown
    assert document.total == 3


def test_offers_alerts_and_machines_are_filtered_too() -> None:
    quote = Quote(1.0, 0.5, "High")
    found = taken("market", market(offer("H100", quote), offer("A40", None, quote)), "a40")
    assert [(item.name, item.cloud, item.price_per_hr) for item in found.items] == [("A40", "community", 1.0)]
    assert found.total == 2
    dear = taken("market", market(offer("H100", quote), offer("B200", Quote(6.0, 4.0, "Low"))), "price<2", "stock:high")
    assert [item.name for item in dear.items] == ["H100"]
    low = snapshot(pod("a", name="quiet one", utils=(0.0,)), funds=funds(1.0, 10.0))
    assert [item.alert for item in taken("alerts", low).items] == ["runway", "quiet"]
    assert [item.alert for item in taken("alerts", low, "busy", "one").items] == ["quiet"]
    assert [item.alert for item in taken("alerts", low, "alert=runway", "!grade=notice").items] == ["runway"]
    assert [item.id for item in taken("pods", PODS, "gpu:h100", "llama", "!idle").items] == ["p1"]


async def test_machines_are_found_by_name_gpu_and_whether_they_are_listed(tmp_path: Path) -> None:
    answer = await Account(tmp_path).cloud.hosts()
    assert [item.name for item in taken("hosts", answer, "4090", "listed").items] == ["rack-one"]
    broken = replace(answer, unreadable=(Unreadable("h9", "odd one", "expected a number"),))
    (odd,) = taken("hosts", broken, "unreadable").items
    assert (odd.id, odd.unreadable, odd.gpus) == ("h9", "expected a number", None)


def test_what_is_not_known_is_null_and_never_zero() -> None:
    bare = replace(pod("a", utils=None, cost=None, change=None), machine=None, vcpus=None, volume_gb=None)
    (item,) = plain(taken("pods", Snapshot(None, (bare,))))["items"]
    for name in ("cost_per_hr", "gpu_util_percent", "uptime_s", "idle_s", "volume_gb", "location", "status_changed_at"):
        assert item[name] is None
    assert plain(taken("pods", Snapshot(None, (bare,))))["money"] is None


def test_an_unreadable_pod_is_among_the_items() -> None:
    answer = Snapshot(funds(), (pod("a"),), (Unreadable(None, "odd", "expected text"),), (Problem("x", ("a", 0)),))
    document = plain(taken("pods", answer))
    odd = next(item for item in document["items"] if item["phase"] == "unreadable")
    assert (odd["name"], odd["unreadable"], odd["cost_per_hr"]) == ("odd", "expected text", None)
    assert document["problems"] == [{"message": "x", "path": "a.0", "code": None}]


def test_an_answer_without_pods_is_no_empty_list() -> None:
    with pytest.raises(Incomplete, match="resolver broke"):
        taken("pods", Snapshot(funds(), None, (), (Problem("resolver broke"),)))


def test_runway_is_null_where_nothing_is_spent() -> None:
    for money, expected in ((funds(10, 0), None), (funds(None, 1), None), (funds(10, 10), 3600.0), (funds(-1, 1), 0.0)):
        assert plain(taken("pods", Snapshot(money, ())))["money"]["runway_s"] == expected


def test_idle_is_told_only_where_it_was_seen() -> None:
    desk = Desk("pods", "demo", "", 5.0)
    still = snapshot(pod("a", utils=(0.0,)), pod("b", utils=(None,)), pod("c"))
    for second in range(0, 701, 10):
        desk.take(still, NOON + second)
        if second in (0, 700):
            expected = {"a": float(second) or None, "b": None, "c": 0.0}
            assert {item.id: item.idle_s for item in desk.document(still, NOON + second).items} == expected


def test_what_was_recorded_stands_behind_one_answer(tmp_path: Path) -> None:
    from tui.commands.recall import recall

    path = tmp_path / "a.sqlite"
    still = snapshot(pod("a", utils=(0.0,)))
    writer = Writer(connect(path, write=True), NOON - 7200, silence=180.0, origin="here")
    polls = [NOON - 7200 + 60 * n for n in range(60)] + [NOON - 1800 + 60 * n for n in range(30)]
    writer.write([Polled(at, still, ()) for at in polls])
    writer.close()
    desk = Desk("pods", "demo", "", 30.0)
    desk.take(still, NOON)
    recall(desk.fleet, path, NOON, desk.tracker)
    (item,) = desk.document(still, NOON).items
    assert (item.phase, item.idle_s) == ("idle", 1800.0), "nobody looked before the break"
    late = Desk("pods", "demo", "", 30.0)
    late.take(still, NOON + 3600)
    recall(late.fleet, path, NOON + 3600, late.tracker)
    assert late.document(still, NOON + 3600).items[0].idle_s is None


@given(st.one_of(st.none(), st.floats()))
def test_any_instant_has_a_text_or_none(at: float | None) -> None:
    text = iso(at)
    assert text is None or text.endswith("Z")
    if at is not None and math.isfinite(at) and 0 <= at < 4e9:
        assert text is not None
