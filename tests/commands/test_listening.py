"""`podtop record --listen`: what is served is what the flags or the settings say, and nothing beyond this machine
without a token."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.api.secret import Secret
from tui.commands.listening import ListenError, Listening, listening
from tui.commands.parser import parser
from tui.config.loader import Config
from tui.config.settings import Watcher
from tui.domain.listen_address import ListenAddress

TOKEN = "0123456789abcdef0123"


@pytest.fixture
def token(tmp_path: Path) -> str:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    return str(file)


def test_nothing_is_served_unless_asked_for() -> None:
    assert listening(Config()) is None


def test_the_flag_beats_the_settings(token: str) -> None:
    config = Config(watcher=Watcher(listen="127.0.0.1:1", token_file=token))
    assert listening(config) == Listening(ListenAddress("127.0.0.1", 1), Secret(TOKEN))
    assert listening(config, "0.0.0.0:2") == Listening(ListenAddress("0.0.0.0", 2), Secret(TOKEN))
    assert listening(Config(), "9464") == Listening(ListenAddress("127.0.0.1", 9464))


@pytest.mark.parametrize("address", ["0.0.0.0:9464", ":9464", "10.0.0.1:9464", "[::]:9464"])
def test_other_machines_need_a_token(address: str) -> None:
    with pytest.raises(ListenError, match="--token-file"):
        listening(Config(), address)


@pytest.mark.parametrize("content", ["short", "with a space and long enough", "ümlaut-and-long-enough", ""])
def test_a_token_that_is_none_is_refused_without_being_quoted(content: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(ListenError) as caught:
        listening(Config(), "0.0.0.0:1", str(file))
    assert not content or content not in str(caught.value)


def test_a_token_file_alone_serves_nothing(token: str, tmp_path: Path) -> None:
    with pytest.raises(ListenError, match="--listen"):
        listening(Config(), None, token)
    with pytest.raises(ListenError, match="missing"):
        listening(Config(), "9464", str(tmp_path / "missing"))


@pytest.mark.parametrize("text", ["nowhere", "1.2.3.4.5:1", "127.0.0.1:99999", "host:80", "", "-1"])
def test_an_address_that_is_none_is_refused_with_what_is_accepted(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["record", "--listen", text])
    assert ended.value.code == 2
    assert "HOST:PORT" in capsys.readouterr().err or text == "-1"
