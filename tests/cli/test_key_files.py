"""Files that hold a key, as people, editors and other programs leave them behind; what others do not get to see."""

from __future__ import annotations

import asyncio
import os
import socket
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.api.secret import Secret, looks_like_a_key, mask
from tui.cli import main
from tui.config.keys import ConfigError, Hidden
from tui.config.loader import Config, load
from tui.config.reader import read as read_settings
from tui.config.settings import OF_SECRETS
from tui.files import reading
from tui.storage.app_log import close_log, open_log
from tui.system.subprocesses import without_keys

KEY = "rpa_THISISTHEKEY0123456789ABCDEFGHIJKLMNOPQRST"
OLD = "A1B2C3D4E5F6G7H8I9J0K1L2M3N4O5P6Q7R8S9T0"
BOM = b"\xef\xbb\xbf"


def put(path: Path, content: bytes | str, mode: int = 0o600) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def config(tmp_path: Path, flags: dict[str, Any] | None = None, **environ: str) -> Config:
    (tmp_path / ".runpod").mkdir(exist_ok=True)
    return load(
        flags or {}, file=tmp_path / "config.toml", runpod_file=tmp_path / ".runpod" / "config.toml", environ=environ
    )


def key_of(found: Config) -> str:
    return found.key.secret.reveal() if found.key else ""


SHAPES = [
    f"{KEY}",
    f"{KEY}\n",
    f"  {KEY}\r\n",
    f"\n\n{KEY}\n\n",
    f'"{KEY}"',
    f"'{KEY}'\r\n",
    f"export RUNPOD_API_KEY={KEY}\n",
    f'export RUNPOD_API_KEY="{KEY}";\n',
    f"RUNPOD_API_KEY='{KEY}'  # work\n",
    f"MY_KEY={KEY}\n",
    f"# from the console\r\n{KEY}\r\n# until May\r\n",
    f"{KEY} # mine",
    f"OTHER=1\nRUNPOD_API_KEY={KEY}\nHF_TOKEN=hf_x\n",
    f'[default]\napi_key = "{KEY}"\n',
]


@pytest.mark.parametrize("text", SHAPES)
@pytest.mark.parametrize("front", [b"", BOM])
def test_a_key_file_may_be_written_as_people_write_it(text: str, front: bytes, tmp_path: Path) -> None:
    file = put(tmp_path / "key", front + text.encode())
    found = config(tmp_path, {"api_key_file": str(file)})
    assert (key_of(found), found.warnings) == (KEY, ())


def test_a_key_file_of_windows_in_utf_16(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-16-le"):
        mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
        file = put(tmp_path / "key", mark + f"{KEY}\r\n".encode(encoding))
        assert key_of(config(tmp_path, {"api_key_file": str(file)})) == KEY


@pytest.mark.parametrize("value", [f'"{KEY}"', f"'{KEY}'", f"{KEY}\r", f"\ufeff{KEY}", f" {KEY}\n"])
def test_quotes_and_line_ends_around_a_key_in_the_environment_are_no_part_of_it(value: str, tmp_path: Path) -> None:
    assert key_of(config(tmp_path, RUNPOD_API_KEY=value)) == KEY


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "contains no API key"),
        ("# nothing\n", "contains no API key"),
        (f"{KEY}\n{OLD}\n", "several lines"),
        (f"A={KEY}\nB={OLD}\n", "several lines"),
        (f'"{KEY}', "contains a quote"),
        (f"{KEY[:20]} {KEY[20:]}", "spaces or characters"),
        (b"\xe9\xe8", "it is not UTF-8"),
        (b"\0\1\2", "other than printable ASCII"),
        ("x" * 70_000, "larger than 64 KiB"),
    ],
)
def test_a_key_file_that_is_none_is_named_and_not_told(content: bytes | str, words: str, tmp_path: Path) -> None:
    file = put(tmp_path / "key", content)
    with pytest.raises(ConfigError, match=words) as caught:
        config(tmp_path, {"api_key_file": str(file)})
    assert str(file) in str(caught.value)
    assert KEY[8:20] not in str(caught.value)


