"""What a file says, and what is said of it: all that is wrong, each with its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tui.config.reader import Reading, read, read_text
from tui.config.settings import Notify, Ssh

FILE = Path("/x/config.toml")


def told(text: str) -> list[str]:
    return [str(problem).removeprefix("/x/config.toml, ") for problem in read_text(text, FILE).problems]


def test_tables_become_what_they_are_declared_as() -> None:
    text = """
mouse = false
slow_link = "auto"
[ssh]
user = "me"
options = ["-o", "x y"]
[notify]
bell = true
[keymap]
"app.quit" = "ctrl+q"
[profiles.work]
api_key_env = "WORK"
color = "bad"
"""
    reading = read_text(text, FILE)
    assert reading.problems == ()
    assert reading.values == {
        "mouse": False,
        "slow_link": "auto",
        "ssh": Ssh(user="me", options=("-o", "x y")),
        "notify": Notify(bell=True),
        "keymap": {"app.quit": "ctrl+q"},
    }
    assert reading.profiles == {"work": {"api_key_env": "WORK", "color": "bad"}}


def test_everything_that_is_wrong_is_told_in_the_order_of_lines() -> None:
    text = """interval = 1
slow_link = "maybe"
[ssh]
user = "-oProxyCommand=x"
usr = "me"
[keymap]
"app.quit" = 3
[profiles.work]
color = "pink"
read_onyl = true
[profiles."a b"]
"""
    assert told(text) == [
        "line 1: interval: invalid value 1; expected seconds, from 2 to 86400",
        """line 2: slow_link: invalid value 'maybe'; expected "auto", true or false""",
        "line 4: ssh.user: invalid value '-oProxyCommand=x'; expected a user name",
        "line 5: unknown setting 'ssh.usr'; did you mean user?",
        "line 7: keymap.app.quit: invalid value 3; expected a key, or several separated by commas, as in "
        '"f9" or "j,down"',
        "line 9: profiles.work.color: invalid value 'pink'; expected accent, good, warn, bad or muted",
        "line 10: unknown setting 'profiles.work.read_onyl'; did you mean read_only?",
        "line 11: profiles: invalid name 'a b'; expected a profile name: at most 24 letters, digits, - and _",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ssh = 3", "line 1: ssh: invalid value 3; expected a table, [ssh]"),
        ("[profiles]\nwork = 3", "line 2: profiles.work: invalid value; expected a table, [profiles.work]"),
        ("[interval]", "line 1: interval: invalid value {}; expected seconds, from 2 to 86400"),
        ("interval = '5'", "line 1: interval: invalid value '5'"),
        ("interval = 2026-01-31", "line 1: interval: invalid value 2026-01-31; expected seconds"),
        ("theme = 07:32:00", "line 1: theme: invalid value 07:32:00; expected a theme"),
        (
            "theme = {a = [true, 2026-01-31T07:32:00Z]}",
            "line 1: theme: invalid value {'a' = [true, 2026-01-31T07:32:00+00:00]};",
        ),
        ("mouse = 'yes'", "line 1: mouse: invalid value 'yes'; expected true or false"),
        ("[ssh]\nproxy_host = 'a b'", "line 2: ssh.proxy_host: invalid value 'a b'; expected a host name"),
        ("[ssh]\noptions = '-v'", "line 2: ssh.options: invalid value '-v'; expected an array"),
        ("profile = 'wrk'\n[profiles.work]", "line 1: unknown profile 'wrk'; did you mean work? Profiles: work"),
        ("api_key = 'a'\napi_key_file = 'b'", "line 2: api_key_file is ignored: api_key is set too"),
        ("interval = = 1", "line 1: invalid TOML"),
        ("a = 1\n\nb = [", "line 3: invalid TOML"),
    ],
)
def test_each_is_told_with_what_is_accepted(text: str, words: str) -> None:
    (one,) = told(text)
    assert one.startswith(words)


@pytest.mark.parametrize("text", ["api_key = 1234567", "[profiles.x]\napi_key = ['1234567']"])
def test_a_refused_key_is_not_told(text: str) -> None:
    (one,) = told(text)
    assert "api_key: invalid value;" in one
    assert "1234567" not in one


def test_a_part_of_a_key_at_the_end_of_what_is_shown_of_a_value_is_not_told() -> None:
    """An older key of RunPod's has no prefix: a part of it does not look like one."""
    (one,) = told(f'interval = "{"x " * 40}{"A1b2" * 10}"')
    assert "x x x" in one
    assert "A1b2" not in one


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert read(tmp_path / "none") == Reading(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b"theme = '\xff'")
    assert [str(p) for p in read(tmp_path / "latin").problems] == [f"{tmp_path}/latin: cannot be read: it is not UTF-8"]
    assert [str(p) for p in read(tmp_path).problems] == [f"{tmp_path}: cannot be read: Is a directory"]


@pytest.mark.parametrize("text", ["interval = 9\n", 'api_key = "rpa_0123456789"\n'])
def test_a_file_that_another_user_can_change_is_told(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    for mode, words in ((0o600, None), (0o666, "other users can change it. Run: chmod 600"), (0o602, "can change it")):
        file.chmod(mode)
        assert [words in str(problem) for problem in read(file).warnings] == ([True] if words else [])
    file.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(file, 4321, 4321)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4321)
    (problem,) = read(file).warnings
    assert "it belongs to another user (uid" in str(problem)
    assert read(file).errors == ()
