"""The report from what a server of metrics has is that of the recording with the same polls, on both engines."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from msgspec.structs import replace

from tests import servers
from tests.make import funds, snapshot
from tests.report.make import NOW, midnight, record
from tests.report.test_kept_activity import Life
from tests.servers import Engine
from tui.api.models import Pod
from tui.config.settings import History
from tui.domain.pod_bill import Part
from tui.domain.recorders import AccountRecorder, key_of
from tui.domain.report import Report, dollars
from tui.history import report_reader
from tui.history.archive.reader import Recording
from tui.history.archive.schema import ArchiveError
from tui.history.archive.writer import Entry, Writer
from tui.history.engine_account import accounts_of, unwatched
from tui.history.remote import HistoryUnavailable, RemoteHistory
from tui.services.exporter.archive import Wanted, export
from tui.services.exporter.page import View, page
from tui.services.shared_report import NoSharedReport, SeenElsewhere, SharedReports, seen_by_others
from tui.store.fleet import Fleet

START = NOW // 3600 * 3600 - 6 * 3600
END = START + 6 * 3600
GAP = (2 * 3600.0, 2.5 * 3600)
OTHER = "another"


def polls() -> list[tuple[float, tuple[Pod, ...] | None]]:
    """Six hours of three pods, with half an hour that nobody watched."""
    life, made, at = Life(7), [], START
    while at < END:
        pods = tuple(replace(pod, volume_gb=100.0, container_disk_gb=50) for pod in life.pods(at, 60.0))
        if not GAP[0] <= at - START < GAP[1]:
            made.append((at, pods))
        at += 60.0
    return made


@pytest.fixture(scope="module")
def told() -> list[tuple[float, tuple[Pod, ...] | None]]:
    return polls()


def pages(told: list[tuple[float, tuple[Pod, ...] | None]]) -> str:
    """What was scraped at each poll; beside it another account, under its own name."""
    fleet, other, lines = Fleet(60.0, 60.0), Fleet(60.0, 60.0), []
    for at, pods in told:
        fleet.apply(snapshot(*(pods or ()), funds=funds()), at)
        other.apply(snapshot(*(replace(pod, id=f"other-{pod.id}") for pod in pods or ()), funds=funds()), at)
        views = [
            View("work", fleet, recorder=AccountRecorder(key_of("user_1"), "jump1", 1, START)),
            View(OTHER, other, recorder=AccountRecorder(key_of("user_2"), "jump1", 1, START)),
        ]
        text = page(views, at, openmetrics=True)
        lines += [f"{line} {at:.3f}" for line in text.splitlines() if not line.startswith("#")]
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def own(told: list[tuple[float, tuple[Pod, ...] | None]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("own") / "own.sqlite", told, silence=90.0)


@pytest.fixture(scope="module", params=["prometheus scraped", "victoria-metrics scraped", "victoria-metrics imported"])
def engine(
    request: pytest.FixtureRequest, own: Path, told: list[tuple[float, tuple[Pod, ...] | None]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engine]:  # fmt: skip
    name, how = request.param.split()
    servers.program(name)
    directory = tmp_path_factory.mktemp("engine")
    if how == "imported":
        out = io.BytesIO()
        with closing(Recording(own)) as recording:
            export(recording, Wanted("work"), out)
        text = out.getvalue().decode()
    else:
        text = pages(told)
    if name == "prometheus":
        servers.blocks(text, directory)
        engine = servers.prometheus(directory)
    else:
        engine = servers.victoria_metrics(directory)
        servers.import_openmetrics(engine, text, directory)
    yield engine
    engine.stop()


def read(own: Path | None, beside: Path | None) -> Report:
    opened = [None if path is None else Recording(path) for path in (own, beside)]
    try:
        return report_reader.read(opened[0], START, END, midnight, beside=opened[1])
    finally:
        for each in opened:
            if each is not None:
                each.close()


def same(theirs: Report, ours: Report, within: float = 0.005) -> None:
    """Equal but for the rounding of one byte of a utilization and of a price."""
    assert [row.key for row in theirs.pods] == [row.key for row in ours.pods]
    for their, our in zip((*theirs.pods, theirs.total), (*ours.pods, ours.total), strict=True):
        assert dollars(their.paid) == pytest.approx(dollars(our.paid), rel=0.001), our.key
        for part in Part:
            mine, its = dollars(our.amounts[part]), dollars(their.amounts[part])
            assert its == pytest.approx(mine, abs=within * max(1.0, dollars(our.paid))), (our.key, part)
        assert (their.name, their.gpu, their.least, their.unknown) == (our.name, our.gpu, our.least, our.unknown)
    assert theirs.watched == pytest.approx(ours.watched, abs=120)
    assert theirs.since == pytest.approx(ours.since, abs=60)


@pytest.mark.wide
async def test_the_report_is_that_of_the_recording(engine: Engine, own: Path, tmp_path: Path) -> None:
    settings, into = History(url=engine.url), tmp_path / "shared.sqlite"
    assert await seen_by_others(settings, "work", "user_1", None, START, END, into)
    same(read(None, into), read(own, None))


@pytest.mark.wide
async def test_what_podtop_did_not_watch_is_joined_to_what_it_did(
    engine: Engine, own: Path, told: list[tuple[float, tuple[Pod, ...] | None]], tmp_path: Path
) -> None:
    # This podtop was off for two hours, in the middle of what others watched.
    part = [(at, pods) for at, pods in told if not 3 * 3600 <= at - START < 5 * 3600]
    mine = record(tmp_path / "mine.sqlite", part, silence=90.0)
    settings, into = History(url=engine.url), tmp_path / "shared.sqlite"
    assert await seen_by_others(settings, "work", "user_1", mine, START, END, into)
    with closing(Recording(into)) as shared:
        assert all(first >= START + 3 * 3600 - 60 for first, _ in shared.spans()), "its own samples come first"
    whole = read(own, None)
    same(read(mine, into), whole, within=0.02)
    assert read(mine, None).watched < whole.watched - 6900


@pytest.mark.wide
async def test_where_podtop_watched_or_the_server_has_nothing_there_is_nothing(
    engine: Engine, own: Path, tmp_path: Path
) -> None:
    into = tmp_path / "shared.sqlite"
    before = START - 86_400
    assert not await seen_by_others(History(url=engine.url), "work", "user_1", own, before, before + 3600, into)
    assert not await seen_by_others(History(url="http://127.0.0.1:1"), "work", "user_1", own, START, START + 600, into)
    assert not into.exists()


@pytest.mark.wide
async def test_reports_keep_what_others_saw_until_podtop_misses_more(
    engine: Engine, own: Path, told: list[tuple[float, tuple[Pod, ...] | None]], tmp_path: Path
) -> None:
    now = [END]
    mine = record(tmp_path / "mine.sqlite", [(at, pods) for at, pods in told if at >= START + 3 * 3600], silence=90.0)
    reports = SharedReports(History(url=engine.url), "work", lambda: "user_1", lambda: now[0])
    first = await reports.read(mine, START, END, midnight)
    assert first.shared == engine.url.removeprefix("http://")
    whole = read(own, None)
    assert dollars(first.total.paid) == pytest.approx(dollars(whole.total.paid), rel=0.001)
    assert first.watched == pytest.approx(whole.watched, abs=120)
    requests = list(reports._kept)
    assert await reports.read(mine, START + 3600, END, midnight) != first, "a part of the time"
    assert reports._kept == requests, "and nothing was requested for it"
    now[0] += 7 * 3600
    await reports.read(mine, START, END, midnight)
    assert reports._kept != requests
    now[0] += 7 * 3600
    reports._settings = History(url="http://127.0.0.1:1")
    away = await reports.read(mine, START, END, midnight)
    assert (away.watched, away.trouble != "") == (first.watched, True), "what it had stays"
    own_only = await SharedReports(None, "work", lambda: "user_1", lambda: now[0]).read(mine, START, END, midnight)
    assert (own_only.shared, own_only.trouble) == ("", "")
    assert own_only.watched < first.watched - 8000


@pytest.mark.parametrize(
    ("later", "gaps", "serves"),
    [
        (60, ((0.0, 600.0),), True),
        (60, ((60.0, 600.0), (1200.0, 1260.0)), True),
        (7200, ((0.0, 600.0), (1200.0, 1260.0)), False),
        (7200, ((0.0, 600.0),), True),
        (60, ((0.0, 660.0),), False),
        # What began before its end goes on.
        (60, ((0.0, 600.0), (900.0, 2400.0)), True),
        (60, ((840.0, 2400.0),), False),
        (7200, ((900.0, 2400.0),), False),
        (7 * 3600, ((0.0, 600.0),), False),
        (-1, ((0.0, 600.0),), False),
    ],
)
def test_what_is_kept_serves_while_nothing_older_is_missing(
    later: float, gaps: tuple[tuple[float, float], ...], serves: bool, tmp_path: Path
) -> None:
    kept = SeenElsewhere("user_1", ((0.0, 600.0), (900.0, 1200.0)), 1200.0, START, tmp_path)
    assert kept.serves("user_1", gaps, START + later) is serves
    assert not kept.serves("user_2", gaps, START + later)


async def test_a_server_that_is_away_is_said_and_the_own_report_stays(own: Path) -> None:
    reports = SharedReports(History(url="http://127.0.0.1:1"), "", lambda: "user_1", lambda: END)
    report = await reports.read(own, START, END, midnight)
    assert "127.0.0.1:1" in report.trouble
    same(report, read(own, None))


async def test_a_server_that_is_away_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSharedReport, match=r"127\.0\.0\.1:1"):
        await seen_by_others(History(url="http://127.0.0.1:1"), "work", "user_1", None, START, END, tmp_path / "x")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def serving(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server on which another podtop watched all minutes of an account without pods."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = {name: value[0] for name, value in parse_qs(request.content.decode()).items()}
        result = []
        if "balance" in asked["query"]:
            first, last = float(asked["start"]), float(asked["end"])
            result = [{"metric": {}, "values": [[at, "1"] for at in range(round(first), round(last) + 1, 60)]}]
        kind = "matrix" if "start" in asked else "vector"
        return httpx.Response(200, json={"status": "success", "data": {"resultType": kind, "result": result}})

    monkeypatch.setattr(
        "tui.services.shared_history.remote_history",
        lambda settings, post: RemoteHistory("http://vm:8428", transport=httpx.MockTransport(answer)),
    )


async def test_leaving_waits_for_the_thread_that_writes_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite ends the process if a connection is closed while a thread uses it."""
    serving(monkeypatch)
    entered, released = threading.Event(), threading.Event()
    write, close, order = Writer.write, Writer.close, []

    def slow(writer: Writer, entries: Iterable[Entry]) -> None:
        entered.set()
        assert released.wait(20)
        write(writer, entries)
        order.append("written")

    def closed(writer: Writer) -> None:
        order.append("closed")
        close(writer)

    monkeypatch.setattr(Writer, "write", slow)
    monkeypatch.setattr(Writer, "close", closed)
    reading = asyncio.ensure_future(
        seen_by_others(History(url="http://vm"), "work", "", None, START, END, tmp_path / "x.sqlite")
    )
    assert await asyncio.to_thread(entered.wait, 20)
    for _ in range(3):
        reading.cancel()
        await asyncio.sleep(0)
    released.set()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert order == ["written", "closed"]
    assert files(tmp_path) == []


