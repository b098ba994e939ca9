"""Idle stops with two processes of one account: one has the duty, a kill -9 passes it on, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.services.test_auto_runner import IDLE, Stand
from tui.domain.action import Command
from tui.domain.operations import Outcome

FORK = multiprocessing.get_context("fork")


class Child(Stand):
    """The podtop of a process, which does what it is told to: poll for some minutes, and say what it has sent."""

    def __init__(self, folder: Path, sends: Path) -> None:
        super().__init__(folder)
        self.sends = sends
        self.dies = False

    def start(self, command: Command, by: str = "") -> asyncio.Future[Outcome]:
        with self.sends.open("a") as file:
            file.write(f"{os.getpid()} {command.action} {command.pod}\n")
        if self.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().start(command, by)


def _serve(folder: Path, sends: Path, orders: Connection) -> None:
    stand = Child(folder, sends)

    async def obey() -> None:
        while True:
            match orders.recv():
                case "dies when it sends":
                    stand.dies = True
                case minutes:
                    await stand.polls(minutes, IDLE)
            orders.send(stand.words())

    asyncio.run(obey())


class Podtop:
    """One process."""

    def __init__(self, folder: Path) -> None:
        self.orders, theirs = FORK.Pipe()
        self.process = FORK.Process(target=_serve, args=(folder, folder / "sends", theirs), daemon=True)
        self.process.start()
        theirs.close()

    def does(self, order: object) -> str:
        """Its messages so far; empty if it has died."""
        try:
            self.orders.send(order)
            words = self.orders.recv()
        except (EOFError, ConnectionError):
            return ""
        assert isinstance(words, str)
        return words

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Podtop, Podtop]]:
    Stand(tmp_path).arm()
    both = Podtop(tmp_path), Podtop(tmp_path)
    yield both
    for podtop in both:
        podtop.kill()


def sent(folder: Path) -> list[list[str]]:
    path = folder / "sends"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def test_one_warns_and_stops_it_and_the_other_does_neither(two: tuple[Podtop, Podtop], tmp_path: Path) -> None:
    first, second = two
    for _ in range(24):
        said = first.does(5.0), second.does(5.0)
    assert sent(tmp_path) == [[str(first.process.pid), "stop", "a"]]
    assert "exp-7 stops in 10 min" in said[0]
    assert "exp-7" not in said[1]


def test_after_a_kill_the_other_takes_over_and_stops_it_once(two: tuple[Podtop, Podtop], tmp_path: Path) -> None:
    first, second = two
    for _ in range(11):
        words = first.does(5.0)
        second.does(5.0)
    assert "exp-7 stops in 10 min" in words
    first.kill()
    assert sent(tmp_path) == []
    for _ in range(12):
        second.does(5.0)
    assert sent(tmp_path) == [[str(second.process.pid), "stop", "a"]]


def test_what_a_killed_one_may_have_sent_is_not_sent_again(two: tuple[Podtop, Podtop], tmp_path: Path) -> None:
    first, second = two
    first.does("dies when it sends")
    for _ in range(24):
        first.does(5.0)
        words = second.does(5.0)
    assert not first.process.is_alive()
    assert sent(tmp_path) == [[str(first.process.pid), "stop", "a"]]
    assert "idle stop: sent stop exp-7, but it does not show; act manually" in words
