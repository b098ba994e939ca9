"""The screens by their keys: one table for bindings, the header's tabs and the app's modes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Place(NamedTuple):
    """A screen: its mode, the keys that go there, its name, what it shows."""

    mode: str
    keys: str
    word: str
    help: str

    @property
    def key(self) -> str:
        """The key that the header tells."""
        return self.keys.partition(",")[0]


def rebound(keymap: Mapping[str, str]) -> tuple[Place, ...]:
    """The screens with the keys of a keymap, told as they are printed on a keyboard."""
    from tui.ui.key_hints import key_word

    def keys(place: Place) -> str:
        told = keymap.get(f"screen.{place.mode}")
        return place.keys if told is None else ",".join(key_word(key) for key in told.split(","))

    return tuple(place._replace(keys=keys(place)) for place in PLACES)


PLACES = (
    Place("fleet", "1", "Fleet", "Fleet: pods and prices"),
    Place("market", "2", "Market", "Market: what can be rented at what price"),
    Place("account", "3", "Account", "Account: money, charges, templates, keys"),
    Place("hosts", "4", "Hosts", "Hosts: machines you let to others"),
    Place("events", "5,e", "Events", "Everything that happened"),
)
