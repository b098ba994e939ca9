"""To add an action on pods: its row in `actions.py`; a request that RunPod has and podtop does not, beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.recipes.copied import CHEAPLY, PACKAGE, Copy

pytestmark = pytest.mark.wide

LLAMA, NAME = "k3v9x0q2m1a7ze", "llama-70b-pretrain"

LOOK = """
import asyncio, itertools, json, os, subprocess, sys
from datetime import UTC
from pathlib import Path

folder = Path.cwd() / "home"
folder.mkdir()
os.environ["HOME"] = str(folder)
for name in ("CONFIG", "STATE", "CACHE", "DATA"):
    os.environ[f"XDG_{name}_HOME"] = str(folder)

import tui
from tui.app import PodtopApp
from tui.config.loader import Config
from tui.demo.source import demo_source
from tui.storage.state_files import StateFiles
from tui.ui.modals.confirm import Confirm

key, verb, name = sys.argv[1:4]
source = demo_source(wall=lambda: 1_795_435_200.0, history_s=60.0, prices_s=600.0)
log = folder / "actions.jsonl"


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def seen(pilot):
    for _ in range(6):
        await pilot.pause(0.02)
    strips = pilot.app.screen._compositor.render_strips()
    return "\\n".join("".join(part.text for part in line) for line in strips)


async def until(pilot, true):
    for _ in range(500):
        if true():
            return
        await pilot.pause(0.02)
    raise AssertionError(await seen(pilot))


async def look():
    found = {"copy": str(Path(tui.__file__).parent.parent)}
    app = PodtopApp(
        source, Config(lock_after=0), tz=UTC, state=StateFiles(lambda: folder, "demo", "demo"),
        monotonic=itertools.count().__next__,
    )
    async with app.run_test(size=(140, 50), notifications=True) as pilot:
        await until(pilot, lambda: app.fleet.records)
        await pilot.press("question_mark")
        found["help"] = await seen(pilot)
        await pilot.press("escape", "slash", *name, "enter")
        await seen(pilot)
        await pilot.press("ctrl+p", *verb)
        for _ in range(20):
            await pilot.pause(0.02)
        found["palette"] = await seen(pilot)
        await pilot.press("escape")
        found["footer"] = await seen(pilot)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        found["asked"] = await seen(pilot)
        found["sent before"] = len(lines(log))
        await pilot.press("y")
        await until(pilot, lambda: len(lines(log)) == 2)
        for _ in range(50):
            found["said"] = await seen(pilot)
            if f"{name} halted" in found["said"]:
                break
        found["status"] = next(r.pod.status for r in app.fleet.records.values() if r.name == name)
    found["log"] = lines(log)
    return found


found = asyncio.run(look())


def command(*arguments):
    done = subprocess.run([sys.executable, "-m", "tui", *arguments], capture_output=True, text=True, timeout=60)
    return [done.returncode, done.stdout + done.stderr]


found["usage"] = command("--help")
found["command"] = command("--demo", verb, name, "--yes")
print(json.dumps(found))
"""

ROW = """\
    PodAction(
        id="halt", key="Z", verb="halt", doing="halting", done="halted",
        help="Halt for a while",
        command="halt pods (asks for confirmation)",
        leads=State.STOPPED, consent=Consent.PRESS,
        refuse=_not_stop, call={call}, reached=of_pod(_stopped),
        consequences=lambda pods, asked, funds: (Point("money", "It costs nothing while it is halted."),),
    ),
"""


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    copy = Copy(tmp_path / "podtop")
    if not (PACKAGE / "styles").is_dir():
        shutil.copytree(PACKAGE.parent / "styles", copy.root / "styles")
    return copy


def works(copy: Copy) -> None:
    """Halt is on a key, in help and palette, asks with its consequences, is sent once, and is a command."""
    seen = copy.run(CHEAPLY + LOOK, "Z", "halt", NAME)
    assert seen["copy"] == str(copy.root)
    assert "Halt for a while" in seen["help"]
    assert "Halt for a while" in seen["palette"]
    assert "Z halt" in seen["footer"]
    assert f"Halt {NAME}" in seen["asked"]
    assert "It costs nothing while it is halted." in seen["asked"]
    assert "Halt (y)" in seen["asked"]
    assert seen["sent before"] == 0
    intent, outcome = seen["log"]
    assert (intent["action"], intent["pod"], intent["by"]) == ("halt", LLAMA, "keys")
    assert (outcome["id"], outcome["outcome"]) == (intent["id"], "done")
    assert f"{NAME} halted: " in seen["said"], seen["said"]
    code, usage = seen["usage"]
    assert code == 0
    assert "halt pods (asks for confirmation)" in " ".join(usage.split())
    code, said = seen["command"]
    assert code == 0, said
    assert "It costs nothing while it is halted." in said
    assert f"✓ {NAME} halted: " in said


@pytest.mark.wide
def test_an_action_is_a_row(copy: Copy) -> None:
    copy.add("actions.py", "ACTIONS = (\n", ROW.format(call="_stop"))
    works(copy)
    assert copy.touched == {"actions.py"}


@pytest.mark.wide
def test_a_request_of_its_own_takes_a_method_its_document_and_the_simulator(copy: Copy) -> None:
    copy.add("actions.py", "ACTIONS = (\n", ROW.format(call="lambda cloud, command: cloud.halt(command.pod)"))
    stop = "    async def stop(self, pod_id: str) -> Receipt:\n"
    doc = '        """Stop a pod. Its volume stays, and is billed; its container disk is lost."""\n'
    refuses = '        raise NotOffered("The API that podtop asks does not halt pods.")\n'
    copy.add("api/cloud.py", stop + doc, "\n" + stop.replace("stop", "halt") + refuses)
    body = (
        "        from tui.api.graphql import orders\n\n        self._allow_changes()\n"
        '        return orders.receipt("podStop", *await self._change("stop", orders.pod_input(pod_id)))\n'
    )
    halt = stop.replace("stop", "halt") + body.replace("podStop", "podHalt").replace('"stop"', '"halt"')
    copy.add("api/graphql/client.py", stop + doc + body, "\n" + halt)
    passed_on = "        return await self._change(lambda cloud: cloud.stop(pod_id))\n"
    both = stop + passed_on
    copy.add("api/dual.py", both, "\n" + both.replace("stop", "halt"))
    copy.create(
        "api/graphql/documents/halt.graphql",
        "mutation halt($input: PodStopInput!) {\n  podHalt(input: $input) { id desiredStatus lastStatusChange }\n}\n",
    )
    stops = '            "podStop": guarded(lambda i: world.stop(i["podId"])),\n'
    copy.add("demo/execution.py", stops, stops.replace("podStop", "podHalt"))
    stops = "  podStop(input: PodStopInput!): Pod                                    # seed\n"
    copy.add("api/graphql/schema.graphql", stops, "  podHalt(input: PodStopInput!): Pod\n")
    works(copy)
    # The schema is RunPod's own; protocol and backend are the method.
    assert copy.touched == {
        "actions.py", "api/cloud.py", "api/dual.py", "api/graphql/client.py", "api/graphql/documents/halt.graphql",
        "demo/execution.py", "api/graphql/schema.graphql",
    }  # fmt: skip
