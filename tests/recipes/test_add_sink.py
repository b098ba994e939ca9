"""To add a sink of notifications: its module in `services/sinks`, its settings and its name in `config/settings.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recipes.copied import Copy

pytestmark = pytest.mark.wide

SINK = '''"""To a file of the user's, a line each."""

from __future__ import annotations

from pathlib import Path

from tui.services.sinks.sink import Means, Notification, NotSent, Sink, plain


def sink(means: Means) -> Sink | None:
    if not means.settings.file:
        return None

    async def send(notification: Notification) -> None:
        try:
            with Path(means.settings.file).open("a") as out:
                out.write(f"{plain(notification.title)}: {plain(notification.text)}\\n")
        except OSError as error:
            raise NotSent(f"it cannot be written: {error.strerror}") from None

    return send
'''

RING = """
import asyncio, json, sys
from pathlib import Path

from tui.config.fields import fields, tables
from tui.config.loader import load
from tui.config.writer import example, schema
from tui.services.notifier import Notifier
from tui.services.sinks.sink import Notification

target = sys.argv[1]
settings = Path("config.toml")
settings.write_text(f'[notify]\\nfile = "{target}"\\n')
config = load({}, file=settings, runpod_file=Path("none"), environ={})
messages, now = [], [0.0]


async def ring():
    notifier = Notifier(config.notify, write=str, post=messages.append, monotonic=lambda: now[0], environ={})
    for second, text in ((0.0, "first"), (30.0, "the same again"), (90.0, "later")):
        now[0] = second
        notifier.notify(Notification("H100", text, "price", 0.0))
        await asyncio.gather(*notifier._tasks)
    await notifier.close()


asyncio.run(ring())
print(json.dumps({
    "lines": Path(target).read_text().splitlines() if Path(target).is_file() else [],
    "messages": [message.text for message in messages],
    "explained": "# file = " in example(),
    "schema": "file" in json.loads(schema({}))["properties"]["notify"]["properties"],
}))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    made = Copy(tmp_path / "podtop")
    made.create("services/sinks/file.py", SINK)
    made.add("config/settings.py", 'SINKS = ("terminal", "tmux", "command", "webhook"', ', "file"')
    last = 'the bearer token for the webhook"] = ""\n'
    made.add("config/settings.py", last, '    file: Annotated[str, FILE, "a file that gets a line"] = ""\n')
    return made


def test_a_sink_takes_two_files_and_gets_each_notification_once(copy: Copy) -> None:
    seen = copy.run(RING, str(copy.root / "told.txt"))
    assert seen["lines"] == ["H100: first", "H100: later"]
    assert seen["messages"] == []
    assert seen["explained"]
    assert seen["schema"]
    assert copy.touched == {"services/sinks/file.py", "config/settings.py"}


@pytest.mark.wide
def test_its_failure_is_told_once(copy: Copy) -> None:
    seen = copy.run(RING, str(copy.root / "nowhere" / "told.txt"))
    assert seen["lines"] == []
    assert seen["messages"] == ["notify.file: it cannot be written: No such file or directory"]
