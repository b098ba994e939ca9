"""Locks: also where the file system has none, two processes never both hold one, and a dead one's is taken over."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tui.files import file_lock
from tui.history.recorder import Recorder
from tui.storage.audit_log import AuditLog, AuditLogError, entries
from tui.storage.json_store import JsonStore, ProcessClaim, StoreError, is_claimed

LACKING = [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL]


def without_flock(number: int = errno.ENOSYS) -> str:
    """What makes a process live on a file system that has no locks."""
    return (
        "import fcntl\n"
        f"def none(file, how): raise OSError({number}, 'Function not implemented')\n"
        "fcntl.flock = none\n"
    )  # fmt: skip


@pytest.fixture(params=LACKING, ids=lambda number: errno.errorcode[number])
def lacking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(file: int, how: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(file_lock.fcntl, "flock", none)


@pytest.fixture(autouse=True)
def _no_news() -> Iterator[None]:
    file_lock.news()
    yield
    file_lock.news()


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


HOLDER = (
    "import sys; from pathlib import Path; from tui.files import file_lock\n"
    "held = file_lock.hold(Path(sys.argv[1]))\n"
    "print('held' if held else 'not held', flush=True)\n"
    "sys.stdin.read()\n"
    "if held: held.close()\n"
)


def holder(path: Path, before: str = "") -> subprocess.Popen[str]:
    return start(before + HOLDER, path)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)


def test_one_holds_and_the_other_follows_when_it_is_given_back(lacking: None, tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    first = file_lock.hold(path)
    assert first is not None
    assert first.is_mine()
    assert file_lock.hold(path) is None
    assert file_lock.is_held(path)
    first.close()
    assert not file_lock.is_held(path)
    second = file_lock.hold(path)
    assert second is not None
    second.close()


def test_it_is_told_once_for_a_file(lacking: None, tmp_path: Path) -> None:
    for _ in range(3):
        file_lock.wait_for(tmp_path / "a.lock").close()
    told = file_lock.news()
    assert told is not None
    assert str(tmp_path) in told
    file_lock.wait_for(tmp_path / "a.lock").close()
    assert file_lock.news() is None


def test_one_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    first = holder(path, without_flock())
    assert said(first) == "held"
    second = holder(path, without_flock())
    assert said(second) == "not held"
    end(second)
    first.send_signal(signal.SIGKILL)
    end(first)
    third = holder(path, without_flock())
    assert said(third) == "held"
    end(third)


def test_who_has_flock_heeds_who_has_not(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    without = holder(path, without_flock())
    assert said(without) == "held"
    assert file_lock.hold(path) is None
    end(without)
    with_it = file_lock.hold(path)
    assert with_it is not None
    late = holder(path, without_flock())
    assert said(late) == "not held"
    end(late)
    with_it.close()


def test_another_host_is_believed_until_it_is_silent_for_long(lacking: None, tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    owned = tmp_path / "a.lock.owner"
    owner = file_lock.Owner("0123456789abcdef", "elsewhere", "another boot", os.getpid(), "")
    path.write_text("no flock\n")
    owned.write_bytes(msgspec.json.encode(owner))
    assert file_lock.hold(path) is None
    assert file_lock.is_held(path)
    now = owned.stat().st_mtime
    os.utime(owned, (now, now - file_lock.GONE - 5))
    assert not file_lock.is_held(path)
    held = file_lock.hold(path)
    assert held is not None
    held.close()


def test_a_number_that_another_process_has_by_now_is_no_owner(lacking: None, tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    me = file_lock._me()
    path.write_text("no flock\n")
    stale = msgspec.structs.replace(me, born="1")
    (tmp_path / "a.lock.owner").write_bytes(msgspec.json.encode(stale))
    held = file_lock.hold(path)
    assert held is not None
    held.close()


def test_who_was_taken_for_gone_writes_no_more(lacking: None, tmp_path: Path) -> None:
    shelf: JsonStore[int] = JsonStore(tmp_path / "a.json", int, "things", "lost")

    def change() -> None:
        with shelf.changed() as things:
            things["a"] = 1
            (tmp_path / "a.lock.owner").write_text("{}")

    with pytest.raises(StoreError, match="has taken over"):
        change()
    assert not (tmp_path / "a.json").exists()


COUNT = (
    "import sys; from pathlib import Path; from tui.storage.json_store import JsonStore\n"
    "shelf = JsonStore(Path(sys.argv[1]), int, 'numbers', 'lost')\n"
    "won = 0\n"
    "sys.stdin.readline()\n"
    "for n in range(30):\n"
    "    with shelf.changed() as numbers: numbers['n'] = numbers.get('n', 0) + 1\n"
    "    won += shelf.swap(f'right {n}', 0, n + 1)\n"
    "print(won)\n"
)


@pytest.mark.wide
def test_of_many_processes_each_changes_what_the_one_before_left(tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    shelf: JsonStore[int] = JsonStore(path, int, "numbers", "lost")
    with shelf.changed() as numbers:
        numbers.update({f"right {n}": 0 for n in range(30)})
    # Two that have flock, and two that have not, as of hosts that mount a home in different ways.
    (tmp_path / "numbers.lock").write_text("no flock\n")
    many = [start(before + COUNT, path) for before in ("", "", without_flock(), without_flock(errno.ENOLCK))]
    won = [int(process.communicate("go\n", timeout=120)[0]) for process in many]
    assert shelf.all()["n"] == 120
    assert sum(won) == 30, "each right is had by one alone"


TAKE_OVER = (
    "import sys; from pathlib import Path; from tui.files import file_lock\n"
    "sys.stdin.readline()\n"
    "held = file_lock.hold(Path(sys.argv[1]))\n"
    "print('held' if held else 'not held', flush=True)\n"
    "sys.stdin.readline()\n"
)


@pytest.mark.wide
def test_of_many_that_find_a_dead_owner_one_takes_over(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    dead = holder(path, without_flock())
    assert said(dead) == "held"
    dead.kill()
    end(dead)
    many = [start(without_flock() + TAKE_OVER, path) for _ in range(4)]
    for process in many:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [said(process) for process in many]
    for process in many:
        process.communicate("\n", timeout=30)
    assert answers.count("held") <= 1
    # Those that came in each other's way try again, as a recorder does with its next poll.
    last = holder(path, without_flock())
    assert said(last) == "held"
    end(last)


def test_acting_works_without_flock(lacking: None, tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "state" / "actions.jsonl", origin="x")
    ident = log.intent("stop", "p", "n", {})
    log.outcome(ident, "done", "stopped")
    assert [entry.phase for entry in entries(log.path)] == ["intent", "outcome"]
    right, other = ProcessClaim(tmp_path / "a.enforcer"), ProcessClaim(tmp_path / "a.enforcer")
    assert right.taken()
    assert not other.taken()
    assert is_claimed(tmp_path / "a.enforcer")
    right.close()
    assert other.taken()
    other.close()
    assert not is_claimed(tmp_path / "a.enforcer")
    assert not [path.name for path in tmp_path.iterdir() if "enforcer" in path.name]


def test_a_log_that_somebody_holds_for_ever_names_who(
    lacking: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_lock, "WAIT", 0.01)
    held = file_lock.hold(tmp_path / "actions.lock")
    assert held is not None
    with pytest.raises(AuditLogError, match=rf"held by process {os.getpid()} on .*nothing was sent"):
        AuditLog(tmp_path / "actions.jsonl", origin="x").intent("stop", "p", "n", {})
    held.close()


async def test_the_recorder_records_without_flock(lacking: None, tmp_path: Path) -> None:
    first, second = (Recorder(tmp_path, "u", account="a") for _ in range(2))
    path = tmp_path / "archive" / "x.sqlite"
    assert first._may_write(path)
    assert not second._may_write(path)
    first._close()
    assert second._may_write(path)
    second._close()


def test_of_two_that_open_a_file_one_is_first_until_it_closes(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("")
    with path.open() as one, path.open() as other:
        assert file_lock.is_first(one.fileno())
        assert not file_lock.is_first(other.fileno())
        one.close()
        assert file_lock.is_first(other.fileno())


def test_without_locks_both_are_first(lacking: None, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("")
    with path.open() as one, path.open() as other:
        assert file_lock.is_first(one.fileno())
        assert file_lock.is_first(other.fileno())
