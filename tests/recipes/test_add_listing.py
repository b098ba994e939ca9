"""To add a listing: its class in the module of its screen's listings, and its name in the tuple there. Nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recipes.copied import Copy
from tests.recipes.on_screen import press

pytestmark = pytest.mark.wide

LISTS = "ui/screens/market_lists.py"

LISTING = '''

class Images(Listing):
    """The images that pods run, and how many run each."""

    name = "images"
    title = "Images"
    noun = "images"
    columns = (
        Column("image", "IMAGE", 20, 0, flex=True, sort="image"),
        Column("pods", "RUN BY", 7, 0, right=True, sort="pods"),
    )
    sorts = ("image", "pods")
    preference = "market.sort.{}"
    panes = ("list", "facts", "trend")
    prompt = "filter: a part of an image"

    def rows(self, scene: Scene) -> Rows:
        pods = [record.pod.image for record in scene.fleet.records.values() if record.pod and record.pod.image]
        counts = {image: pods.count(image) for image in pods}
        shown = {image: count for image, count in counts.items() if self.typed in image}
        keys = tuple(sorted(shown, key=lambda image: shown[image] if self.sort == "pods" else image))
        return Rows(
            keys, lambda key: {"image": ((key, "text"),), "pods": ((str(shown[key]), "text"),)}, len(counts),
            EmptyState("no image is called so"), notes=("of all pods",), rising=True,
        )

    def about(self, scene: Scene) -> About:
        return About("Image", (Section("From", (Fact("Registry", (("registry " + (scene.key or ""), "text"),)),)),))

    def picture(self, scene: Scene) -> Picture:
        bars = spec.BarSpec("Pods", ("running",), ((2.0,), (3.0,)), ("Mon", "Tue"), 4.0, axis=4)
        return Picture("Runs", "by day", lambda width, height: bars)

    def trouble(self, scene: Scene) -> str:
        return ""

    def ages(self, fleet: Fleet, now: float) -> bool:
        return False
'''


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    made = Copy(tmp_path / "podtop")
    made.add(LISTS, "    def open(self, key: str | None) -> None:\n        self.watch(key)\n", LISTING)
    made.add(LISTS, "(Gpus, Flavors, Cpus, Centers, Watches", ", Images")
    made.add(LISTS, "from tui.store.fleet import Fleet", "\nfrom tui.ui.charts import spec")
    made.add(LISTS, "import EmptyState", "\nfrom tui.ui.primitives.facts import Fact, Section")
    made.add(LISTS, "import About, Listing", ", Picture")
    made.add(LISTS, "from tui.ui.widgets.table import Cells", ", Column")
    return made


@pytest.mark.wide
def test_a_listing_takes_one_file_and_is_sorted_filtered_and_looked_at(copy: Copy) -> None:
    shown, filtered, _, all_of_it, *_, facts, on = press(
        copy, ("2", "left"), ("slash", *"zzz"), ("enter", "escape"), ("o", "r"), ("tab",), ("z",), ("right",)
    )["texts"]
    assert copy.touched == {LISTS}
    for words in (" Images ", "IMAGE▲", "RUN BY", "of all pods", "registry ", "Runs", "by day", "running"):
        assert words in shown, words
    assert "no image is called so" in filtered
    assert "/zzz  0 of " in filtered
    assert "no image is called so" not in all_of_it
    assert "RUN BY▲" in all_of_it
    assert "registry " in facts
    assert "IMAGE" not in facts, "zoomed, the facts have the whole screen"
    assert "VRAM" in on, "behind the last one comes the first"
