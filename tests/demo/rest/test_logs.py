"""A pod's log: the same lines in every way of asking, and a stream that loses and repeats nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.demo.rest.conftest import BOOTING, LLAMA, ORDER, STOPPED, RestDemo
from tui.demo.execution import KEY
from tui.demo.pods import SimPod
from tui.demo.rest.log_lines import BEFORE_ALL, CONTAINER, SYSTEM, Line, Place, last_lines, lines, place_of
from tui.demo.world import World

START = 1_795_431_600.0


@pytest.fixture(autouse=True)
def _without_waiting(rest: RestDemo) -> None:
    rest.simulator._beat = 0.0


class Events:
    """The events of an open stream, one after the other."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def take(self, count: int) -> list[tuple[str, dict[str, Any]]]:
        found: list[tuple[str, dict[str, Any]]] = []
        last_id = ""
        while len(found) < count:
            line = await anext(self._lines)
            if line.startswith("id: "):
                last_id = line.removeprefix("id: ")
            elif line.startswith("data: "):
                found.append((last_id, json.loads(line.removeprefix("data: "))))
        return found

    async def until_it_breaks(self) -> list[tuple[str, dict[str, Any]]]:
        found: list[tuple[str, dict[str, Any]]] = []
        while True:
            try:
                found += await self.take(1)
            except httpx.ReadError:
                return found

    async def comment(self) -> str:
        while not (line := await anext(self._lines)).startswith(":"):
            pass
        return line


@asynccontextmanager
async def opened(
    rest: RestDemo, pod: str, headers: dict[str, str] | None = None, **query: Any
) -> AsyncIterator[Events]:
    sent = {"Authorization": f"Bearer {KEY}", **(headers or {})}
    async with rest.http.stream("GET", f"/v2/pods/{pod}/logs", params=query, headers=sent) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream"
        yield Events(response)


def told(line: Line) -> tuple[str, dict[str, Any]]:
    return line.place.id, {"ts": line.place.time, "source": line.source, "line": line.text}


def whole(pod: SimPod, until: float) -> list[Line]:
    return list(lines(pod, 7, BEFORE_ALL, until))


# The lines

_MOVES = st.lists(
    st.tuples(st.floats(0.0, 900.0), st.sampled_from(["stop", "start", "restart", "nothing"])), min_size=1, max_size=8
)


@given(moves=_MOVES, cuts=st.lists(st.floats(0.0, 1.0), max_size=5), count=st.integers(0, 60), stuck=st.booleans())
def test_every_way_of_asking_gives_the_same_lines(
    moves: list[tuple[float, str]], cuts: list[float], count: int, stuck: bool
) -> None:
    world = World(pods=6, start=START)
    world.balance = 1e6
    made = world.deploy({"gpuTypeId": "NVIDIA RTX A4000", "imageName": "acme/train:1", "dockerArgs": ""}, spot=False)
    made.free_gpus = 1
    if stuck:
        made.boot = float("inf")
    seen: list[Line] = []
    now = START
    for later, move in moves:
        now += later
        world.advance_to(now)
        seen += lines(made, 7, seen[-1].place if seen else BEFORE_ALL, now)
        if move == "stop":
            world.stop(made.id)
        elif move == "start":
            world.resume(made.id, None)
        elif move == "restart" and made.status == "RUNNING":
            world.restart(made.id)
    # Read as it was written, or afterwards in one go: the past does not change.
    every = whole(made, now)
    assert every[: len(seen)] == seen
    assert all(line.place.at <= now * 1000 for line in every)
    places = [line.place for line in every]
    assert places == sorted(set(places))
    assert [place_of(place.id) for place in places] == places
    for cut in cuts:
        at = START + (now - START) * cut
        first = list(lines(made, 7, BEFORE_ALL, at))
        place = first[-1].place if first else BEFORE_ALL
        assert first + list(lines(made, 7, place, now)) == every
        since = Place(int(at * 1000), -1)
        assert list(lines(made, 7, since, now)) == [line for line in every if line.place > since]
    assert last_lines(made, 7, now, count) == every[len(every) - min(count, len(every)) :]
    for source in (CONTAINER, SYSTEM):
        of_it = [line for line in every if line.source == source]
        assert last_lines(made, 7, now, count, source) == of_it[len(of_it) - min(count, len(of_it)) :]


