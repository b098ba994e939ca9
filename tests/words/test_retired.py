"""The list itself, and the help topics and the pages of the repository held against it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.generate_topics import PART
from tests.words.retired import RETIRED, Retired, found
from tui.commands.topics import TOPICS, source
from tui.commands.topics.markdown import Bullets, Heading, Paragraph, Table, parse, rendered

ROOT = Path(__file__).parents[2]
OF_THE_SCREEN = ("bindings", "symbols", "faults")
"""Parts of topics whose words are those of the screen and of the simulator."""


def _own(part: re.Match[str]) -> str:
    """A part that is made from the program, where its words are held to the list."""
    return "" if part[2] in OF_THE_SCREEN else part[0]


PAGES = {
    **{name: PART.sub(_own, source(name)) for name in TOPICS},
    **{
        name: (ROOT / name).read_text("utf-8")
        for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md", "tui/README.md")
    },
}
MOST_LINES = 200


def prose(page: str) -> list[str]:
    """The sentences of a page: no code, no pictures, no names of files."""
    texts: list[str] = []
    for block in parse(re.sub(r"(?m)^!\[.*$\n?", "", page)):
        match block:
            case Heading(_, text) | Paragraph(text):
                texts.append(text)
            case Bullets(items):
                texts += items
            case Table(head, rows):
                texts += [cell for row in (head, *rows) for cell in row]
            case _:
                pass
    return [rendered(text, lambda code: "…", lambda label, target: label) for text in texts]


@pytest.mark.parametrize("retired", RETIRED, ids=lambda retired: retired.pattern)
def test_each_pattern_finds_what_it_retires(retired: Retired) -> None:
    assert retired.say in {one.say for one in found(retired.example)}


@pytest.mark.parametrize(
    "text",
    [
        "history 10:41:07 (10m ago) · = live", "Retrying with back-off; ctrl+r retries now", "Press q to quit",
        "no data yet; loading…", "all GPUs idle for 10 min ($1.38/h)", "$2.99/h per GPU; $15.00/month",
        "This cannot be undone.", "Up to 3 attempts, one minute apart, only if RunPod reports no capacity",
        "Keys are ignored for a moment after the dialog opens", "no pod named 'olmo'; did you mean 'olmo-2'",
        "API filters: none (any host, 1 GPU)", "watchdog, remarkable, instantly, striped, retold",
    ],
)  # fmt: skip
def test_plain_words_pass(text: str) -> None:
    assert found(text) == []


def test_words_are_found_in_every_part_of_a_page_but_code() -> None:
    page = "# Anew\n\nAnew `anew`.\n\n- anew\n\n| anew |\n|---|\n| [anew](anew.md) |\n\n```\nanew\n```\n"
    assert [len(found(text)) for text in prose(page)] == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("page", PAGES)
def test_no_sentence_has_a_retired_word(page: str) -> None:
    assert [(text, one) for text in prose(PAGES[page]) for one in found(text)] == []


def test_the_readme_is_short() -> None:
    assert PAGES["README.md"].count("\n") <= MOST_LINES
