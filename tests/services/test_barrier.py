"""A fault of podtop's own over one answer: written down and told, and the next answer is asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from tests.make import pod, snapshot
from tui.api.cloud import Cloud
from tui.api.errors import CloudError, Malformed, NotOffered, Unforeseen
from tui.api.listener import Listener
from tui.api.models import Market
from tui.config.loader import Config
from tui.domain.user_message import UserMessage
from tui.services.barrier import held, own_fault
from tui.services.monitor import Monitor
from tui.services.pod_inspector import PodInspector
from tui.services.poller import Poller
from tui.services.source import Source
from tui.store.fleet import Fleet

NOW = 1_790_000_000.0
SECRET = "rpa_THISISTHEKEY0123456789"


class Counted(Cloud):
    """Answers at once."""

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}

    def listen(self, listener: Listener) -> None:
        pass

    def _count(self, what: str) -> None:
        self.asked[what] = self.asked.get(what, 0) + 1

    async def fleet(self) -> Any:
        self._count("fleet")
        return snapshot(pod("a", utils=(50,)))

    async def market(self) -> Any:
        self._count("market")
        return Market(())

    async def account(self) -> Any:
        self._count("account")
        raise ZeroDivisionError

    async def hosts(self) -> Any:
        self._count("hosts")
        raise ZeroDivisionError

    async def pod(self, pod_id: str) -> Any:
        self._count("pod")
        return None

    async def stop(self, pod_id: str) -> Any:
        raise AssertionError

    resume = terminate = stop

    async def aclose(self) -> None:
        pass


class Recorder:
    """A recorder that fails over all it is given."""

    async def run(self) -> None:
        raise ZeroDivisionError

    async def opened(self) -> None:
        raise ZeroDivisionError

    def polled(self, *_: Any) -> None:
        raise ZeroDivisionError

    priced = happened = polled


class PlantedFleet(Fleet, dict=True, eq=False):
    """A fleet whose methods can be replaced."""


class Life:
    """A watch that runs, over a fleet, and is asked to ask again at once."""

    def __init__(self, changed: Callable[[], object] = lambda: None, record: bool = False) -> None:
        self.cloud = Counted()
        self.fleet = PlantedFleet(5, 30)
        self.notes: list[str] = []
        source = Source("test", False, lambda: self.cloud, lambda: NOW)  # type: ignore[arg-type, return-value]
        self.watch = Monitor(
            source, Config(), self.fleet, changed, post=self._say, hosts=True,
            record=(lambda say: Recorder()) if record else None,  # type: ignore[arg-type, return-value]
        )  # fmt: skip

    def _say(self, note: UserMessage) -> None:
        self.notes.append(note.text)

    async def until(self, true: Callable[[], bool]) -> None:
        """Run until something is so; it fails where the watch ends before, or asks no more."""
        running = asyncio.create_task(self.watch.run())
        try:
            for _ in range(2000):
                await asyncio.sleep(0.001)
                assert not running.done()
                self.watch.wake()
                if true():
                    return
            pytest.fail("it never came to that")
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def asked(self, what: str, times: int = 4) -> Callable[[], bool]:
        return lambda: self.cloud.asked.get(what, 0) >= times


def fails(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError(f"with {SECRET}")


def planted(life: Life, where: str) -> str:
    """Plant a fault; what is asked for where it stands."""
    match where:
        case "fleet asked":
            life.cloud.fleet = fails  # type: ignore[method-assign]
        case "fleet applied":
            life.fleet.taking = life.fleet.apply = fails  # type: ignore[method-assign]
        case "fleet judged":
            life.watch.chronicle.judging = fails  # type: ignore[method-assign]
        case "fleet applied, and failing fails":
            life.fleet.taking = life.fleet.apply = life.fleet.fail = fails  # type: ignore[method-assign]
        case "market applied":
            life.fleet.taking_market = fails  # type: ignore[method-assign]
            return "market"
        case "topic applied":
            life.fleet.apply_topic = fails  # type: ignore[method-assign]
            life.watch.attend(("account",))
            return "account"
    return "fleet"


@pytest.mark.parametrize(
    "where",
    [
        "fleet applied", "fleet judged", "fleet applied, and failing fails", "market applied", "topic applied",
    ],
)  # fmt: skip
async def test_a_fault_over_one_answer_ends_nothing(where: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "tui")
    life = Life()
    what = planted(life, where)
    await life.until(life.asked(what))
    assert "ZeroDivisionError" in caplog.text
    assert "Traceback" in caplog.text
    if where in ("fleet applied", "fleet judged"):
        assert isinstance(life.fleet.snapshot.error, Unforeseen)
        assert "podtop failed" in str(life.fleet.snapshot.error)
        assert SECRET not in str(life.fleet.snapshot.error)
    if where == "market applied":
        assert isinstance(life.fleet.market.error, Unforeseen)
        assert life.fleet.snapshot.error is None


async def test_a_fault_of_the_cloud_itself_is_a_failed_poll() -> None:
    life = Life()
    life.cloud.fleet = fails  # type: ignore[method-assign]
    await life.until(lambda: life.fleet.snapshot.error is not None)
    assert isinstance(life.fleet.snapshot.error, Unforeseen)


async def test_pods_are_asked_for_again_whatever_a_backend_lacks_on_the_way() -> None:
    life = Life()
    asked = []

    async def lacking() -> Any:
        asked.append(None)
        raise NotOffered("no account here")

    life.cloud.fleet = lacking  # type: ignore[method-assign]
    await life.until(lambda: len(asked) > 1)
    assert isinstance(life.fleet.snapshot.error, Malformed)


async def test_a_fault_while_it_is_shown_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    life = Life(fails)
    await life.until(life.asked("fleet"))
    assert "displaying it" in caplog.text
    assert life.fleet.snapshot.error is None


async def test_a_recorder_that_fails_costs_the_recording_alone(caplog: pytest.LogCaptureFixture) -> None:
    life = Life(record=True)
    await life.until(life.asked("fleet"))
    assert life.fleet.snapshot.error is None
    assert set(life.fleet.records) == {"a"}
    assert len(life.notes) == len(set(life.notes))
    assert any("not recording" in note for note in life.notes)
    assert "ZeroDivisionError" in caplog.text


async def test_the_quiet_question_about_machines_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    life = Life()
    await life.until(lambda: life.asked("hosts", 1)() and life.asked("fleet")())
    assert "loading machines" in caplog.text


async def test_a_look_raises_cloud_errors_and_nothing_else() -> None:
    life = Life()

    async def look() -> None:
        for fault, ask in (("fleet applied", life.watch.look), ("market applied", life.watch.look_at_prices)):
            planted(life, fault)
            with pytest.raises(CloudError):
                await ask()
        looked.set()

    looked = asyncio.Event()
    await life.until(life.asked("fleet", 1))
    life.watch._cloud = life.cloud  # type: ignore[assignment]
    await look()


async def test_a_close_look_goes_on_where_what_stands_beside_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life()
    inspector = PodInspector(life.fleet, lambda: NOW, lambda at: at, lambda: None)
    monkeypatch.setattr(inspector, "_ask_more", fails)
    remembered = 0

    async def remember(*_: Any) -> None:
        nonlocal remembered
        remembered += 1
        if remembered > 1:
            raise ZeroDivisionError

    monkeypatch.setattr(inspector, "_remember", remember)
    task = asyncio.create_task(inspector.follow(life.cloud, lambda: None, "a", 5.0))  # type: ignore[arg-type]
    for _ in range(500):
        await asyncio.sleep(0.001)
        inspector.wake()
        assert not task.done()
        if life.cloud.asked.get("pod", 0) >= 3:
            break
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert life.cloud.asked["pod"] >= 3


async def test_what_runs_beside_ends_alone() -> None:
    told: list[CloudError] = []

    async def work() -> None:
        raise ZeroDivisionError

    await held(work(), "working", told.append)
    assert [type(error) for error in told] == [Unforeseen]


def test_no_value_of_a_variable_is_written_down(caplog: pytest.LogCaptureFixture) -> None:
    def inner(key: str) -> None:
        raise ZeroDivisionError

    try:
        inner(SECRET)
    except ZeroDivisionError as error:
        own_fault(error, "trying")
    assert "inner" in caplog.text
    assert SECRET not in caplog.text


async def test_a_poller_goes_on_after_what_is_no_cloud_error() -> None:
    answers: list[Any] = [ZeroDivisionError(), 7]

    async def fetch() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return int(answer)

    async def wait(event: asyncio.Event, seconds: float) -> None:
        pass

    readings: list[Any] = []
    async for reading in Poller(fetch, 5.0, wait=wait):
        readings.append(reading)
        if len(readings) == 2:
            break
    assert isinstance(readings[0].error, Unforeseen)
    assert readings[1].value == 7
