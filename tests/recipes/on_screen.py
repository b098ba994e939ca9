"""What stands on the screen of a copy of podtop, in its demo, after keys were pressed."""

from __future__ import annotations

import json
import shutil
from typing import Any

from tests.recipes.copied import CHEAPLY, PACKAGE, Copy

PRESS = """
import asyncio, itertools, json, sys
from datetime import UTC

from tui.app import PodtopApp
from tui.config.loader import Config
from tui.demo.source import demo_source
from tui.ui.keymap_check import contexts

NOW = 1_795_435_200.0
steps, (width, height) = json.loads(sys.argv[1]), json.loads(sys.argv[2])


async def press():
    # Time goes on with each look at it: no key comes right behind another.
    app, texts = PodtopApp(
        demo_source(history_s=600.0, wall=lambda: NOW), Config(lock_after=0), tz=UTC,
        monotonic=itertools.count().__next__,
    ), []
    async with app.run_test(size=(width, height)) as pilot:
        while not (app.context.fleet.records and app.context.fleet.market.value):
            await pilot.pause(0.02)
        for keys in steps:
            await pilot.press(*keys)
            seen = []
            while len(seen) < 4 or not app.input.idle or len(set(seen[-4:])) > 1:
                await pilot.pause(0.02)
                lines = app.screen._compositor.render_strips()
                seen.append("\\n".join("".join(segment.text for segment in line).rstrip() for line in lines))
            texts.append(seen[-1])
    return texts


print(json.dumps({"texts": asyncio.run(press()), "keymap": list(contexts(PodtopApp))}))
"""


def press(copy: Copy, *steps: tuple[str, ...], size: tuple[int, int] = (160, 40)) -> Any:
    """The text of the screen after each of these steps, and the screens that the check of a keymap knows."""
    shutil.copytree(PACKAGE.parent / "styles", copy.root / "styles", dirs_exist_ok=True)
    return copy.run(CHEAPLY + PRESS, json.dumps(steps), json.dumps(size))
