"""The logs of pods on the screen: live, merged, searched, filtered, saved; and nothing streams off screen."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.events import Resize
from textual.geometry import Size
from textual.widgets import Input

from tests.logs import START, Logs, line
from tests.ui.conftest import HeldCloud, Launch, Running, sent_to_clipboard
from tests.variants import every
from tui.api.errors import Rejected, Unreachable
from tui.api.models import Problem
from tui.api.pod_logs import LogLine, LogQuery, LogSource
from tui.ui.screens import log_feed
from tui.ui.screens import logs as screen_module
from tui.ui.screens.fleet import FleetScreen
from tui.ui.screens.logs import LogsScreen
from tui.ui.screens.pod import PodScreen
from tui.ui.widgets.log_view import LogView

FIRST, OTHER = "p8d2n5c1r4t6yw", "k3v9x0q2m1a7ze"


class Cloud(HeldCloud):
    """A cloud with logs."""

    def __init__(self, **lines: list[LogLine]) -> None:
        super().__init__()
        self.log = Logs(**lines)

    def logs(self, pod_id: str, query: LogQuery) -> AsyncIterator[LogLine]:
        return self.log.logs(pod_id, query)


@asynccontextmanager
async def opened(launch: Launch, cloud: HeldCloud, *keys: str, size: tuple[int, int] = (100, 24)) -> AsyncIterator[Any]:
    """The screen of the first pod's log, or behind other keys."""
    async with launch(cloud=cloud, size=size) as run:
        await run.press(*(keys or ("g", "l")))
        await run.until_so(lambda: isinstance(run.app.screen, LogsScreen))
        yield run


def view(run: Running) -> LogView:
    return run.app.screen.query_one(LogView)


def shown(run: Running) -> list[str]:
    """The rows of the log as they stand on the screen, without their frame."""
    return [row.strip("│ ").rstrip() for row in run.text().splitlines()[4:-2]]


def typed(run: Running) -> str | None:
    """The text of the line of input; None if none is open."""
    lines = list(run.app.screen.query("#filter").results(Input))
    return lines[0].value if lines else None


async def until_streams(run: Running, *pods: str) -> None:
    await run.until_so(lambda: sorted(run.cloud.log.open) == sorted(pods))  # type: ignore[attr-defined]


async def test_the_log_of_the_pod_under_the_cursor_is_followed_live(launch: Launch) -> None:
    cloud = Cloud(**{FIRST: [line(n) for n in range(150)]})
    async with opened(launch, cloud) as run:
        await run.until("line 149")
        assert cloud.log.asked == [(FIRST, LogQuery())]
        text = run.text()
        assert "eval-sweep live" in text
        assert "following" in text
        assert "Logs  100 lines" in text
        assert "08:02:29 line 149" in text
        cloud.log.write(FIRST, line(150, "step 150 loss 1.25"))
        await run.until("step 150 loss 1.25")
        assert shown(run)[-1].endswith("loss 1.25")


async def test_off_screen_nothing_streams_and_who_returns_goes_on_where_it_was(launch: Launch) -> None:
    cloud = Cloud(**{FIRST: [line(0), line(1)]})
    async with opened(launch, cloud) as run:
        await run.until("line 1")
        await run.press("question_mark")
        await until_streams(run, FIRST)
        await run.wait(1.0)
        await run.press("escape")
        await run.wait(1.0)
        await run.press("2")
        await until_streams(run)
        cloud.log.write(FIRST, line(2))
        await run.press("1")
        await run.until("line 2")
        assert cloud.log.asked[-1] == (FIRST, LogQuery(after=line(1).id))
        await run.press("escape")
        await until_streams(run)
        assert isinstance(run.app.screen, FleetScreen)
        assert run.app.session.logs.open == 0


