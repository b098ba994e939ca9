"""One recorder, many readers, as processes: one account's polls, no key, and an outage when the recorder is killed."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from tests.cli import quick
from tests.cli.test_watcher import read_until, started

WITHOUT_KEY = {name: value for name, value in os.environ.items() if name != "RUNPOD_API_KEY"}


@pytest.fixture
def hub(url: str) -> Iterator[tuple[quick.Process, str]]:
    process = started(url, "--listen", "127.0.0.1:0")
    found = re.search(r"serves (http://127\.0\.0\.1:\d+)/metrics", read_until(process, "serves http"))
    assert found
    read_until(process, "● recording")
    yield process, found[1]
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
        process.communicate()


def read(url: str, *words: str) -> tuple[int, str, str]:
    process = quick.Process("once", "pods", "--json", "--hub", url, *words, env=WITHOUT_KEY)
    out, err = process.communicate()
    return process.wait(), out, err


def requests_sent(url: str) -> int:
    return int(re.findall(r"podtop_api_requests_total{[^}]*} (\d+)", httpx.get(f"{url}/metrics").text)[0])


def test_readers_need_no_key_and_cost_no_request_of_their_own(hub: tuple[quick.Process, str]) -> None:
    _, url = hub
    before = requests_sent(url)
    for _ in range(4):
        code, out, _ = read(url)
        assert code == 0
        assert len(json.loads(out)["items"]) == 3
    # The recorder polls every two seconds, whoever reads.
    assert requests_sent(url) - before <= 20


def test_a_reader_cannot_act(hub: tuple[quick.Process, str]) -> None:
    _, url = hub
    process = quick.Process("stop", "llama-70b-pretrain", "--yes", "--hub", url, env=WITHOUT_KEY)
    _, err = process.communicate()
    assert process.wait() == 2
    assert "cannot be combined" in err


def test_a_recorder_that_is_killed_is_an_outage_for_its_readers(hub: tuple[quick.Process, str]) -> None:
    process, url = hub
    process.send_signal(signal.SIGKILL)
    process.communicate()
    code, out, err = read(url)
    assert code not in (0, 2)
    assert "hub 127.0.0.1" in out + err
    assert "Traceback" not in err


@pytest.mark.parametrize("flags", [("--hub", "nowhere"), ("--hub", "http://jump:9464", "--hub-token-file", "/missing")])
def test_a_wrong_hub_is_refused_in_words(flags: tuple[str, ...]) -> None:
    process = quick.Process("once", "pods", *flags, env=WITHOUT_KEY)
    _, err = process.communicate()
    assert process.wait() == 2
    assert "--hub" in err
