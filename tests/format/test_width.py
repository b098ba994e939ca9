"""One width of text, and the same on every terminal: held against rich, pyte and tmux."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.source_trees import PACKAGE, SOURCE, modules, nodes
from tui.format.width import STAND_IN, certain, cut, shown, width, wrapped
from tui.ui.primitives.cells import fit, width_of, wrap
from tui.ui.terminal.cell_buffer import glyphs

ODD = (
    "\u3164", "\u115f", "\u1160", "\uffa0", "\u200b", "\u200d", "\ufe0f", "\U0001f1e9\U0001f1ea", "👩\u200d💻",
    "❤\ufe0f", "\U0001f44d\U0001f3fd", "\U0001fae0", "\u0903", "漢\u0301", "e" + "\u0301" * 9, "\u202e", "\u2066",
    "\ue000", "䷀", "\u1175",
)  # fmt: skip
PLAIN = {"한국어": 6, "ＡＢ": 4, "漢字": 4, "e\u0301": 1, "x\u0323\u0302": 1, "train-sft-01": 12, "😀": 2, "ß€→█": 4}
NAMES = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from([*"".join(ODD)]), st.sampled_from("ab 한漢e\u0301")),
    max_size=24,
)


@pytest.mark.parametrize(("text", "cells"), PLAIN.items())
def test_what_terminals_agree_on_is_drawn_as_it_is(text: str, cells: int) -> None:
    assert width(text) == cells
    assert shown(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", ODD, ids=ascii)
def test_what_they_differ_about_is_seen_as_a_stand_in(text: str) -> None:
    assert STAND_IN in shown(f"a{text}b")
    assert shown(f"a{text}b") != shown("ab")


@given(NAMES, st.integers(0, 30))
def test_what_is_drawn_takes_the_cells_that_were_reckoned_with(text: str, room: int) -> None:
    drawn = shown(text)
    assert shown(drawn) == drawn
    assert cell_len(drawn) == width(drawn) == width(text)
    assert len(glyphs(drawn)) == width(text)
    assert "".join(glyphs(drawn)) == drawn.replace("\n", "")
    assert width(cut(text, room)) <= room
    cell = fit(((text, "text"), (text, "muted")), room)
    assert width_of(cell) == room
    assert all(width_of(line) <= max(2, room) for line in wrap(((text, "text"),), room))


@given(NAMES)
def test_whatever_is_laid_out_by_rich_nothing_uncertain_is_sent(text: str) -> None:
    cells = glyphs(text)
    for at, glyph in enumerate(cells):
        if glyph:
            span = next((n for n, after in enumerate(cells[at + 1 :], 1) if after), len(cells) - at)
            assert width(glyph) == span
            assert shown(unicodedata.normalize("NFC", glyph)) == unicodedata.normalize("NFC", glyph)


def samples(of: int) -> list[str]:
    """A character of each kind, all that are wide and no ideograph, and letters with accents; one of so many."""
    found = [chr(n) for n in range(0x20, 0x3000, of) if shown(chr(n)) == chr(n)]
    found += [
        chr(n)
        for n in range(0x3000, 0x110000)
        if n % of == 0 and (n % 97 == 0 or 0x1F000 <= n < 0x1FB00) and certain(chr(n)) == 2
    ]
    found += [chr(n) for n in range(0x3000, 0x1F000, 61 * of) if certain(chr(n)) == 1 and unicodedata.name(chr(n), "")]
    found += [shown(f"{letter}{chr(n)}") for letter in "aЖ" for n in range(0x300, 0x345, of)]
    return [*found, *map(shown, ODD)]


@pytest.mark.parametrize("of", [pytest.param(7, id="a part"), pytest.param(1, id="all", marks=pytest.mark.wide)])
def test_pyte_draws_it_in_as_many_cells(of: int) -> None:
    screen = pyte.Screen(40, 1)
    stream = pyte.Stream(screen)
    for text in samples(of):
        stream.feed(f"\r\x1b[2K{text}")
        assert screen.cursor.x == width(text), ascii(text)


ASK = """
import sys, termios, tty
texts, out = open(sys.argv[1], encoding="utf-8").read().split("\\n"), open(sys.argv[2], "w")
tty.setraw(0)
for text in texts:
    sys.stdout.write("\\r\\x1b[2K" + text + "\\x1b[6n")
    sys.stdout.flush()
    answer = ""
    while not answer.endswith("R"):
        answer += sys.stdin.read(1)
    out.write(str(int(answer[:-1].split(";")[1]) - 1) + "\\n")
out.close()
open(sys.argv[2] + ".done", "w").close()
"""


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is the other terminal")
@pytest.mark.parametrize("of", [pytest.param(7, id="a part"), pytest.param(1, id="all", marks=pytest.mark.wide)])
def test_tmux_draws_it_in_as_many_cells(of: int, tmp_path: Path) -> None:
    texts = samples(of)
    (tmp_path / "texts").write_text("\n".join(texts), encoding="utf-8")
    (tmp_path / "ask.py").write_text(ASK)
    server = f"podtop-width-{tmp_path.name[-12:]}"
    command = ["tmux", "-u", "-L", server, "-f", "/dev/null"]
    ask = f"{sys.executable} {tmp_path}/ask.py {tmp_path}/texts {tmp_path}/cells"
    line = f"{ask}; tmux -L {server} wait-for -S done; sleep 9"
    try:
        environ = {
            "PATH": "/usr/bin:/bin:/usr/local/bin",
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm-256color",
            "HOME": str(tmp_path),
        }
        subprocess.run(
            [*command, "new-session", "-d", "-x", "60", "-y", "5", line], check=True, env=environ, timeout=20
        )
        subprocess.run([*command, "wait-for", "done"], check=True, env=environ, timeout=120)
        cells = [int(each) for each in (tmp_path / "cells").read_text().split()]
    finally:
        subprocess.run([*command, "kill-server"], check=False, timeout=20)
    wrong = {ascii(text): (got, width(text)) for text, got in zip(texts, cells, strict=True) if got != width(text)}
    assert not wrong


@pytest.mark.parametrize("columns", [-3, 0, 1])
def test_a_room_of_no_columns_takes_a_letter_a_line(columns: int) -> None:
    assert wrapped("ab c", columns) == ["a", "b", "c"]


@SOURCE
def test_the_screens_wrap_with_it() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module == "textwrap" and "ui" in path.relative_to(PACKAGE).parts
    }
    assert not found