def special(kind: str, folder: Path) -> Path:
    path = folder / kind
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "socket":
            here = Path.cwd()
            os.chdir(folder)
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(kind)
            os.chdir(here)
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(folder / "nowhere")
        case "huge":
            with path.open("wb") as out:
                out.truncate(1 << 40)
        case _:
            return Path(kind)
    return path


SPECIAL = {
    "pipe": "a pipe", "socket": "", "folder": "Is a directory", "link": "it links to a missing file",
    "huge": "larger than",
    "/dev/zero": "a device", "/dev/null": "a device", "/dev/tty": "",
}  # fmt: skip


@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_file_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    path = special(kind, tmp_path)
    with pytest.raises(ConfigError, match=f"cannot be read: .*{SPECIAL[kind]}"):
        config(tmp_path, {"api_key_file": str(path)})
    assert read_settings(path).errors


@pytest.mark.parametrize("kind", SPECIAL)
def test_runpods_own_file_that_is_no_file_is_told_and_holds_nobody(kind: str, tmp_path: Path) -> None:
    (tmp_path / ".runpod").mkdir()
    (tmp_path / ".runpod" / "config.toml").symlink_to(special(kind, tmp_path))
    found = config(tmp_path)
    assert found.key is None
    assert str(tmp_path / ".runpod" / "config.toml") in found.no_key
    assert key_of(config(tmp_path, RUNPOD_API_KEY=KEY)) == KEY


RUNPODS = [
    (f'apikey = "{KEY}"\n', ""),
    (BOM + f"apikey = '{KEY}'\r\n".encode(), ""),
    (f'[default]\napi_key = "{KEY}"\n', ""),
    (f"apikey = {KEY}\n", "invalid TOML (at line 1, column 10)"),
    (f'apikey = "{KEY}"\n# caf\xe9\n'.encode("latin-1"), "it is not UTF-8"),
    (f'apikey = "{KEY}\n', "invalid TOML"),
    ("", "contains no apikey"),
    ('apikey = ""\n', "contains no apikey"),
    ("apikey = 7\n", "contains no apikey"),
    (f'apikey = "{KEY} {KEY}"\n', "spaces"),
    ("a = " + "[" * 20_000, "config.toml: "),
    ("a = " + "1" * 5_000, "invalid TOML"),
]


@pytest.mark.parametrize(("content", "words"), RUNPODS, ids=range(len(RUNPODS)))
def test_runpods_own_file_is_read_or_it_is_said_why_not(content: bytes | str, words: str, tmp_path: Path) -> None:
    (tmp_path / ".runpod").mkdir()
    file = put(tmp_path / ".runpod" / "config.toml", content)
    found = config(tmp_path)
    assert key_of(found) == ("" if words else KEY)
    assert found.no_key.startswith(str(file)) is bool(words)
    assert words in found.no_key
    assert KEY not in found.no_key


def test_no_file_of_runpods_is_no_trouble(tmp_path: Path) -> None:
    assert config(tmp_path).no_key == ""
    (tmp_path / ".runpod").rmdir()
    (tmp_path / ".runpod").write_text("a file where a folder is looked for")
    found = load({}, file=tmp_path / "c", runpod_file=tmp_path / ".runpod" / "config.toml", environ={})
    assert (found.no_key, found.key) == ("", None)


def test_a_person_is_told_what_is_wrong_with_runpods_file_and_not_that_there_is_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".runpod").mkdir()
    put(tmp_path / ".runpod" / "config.toml", "apikey = rpa\n")
    assert main(["once"]) == 2
    said = capsys.readouterr().err
    assert "config.toml: invalid TOML" in said
    assert "no RunPod API key" not in said


