"""The subset of Markdown: what it parses to, and that nothing outside of it passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.commands.topics.markdown import (
    Bullets,
    Code,
    Heading,
    MarkdownError,
    Paragraph,
    Span,
    Table,
    parse,
    spans,
)

PAGE = """\
# Title: what it is about
A paragraph
over two lines.
- one item
  over two lines
- `another`

| Key | Action |
|---|---|
| `\\|` | a bar |
| `x` | |
<!-- a comment -->

```sh
podtop  once

# not a heading
```
| | |
|---|---|
| a | b |
"""


def test_a_page_is_parsed_block_by_block() -> None:
    assert parse(PAGE) == (
        Heading(1, "Title: what it is about"),
        Paragraph("A paragraph over two lines."),
        Bullets(("one item over two lines", "`another`")),
        Table(("Key", "Action"), (("`|`", "a bar"), ("`x`", ""))),
        Code("sh", ("podtop  once", "", "# not a heading")),
        Table((), (("a", "b"),)),
    )


@pytest.mark.parametrize(
    "text",
    [
        "1. numbered", "> quoted", "#### too deep", "* starred", "![a picture](x.svg)", " indented", "```\nopen",
        "| no | rule |", "| a | b |\n|---|---|\n| one cell |",
    ],
)  # fmt: skip
def test_what_is_outside_the_subset_is_an_error_with_its_line(text: str) -> None:
    with pytest.raises(MarkdownError, match="line 3"):
        parse(f"# Title\n\n{text}")


def test_code_emphasis_and_links_are_spans() -> None:
    assert spans("a `b *c*` *d e* [f](g.md) 2*3*4 * `h") == (
        Span("text", "a "),
        Span("code", "b *c*"),
        Span("text", " "),
        Span("emphasis", "d e"),
        Span("text", " "),
        Span("link", "f", "g.md"),
        Span("text", " 2*3*4 * `h"),
    )


@given(st.text())
def test_spans_lose_no_text(text: str) -> None:
    found = spans(text)
    marks = {"text": 0, "code": 2, "emphasis": 2, "link": 4}
    assert sum(len(span.text) + len(span.target) + marks[span.kind] for span in found) == len(text)


@given(st.text(alphabet="#|-` \n*[]()ab.1<!>\\"))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        blocks = parse(text)
    except MarkdownError:
        return
    assert all(blocks)
