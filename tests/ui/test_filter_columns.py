"""Every column of every list is a field of its filter, by its title and by its name in menus."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from tests.ui.conftest import Launch
from tui.domain.filters import Kind, Vocabulary, completion, squashed
from tui.store.fleet import Fleet
from tui.ui import screens
from tui.ui.render import events, offers, row_columns
from tui.ui.render.run_columns import with_runs
from tui.ui.screens.listing import Listing
from tui.ui.screens.pod_listing import PodListing
from tui.ui.widgets.columns import Column

WIDTHS = (30, 40, 60, 80, 100, 120, 140, 200, 250)


def listings() -> Iterator[type[Listing]]:
    """Every list that has columns and a filter: those of one pod have none."""
    for module in pkgutil.iter_modules(screens.__path__):
        importlib.import_module(f"{screens.__name__}.{module.name}")
    found = [Listing]
    while found:
        each = found.pop()
        found += each.__subclasses__()
        if hasattr(each, "columns") and not issubclass(each, PodListing):
            yield each


def columns_of(listing: Any) -> set[Column]:
    """The columns that it has at any width and in any mode."""
    every = {*listing.columns, *listing.every_column}
    match listing.name:
        case "events":
            every |= {column for width in WIDTHS for column in events.log_columns(width)}
        case "pods":
            every |= {column for w in WIDTHS for column in with_runs(row_columns.pod_columns(w, True), True, w)}
        case "market":
            every |= {column for width in WIDTHS for column in row_columns.offer_columns(width)}
        case "gpus":
            every |= {column for count in (1, 2) for column in offers.columns(count)}
    return every


def offered(title: str, vocabulary: Vocabulary) -> bool:
    """Whether completion leads to a title from its first letters, or no further because it begins another name."""
    names = [name for name in vocabulary.names if squashed(name) == squashed(title)]
    return any(
        completion(name[:end], vocabulary) == name[end:] for name in names for end in range(1, len(name))
    ) or any(other != name and other.startswith(name) for name in names for other in vocabulary.names)


def lacking(vocabulary: Vocabulary, columns: set[Column]) -> list[str]:
    """The titles and names of columns that are no field, that completion does not offer, or that are figures and
    cannot be compared as such."""
    wrong = []
    for column in columns:
        for title in {column.title, column.name} - {""}:
            typed = title.lower().replace(" ", "")
            name = vocabulary.named(typed)
            if name is None or vocabulary.named(title.lower().replace(" ", "-")) != name:
                wrong.append(f"{title}: no field")
            elif column.right and vocabulary.fields[name].kind not in (Kind.NUMBER, Kind.SECONDS, Kind.TIME):
                wrong.append(f"{title}: figures, and a text")
            elif not offered(title, vocabulary):
                wrong.append(f"{title}: not offered")
    return wrong


@pytest.mark.parametrize("kind", sorted(set(listings()), key=lambda kind: kind.__qualname__), ids=lambda k: k.__name__)
def test_every_column_is_a_field(kind: type[Listing]) -> None:
    listing: Any = kind.__new__(kind)
    listing.context = SimpleNamespace(fleet=Fleet(5.0, 60.0), tz=None)
    columns = columns_of(listing)
    assert columns
    assert lacking(listing.vocabulary, columns) == []


@pytest.mark.wide
async def test_every_column_on_the_screen_is_a_field(launch: Launch) -> None:
    async with launch(size=(120, 40)) as run:
        for mode, lists in (("1", 1), ("2", 5), ("3", 7), ("e", 1)):
            await run.press(mode)
            screen: Any = run.app.screen
            for _ in range(lists):
                for listing in screen._on_screen():
                    for width in WIDTHS:
                        scene = replace(screen._scene(listing), width=width)
                        shown = set(listing.rows(scene).columns or listing.columns)
                        assert lacking(listing.vocabulary, shown) == [], (listing.name, width)
                if lists > 1:
                    await run.press("right")


def test_a_column_without_a_field_is_found() -> None:
    assert lacking(Vocabulary(), {Column("new", "BRAND NEW", 9, 0)}) == ["BRAND NEW: no field"]