def test_settings_with_a_mark_and_windows_line_ends(tmp_path: Path) -> None:
    put(
        tmp_path / "config.toml",
        BOM + b'interval = 7\r\n[ssh]\r\nuser = "me"\r\n[profiles.work]\r\nread_only = true\r\n',
    )
    found = config(tmp_path, {"profile": "work"})
    assert (found.interval, found.ssh.user, found.read_only) == (7, "me", True)
    put(tmp_path / "config.toml", BOM + b"interval = 7\r\nintervall = 8\r\n")
    (warning,) = config(tmp_path).warnings
    assert "line 2" in warning


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o666, 0o600, 0o400])
def test_a_key_that_others_can_read_is_used_and_told(mode: int, tmp_path: Path) -> None:
    file = put(tmp_path / "key", KEY, mode)
    for found in (
        config(tmp_path, {"api_key_file": str(file)}),
        config(tmp_path, PODTOP_API_KEY_FILE=str(file)),
    ):
        assert key_of(found) == KEY
        assert bool(found.warnings) is bool(mode & 0o077)
        assert all(f"chmod 600 {file}" in warning for warning in found.warnings)


@pytest.mark.parametrize(("table", "name"), [(table, name) for table, names in OF_SECRETS.items() for name in names])
def test_a_file_with_a_token_that_others_can_read_is_used_and_told(table: str, name: str, tmp_path: Path) -> None:
    file = put(tmp_path / "token", "x" * 40, 0o644)
    put(tmp_path / "config.toml", f'[{table}]\n{name} = "{file}"\n')
    (warning,) = config(tmp_path).warnings
    assert f"line 2: {table}.{name}: {file} contains a secret that other users can read. Run: chmod 600" in warning
    file.chmod(0o600)
    assert config(tmp_path).warnings == ()
    file.unlink()
    assert config(tmp_path).warnings == ()


def test_a_key_that_belongs_to_another_user_is_used_and_told(tmp_path: Path) -> None:
    file = put(tmp_path / "key", KEY)
    me = file.stat().st_uid
    assert reading.exposure(file, file.stat(), me) == ""
    if me != 0:
        assert "another user" in reading.exposure(file, file.stat(), me + 1)
    else:
        os.chown(file, 12345, -1)
        found = config(tmp_path, {"api_key_file": str(file)})
        assert key_of(found) == KEY
        (warning,) = found.warnings
        assert "another user (uid 12345)" in warning


# What other programs get


NAMES = st.text(string.ascii_uppercase + "_", min_size=1, max_size=8)
WORDS = st.text(string.ascii_letters + string.digits + "-_./: ", max_size=12)


@settings(deadline=None)
@given(
    st.dictionaries(NAMES, WORDS), NAMES, st.text(string.ascii_letters + string.digits, min_size=6, max_size=40), WORDS
)
def test_no_program_gets_a_secret_by_its_name_or_by_its_value(
    around: dict[str, str], name: str, secret: str, beside: str
) -> None:
    environ = {**around, name: secret, "COPY": f"{beside}{secret}{beside}", "RUNPOD_API_KEY": secret}
    left = without_keys(environ, Hidden(frozenset((name,)), (Secret(secret),)))
    assert name not in left
    assert not any(secret in value for value in left.values())
    for kept, value in around.items():
        if kept != name and "API_KEY" not in kept and secret not in value and "rpa_" not in value and kept != "COPY":
            assert left[kept] == value


def test_every_profiles_key_is_hidden_from_other_programs(tmp_path: Path) -> None:
    put(tmp_path / "token", "hook-token-1\n")
    put(tmp_path / "key", "key-of-a-file\n")
    put(
        tmp_path / "config.toml",
        "api_key_env = 'TOP'\n[profiles.work]\napi_key_env = 'WORK'\n[profiles.lab]\napi_key = 'lab-key-1234'\n"
        f"[notify]\nwebhook = 'https://hooks.example/T0/B0'\nwebhook_token_file = '{tmp_path}/token'\n",
    )
    environ = {
        "TOP": "top-key-1234", "WORK": '"work-key-1234"', "A": "top-key-1234", "B": "Bearer work-key-1234",
        "C": "x=lab-key-1234", "D": "https://hooks.example/T0/B0", "E": "hook-token-1", "F": "key-of-a-file",
        "G": KEY, "HOME": "/root", "PATH": "/bin", "PODTOP_API_KEY_FILE": str(tmp_path / "key"),
    }  # fmt: skip
    assert without_keys(environ, config(tmp_path, **environ).hidden) == {"HOME": "/root", "PATH": "/bin"}


def test_a_home_that_there_is_not_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"~nobody-of-that-name .*is not a home directory"):
        config(tmp_path, {"api_key_file": "~nobody-of-that-name/key"})


