"""Key bindings of the screens: those of every screen, and those of screens with panes and lists."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.actions import ACTIONS


def hidden(key: str, action: str, id: str, tooltip: str) -> Binding:
    """A binding that is in the help, and not in the footer."""
    return Binding(key, action, tooltip, id=id, show=False, tooltip=tooltip)


EVERYWHERE: list[BindingType] = [
    # With priority: no widget takes such a key. None of them overtakes another key (`InputQueue`).
    *(
        Binding(a.key, f"act('{a.id}')", a.verb, id=f"act.{a.id}", priority=True, show=a.footer, tooltip=a.help)
        for a in ACTIONS
    ),
    Binding("L", "lock", "unlock", id="act.lock", priority=True, show=False, tooltip="Toggle action lock"),
    Binding("t", "lease", "lease", id="act.lease", priority=True, show=False, tooltip="Auto-stop timer (lease)"),
    Binding("D", "deploy", "deploy", id="act.deploy", priority=True, tooltip="Deploy this GPU, or a pod like this one"),
    Binding("s", "ssh", "ssh", id="pod.ssh", tooltip="SSH into pod"),
    Binding("c", "copy", "copy", id="pod.copy", tooltip="Copy SSH command, ID, URL or value"),
    hidden("plus", "range(-1)", "chart.closer", "Shorter time range"),
    Binding("minus", "range(1)", "range", id="chart.wider", tooltip="Longer time range"),
    hidden("equals_sign", "return", "chart.reset", "Back to live; reset range"),
    hidden("v", "heat", "chart.heat", "Toggle area charts / heat map"),
    hidden("b", "big", "chart.big", "Enlarge next charts"),
    Binding("p", "pause", "pause", id="time.pause", tooltip="Pause (in history: play/pause)"),
    Binding(
        "left_square_bracket",
        "step(-1)",
        "history",
        id="time.back",
        tooltip="Step back in history (poll or column)",
    ),
    hidden("right_square_bracket", "step(1)", "time.on", "Step forward in history (poll or column)"),
    hidden("left_curly_bracket", "jump(-1)", "time.far-back", "Back one range in history"),
    hidden("right_curly_bracket", "jump(1)", "time.far-on", "Forward one range in history"),
    hidden("left_parenthesis", "event(-1)", "time.event-back", "Previous event in history"),
    hidden("right_parenthesis", "event(1)", "time.event-on", "Next event in history"),
    # With priority: input right behind it is text.
    Binding(
        "at",
        "go_to",
        "go to",
        id="time.go-to",
        priority=True,
        show=False,
        tooltip="Go to a time: 02:30, -3h, Mon 09:00",
    ),
    hidden("less_than_sign", "speed(-1)", "time.slower", "Slower playback"),
    hidden("greater_than_sign", "speed(1)", "time.faster", "Faster playback"),
]
"""Bindings of every screen: actions, SSH into a pod, charts, history."""

LOGS = Binding("l", "logs", "logs", id="pod.logs", tooltip="Logs of the pod, or of all selected ones")
NEEDY = (
    hidden("n", "needy(1)", "pod.needy", "Next pod that needs attention"),
    hidden("N", "needy(-1)", "pod.needy-before", "Previous pod that needs attention"),
)
MUTE = hidden("m", "mute", "pod.mute", "Mute alerts of this pod")
SORT = Binding("o", "sort", "sort", id="table.sort", tooltip="Sort menu")
COLUMNS = hidden("C", "columns", "table.columns", "Choose and order columns")
INVERT = hidden("i", "invert", "table.invert", "Reverse sort")


def mark_keys(help: str, *, show: bool) -> tuple[Binding, Binding, Binding, Binding]:
    """Selection of pods: the one under the cursor, all that are shown, none, the others. `show`: in the footer."""
    return (
        Binding("space", "mark", "select", id="table.mark", show=show, tooltip=help),
        hidden("asterisk", "mark_all", "table.mark-all", "Select all pods shown"),
        hidden("backslash", "mark_none", "table.mark-none", "Clear selection (hidden pods too)"),
        hidden("exclamation_mark", "mark_others", "table.mark-others", "Invert selection of pods shown"),
    )


def pane_keys(*, zoom: bool = True) -> tuple[Binding, Binding, Binding]:
    """To the next pane, to the previous one, and zoom. `zoom`: whether the footer has that too."""
    return (
        Binding("tab", "pane(1)", "pane", id="pane.next", tooltip="Next pane"),
        hidden("shift+tab", "pane(-1)", "pane.previous", "Previous pane"),
        Binding("z", "zoom", "zoom", id="pane.zoom", show=zoom, tooltip="Toggle full-screen pane"),
    )


def pod_list_keys() -> tuple[Binding, ...]:
    """Those of a screen whose first list is of pods, but for the selection and the way back."""
    return (
        *pane_keys(), filter_key(), SORT, INVERT, COLUMNS, LOGS, *NEEDY, MUTE,
        Binding("enter", "open", "details", id="table.open", tooltip="Pod details"),
    )  # fmt: skip


def filter_key(word: str = "filter", help: str = "Filter by words and values") -> Binding:
    # With priority: input right behind the slash is text, and no key for the table.
    return Binding("slash", "filter", word, id="table.filter", priority=True, tooltip=help)
