"""Rules of restarting, locking and renaming, and of what RunPod reports as possible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import pod, runtime
from tui.actions import ACTIONS, BY_ID
from tui.api.enums import ENDED, PodStatus
from tui.api.models import PodVerb
from tui.domain import consequences, upkeep
from tui.domain.operations import Operation

AT = 1_000.0


def operation(action: str, text: str = "", since: float = 0.0) -> Operation:
    return Operation("1", action, "a", "a", "", AT, text=text, since=since)


def is_restarted(uptime: int | None, seen: float, *, status: str = "RUNNING", since: float = 0.0) -> bool:
    shown = BY_ID["restart"].shown
    assert shown is not None
    one = replace(pod("a", status=status), runtime=runtime((50.0,), uptime=uptime))
    return shown(one, operation("restart", since=since), seen)


def test_a_restart_shows_by_an_uptime_younger_than_the_request() -> None:
    assert is_restarted(5, AT + 30)
    assert not is_restarted(3600, AT + 30)
    assert not is_restarted(30, AT + 30), "up since just before the request"
    assert not is_restarted(None, AT + 30), "unknown"
    assert not is_restarted(5, AT + 30, status="EXITED")
    assert is_restarted(3600, AT + 30, status="STARTING")
    assert is_restarted(200, AT + 30, since=AT - 300), "an earlier podtop had sent it"


@given(st.integers(1, 10_000), st.floats(0, 10_000))
def test_a_pod_that_was_not_restarted_never_shows_one(before: int, elapsed: float) -> None:
    assert not is_restarted(before + int(elapsed), AT + elapsed)


def test_booting_after_a_restart_is_restarted() -> None:
    shown = BY_ID["restart"].shown
    assert shown is not None
    assert shown(pod("a", utils=None), operation("restart"), AT + 5)


def test_a_new_name_shows() -> None:
    shown = BY_ID["rename"].shown
    assert shown is not None
    assert shown(pod("a", name="new"), operation("rename", "new"), AT)
    assert not shown(pod("a", name="old"), operation("rename", "new"), AT)


@pytest.mark.parametrize("status", list(PodStatus))
def test_what_can_be_restarted(status: PodStatus) -> None:
    refused = BY_ID["restart"].refuse(pod("a", status=status))
    starting = status in (PodStatus.PROVISIONING, PodStatus.STARTING)
    assert bool(refused) == (status in ENDED or starting)


def test_locks() -> None:
    free, held = pod("a"), replace(pod("a"), locked=True)
    assert BY_ID["lock-pod"].refuse(free) is None
    assert BY_ID["lock-pod"].refuse(held) == "already locked on RunPod"
    assert BY_ID["unlock-pod"].refuse(held) is None
    assert BY_ID["unlock-pod"].refuse(free) == "not locked on RunPod"
    for action in ("lock-pod", "unlock-pod", "rename"):
        assert "member of a cluster" in (BY_ID[action].refuse(replace(held, cluster_id="c1")) or "")


@pytest.mark.parametrize("action", [a for a in ACTIONS if a.verb_at_runpod is not None], ids=lambda a: a.id)
def test_what_runpod_reports_as_possible_decides(action: object) -> None:
    assert isinstance(action, type(BY_ID["stop"]))
    verb = action.verb_at_runpod
    assert verb is not None
    assert upkeep.will_refuse(action, pod("a")) == "", "not reported"
    assert upkeep.will_refuse(action, replace(pod("a"), verbs=frozenset({verb}))) == ""
    assert "does not accept this" in upkeep.will_refuse(action, replace(pod("a"), verbs=frozenset()))
    locked = upkeep.will_refuse(action, replace(pod("a"), verbs=frozenset({verb}), locked=True))
    assert bool(locked) == (verb in (PodVerb.STOP, PodVerb.TERMINATE))


def test_several_refusals_name_their_pods() -> None:
    pods = [replace(pod(key), verbs=frozenset()) for key in "ab"] + [pod("c")]
    (point,) = upkeep.refusals(BY_ID["stop"], pods)
    assert point.text == "RunPod will refuse for pod a, pod b: it does not accept this while the pod is running."


@given(st.text(max_size=300))
def test_a_name_that_is_sent_can_be_read(name: str) -> None:
    made = consequences.case(BY_ID["rename"], ["a"], {"a": pod("a")}, {}, None)
    if consequences.faults(made, "", "", name):
        return
    (command,) = consequences.commands(made, "", "", name)
    assert command.text is not None
    assert command.text == name.strip() != ""
    assert command.text.isprintable()
    assert command.inputs == {"name": command.text}


def test_no_data_survive_where_there_is_no_volume() -> None:
    bare = replace(pod("a"), volume_gb=0.0)
    words = " ".join(point.text for point in upkeep.of_restarting([bare], [], None))
    assert "NOTHING else survives" in words
    assert "volume stays" in " ".join(point.text for point in upkeep.of_restarting([pod("a")], [], None))
