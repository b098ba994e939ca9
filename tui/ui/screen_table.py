"""The screens by their keys: one table for bindings, the header's tabs, the app's modes, and imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace
from textual.binding import Binding

if TYPE_CHECKING:
    from textual.screen import Screen


class Place(Struct, frozen=True):
    """A screen: its mode, its keys, its name, its content, and its class as `module:name`."""

    mode: str
    keys: str
    word: str
    help: str
    screen: str

    @property
    def key(self) -> str:
        """The key that the header shows."""
        return self.keys.partition(",")[0]


def rebound(keymap: Mapping[str, str], *, several: bool = False) -> tuple[Place, ...]:
    """The screens with their keys under a keymap, spelled as printed on a keyboard. `several`: that of all accounts
    too."""
    from tui.ui.key_hints import key_word

    def keys(place: Place) -> str:
        configured = keymap.get(f"screen.{place.mode}")
        return place.keys if configured is None else ",".join(key_word(key) for key in configured.split(","))

    shown = (ALL_PODS, *PLACES) if several else PLACES
    return tuple(replace(place, keys=keys(place)) for place in shown)


PLACES = (
    Place("fleet", "1", "Fleet", "Fleet: pods and prices", "tui.ui.screens.fleet:FleetScreen"),
    Place("market", "2", "Market", "Market: GPU prices and stock", "tui.ui.screens.market:MarketScreen"),
    Place("account", "3", "Account", "Account: balance, charges, API keys", "tui.ui.screens.account:AccountScreen"),
    Place("hosts", "4", "Hosts", "Hosts: machines you rent out", "tui.ui.screens.hosts:HostsScreen"),
    Place("events", "5,e", "Events", "Events: changes, alerts, actions", "tui.ui.screens.events:EventsScreen"),
)

ALL_PODS = Place("all", "0", "All", "All accounts: their pods in one table", "tui.ui.screens.all_pods:AllPodsScreen")
"""The screen of several accounts: with one it has no tab."""

EVERY = (*PLACES, ALL_PODS)


def load(mode: str) -> type[Screen[Any]]:
    """The class of a screen, imported when first shown."""
    module, _, name = next(place.screen for place in EVERY if place.mode == mode).partition(":")
    screen: type[Screen[Any]] = getattr(import_module(module), name)
    return screen


def bindings(places: Iterable[Place] = EVERY) -> tuple[Binding, ...]:
    """The bindings that go to screens."""
    return tuple(
        Binding(p.keys, f"go('{p.mode}')", p.word.lower(), id=f"screen.{p.mode}", show=False, tooltip=p.help)
        for p in places
    )
