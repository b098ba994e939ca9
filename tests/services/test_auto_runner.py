"""Idle stops: only armed ones, warned of, looked at again, sent once, few a day, and never a termination."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import pod, runtime, snapshot
from tui.api.errors import Unreachable
from tui.api.models import Pod, Unreadable
from tui.domain.action import Command
from tui.domain.alert_rules import AlertRules, Mute
from tui.domain.auto import Armed, AutoRules, rules_of
from tui.domain.events import Kind
from tui.domain.operations import Outcome, Status
from tui.domain.user_message import Level, UserMessage
from tui.services.auto_runner import AutoRunner
from tui.services.messages import Messages
from tui.services.other_recorders import OtherRecorders
from tui.storage.auto_file import AutoFile
from tui.storage.lease_file import LeaseFile
from tui.store.fleet import Fleet

NOON = 1_795_435_200.0
IDLE = pod("a", name="exp-7", utils=(0.0, 1.0))
DOWN = pod("a", name="exp-7", utils=None)
BUSY = pod("a", name="exp-7", utils=(0.0, 60.0))
RULES = rules_of("off", (("exp-*", "stop after 60m"),), 3)


def up(value: Pod, seconds: float) -> Pod:
    assert value.runtime is not None
    return replace(value, runtime=replace(value.runtime, uptime=int(seconds)))


class Stand:
    """A runner whose polls and clock the test holds."""

    def __init__(
        self, folder: Path, rules: AutoRules = RULES, path: Path | None = None, others: OtherRecorders | None = None
    ) -> None:
        self.now, self.begun = NOON, NOON - 86_400.0
        self.fleet = Fleet(30.0, 30.0)
        path = path or folder / "a.json"
        self.leases, self.auto = LeaseFile(path), AutoFile(path)
        self.sent: list[tuple[float, Command]] = []
        self.notes: list[UserMessage] = []
        self.why: str | None = None
        self.fresh: Pod | None = None
        self.error: Unreachable | None = None
        self.runner = AutoRunner(
            self.leases, self.auto, rules, self.fleet, self, self._refresh, Messages(self.notes.append),  # type: ignore[arg-type]
            lambda: self.now, lambda: self.why, others=others,
        )  # fmt: skip

    def start(self, command: Command, by: str = "") -> asyncio.Future[Outcome]:
        assert by == "idle"
        assert self.leases.all()[command.pod].sent_at is not None, "it was sent before it was written down"
        self.sent.append((self.now, command))
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        done.set_result(Outcome(Status.DONE, ""))
        return done

    async def _refresh(self) -> None:
        if self.error is not None:
            raise self.error
        if self.fresh is not None:
            self.now += 1.0
            self.fleet.apply(snapshot(self.fresh), self.now)

    def arm(self, target: str = "exp-*", after: float = 3600.0) -> None:
        self.auto.arm(Armed(target, after, self.now, "ada"))

    async def poll(self, *pods: Pod | Unreadable, after: float = 30.0) -> None:
        self.now += after
        aged = [up(each, self.now - self.begun) if isinstance(each, Pod) and each.runtime else each for each in pods]
        readable = tuple(each for each in aged if isinstance(each, Pod))
        odd = tuple(each for each in aged if isinstance(each, Unreadable))
        self.fleet.apply(replace(snapshot(*readable), unreadable=odd), self.now)
        await self.look()

    async def look(self) -> None:
        self.runner.look()
        for _ in range(6):
            await asyncio.sleep(0)

    async def polls(self, minutes: float, *pods: Pod) -> None:
        for _ in range(round(minutes * 2)):
            await self.poll(*pods)

    def words(self, level: Level | None = None) -> str:
        return "\n".join(note.text for note in self.notes if level is None or note.level is level)


async def test_nothing_happens_until_it_is_armed(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    await stand.polls(180, IDLE)
    assert not stand.sent
    assert not stand.notes
    assert not stand.leases.all()


async def test_an_armed_pod_is_warned_of_ten_minutes_before_and_stopped_once(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.arm()
    await stand.polls(49, IDLE)
    assert not stand.notes
    await stand.polls(2, IDLE)
    assert "exp-7 stops in 10 min" in stand.words()
    assert "podtop auto --keep exp-7 postpones it" in stand.words()
    assert stand.words(Level.CALL).count("exp-7 stops in 10 min") == 1
    assert not stand.sent
    await stand.polls(60, IDLE)
    assert [command.action for _, command in stand.sent] == ["stop"]
    assert NOON + 3600 <= stand.sent[0][0] <= NOON + 3700


async def test_work_after_the_warning_drops_it_and_the_hour_begins_anew(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.arm()
    await stand.polls(55, IDLE)
    assert stand.leases.all()
    await stand.poll(BUSY)
    assert not stand.leases.all()
    assert "dropped, it works" in stand.words()
    await stand.polls(45, IDLE)
    assert not stand.sent
    await stand.polls(20, IDLE)
    assert len(stand.sent) == 1


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(pod("a", name="exp-7", utils=(0.0, None)), id="a GPU that is not told"),
        pytest.param(replace(IDLE, gpu_count=3), id="a GPU that is missing"),
        pytest.param(DOWN, id="no runtime"),
        pytest.param(replace(IDLE, runtime=replace(runtime((0.0, 0.0)), cpu=None)), id="an unknown CPU"),
        pytest.param(replace(IDLE, runtime=replace(runtime((0.0, 0.0)), cpu=80.0)), id="a busy CPU"),
        pytest.param(Unreadable("a", "exp-7", "odd"), id="an unreadable pod"),
    ],
)
async def test_one_sample_that_is_unknown_or_of_work_within_the_window_stops_nothing(
    odd: Pod | Unreadable, tmp_path: Path
) -> None:
    stand = Stand(tmp_path)
    stand.arm()
    for _ in range(4):
        await stand.polls(58, IDLE)
        await stand.poll(odd)
    assert not stand.sent


async def test_a_gap_begins_the_window_anew(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.arm()
    await stand.polls(58, IDLE)
    await stand.poll(IDLE, after=600.0)
    await stand.polls(48, IDLE)
    assert not stand.sent
    assert not stand.leases.all()


async def test_a_restarted_container_begins_the_window_anew(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.arm()
    await stand.polls(58, IDLE)
    stand.begun = stand.now
    await stand.polls(45, IDLE)
    assert not stand.sent


async def test_the_second_look_sees_work_that_has_just_begun(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.arm()
    stand.fresh = up(BUSY, 90_000)
    await stand.polls(62, IDLE)
    assert not stand.sent


async def test_without_a_second_look_nothing_is_sent(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.arm()
    stand.error = Unreachable("RunPod cannot be reached.")
    await stand.polls(70, IDLE)
    assert not stand.sent
    assert stand.words().count("could not be checked again") == 1
    stand.error = None
    await stand.polls(1, IDLE)
    assert len(stand.sent) == 1


async def test_a_locked_a_muted_and_a_kept_pod_are_left_alone(tmp_path: Path) -> None:
    locked, muted, kept = Stand(tmp_path / "1"), Stand(tmp_path / "2"), Stand(tmp_path / "3")
    in_file = Stand(tmp_path / "4")
    for stand in (locked, muted, kept, in_file):
        stand.arm()
    muted.fleet.mutes = (Mute("a", "idle"),)
    in_file.fleet.alert_rules = AlertRules(muted=("exp-*",))
    await locked.polls(90, replace(IDLE, locked=True))
    await muted.polls(90, IDLE)
    await in_file.polls(90, IDLE)
    await kept.polls(55, IDLE)
    kept.auto.keep("a", kept.now + 3600.0, kept.now)
    await kept.polls(55, IDLE)
    assert "dropped, postponed by you" in kept.words()
    for stand in (locked, muted, kept, in_file):
        assert not stand.sent
    await kept.polls(20, IDLE)
    assert len(kept.sent) == 1, "postponed, and not for ever"


async def test_at_most_so_many_a_day(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.arm()
    pods = [replace(IDLE, id=f"p{n}", name=f"exp-{n}") for n in range(5)]
    await stand.polls(120, *pods)
    assert len({command.pod for _, command in stand.sent}) == len(stand.sent) == 3
    for kept in ("exp-3", "exp-4"):
        assert stand.words().count(f"{kept} keeps running: [auto] per_day allows 3 in 24 h") == 1
        assert f"{kept} is about to be stopped" not in stand.words(), "nobody is warned of what does not happen"


async def test_the_dearest_is_stopped_first(tmp_path: Path) -> None:
    stand = Stand(tmp_path, rules_of("off", (("exp-*", "stop after 60m"),), 1))
    stand.arm()
    pods = [replace(IDLE, id=f"p{n}", name=f"exp-{n}", cost_per_hr=cost) for n, cost in enumerate((1.0, None, 3.0))]
    await stand.polls(55, *pods)
    assert set(stand.leases.all()) == {"p2"}
    # It works again: the next one has its turn.
    await stand.polls(20, *pods[:2], replace(BUSY, id="p2", name="exp-2"))
    assert [command.pod for _, command in stand.sent] == ["p0"]


async def test_armed_for_another_rule_than_that_of_the_settings_is_not_armed(tmp_path: Path) -> None:
    for number, rules in enumerate((rules_of("stop after 30m", (), 3), rules_of("off", (), 3), AutoRules())):
        stand = Stand(tmp_path / str(number), rules)
        stand.arm()
        await stand.polls(90, IDLE)
        assert not stand.sent


async def test_read_only_warns_nobody_into_a_stop(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.arm()
    stand.why = "podtop is in read-only mode"
    await stand.polls(120, IDLE)
    assert not stand.sent


async def test_of_two_podtops_one_stops_it(tmp_path: Path) -> None:
    one, two = Stand(tmp_path), Stand(tmp_path)
    one.arm()
    for _ in range(2 * 75):
        await one.poll(IDLE)
        await two.poll(IDLE)
    assert len(one.sent) + len(two.sent) == 1


async def test_a_new_podtop_watches_for_the_whole_time_itself(tmp_path: Path) -> None:
    before = Stand(tmp_path)
    before.arm()
    await before.polls(58, IDLE)
    assert before.leases.all()
    before.runner.close()
    after = Stand(tmp_path)
    after.now = before.now
    await after.polls(48, IDLE)
    assert not after.sent
    await after.polls(20, IDLE)
    assert len(after.sent) == 1


@pytest.mark.wide
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["idle", "busy", "gap", "unknown"]), st.integers(1, 25)), max_size=12))
async def test_it_never_stops_a_pod_without_an_hour_of_idle_samples_before(
    tmp_path_factory: pytest.TempPathFactory, spans: list[tuple[str, int]]
) -> None:
    stand = Stand(tmp_path_factory.mktemp("auto"), rules_of("stop after 15m", (), 50))
    stand.arm(after=900.0)
    idle_since: float | None = None
    for kind, minutes in spans:
        if kind == "gap":
            stand.now += minutes * 60.0
            idle_since = None
            continue
        for _ in range(minutes * 2):
            count = len(stand.sent)
            if kind != "idle":
                idle_since = None
            await stand.poll({"idle": IDLE, "busy": BUSY, "unknown": DOWN}[kind])
            if kind == "idle" and idle_since is None:
                idle_since = stand.now
            if len(stand.sent) > count:
                assert idle_since is not None
                assert stand.now - idle_since >= 900.0
    assert all(command.action == "stop" for _, command in stand.sent)


@pytest.mark.parametrize("text", ["stop after 5m", "stop after 25h", "stop", "terminate after 60m", "stop after 60"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        rules_of(text, (), 3)


def test_the_first_pattern_that_matches_counts() -> None:
    rules = rules_of("stop after 2h", (("exp-keep-*", "off"), ("exp-*", "stop after 30m")), 3)
    assert [rules.after(name) for name in ("exp-keep-1", "exp-1", "other")] == [None, 1800.0, 7200.0]


async def test_the_alert_warns_of_it_once_and_no_message_beside_it(tmp_path: Path) -> None:
    from tui.store.alert_tracker import AlertTracker

    stand, tracker = Stand(tmp_path), AlertTracker()
    stand.arm()
    begun: list[str] = []
    for _ in range(140):
        await stand.polls(0.5, IDLE)
        begun += [event.text for event in tracker.judge(stand.fleet, stand.now) if event.kind is Kind.IDLE_STOP]
        await stand.look()
    assert len(begun) == 1
    assert begun[0].startswith("auto-stop in 10m: no GPU has worked for 50m, $")
    assert "podtop auto --keep exp-7" in begun[0]
    assert "stops in 10 min" not in stand.words(), "the alert is shown, and rings"
    assert len(stand.sent) == 1