@pytest.mark.parametrize("step", ["write", "fold"])
async def test_a_full_disk_is_no_trouble_of_the_own_recording(
    step: str, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving(monkeypatch)
    reports = SharedReports(History(url="http://vm:8428"), "", lambda: "", lambda: END)
    with monkeypatch.context() as full:

        def fails(*args: object) -> None:
            raise ArchiveError("database or disk is full")

        full.setattr(Writer, step, fails)
        report = await reports.read(own, START, END, midnight)
    assert report.trouble == "it cannot be written to a temporary file (database or disk is full)"
    same(report, read(own, None))
    assert reports._folder is not None
    assert files(reports._folder) == []
    assert (await reports.read(own, START, END, midnight)).trouble == ""


async def test_no_temporary_folder_is_no_trouble_of_the_own_recording(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(prefix: str) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tui.services.shared_report.mkdtemp", none)
    report = await SharedReports(History(url="http://vm"), "", lambda: "", lambda: END).read(own, START, END, midnight)
    assert report.trouble == "there is no temporary folder for it (No space left on device)"
    same(report, read(own, None))


@pytest.mark.parametrize("how", ["damaged", "removed"])
async def test_what_others_saw_is_read_again_if_its_file_is_lost(
    how: str, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving(monkeypatch)
    reports = SharedReports(History(url="http://vm:8428"), "", lambda: "", lambda: END)
    whole = await reports.read(own, START, END, midnight)
    assert (whole.shared, whole.trouble) == ("vm:8428", "")
    (path,) = [seen.recording for seen in reports._kept if seen.recording is not None]
    path.write_text("no recording") if how == "damaged" else path.unlink()
    report = await reports.read(own, START, END, midnight)
    assert report.trouble.startswith("its temporary file cannot be read (")
    assert report.shared == ""
    same(report, read(own, None))
    assert (await reports.read(own, START, END, midnight)).watched == whole.watched > report.watched


@pytest.mark.parametrize(
    ("spans", "gaps"),
    [
        ((), [(0.0, 6000.0)]),
        (((0.0, 6000.0),), []),
        (((-9.0, 7000.0),), []),
        (((0.0, 1000.0), (1030.0, 6000.0)), []),
        (((0.0, 960.0), (1080.0, 6000.0)), [(1020.0, 1080.0)]),
        (((100.0, 1000.0), (2000.0, 5930.0)), [(0.0, 60.0), (1020.0, 1980.0), (5940.0, 6000.0)]),
        (((7000.0, 8000.0),), [(0.0, 6000.0)]),
    ],
)
def test_only_whole_minutes_that_nobody_watched_are_asked_for(
    spans: tuple[tuple[float, float], ...], gaps: list[tuple[float, float]]
) -> None:
    assert unwatched(spans, 0.0, 6000.0) == gaps


def labelled(*known: tuple[str, str], apart: bool = True) -> RemoteHistory:
    """Each name is of a process of its own, or all are of one."""
    result = [
        {"metric": {"key": key, "account": name, "host": "jump1", "pid": str(apart * pid)}, "value": [END, "1"]}
        for pid, (key, name) in enumerate(known)
    ]
    body = {"status": "success", "data": {"result": result}}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=body))
    return RemoteHistory("http://vm:8428", transport=transport)


@pytest.mark.parametrize(
    ("known", "own", "names"),
    [
        ((), "work", ("work",)),
        ((("mine", "work"), ("mine", "prod"), ("theirs", "lab")), "elsewhere", ("prod", "work")),
        # Somebody else calls theirs as this podtop calls its own.
        ((("theirs", "default"),), "default", ()),
        ((("mine", "work"), ("theirs", "default")), "default", ("work",)),
    ],
)
async def test_an_account_is_found_by_its_recorders(
    known: tuple[tuple[str, str], ...], own: str, names: tuple[str, ...]
) -> None:
    assert await accounts_of(labelled(*known), "mine", own, START, END) == names


async def test_what_one_podtop_records_under_several_names_is_not_added_up() -> None:
    history = labelled(("mine", "work"), ("mine", "lab"), apart=False)
    assert await accounts_of(history, "mine", "lab", START, END) == ("lab",)


async def test_two_accounts_of_one_name_are_not_added_up() -> None:
    history = labelled(("mine", "default"), ("theirs", "default"))
    with pytest.raises(HistoryUnavailable, match="several accounts that are called default"):
        await accounts_of(history, "mine", "default", START, END)
