"""The streams of logs, on a time of the test's own: nothing sleeps."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.logs import START, Logs, Reader, Time, always, line
from tui.api.capabilities import Capability, not_offered
from tui.api.errors import (
    CloudError,
    Faltering,
    Forbidden,
    Insecure,
    Malformed,
    Misconfigured,
    Rejected,
    Restricted,
    Retired,
    Throttled,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from tui.api.models import Problem
from tui.api.pod_logs import LogQuery, LogSource
from tui.services.log_connection import LONGEST, PAUSE, SHORTEST, SILENCE, back_off
from tui.services.log_stream import Earlier, Stage
from tui.services.logs import PodLogs


def service(logs: Logs, time: Time, skew: float = 0.0) -> PodLogs:
    cloud: Any = logs
    return PodLogs(always(cloud), skew=always(skew), clock=time.clock, sleep=time.sleep, random=always(1.0))


async def test_a_log_begins_with_earlier_lines_and_goes_on_with_each_as_it_is_written() -> None:
    logs, time, reader = Logs(a=[line(n) for n in range(5)]), Time(), Reader()
    pods = service(logs, time)
    following = pods.follow(["a"], LogQuery(tail=3), reader)
    await time.go()
    assert reader.texts == {"a": ["line 2", "line 3", "line 4"]}
    assert reader.batches == 1, "the lines of one turn come together"
    assert reader.states["a"].stage is Stage.LIVE
    assert not reader.states["a"].backfilled
    await time.go(PAUSE - 0.01)
    assert not reader.states["a"].backfilled
    await time.go(0.02)
    assert reader.states["a"].backfilled
    logs.write("a", line(5))
    await time.go()
    assert reader.texts["a"][-1] == "line 5"
    following.close()
    await time.go()
    assert logs.open == []
    assert pods.open == 0


async def test_a_log_without_lines_is_complete_after_a_silence() -> None:
    logs, time, reader = Logs(), Time(), Reader()
    pods = service(logs, time)
    pods.follow(["a"], LogQuery(), reader)
    await time.go(SILENCE - 0.1)
    assert (reader.states["a"].stage, reader.states["a"].backfilled) == (Stage.WAITING, False)
    await time.go(0.2)
    assert (reader.states["a"].stage, reader.states["a"].backfilled) == (Stage.WAITING, True)
    await pods.close()


@pytest.mark.parametrize(
    "error", [None, Unreachable("gone"), TimedOut("late"), Faltering("502"), Malformed("cut")], ids=repr
)
async def test_what_breaks_is_resumed_right_behind_the_last_line(error: CloudError | None) -> None:
    logs, time, reader = Logs(a=[line(0), line(1)]), Time(), Reader()
    pods = service(logs, time)
    pods.follow(["a"], LogQuery(), reader)
    await time.go()
    logs.cut("a", error)
    await time.go()
    state = reader.states["a"]
    assert (state.stage, state.error, state.retry_at) == (Stage.BROKEN, error, time.now + SHORTEST)
    logs.lines["a"] += [line(2)]
    await time.go(SHORTEST)
    assert logs.asked[-1] == ("a", LogQuery(after=line(1).id))
    assert reader.texts["a"] == ["line 0", "line 1", "line 2"]
    assert reader.states["a"].stage is Stage.LIVE
    await pods.close()


async def test_lines_that_a_server_sends_again_are_shown_once() -> None:
    logs, time, reader = Logs(a=[line(0), line(1)]), Time(), Reader()
    pods = service(logs, time)
    pods.follow(["a"], LogQuery(), reader)
    await time.go()
    logs.write("a", line(1), line(2))
    await time.go()
    assert reader.texts["a"] == ["line 0", "line 1", "line 2"]
    await pods.close()


async def test_the_waits_between_connections_grow_and_end_with_a_line() -> None:
    logs, time, reader = Logs(a=[line(0)]), Time(), Reader()
    pods = service(logs, time)
    logs.refuse = Unreachable("no route")
    pods.follow(["a"], LogQuery(), reader)
    waits = []
    for _ in range(8):
        await time.go()
        state = reader.states["a"]
        assert state.retry_at is not None
        waits.append(state.retry_at - time.now)
        await time.go(waits[-1])
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    logs.refuse = None
    await time.go(LONGEST)
    assert reader.stages[-1] == "LIVE"
    logs.cut("a")
    await time.go()
    assert reader.states["a"].retry_at == time.now + SHORTEST
    await pods.close()


def test_back_off_stays_within_its_bounds() -> None:
    assert {back_off(attempts, random) for attempts in (0, 1) for random in (0.0,)} == {0.5}
    assert back_off(10_000, 0.0) == LONGEST / 2
    assert back_off(10_000, 1.0) == LONGEST


def _ending() -> list[CloudError]:
    refused = Rejected((Problem("no such pod"),))
    return [
        refused, Unauthorized("key"), Forbidden("scope"), Restricted("reads only"),
        Retired("410"), Insecure("http"), Misconfigured("proxy"), not_offered(Capability.LOGS),
    ]  # fmt: skip


@pytest.mark.parametrize("error", _ending(), ids=lambda error: type(error).__name__)
async def test_a_refusal_ends_a_stream_until_somebody_asks_again(error: CloudError) -> None:
    logs, time, reader = Logs(a=[line(0)]), Time(), Reader()
    pods = service(logs, time)
    logs.refuse = error
    following = pods.follow(["a"], LogQuery(), reader)
    await time.go(600.0)
    state = reader.states["a"]
    assert (state.stage, state.error, state.backfilled) == (Stage.ENDED, error, True)
    assert len(logs.asked) == 1, "nothing is sent again by itself"
    logs.refuse = None
    following.retry()
    await time.go()
    assert reader.texts == {"a": ["line 0"]}
    await pods.close()


async def test_an_api_without_logs_says_so_and_nothing_is_sent() -> None:
    from tui.api.graphql.client import GraphQLCloud

    async def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request)

    cloud = GraphQLCloud("http://127.0.0.1:9/graphql", "rpa_key", transport=httpx.MockTransport(never))
    time, reader = Time(), Reader()
    pods = PodLogs(always(cloud), clock=time.clock, sleep=time.sleep)
    pods.follow(["a"], LogQuery(), reader)
    await time.go(60.0)
    assert reader.states["a"].stage is Stage.ENDED
    assert "does not offer logs" in str(reader.states["a"].error)
    await pods.close()
    await cloud.aclose()


async def test_a_fault_of_podtops_own_is_an_error_and_no_crash() -> None:
    class Odd(Logs):
        async def _stream(self, pod: str, query: LogQuery) -> Any:
            raise ValueError("odd")
            yield

    time, reader = Time(), Reader()
    pods = service(Odd(), time)
    pods.follow(["a"], LogQuery(), reader)
    await time.go()
    assert reader.states["a"].stage is Stage.BROKEN
    assert "ValueError" in str(reader.states["a"].error)
    await pods.close()


async def test_followers_share_a_stream_and_the_last_one_closes_it() -> None:
    logs, time, first, second = Logs(a=[line(0)], b=[line(0)]), Time(), Reader(), Reader()
    pods = service(logs, time)
    one = pods.follow(["a", "b"], LogQuery(), first)
    await time.go()
    two = pods.follow(["a"], LogQuery(), second)
    await time.go()
    assert second.texts == {"a": ["line 0"]}, "what was received before comes first"
    assert sorted(logs.open) == ["a", "b"]
    one.close()
    one.close()
    await time.go()
    assert logs.open == ["a"], "without a follower nothing streams"
    logs.write("a", line(1))
    await time.go()
    assert (first.texts["a"], second.texts["a"]) == (["line 0"], ["line 0", "line 1"])
    two.close()
    await time.go()
    assert logs.open == []


async def test_who_returns_goes_on_behind_the_last_line_it_has() -> None:
    logs, time, reader = Logs(a=[line(0), line(1), line(2)]), Time(), Reader()
    pods = service(logs, time)
    pods.follow(["a"], LogQuery(), reader, {"a": line(1).id})
    await time.go()
    assert reader.texts == {"a": ["line 2"]}
    await pods.close()


async def test_the_sources_have_streams_of_their_own() -> None:
    logs, time, reader = Logs(a=[line(0), line(1, "pulling", source=LogSource.SYSTEM)]), Time(), Reader()
    pods = service(logs, time)
    pods.follow(["a"], LogQuery(LogSource.SYSTEM), reader)
    await time.go()
    assert reader.texts == {"a": ["pulling"]}
    await pods.close()


async def test_earlier_lines_come_in_two_requests_and_each_line_once() -> None:
    logs, time, reader = Logs(a=[line(n) for n in range(6_000)]), Time(), Reader()
    pods = service(logs, time)
    following = pods.follow(["a"], LogQuery(), reader)
    await time.go()
    following.ask_earlier()
    following.ask_earlier()
    await time.go()
    assert [query.tail for _, query in logs.asked] == [100, 1_000], "one request at a time"
    assert reader.earlier == [f"line {n}" for n in range(5_000, 5_900)]
    assert reader.states["a"].earlier is Earlier.UNKNOWN
    following.ask_earlier()
    await time.go(PAUSE)
    assert reader.earlier[900:] == [f"line {n}" for n in range(1_000, 5_000)]
    assert reader.states["a"].earlier is Earlier.NO_MORE
    following.ask_earlier()
    await time.go()
    assert len(logs.asked) == 3
    assert logs.open == ["a"], "the connection for earlier lines is closed"
    await pods.close()


async def test_a_log_that_is_known_from_its_start_has_no_earlier_lines() -> None:
    logs, time, reader = Logs(a=[line(n) for n in range(150)]), Time(), Reader()
    pods = service(logs, time)
    following = pods.follow(["a"], LogQuery(), reader)
    await time.go()
    following.ask_earlier()
    await time.go(PAUSE - 0.1)
    assert reader.states["a"].earlier is Earlier.LOADING
    await time.go(0.2)
    assert reader.states["a"].earlier is Earlier.NONE
    assert len(reader.earlier) == 50
    await pods.close()


async def test_earlier_lines_that_fail_leave_the_stream_alone_and_can_be_asked_for_again() -> None:
    logs, time, reader = Logs(a=[line(n) for n in range(150)]), Time(), Reader()
    pods = service(logs, time)
    following = pods.follow(["a"], LogQuery(), reader)
    await time.go()
    logs.refuse = Throttled("slow down")
    following.ask_earlier()
    await time.go()
    state = reader.states["a"]
    assert (state.earlier, state.trouble, state.stage) == (Earlier.FAILED, logs.refuse, Stage.LIVE)
    logs.refuse = None
    following.ask_earlier()
    await time.go(1.0)
    assert len(reader.earlier) == 50
    await pods.close()


async def test_lines_since_an_instant_and_the_gap_behind_them() -> None:
    logs, time, reader = Logs(a=[line(n) for n in range(9_000)]), Time(), Reader()
    pods = service(logs, time, skew=100.0)
    following = pods.follow(["a"], LogQuery(), reader)
    await time.go()
    following.ask_since(START - 100.0 + 10.0)
    await time.go(PAUSE)
    assert logs.asked[-1][1].since == START + 10.0, "the instant is one of RunPod's clock"
    assert reader.earlier == [f"line {n}" for n in range(10, 5_010)]
    assert reader.states["a"].gaps == (START + 5_009 - 100.0,)
    await pods.close()


async def test_instants_are_those_of_podtops_clock() -> None:
    from tui.store.log_buffer import LogBuffer

    logs, time, buffer = Logs(a=[line(0)]), Time(), LogBuffer()

    class Keeper(Reader):
        def add_lines(self, pod: str, lines: Any, *, earlier: bool) -> None:
            buffer.add(pod, lines, earlier=earlier)

    pods = service(logs, time, skew=30.0)
    pods.follow(["a"], LogQuery(), Keeper())
    await time.go()
    assert [entry.line.at for entry in buffer] == [START - 30.0]
    await pods.close()


async def test_a_slow_reader_holds_the_stream() -> None:
    logs, time, reader = Logs(a=[line(0)]), Time(), Reader()
    pods = service(logs, time)
    following = pods.follow(["a"], LogQuery(), reader)
    await time.go()
    following.hold(True)
    logs.write("a", line(1), line(2), line(3))
    await time.go()
    assert reader.texts["a"] == ["line 0", "line 1"], "at most one more line"
    following.hold(False)
    await time.go()
    assert reader.texts["a"][-1] == "line 3"
    following.hold(True)
    following.close()
    await time.go()
    assert logs.open == []


async def test_a_stream_waits_for_an_api() -> None:
    logs, time, reader = Logs(a=[line(0)]), Time(), Reader()
    clouds: list[Any] = []
    pods = PodLogs(lambda: clouds[0] if clouds else None, clock=time.clock, sleep=time.sleep)
    pods.follow(["a"], LogQuery(), reader)
    await time.go(1.0)
    assert reader.texts == {}
    clouds.append(logs)
    await time.go(1.0)
    assert reader.texts == {"a": ["line 0"]}
    await pods.close()


async def test_a_rate_limit_ends_by_itself_after_no_less_than_runpod_requests() -> None:
    logs, time, reader = Logs(a=[line(0)]), Time(), Reader()
    pods = service(logs, time)
    logs.refuse = Throttled("too many", 40.0)
    following = pods.follow(["a"], LogQuery(), reader)
    await time.go()
    state = reader.states["a"]
    assert (state.stage, state.error, state.retry_at) == (Stage.BROKEN, logs.refuse, time.now + 40.0)
    following.retry()
    await time.go(39.0)
    assert len(logs.asked) == 1, "the wait that RunPod requested is kept"
    logs.refuse = Throttled("still", None)
    await time.go(1.0)
    assert len(logs.asked) == 2
    assert reader.states["a"].retry_at == time.now + 1.0
    logs.refuse = None
    await time.go(1.0)
    assert reader.texts == {"a": ["line 0"]}
    await pods.close()


async def test_retry_ends_a_wait() -> None:
    logs, time, reader = Logs(a=[line(0)]), Time(), Reader()
    pods = service(logs, time)
    logs.refuse = Unreachable("no route")
    following = pods.follow(["a"], LogQuery(), reader)
    await time.go(30.0)
    logs.refuse = None
    asked = len(logs.asked)
    following.retry()
    await time.go()
    assert len(logs.asked) == asked + 1
    assert reader.texts == {"a": ["line 0"]}
    await pods.close()


async def test_closing_closes_every_connection_at_once() -> None:
    logs, time = Logs(a=[line(0)], b=[line(0)]), Time()
    pods = service(logs, time)
    following = pods.follow(["a", "b"], LogQuery(), Reader())
    await time.go()
    following.ask_earlier()
    await time.go()
    assert len(logs.open) == 4
    await pods.close()
    assert logs.open == []


async def test_a_burst_gives_the_event_loop_its_turns() -> None:
    import asyncio

    logs, time, reader = Logs(a=[line(n) for n in range(3_000)]), Time(), Reader()
    pods = service(logs, time)
    pods.follow(["a"], LogQuery(tail=3_000), reader)
    turns = 0
    while len(reader.texts.get("a", ())) < 3_000:
        await asyncio.sleep(0)
        turns += 1
    assert turns > 5
    await pods.close()
