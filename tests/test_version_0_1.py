"""What podtop 0.1.0 left on the disk is read: recordings, the action log, drafts, leases, watches, preferences."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest

from tests.acting import NOON, Account
from tui.api.models import MarketQuery
from tui.commands.log import rows
from tui.domain.deploy_draft import STARTING, Draft
from tui.domain.events import Kind
from tui.domain.lease import Lease
from tui.domain.market_watch import MarketWatch, State
from tui.domain.operations import Status
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.storage import draft_file
from tui.storage.audit_log import AuditLog, Intent, entries
from tui.storage.lease_file import LeaseFile
from tui.storage.preferences import Preferences
from tui.storage.watch_file import WatchFile
from tui.store.series import GAP

POD = "k3v9x0q2m1a7ze"
NAME = "llama-70b-pretrain"
ACCOUNT = "user_2demoPodtop"
STOPPED_AT = NOON + 1095

TYPED = {**STARTING, "gpu_type_id": "H100 SXM", "name": "train", "lease": "yes", "stop_after": "8h"}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy: what is read may be written to."""
    return Path(shutil.copytree(Path(__file__).parent / "data" / "version_0_1", tmp_path / "state"))


@pytest.fixture
def recording(files: Path) -> Iterator[Recording]:
    with closing(Recording(files / "recording.sqlite")) as recording:
        yield recording


def test_a_recording_shows_when_was_watched_and_what_of(recording: Recording) -> None:
    assert recording.spans() == ((NOON, NOON + 1115),)
    assert (recording.origin, recording.silence) == ("api.runpod.io", 60.0)
    assert recording.names()[POD] == NAME
    assert len(recording.names()) == 7


def test_samples_are_read_from_blocks_and_from_single_polls(recording: Recording) -> None:
    samples = recording.samples(POD, NOON, NOON + 2000)
    # Of the first quarter of an hour in one block, every 30 seconds; after that in polls, some every 5 seconds.
    assert list(samples.times[:31]) == [NOON + 30 * n for n in range(31)]
    assert list(samples.times[-3:]) == [NOON + 1105, NOON + 1110, NOON + 1115]
    assert list(samples.columns["util"].mean[:6]) == [190, 189, 22, 23, 22, 190]
    # It was stopped: what it did not show is a gap, and no zero.
    assert list(samples.columns["util"].mean[-3:]) == [GAP, GAP, GAP]
    gpus = [f"{name}{n}" for name in ("vram", "gpu", "temp", "power") for n in range(8)]
    assert sorted(samples.columns) == sorted(["cpu", "memory", "util", "vram", *gpus])


def test_pods_money_and_prices_of_an_instant_are_read(recording: Recording) -> None:
    snapshot = recording.snapshot(NOON + 1115)
    assert snapshot is not None
    assert snapshot.pods is not None
    assert {pod.name: (pod.status, pod.cost_per_hr) for pod in snapshot.pods} == {
        NAME: ("EXITED", 23.92), "mixtral-8x7b-sft": ("RUNNING", 6.96), "qwen-eval-sweep": ("RUNNING", 1.38),
        "distill-student": ("EXITED", 0.2), "dataset-prep": ("RUNNING", 0.4), "flux-lora-train": ("RUNNING", 0.86),
        "train-7f3a": ("RUNNING", 0.22),
    }  # fmt: skip
    assert snapshot.funds is not None
    assert snapshot.funds.balance == pytest.approx(408.99093, abs=0.1)
    answer = recording.market(NOON + 600)
    assert answer is not None
    market, at = answer
    assert (len(market.offers), at) == (46, NOON)
    assert market.offers[0].name == "MI300X"
    assert market.offers[0].secure is not None
    assert (market.offers[0].secure.on_demand, market.offers[0].secure.rented) == (None, 29)


def test_what_happened_is_read(recording: Recording) -> None:
    events = recording.events(NOON, NOON + 5000)
    assert [(event.at, event.kind) for event in events] == [
        (NOON, Kind.PRICE), (STOPPED_AT, Kind.DONE), (NOON + 1105, Kind.DONE), (NOON + 1105, Kind.DONE),
        (NOON + 1110, Kind.REFUSED),
    ]  # fmt: skip
    assert events[1].text == f"stop {NAME}: Exited by user"
    stays = recording.stays(POD, NOON, NOON + 3000)
    assert [(stay.at, stay.status) for stay in stays[:2]] == [(NOON, "RUNNING"), (NOON + 1100, "EXITED")]
    assert recording.damaged == 0