def test_a_running_container_writes_a_line_every_two_to_ten_seconds() -> None:
    world = World(pods=6, start=START)
    world.advance_to(START + 3600)
    times = [line.place.at / 1000 for line in last_lines(world.pods[LLAMA], 7, world.now, 2000, CONTAINER)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == 2000
    assert 1.99 < min(gaps) < 3
    assert 9 < max(gaps) < 10.01


def test_a_log_tells_of_the_pull_and_of_the_end(rest: RestDemo) -> None:
    world = rest.world
    world.advance_to(rest.now)
    texts = [line.text for line in last_lines(world.pods[BOOTING], 7, rest.now, 50)]
    assert any("%" in text for text in texts)
    assert any("error pulling image" in text for text in texts)
    assert not [line for line in whole(world.pods[BOOTING], rest.now) if line.source == CONTAINER]
    assert last_lines(world.pods[STOPPED], 7, rest.now, 1)[0].text == "stop container: Exited by user"


# The stream


async def test_a_stream_goes_on_as_lines_are_written_and_ends_with_its_pod(rest: RestDemo) -> None:
    async with opened(rest, LLAMA, tail=5) as events:
        pod = rest.world.pods[LLAMA]
        before = last_lines(pod, 7, rest.now, 5)
        assert await events.take(5) == [told(line) for line in before]
        rest.now += 30
        new = list(lines(pod, 7, before[-1].place, rest.now))
        assert len(new) >= 3
        assert await events.take(len(new)) == [told(line) for line in new]
        rest.now += 1
        assert (await rest.act(LLAMA, "restart")).status_code == 200
        restarted = list(lines(pod, 7, new[-1].place, rest.now))
        assert [line.source for line in restarted][-2:] == [SYSTEM, SYSTEM]
        assert await events.take(len(restarted)) == [told(line) for line in restarted]
        await rest.act(LLAMA, "terminate")
        assert [data["line"] for _, data in await events.take(1)] == ["stop container: Terminated by user"]
        with pytest.raises(StopAsyncIteration):
            await events.take(1)
    assert (await rest.problem("GET", f"/pods/{LLAMA}/logs"))[0] == 404


@pytest.mark.wide
async def test_a_cut_stream_is_resumed_without_a_loss_or_a_repetition(rest: RestDemo) -> None:
    rest.simulator.faults.set("v2-logs-drop", 40)
    await rest.get("/pods")
    pod, begun = rest.world.pods[LLAMA], rest.now
    got: list[tuple[str, dict[str, Any]]] = []
    headers: dict[str, str] = {}
    for turn in range(5):
        async with opened(rest, LLAMA, headers, tail=0) as events:
            rest.now += 25
            got += await events.take(1)
            if turn == 3:
                await rest.act(LLAMA, "restart")
            rest.now += 25
            got += await events.until_it_breaks()
        headers = {"Last-Event-ID": got[-1][0]}
    assert len(got) > 25
    assert got == [told(line) for line in whole(pod, rest.now) if line.place.at > begun * 1000]


async def test_where_a_stream_begins(rest: RestDemo) -> None:
    await rest.get("/pods")
    pod = rest.world.pods[LLAMA]
    every = last_lines(pod, 7, rest.now, 300)
    async with opened(rest, LLAMA) as events:
        assert await events.take(100) == [told(line) for line in every[-100:]]
    first = every[-20]
    async with opened(rest, LLAMA, since=first.place.time, tail=3) as events:
        # From that instant on, and the tail is no longer regarded.
        assert await events.take(20) == [told(line) for line in every[-20:]]
    behind = {"Last-Event-ID": first.place.id}
    async with opened(rest, LLAMA, behind, since="2020-01-01T00:00:00Z") as events:
        assert await events.take(19) == [told(line) for line in every[-19:]]
    async with opened(rest, LLAMA, source="system", tail=2) as events:
        assert {data["source"] for _, data in await events.take(2)} == {"system"}


@pytest.mark.parametrize(
    "query",
    [
        {"tail": "5001"},
        {"tail": "-1"},
        {"tail": "x"},
        {"source": "both"},
        {"since": "yesterday"},
        {"since": "2026-01-01"},
    ],
)
async def test_what_a_stream_cannot_begin_with_is_422(rest: RestDemo, query: dict[str, str]) -> None:
    assert (await rest.problem("GET", f"/pods/{LLAMA}/logs", params=query))[0] == 422


async def test_an_id_that_is_none_is_422(rest: RestDemo) -> None:
    assert (await rest.problem("GET", f"/pods/{LLAMA}/logs", headers={"Last-Event-ID": "12"}))[0] == 422


async def test_a_silent_stream_is_kept_alive_by_comments(rest: RestDemo) -> None:
    async with opened(rest, STOPPED, tail=1) as events:
        assert (await events.take(1))[0][1]["line"] == "stop container: Exited by user"
        rest.now += 16
        assert (await events.comment()).startswith(":")


async def test_the_log_of_a_new_pod_begins_with_its_image(rest: RestDemo) -> None:
    made = (await rest.send("POST", "/pods", ORDER)).json()["id"]
    async with opened(rest, made) as events:
        rest.now += 200
        first = [data for _, data in await events.take(14)]
    sources = [data["source"] for data in first]
    assert sources[:10] == ["system"] * 10
    assert "acme/train:1" in first[0]["line"]
    assert "container" in sources


async def test_hostile_lines_arrive_as_data(rest: RestDemo) -> None:
    rest.simulator.faults.set("v2-logs-hostile")
    async with opened(rest, LLAMA, tail=400) as events:
        texts = [data["line"] for _, data in await events.take(400)]
    for sign in ("\x1b[", "\x1b]52", "\u202e", "\r", "\x00"):
        assert any(sign in text for text in texts)
    assert max(map(len, texts)) > 1 << 20
