"""The film of the README's tour: rows are kept once, told when they stand, and a short script becomes frames."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from rich.segment import Segment
from rich.style import Style

from tests.film import Frame, row, svg
from tests.tour import SCRIPT, Step, merged, played

PLAIN = row([Segment("as it was")])


def test_neighbours_that_look_the_same_are_one_run() -> None:
    bold = Style.parse("bold #ff0000 on #000000")
    made = row([Segment("a"), Segment("b  "), Segment("c", bold), Segment("d", bold)])
    assert [(run.x, run.text, run.ink, run.bold) for run in made] == [
        (0, "ab  ", "", False),
        (4, "cd", "#ff0000", True),
    ]


def test_a_row_that_stays_is_kept_once() -> None:
    frames = [Frame((PLAIN, row([Segment(f"frame <{n}>")])), "told", 1.0) for n in range(4)]
    film = svg(frames, 20, 2, "a & b")
    assert film.count("as it was") == 1
    assert film.count("told") == 1
    assert "@keyframes" in film
    root = ElementTree.fromstring(film)
    assert not [node for node in root.iter() if node.tag.endswith(("script", "image", "foreignObject"))]
    assert "frame <3>" in "".join(root.itertext())
    hidden = [node for node in root.iter() if node.get("visibility") == "hidden"]
    assert len(hidden) == 3, "what stands still shows the first frame"


def test_frames_that_show_the_same_are_one() -> None:
    frame = Frame((PLAIN,), "told", 1.0)
    assert merged([frame, frame, frame._replace(caption="else")]) == (
        frame._replace(seconds=2.0),
        frame._replace(caption="else"),
    )


def test_the_tour_is_neither_short_nor_long() -> None:
    assert 30 <= sum(step.seconds for step in SCRIPT) <= 50


@pytest.mark.wide
async def test_a_script_becomes_frames() -> None:
    frames = await played((Step((), "first", 1.0), Step(("question_mark",), "help", 2.0)), size=(60, 20))
    assert [frame.caption for frame in frames] == ["first", "help"]
    words = ["\n".join("".join(run.text for run in line) for line in frame.rows) for frame in frames]
    assert "llama-70b-pretrain" in words[0]
    assert "Stop pod (volume stays" in words[1]
    assert all(len(frame.rows) == 20 for frame in frames)