def test_a_recording_is_written_on(files: Path) -> None:
    from tests.make import pod, snapshot

    database = connect(files / "recording.sqlite", write=True)
    assert database is not None
    with closing(Writer(database, NOON + 1200)) as writer:
        writer.write([Polled(NOON + 1200, snapshot(pod("later")))])
    with closing(Recording(files / "recording.sqlite")) as recording:
        assert {POD, "later"} <= recording.names().keys()
        assert recording.spans() == ((NOON, NOON + 1115), (NOON + 1200, NOON + 1200))


def test_the_action_log_is_read(files: Path) -> None:
    path = files / "actions.jsonl"
    assert len(list(entries(path))) == 11
    first, resumed, deployed, refused, ended, lost = rows(entries(path), UTC)
    assert first == ("2026-11-23 12:18:15", "ada", "stop", f"{NAME} ({POD})", "done", "Exited by user")
    assert resumed[1:5] == ("ada, command", "resume 1 GPU", "dataset-prep (m5n4b3v2c1x0z9)", "done")
    assert deployed[2:5] == ("deploy", "train-7f3a (2ef166393e49dc)", "done")
    assert refused[1:5] == ("ada, watch", "rent", "bid-low", "refused")
    assert ended[1:5] == ("ada, lease", "terminate", f"{NAME} ({POD})", "unknown outcome")
    assert lost[2:5] == ("deploy", "lost-0c1d", "unknown outcome")


def test_what_was_sent_and_never_answered_is_known(files: Path) -> None:
    log = AuditLog(files / "actions.jsonl", origin="demo")
    assert log.unfinished() == (
        Intent("000000000005", NOON + 1115, "terminate", POD, NAME, ACCOUNT),
        Intent("000000000006", NOON + 1115, "deploy", "", "lost-0c1d", ACCOUNT),
    )
    assert AuditLog(files / "actions.jsonl", origin="api.runpod.io").unfinished() == ()


async def test_what_became_of_it_is_found_out_and_nothing_is_sent(files: Path) -> None:
    account = Account(files)
    account.now = NOON + 1200
    await account.poll(0.0)
    followed = await account.performer.resume_looking()
    assert {one.intent.action for one in followed} == {"terminate", "deploy"}
    del account.world.pods[POD]
    next(iter(account.world.pods.values())).name = "lost-0c1d"
    await account.poll()
    outcomes = {one.intent.action: await one.ending for one in followed}
    assert {action: outcome.ending for action, outcome in outcomes.items()} == dict.fromkeys(outcomes, Status.DONE)
    assert outcomes["deploy"].pod in account.world.pods
    assert account.mutations == []
    assert AuditLog(files / "actions.jsonl", origin="demo").unfinished() == ()
    await account.performer.close()


def test_a_draft_is_read_without_what_is_secret(files: Path) -> None:
    draft = draft_file.load(files / "draft.json")
    assert draft == Draft(TYPED, (("HF_TOKEN", None), ("DEBUG", None)), {"volume_key": None})


def test_leases_are_read(files: Path) -> None:
    assert LeaseFile(files / "leases.json").all() == {
        POD: Lease(POD, NAME, "stop", NOON + 8 * 3600, NOON),
        "p2": Lease("p2", "eval-harness", "terminate", NOON + 3600, NOON, NOON + 3000, NOON + 3601),
    }


def test_watches_are_read(files: Path) -> None:
    watches = WatchFile(files / "watches.json").all()
    assert watches["w1"] == MarketWatch(
        "w1", NOON, ("NVIDIA H100 80GB HBM3", "NVIDIA H100 PCIe"), ("H100 SXM", "H100 PCIe"),
        demand=MarketQuery(gpu_count=2, secure=True), ceiling=2.5,
    )  # fmt: skip
    armed = watches["w2"]
    assert (armed.state, armed.spot, armed.ceiling, armed.may_spend) == (State.ARMED, True, 0.3, True)
    assert armed.plan is not None
    assert (armed.plan.cap, armed.plan.attempts, armed.plan.values) == (1.25, 2, TYPED)
    assert (armed.plan.env, armed.plan.hidden) == (("HF_TOKEN", "DEBUG"), ("volume_key",))
    assert (armed.sent, armed.sent_at, armed.holder) == ("rtx-3090-1", NOON + 60, "00112233aabbccdd")
    assert armed.tried == (("NVIDIA GeForce RTX 3090", True),)
    done = watches["w3"]
    assert (done.pod, done.state, done.words, done.basis) == ("p9", State.DONE, "it runs", "Exited by user")


def test_what_was_set_on_the_screen_is_read(files: Path) -> None:
    preferences = Preferences(lambda: files / "screen.json")
    assert preferences.texts == {"fleet.filter": "gpu>50 train", "market.sort": "price"}