async def test_selected_pods_are_merged_by_time_each_with_its_name(launch: Launch) -> None:
    cloud = Cloud(**{FIRST: [line(0), line(2)], OTHER: [line(1, "eval one"), line(3, "eval three")]})
    async with opened(launch, cloud, "g", "space", "space", "l") as run:
        await run.until("eval three")
        rows = [row for row in shown(run) if row]
        assert [tuple(row.split()[1:3]) for row in rows] == [
            ("eval-sweep", "line"), ("llama-pretrain", "eval"), ("eval-sweep", "line"), ("llama-pretrain", "eval"),
        ]  # fmt: skip
        head = run.text().splitlines()[2]
        assert "▪ eval-sweep live" in head
        assert "▪ llama-pretrain live" in head
        assert "Logs  2 pods  4 lines" in run.text()


@pytest.mark.wide
async def test_more_than_eight_pods_are_refused(launch: Launch) -> None:
    from tests.make import pod, snapshot

    cloud = Cloud()
    cloud.fleet_answer = snapshot(*(pod(f"pod{n}", name=f"pod-{n}") for n in range(10)))
    async with launch(cloud=cloud) as run:
        await run.press("g", *["space"] * 9, "l")
        assert "select at most 8 pods (9 are selected)" in run.toasts()
        assert cloud.log.asked == []


async def test_reading_stays_where_it_is_while_lines_come(launch: Launch) -> None:
    cloud = Cloud(**{FIRST: [line(n) for n in range(100)]})
    async with opened(launch, cloud) as run:
        await run.until("line 99")
        await run.press("k", "k")
        assert "not following" in run.text()
        before = shown(run)
        cloud.log.write(FIRST, *(line(n) for n in range(100, 150)))
        await run.until("150 lines")
        assert shown(run) == before
        await run.press("f")
        await run.until("line 149")
        assert "not following" not in run.text()


async def test_pause_holds_what_is_shown_and_counts_what_comes(launch: Launch) -> None:
    cloud = Cloud(**{FIRST: [line(n) for n in range(5)]})
    async with opened(launch, cloud) as run:
        await run.until("line 4")
        await run.press("p")
        cloud.log.write(FIRST, line(5), line(6))
        await run.until("paused, 2 new")
        assert "line 5" not in run.text()
        await run.press("p")
        await run.until("line 6")


async def test_earlier_lines_are_loaded_at_the_top_and_the_reader_stays(launch: Launch) -> None:
    cloud = Cloud(**{FIRST: [line(n) for n in range(400)]})
    async with opened(launch, cloud) as run:
        await run.until("line 399")
        await run.press("g")
        await run.until("400 lines")
        assert "line 300" in shown(run)[0], "the row under the cursor is where it was"
        assert [query.tail for _, query in cloud.log.asked] == [100, 1_000]
        await run.press("g")
        await run.until("start of the log")
        assert "line 0" in shown(run)[0]
        await run.press("pagedown", "pageup", "pageup")
        assert len(cloud.log.asked) == 2, "there is nothing more to load"


@pytest.mark.wide
async def test_search_highlights_and_goes_through_matches(launch: Launch) -> None:
    cloud = Cloud(**{FIRST: [line(n, f"step {n} loss {'nan' if n in (3, 40, 90) else 'fine'}") for n in range(100)]})
    async with opened(launch, cloud) as run:
        await run.until("step 99")
        await run.press("slash", *"NaN", "enter")
        await run.until("/NaN  3 found")
        await run.until("step 90 loss nan")
        assert view(run).index == 90
        styles = [
            (segment.text, bool(segment.style and segment.style.reverse))
            for strip in run.app.screen._compositor.render_strips()
            for segment in strip
        ]
        assert ("nan", True) in styles
        await run.press("N")
        assert view(run).index == 40
        await run.press("n")
        assert view(run).index == 90
        await run.press("n")
        assert view(run).index == 3, "it begins again at the end"
        await run.press("escape")
        assert "found" not in run.text()
        assert isinstance(run.app.screen, LogsScreen)


async def test_a_filter_shows_and_hides_lines_old_and_new(launch: Launch) -> None:
    cloud = Cloud(**{FIRST: [line(n, f"step {n} {'eval' if n % 2 else 'train'}") for n in range(10)]})
    async with opened(launch, cloud) as run:
        await run.until("step 9")
        await run.press("ampersand", *"eval !9", "enter")
        await run.until("&eval !9  4 shown")
        assert [row.split(maxsplit=1)[1] for row in shown(run) if row] == [f"step {n} eval" for n in (1, 3, 5, 7)]
        cloud.log.write(FIRST, line(10, "step 10 train"), line(11, "step 11 eval"))
        await run.until("step 11 eval")
        assert "step 10" not in run.text()
        await run.press("ampersand", *"nothing has this", "enter")
        await run.until("No lines match")
        assert "12 hidden" in run.text()
        await run.press("escape")
        await run.until("step 10 train")


