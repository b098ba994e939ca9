"""Settings: precedence, what is accepted, and what is said of what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tui.config import Config, ConfigError, load


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def read(file: Path, flags: dict[str, Any] | None = None, **environ: str) -> Config:
    return load(flags or {}, file=file, runpod_file=file.parent / "runpod.toml", environ=environ)


def test_without_anything_there_are_defaults(file: Path) -> None:
    assert read(file) == Config()


def test_flags_beat_the_environment_which_beats_the_file(file: Path) -> None:
    file.write_text("interval = 7\nmarket_interval = 60\ntheme = 'nord'\n")
    config = read(file, {"interval": "3", "theme": None}, PODTOP_INTERVAL="4", PODTOP_MARKET_INTERVAL="40")
    assert (config.interval, config.market_interval, config.theme) == (3, 40, "nord")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("theme = 'nord'\ninterval = 1", ["line 2", "interval = 1", "from 2 to 86400"]),
        ("interval = true", ["line 1", "interval = True"]),
        ("interval = nan", ["interval = nan"]),
        ("read_only = 'maybe'", ["read_only = 'maybe'", "true or false"]),
        ("api_url = 'http://example.com/graphql'", ["http://example.com", "loopback only"]),
        ("api_url = 'https://me:pw@example.com/'", ["without credentials"]),
        ("interval = = 3", ["not TOML"]),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(file: Path, text: str, words: list[str]) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read(file)
    for word in (str(file), *words):
        assert word in str(caught.value)


def test_a_bad_flag_and_a_bad_variable_are_named(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"^--interval = 'fast' is not"):
        read(file, {"interval": "fast"})
    with pytest.raises(ConfigError, match=r"^environment: PODTOP_READ_ONLY = 'perhaps'"):
        read(file, PODTOP_READ_ONLY="perhaps")


@pytest.mark.parametrize("url", ["https://api.runpod.io/graphql?api_key=rpa_x", "https://me:rpa_x@host/", "rpa_x"])
def test_a_key_in_a_url_is_refused_and_not_told(file: Path, url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(file, {"api_url": url})
    assert "rpa_x" not in str(caught.value)


def test_an_unknown_key_warns_with_the_nearest(file: Path) -> None:
    file.write_text("intervall = 7\n")
    (warning,) = read(file).warnings
    assert "line 1" in warning
    assert "did you mean interval?" in warning


def test_the_key_is_looked_for_in_order(file: Path, tmp_path: Path) -> None:
    (tmp_path / "runpod.toml").write_text('apikey = "from-runpod"\n')
    key_file = tmp_path / "key"
    key_file.write_text("from-flag\n")

    def key(flags: dict[str, Any] | None = None, **environ: str) -> str:
        found = read(file, flags, **environ).key
        assert found is not None
        return found.secret.reveal()

    assert key() == "from-runpod"
    file.write_text('api_key = "from-podtop"\n')
    file.chmod(0o600)
    assert key() == "from-podtop"
    assert key(RUNPOD_API_KEY="from-environment") == "from-environment"
    assert key({"api_key_file": str(key_file)}, RUNPOD_API_KEY="from-environment") == "from-flag"


@pytest.mark.parametrize("text", ["two words", "tab\tbed", "schlüssel", "new\nline"])
def test_what_is_no_key_is_refused_and_not_told(file: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(file, RUNPOD_API_KEY=text)
    assert text not in str(caught.value)


def test_a_missing_or_empty_key_file_is_named(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read(file, {"api_key_file": str(tmp_path / "nowhere")})
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(ConfigError, match="no API key"):
        read(file, {"api_key_file": str(tmp_path / "empty")})


def test_a_key_in_a_file_that_others_can_read_warns(file: Path) -> None:
    file.write_text('api_key = "rpa_x"\n')
    file.chmod(0o644)
    (warning,) = read(file).warnings
    assert "chmod 600" in warning
    file.chmod(0o600)
    assert read(file).warnings == ()


def test_the_key_is_in_no_repr(file: Path) -> None:
    config = read(file, RUNPOD_API_KEY="rpa_secret")
    assert "rpa_secret" not in repr(config)
    assert "rpa_secret" not in str(config.key)
