"""`KeptLog`: lines of logs on their way into the recording, where [signals] keep_log wants them there. Bounded."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from tui.api.secret import masked_start

LONGEST = 2_000
"""Characters of a line that are kept."""

WAITING_LINES, WAITING_CHARACTERS = 2_000, 100_000
"""Of one pod, what waits to be written at most: the newest."""

PODS = 500
"""Pods whose lines wait at most."""


class KeptLine(NamedTuple):
    """A line of a log, and when it was written."""

    at: float
    text: str


class _Waiting:
    """One pod's lines. `first`: the number of the first one of all that it had."""

    def __init__(self) -> None:
        self.lines: deque[KeptLine] = deque()
        self.first = 0
        self.characters = 0

    def drop(self) -> None:
        self.characters -= len(self.lines.popleft().text)
        self.first += 1


class KeptLog:
    """Takes lines in the event loop; the thread of the recording fetches them.

    most:   lines of each pod that the recording keeps.
    hidden: a line without what must not be kept, such as a key.
    """

    def __init__(self, most: int, hidden: Callable[[str], str] = lambda text: text) -> None:
        self.most = most
        self._hidden = hidden
        self._pods: dict[str, _Waiting] = {}
        self._lock = threading.Lock()

    def add(self, pod: str, at: float, text: str) -> None:
        """Another line of a pod."""
        line = KeptLine(at, masked_start(text, LONGEST, self._hidden))
        with self._lock:
            waiting = self._pods.get(pod)
            if waiting is None:
                if len(self._pods) >= PODS:
                    return
                waiting = self._pods[pod] = _Waiting()
            waiting.lines.append(line)
            waiting.characters += len(line.text)
            while len(waiting.lines) > WAITING_LINES or waiting.characters > WAITING_CHARACTERS:
                waiting.drop()

    def waiting(self) -> dict[str, tuple[int, tuple[KeptLine, ...]]]:
        """Of each pod the lines that wait, and the number of the one behind them, for `written`."""
        with self._lock:
            return {
                pod: (waiting.first + len(waiting.lines), tuple(waiting.lines))
                for pod, waiting in self._pods.items()
                if waiting.lines
            }

    def written(self, numbers: Mapping[str, int]) -> None:
        """The lines before these numbers are in the recording."""
        with self._lock:
            for pod, number in numbers.items():
                waiting = self._pods.get(pod)
                while waiting is not None and waiting.lines and waiting.first < number:
                    waiting.drop()

    def only(self, pods: Iterable[str]) -> None:
        """These pods are read; of others, what has been written is forgotten."""
        with self._lock:
            for pod in self._pods.keys() - set(pods):
                if not self._pods[pod].lines:
                    del self._pods[pod]