@pytest.mark.parametrize("place", ["hooks", "clipboard", "foreground"])
async def test_a_started_program_has_no_key_in_its_environment(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each way in which podtop starts a program, with a program that writes down what it got."""
    out = tmp_path / "seen"
    tool = put(tmp_path / "wl-copy", f"#!/bin/sh\nenv > {out}\ncat > /dev/null\n", 0o700)
    environ = {"MINE": "the-secret-key", "COPY": "the-secret-key", "PATH": "/usr/bin:/bin", "WAYLAND_DISPLAY": "w"}
    hidden = Hidden(frozenset(("MINE",)), (Secret("the-secret-key"),))
    if place == "hooks":
        from tests.services.test_notifier import ALARM
        from tui.config.settings import Notify
        from tui.services.notifier import Notifier

        notify = Notify(command=(str(tool),))
        hooks = Notifier(notify, write=str, post=print, monotonic=lambda: 0.0, environ=environ, hidden=hidden)
        hooks.notify(ALARM)
        await next(iter(hooks._tasks))
    elif place == "clipboard":
        from tui.system import clipboard

        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        environ["PATH"] = os.environ["PATH"]
        await clipboard.copy("text", lambda _: True, environ=environ, which=lambda name: str(tool), hidden=hidden)
    else:
        code = (
            "import asyncio, sys; from tui.system import foreground; from tui.system.subprocesses import without_keys\n"
            "from tui.config.keys import Hidden; from tui.api.secret import Secret; import os\n"
            "hidden = Hidden(frozenset(('MINE',)), (Secret('the-secret-key'),))\n"
            f"asyncio.run(foreground.run(('x',), without_keys(os.environ, hidden), {str(tool)!r}))"
        )
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, env={**os.environ, **environ}, stdin=subprocess.DEVNULL
        )
        assert await started.wait() == 0
    seen = out.read_text()
    assert "PATH=" in seen
    assert "the-secret-key" not in seen


def test_there_is_no_other_way_to_start_a_program() -> None:
    import tui

    package = Path(tui.__file__).parent
    starts = ("subprocess_exec", "subprocess_shell", "Popen", "subprocess.run", "posix_spawn", "os.exec", "os.system")
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if any(start in path.read_text() for start in starts)
    }
    assert found == {"system/subprocesses.py", "system/foreground.py", "system/bounded_output.py"}


# What looks like a key


KEYS = [
    KEY, OLD, OLD.lower(), "rpa_short1", "sk-proj-abcdefgh12345678", "sk-ant-api03-abc_def-123", "hf_abcdefghijklmnop",
    "ghp_abcdefghijklmnop1234", "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def",
]  # fmt: skip


@settings(deadline=None)
@given(
    st.sampled_from(KEYS), st.sampled_from(["", " ", "'", '"', "=", "\n", "\\n", ": ", "/", ","]), st.text(max_size=5)
)
def test_what_looks_like_a_key_is_masked_wherever_it_stands(key: str, edge: str, around: str) -> None:
    assert key not in mask(f"{around}{edge} {key}{edge}{around}")
    assert key not in mask(repr(f"{edge}{key}"))
    assert looks_like_a_key(key)


@pytest.mark.parametrize(
    "text",
    [
        "Bearer abcdefgh", "authorization: bearer 12345678",
    ],
)  # fmt: skip
def test_a_bearer_token_is_masked(text: str) -> None:
    assert mask(text).split()[-1] == "•••"


@pytest.mark.parametrize(
    "text",
    [
        "k3v9x0q2m1a7ze", "podtop-dark", "/home/someone/.config/podtop/config.toml, line 3", "rpa_...",
        "550e8400-e29b-41d4-a716-446655440000", "its content goes to the webhook as a bearer token", "NVIDIA H100 80GB",
        "the recording /var/lib/podtop/archive/0123456789abcdef.sqlite", "task-force-of-something",
        "disk-speed-test-12",
    ],
)  # fmt: skip
def test_what_is_no_key_stays(text: str) -> None:
    assert mask(text) == text


WRONG_PLACES = [
    "theme = '{}'", "interval = '{}'", "{} = 1", "[{}]", "[profiles.{}]", "[profiles]\n'{} x' = 1", "profile = '{}'",
    "[ssh]\nuser = '{}'", "[ssh]\n{} = 1", "[keymap]\n'{}' = 'x'", "[keymap]\n'app.quit' = '{}'", "api_key_env = '{}'",
    "api_key_file = '{}'", "api_url = '{}'", "api_url = 'https://{}'", "api_url = 'https://{}@x/'", "{}",
    "[notify]\ncommand = '{}'", "[notify]\nwebhook = '{}'", "slow_link = '{}'", "read_only = '{}'",
    "[profiles.a]\ncolor = '{}'",
    "interval = {{ '{}' = 1 }}", "[[{}]]", "profiles = '{}'", "ssh = '{}'",
]  # fmt: skip


@pytest.mark.parametrize("key", [KEY, OLD, "hf_abcdefghijklmnop"])
@pytest.mark.parametrize("place", WRONG_PLACES)
def test_a_key_in_the_wrong_place_of_the_settings_is_not_repeated(place: str, key: str, tmp_path: Path) -> None:
    file = put(tmp_path / "config.toml", place.format(key))
    told = [str(problem) for problem in read_settings(file).problems]
    try:
        told += config(tmp_path).warnings
    except ConfigError as error:
        told.append(str(error))
    for text in told:
        assert key not in text


ARGUMENTS = [
    [KEY], ["once", KEY], ["stop", KEY], ["--theme", KEY], ["--seed", KEY], ["--interval", KEY], ["--profile", KEY],
    ["--api-key-file", KEY], ["--api-key-file", OLD], ["--api-url", KEY], ["--api-url", f"https://{KEY}@x/"],
    [f"--{KEY}"],
    ["market", "--json", "--sort", KEY], ["market", "--gpus", KEY, "--json"],
    ["once", "market", "--filter", f"price<{KEY}"],
    ["simulate", "--fault", KEY], ["--replay", KEY], ["completions", KEY], ["config", f"--{KEY}"], ["--at", KEY],
]  # fmt: skip


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=lambda a: " ".join(a).replace(KEY, "KEY").replace(OLD, "OLD"))
def test_a_key_on_the_command_line_is_not_repeated(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNPOD_API_KEY", "demo-key")
    monkeypatch.setenv("PODTOP_API_URL", "http://127.0.0.1:9/graphql")
    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    told = capsys.readouterr()
    assert code != 0
    assert told.err
    assert KEY not in told.err + told.out
    assert OLD not in told.err + told.out


def test_a_key_in_place_of_a_file_is_told_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="looks like a key"):
        config(tmp_path, {"api_key_file": KEY})


def test_the_log_holds_nothing_that_looks_like_a_key(tmp_path: Path) -> None:
    import logging

    log = open_log(tmp_path)
    assert log is not None
    logging.getLogger("tui").warning("sent %s", KEY)
    close_log()
    assert log.read_text().endswith("sent •••\n")


def test_an_editors_mark_in_front_of_what_podtop_keeps_loses_nothing(tmp_path: Path) -> None:
    from tui.storage.audit_log import entries
    from tui.storage.json_store import JsonStore
    from tui.storage.preferences import Preferences

    put(tmp_path / "shelf.json", BOM + b'{"a": "b"}\r\n')
    assert JsonStore[str](tmp_path / "shelf.json", str, "things", "lost").all() == {"a": "b"}
    put(tmp_path / "kept.json", BOM + b'{"theme": "nord"}\r\n')
    assert Preferences(lambda: tmp_path / "kept.json").get("theme") == "nord"
    line = (
        '{"time":"2026-11-28T14:00:00Z","id":"1","phase":"intent","origin":"demo","user":"me","by":"keys","action":"stop","pod":"p",'
        '"name":"n","inputs":{},"outcome":"","message":""}'
    )
    plain = [*entries(put(tmp_path / "plain.jsonl", f"{line}\n"))]
    assert [*entries(put(tmp_path / "marked.jsonl", BOM + f"{line}\r\n".encode()))] == plain
    assert len(plain) == 1
