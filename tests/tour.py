"""Make the tour that the README begins with: `python -m tests.tour`. The demo account from noon on, as a film."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from rich.console import Console
from rich.segment import Segment
from textual.app import App
from textual.pilot import Pilot

from tests.film import Frame, row, svg
from tests.stage import NOON, at_rest, demo_app, settle, still_pollers
from tui.ui.screens.market import MarketScreen

FILE = Path(__file__).parent.parent / "screenshots" / "tour.svg"
SIZE = (100, 30)
LETTER = 0.09
"""Seconds that a letter stands while words are typed."""


class Step(NamedTuple):
    """Keys, what is told meanwhile, how long their end is looked at, and how many seconds pass in the world before.

    until: what stands on the screen then; it may come from a thread.
    """

    keys: tuple[str, ...]
    caption: str
    seconds: float
    passing: float = 0.0
    until: str = ""


POLL = ("ctrl+r",)
FLEET = "podtop --demo · pods: what they do, what they cost, when the money runs out"
FIND = "/ narrows what is shown, as it is typed"
LEASE = "t: a lease; podtop stops the pod in time, and the table counts down"
HELP = "?: every key and every sign, to be found by words"
NAMED = ":  everything by its name: pods, GPUs, actions, screens, themes"

SCRIPT = (
    Step((), FLEET, 2.5),
    Step(POLL, FLEET, 0.9, 5),
    Step(POLL, FLEET, 0.9, 5),
    Step(("j",), "j k: the charts follow the cursor", 1.2),
    Step(("j",), "j k: the charts follow the cursor", 1.6),
    Step(("enter",), "enter: all about a pod, to read and to copy", 2.2),
    Step(POLL, "enter: all about a pod, to read and to copy", 1.2, 5),
    Step(("escape",), "esc: back", 0.8),
    Step(("2",), "2: the market, prices of both clouds, stock, and their last day", 2.4),
    Step(("slash", *"vram>=80 price<2.5"), FIND, 0.8),
    Step(("enter", "j"), FIND, 1.4),
    Step(("j",), FIND, 1.2),
    Step(("1",), "1: back to the pods", 0.8),
    Step(("S",), "S: first it says what a stop does to money, to data, and to later", 4.2),
    Step(("escape",), "esc: nothing was sent", 1.4),
    Step(("t",), LEASE, 1.2),
    Step(tuple("8h"), LEASE, 1.0),
    Step(("enter",), LEASE, 1.8, until="■ 8h 00m"),
    Step(POLL, LEASE, 1.2, 5),
    Step(("question_mark",), HELP, 2.0),
    Step(("slash", *"idle"), HELP, 1.6),
    Step(("escape", "escape"), NAMED, 0.5),
    Step(("colon",), NAMED, 1.3),
    Step(tuple("h100sxm"), NAMED, 1.0),
    Step(("enter",), NAMED, 2.4),
    Step(("1",), "q: quit (pods keep running)", 2.2),
)


def taken(app: App[None], caption: str, seconds: float) -> Frame:
    """What the app shows now."""
    width, height = app.size
    console = Console(
        width=width, height=height, file=io.StringIO(), force_terminal=True, color_system="truecolor", record=True,
        legacy_windows=False, safe_box=False,
    )  # fmt: skip
    console.print(app.screen._compositor.render_update(full=True, screen_stack=app._background_screens, simplify=True))
    segments = Segment.filter_control(console._record_buffer)
    lines = list(Segment.split_and_crop_lines(segments, width, include_new_lines=False))[:height]
    return Frame(tuple(row(line) for line in lines), caption, seconds)


def merged(frames: Iterable[Frame]) -> tuple[Frame, ...]:
    """Frames that show the same as the one before make that one longer."""
    found: list[Frame] = []
    for frame in frames:
        if found and found[-1][:2] == frame[:2]:
            found[-1] = found[-1]._replace(seconds=found[-1].seconds + frame.seconds)
        else:
            found.append(frame)
    return tuple(found)


async def come(pilot: Pilot[None], words: str) -> None:
    """Until the words stand on the screen. What shows them may wait for the next second."""
    for _ in range(500):
        text = "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
        if words in text:
            return
        await pilot.pause(0.01)
    raise AssertionError(f"{words!r} never came:\n{text}")


async def played(script: Sequence[Step], size: tuple[int, int] = SIZE) -> tuple[Frame, ...]:
    """The frames of a script."""
    passed = [0.0]
    app = demo_app(wall=lambda: NOON + passed[0])
    frames: list[Frame] = []
    # How many requests there were depends on the machine's own clock: nothing in a film may.
    unmetered = patch.object(MarketScreen, "_meter", lambda screen: ())
    with still_pollers(), unmetered:
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            for keys, caption, seconds, passing, until in script:
                passed[0] += passing
                for key in keys[:-1]:
                    await settle(pilot, key)
                    await at_rest(pilot)
                    frames.append(taken(app, caption, LETTER))
                await settle(pilot, *keys[-1:])
                await come(pilot, until)
                await at_rest(pilot)
                frames.append(taken(app, caption, seconds))
    return merged(frames)


def main(path: Path) -> None:
    frames = asyncio.run(played(SCRIPT))
    film = svg(frames, *SIZE, "A tour of podtop on its demo account")
    path.parent.mkdir(exist_ok=True)
    path.write_text(film, "utf-8")
    length = sum(frame.seconds for frame in frames)
    sys.stdout.write(f"{path}: {len(frames)} frames, {length:.0f} s, {len(film.encode()) / 1000:.0f} kB\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
