"""`Entry`: an input of a form, whose size does not depend on its text."""

from __future__ import annotations

from rich.segment import Segment
from textual.geometry import Size
from textual.reactive import Reactive, reactive
from textual.strip import Strip
from textual.widgets import Input

from tui.format.width import width


class Entry(Input):
    """Textual's input lays the whole screen out again at every key; in a form of forty that is most of a key's cost."""

    value: reactive[str] = reactive("", layout=False, init=False)
    cursor_blink: reactive[bool] = reactive(False, init=False)
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        room, before = self.scrollable_content_region.width, self.scroll_offset.x
        after = width(self.value) - before > room
        if y or room < 2 or self.has_focus or self.password or not (before or after):
            return strip
        # What is cut would otherwise look whole: an image without the end of its tag.
        style = next((segment.style for segment in strip if segment.style is not None), self.rich_style)
        cut = [Segment("…", style)]
        middle = strip.crop(int(bool(before)), room - int(after))
        return Strip([*(cut if before else ()), *middle, *(cut if after else ())]).extend_cell_length(room + 1, style)
