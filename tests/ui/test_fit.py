"""Every screen and every dialog at every size people have: nothing overlaps, and what matters is there."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.geometry import Region, Size
from textual.widget import Widget
from textual.widgets import Button, Input

from tests.make import pod, snapshot
from tests.ui.conftest import HeldCloud, Launch, Running
from tui.ui.modals.dialog import Dialog
from tui.ui.render import header
from tui.ui.widgets.status_lines import Lines, TwoSided

SIZES = ((40, 12), (40, 20), (60, 20), (80, 24), (100, 30), (120, 40), (160, 45), (200, 50), (250, 70))
SMALL = ((40, 12), (40, 20), (60, 20), (80, 24))

SCREENS: dict[str, tuple[str, ...]] = {
    "fleet": (),
    "pod": ("enter",),
    "market": ("2",),
    "watches": ("2", "left"),
    "events": ("e",),
}

DIALOGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "stop": (("S",), ("Stop eval-sweep", "Saves", "Cancel", "Stop (y)", "esc cancel")),
    "terminate": (("T",), ("Terminate eval-sweep", "DESTROYED", "ype its name", "Cancel", "esc cancel")),
    "bulk": (("space", "space", "T"), ("Terminate 2 pods", "DESTROYED", "number", "Cancel", "esc cancel")),
    "resume": (("G", "R"), ("Resume dataset-prep", "Costs", "GPUs", "Cancel", "Resume (y)", "esc cancel")),
    "lease": (("t",), ("Auto-stop timer of eval-sweep", "now", "When", "Cancel", "Set", "esc cancel")),
    "watch": (("2", "w"), ("Watch for", "now", "Cancel", "Watch", "esc cancel")),
    "resume watch": (("G", "w"), ("Arm: resume dataset-prep", "Cancel", "Arm (y)", "esc cancel")),
    "deploy": (("2", "D"), ("Deploy ", "Cancel", "Deploy", "esc close")),
    "help": (("question_mark",), ("Keys", "close")),
}


def visible(widget: Widget) -> bool:
    return all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))


def cloud() -> HeldCloud:
    """Volumes on all pods: what is terminated is lost."""
    held = HeldCloud()
    held.fleet_answer = snapshot(
        pod("k3v9x0q2m1a7ze", name="llama-pretrain", utils=(91, 93), cost=11.96),
        pod("p8d2n5c1r4t6yw", name="eval-sweep", utils=(0, 1), cost=1.38),
        pod("m5n4b3v2c1x0z9", name="dataset-prep", status="EXITED", utils=None, cost=0.4),
    )
    return held


def check_panes(run: Running, size: tuple[int, int]) -> None:
    whole = Region(0, 0, *size)
    shown = [w for w in run.app.screen.query(".pane, Lines") if visible(w)]
    assert shown
    for widget in shown:
        assert whole.contains_region(widget.region), widget
        assert widget.region.area > 0, widget
    for one, other in combinations(shown, 2):
        assert not one.region.overlaps(other.region), (one, other)
    assert sum(w.region.area for w in shown) == whole.area, "a hole"
    if size[0] < 100:
        panes = [w for w in shown if not isinstance(w, Lines)]
        # Below a list of few rows there may be the details of one.
        details = panes[0].has_class("list") and panes[1].id == "facts" if len(panes) > 1 else True
        assert details or [pane.id for pane in panes] == ["events", "about"], "one pane at a time"
        assert len(panes) <= 2


async def resize(run: Running, size: tuple[int, int]) -> None:
    run.app._driver.process_message(Resize(Size(*size), Size(*size)))  # type: ignore[union-attr]
    await run.settle()
    await run.settle()
    assert run.app.size == Size(*size)


@pytest.mark.parametrize(
    "sizes", [SIZES[::3], pytest.param(SIZES, marks=pytest.mark.wide)], ids=["some of them", "all of them"]
)
async def test_screens_fill_every_size(
    launch: Launch, sizes: tuple[tuple[int, int], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, widths = header.header, list[int]()

    def spied(*values: Any) -> tuple[TwoSided, ...]:
        widths.append(values[4])
        return made(*values)

    monkeypatch.setattr(header, "header", spied)
    async with launch(cloud=cloud(), size=SIZES[0]) as run:
        for keys in SCREENS.values():
            await run.afresh()
            await run.press(*keys)
            for size in sizes:
                await resize(run, size)
                check_panes(run, size)
    assert min(widths) >= SIZES[0][0] - 2, "a screen that is being opened has a whole header from its first frame on"


@pytest.mark.parametrize(
    ("what", "sizes"),
    [
        ("terminate", (SMALL[-1], SMALL[0])),
        *(pytest.param(what, SMALL[::-1], marks=pytest.mark.wide) for what in DIALOGS),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} sizes",
)
async def test_dialogs_show_question_and_way_out(launch: Launch, what: str, sizes: tuple[tuple[int, int], ...]) -> None:
    """At every small size, while the terminal changes under an open dialog: smaller, and back."""
    keys, told = DIALOGS[what]
    async with launch(cloud=cloud(), size=SMALL[-1]) as run:
        for key in keys:
            await run.press(key)
            await run.settle()
        assert run.app.screen.is_modal, run.text()
        await run.wait(1.0)
        for size in (*sizes, sizes[0]):
            await resize(run, size)
            check_dialog(run, told, size)
        for size in (sizes[-1], sizes[0])[: len(sizes) // 2]:
            await resize(run, size)
            await check_fields(run, size)


def check_dialog(run: Running, told: tuple[str, ...], size: tuple[int, int]) -> None:
    for words in told:
        assert words in run.text()
    whole = Region(0, 0, *size)
    for button in run.app.screen.query(Button).results(Button):
        if visible(button) and not str(button.label).startswith(("▸", "▾")):
            assert whole.contains_region(button.region)
            assert str(button.label) in run.text()


async def check_fields(run: Running, size: tuple[int, int]) -> None:
    """Whatever has the keys is seen, field by field."""
    whole = Region(0, 0, *size)
    for _ in range(len(run.app.screen.focus_chain)):
        await run.pilot.press("tab")
        await run.settle()
        focused = run.app.screen.focused
        assert focused is not None
        assert whole.contains_region(focused.region), focused
        clipped, _ = run.app.screen.find_widget(focused)[:2]
        assert focused.is_on_screen if hasattr(focused, "is_on_screen") else clipped.area > 0


@pytest.mark.wide
@pytest.mark.parametrize("keys", [("space", "space", "T"), ("S",)], ids=["several", "one"])
async def test_all_of_it_can_be_read(launch: Launch, keys: tuple[str, ...]) -> None:
    """Page by page, from the keyboard, while a button or a field has the focus."""
    async with launch(cloud=cloud(), size=SMALL[-1]) as run:
        for key in keys:
            await run.press(key)
            await run.settle()
        assert isinstance(run.app.screen, Dialog)
        await run.wait(1.0)
        what = run.app.screen.query_one("#confirm-what", VerticalScroll)
        for size in SMALL:
            await resize(run, size)
            for _ in range(20):
                if what.scroll_offset.y:
                    await run.press("pageup")
            await run.until_so(lambda: ("pgdn" in run.text()) == (what.max_scroll_y > 0))
            seen = run.text()
            pages = 0
            while what.scroll_offset.y < what.max_scroll_y and pages < 20:
                await run.press("pagedown")
                seen += run.text()
                pages += 1
            assert what.scroll_offset.y == what.max_scroll_y
            assert "Saves" in seen
            assert all(words in seen for words in ("eval-sweep", "Cancel"))


async def test_the_worst_comes_first_where_not_all_is_seen(launch: Launch) -> None:
    async with launch(cloud=cloud(), size=(40, 12)) as run:
        await run.press("space", "space", "T")
        await run.settle()
        text = run.text()
        assert text.index("DESTROYED") < text.index("p8d2n5c1r4t6yw")
        assert run.app.screen.query_one("#confirm-typed", Input).region.width > 8


async def test_the_cursor_stays_in_sight_when_the_terminal_shrinks(launch: Launch) -> None:
    held = cloud()
    held.fleet_answer = snapshot(*(pod(f"id{n}", name=f"pod-{n:02}") for n in range(30)))
    async with launch(cloud=held, size=(120, 60)) as run:
        await run.press("G")
        assert "pod-29" in run.text()
        await resize(run, (40, 12))
        assert "pod-29" in run.text()


@pytest.mark.wide
async def test_facts_go_on_below_themselves_where_it_is_narrow(launch: Launch) -> None:
    async with launch(cloud=cloud(), size=(40, 50)) as run:
        await run.press("2", "tab")
        await run.until("1 GPU")
        await run.until_so(lambda: "…" not in run.text().partition("Details")[2])
