"""Settings: precedence, what is accepted, and what is said of what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tui.config.keys import ConfigError
from tui.config.loader import Config, attempt, load


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
        ("theme = 'nord'\ninterval = 1", ["line 2", "interval: invalid value 1", "from 2 to 86400"]),
        ("interval = true", ["line 1", "interval: invalid value true"]),
        ("interval = nan", ["interval: invalid value nan"]),
        ("read_only = 'maybe'", ["read_only: invalid value 'maybe'", "true or false"]),
        ("api_url = 'http://example.com/graphql'", ["http://example.com", "loopback only"]),
        ("api_url = 'https://me:pw@example.com/'", ["without credentials"]),
        ("interval = = 3", ["invalid TOML"]),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(file: Path, text: str, words: list[str]) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read(file)
    for word in (str(file), *words):
        assert word in str(caught.value)


def test_a_bad_flag_and_a_bad_variable_are_named(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"^--interval: invalid value 'fast'; expected seconds"):
        read(file, {"interval": "fast"})
    with pytest.raises(ConfigError, match=r"^PODTOP_READ_ONLY: invalid value 'perhaps'; expected true"):
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
    with pytest.raises(ConfigError, match="contains no API key"):
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


def test_the_environment_beats_the_profile_and_the_account_is_not_called_by_its_name(
    profiles: Path, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("file-key")
    (tmp_path / "key").chmod(0o600)
    by_file = {"PODTOP_API_KEY_FILE": str(tmp_path / "key")}
    for name, others in (
        ("RUNPOD_API_KEY", {"RUNPOD_API_KEY": "file-key", **by_file}),
        ("PODTOP_API_KEY_FILE", by_file),
    ):
        around = {**others, "PODTOP_API_URL": "https://another.example/", "WORK_KEY": "work-key"}
        work = read(profiles, {"profile": "work"}, **around)
        assert (work.api_url, key_of(work), work.profile) == ("https://another.example/", "file-key", "work")
        assert (work.account, work.color) == (name, "bad")
        assert work.override == f"{name} overrides the API key of profile work; unset it to use the profile's key"
        assert work.warnings == ()
        assert read(profiles, {"profile": "work", "interval": "9"}, PODTOP_INTERVAL="7", **around).interval == 9


def test_a_profile_without_a_key_of_its_own_keeps_its_name(profiles: Path) -> None:
    plain = read(profiles, {"profile": "plain"}, RUNPOD_API_KEY="another")
    assert (key_of(plain), plain.account, plain.override) == ("another", "plain", "")


def test_the_same_key_in_the_environment_overrides_nothing(profiles: Path) -> None:
    work = read(profiles, {"profile": "work"}, RUNPOD_API_KEY="work-key", WORK_KEY="work-key")
    assert (key_of(work), work.account, work.override) == ("work-key", "work", "")
    assert read(profiles, {"profile": "work"}, RUNPOD_API_KEY="work-key").account == "RUNPOD_API_KEY"


def test_a_key_file_on_the_command_line_beats_all(profiles: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("flag-key")
    (tmp_path / "key").chmod(0o600)
    by_flag = {"profile": "work", "api_key_file": str(tmp_path / "key")}
    found = read(profiles, by_flag, RUNPOD_API_KEY="another")
    assert (key_of(found), found.account) == ("flag-key", "--api-key-file")
    assert found.override.startswith("--api-key-file overrides the API key of profile work; drop the flag")
    assert read(profiles, {**by_flag, "profile": "plain"}).override == ""
    assert read(profiles, by_flag, WORK_KEY="flag-key").override == ""


def test_settings_of_the_environment_beat_those_of_a_profile_but_read_only_stays(profiles: Path) -> None:
    assert read(profiles, PODTOP_API_URL="https://another.example/").api_url == "https://another.example/"
    profiles.write_text("[profiles.work]\nread_only = true\n")
    assert read(profiles, {"profile": "work"}, PODTOP_READ_ONLY="0").read_only


def test_a_profile_takes_read_only_from_no_environment_and_no_flag(profiles: Path) -> None:
    assert read(profiles, PODTOP_READ_ONLY="1").read_only
    assert read(profiles, {"read_only": True}).read_only
    assert not read(profiles, PODTOP_READ_ONLY="0").read_only


def test_a_profile_that_is_not_there_is_told_with_those_that_are(profiles: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"^--profile: unknown profile 'wrok'; did you mean work\? Profiles: home, plain, work$"
    ):
        read(profiles, {"profile": "wrok"})
    with pytest.raises(ConfigError, match=r"^PODTOP_PROFILE: unknown profile 'x'\. Profiles: "):
        read(profiles, PODTOP_PROFILE="x")
    profiles.unlink()
    with pytest.raises(ConfigError, match=r"unknown profile 'work'; config.toml has no \[profiles.NAME\]"):
        read(profiles, {"profile": "work"})


def test_a_profile_whose_key_is_nowhere_takes_none_of_the_file(profiles: Path) -> None:
    profiles.write_text('api_key = "another"\n[profiles.work]\napi_key_env = "WORK_KEY"\n')
    with pytest.raises(ConfigError, match=r"profiles\.work\.api_key_env: the variable WORK_KEY is not set"):
        read(profiles, {"profile": "work"})


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


def faults(file: Path, flags: dict[str, Any] | None = None, **environ: str) -> tuple[str, ...]:
    loaded = attempt(flags or {}, file=file, runpod_file=file.parent / "runpod.toml", environ=environ)
    return loaded.faults


def test_all_that_is_wrong_is_found_in_one_go(file: Path) -> None:
    file.write_text("interval = 1\nmouse = 3\nprofile = 'nobody'\n[profiles.work]\napi_key_env = 'WORK_KEY'\n")
    found = faults(file, {"market_interval": "soon", "profile": "work"}, PODTOP_ASCII="perhaps", PODTOP_LOCK_AFTER="-1")
    assert [fault.removeprefix(f"{file}, ").partition(";")[0] for fault in found] == [
        "line 1: interval: invalid value 1",
        "line 2: mouse: invalid value 3",
        "line 3: unknown profile 'nobody'. Profiles: work",
        "PODTOP_LOCK_AFTER: invalid value '-1'",
        "PODTOP_ASCII: invalid value 'perhaps'",
        "--market-interval: invalid value 'soon'",
        "profiles.work.api_key_env: the variable WORK_KEY is not set",
    ]


def test_very_many_errors_are_counted(file: Path) -> None:
    file.write_text("[keymap]\n" + "".join(f"k{n} = 1\n" for n in range(100)))
    found = faults(file)
    assert len(found) == 21
    assert found[-1] == f"{file}: 80 more errors; podtop config --check lists them"


@pytest.mark.parametrize(
    ("text", "keyless"),
    [
        ("", True),
        ("interval = 1", True),
        ("interval = = 1", False),
        ("api_key = 5", False),
        ("[profiles.work]\napi_key = 5\n", False),
        ("[profiles.other]\napi_key = 5\n[profiles.work]\n", True),
        ("[profiles.worked]\napi_key = 'rpa_x'\n", False),
    ],
)
def test_no_key_is_missed_where_one_may_be(file: Path, text: str, keyless: bool) -> None:
    file.write_text(text)
    flags = {"profile": "work"} if "work" in text else {}
    found = attempt(flags, file=file, runpod_file=file.parent / "runpod.toml", environ={})
    assert (found.config.key, found.keyless) == (None, keyless)


def test_a_file_that_was_named_must_exist(file: Path) -> None:
    assert faults(file) == ()
    (fault,) = faults(file, {"profile": "work"}, PODTOP_CONFIG=str(file))
    assert fault.startswith(f"{file}: no such file (named by --config or PODTOP_CONFIG)")


def test_a_variable_that_is_almost_one_of_podtops_is_told(tmp_path: Path) -> None:
    for name, meant in (
        ("PODTOP_READONLY", "PODTOP_READ_ONLY"),
        ("PODTOP_read_only", "PODTOP_READ_ONLY"),
        ("Podtop_Profile", "PODTOP_PROFILE"),
        ("PODTOP_API_KEY", "PODTOP_API_KEY_FILE"),
    ):
        config = read(tmp_path / "none", **{name: "1"})
        assert config.warnings == (f"the variable {name} sets nothing; did you mean {meant}?",)
        assert not config.read_only
    quiet = {"PODTOP_TITLE": "t", "PODTOP_TOUR": "0", "PODTOP_HOME_OF_MINE": "x", "PODTOP_READONLY": "", "OTHER": "x"}
    assert read(tmp_path / "none", **quiet).warnings == ()
