"""Keys in words: the footer and the help are made from the bindings themselves, so that they cannot lie."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tui.actions import ACTIONS
from tui.ui.cells import Cell
from tui.ui.widgets.lines import TwoSided

if TYPE_CHECKING:
    from textual.binding import ActiveBinding
    from textual.dom import DOMNode

_GLYPHS = {
    "question_mark": "?", "slash": "/", "colon": ":", "plus": "+", "minus": "-", "equals_sign": "=", "equal": "=",
    "escape": "esc", "enter": "↵", "up": "↑", "down": "↓", "pageup": "pgup", "pagedown": "pgdn",
    "space": "space", "left_square_bracket": "[", "right_square_bracket": "]",
    "left_curly_bracket": "{", "right_curly_bracket": "}",
    "less_than_sign": "<", "greater_than_sign": ">", "left": "←", "right": "→", "backspace": "⌫",
}  # fmt: skip


def key_word(key: str) -> str:
    """A key as it is printed on a keyboard: ctrl+r as ^r."""
    if key.startswith("ctrl+"):
        return f"^{key_word(key[5:])}"
    if key.startswith("shift+"):
        return f"shift {key_word(key[6:])}"
    return _GLYPHS.get(key, key)


SPOKEN = {"act.lock": "L", "chart.reset": "equals_sign", "app.quit": "q"}
"""Bindings whose key podtop tells in sentences, with the key they have by themselves."""

ACTING = frozenset({"D", *(action.key for action in ACTIONS)})
"""Keys that act, of which a person is told why they do nothing where podtop only reads."""


def acting(keymap: Mapping[str, str]) -> frozenset[str]:
    """The same as a keymap has them."""
    own = {"act.deploy": "D", **{f"act.{action.id}": action.key for action in ACTIONS}}
    return frozenset(key for name, keys in own.items() for key in keymap.get(name, keys).split(","))


PAIRS = {
    "chart.wider": ("chart.closer", "chart.wider"),
    "time.back": ("time.back", "time.on"),
    "market.next": ("market.previous", "market.next"),
}
"""Bindings whose key the footer tells beside that of their opposite."""


def spoken(keymap: Mapping[str, str], id: str) -> str:
    """The key of a binding for a sentence, as the keymap has it."""
    return key_word(keymap.get(id, SPOKEN[id]).partition(",")[0])


class Hint(NamedTuple):
    """One binding: its stable id, what it does, its keys, a word for the footer, a sentence for the help."""

    id: str
    action: str
    keys: tuple[str, ...]
    word: str
    help: str
    shown: bool
    enabled: bool
    footer_key: str
    node: DOMNode
    """Whose action it is."""


def hints(active: Mapping[str, ActiveBinding]) -> tuple[Hint, ...]:
    """The bindings in force, one entry for each action, in order of declaration."""
    found: dict[str, Hint] = {}
    for bound in active.values():
        binding = bound.binding
        if binding.id is None:
            continue
        word = key_word(binding.key)
        old = found.get(binding.id)
        if old is None:
            found[binding.id] = Hint(
                binding.id, binding.action, (word,), binding.description, bound.tooltip or binding.description,
                binding.show, bound.enabled, binding.key_display or word, bound.node,
            )  # fmt: skip
        elif word not in old.keys:
            found[binding.id] = old._replace(keys=(*old.keys, word))
    alone = dict(found)
    for name, pair in PAIRS.items():
        if all(one in found for one in pair):
            found[name] = found[name]._replace(footer_key=" ".join(alone[one].footer_key for one in pair))
    return tuple(found.values())


def cell(hint: Hint) -> Cell:
    """A binding as the footer shows it."""
    return ((hint.footer_key, "key" if hint.enabled else "quiet"), (f" {hint.word}", "muted"))


FIRST = ("act", "pod", "market", "table")
"""Groups whose keys the footer tells first: what stands at the end gives way where there is no room."""


def _rank(hint: Hint) -> int:
    group = hint.id.split(".")[0]
    return FIRST.index(group) if group in FIRST else len(FIRST)


def footer(active: Mapping[str, ActiveBinding], offered: Collection[str] = (), meter: Cell = ()) -> TwoSided:
    """One line of the keys worth knowing now; help and quit stand at the right and give way last.

    offered: ids of the actions that make sense now; the others are not told. meter: a figure before help and quit.

    While a filter is typed every other printable key is text, so that only its own keys are told.
    """
    left: list[Cell] = []
    right: list[Cell] = []
    found = hints(active)
    if typing := [hint for hint in found if hint.id.startswith("filter.")]:
        found = tuple(typing)
    for hint in sorted(found, key=_rank):
        if not hint.shown or (hint.id.startswith("act.") and hint.id not in offered):
            continue
        (right if hint.id in ("app.help", "app.quit") else left).append(cell(hint))
    return TwoSided(tuple(left), (*((meter,) if meter else ()), *right))


GROUPS = {
    "act": "Actions",
    "screen": "Screens",
    "pane": "Panes",
    "market": "Market",
    "table": "Tables",
    "chart": "Charts",
    "time": "Time",
    "pod": "Pod",
    "app": "podtop",
}
"""Help titles by the first part of a binding's id."""


def grouped(all_hints: Iterable[Hint]) -> tuple[tuple[str, tuple[Hint, ...]], ...]:
    """The hints under the titles of `GROUPS`, in that order."""
    by_group: dict[str, list[Hint]] = {title: [] for title in GROUPS.values()}
    for hint in all_hints:
        title = GROUPS.get(hint.id.split(".")[0])
        if title is not None:
            by_group[title].append(hint)
    return tuple((title, tuple(group)) for title, group in by_group.items() if group)
