"""The order of typing is the order of effect: bursts of keys in a real terminal, each dialog compared with a model."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal, podtop

SHORT, FULL, PARTS = 24, 1000, 10
"""Bursts of a run of the suite, of a long one, and how many terminals those are typed into."""
GAPS = (0.0, 0.0, 0.01, 0.03, 0.06)
MOVES = ("j", "k", "g", "G", " ", "\x1b[B", "\x1b[A", "\x1b[H", "\x1b[F", "\x1bOB")
ROW = re.compile(r"│ . (?:running|stopped|idle \S+|booting \S+) +(?:✓ )?(\S+) ")
TITLE = re.compile(r"─ Terminate (\S+?)(?: pods)? ─")


class Model:
    """What a list does with keys."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._row = 0
        self._marks: list[str] = []

    def key(self, key: str) -> None:
        last = len(self._names) - 1
        if key == " ":
            name = self._names[self._row]
            if name in self._marks:
                self._marks.remove(name)
            else:
                self._marks.append(name)
        self._row = {
            "g": 0, "\x1b[H": 0, "G": last, "\x1b[F": last, "k": max(0, self._row - 1), "\x1b[A": max(0, self._row - 1),
        }.get(key, min(last, self._row + 1))  # fmt: skip

    @property
    def meant(self) -> str:
        """What the title of a dialog says: the name of a pod, or how many there are."""
        if len(self._marks) > 1:
            return str(len(self._marks))
        return self._marks[0] if self._marks else self._names[self._row]

    def clear(self) -> bool:
        marked, self._marks = bool(self._marks), []
        return marked


def names_on(terminal: Terminal) -> list[str]:
    return [match[1] for line in terminal.text.splitlines() if (match := ROW.match(line))]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A simulated RunPod whose pods stay as they are."""
    command = [sys.executable, "-m", "tui", "simulate", "--port", "0", "--pods", "9", "--seed", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield next(word for word in server.stdout.readline().split() if word.startswith("http")).rstrip(",")
        server.terminate()


@pytest.fixture
def by_name(url: str, tmp_path: Path) -> Iterator[Terminal]:
    """The pods sorted by their names; the cursor is on the first."""
    environ = {"PODTOP_TOUR": "0", "HOME": str(tmp_path), "RUNPOD_API_KEY": "demo-key"}
    terminal = podtop("--api-url", url, "--no-record", env=environ)
    terminal.wait_for("GPU util")
    terminal.wait_for("SECURE")
    terminal.type("o")
    terminal.wait_for("NAME▲")
    yield terminal
    terminal.signal(signal.SIGTERM)
    terminal.end()


def ask(terminal: Terminal) -> None:
    """Until a dialog is there for the T that was typed; again where that was too soon behind what closed.

    How long that is depends on the machine; moves count all the while.
    """
    for _ in range(8):
        until = time.monotonic() + 3.0
        while "─ Terminate " not in terminal.text and time.monotonic() < until:
            terminal.listen(0.05)
        if "─ Terminate " in terminal.text:
            return
        terminal.type("T")
    terminal.wait_for("─ Terminate ")


def bursts(terminal: Terminal, count: int, seed: int) -> None:
    rnd = random.Random(seed)
    names = names_on(terminal)
    assert len(names) > 4
    model = Model(names)
    for number in range(count):
        gap = GAPS[number % len(GAPS)]
        keys = [rnd.choice(MOVES) for _ in range(rnd.randint(1, 9))]
        for key in keys:
            model.key(key)
        if gap:
            for key in (*keys, "T"):
                terminal.type(key)
                time.sleep(gap)
        else:
            terminal.type("".join((*keys, "T")))
        ask(terminal)
        title = TITLE.search(terminal.text)
        assert title is not None
        assert title[1] == model.meant, f"burst {number}: {keys} with {gap} s between"
        terminal.leave("─ Terminate ")
        if model.clear():
            terminal.leave("✓")


def test_an_action_never_overtakes_a_move(by_name: Terminal) -> None:
    bursts(by_name, SHORT, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 2 + PARTS))
def test_an_action_never_overtakes_a_move_in_a_thousand_bursts(seed: int, by_name: Terminal) -> None:
    bursts(by_name, FULL // PARTS, seed)


def test_what_is_typed_behind_a_screen_a_filter_or_a_pane_is_for_what_comes(by_name: Terminal) -> None:
    terminal = by_name
    names = names_on(terminal)
    # Words for a filter, behind the key of another screen.
    terminal.type("2/4090\r")
    terminal.wait_for("/4090")
    assert "Market" in terminal.text
    assert "/4090" in next(line for line in terminal.text.splitlines() if "╭" in line)
    terminal.type("1")
    terminal.wait_for("NAME▲")
    # The filter is the market's.
    terminal.wait_until(lambda: names_on(terminal) == names)
    # A filter that is kept, and what is left is stopped.
    terminal.type("/qwen\rT")
    terminal.wait_for("─ Terminate qwen")
    terminal.leave("─ Terminate qwen")
    terminal.type("\x1b")
    terminal.wait_for(names[0])
    # To the pod under the cursor, and into the pod.
    terminal.type("gjj\rT")
    terminal.wait_for(f"─ Terminate {names[2]} ")
    terminal.leave("─ Terminate ")
    terminal.type("\x1b")
    # An escape and what follows at once are one key.
    terminal.listen(0.6)
    terminal.wait_for("NAME▲")
    # Over the panes: the market has no pod to terminate, and back.
    terminal.type("G\t\t\tT")
    terminal.wait_for(f"─ Terminate {names[-1]} ")
    terminal.leave("─ Terminate ")


def test_pieces_of_key_sequences_do_nothing(by_name: Terminal) -> None:
    terminal = by_name
    names = names_on(terminal)
    for first, rest in (
        ("\x1b", "[D"),
        ("\x1b[", "S"),
        ("\x1bO", "S"),
        ("\x1b[<0;12;", "5M"),
        ("\x1b[200~S", "TD\x1b[201~"),
    ):
        terminal.type(first)
        time.sleep(0.25)
        terminal.type(rest)
    # Only this is a key: had one of those opened anything, it would be deaf.
    terminal.type("GT")
    terminal.wait_for(f"─ Terminate {names[-1]} ")
    terminal.leave("─ Terminate ")
