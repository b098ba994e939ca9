"""Key bindings of the screens: those of every screen, and those of screens with panes and lists."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.actions import ACTIONS
from tui.ui.screens.listing import WORDS


def hidden(key: str, action: str, id: str, tooltip: str) -> Binding:
    """A binding that is in the help, and not in the footer."""
    return Binding(key, action, tooltip, id=id, show=False, tooltip=tooltip)


EVERYWHERE: list[BindingType] = [
    # With priority: no widget takes such a key. None of them overtakes another key (`InputQueue`).
    *(Binding(a.key, f"act('{a.id}')", a.verb, id=f"act.{a.id}", priority=True, tooltip=a.help) for a in ACTIONS),
    Binding("L", "lock", "lock", id="act.lock", priority=True, show=False, tooltip="Lock actions, or unlock them"),
    Binding(
        "t", "lease", "lease", id="act.lease", priority=True, show=False, tooltip="Lease: when podtop is to stop it"
    ),
    Binding("D", "deploy", "deploy", id="act.deploy", priority=True, tooltip="Deploy this GPU, or one like this pod"),
    Binding("s", "ssh", "ssh", id="pod.ssh", tooltip="Into the pod by ssh, and back"),
    Binding("c", "copy", "copy", id="pod.copy", tooltip="Copy: ssh command, id, URLs, a fact"),
    hidden("plus", "range(-1)", "chart.closer", "A shorter time range"),
    Binding("minus", "range(1)", "range", id="chart.wider", tooltip="A longer time range"),
    hidden("equals_sign", "return", "chart.reset", "Back to now; the range of the start"),
    hidden("v", "heat", "chart.heat", "Lines, or a strip of shades for each GPU"),
    Binding("p", "pause", "pause", id="time.pause", tooltip="Hold the screen; in the past, play"),
    Binding(
        "left_square_bracket",
        "step(-1)",
        "history",
        id="time.back",
        tooltip="A poll back in time",
    ),
    hidden("right_square_bracket", "step(1)", "time.on", "A poll on in time"),
    hidden("left_curly_bracket", "jump(-1)", "time.far-back", "Ten minutes back in time"),
    hidden("right_curly_bracket", "jump(1)", "time.far-on", "Ten minutes on in time"),
    hidden("less_than_sign", "speed(-1)", "time.slower", "Play the past slower"),
    hidden("greater_than_sign", "speed(1)", "time.faster", "Play the past faster"),
]
"""Bindings of every screen: actions, SSH into a pod, charts, history."""

SORT = Binding("o", "sort", "sort", id="table.sort", tooltip="Sort by the next column")
INVERT = hidden("i", "invert", "table.invert", "Turn the order round")


def pane_keys(*, show: bool = True) -> tuple[Binding, Binding, Binding]:
    """To the next pane, to the previous one, and zoom. `show`: whether the footer has them."""
    return (
        Binding("tab", "pane(1)", "pane", id="pane.next", show=show, tooltip="Go to the next pane"),
        hidden("shift+tab", "pane(-1)", "pane.previous", "Go to the previous pane"),
        Binding("z", "zoom", "zoom", id="pane.zoom", show=show, tooltip="Give the pane the whole screen, or back"),
    )


def filter_key(word: str = "filter", help: str = f"Filter: {WORDS}") -> Binding:
    # With priority: input right behind the slash is text, and no key for the table.
    return Binding("slash", "filter", word, id="table.filter", priority=True, tooltip=help)
