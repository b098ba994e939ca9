"""Where keys stand: as a person counts lines, in everything that TOML lets them write."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.config.toml_lines import lines_of

TEXT = '''\
# interval = 1
interval = 5   # not [ssh]
theme = """
mouse = false
[ssh] \\""" "quoted"
"""
raw = \'\'\'
mouse = 1\'\'\'\'
"read_only" = true
'api_url' = 'https://x#y'
[ssh]
options = [
  "-o", # options = 3
  "a]b",
  ["deep", {inner = 1, 'other.one' = [2,
  3]}],
]
[ notify ]
bell = true
osc9 = false
[profiles.work]
color = "bad"
[profiles."a b".deeper]
x.y = 1
x."z\\u0041" = {q = 1979-05-27T07:32:00Z}
[[many]]
a = 1
[[many]]
a = 2
last = 1'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("interval", 2), ("theme", 3), ("raw", 7), ("read_only", 9), ("api_url", 10), ("ssh", 11), ("ssh options", 12),
        ("ssh options inner", 15), ("ssh options other.one", 15), ("notify", 18), ("notify bell", 19),
        ("notify osc9", 20), ("profiles", 21), ("profiles work", 21), ("profiles work color", 22), ("many", 26),
        ("many a", 27), ("many last", 30),
    ],
)  # fmt: skip
def test_every_key_has_its_line(keys: str, line: int) -> None:
    assert lines_of(TEXT)[tuple(keys.split())] == line


def test_quoted_and_dotted_keys_have_theirs() -> None:
    lines = lines_of(TEXT)
    assert lines["profiles", "a b"] == lines["profiles", "a b", "deeper"] == 23
    assert lines["profiles", "a b", "deeper", "x", "y"] == 24
    assert lines["profiles", "a b", "deeper", "x", "zA", "q"] == 25


def test_what_stands_in_comments_and_strings_is_no_key() -> None:
    lines = lines_of(TEXT)
    assert ("mouse",) not in lines
    assert {keys[0] for keys in lines} == set(tomllib.loads(TEXT))


def every(table: dict[str, Any], prefix: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found = set()
    for name, value in table.items():
        found.add((*prefix, name))
        if isinstance(value, dict):
            found |= every(value, (*prefix, name))
    return found


KEY = st.from_regex(r"[a-z_-]{1,3}", fullmatch=True) | st.sampled_from(['"a.b"', "'[x]'", '"#"', '"\\""', "''"])
VALUE = st.recursive(
    st.sampled_from(
        ["1", "true", "-1.5e3", "'#'", '"]"', '"\\""', '"""a\nb = 1\n"""', "'''\n[x]'''", '"\\\\"', "[]", "{}", "inf",
         '""""a"""', '"""a"""""']
    ),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: "[ # ]\n" + ",\n".join(parts) + "\n]"),
    max_leaves=4,
)  # fmt: skip
LINE = st.one_of(
    st.tuples(KEY, VALUE).map(" = ".join),
    st.tuples(KEY, KEY, VALUE).map(lambda p: f"{p[0]} . {p[1]}={p[2]} # x = 1"),
    st.lists(KEY, min_size=1, max_size=2).map(lambda p: f" [{'.'.join(p)}]"),
    st.sampled_from(["", "# a = 1", "\t"]),
)


@given(st.lists(LINE, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_the_keys_found_are_those_that_tomllib_finds(lines: list[str], end: str) -> None:
    text = "\n".join(lines).replace("\n", end)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(lines_of(text)) == every(table)
