"""`Entry`: an input of a form, whose size does not depend on its text."""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import Reactive, reactive
from textual.widgets import Input


class Entry(Input):
    """Textual's input lays the whole screen out again at every key; in a form of forty that is most of a key's cost."""

    value: reactive[str] = reactive("", layout=False, init=False)
    cursor_blink: reactive[bool] = reactive(False, init=False)
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)
