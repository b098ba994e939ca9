"""Keys in words: the footer and the help are generated from the bindings, so that they are always correct."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from tui.actions import ACTIONS
from tui.ui.primitives.cells import Cell
from tui.ui.widgets.status_lines import TwoSided, taken

if TYPE_CHECKING:
    from textual.binding import ActiveBinding
    from textual.dom import DOMNode
    from textual.screen import Screen

_GLYPHS = {
    "question_mark": "?", "slash": "/", "colon": ":", "plus": "+", "minus": "-", "equals_sign": "=", "equal": "=",
    "ampersand": "&", "asterisk": "*", "backslash": "\\", "exclamation_mark": "!",
    "escape": "esc", "enter": "↵", "up": "↑", "down": "↓", "pageup": "pgup", "pagedown": "pgdn",
    "space": "space", "left_square_bracket": "[", "right_square_bracket": "]",
    "left_curly_bracket": "{", "right_curly_bracket": "}", "at": "@",
    "left_parenthesis": "(", "right_parenthesis": ")",
    "less_than_sign": "<", "greater_than_sign": ">", "left": "←", "right": "→", "backspace": "⌫",
}  # fmt: skip


def key_word(key: str) -> str:
    """A key as printed on a keyboard: ctrl+r as ^r."""
    if key.startswith("ctrl+"):
        return f"^{key_word(key[5:])}"
    if key.startswith("shift+"):
        return f"shift {key_word(key[6:])}"
    return _GLYPHS.get(key, key)


SPOKEN = {"act.lock": "L", "chart.reset": "equals_sign", "app.quit": "q"}
"""Bindings whose key podtop mentions in sentences, with their default key."""

ACTING = frozenset({"D", "L", "t", *(action.key for action in ACTIONS)})
"""Keys that act, for which a read-only podtop explains why they do nothing."""


def acting(keymap: Mapping[str, str]) -> frozenset[str]:
    """The same under a keymap."""
    own = {
        "act.deploy": "D",
        "act.lock": "L",
        "act.lease": "t",
        **{f"act.{action.id}": action.key for action in ACTIONS},
    }
    return frozenset(key for name, keys in own.items() for key in keymap.get(name, keys).split(","))


PAIRS = {
    "chart.wider": ("chart.closer", "chart.wider"),
    "time.back": ("time.back", "time.on"),
    "market.next": ("market.previous", "market.next"),
    "log.next": ("log.next", "log.previous"),
}
"""Bindings whose key the footer shows beside that of their opposite."""


def spoken(keymap: Mapping[str, str], id: str) -> str:
    """The key of a binding for a sentence, under the keymap."""
    return key_word(keymap.get(id, SPOKEN[id]).partition(",")[0])


class Hint(Struct, frozen=True):
    """One binding: its stable id, its action, its keys, a word for the footer, a sentence for the help."""

    id: str
    action: str
    keys: tuple[str, ...]
    word: str
    help: str
    shown: bool
    enabled: bool
    footer_key: str
    node: DOMNode
    """The owner of its action."""


_WORDS = {"↵": "enter", "←": "left", "→": "right", "↑": "up", "↓": "down", "⌫": "backspace"}


def spelled(key: str) -> str:
    """A key whose symbol is an arrow, in words: as ASCII the arrow would be another key."""
    return " ".join(_WORDS.get(part, part) for part in key.split(" "))


def _in_words(hint: Hint) -> Hint:
    return replace(hint, keys=tuple(map(spelled, hint.keys)), footer_key=spelled(hint.footer_key))


def hints(active: Mapping[str, ActiveBinding], *, words: bool = False) -> tuple[Hint, ...]:
    """The active bindings, one entry for each action, in order of declaration. words: arrows are spelled out."""
    by_id: dict[str, Hint] = {}
    for bound in active.values():
        binding = bound.binding
        if binding.id is None:
            continue
        word = key_word(binding.key)
        old = by_id.get(binding.id)
        if old is None:
            by_id[binding.id] = Hint(
                binding.id, binding.action, (word,), binding.description, bound.tooltip or binding.description,
                binding.show, bound.enabled, binding.key_display or word, bound.node,
            )  # fmt: skip
        elif word not in old.keys:
            by_id[binding.id] = replace(old, keys=(*old.keys, word))
    alone = dict(by_id)
    for name, pair in PAIRS.items():
        if all(key in by_id for key in pair):
            by_id[name] = replace(by_id[name], footer_key=" ".join(alone[key].footer_key for key in pair))
    return tuple(map(_in_words, by_id.values()) if words else by_id.values())


def every(screen: Screen[Any], *, words: bool = False) -> tuple[Hint, ...]:
    """All keys of a screen: the active ones, and those of its other panes and states, which do nothing now.

    words: arrows are spelled out.
    """
    active = hints(screen.active_bindings)
    # In read-only mode a key that acts does not exist at all.
    never = {"act", *getattr(screen, "NEVER", ())}
    known = {hint.id for hint in active} | never
    by_id: dict[str, Hint] = {}
    for node in (screen, *(widget for widget in screen.query("*") if widget.can_focus)):
        for _, binding in node._bindings:
            id, group = binding.id or "", (binding.id or "").split(".")[0]
            if group not in GROUPS or group in never or id in known:
                continue
            word = key_word(screen.app._keymap.get(id, binding.key).partition(",")[0])
            old = by_id.get(id)
            if old is None:
                by_id[id] = Hint(
                    id, binding.action, (word,), binding.description, binding.tooltip or binding.description,
                    binding.show, False, binding.key_display or word, node,
                )  # fmt: skip
            elif word not in old.keys:
                by_id[id] = replace(old, keys=(*old.keys, word))
    whole = (*active, *by_id.values())
    return tuple(map(_in_words, whole)) if words else whole


def cell(hint: Hint) -> Cell:
    """A binding as the footer shows it."""
    return ((hint.footer_key, "key" if hint.enabled else "quiet"), (f" {hint.word}", "muted"))


ALWAYS = (
    "table.open", "pane.next", "table.filter", "market.next", "account.next", "log.search", "log.filter", "log.follow",
)  # fmt: skip
"""Keys that the footer shows before all others: what is under the cursor, the other panes, fewer rows, the other lists;
of a log, what finds a line, fewer lines, the newest."""

FIRST = ("log", "act", "pod", "market", "account", "table")
"""Groups whose keys follow, in this order: when room is short the groups at the end are dropped."""


SOMETIMES = frozenset(("pod.ssh", "pod.copy", "chart.wider", "table.open", "table.mark", "market.watch", "act.lock"))
"""Keys that the footer shows only when they do something; as every key they explain what they lack when pressed."""


SLOW: Cell = (("slow link", "muted"),)
"""The text that the data is refreshed every ten seconds."""


_LINES = ("filter.", "goto.")
"""Bindings of the lines in which filters, paths and times are typed."""


def _rank(hint: Hint) -> float:
    if hint.id == "act.lock":
        # Shown while actions are locked: behind the first key, so that the smallest terminal says how to unlock them.
        return 0.5 - len(ALWAYS)
    if hint.id in ALWAYS:
        return ALWAYS.index(hint.id) - len(ALWAYS)
    group = hint.id.split(".")[0]
    return FIRST.index(group) if group in FIRST else len(FIRST)


def footer(
    active: Mapping[str, ActiveBinding],
    offered: Collection[str] = (),
    meters: Sequence[Cell] = (),
    *,
    words: bool = False,
    width: int = 1000,
) -> TwoSided:
    """One line of the most useful keys now; help and quit stand at the right and are dropped last.

    In a line too narrow for them and the keys of `ALWAYS`, quit is left out, as the help says how; then the word of the
    first key.

    offered: ids of the available actions and of the keys of `SOMETIMES` that do something; the others are not shown.
    meters: figures before help and quit. A key that does nothing now is not shown either.

    While a filter or a time is typed every other printable key is text, so only its own keys are shown.
    """
    left: list[Cell] = []
    right: list[Cell] = []
    shown = hints(active, words=words)
    if typing := [hint for hint in shown if hint.id.startswith(_LINES)]:
        shown = tuple(typing)
    for hint in sorted(shown, key=_rank):
        depends = hint.id.startswith("act.") or hint.id in SOMETIMES
        if not hint.enabled or not (hint.shown or hint.id == "act.lock") or (depends and hint.id not in offered):
            continue
        (right if hint.id in ("app.help", "app.quit") else left).append(cell(hint))
    always = sum(hint.id in ALWAYS and hint.enabled for hint in shown)
    if len(right) > 1 and taken((*left[:always], *right)) > width:
        del right[1:]
    if len(left) > 1 and taken((*left[:always], *right)) > width:
        # What the first key does is the best known.
        left[0] = left[0][:1]
    return TwoSided(tuple(left), (*meters, *right))


GROUPS = {
    "act": "Actions",
    "screen": "Screens",
    "pane": "Panes",
    "market": "Market",
    "account": "Account",
    "table": "Tables",
    "chart": "Charts",
    "time": "History",
    "pod": "Pod",
    "log": "Logs",
    "app": "podtop",
}
"""Help titles by the first part of a binding's id."""


def grouped(all_hints: Iterable[Hint]) -> tuple[tuple[str, tuple[Hint, ...]], ...]:
    """The hints below the titles of `GROUPS`, in that order."""
    by_group: dict[str, list[Hint]] = {title: [] for title in GROUPS.values()}
    for hint in all_hints:
        title = GROUPS.get(hint.id.split(".")[0])
        if title is not None:
            by_group[title].append(hint)
    return tuple((title, tuple(group)) for title, group in by_group.items() if group)
