"""Settings: precedence, what is accepted, and what is said of what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tui.config.loader import Config, ConfigError, load


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
        ("interval = true", ["line 1", "interval = true"]),
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


PROFILES = """
profile = "home"
api_url = "https://top.example/graphql"
read_only = true
[profiles.home]
api_key = "home-key"
read_only = false
[profiles.work]
api_url = "https://work.example/graphql"
api_key_env = "WORK_KEY"
color = "bad"
[profiles.plain]
"""


@pytest.fixture
def profiles(file: Path) -> Path:
    file.write_text(PROFILES)
    file.chmod(0o600)
    return file


def key_of(config: Config) -> str:
    return config.key.secret.reveal() if config.key else ""


def test_a_profile_is_chosen_by_flag_by_environment_and_by_the_file(profiles: Path) -> None:
    home = read(profiles)
    assert (home.profile, home.api_url, home.read_only) == ("home", "https://top.example/graphql", False)
    assert key_of(home) == "home-key"
    work = read(profiles, PODTOP_PROFILE="work", WORK_KEY="work-key")
    assert (work.profile, work.api_url, work.read_only, work.color) == (
        "work", "https://work.example/graphql", True, "bad",
    )  # fmt: skip
    assert key_of(work) == "work-key"
    assert read(profiles, {"profile": "home"}, PODTOP_PROFILE="work").profile == "home"


def test_a_profile_is_its_own_account_whatever_lies_in_the_environment(profiles: Path, tmp_path: Path) -> None:
    around = {"RUNPOD_API_KEY": "another", "PODTOP_API_URL": "https://another.example/", "WORK_KEY": "work-key"}
    work = read(profiles, {"profile": "work"}, **around)
    assert (work.api_url, key_of(work)) == ("https://work.example/graphql", "work-key")
    plain = read(profiles, {"profile": "plain"}, **around)
    assert (plain.api_url, key_of(plain)) == ("https://another.example/", "another")
    (tmp_path / "key").write_text("flag-key")
    flagged = read(profiles, {"profile": "work", "api_key_file": str(tmp_path / "key")}, **around)
    assert key_of(flagged) == "flag-key"


def test_a_profile_takes_read_only_from_no_environment_and_no_flag(profiles: Path) -> None:
    assert read(profiles, PODTOP_READ_ONLY="1").read_only
    assert read(profiles, {"read_only": True}).read_only
    assert not read(profiles, PODTOP_READ_ONLY="0").read_only


def test_a_profile_that_is_not_there_is_told_with_those_that_are(profiles: Path) -> None:
    with pytest.raises(ConfigError, match=r"^--profile: there is no profile 'wrok'; did you mean work\? there"):
        read(profiles, {"profile": "wrok"})
    with pytest.raises(ConfigError, match=r"^environment: PODTOP_PROFILE: there is no profile 'x'"):
        read(profiles, PODTOP_PROFILE="x")
    profiles.unlink()
    with pytest.raises(ConfigError, match="there is none"):
        read(profiles, {"profile": "work"})


def test_a_profile_whose_key_is_nowhere_takes_no_other(profiles: Path) -> None:
    with pytest.raises(ConfigError, match=r"profiles\.work\.api_key_env: the environment has no WORK_KEY"):
        read(profiles, {"profile": "work"}, RUNPOD_API_KEY="another")


def test_settings_hold_no_key_beside_the_key(profiles: Path) -> None:
    assert (read(profiles).api_key, read(profiles).profiles) == (None, {})
    assert "home-key" not in repr(read(profiles))


def test_the_environment_sets_everything_at_the_top(file: Path) -> None:
    config = read(file, PODTOP_MOUSE="off", PODTOP_ASCII="1", PODTOP_SLOW_LINK="true", PODTOP_API_KEY="x")
    assert (config.mouse, config.ascii, config.slow_link, config.key) == (False, True, True, None)


def test_a_key_file_of_the_environment_beats_a_key_of_the_file(profiles: Path, tmp_path: Path) -> None:
    profiles.write_text("api_key = 'in-the-file'\n")
    (tmp_path / "key").write_text("in-the-environment")
    assert key_of(read(profiles, PODTOP_API_KEY_FILE=str(tmp_path / "key"))) == "in-the-environment"
