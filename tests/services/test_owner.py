"""Who records and acts for an account: one podtop at a time, which the others see, until it ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.make import snapshot
from tests.services.test_lease_runner import TRAIN, Watcher, leased
from tui.domain.user_message import UserMessage
from tui.files import file_lock, private
from tui.services.messages import Messages
from tui.services.owner import Ownership, by_owner, listed
from tui.storage.owner_file import UNNAMED, Duty, Owner
from tui.storage.state_files import StateFiles
from tui.store.fleet import Fleet

NOON = 1_795_435_200.0
OTHER = Owner("record", 1, os.uname().nodename, NOON)
"""Process 1 is always there."""


class Stand:
    def __init__(self, path: Path, kind: str = "screen") -> None:
        self.state = StateFiles(lambda: path, "test", "https://test.invalid")
        self.fleet = Fleet(5.0, 30.0)
        self.notes: list[UserMessage] = []
        self.records = False
        self.own = Ownership(
            self.state, self.fleet, kind, lambda: self.records, Messages(self.notes.append), lambda: NOON
        )

    def known(self) -> Stand:
        self.fleet.apply(snapshot(TRAIN), NOON)
        return self


async def test_nobody_does_anything_before_the_account_is_known(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    await stand.own.look()
    assert stand.own.claim(Duty.LEASES) is None
    assert not stand.fleet.owners
    assert stand.state.all_owners() == ()


async def test_the_others_see_who_has_a_duty_and_for_how_long_it_is_taken(tmp_path: Path) -> None:
    one, two = Stand(tmp_path, "record").known(), Stand(tmp_path).known()
    mine, yours = one.own.claim(Duty.IDLE), two.own.claim(Duty.IDLE)
    assert mine is not None
    assert yours is not None
    assert (mine.taken(), yours.taken()) == (True, False)
    await two.own.look()
    assert two.fleet.owners == {Duty.IDLE: Owner("record", os.getpid(), os.uname().nodename, NOON)}
    mine.close()
    await two.own.look()
    assert not two.fleet.owners
    assert yours.taken()
    await two.own.look()
    assert two.fleet.owners[Duty.IDLE].kind == "screen"


async def test_whoever_writes_the_recording_says_so(tmp_path: Path) -> None:
    stand = Stand(tmp_path, "record").known()
    assert stand.own.file is not None
    lock = stand.own.file.locks[Duty.RECORDS]
    private.folder(lock.parent)
    held = file_lock.hold(lock)
    await stand.own.look()
    assert stand.fleet.owners == {Duty.RECORDS: UNNAMED}, "by a podtop that does not say who it is"
    stand.records = True
    await stand.own.look()
    assert stand.fleet.owners[Duty.RECORDS].is_me
    assert held is not None
    held.close()


async def test_a_takeover_is_told_once_and_by_the_one_that_takes_over(tmp_path: Path) -> None:
    stand = Stand(tmp_path).known()
    assert stand.own.file is not None
    for duty in (Duty.LEASES, Duty.IDLE):
        stand.own.file.put(duty, OTHER)
        private.folder(stand.own.file.locks[duty].parent)
    locks = [file_lock.hold(stand.own.file.locks[duty]) for duty in (Duty.LEASES, Duty.IDLE)]
    await stand.own.look()
    assert set(stand.fleet.owners.values()) == {OTHER}
    for lock in locks:
        assert lock is not None
        lock.close()
    claims = [stand.own.claim(duty) for duty in (Duty.LEASES, Duty.IDLE)]
    assert all(claim is not None and claim.taken() for claim in claims)
    for _ in range(3):
        await stand.own.look()
    said = [note.text for note in stand.notes]
    assert said == ["podtop record (PID 1) ended: this podtop now enforces leases and stops idle pods"]


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (OTHER, "podtop record (PID 1)"),
        (replace(OTHER, kind="screen"), "podtop (PID 1)"),
        (replace(OTHER, host="rack-9"), "podtop record (PID 1 on rack-9)"),
        (UNNAMED, "another podtop"),
    ],
)
def test_an_owner_has_a_name(owner: Owner, name: str) -> None:
    assert owner.name == name


def test_a_name_that_an_ended_podtop_left_is_not_that_of_the_one_that_has_the_lock(tmp_path: Path) -> None:
    file = StateFiles(lambda: tmp_path, "test", "https://test.invalid").owners("ada")
    file.put(Duty.LEASES, Owner("record", 2**22 + 1, os.uname().nodename, NOON))
    private.folder(file.locks[Duty.LEASES].parent)
    held = file_lock.hold(file.locks[Duty.LEASES])
    assert file.owners() == {Duty.LEASES: UNNAMED}
    assert held is not None
    held.close()
    assert file.owners() == {}


def test_duties_are_listed_by_podtop() -> None:
    mine = replace(OTHER, pid=os.getpid())
    assert by_owner({Duty.LEASES: OTHER, Duty.IDLE: mine, Duty.RECORDS: OTHER}) == {
        OTHER: [Duty.RECORDS, Duty.LEASES], mine: [Duty.IDLE],
    }  # fmt: skip
    assert listed([Duty.RECORDS, Duty.LEASES, Duty.IDLE]) == "records, enforces leases and stops idle pods"


async def test_a_podtop_that_may_send_nothing_leaves_leases_to_one_that_may(tmp_path: Path) -> None:
    first, second = Watcher(tmp_path / "leases.json"), Watcher(tmp_path / "leases.json")
    first.why = "podtop is in read-only mode"
    leased(first, 0.1)
    for _ in range(200):
        await first.poll(TRAIN)
        await second.poll(TRAIN)
    assert len(second.sent) == 1
    assert not first.sent
