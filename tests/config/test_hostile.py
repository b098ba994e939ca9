"""A `config.toml` that nobody wrote by hand: one line that names it, the exit code of usage, and at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.config.reader import DEEPEST, MOST, read, read_text
from tui.config.toml_lines import lines_of
from tui.config.value_types import shown

FILE = Path("config.toml")

NESTED = {
    "arrays": "interval = 5\na = " + "[" * 5000 + "]" * 5000,
    "inline tables": "\na = " + "{a=" * 5000 + "1" + "}" * 5000,
    "brackets that never close": "\ninterval = " + "[" * 9000,
    "a dotted key": "\n" + ".".join(["a"] * 20_000) + " = 1",
    "a quoted dotted key": "\n" + ".".join(['"a.b"', "'c'"] * 5_000) + " = 1",
    "a table": "\n[" + ".".join(["a"] * 20_000) + "]",
    "a setting of a table": "\nssh." + ".".join(["a"] * 20_000) + " = 1",
}


@pytest.mark.parametrize("name", NESTED)
def test_what_is_nested_too_deeply_is_told_with_its_line(name: str) -> None:
    (problem,) = read_text(NESTED[name], FILE).errors
    assert str(problem) == "config.toml, line 2: nested too deeply"


@pytest.mark.parametrize(
    "value", ["9" * 5000, "-" + "9" * 5000, "0x" + "f" * 5000, "0o" + "7" * 6000, "9" * 5000 + ".0", "1e99999"]
)
def test_a_number_of_thousands_of_digits_is_one_short_line(value: str) -> None:
    (problem,) = read_text(f"read_only = true\ninterval = {value}", FILE).errors
    assert str(problem).startswith("config.toml, line 2: ")
    assert len(str(problem)) < 200


def test_dots_in_texts_and_comments_are_no_nesting() -> None:
    text = f"# {'.' * 200}\ntheme = \"{'.' * 200}\"\nprofile = '{'.' * 200}'\n"
    assert not [p for p in read_text(text, FILE).problems if "nested" in p.words]
    deep = ".".join(["a"] * DEEPEST) + " = 1"
    assert not read_text(deep, FILE).errors


def many(kind: str, count: int) -> str:
    return {
        "keys": "\n".join(f"k{n} = 1" for n in range(count)),
        "values": "[keymap]\n" + "\n".join(f"k{n} = 1" for n in range(count)),
        "profiles": 'profile = "x"\n' + "\n".join(f"[profiles.p{n}]" for n in range(count)),
        "tables": "\n".join(f"[[a.b]]\nc.d.e = {n}" for n in range(count)),
    }[kind]


@pytest.mark.parametrize("kind", ["keys", "values", "profiles", "tables"])
def test_very_many_of_anything_are_refused_by_their_size(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(many(kind, 100_000))
    (problem,) = read(file).errors
    assert str(problem) == f"{file}: cannot be read: it is larger than {MOST // 1024} KiB"


class Counting(str):
    """A text that tells how much of it was counted."""

    counted = 0

    def count(self, of: str, start: int = 0, end: int = -1) -> int:  # type: ignore[override]
        type(self).counted += end - start
        return super().count(of, start, end)


@pytest.mark.parametrize("kind", ["keys", "values", "profiles", "tables"])
def test_lines_are_found_in_one_pass(kind: str) -> None:
    text = Counting(many(kind, 500))
    Counting.counted = 0
    found = lines_of(text)
    assert Counting.counted <= len(text)
    assert found


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, words in ((pipe, "a pipe"), (Path("/dev/zero"), "a device"), (tmp_path, "directory")):
        (problem,) = read(path).errors
        assert str(problem).startswith(f"{path}: cannot be read: ")
        assert words in str(problem)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
@settings(deadline=None)
def test_no_text_whatever_raises(text: str) -> None:
    for problem in read_text(text, FILE).problems:
        assert len(str(problem)) < 1000


@given(st.integers(0, 10**6).map(lambda n: 10**n if n < 6000 else n) | st.text(max_size=5000) | st.floats())
@settings(deadline=None)
def test_whatever_is_refused_is_told_in_a_bearable_length(value: object) -> None:
    assert len(shown(value)) <= 100


@pytest.mark.parametrize("command", [["once"], ["config", "--keys"], []])
def test_a_hostile_file_is_one_line_and_the_code_of_usage(command: list[str], tmp_path: Path) -> None:
    file = tmp_path / "podtop" / "config.toml"
    file.parent.mkdir()
    file.write_text(NESTED["arrays"])
    done = subprocess.run(
        [sys.executable, "-m", "tui", *command], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, f"podtop: {file}, line 2: nested too deeply\n")
