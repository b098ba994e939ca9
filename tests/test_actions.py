"""The table of actions: for which pods each makes sense, what it leads to, and that its words are all there."""

from __future__ import annotations

import inspect
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import funds, pod
from tui.actions import ACTIONS, BY_ID, EVERY, ORDERS
from tui.api.cloud import Cloud
from tui.api.models import Pod
from tui.api.refusals import reasons_of
from tui.domain.action import Command, Consent, PodAction, State, Target
from tui.domain.operations import advice

STATUSES = ("CREATED", "RUNNING", "RESTARTING", "EXITED", "PAUSED", "DEAD", "TERMINATED", "A NEWER WORD")


def test_every_action_has_its_words_and_its_key_is_upper_case() -> None:
    assert len({action.key for action in ACTIONS}) == len(ACTIONS) == len(BY_ID)
    for action in ACTIONS:
        assert action.key.isupper() or action.key[:1] == "f", "a key that nobody presses by accident"
        assert all((action.verb, action.doing, action.done, action.help))


class Shown(NamedTuple):
    """A pod as RunPod shows it; None where it cannot be read."""

    pod: Pod | None


def test_every_row_brings_all_that_is_made_of_it() -> None:
    for action in ACTIONS:
        one = pod("a", status="EXITED" if action.starts else "RUNNING")
        command = Command(action.id, "a", "a", 1, 0.5 if "bid" in action.asks else None)
        said = action.consequences([one], [command], funds())
        assert said
        assert said[0].topic == "money", "what it does to money comes first"
        assert action.starts == (action.leads is State.RUNNING)
        # On the command line there is no way to say a bid, or a new name.
        assert bool(action.command) == (not {"bid", "name"} & {*action.asks})
        # What destroys takes more than a press.
        assert (action.consent is Consent.NAME) == (action.leads is State.GONE)


def test_what_is_told_of_the_table_is_what_it_has() -> None:
    assert {action.id for action in ACTIONS} == set(BY_ID)
    assert {action.id for action in (*ACTIONS, *ORDERS)} == set(EVERY)
    assert {action.target for action in ACTIONS} == {Target.POD}
    assert {action.target for action in ORDERS} == {Target.NEW}
    assert all(action.starts for action in ORDERS)


def test_what_cannot_be_read_has_reached_nothing() -> None:
    assert not any(action.reached(Shown(None)) for action in ACTIONS)
    assert all(action.reached(None) == (action.leads in (State.STOPPED, State.GONE)) for action in ACTIONS)
    # A pod that was made is there, whether it can be read or not.
    assert all(action.reached(Shown(None)) and not action.reached(None) for action in ORDERS)


def test_every_mutation_of_a_pod_has_its_action() -> None:
    calls = "".join(inspect.getsource(action.call) for action in ACTIONS)
    assert all(f"cloud.{name}(" in calls for name in ("stop", "resume", "bid_resume", "terminate"))
    assert all(hasattr(Cloud, name) for name in ("stop", "resume", "bid_resume", "terminate"))


@pytest.mark.parametrize(
    ("action", "status", "kind", "makes_sense"),
    [
        ("stop", "RUNNING", "RESERVED", True),
        ("stop", "RESTARTING", "RESERVED", True),
        ("stop", "EXITED", "RESERVED", False),
        ("resume", "EXITED", "RESERVED", True),
        ("resume", "RUNNING", "RESERVED", False),
        ("resume", "RESTARTING", "RESERVED", False),
        ("resume", "EXITED", "INTERRUPTABLE", False),
        ("bid", "EXITED", "INTERRUPTABLE", True),
        ("bid", "EXITED", "RESERVED", False),
        ("terminate", "RUNNING", "RESERVED", True),
        ("terminate", "EXITED", "RESERVED", True),
        ("terminate", "TERMINATED", "RESERVED", False),
    ],
)
def test_actions_are_for_pods_in_states_where_they_make_sense(
    action: str, status: str, kind: str, makes_sense: bool
) -> None:
    why = BY_ID[action].refuse(pod("a", status=status, kind=kind, utils=None))
    assert (why is None) == makes_sense
    assert why is None or why[0].islower()


def test_a_locked_pod_is_not_terminated() -> None:
    from msgspec.structs import replace

    assert "locked" in (BY_ID["terminate"].refuse(replace(pod("a"), locked=True)) or "")


@given(st.sampled_from(STATUSES), st.sampled_from(["RESERVED", "INTERRUPTABLE", None]), st.sampled_from(ACTIONS))
def test_what_an_action_leads_to_is_not_where_it_begins(status: str, kind: str | None, action: object) -> None:
    assert isinstance(action, PodAction)
    there = pod("a", status=status, kind=kind, utils=None)
    if action.refuse(there) is None:
        assert not action.reached(Shown(there))


def test_inputs_are_what_is_sent() -> None:
    assert Command("stop", "p", "n").inputs == {}
    assert Command("bid", "p", "n", 2, 0.25).inputs == {"gpuCount": 2, "bidPerGpu": 0.25}


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("There are not enough free GPUs on the host machine to start this pod.", "fewer GPUs"),
        ("There are no longer any instances available with the requested specifications.", "Stock is only a hint"),
        ("There are no longer any instances available with enough disk space.", "less disk"),
        ("Insufficient balance to resume this on-demand pod. You need at least $3.59", "Add credit"),
        ("Something went wrong. Please try again later or contact support.", "podtop is checking"),
        ("pod not found to terminate", "no longer on the account"),
        ("a message nobody knows", ""),
    ],
)
def test_known_messages_are_explained(message: str, words: str) -> None:
    assert words in advice(reasons_of(message))
    assert bool(advice(reasons_of(message))) == bool(words)
