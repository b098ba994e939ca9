"""`Runner`: does automatically, at most once, what the user scheduled, when its time has come."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from tui.domain.user_message import UserMessage
from tui.storage.json_store import JsonStore, ProcessClaim, StoreError

if TYPE_CHECKING:
    from tui.api.orders import DeployOrder, RentOrder
    from tui.domain.action import Command
    from tui.domain.operations import Outcome
    from tui.services.messages import Messages
    from tui.store.fleet import Fleet

T = TypeVar("T")


class Does(Protocol):
    """Carries operations out: an `Executor`."""

    def start(self, command: Command, by: str = ...) -> asyncio.Task[Outcome]: ...

    def deploy(
        self, order: DeployOrder | RentOrder, by: str = ..., agreed: float | None = ...
    ) -> asyncio.Task[Outcome]: ...


class Runner(ABC, Generic[T]):
    """Checks once a second a file that several podtops share, and the polled data.

    store: the scheduled items, by name.
    claim: the file that this podtop claims, so that others see it, or its claim.
    """

    def __init__(
        self,
        store: JsonStore[T],
        claim: Path | ProcessClaim,
        fleet: Fleet,
        messages: Messages,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._claim = ProcessClaim(claim) if isinstance(claim, Path) else claim
        self._fleet = fleet
        self._messages = messages
        self._clock = clock
        self._trouble = ""
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Check once a second, until cancelled."""
        try:
            while True:
                self.look()
                await sleep(1.0)
        finally:
            self.close()

    def close(self) -> None:
        """Release the claim."""
        self._claim.close()

    def look(self) -> None:
        """Do what is due now. The same trouble with the file is reported once."""
        try:
            self._look(dict(self._store.all()), self._clock())
            self._trouble = ""
        except (StoreError, OSError) as error:
            self._complain(error)

    @abstractmethod
    def _look(self, things: dict[str, T], now: float) -> None:
        """Do what is due now for the items in the file. Raises StoreError."""

    def _complain(self, error: Exception) -> None:
        if str(error) != self._trouble:
            self._trouble = str(error)
            self._messages.post(UserMessage(str(error)))

    def _is_first(self, name: str, old: T, sending: T) -> bool:
        """Write to disk that something is about to be sent: whatever happens to podtop now, nobody sends it again.

        False if somebody else changed or sent it before. Raises StoreError.
        """
        return self._store.swap(name, old, sending)

    def _begin(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run slow work in a task: other items are handled in the meantime."""

        async def begun() -> None:
            try:
                await work()
            except StoreError as error:
                self._complain(error)

        task = asyncio.get_running_loop().create_task(begun())
        self._tasks[name] = task
        task.add_done_callback(lambda _: self._tasks.pop(name, None))
