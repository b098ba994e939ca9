"""History from a Prometheus-compatible server: the chart is that of the recording, gaps included, on both engines; and
whatever else the server says is an error in words."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests import servers
from tests.servers import Engine
from tests.services.exporter.test_archive import GAP, START, recorded
from tui.api.secret import Secret
from tui.history.archive.reader import Recording
from tui.history.engine_recorders import recorders
from tui.history.remote import HistoryUnavailable, RemoteHistory, query, quoted
from tui.services.exporter.archive import Wanted, export
from tui.store.series import EMPTY, Samples
from tui.store.series import GAP as NO_VALUE
from tui.store.stretches import reduced

END = START + 3600.0


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("recording") / "a.sqlite")


@pytest.fixture(scope="session", params=["prometheus", "victoria-metrics"])
def engine(
    request: pytest.FixtureRequest, recording: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    directory = tmp_path_factory.mktemp("engine")
    servers.program(request.param)
    out = io.BytesIO()
    with closing(Recording(recording)) as source:
        export(source, Wanted("work"), out)
    if request.param == "prometheus":
        servers.blocks(out.getvalue().decode(), directory)
        engine = servers.prometheus(directory)
    else:
        engine = servers.victoria_metrics(directory)
        servers.import_openmetrics(engine, out.getvalue().decode(), directory)
    yield engine
    engine.stop()


def curves(samples: Samples, name: str) -> dict[float, tuple[int, ...]]:
    """The lowest, mean and highest byte at each time that has any."""
    columns = zip(samples.times, *samples.columns[name], strict=True)
    return {at: bytes for at, *bytes in columns if NO_VALUE not in bytes}  # type: ignore[misc]


@pytest.mark.parametrize("width", [10.0, 30.0, 60.0, 300.0])
async def test_the_chart_is_that_of_the_recording(engine: Engine, recording: Path, width: float) -> None:
    history = RemoteHistory(engine.url)
    try:
        theirs = await history.samples("a", START, END, width)
    finally:
        await history.close()
    with closing(Recording(recording)) as source:
        ours = reduced(source.samples("a", START, END), width, 30.0)
    for name in ("gpu0", "gpu1", "vram0", "cpu", "memory", "temp0", "power0"):
        mine, other = curves(ours, name), curves(theirs, name)
        assert mine.keys() == other.keys(), name
        assert len(mine) >= 8
        assert all(abs(a - b) <= 1 for at in mine for a, b in zip(mine[at], other[at], strict=True)), name
    assert not [at for at in theirs.times if GAP[0] <= at - START < GAP[1] - width]


async def test_a_pod_that_the_server_does_not_know_has_no_samples(engine: Engine) -> None:
    history = RemoteHistory(engine.url)
    assert await history.samples('no"such\\pod', START, END, 60.0) == EMPTY
    await history.close()


# Without a server


def answering(answer: Callable[[httpx.Request], httpx.Response], **options: object) -> RemoteHistory:
    return RemoteHistory("http://vm:8428", transport=httpx.MockTransport(answer), **options)  # type: ignore[arg-type]


def found(values: list[list[object]], **labels: str) -> dict[str, object]:
    return {"metric": labels, "values": values}


def test_two_podtops_of_the_same_pod_are_joined() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        form = dict(httpx.QueryParams(request.content.decode()))
        if "query_range" not in str(request.url) or "gpu_utilization" not in form["query"]:
            return httpx.Response(200, json={"status": "success", "data": {"resultType": "matrix", "result": []}})
        at = float(form["start"])
        series = [
            found([[at, value]], gpu="0", account=account, rollup=part)
            for account, values in (("a", ("0.1", "0.5", "0.9")), ("b", ("0.2", "0.6", "1")))
            for part, value in zip(("min", "avg", "max"), values, strict=True)
        ]
        return httpx.Response(200, json={"status": "success", "data": {"resultType": "matrix", "result": series}})

    samples = asyncio.run(answering(answer).samples("a", START, START + 60, 60.0))
    assert [list(column) for column in samples.columns["gpu0"]] == [[20], [110], [200]]


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>"), httpx.Response(200, json={"status": "error", "error": "no"}),
        httpx.Response(200, json=[]), httpx.Response(302, headers={"location": "http://elsewhere"}),
        httpx.Response(401), httpx.Response(500),
        httpx.Response(200, json={"status": "success", "data": {"result": 5}}),
    ],
)  # fmt: skip
def test_anything_else_is_an_error_in_words(response: httpx.Response) -> None:
    with pytest.raises(HistoryUnavailable, match="vm:8428"):
        asyncio.run(answering(lambda request: response).samples("a", START, END, 60.0))


@pytest.mark.parametrize(
    "at_first",
    [httpx.Response(503), httpx.Response(429), httpx.Response(206, json={}), httpx.Response(200, text="<html>log in")],
)
@pytest.mark.parametrize("rolls_up", [True, False])
def test_what_stood_in_for_the_server_at_first_does_not_say_what_it_can(
    at_first: httpx.Response, rolls_up: bool
) -> None:
    answers, queries = [at_first], []

    def answer(request: httpx.Request) -> httpx.Response:
        if answers:
            return answers.pop()
        query = httpx.QueryParams(request.content.decode())["query"]
        if "rollup(" in query and not rolls_up:
            return httpx.Response(400, json={"status": "error", "error": "unknown function"})
        queries.append(query)
        return httpx.Response(200, json={"status": "success", "data": {"resultType": "matrix", "result": []}})

    async def read() -> None:
        history = answering(answer)
        with pytest.raises(HistoryUnavailable):
            await history.samples("a", START, END, 60.0)
        assert await history.samples("a", START, END, 60.0) == EMPTY

    asyncio.run(read())
    assert all(query.startswith("rollup(") is rolls_up for query in queries)
    assert queries


def test_a_server_that_is_away_is_an_error_in_words_without_its_secrets() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot reach {request.headers['authorization']}")

    with pytest.raises(HistoryUnavailable) as caught:
        asyncio.run(answering(away, token=Secret("a-secret-token")).samples("a", START, END, 60.0))
    assert "a-secret-token" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_token_and_the_headers_are_sent_and_nothing_of_the_query_is_in_the_address() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"status": "success", "data": {"resultType": "matrix", "result": []}})

    history = answering(answer, token=Secret("a-secret-token"), headers={"X-Scope-OrgID": "gpu"})
    assert asyncio.run(history.samples("a", START, END, 60.0)) == EMPTY
    assert {request.headers["authorization"] for request in seen} == {"Bearer a-secret-token"}
    assert {request.headers["x-scope-orgid"] for request in seen} == {"gpu"}
    assert {str(request.url) for request in seen} == {
        "http://vm:8428/api/v1/query", "http://vm:8428/api/v1/query_range"
    }  # fmt: skip


_VALUE = st.sampled_from(["NaN", "+Inf", "-Inf", "0.5", "x", "1e400", ""]) | st.text(max_size=4)


@given(
    series=st.lists(
        st.fixed_dictionaries({
            "metric": st.dictionaries(
                st.sampled_from(["gpu", "rollup", "pod"]),
                st.text(max_size=4) | st.sampled_from(["min", "avg", "max", "0", "9" * 5000]),
            ),
            "values": st.lists(st.tuples(st.floats(START - 100, END + 100), _VALUE), max_size=4),
        }),
        max_size=6,
    )
)  # fmt: skip
@example(series=[{"metric": {"gpu": "²"}, "values": []}])
@example(series=[{"metric": {"gpu": "9" * 5_000}, "values": [(START, "0.5")]}])
def test_whatever_values_come_samples_are_whole(series: list[dict[str, object]]) -> None:
    body = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": series}}).encode()
    samples: Samples = asyncio.run(
        answering(lambda request: httpx.Response(200, content=body)).samples("a", START, END, 60.0)
    )
    for column in samples.columns.values():
        assert {len(part) for part in column} == {len(samples.times)}
    assert all(START <= at < END for at in samples.times)


@given(st.text(max_size=20))
def test_a_pod_is_a_string_whatever_it_is_called(pod: str) -> None:
    text = quoted(pod)
    assert text[0] == text[-1] == '"'
    assert "\n" not in text
    inner = text[1:-1].replace("\\\\", "").replace('\\"', "").replace("\\n", "")
    assert '"' not in inner
    assert text in query("m", pod, 60.0, False)


async def test_a_connection_that_the_server_closed_meanwhile_is_no_outage() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) % 2:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        return httpx.Response(200, json={"status": "success", "data": {"result": []}})

    history = answering(answer)
    assert await history.latest("podtop_build_info", "0123456789abcdef", "2m") == []
    assert len(asked) == 2

    def closes(request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")

    with pytest.raises(HistoryUnavailable, match="closed the connection"):
        await recorders(answering(closes), "0123456789abcdef")
