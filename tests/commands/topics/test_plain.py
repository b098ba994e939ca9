"""Topics as text: nothing wider than asked, no word lost, code in one piece."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.generate_topics import made
from tui.commands.topics import TOPICS, source
from tui.commands.topics.markdown import Bullets, Code, Heading, Paragraph, Table, parse
from tui.commands.topics.plain import inline, render
from tui.format.width import width

WORDS = st.lists(st.text(alphabet="abcdé –→", min_size=1, max_size=12), min_size=1).map(" ".join)


def test_every_kind_of_block_has_its_shape() -> None:
    page = (
        Heading(1, "Title: about"),
        Paragraph("See [keys](keys.md), [the site](https://example.com) and *this*."),
        Bullets(("`one two` is never split here", "b")),
        Table(("Key", "Action"), (("`x`", "does `y`"),)),
        Code("sh", ("podtop once",)),
    )
    assert render(page, 30) == (
        "Title: about\n"
        "\n"
        "  See `podtop help keys`, the\n"
        "  site (https://example.com)\n"
        "  and this.\n"
        "\n"
        "  - `one two` is never split\n"
        "    here\n"
        "  - b\n"
        "\n"
        "  Key  Action\n"
        "  x    does `y`\n"
        "\n"
        "    podtop once\n"
    )


def test_code_moves_to_the_next_line_in_one_piece() -> None:
    lines = render((Paragraph("one word then `podtop once market --json` at the end"),), 32).splitlines()
    assert any("`podtop once market --json`" in line for line in lines)


def test_code_that_is_longer_than_a_line_is_broken_at_its_spaces() -> None:
    lines = render((Paragraph(f"`{'podtop once ' * 5}`"),), 30).splitlines()
    assert all(len(line) <= 30 for line in lines)
    assert " ".join(" ".join(lines).split()) == f"`{'podtop once ' * 5}`"


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4), st.integers(44, 80))
def test_a_table_fits_and_loses_no_word(rows: list[tuple[str, str, str]], room: int) -> None:
    text = render((Table((), tuple(rows)),), room)
    assert all(width(line) <= room for line in text.splitlines())
    letters = sorted("".join("".join(row) for row in rows).replace(" ", ""))
    assert sorted(text.replace(" ", "").replace("\n", "")) == letters


@pytest.mark.parametrize("name", TOPICS)
@pytest.mark.parametrize("room", [40, 80])
def test_every_topic_fits(name: str, room: int) -> None:
    lines = render(parse(source(name)), room).splitlines()
    code = {f"    {line}" for block in parse(source(name)) if isinstance(block, Code) for line in block.lines}
    assert all(width(line) <= room or line in code for line in lines)


@pytest.mark.parametrize("name", TOPICS)
def test_code_of_topics_fits_into_eighty_columns(name: str) -> None:
    for block in parse(source(name)):
        if isinstance(block, Code) and name != "scripts":
            assert all(len(line) <= 76 for line in block.lines)


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_has_a_title_with_its_name_and_what_it_is_about(name: str) -> None:
    first, *rest = parse(source(name))
    assert isinstance(first, Heading)
    assert first.level == 1
    title, _, about = first.text.partition(": ")
    assert title.lower() == name
    assert about
    assert not [block for block in rest if isinstance(block, Heading) and block.level == 1]


@pytest.mark.parametrize("name", TOPICS)
def test_links_lead_to_topics(name: str) -> None:
    for block in parse(source(name)):
        if isinstance(block, Paragraph):
            for word in inline(block.text).split("`"):
                topic = word.replace("\N{NO-BREAK SPACE}", " ").partition("podtop help ")[2]
                assert not topic or topic in (*TOPICS, "TOPIC")


@pytest.mark.parametrize("name", TOPICS)
def test_what_is_made_from_the_program_is_as_the_program_has_it(name: str) -> None:
    assert source(name) == made(source(name)), "make it anew: python -m tests.generate_topics"
