"""The `[keymap]` of the settings: its keys and actions, checked against the bindings before any is changed.

Fixed whatever a keymap says: the keys that confirm and those that leave a dialog; no lower-case key, no space and no
enter begins anything that spends or destroys; and in text input, printable keys are text.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, _character_to_key, key_to_character

from tui.actions import ACTIONS
from tui.ui import screen_table
from tui.ui.key_hints import key_word

FIXED = ("confirm.yes", "confirm.cancel", "deploy.leave", "filter.clear")
"""Bindings on which the safety of dialogs rests: the keys to confirm and to leave are the same everywhere."""

SPENDING = frozenset({*(f"act.{action.id}" for action in ACTIONS), "act.deploy", "act.lock", "deploy.order"})
"""Actions that spend money or destroy data, or that let a key lead there."""

TYPED = ("confirm.", "deploy.", "choice.", "filter.", "goto.")
"""Bindings of text inputs."""

TAKEN = {
    **{f"ctrl+{letter}": "is reserved for tmux, screen or the shell" for letter in "abdk"},
    "ctrl+c": "is reserved: it copies, or shows how to quit", "ctrl+q": "is reserved: it always quits",
    "ctrl+h": "is backspace in a terminal", "ctrl+i": "is tab in a terminal", "ctrl+j": "is enter in a terminal",
    "ctrl+m": "is enter in a terminal", "ctrl+left_square_bracket": "is escape in a terminal",
}  # fmt: skip
"""Keys that podtop cannot bind, with the reasons."""

MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")


class Fault(NamedTuple):
    """An error in one entry of the keymap, with its message."""

    id: str
    words: str


class Declared(NamedTuple):
    """A binding as podtop declares it."""

    id: str
    keys: tuple[str, ...]
    help: str

    @property
    def fixed(self) -> bool:
        """Whether a keymap may not change it."""
        return self.id in FIXED


def contexts(app: type[App[None]]) -> dict[str, tuple[type[DOMNode], ...]]:
    """Sets of bindings active together: each screen with its widgets and the app, each dialog with its widgets."""
    from tui.ui.modals.account import AccountDialog
    from tui.ui.modals.accounts import AccountsDialog
    from tui.ui.modals.column_picker import ColumnPicker
    from tui.ui.modals.confirm import Confirm
    from tui.ui.modals.copy import CopyMenu
    from tui.ui.modals.deploy import DeployForm
    from tui.ui.modals.help import Help
    from tui.ui.modals.lease import LeaseDialog
    from tui.ui.modals.mute import MuteMenu
    from tui.ui.modals.question import QuestionDialog
    from tui.ui.modals.readme import Readme
    from tui.ui.modals.sort_menu import SortMenu
    from tui.ui.modals.tour import Tour
    from tui.ui.modals.waste import WasteDialog
    from tui.ui.modals.watch import WatchDialog
    from tui.ui.screens.logs import LogsScreen
    from tui.ui.screens.pod import PodScreen
    from tui.ui.widgets.choice import Choice
    from tui.ui.widgets.filter_input import FilterLine, PathLine
    from tui.ui.widgets.gpu_map import GpuMap
    from tui.ui.widgets.log_view import LogView
    from tui.ui.widgets.table import Table
    from tui.ui.widgets.telemetry import Telemetry
    from tui.ui.widgets.time_line import TimeLine

    screens: dict[str, type[DOMNode]] = {place.word: screen_table.load(place.mode) for place in screen_table.EVERY}
    screens["Pod"] = PodScreen
    dialogs: dict[str, type[DOMNode]] = {
        "a question": QuestionDialog, "a confirmation": Confirm, "the deploy form": DeployForm,
        "the lease": LeaseDialog, "the watch": WatchDialog, "the help": Help, "the copy menu": CopyMenu,
        "the readme": Readme, "the tour": Tour, "the account": AccountDialog,
        "the waste": WasteDialog, "the accounts": AccountsDialog, "the mutes": MuteMenu,
        "the sort menu": SortMenu, "the columns": ColumnPicker,
    }  # fmt: skip
    return {
        **{
            name: (FilterLine, TimeLine, Table, *([GpuMap] if name == "Fleet" else []), Telemetry, screen, app)
            for name, screen in screens.items()
        },
        "Logs": (FilterLine, PathLine, LogView, LogsScreen, app),
        **{
            name: (
                Choice,
                *([FilterLine] if dialog is Help else []),
                *([Table] if dialog in (CopyMenu, WasteDialog, MuteMenu, SortMenu, ColumnPicker) else []),
                dialog,
            )
            for name, dialog in dialogs.items()
        },
    }


def bindings_of(node: type[DOMNode]) -> Iterator[Binding]:
    """The bindings of a class that podtop declares: Textual's own have no id."""
    merged = node._merged_bindings
    if merged is not None:
        yield from (binding for _, binding in merged if binding.id is not None)


@cache
def declared(app: type[App[None]]) -> dict[str, Declared]:
    """Every binding by its id, with all of its keys, in the order of declaration."""
    by_id: dict[str, Declared] = {}
    for classes in contexts(app).values():
        for binding in (b for node in reversed(classes) for b in bindings_of(node)):
            name = binding.id or ""
            old = by_id.get(name, Declared(name, (), binding.tooltip or binding.description))
            if binding.key not in old.keys:
                old = old._replace(keys=(*old.keys, binding.key))
            by_id[name] = old
    return by_id


