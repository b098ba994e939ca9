"""`podtop notify`: what is set and what waits, and one notification through each way."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.commands.test_schema import VALID
from tests.services.test_delivery import listening
from tests.services.test_sinks import file, program
from tui.cli import run
from tui.commands.exit_codes import Exit
from tui.commands.notify import notify
from tui.config.loader import Config
from tui.config.settings import SINKS, Notify
from tui.services.sinks.sink import Notification
from tui.storage.notify_spool import Spool, SpoolFile


def listed(settings: Notify, tmp_path: Path, capsys: pytest.CaptureFixture[str], **more: Any) -> tuple[int, str]:
    config = Config(notify=settings)
    code = notify(config, tmp_path / "spool.json", test=False, environ={"PATH": str(tmp_path)}, **more)
    return code, capsys.readouterr().out


def test_without_any_way_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert notify(Config(), tmp_path / "spool.json", test=True) == Exit.NOTHING
    assert "podtop help notifications" in capsys.readouterr().err


def test_it_lists_each_way_its_topics_and_what_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spool = Spool(SpoolFile(tmp_path / "spool.json"))
    spool.add(Notification("t", "x", "money", 0.0, id="1"), ["webhook"], 0.0)
    spool.later("1", "webhook", 4e9)
    settings = Notify(
        webhook="https://hook.invalid/S3CRET", webhook_for=("money",), bell=True, tmux=True, desktop=True,
        slack_file="/nowhere", quiet="00:00-23:59", digest="09:00", mail_to="me@example.com",
    )  # fmt: skip
    code, out = listed(settings, tmp_path, capsys)
    assert code == 0
    lines = [re.sub(" +", " ", line) for line in out.splitlines()]
    assert lines[:6] == [
        "terminal money, runs, trouble, watch off: no terminal here",
        "tmux money, runs, trouble, watch off: no terminal here",
        "webhook money ready; 1 waiting",
        "desktop money, runs, trouble, watch off: notify-send not found",
        "slack money, runs, trouble, watch off: slack_file: cannot be read: No such file or directory (/nowhere)",
        "mail money, runs, trouble, watch off: sendmail not found; set smtp",
    ]
    assert lines[6].startswith("quiet hours: 00:00-23:59")
    assert lines[6].endswith("daily digest: 09:00")
    assert lines[7].startswith("waiting: 1; next try in ")
    assert "S3CRET" not in out


@pytest.mark.parametrize("sink", SINKS)
def test_each_way_is_listed_if_it_is_set(sink: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {
        "terminal": Notify(osc9=True), "tmux": Notify(tmux=True), "command": Notify(command=("x",)),
        "webhook": Notify(webhook="https://x.invalid/"), "desktop": Notify(desktop=True),
        "ntfy": Notify(ntfy="https://x.invalid/t"), "slack": Notify(slack_file="/x"),
        "discord": Notify(discord_file="/x"), "mail": Notify(mail_to="a@b"),
    }  # fmt: skip
    code, out = listed(settings[sink], tmp_path, capsys)
    assert code == 0
    assert out.splitlines()[0].split()[0] == sink


def test_a_test_goes_through_each_way_and_says_what_happened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(tmp_path, "tell", f'echo "$@" >> {tmp_path}/said')
    with listening() as (url, texts):
        settings = Notify(
            command=("tell", "{title}", "{text}"), webhook=url, slack_file=file(tmp_path, url), bell=True,
            terminal_for=("money",),
        )  # fmt: skip
        environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        written: list[str] = []
        config = Config(notify=settings)
        code = notify(config, tmp_path / "s", test=True, environ=environ, write_to_terminal=written.append)
    assert code == 0
    assert sorted(capsys.readouterr().out.split("\n")) == [
        "", "command   sent", "slack     sent", "terminal  sent", "webhook   sent",
    ]  # fmt: skip
    assert written == ["\x07"]
    assert len(texts) == 2
    assert (tmp_path / "said").read_text().startswith("podtop: test A test of podtop's notifications from ")
    assert not (tmp_path / "s").exists()


def test_a_test_that_one_way_does_not_take_exits_with_a_code_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Notify(command=("/bin/sh", "-c", "exit 3"), webhook="http://127.0.0.1:9/S3CRET", bell=True)
    code = notify(Config(notify=settings), tmp_path / "s", test=True, environ={}, write_to_terminal=str)
    out = capsys.readouterr().out
    assert code == Exit.PROBLEMS
    assert "command   not sent: /bin/sh exited with 3\n" in out
    assert "webhook   not sent: " in out
    assert "terminal  sent\n" in out
    assert "S3CRET" not in out


def test_it_needs_no_key_and_reads_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("RUNPOD_API_KEY", "PODTOP_API_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    target = tmp_path / "out"
    code = "import json,os,sys;json.dump(dict(os.environ), open(sys.argv[1], 'w'))"
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[notify]\ncommand = ["python3", "-c", "{code}", "{target}"]\nfor = ["money"]\n')
    assert run(["notify", "--test", "--config", str(settings)]) == 0
    assert capsys.readouterr().out == "command   sent\n"
    assert json.loads(target.read_text())["PODTOP_TITLE"] == "podtop: test"


def test_json_says_the_same_and_what_a_test_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spool = Spool(SpoolFile(tmp_path / "spool.json"))
    spool.add(Notification("t", "x", "money", 0.0, id="1"), ["command"], 0.0)
    spool.later("1", "command", 4e9)
    settings = Notify(
        command=(str(program(tmp_path, "ring", "exit 0")),), command_for=("money",), slack_file="/nowhere", bell=True,
        quiet="00:00-23:59",
    )  # fmt: skip
    config = Config(notify=settings)
    said = []
    for test in (False, True):
        code = notify(config, tmp_path / "spool.json", test=test, as_json=True, source="api.runpod.io")
        said.append((code, msgspec.json.decode(capsys.readouterr().out)))
    (listed_code, document), (test_code, tested) = said
    assert (listed_code, test_code) == (Exit.OK, Exit.PROBLEMS)
    VALID.validate(document)
    VALID.validate(tested)
    ways = {item["way"]: item for item in document["items"]}
    assert list(ways) == ["terminal", "command", "slack"]
    assert (ways["command"]["topics"], ways["command"]["ready"], ways["command"]["waiting"]) == (["money"], True, 1)
    assert "cannot be read" in ways["slack"]["off_reason"]
    assert (document["quiet"], document["quiet_now"], document["digest"]) == ("00:00-23:59", True, None)
    assert document["next_try"].startswith("2096-")
    assert {item["sent"] for item in document["items"]} == {None}
    sent = {item["way"]: (item["sent"], item["failure"]) for item in tested["items"]}
    assert sent["command"] == (True, None)
    assert sent["terminal"] == (False, "no terminal here")


def test_json_of_no_way_is_an_empty_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for test in (False, True):
        assert notify(Config(), tmp_path / "spool.json", test=test, as_json=True) == Exit.NOTHING
        document = msgspec.json.decode(capsys.readouterr().out)
        VALID.validate(document)
        assert document["items"] == []
