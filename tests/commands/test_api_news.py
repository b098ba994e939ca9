"""What a command says of RunPod's APIs: once, on standard error, and not with -q."""

from __future__ import annotations

import json

import pytest

from tests.api.test_dual import Rest
from tests.commands.conftest import Run, Served
from tui.api.errors import Unauthorized
from tui.api.listener import Api, Retirement
from tui.commands import api_news
from tui.commands.api_news import DIRECT, ApiNews
from tui.domain.retirement import FROM
from tui.services.source import Source

OFF = "podtop: RunPod switched GraphQL off; podtop now uses REST v2. Not offered there: countries of hosts"


@pytest.mark.parametrize(
    ("arguments", "code"), [(["once", "pods", "--json"], 0), (["resume", "dataset-prep", "--dry-run"], 0)]
)
def test_a_switch_is_told_once_and_not_if_quiet(arguments: list[str], code: int, run: Run, served: Served) -> None:
    served.faults("graphql-410")
    done = run(*arguments)
    assert done.returncode == code
    (line,) = [line for line in done.stderr.splitlines() if "switched" in line]
    assert line.startswith(OFF)
    assert line.endswith(DIRECT)
    if "--json" in arguments:
        assert json.loads(done.stdout)["not_offered"]
    quiet = run(*arguments, "-q")
    assert quiet.returncode == code
    assert "switched" not in quiet.stderr
    assert quiet.stdout == done.stdout or "--json" in arguments


class GraphQL(Rest):
    """One that is the old API, until it is told to be the other."""

    now = Api.GRAPHQL

    @property
    def api(self) -> Api:
        return self.now


def source(at: float, *, demo: bool = False) -> Source:
    return Source("runpod", demo, Rest, lambda: at)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    notes: list[str] = []
    monkeypatch.setattr(api_news, "note", notes.append)
    return notes


def test_the_calendar_and_the_headers_are_told_once(told: list[str]) -> None:
    cloud = GraphQL()
    news = ApiNews(cloud, source(FROM - 1))
    news.answered()
    assert told == []
    assert cloud.listener is not None
    cloud.listener.retiring(Retirement(Api.REST, None))
    news.answered()
    assert told == []
    cloud.listener.retiring(Retirement(Api.GRAPHQL, FROM + 86_400.0))
    news.answered()
    news.answered()
    (notice,) = told
    assert "RunPod switches GraphQL off on 2027-01-02" in notice
    assert 'set api = "auto"' in notice


@pytest.mark.parametrize("demo", [False, True])
def test_the_calendar_is_that_of_runpod_itself(demo: bool, told: list[str]) -> None:
    news = ApiNews(GraphQL(), source(FROM, demo=demo))
    news.answered()
    assert len(told) == (0 if demo else 1)


def test_who_uses_the_other_already_hears_nothing_and_a_barred_one_is_named(told: list[str]) -> None:
    cloud = Rest()
    news = ApiNews(cloud, source(FROM))
    news.answered()
    assert told == []
    assert cloud.listener is not None
    cloud.listener.barred(Api.REST, Unauthorized("REST v2 does not accept this API key for logs"))
    assert told == ["REST v2 does not accept this API key for logs"]
