"""To add a backend: a folder, or a module, of `api`, and a line of `wiring.BACKENDS`. The core alone is enough."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.recipes.copied import PACKAGE, Copy

pytestmark = pytest.mark.wide

TOY = '''"""A RunPod that nobody has: two pods, and nothing but what every API has to offer."""

from __future__ import annotations

from collections.abc import Callable

from tui.api.cloud import Cloud
from tui.api.enums import PodKind, PodStatus
from tui.api.errors import ReadOnly
from tui.api.listener import Api, Listener
from tui.api.models import Funds, Pod, Snapshot
from tui.api.orders import Receipt


def pod(name: str, status: str) -> Pod:
    return Pod(
        name, f"toy-{name}", PodStatus(status), PodKind.ON_DEMAND, None, 1.25, 1, 8.0, 32.0, "toy:1", 10.0, 5, None,
        False, None, None, None, None,
    )


class ToyCloud(Cloud):
    def __init__(
        self, url: str, key: str | None, *, read_only: bool, dated: Callable[[float, float], object]
    ) -> None:
        self.pods = {"one": pod("one", "RUNNING"), "two": pod("two", "HIBERNATING")}
        self.read_only = read_only
        self.sent: Callable[[], object] = lambda: None

    async def fleet(self) -> Snapshot:
        self.sent()
        return Snapshot(Funds("toy", 100.0, 1.25, 80.0), tuple(self.pods.values()))

    async def stop(self, pod_id: str) -> Receipt:
        return self._led(pod_id, PodStatus.EXITED)

    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Receipt:
        return self._led(pod_id, PodStatus.RUNNING)

    async def terminate(self, pod_id: str) -> None:
        self._led(pod_id, PodStatus.TERMINATED)

    def _led(self, pod_id: str, status: PodStatus) -> Receipt:
        if self.read_only:
            raise ReadOnly("nothing was sent")
        self.sent()
        self.pods[pod_id] = pod(pod_id, status)
        return Receipt(pod_id, None, status, None, 1.25, 1, None)

    def listen(self, listener: Listener) -> None:
        self.sent = lambda: listener.sent(Api.GRAPHQL)

    async def aclose(self) -> None:
        pass
'''

LINE = '\n    "/toy": ("tui.api.toy", "ToyCloud"),'

COMMANDS = """
import json, os, subprocess, sys
from pathlib import Path

home = Path.cwd() / "home"
home.mkdir()
environ = {**os.environ, "HOME": str(home), "RUNPOD_API_KEY": "rpa_TOY", "PODTOP_API_URL": "https://toy.invalid/toy"}
environ |= {f"XDG_{name}_HOME": str(home) for name in ("CONFIG", "STATE", "CACHE", "DATA")}


def command(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tui", *arguments], capture_output=True, text=True, timeout=60, env=environ
    )
    return [done.returncode, done.stdout, done.stderr]


print(json.dumps({" ".join(line): command(*line) for line in map(str.split, sys.argv[1:])}))
"""

SCREEN = """
import asyncio, itertools, json
from datetime import UTC
from pathlib import Path

from tui import wiring
from tui.app import PodtopApp
from tui.config.loader import Config
from tui.storage.state_files import StateFiles
from tui.store.fleet import Fleet

failures = []
for name in ("fail", "fail_market", "fail_topic"):
    def failing(*values, before=getattr(Fleet, name)):
        failures.append(str(next(value for value in values if isinstance(value, Exception))))
        return before(*values)

    setattr(Fleet, name, failing)


async def shown(pilot, *keys):
    await pilot.press(*keys)
    for _ in range(30):
        await pilot.pause(0.02)
    strips = pilot.app.screen._compositor.render_strips()
    return "\\n".join("".join(part.text for part in line).rstrip() for line in strips)


async def look():
    url, folder = "https://toy.invalid/toy", Path.cwd() / "state"
    app = PodtopApp(
        wiring.runpod_source(Config(api_url=url)), Config(lock_after=0), tz=UTC, monotonic=itertools.count().__next__,
        state=StateFiles(lambda: folder, "toy.invalid", url),
    )
    async with app.run_test(size=(160, 48), notifications=True) as pilot:
        while not (app.fleet.records and app.context.session.executor):
            await pilot.pause(0.02)
        found = {
            "fleet": await shown(pilot, "ctrl+r"),
            "deploy": await shown(pilot, "D"),
            # What was told of the deploy would cover the note of the pod.
            "pod": await (pilot.app.clear_notifications() or shown(pilot, "enter")),
            "market": await shown(pilot, "escape", "2", "ctrl+r"),
            "account": await shown(pilot, "3", "ctrl+r"),
            "hosts": await shown(pilot, "4", "ctrl+r"),
            "events": [event.text for event in app.fleet.events],
        }
    return found | {"crash": app.crash, "failures": failures}


print(json.dumps(asyncio.run(look())))
"""

NOT_OFFERED = "This API does not offer"


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    copy = Copy(tmp_path / "podtop")
    if not (PACKAGE / "styles").is_dir():
        shutil.copytree(PACKAGE.parent / "styles", copy.root / "styles")
    copy.create("api/toy.py", TOY)
    copy.add("wiring.py", '"": ("tui.api.graphql.client", "GraphQLCloud"),', LINE)
    return copy


@pytest.mark.wide
def test_a_module_and_a_line_are_all_that_a_backend_takes(copy: Copy) -> None:
    found = copy.run(COMMANDS, "once --json", "stop toy-one --yes", "once market", "once account --json", "once hosts")
    assert copy.touched == {"api/toy.py", "wiring.py"}
    code, out, trouble = found["once --json"]
    pods = json.loads(out)["items"]
    assert (code, trouble) == (0, "")
    assert [(pod["name"], pod["status"]) for pod in pods] == [("toy-one", "RUNNING"), ("toy-two", "HIBERNATING")]
    assert found["stop toy-one --yes"][0] == 0
    assert "toy-one stopped" in found["stop toy-one --yes"][1]
    for line, what in (
        ("once market", "prices"), ("once account --json", "account details"), ("once hosts", "machines"),
    ):  # fmt: skip
        code, out, trouble = found[line]
        assert (code, out) == (2, "")
        assert trouble.startswith(f"podtop: {NOT_OFFERED} {what}")


@pytest.mark.wide
def test_what_it_does_not_offer_is_said_and_is_no_outage(copy: Copy) -> None:
    found = copy.run(SCREEN)
    fleet = found["fleet"]
    assert "● live" in fleet
    assert "toy-one" in fleet
    assert "hibernating" in fleet
    assert "This API offers no prices" in fleet
    assert "This API offers no prices" in found["market"]
    assert "This API offers no machines" in found["hosts"]
    assert "◌ details unavailable" in found["account"]
    assert f"◌ {NOT_OFFERED}" in found["pod"]
    assert f"deploy: {NOT_OFFERED} deploying pods" in " ".join(
        found["deploy"].replace("▌", " ").replace("│", " ").split()
    )
    assert found["crash"] is None
    assert found["events"] == []
    for text in (fleet, found["market"], found["hosts"]):
        assert "unreachable" not in text
        assert "cannot be reached" not in text
    # Each is tried once while it is shown, whatever is pressed, and machines once more behind their back.
    assert all(text.startswith(NOT_OFFERED) for text in found["failures"])
    assert all(found["failures"].count(text) <= 2 for text in found["failures"])
    assert found["failures"].count(f"{NOT_OFFERED} prices.") == 1
