"""`AutoFile`: the idle stops that the user has armed for an account, on disk, shared by all podtops of a user."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from tui.domain.auto import DAY, Armed, AutoState
from tui.storage.json_store import JsonStore

_KEY = "state"


class AutoFile(JsonStore[AutoState]):
    """One file per account. Methods block, for milliseconds, and raise StoreError."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.with_name(f"{path.stem}-armed.json"), AutoState, "armed idle stops", "none is armed now")

    def state(self) -> AutoState:
        return self.all().get(_KEY, AutoState())

    def arm(self, armed: Armed) -> None:
        self._change(lambda state: replace(state, armed={**state.armed, armed.target: armed}))

    def disarm(self, target: str) -> bool:
        """Whether it was armed."""
        was = target in self.state().armed
        self._change(lambda state: replace(state, armed={k: v for k, v in state.armed.items() if k != target}))
        return was

    def keep(self, pod: str, until: float, now: float) -> None:
        """Leave a pod alone until an instant; those that are over are forgotten."""
        self._change(
            lambda state: replace(state, kept={**{k: v for k, v in state.kept.items() if v > now}, pod: until})
        )

    def count(self, pod: str, now: float, most: int) -> bool:
        """Count one stop, before it is sent; False if there were `most` within 24 hours."""
        with self.changed() as states:
            state = states.get(_KEY, AutoState())
            if state.stopped_today(now) >= most:
                return False
            states[_KEY] = replace(
                state, stopped=(*(stop for stop in state.stopped if now - stop[1] < DAY), (pod, now))
            )
            return True

    def _change(self, change: Callable[[AutoState], AutoState]) -> None:
        with self.changed() as states:
            states[_KEY] = change(states.get(_KEY, AutoState()))
