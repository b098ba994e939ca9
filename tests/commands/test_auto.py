"""`podtop auto`: what is listed, what arming asks and refuses, and that postponing drops a stop."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from tests.commands.test_schema import VALID
from tests.make import pod, snapshot
from tests.ui.conftest import NOW, HeldCloud
from tui.commands.auto import Asked, auto, question
from tui.commands.exit_codes import Exit
from tui.config.loader import Config
from tui.config.settings import Auto
from tui.domain.alert_rules import Mute
from tui.domain.auto import Armed
from tui.domain.lease import Lease
from tui.services.source import Source
from tui.storage.auto_file import AutoFile
from tui.storage.lease_file import LeaseFile
from tui.storage.mute_file import MuteFile
from tui.storage.state_files import StateFiles

PODS = (pod("a", name="exp-1", cost=1.38), pod("b", name="exp-2"), pod("c", name="serve"))
CONFIG = Config(auto=Auto(pods=(("exp-*", "stop after 60m"),)))


class Stand:
    def __init__(self, folder: Path, config: Config = CONFIG) -> None:
        self.state = StateFiles(lambda: folder, "test", "https://test.invalid")
        self.file = AutoFile(self.state.idle_stops("user_1"))
        self.leases = LeaseFile(self.state.idle_stops("user_1"))
        self.config = config

    def run(self, **asked: str | bool) -> int:
        cloud = HeldCloud()
        cloud.fleet_answer = snapshot(*PODS)
        source = Source("test", False, lambda: cloud, lambda: cloud.now)
        return auto(source, self.state, self.config, Asked(**asked))  # type: ignore[arg-type]


def test_without_a_rule_nothing_can_be_armed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stand = Stand(tmp_path, Config())
    assert stand.run() == Exit.OK
    assert "no rule: no idle pod is stopped" in capsys.readouterr().out
    assert stand.run(arm="exp-1", yes=True) == Exit.REFUSED
    assert "no rule stops it: set one in config.toml" in capsys.readouterr().err
    assert not stand.file.state().armed


def test_a_pattern_and_a_pod_are_armed_for_the_rule_of_now(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stand = Stand(tmp_path)
    assert stand.run(arm="exp-*", yes=True) == Exit.OK
    assert stand.run(arm="exp-1", yes=True) == Exit.OK
    assert {target: armed.after for target, armed in stand.file.state().armed.items()} == {"exp-*": 3600.0, "a": 3600.0}
    capsys.readouterr()
    stand.run()
    out = capsys.readouterr().out
    assert "rule   exp-*: stop after 1h 00m without work" in out
    assert "rule   all other pods: off" in out
    assert "armed  exp-*: 1h 00m, by " in out
    assert "next   exp-2, once no GPU has worked for 1h 00m" in out
    assert "serve" not in out
    stand.config = Config(auto=Auto(idle="stop after 30m"))
    stand.run()
    assert "the rule has changed since: arm it again" in capsys.readouterr().out
    assert stand.run(disarm="exp-1") == Exit.OK
    assert list(stand.file.state().armed) == ["exp-*"]
    assert stand.run(disarm="exp-1") == Exit.NOTHING


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"arm": "serve", "yes": True}, Exit.REFUSED, "no rule stops it"),
        ({"arm": "*", "yes": True}, Exit.REFUSED, "different rules"),
        ({"arm": "nobody", "yes": True}, Exit.NOTHING, "no pod named"),
        ({"arm": "exp-1"}, Exit.USAGE, "no terminal"),
        ({"keep": "nobody"}, Exit.NOTHING, "no pod named"),
    ],
)
def test_what_cannot_be_armed_is_refused(
    asked: dict[str, str | bool], code: Exit, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stand = Stand(tmp_path)
    assert stand.run(**asked) == code
    assert words in capsys.readouterr().err
    assert not stand.file.state().armed


def test_read_only_arms_nothing(tmp_path: Path) -> None:
    stand = Stand(tmp_path, replace(CONFIG, read_only=True))
    assert stand.run(arm="exp-1", yes=True) == Exit.REFUSED
    assert not stand.file.state().armed


def test_a_stop_that_is_near_is_listed_and_postponed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stand = Stand(tmp_path)
    now = HeldCloud().now
    stand.file.arm(Armed("exp-*", 3600.0, now, "ada"))
    stand.leases.set(Lease("a", "exp-1", "stop", now + 500.0, now))
    stand.run()
    assert "podtop auto --keep exp-1 postpones it" in capsys.readouterr().out
    assert stand.run(keep="exp-1") == Exit.OK
    assert stand.file.state().kept == {"a": now + 3600.0}


def test_the_list_says_which_pods_are_spared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stand = Stand(tmp_path)
    stand.run(arm="exp-*", yes=True)
    MuteFile(stand.state.mutes("user_1")).set(Mute("a", "idle", NOW * 2))
    capsys.readouterr()
    stand.run()
    listed = capsys.readouterr().out
    assert "spared exp-1: it is muted" in listed
    assert "next   exp-2, once no GPU has worked" in listed


def test_the_question_says_what_is_lost_and_what_never_happens() -> None:
    text = "\n".join(question("exp-*", PODS[:2], 3600.0, 3))
    for words in (
        "exp-1 (a, $1.38/h)",
        "erases the container disk",
        "Never terminated",
        "at most 3 stops",
        "--keep POD",
    ):
        assert words in text


def test_json_says_what_the_list_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stand = Stand(tmp_path)
    for target in ("exp-*", "exp-1"):
        stand.run(arm=target, yes=True)
    stand.run(keep="exp-2")
    stand.leases.set(Lease("a", "exp-1", "stop", NOW + 300.0, NOW))
    capsys.readouterr()
    assert stand.run(as_json=True) == Exit.OK
    document = msgspec.json.decode(capsys.readouterr().out)
    VALID.validate(document)
    assert document["rules"] == [{"pods": "exp-*", "after_s": 3600.0}, {"pods": "*", "after_s": None}]
    assert {each["target"]: (each["after_s"], each["stale"]) for each in document["armed"]} == {
        "exp-*": (3600.0, False), "a": (3600.0, False),
    }  # fmt: skip
    assert (document["stopped_today"], document["per_day"]) == (0, 3)
    stops, kept = (
        {item["pod_name"]: bool(item[name]) for item in document["items"]} for name in ("stops_at", "kept_until")
    )
    assert stops == {"exp-1": True, "exp-2": False}
    assert kept == {"exp-1": False, "exp-2": True}
    assert stand.run(as_json=True, disarm="exp-1") == Exit.USAGE
    assert "a" in stand.file.state().armed
