"""A terminal that stops reading holds neither the event loop nor the end of podtop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import signal
from collections.abc import Iterator
from threading import Event, Thread

import pyte
import pytest
from textual.app import App

from tests.bench.terminal import for_pyte
from tui.ui.terminal import driver as paced
from tui.ui.terminal.driver import CUT_OFF, LAST_WORDS, MOST_WAITING, Outlet, PacedDriver, open_terminal
from tui.ui.terminal.scrolling import Scroll


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """The driver takes these over."""
    names = (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)
    before = {name: signal.getsignal(name) for name in names}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Stands for a terminal that is read from when a test does so."""
    out, into = os.pipe()
    os.set_blocking(into, False)
    os.set_blocking(out, False)
    yield out, into
    for fd in (out, into):
        with contextlib.suppress(OSError):
            os.close(fd)


def read(fd: int) -> bytes:
    """All that has arrived."""
    data = b""
    with contextlib.suppress(BlockingIOError):
        while piece := os.read(fd, 1 << 16):
            data += piece
    return data


def offer(outlet: Outlet, *texts: str) -> None:
    for text in texts:
        outlet.offered += 1
        outlet.write(text)


def until_stuck(outlet: Outlet) -> None:
    for _ in range(60_000):
        if outlet._stuck:
            return
        Event().wait(0.001)
    raise AssertionError("it is never stuck")


def test_an_outlet_is_empty_when_all_has_gone(pipe: tuple[int, int]) -> None:
    told: list[bool] = []
    outlet = Outlet(pipe[1], lambda: told.append(True))
    assert outlet.empty
    offer(outlet, "é", "b")
    outlet.awaited = True
    assert (outlet.empty, outlet.waiting, told) == (False, 2, [])
    outlet.flush()
    outlet.flush()
    assert (outlet.empty, outlet.waiting, told) == (True, 0, [True])
    assert read(pipe[0]) == "éb".encode()


