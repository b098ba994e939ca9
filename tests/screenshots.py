"""Make the pictures that the README shows: `python -m tests.screenshots`. The demo world at a fixed instant."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.stage import (
    accounts_app,
    at_rest,
    demo_app,
    landed,
    make_recording,
    replay_app,
    settle,
    still_pollers,
    watched,
)
from tui.config.loader import Config
from tui.ui.terminal.display import Display

FOLDER = Path(__file__).parent.parent / "screenshots"
DARK, LIGHT = "podtop-dark", "podtop-light"
MARKET = ("2", "slash", *"vram>=80", "enter", "j", "j")
WATCH = ("2", "slash", *"mi300", "enter", "w", *"2.50", "down", "right", "down", *"4")
ARM = ("2", "slash", *"mi300", "enter", "w", *"2.60", "down", "right", "down", *"4", "enter", "ctrl+s")
SHOTS: tuple[tuple[str, tuple[int, int], str, tuple[str, ...]], ...] = (
    ("fleet-80x24-dark", (80, 24), DARK, ()),
    ("fleet-40x16-dark", (40, 16), DARK, ()),
    ("fleet-80x24-light", (80, 24), LIGHT, ()),
    ("fleet-120x40-dark", (120, 40), DARK, ("j",)),
    ("fleet-120x40-light", (120, 40), LIGHT, ("j",)),
    ("fleet-200x50-dark", (200, 50), DARK, ("j", "j")),
    ("fleet-200x50-light", (200, 50), LIGHT, ("j", "j")),
    ("pod-120x40-dark", (120, 40), DARK, ("j", "enter")),
    ("pod-120x40-light", (120, 40), LIGHT, ("j", "enter")),
    ("compare-120x40-dark", (120, 40), DARK, ("space", "space", "space")),
    ("strips-120x40-dark", (120, 40), DARK, ("j", "j", "tab", "tab", "z", *["left"] * 9)),
    ("market-120x40-dark", (120, 40), DARK, MARKET),
    ("market-120x40-light", (120, 40), LIGHT, MARKET),
    ("market-200x50-dark", (200, 50), DARK, MARKET),
    ("market-80x24-dark", (80, 24), DARK, MARKET),
    ("places-120x40-dark", (120, 40), DARK, ("2", "right", "right", "right")),
    ("watch-120x40-dark", (120, 40), DARK, WATCH),
    ("account-120x40-dark", (120, 40), DARK, ("3", "space", "space")),
    ("account-200x50-dark", (200, 50), DARK, ("3", "space", "space")),
    ("charges-120x40-dark", (120, 40), DARK, ("3", "right")),
    ("charges-120x40-light", (120, 40), LIGHT, ("3", "right")),
    ("arm-120x40-dark", (120, 40), DARK, ARM),
    ("stop-120x40-dark", (120, 40), DARK, ("j", "S")),
    ("terminate-120x40-dark", (120, 40), DARK, ("j", "j", "T", "left", *"mixtral")),
    ("terminate-120x40-light", (120, 40), LIGHT, ("j", "j", "T", "left", *"mixtral")),
    ("bulk-120x40-dark", (120, 40), DARK, ("space", "space", "space", "j", "j", "space", "T")),
    ("resume-120x40-dark", (120, 40), DARK, ("G", "R")),
    ("deploy-120x40-dark", (120, 40), DARK, ("M", "tab", "tab", "slash", *"h100", "enter", "D", "backspace", "8")),
    ("deploy-120x40-light", (120, 40), LIGHT, ("M", "tab", "tab", "slash", *"h100", "enter", "D", "backspace", "8")),
    ("lease-120x40-dark", (120, 40), DARK, ("j", "t", *"8h")),
    ("locked-120x40-dark", (120, 40), DARK, ("j", "L")),
    ("hosts-120x40-dark", (120, 40), DARK, ("4",)),
    ("hosts-200x50-dark", (200, 50), DARK, ("4", "j")),
    ("events-120x40-dark", (120, 40), DARK, ("j", "S", "y", "e", "j", "j")),
    ("copy-120x40-dark", (120, 40), DARK, ("j", "c", "j")),
    ("help-120x40-dark", (120, 40), DARK, ("question_mark",)),
    ("fleet-120x40-contrast", (120, 40), "podtop-contrast", ("j",)),
    ("fleet-120x40-deuteranopia", (120, 40), "podtop-deuteranopia", ("space", "space", "space")),
    ("fleet-120x40-tritanopia", (120, 40), "podtop-tritanopia", ("space", "space", "space")),
    ("fleet-120x40-mono", (120, 40), "podtop-mono", ("j",)),
    ("fleet-120x40-16", (120, 40), "podtop-16", ("j",)),
)


async def shoot(name: str, size: tuple[int, int], theme: str, keys: tuple[str, ...]) -> None:
    app = demo_app(theme, hours=24.0 if name.startswith("events") else 1.0)
    with still_pollers():
        async with app.run_test(size=size) as pilot:
            if "4" in keys:
                await watched(pilot)
            await settle(pilot, *keys)
            await at_rest(pilot)
            (FOLDER / f"{name}.svg").write_text(app.export_screenshot(title="podtop"), "utf-8")


async def shoot_ascii() -> None:
    app = demo_app(display=Display(Config(ascii=True), {}))
    with still_pollers():
        async with app.run_test(size=(120, 40)) as pilot:
            await settle(pilot, "j")
            (FOLDER / "fleet-120x40-ascii.svg").write_text(app.export_screenshot(title="podtop"), "utf-8")


async def shoot_replay(recording: Path) -> None:
    app = replay_app(recording)
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot, "j", "j", "minus", "minus", "minus")
        (FOLDER / "replay-120x40-dark.svg").write_text(app.export_screenshot(title="podtop"), "utf-8")


async def shoot_accounts(theme: str, name: str) -> None:
    app = accounts_app(theme)
    with still_pollers():
        async with app.run_test(size=(120, 40)) as pilot:
            await settle(pilot)
            while len(app.desks) < 3 or any(desk.fleet.pods_at is None for desk in app.desks):
                await pilot.pause(0.01)
            app.clear_notifications()
            await pilot.press("0")
            await at_rest(pilot)
            (FOLDER / f"{name}.svg").write_text(app.export_screenshot(title="podtop"), "utf-8")


async def main(recording: Path) -> None:
    FOLDER.mkdir(exist_ok=True)
    for shot in SHOTS:
        await shoot(*shot)
    await shoot_ascii()
    await shoot_replay(recording)
    await shoot_accounts(DARK, "accounts-120x40-dark")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(main(make_recording(Path(directory) / "a.sqlite")))