@cache
def _names() -> frozenset[str]:
    """Names of keys without modifiers."""
    named = {key.value for key in Keys if "+" not in key.value and not key.value.startswith("<")}
    signs = {_character_to_key(sign) for sign in string.punctuation}
    return frozenset({*named, *signs, *string.ascii_letters, *string.digits, "space"})


def normal(key: str) -> str:
    """A key by Textual's name: ? as question_mark."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return "+".join((*modifiers, _character_to_key(last) if len(last) == 1 else last))


def split(keys: str) -> tuple[str, ...]:
    """The keys of an entry, by Textual's names."""
    return tuple(normal(key.strip()) for key in keys.split(",") if key.strip())


def for_textual(keymap: Mapping[str, str]) -> dict[str, str]:
    """The keymap as `App.set_keymap` takes it."""
    return {name: ",".join(split(keys)) for name, keys in keymap.items()}


def _unknown(key: str) -> str:
    """Why a key is not valid; empty if it is."""
    *modifiers, last = key.split("+")
    letter = len(last) == 1 and last.isalpha()
    if all(modifier in MODIFIERS for modifier in modifiers) and len(set(modifiers)) == len(modifiers):
        if "shift" in modifiers and letter:
            upper = "+".join((*(m for m in modifiers if m != "shift"), last.upper()))
            return f"must be written {upper}" if len(modifiers) == 1 else "is not distinguished by terminals"
        if modifiers and letter and last != last.lower():
            return f"must be written {'+'.join((*modifiers, last.lower()))}"
        if last in _names() or (len(last) == 1 and last.isprintable()) or key in {k.value for k in Keys}:
            return ""
    from tui.config.reader import near

    return f"is not a known key{near(key, [*_names(), *(k.value for k in Keys)])}"


def _prints(key: str) -> bool:
    return key_to_character(key) is not None


def _spends_by_a_slip(key: str) -> bool:
    """Whether a key is too easy to hit for spending: all but upper case, function keys and combinations."""
    *modifiers, last = key.split("+")
    combined = any(modifier != "shift" for modifier in modifiers)
    upper = len(last) == 1 and last.isupper()
    function = last[:1] == "f" and last[1:].isdigit()
    return not (combined or upper or function)


def _refused(binding: Declared, key: str) -> str:
    """Why a binding may not have a key; empty if it may."""
    if reason := _unknown(key):
        return reason
    if key in binding.keys:
        return ""
    if key in TAKEN:
        return TAKEN[key]
    if key == "escape":
        return "is reserved: it always goes back"
    if binding.id in SPENDING and _spends_by_a_slip(key):
        return "is too easy to press by accident; use an uppercase letter, a function key or ctrl+letter"
    if binding.id.startswith(TYPED) and _prints(key):
        return "is text in this input; use a key that prints nothing"
    return ""


def faults(keymap: Mapping[str, str], app: type[App[None]]) -> tuple[Fault, ...]:
    """All errors of a keymap."""
    known, problems = declared(app), []
    good: dict[str, tuple[str, ...]] = {}
    for name, text in keymap.items():
        if name not in known:
            from tui.config.reader import near

            hint = near(name, known) or "; podtop config --keys lists all"
            problems.append(Fault(name, f"unknown binding {name!r}{hint}"))
        elif known[name].fixed:
            keys = ", ".join(key_word(key) for key in known[name].keys)
            problems.append(Fault(name, f"{name} cannot be rebound (safety): it is always {keys}"))
        elif not (keys_of := split(text)):
            problems.append(Fault(name, f"{name} has no key"))
        elif "escape" in known[name].keys and "escape" not in keys_of:
            problems.append(Fault(name, f"{name} must keep escape, which always goes back"))
        elif wrong := [f"{key} {reason}" for key in keys_of if (reason := _refused(known[name], key))]:
            problems.append(Fault(name, f"invalid value {text!r} for {name}: {'; '.join(wrong)}"))
        else:
            good[name] = keys_of
    return (*problems, *_conflicts(good, app))


def _conflicts(keymap: Mapping[str, tuple[str, ...]], app: type[App[None]]) -> Iterator[Fault]:
    """Keys that would have two actions at once, each reported once. Overlaps of podtop's own keys are intended."""
    reported = set()
    for where, classes in contexts(app).items():
        by_key: dict[str, dict[str, None]] = {}
        own = {(b.id, b.key) for node in classes for b in bindings_of(node)}
        for name, its in own:
            for key in keymap.get(name or "", (its,)):
                by_key.setdefault(key, {})[name or ""] = None
        for key, names in sorted(by_key.items()):
            mine = [name for name in sorted(names) if name in keymap and (name, key) not in own]
            for name in mine:
                for other in names:
                    pair = frozenset((name, other))
                    if other != name and pair not in reported:
                        reported.add(pair)
                        yield Fault(name, f"{name} and {other} would both use {key_word(key)} ({where})")


def keys_of(keymap: Mapping[str, str], app: type[App[None]]) -> dict[str, tuple[str, ...]]:
    """The keys of every binding in words, with the changes of a keymap."""
    return {
        name: tuple(key_word(key) for key in (split(keymap[name]) if name in keymap else binding.keys))
        for name, binding in declared(app).items()
    }