def test_a_terminal_that_has_gone_is_not_written_to_for_ever(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    outlet = Outlet(pipe[1], lambda: None)
    offer(outlet, "frame", "frame")
    outlet.flush()
    assert not outlet.empty


def test_last_words_do_not_queue_behind_a_frame_that_is_stuck(pipe: tuple[int, int]) -> None:
    outlet = Outlet(pipe[1], lambda: None)
    offer(outlet, "x" * 1_000_000, "frame")
    writer = Thread(target=outlet.flush)
    writer.start()
    until_stuck(outlet)
    outlet.hurry()
    offer(outlet, "farewell")
    got = b""
    while writer.is_alive():
        got += read(pipe[0])
        writer.join(0.001)
    outlet.flush()
    got += read(pipe[0])
    assert got.endswith(b"x" + CUT_OFF.encode() + b"farewell")
    assert len(got) < 1_000_000


def test_what_is_written_behind_a_frame_that_is_dropped_is_sent(pipe: tuple[int, int]) -> None:
    outlet = Outlet(pipe[1], lambda: None)
    # The thread takes what has gathered at once: the frame, or what was written after it too.
    for behind in ((), ("farewell",)):
        outlet._stuck = True
        offer(outlet, "frame")
        outlet.hurry()
        offer(outlet, *behind)
        outlet.flush()
    # Of this one the terminal has nothing: nothing is to be ended.
    assert read(pipe[0]) == b"farewell"
    outlet.give_up()
    offer(outlet, "nothing more")
    outlet.flush()
    assert read(pipe[0]) == b""


def test_the_shell_has_neither_the_margins_nor_the_colours_of_a_frame_that_was_cut_off() -> None:
    screen = pyte.Screen(20, 10)
    stream = pyte.Stream(screen)
    frame = f"{Scroll(2, 6, 1).sequence}\x1b[1;31mred"
    # Wherever it was cut: in its first sequences, or before they were undone.
    for kept in range(1, len(frame) + 1):
        for ending in (CUT_OFF, LAST_WORDS):
            stream.feed(for_pyte(frame[:kept] + ending))
            assert screen.margins is None
            assert screen.cursor.attrs == screen.default_char


def test_what_is_on_its_way_to_a_terminal_that_reads_is_not_dropped(pipe: tuple[int, int]) -> None:
    outlet = Outlet(pipe[1], lambda: None)
    offer(outlet, "enter")
    outlet.hurry()
    offer(outlet, "leave")
    outlet.flush()
    assert read(pipe[0]) == b"enterleave"


@pytest.fixture
async def driver(monkeypatch: pytest.MonkeyPatch, pipe: tuple[int, int]) -> PacedDriver:
    monkeypatch.setattr(paced, "GRACE", 0.05)
    monkeypatch.setattr(paced, "open_terminal", lambda _: os.dup(pipe[1]))
    made = PacedDriver(App(), size=(80, 24))
    made.sheds = True
    return made


async def taken(driver: PacedDriver) -> None:
    called = asyncio.Event()
    driver.when_ready(called.set)
    await asyncio.wait_for(called.wait(), 10)


RESTORED = b"\x1b[?1049l\x1b[?25h\x1b[?1004l"


async def test_the_loop_goes_on_while_the_terminal_is_stuck(driver: PacedDriver, pipe: tuple[int, int]) -> None:
    assert not driver.ready
    driver.start_application_mode()
    await taken(driver)
    assert driver.ready
    driver.write("x" * 1_000_000)
    called = asyncio.Event()
    driver.when_ready(called.set)
    # Far more than Textual's queue has room for: none of it waits.
    for _ in range(200):
        driver.write("\a")
    await asyncio.sleep(0)
    assert not driver.ready
    assert not called.is_set()
    got = b""
    while not called.is_set():
        got += read(pipe[0])
        await asyncio.sleep(0)
    assert driver.ready
    got += read(pipe[0])
    assert got.count(b"x") == 1_000_000
    driver.stop_application_mode()
    assert not driver.ready
    driver.close()
    got += read(pipe[0])
    assert 0 < got.count(b"\a") <= MOST_WAITING
    assert got.endswith(RESTORED)


async def test_who_counts_on_every_write_loses_none(driver: PacedDriver, pipe: tuple[int, int]) -> None:
    driver.sheds = False
    driver.start_application_mode()
    for _ in range(200):
        driver.write("\a")
    driver.stop_application_mode()
    driver.close()
    assert read(pipe[0]).count(b"\a") == 200


async def test_coming_back_is_told(driver: PacedDriver) -> None:
    entered: list[bool] = []
    driver.entered = lambda: entered.append(driver._open)
    driver.start_application_mode()
    driver.suspend_application_mode()
    driver.resume_application_mode()
    assert entered == [True, True]
    driver.suspend_application_mode()


async def test_leaving_does_not_wait_for_a_frame_that_is_stuck(
    driver: PacedDriver, pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paced, "GRACE", 10.0)
    driver.start_application_mode()
    await taken(driver)
    driver.write("x" * 1_000_000)
    outlet = driver._outlet
    assert outlet is not None
    await asyncio.to_thread(until_stuck, outlet)
    driver.stop_application_mode()
    closing = asyncio.create_task(asyncio.to_thread(driver.close))
    got = b""
    while not closing.done():
        got += read(pipe[0])
        await asyncio.sleep(0)
    got += read(pipe[0])
    assert got.count(b"x") < 1_000_000
    assert got.endswith(RESTORED)


async def test_a_terminal_that_never_reads_does_not_keep_podtop_from_ending(driver: PacedDriver) -> None:
    driver.start_application_mode()
    await taken(driver)
    driver.write("x" * 1_000_000)
    driver.stop_application_mode()
    driver.close()
    writer = driver._writer_thread
    assert writer is not None
    assert not writer.is_alive()


def test_a_terminal_is_opened_again_and_the_shell_s_own_is_left_alone() -> None:
    master, slave = pty.openpty()
    again = open_terminal(slave)
    assert not os.get_blocking(again)
    assert os.get_blocking(slave)
    os.write(again, b"x")
    assert os.read(master, 1) == b"x"
    for fd in (again, slave, master):
        os.close(fd)


def test_what_cannot_be_opened_again_is_used_as_it_is(pipe: tuple[int, int]) -> None:
    again = open_terminal(pipe[1])
    os.write(again, b"x")
    assert read(pipe[0]) == b"x"
    os.close(again)
