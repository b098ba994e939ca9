"""`s` and `c` as they are used: what is refused in words, what the menu holds, what reaches the clipboard."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.make import pod, snapshot
from tests.ui.conftest import NOW, PODS, HeldCloud, Launch, Running, sent_to_clipboard
from tests.ui.render.test_pod_facts import TOKEN, full_detail, full_pod
from tui.api.models import Port
from tui.store.fleet import Fleet
from tui.system import foreground
from tui.ui.modals.copy import CopyMenu
from tui.ui.screens.pod import PodScreen
from tui.ui.widgets.facts_pane import FactsPane

SSH = Port(22, 40_123, "194.68.245.9", True, "tcp")
LINE = "ssh root@194.68.245.9 -p 40123"
NASTY = "x; rm -rf ~ $(reboot) `id` 'q'"


def with_ssh(name: str = "llama", port: Port = SSH, uptime: int = 3600) -> HeldCloud:
    cloud = HeldCloud()
    made = pod("50qynxzilsxoey", name=name)
    assert made.runtime is not None
    http = Port(8888, 60_000, "100.65.3.17", False, "http")
    cloud.fleet_answer = snapshot(replace(made, runtime=replace(made.runtime, ports=(port, http), uptime=uptime)))
    return cloud


class Away:
    """Stands for a terminal that is given to another program."""

    def __init__(
        self, run: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int = 0, lasts: float = 0.0
    ) -> None:
        self.run = run
        self.calls: list[tuple[str, ...]] = []
        self.written: list[str] = []
        self.environ: dict[str, str] = {}
        self.keys = 0
        self.during: list[bool] = []
        (tmp_path / "ssh").touch()
        (tmp_path / "ssh").chmod(stat.S_IRWXU)
        reach = run.app.context.connect
        reach._environ = {"PATH": str(tmp_path), "RUNPOD_API_KEY": TOKEN}
        run.app.suspend = self._suspend  # type: ignore[method-assign]
        reach._simulated = False

        async def ran(argv: tuple[str, ...], environ: dict[str, str], program: str) -> int:
            self.calls.append(argv)
            self.environ = dict(environ)
            assert program == str(tmp_path / "ssh")
            await run.press("S", "q")  # what is typed is not for podtop
            run.app.session.monitor.wake()  # the polls go on
            await run.settle()
            run.cloud.beat += lasts
            self.during.append(reach.away)
            return code

        async def pressed() -> None:
            self.keys += 1

        monkeypatch.setattr(foreground, "run", ran)
        monkeypatch.setattr(foreground, "key", pressed)
        monkeypatch.setattr("tui.ui.controllers.connect._write", self.written.append)

    @contextmanager
    def _suspend(self) -> Iterator[None]:
        self.written.append("<")
        yield
        self.written.append(">")

    async def over(self) -> None:
        """Press the key, and wait until podtop has the terminal again."""
        await self.run.press("s")
        for _ in range(6_000):
            if self.written[-1:] == [">"]:
                break
            await self.run.pilot.pause(0.01)
        await self.run.settle()

    @property
    def text(self) -> str:
        return "".join(self.written)


async def test_s_runs_ssh_and_comes_back_to_the_same_place(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with launch(cloud=with_ssh()) as run:
        away = Away(run, tmp_path, monkeypatch)
        await run.press("z")
        before, asked = run.text(), run.cloud.asked
        await away.over()
        assert away.calls == [("ssh", "-p", "40123", "--", "root@194.68.245.9")]
        assert "RUNPOD_API_KEY" not in away.environ
        assert away.during == [True]
        assert LINE in away.text
        assert away.keys == 0
        assert run.cloud.asked == asked + 1
        assert run.text() == before
        # Keys that were still on their way are for nobody; then it listens again.
        await run.press("T")
        assert run.app.screen.__class__.__name__ == "FleetScreen"
        await run.wait(1.0)
        await run.press("question_mark")
        assert run.app.screen.__class__.__name__ == "Help"


async def test_a_failure_waits_for_a_key_and_an_end_with_another_code_is_told(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with launch(cloud=with_ssh()) as run:
        away = Away(run, tmp_path, monkeypatch, code=255)
        await away.over()
        assert away.keys == 1
        assert "ssh could not connect, or lost the connection (255)" in away.text
        assert away.text.endswith(">")
    async with launch(cloud=with_ssh()) as run:
        away = Away(run, tmp_path, monkeypatch, code=130, lasts=900.0)
        await away.over()
        assert away.keys == 0
        assert "ssh ended with 130" in run.toasts()
        assert run.app.guard.locked, "for fifteen minutes no hand was on podtop's own keys"


async def test_a_port_that_changed_is_told_before(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with launch(cloud=with_ssh()) as run:
        away = Away(run, tmp_path, monkeypatch)
        run.cloud.now = NOW + 10
        await run.poll(with_ssh(port=replace(SSH, public=40_124)).fleet_answer)
        run.cloud.now = NOW + 30
        await away.over()
        assert away.calls[0][:3] == ("ssh", "-p", "40124")
        assert "the port changed 20 s ago" in away.text


async def test_s_by_the_proxy(launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with launch(cloud=with_ssh(port=Port(22, None, None, False, "tcp"))) as run:
        away = Away(run, tmp_path, monkeypatch)
        await away.over()
        assert away.calls == [("ssh", "--", "50qynxzilsxoey-64410065@ssh.runpod.io")]
        assert "port 22 has no public address yet" in away.text


@pytest.mark.wide
async def test_what_is_in_the_way_is_said(launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with launch() as run:
        Away(run, tmp_path, monkeypatch)
        await run.press("/", *"dataset", "enter", "s")
        assert "cannot connect to dataset-prep: the pod is stopped; R resumes it" in run.toasts()
        await run.press("escape", "/", *"flux", "enter", "s")
        assert "cannot connect to flux-lora: the pod is still booting" in run.toasts()
        run.app.context.connect._environ = {"PATH": "/nowhere"}
        await run.press("escape", "/", *"llama", "enter", "s")
        assert "no ssh client found" in run.toasts()


@pytest.mark.wide
async def test_in_the_market_there_is_no_s(launch: Launch) -> None:
    async with launch() as run:
        await run.press("2", "s")
        assert not run.toasts()
        await run.press("1", "tab", "tab", "s")
        assert not run.toasts()


async def test_simulated_pods_are_not_reached(launch: Launch) -> None:
    async with launch(cloud=with_ssh()) as run:
        await run.press("s")
        assert run.toasts() == f"ssh: demo pods cannot be reached. The command would be:\n{LINE}"
        await run.press("enter", "s")
        assert LINE in run.toasts()


async def test_the_past_and_recordings_are_not_reached(launch: Launch) -> None:
    async with launch(cloud=with_ssh()) as run:
        past = Fleet(5.0, 30.0)
        past.recorded = True
        past.records.update(run.app.fleet.records)
        run.app.playback.frozen_view = (past, NOW - 60)
        await run.press("s")
        assert "viewing history" in run.toasts()
        run.app.playback.replay = True
        await run.press("s")
        assert "pods of a replay" in run.toasts()


# The menu


def entries(run: Running) -> dict[str, str]:
    menu = run.app.screen
    assert isinstance(menu, CopyMenu)
    return {entry.key: entry.text for entry in menu._entries.values()}


async def test_the_menu_of_a_pod(launch: Launch) -> None:
    async with launch(cloud=with_ssh()) as run:
        sent = sent_to_clipboard(run)
        await run.press("c")
        assert entries(run) == {
            "s": LINE,
            "p": "ssh 50qynxzilsxoey-64410065@ssh.runpod.io",
            "f": "scp -P 40123 FILE root@194.68.245.9:/workspace/",
            "r": "rsync -avP -e 'ssh -p 40123' FOLDER/ root@194.68.245.9:/workspace/",
            "a": "194.68.245.9:40123",
            "i": "50qynxzilsxoey",
            "n": "llama",
            "1": "https://50qynxzilsxoey-8888.proxy.runpod.net",
            "h": "50qynxzilsxoey-64410065",
            "d": "pytorch:2.4",
        }
        await run.press("j", "j", "k", "enter")
        await run.until("sent to the terminal's clipboard (OSC 52)")
        assert "copied" not in run.toasts()
        # In one burst: the second key finds the menu there.
        run.at_leisure()
        await run.pilot.press("c", "i")
        await run.until("pod ID: 50qynxzilsxoey")
        await run.press("c", "1")
        await run.until("URL: https")
        assert sent == [
            "ssh 50qynxzilsxoey-64410065@ssh.runpod.io", "50qynxzilsxoey", "https://50qynxzilsxoey-8888.proxy.runpod.net"
        ]  # fmt: skip
        await run.press("c", "escape")
        assert not isinstance(run.app.screen, CopyMenu)


async def test_no_name_gets_into_a_shell(launch: Launch) -> None:
    async with launch(cloud=with_ssh(name=NASTY)) as run:
        await run.press("c")
        found = entries(run)
        assert shlex.split(found.pop("n")) == [NASTY]
        assert not any("rm -rf" in text for text in found.values())


@pytest.mark.wide
async def test_the_fact_under_the_cursor_comes_first_then_names_but_no_values(launch: Launch) -> None:
    cloud = HeldCloud()
    cloud.fleet_answer = snapshot(full_pod(), *(PODS.pods or ()))
    cloud.detail_answer = full_detail(full_pod())
    async with launch(cloud=cloud, size=(160, 70)) as run:
        sent = sent_to_clipboard(run)
        await run.press("/", *"llama-70b", "enter", "enter")
        await run.until("could not load note")
        screen = run.app.screen
        assert isinstance(screen, PodScreen)
        await run.press("x")
        table = screen.query_one("#facts", FactsPane)
        table.move_to(next(key for key, (_, fact) in table._facts.items() if fact.copy == TOKEN))
        await run.press("c")
        found = entries(run)
        assert found["c"] == TOKEN
        rows = [line for line in run.text().split("\n") if line.startswith(" c ")]
        assert rows
        assert TOKEN not in rows[0], "a value is copied, and not told once more"
        assert TOKEN not in found["e"]
        assert all(name in found["e"] for name in [variable.name for variable in full_detail(full_pod()).env])
        assert found["m"]
        await run.press("c")
        await run.until("sent to the terminal's clipboard")
        assert sent == [TOKEN]
        assert TOKEN not in run.toasts()
        await run.press("tab", "c")
        assert "c" not in entries(run), "without the facts in hand there is no fact under the cursor"


async def test_what_cannot_be_copied_stays_to_be_selected(launch: Launch) -> None:
    async with launch(cloud=with_ssh()) as run:
        sent_to_clipboard(run)
        run.app.send = lambda sequence: False  # type: ignore[method-assign]
        await run.press("c", "s")
        await run.until("not copied: the terminal accepts no output now")
        assert isinstance(run.app.screen, CopyMenu)
        assert f"\n{LINE}\n" in run.text(), "a line of its own, from edge to edge"


@pytest.mark.wide
async def test_the_menu_of_a_stopped_pod_says_why_there_is_no_ssh(launch: Launch) -> None:
    async with launch() as run:
        await run.press("/", *"dataset", "enter", "c")
        await run.until("no ssh: the pod is stopped; R resumes it")
        assert "s" not in entries(run)
        assert entries(run)["i"] == "m5n4b3v2c1x0z9"


@pytest.mark.wide
async def test_of_a_pod_that_is_gone_there_is_its_id(launch: Launch) -> None:
    async with launch(cloud=with_ssh()) as run:
        await run.press("enter")
        await run.settle()
        await run.poll(PODS)
        await run.press("tab", "c")
        assert entries(run) == {"i": "50qynxzilsxoey"}
        await run.press("escape")
        await run.press("s")
        assert "no longer on the account" in run.toasts()


async def test_a_terminal_that_cannot_be_given_away_is_said(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with launch(cloud=with_ssh()) as run:
        Away(run, tmp_path, monkeypatch)
        del run.app.suspend  # the app's own, of a driver without a terminal
        await run.press("s")
        await run.until("this terminal cannot be handed to another program")


@pytest.mark.wide
async def test_the_menu_of_the_market(launch: Launch) -> None:
    async with launch() as run:
        sent = sent_to_clipboard(run)
        for keys in (("2",), ("1", "tab", "tab")):
            await run.press(*keys, "c")
            found = entries(run)
            assert found["c"].startswith("NVIDIA ")
            assert shlex.split(found["i"]) == [found["c"]]
            await run.press("c")
            await run.until("sent to the terminal's clipboard")
        assert len(sent) == 2


@pytest.mark.parametrize(
    "size", [(40, 12), *(pytest.param(size, marks=pytest.mark.wide) for size in ((60, 16), (80, 24), (200, 50)))]
)
@pytest.mark.wide
async def test_the_menu_fits(launch: Launch, size: tuple[int, int]) -> None:
    async with launch(cloud=with_ssh(), size=size) as run:
        await run.press("c", "j", "j", "j")
        await run.settle()
        lines = run.text().split("\n")
        shown = "".join(line.rstrip() for line in lines)
        assert entries(run)["r"].replace(" ", "") in shown.replace(" ", "")
        assert max(map(len, lines)) <= size[0]
        for _ in range(8):
            await run.press("j")
        assert "pytorch:2.4" in run.text()


async def test_filters_take_the_letters(launch: Launch) -> None:
    async with launch(cloud=with_ssh()) as run:
        await run.press("/", "s", "c")
        assert "/sc" in run.text()
        assert not isinstance(run.app.screen, CopyMenu)


def test_what_is_written_while_away_goes_to_the_terminal_or_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.ui.controllers import connect

    out, into = os.pipe()
    monkeypatch.setattr(os, "write", lambda fd, data, write=os.write: write(into, data))
    connect._tell("a", "b")
    assert os.read(out, 100) == b"a\r\nb\r\n"

    def gone(fd: int, data: bytes) -> int:
        raise OSError

    monkeypatch.setattr(os, "write", gone)
    connect._tell("a")
