"""The log: what is in it, what never is, how large it gets, and that no trouble with it reaches anybody."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.api import log_lines, secret
from tui.api.errors import CloudError
from tui.api.graphql.client import GraphQLCloud
from tui.api.secret import Secret
from tui.config.loader import load
from tui.storage import app_log
from tui.system.surroundings import settings as told_settings
from tui.system.surroundings import surroundings

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \d+ [A-Z]+ [\w.]+: .*|\| .*")


class Beat:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def beat() -> Beat:
    return Beat()


@pytest.fixture
def path(tmp_path: Path, beat: Beat, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(secret, "_known", {})
    path = app_log.open_log(tmp_path / "state", "debug", monotonic=beat)
    assert path is not None
    yield path
    app_log.close_log()


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def test_a_line_has_the_time_in_utc_the_process_and_fields(path: Path) -> None:
    log_lines.event("watch", "event", kind="outage", pod="", none=None, text='it said "no"\nand left', took=0.25)
    (line,) = lines(path)
    assert LINE.fullmatch(line)
    assert f" {os.getpid()} INFO watch: event kind=outage " in line
    assert line.endswith(r'text="it said \"no\"\nand left" took=0.25')
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@given(texts=st.lists(st.text(max_size=80), min_size=1, max_size=5))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_logged_is_lines_that_can_be_searched(path: Path, beat: Beat, texts: list[str]) -> None:
    beat.now += 10_000.0
    path.unlink(missing_ok=True)
    for text in texts:
        log_lines.event("app", "told", text=text, fields={"other": text})
        logging.getLogger("tui.somewhere").error("%s", text)
    data = path.read_bytes().decode("utf-8") if path.exists() else ""
    assert all(LINE.fullmatch(line) for line in data.split("\n")[:-1])
    assert not [ch for ch in data if not (ch.isprintable() or ch == "\n")]


KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=60)


@given(key=KEYS, before=st.text(max_size=20), after=st.text(max_size=20), level=st.sampled_from([10, 20, 30, 40, 50]))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_known_secret_is_ever_written(path: Path, beat: Beat, key: str, before: str, after: str, level: int) -> None:
    beat.now += 10_000.0
    path.unlink(missing_ok=True)
    secret.remember(Secret(key))
    # What surrounds it may have pieces of it by itself; that would be no leak.
    text = f"{before} {key} {after}"
    for shown in (key, f"Bearer {key}", f'{{"key": "{key}"}}'):
        log_lines.event("api", "failed", level, text=shown, fields={"error": shown})
        logging.getLogger("tui.api").log(level, "%s", text)
        logging.getLogger("asyncio").error("%s", text)
        try:
            raise ValueError(text)
        except ValueError as error:
            report = app_log.crash_report(error, path)
            assert key not in report
            logging.getLogger("tui.api").error("trouble", exc_info=error)
    written = path.read_text("utf-8")
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    stripped = written.replace(log_lines._visible(before), "").replace(log_lines._visible(after), "")
    for line in stripped.split("\n"):
        assert key not in line, line
        assert escaped not in line, line


def test_what_looks_like_a_key_or_a_password_is_masked_though_nobody_knows_it(path: Path) -> None:
    for text in ("rpa_ABCDEF0123456789", "https://ada:s3cret-pw@proxy:8080", "Authorization: Bearer abc.def.ghi"):
        log_lines.event("api", "failed", text=text)
    written = path.read_text()
    for piece in ("ABCDEF", "s3cret", "ada:", "abc.def"):
        assert piece not in written


def test_the_whole_is_bounded_and_the_newest_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_log, "BYTES", 2_000)
    for number in range(500):
        log_lines.event("app", "told", text=f"sentence {number}")
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["podtop.log", "podtop.log.1", "podtop.log.2"]
    assert sum(file.stat().st_size for file in files) <= app_log.FILES * 2_000
    assert "sentence 499" in path.read_text()
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def test_what_is_repeated_is_counted_and_not_written(path: Path, beat: Beat) -> None:
    for number in range(100):
        beat.now = number * 5.0
        log_lines.event(
            "api", "failed", fields={"operation": "fleet", "request_id": f"id{number}", "took": number / 10}
        )
        log_lines.event("api", "failed", operation="market")
    assert len(lines(path)) == 2
    beat.now = 700.0
    log_lines.event("api", "failed", fields={"operation": "fleet", "request_id": "last", "took": 3})
    assert lines(path)[-1].endswith("request_id=last took=3 more=99")
    app_log.close_log()
    assert [line for line in lines(path) if "operation=market more=99" in line]


def test_what_is_told_apart_is_bounded(path: Path) -> None:
    for number in range(app_log.REMEMBERED * 3):
        log_lines.event("app", "told", text=f"sentence {number}")
    (handler,) = [one for one in logging.getLogger("tui").handlers if isinstance(one, app_log._File)]
    assert len(handler._seldom._seen) == app_log.REMEMBERED


def test_a_file_that_was_taken_away_or_opened_to_others_is_mended(path: Path) -> None:
    log_lines.event("app", "told", text="one")
    path.rename(path.with_name("elsewhere"))
    log_lines.event("app", "told", text="two")
    path.chmod(0o644)
    log_lines.event("app", "told", text="three")
    assert [line.rpartition("=")[2] for line in lines(path)] == ["two", "three"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("there", ["directory", "pipe", "link", "full", "no parent"])
def test_no_trouble_with_the_file_reaches_who_logs(
    there: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    path = folder / app_log.LOG_NAME
    if there == "directory":
        path.mkdir()
    elif there == "pipe":
        os.mkfifo(path)
    elif there == "link":
        path.symlink_to("/dev/full")
    elif there == "no parent":
        folder.rmdir()
        folder.write_text("a file")
    opened = app_log.open_log(folder)
    if there == "full":

        def full(file: int, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(app_log.os, "write", full)
    else:
        assert opened is None
    log_lines.event("app", "told", text="one")
    logging.getLogger("asyncio").error("two")
    report = app_log.crash_report(ValueError(), opened)
    app_log.close_log()
    monkeypatch.undo()
    assert report.startswith("crashed: ValueError")
    assert capfd.readouterr() == ("", "")


def test_before_it_is_open_nothing_is_written_anywhere(capfd: pytest.CaptureFixture[str]) -> None:
    app_log.close_log()
    log_lines.event("api", "failed", logging.ERROR, text="one")
    assert capfd.readouterr() == ("", "")


def test_levels_leave_out_what_is_below(tmp_path: Path) -> None:
    path = app_log.open_log(tmp_path, "warning")
    log_lines.event("api", "answered", logging.DEBUG)
    log_lines.event("app", "told")
    log_lines.event("api", "failed", logging.WARNING)
    app_log.close_log()
    assert path is not None
    assert [line.rpartition(": ")[2] for line in lines(path)] == ["failed"]


def test_a_failed_request_is_found_by_its_operation_status_and_ids(path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"x-request-id": "req-1", "cf-ray": "8f1-FRA"}
        return httpx.Response(503, headers=headers, json={"errors": [{"message": "no rpa_0123456789abcdef today"}]})

    async def ask() -> None:
        cloud = GraphQLCloud("https://api.example/graphql", "key-0123456789", transport=httpx.MockTransport(answer))
        with pytest.raises(CloudError):
            await cloud.fleet()
        await cloud.aclose()

    asyncio.run(ask())
    (line,) = lines(path)
    for words in ("WARNING api: failed operation=fleet", "status=503", "request_id=req-1", "cf_ray=8f1-FRA", "took="):
        assert words in line
    assert "key-0123456789" not in line
    assert "rpa_" not in line


def test_the_settings_that_are_told_have_no_secret_in_them(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        'api_key = "top-secret-key"\nlog_level = "debug"\ninterval = 7\n'
        '[notify]\nwebhook = "https://hooks.example.com/hidden-part"\n'
        '[profiles.work]\napi_key = "work-secret-key"\n'
    )
    environ = {"HTTPS_PROXY": "http://ada:pass-word@proxy:1", "OTHER_TOKEN": "token-value", "TERM": "xterm"}
    config = load({}, file=file, runpod_file=tmp_path / "none", environ=environ)
    told = " ".join(log_lines.pairs({**told_settings(config), **surroundings(environ)}))
    for words in ("log_level=debug", "interval=7", "notify=set", f"key={file}", "term=xterm", "variables=HTTPS_PROXY"):
        assert words in told
    for piece in ("secret", "hidden", "pass-word", "token-value"):
        assert piece not in told
    known = {one.reveal() for one in secret.known()}
    assert {"top-secret-key", "work-secret-key", "token-value", "https://hooks.example.com/hidden-part"} <= known