async def test_a_pattern_that_is_wrong_or_takes_for_ever_is_reported(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui.ui.screens import log_pane

    monkeypatch.setattr(log_pane, "PATIENCE", 0.02)
    cloud = Cloud(**{FIRST: [line(0, "a" * 80 + "b")]})
    async with opened(launch, cloud) as run:
        await run.until("aaab")
        # It can be mended: enter keeps the line open with its error, as in a list.
        await run.press("ampersand", *"re:(", "enter")
        await run.until("unterminated subpattern")
        assert typed(run) == "re:("
        await run.press(*"a+)+$", "enter")
        await run.until("takes too long")
        assert typed(run) == "re:(a+)+$"
        assert "aaab" in run.text()
        await run.press("ctrl+u", *"re:a+b", "enter")
        assert typed(run) is None
        assert "&re:a+b  1 shown" in run.text()
        await run.press("slash", *"re:(", "enter")
        await run.until("unterminated subpattern")
        assert typed(run) == "re:("
        await run.press("escape", "slash", *"re:(a|aa)+$", "enter")
        await run.until("takes too long")
        assert typed(run) == "re:(a|aa)+$"
        # What another line was about keeps no valid one open.
        await run.pilot.click("#log")
        await run.settle()
        assert typed(run) is None
        await run.press("slash", "enter")
        assert typed(run) is None


async def test_sources_are_requested_each_on_their_own(launch: Launch) -> None:
    lines = [line(0), line(1, "pulling image 63 %", source=LogSource.SYSTEM), line(2)]
    cloud = Cloud(**{FIRST: lines})
    async with opened(launch, cloud) as run:
        await run.until("sys pulling image 63 %")
        await run.press("a")
        await run.until("2 container lines")
        assert "pulling" not in run.text()
        await run.press("a")
        await run.until("1 system line")
        assert "sys pulling" not in run.text(), "all lines are of the system"
        await run.press("a")
        await run.until("3 lines")
        await until_streams(run, FIRST)


@pytest.mark.wide
async def test_wrap_times_and_long_lines(launch: Launch) -> None:
    cloud = Cloud(**{FIRST: [line(0, "begin " + "x" * 200 + " end"), line(1, "last")]})
    async with opened(launch, cloud, size=(80, 24)) as run:
        await run.until("begin xxx")
        assert "…" in shown(run)[0]
        assert " end" not in run.text()
        await run.press("right", *["right"] * 8)
        await run.until("xxx end")
        await run.press(*["left"] * 9)
        await run.press("w")
        await run.until("xxx end")
        rows = shown(run)
        assert rows[0].startswith("08:00:00 begin xxx")
        assert rows[1].startswith("xxx")
        assert run.text().splitlines()[5].startswith("│          xxx"), "below the text"
        await run.press("d")
        await run.until_so(lambda: "08:00:00" not in run.text())


async def test_what_is_refused_is_said_with_what_to_do(launch: Launch) -> None:
    async with opened(launch, HeldCloud()) as run:
        await run.until("◌ Logs are not offered by this API")
        assert 'Set api = "auto" or "rest", with a key that REST v2 accepts.' in run.text()
        assert "eval-sweep not offered" in run.text()


async def test_a_refusal_and_a_new_try(launch: Launch) -> None:
    cloud = Cloud(**{FIRST: [line(0)]})
    cloud.log.refuse = Rejected((Problem("pod not found"),))
    async with opened(launch, cloud) as run:
        await run.until("✕ No logs")
        assert "pod not found" in run.text()
        cloud.log.refuse = None
        await run.press("ctrl+r")
        await run.until("line 0")


async def test_a_break_is_said_and_the_lines_stay(launch: Launch) -> None:
    cloud = Cloud(**{FIRST: [line(0)]})
    async with opened(launch, cloud) as run:
        await run.until("line 0")
        cloud.log.refuse = Unreachable("no route to host")
        cloud.log.cut(FIRST)
        await run.until("no route to host")
        assert "reconnecting in" in run.text()
        assert "line 0" in run.text()


@pytest.mark.wide
async def test_a_line_is_copied_and_the_log_is_saved_once(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cloud = Cloud(**{FIRST: [line(0, "first"), line(1, "second")]})
    async with opened(launch, cloud) as run:
        clipboard = sent_to_clipboard(run)
        await run.until("second")
        await run.press("k", "c")
        await run.wait(1.0)
        await run.press("c")
        await run.until_so(lambda: clipboard == ["first"])
        await run.wait(1.0)
        await run.press("ctrl+s")
        await run.until("eval-sweep-2026")
        await run.press("ctrl+u", *"my.log", "enter")
        await run.until("Saved 2 lines")
        path = tmp_path / "my.log"
        assert path.read_text() == (
            "2026-11-23T08:00:00.000+00:00 container first\n2026-11-23T08:00:01.000+00:00 container second\n"
        )
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        await run.press("ctrl+s", "ctrl+u", *"my.log", "enter")
        await run.until("never overwrites")
        await run.press("ctrl+s", "ctrl+u", *"no/my.log", "enter")
        await run.until("there is no folder")
        await run.press("ctrl+s", "escape")
    assert not path.with_name(".log").exists()
    assert list(map(str, sorted(tmp_path.glob("*.log")))) == [str(path)]  # noqa: ASYNC240


async def test_hostile_lines_are_text(launch: Launch) -> None:
    hostile = "[bold red]x[/] \x1b]52;c;aGk=\x07 \u202egnp.exe\u202c \x9b31m \U0001f468\u200d\U0001f469 end"
    cloud = Cloud(**{FIRST: [line(0, hostile), line(1, "y" * (1 << 20)), line(2, "\u4e2d" * 5_000)]})
    async with opened(launch, cloud) as run:
        await run.until("[bold red]x[/]")
        assert not {"\x1b", "\u202e", "\x9b", "\x07", "\u200d"} & set(run.text())
        await run.press("w")
        await run.settle()
        await run.press("G")
        await run.until("904 more characters")
        await run.press("g", "slash", *"more", "enter")
        await run.settle()


@pytest.mark.wide
async def test_from_the_pod_screen_and_from_an_event_at_its_instant(launch: Launch) -> None:
    from tests.make import pod, snapshot
    from tests.ui.conftest import NOW

    cloud = Cloud(**{FIRST: [line(n, at=NOW - 600 + n) for n in range(700)]})
    async with launch(cloud=cloud, size=(100, 24)) as run:
        await run.press("g", "enter", "l")
        await run.until("line 699")
        await run.press("escape")
        assert isinstance(run.app.screen, PodScreen)
        await run.press("escape")
        cloud.now += 5
        await run.poll(fleet=snapshot(pod(FIRST, name="eval-sweep", status="EXITED", utils=None)))
        await run.press("e", "l")
        await run.until_so(lambda: any(query.since is not None for _, query in cloud.log.asked))
        since = next(query.since for _, query in cloud.log.asked if query.since is not None)
        assert since == pytest.approx(NOW + 5 - log_feed.BEFORE, abs=1.0)
        await run.until("line 605")
        await run.until("not following")


@pytest.mark.wide
async def test_the_pod_screen_shows_why_a_pod_is_not_up_yet_while_it_is_on_top(launch: Launch) -> None:
    from tests.make import pod, snapshot

    booting = pod(FIRST, name="eval-sweep", utils=None)
    lines = [line(0, "pulling image 12 %", source=LogSource.SYSTEM), line(1, "a container's line")]
    cloud = Cloud(**{FIRST: lines})
    cloud.fleet_answer = snapshot(booting)
    async with launch(cloud=cloud, size=(100, 30)) as run:
        assert cloud.log.asked == [], "not on Fleet"
        await run.press("g", "enter")
        await run.until("pulling image 12 %")
        assert cloud.log.asked == [(FIRST, LogQuery(LogSource.SYSTEM, tail=1))]
        cloud.log.write(FIRST, line(2, "pulling image 63 %", source=LogSource.SYSTEM))
        await run.until("pulling image 63 %")
        await run.press("2")
        await until_streams(run)
        await run.press("1")
        await until_streams(run, FIRST)
        await run.poll(fleet=snapshot(pod(FIRST, name="eval-sweep", utils=(5,))))
        await until_streams(run)
        assert "pulling" not in run.text()
        await run.poll(fleet=snapshot(booting))
        await until_streams(run, FIRST)
        await run.press("escape")
        await until_streams(run)


async def test_a_burst_is_drawn_in_few_frames(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(**{FIRST: [line(0)]})
    async with opened(launch, cloud) as run:
        await run.until("line 0")
        drawn: list[None] = []
        whole = LogsScreen._show_lines

        def counted(self: LogsScreen) -> None:
            drawn.append(None)
            whole(self)

        monkeypatch.setattr(LogsScreen, "_show_lines", counted)
        before = asyncio.get_running_loop().time()
        for n in range(1, 200):
            cloud.log.write(FIRST, *(line(n * 10 + m) for m in range(10)))
            await asyncio.sleep(0)
        await run.until("line 1999")
        frames = (asyncio.get_running_loop().time() - before) / screen_module.FRAME
        assert len(drawn) <= frames + 3


@pytest.mark.wide
@pytest.mark.parametrize("size", every(3, [(40, 12), (80, 24), (120, 40), (200, 50)]))
async def test_it_fits(launch: Launch, size: tuple[int, int]) -> None:
    cloud = Cloud(**{FIRST: [line(n) for n in range(100)], OTHER: [line(n, f"eval {n}") for n in range(100)]})
    async with opened(launch, cloud, "g", "space", "space", "l", size=(100, 30)) as run:
        await run.until("eval 99")
        run.app._driver.process_message(Resize(Size(*size), Size(*size)))
        await run.settle()
        await run.until("eval 99")
        rows = run.text().splitlines()
        assert len(rows) == size[1]
        assert all(len(row) <= size[0] for row in rows)
        assert "live" in rows[2]
        assert "help" in rows[-1] or "?" in rows[-1]


@pytest.mark.parametrize(
    ("name", "cells", "short"),
    [
        ("train", 5, "train"), ("llama-70b-run-1", 9, "llam…un-1"), ("llama-70b-run-2", 9, "llam…un-2"),
        ("\u4e2d\u6587\u540d\u5b57", 6, "\u4e2d…\u5b57"),
    ],
)  # fmt: skip
def test_a_long_name_keeps_its_end(name: str, cells: int, short: str) -> None:
    from tui.ui.render.log_rows import shortened

    assert shortened(name, cells) == short


def test_times_are_those_of_the_test() -> None:
    assert START == 1_795_420_800.0


def test_a_line_of_another_day_says_so() -> None:
    from datetime import UTC, date, datetime

    from tui.api.pod_logs import LogLine
    from tui.store.log_buffer import LogEntry
    from tui.ui.render.log_rows import Look, prefix, prefix_width

    at = datetime(2026, 11, 26, 16, 29, 13, tzinfo=UTC).timestamp()
    entry = LogEntry("p", LogLine("1", at, LogSource.CONTAINER, "text"), at, 1)
    whens = []
    for today, cells in ((date(2026, 11, 26), 100), (date(2026, 11, 29), 100), (date(2026, 11, 29), 38)):
        look = Look(UTC, today=today)
        ((when, _),) = prefix(entry, look, cells)
        assert len(when) == prefix_width(entry, look, cells)
        whens.append(when)
    assert whens == ["16:29:13 ", "Nov 26 16:29:13 ", "Nov 26   "]


async def test_the_footer_begins_with_what_finds_a_line(launch: Launch) -> None:
    async with opened(launch, Cloud(**{FIRST: [line(0)]}), size=(80, 24)) as run:
        assert run.text().splitlines()[-1].startswith(" / search  & filter  f follow  ")
