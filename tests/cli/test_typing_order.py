"""The order of typing is the order of effect: bursts of keys in a real terminal, each dialog compared with a model."""

from __future__ import annotations

import random
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli.conftest import served
from tests.cli.terminal import PATIENCE, Terminal, podtop

SHORT, FULL, PARTS, AT_ONCE = 5, 1000, 5, 4
"""Bursts of a run of the suite, of a long one, in how many parts that is, and how many terminals each types into."""
one_terminal = pytest.mark.xdist_group("typing")
"""Tests that share one start of podtop run in one worker."""

GAPS = (0.0, 0.0, 0.01, 0.03, 0.06)
MOVES = ("j", "k", "g", "G", " ", "\x1b[B", "\x1b[A", "\x1b[H", "\x1b[F", "\x1bOB")
PODS = 9
ROW = re.compile(r"│ . [a-z]+(?: \d\S*)? +(?:✓ )?([a-z]\S+) ")
"""Whatever its state: a spot pod is outbid after some minutes."""
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

    def go_home(self) -> None:
        self._row = 0

    def clear(self) -> bool:
        marked, self._marks = bool(self._marks), []
        return marked


def names_on(terminal: Terminal) -> list[str]:
    names = [match[1] for line in terminal.text.splitlines() if (match := ROW.match(line))]
    assert not any(name.endswith("…") for name in names), terminal.text
    return names


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A simulated RunPod whose pods stay as they are."""
    with served(str(tmp_path_factory.mktemp("server")), "--pods", str(PODS), "--seed", "7") as address:
        yield address


def sorted_by_name(url: str, home: Path) -> Terminal:
    """The pods sorted by their names; the cursor is on the first."""
    # As the pods idle, and are outbid, their status takes more room: no name is cut for that, for it is compared.
    settings = home / "columns.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[columns]\nfleet = ["status", "name", "gpu", "cost"]\n')
    environ = {
        "PODTOP_TOUR": "0", "HOME": str(home), "RUNPOD_API_KEY": "demo-key", "PODTOP_CONFIG": str(settings),
    }  # fmt: skip
    terminal = podtop("--api-url", url, "--no-record", env=environ)
    # The first pod may be one that has been outbid, and has no samples. With the pods there is the map of their GPUs.
    terminal.wait_for("Telemetry")
    terminal.wait_for("GPU map")
    # The letter is for the menu that the key before it opens.
    terminal.type("on")
    terminal.wait_for("NAME▲")
    # The titles may be there before the rows of the same frame.
    terminal.wait_until(lambda: len(names := names_on(terminal)) == PODS and names == sorted(names))
    return terminal


@pytest.fixture(scope="module")
def shared(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    terminal = sorted_by_name(url, tmp_path_factory.mktemp("home"))
    yield terminal
    terminal.signal(signal.SIGTERM)
    terminal.end()


@pytest.fixture
def by_name(shared: Terminal) -> Terminal:
    """One terminal for all, as it was at first."""
    shared.listen(0.6)
    shared.type("g")
    return shared


def busy(terminal: Terminal) -> bool:
    """Whether podtop has something to do, or waits for its turn on a busy machine: a dialog may come yet."""
    stat = Path(f"/proc/{terminal.pid}/stat")
    for _ in range(8):
        terminal.listen(0.05)
        if stat.read_text().rpartition(")")[2].split()[0] in ("R", "D"):
            return True
    return False


def asked(terminal: Terminal) -> bool:
    """Whether a dialog comes for the T that was typed."""
    began = time.monotonic()
    while TITLE.search(terminal.text) is None and (time.monotonic() < began + 3.0 or busy(terminal)):
        assert time.monotonic() < began + PATIENCE, f"it is busy for ever; the screen:\n{terminal.text}"
        terminal.listen(0.05)
    return TITLE.search(terminal.text) is not None


def burst(terminal: Terminal, model: Model, keys: list[str], gap: float) -> None:
    """Type keys and a T until a dialog comes.

    Too soon behind what closed, which depends on the machine, moves count, and neither marks nor T do: where no dialog
    comes the cursor is anywhere, and goes to where it is known to be.
    """
    for _ in range(8):
        for key in keys:
            model.key(key)
        if gap:
            for key in (*keys, "T"):
                terminal.type(key)
                time.sleep(gap)
        else:
            terminal.type("".join((*keys, "T")))
        if asked(terminal):
            return
        model.clear()
        terminal.leave("✓")
        terminal.listen(1.0)
        terminal.type("g")
        terminal.listen(1.0)
        model.go_home()
    terminal.wait_for("─ Terminate ")


def bursts(terminal: Terminal, count: int, seed: int) -> None:
    rnd = random.Random(seed)
    names = names_on(terminal)
    assert len(names) == PODS
    model = Model(names)
    for number in range(count):
        gap = GAPS[number % len(GAPS)]
        keys = [rnd.choice(MOVES) for _ in range(rnd.randint(1, 9))]
        burst(terminal, model, keys, gap)
        title = TITLE.search(terminal.text)
        assert title is not None
        assert title[1] == model.meant, f"burst {number}: {keys} with {gap} s between"
        terminal.leave("─ Terminate ")
        if model.clear():
            terminal.leave("✓")


@one_terminal
def test_an_action_never_overtakes_a_move(by_name: Terminal) -> None:
    bursts(by_name, SHORT, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_an_action_never_overtakes_a_move_in_a_thousand_bursts(part: int, url: str, tmp_path: Path) -> None:
    # Most of the time a terminal waits until keys count again: others are typed into meanwhile.
    terminals = [sorted_by_name(url, tmp_path / str(number)) for number in range(AT_ONCE)]
    try:
        with ThreadPoolExecutor(AT_ONCE) as hands:
            done = [
                hands.submit(bursts, terminal, FULL // PARTS // AT_ONCE, 2 + part * AT_ONCE + number)
                for number, terminal in enumerate(terminals)
            ]
            for each in done:
                each.result()
    finally:
        for terminal in terminals:
            terminal.signal(signal.SIGTERM)
            terminal.end()


@one_terminal
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


@one_terminal
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
