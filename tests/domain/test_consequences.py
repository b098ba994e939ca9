"""What dialogs say an action does: never less than it does, never a price that is not known."""

from __future__ import annotations

from msgspec.structs import replace

from tests.make import funds, pod
from tui.actions import BY_ID
from tui.api.models import Pod
from tui.domain import consequences
from tui.domain.consequences import Case, case
from tui.domain.operations import Operation

RUNNING = pod("a", name="train", cost=2.0, utils=(90, 90))
STOPPED = pod("b", name="prep", status="EXITED", cost=0.4, utils=None)
SPOT = replace(pod("c", name="student", status="EXITED", kind="INTERRUPTABLE", utils=None), lowest_bid_to_resume=0.21)


def made(action: str, *pods: Pod | None, deeds: dict[str, Operation] | None = None) -> Case:
    known = {pod.id if pod else "x": pod for pod in pods}
    return case(BY_ID[action], list(known), known, deeds or {}, funds(10.0, 2.5))


def words(action: str, *pods: Pod) -> str:
    return "\n".join(point.text for point in made(action, *pods).points)


def test_stopping_says_what_it_saves_what_is_billed_on_and_what_is_lost() -> None:
    said = words("stop", RUNNING)
    assert "Saves $1.99/h, disks included" in said
    assert "Runway 4h 00m → " in said
    assert "100 GB" in said
    assert "$20.00/month" in said  # RunPod's price for a stopped volume: $0.20 a GB.
    assert "container disk is wiped" in said
    assert "resuming may then fail or start with no GPU. Its host has 4 other free GPUs now." in said


def test_stopping_without_a_volume_says_that_nothing_survives() -> None:
    said = words("stop", replace(RUNNING, volume_gb=0.0))
    assert "NOTHING on it survives" in said
    assert "network volume" not in said
    kept = words("stop", replace(RUNNING, volume_gb=0.0, network_volume_id="v"))
    assert "NOTHING" not in kept
    assert "network volume" in kept


def test_several_pods_have_several_container_disks() -> None:
    other = replace(RUNNING, id="d", name="eval")
    assert "The container disks are wiped; volumes stay." in words("stop", RUNNING, other)
    bare = [replace(pod, volume_gb=0.0) for pod in (RUNNING, other)]
    assert "The container disks are wiped. No volume on" in words("stop", *bare)
    assert "The container disks are destroyed." in words("terminate", *bare)


def test_terminating_says_that_it_cannot_be_undone() -> None:
    said = words("terminate", RUNNING)
    assert "DESTROYED" in said
    assert "cannot be undone" in said
    assert "no network volume; nothing will remain" in said
    kept = words("terminate", replace(RUNNING, network_volume_id="v"))
    assert "network volume stays and is billed ($0.07/GB/month)" in kept
    assert "nothing will remain" not in kept


def test_terminating_is_typed_with_the_name_and_several_with_their_number() -> None:
    assert made("terminate", RUNNING).typed == "train"
    assert made("terminate", RUNNING, STOPPED).typed == "2"
    assert made("terminate", replace(RUNNING, name=" ")).typed == "a"
    assert made("stop", RUNNING).typed == ""


def test_resuming_says_what_it_costs_and_whether_its_host_has_room() -> None:
    said = words("resume", STOPPED)
    assert "Costs $0.42/h ($10.09/day), disks included" in said
    assert "4 GPUs free: enough" in said
    assert STOPPED.machine is not None
    full = replace(STOPPED, machine=replace(STOPPED.machine, gpu_available=0))
    assert "0 of 1 GPUs free: RunPod will refuse or start it with no GPU" in words("resume", full)
    unknown = replace(STOPPED, machine=None)
    assert "RunPod does not report the number" in words("resume", unknown)


def test_a_price_that_is_not_known_is_said_to_be_unknown() -> None:
    for nothing in (None, 0.0):
        said = words("resume", replace(STOPPED, cost_per_hr=nothing))
        assert "Cost unknown: RunPod does not report it" in said
    for action in ("stop", "terminate"):
        assert "Saves an unknown amount" in words(action, replace(RUNNING, cost_per_hr=None))


def test_a_balance_below_an_hour_is_said() -> None:
    assert "less than 1 h" in words("resume", replace(STOPPED, cost_per_hr=11.0))


def test_a_bid_is_proposed_and_checked_against_the_lowest() -> None:
    asked = made("bid", SPOT)
    assert (asked.count, asked.bid) == ("1", "0.21")
    assert consequences.faults(asked, "1", "0.21") == {}
    assert "$0.21" in consequences.faults(asked, "1", "0.20")["bid"]
    for nonsense in ("", "nan", "inf", "-1", "1e9", "abc", "0"):
        assert "bid" in consequences.faults(asked, "1", nonsense)
    for nonsense in ("", "0", "-1", "9999", "two", "1.5", "²"):
        assert "gpus" in consequences.faults(asked, nonsense, "0.21")
    (command,) = consequences.commands(asked, "1", "0.25")
    assert (command.gpu_count, command.bid) == (1, 0.25)


def test_pods_for_which_it_makes_no_sense_are_left_out_and_said() -> None:
    deed = Operation("1", "stop", "d", "other", "stopping", 0.0)
    other = replace(RUNNING, id="d", name="other")
    found = made("stop", RUNNING, STOPPED, None, other, deeds={"d": deed})
    assert [subject.pod.id for subject in found.subjects] == ["a"]
    reasons = dict(found.skipped)
    assert "already stopped" in reasons["prep"]
    assert "unreadable" in reasons["x"]
    assert "already stopping" in reasons["other"]
    gone = case(BY_ID["stop"], ["nowhere"], {}, {}, None)
    assert "no longer on the account" in gone.skipped[0][1]


def test_what_a_decision_rests_on_is_in_its_key() -> None:
    before = made("terminate", RUNNING).key
    for change in ({"status": "EXITED"}, {"locked": True}, {"name": "other"}, {"volume_gb": 5.0}, {"cost_per_hr": 9.0}):
        assert made("terminate", replace(RUNNING, **change)).key != before or change == {"locked": True}
    assert made("terminate", replace(RUNNING, telemetry=None)).key == before


def test_several_are_summed() -> None:
    said = words("stop", RUNNING, replace(RUNNING, id="e", name="other"))
    assert "Saves $3.99/h, disks included" in said
    assert "200 GB" in said
