"""The palette: fuzzy search of actions, pods, GPU types, screens and themes. It obeys the same action lock as keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from textual import events
from textual.app import ComposeResult
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, OptionList

from tui.actions import BY_ID
from tui.files.paths import styles
from tui.store.views import pods as views
from tui.store.views.pods import Query
from tui.ui.key_hints import GROUPS, Hint, hints
from tui.ui.modals.once import Once

if TYPE_CHECKING:
    from tui.history.playback import Playback
    from tui.ui.screen_table import Place

MOST_PODS = 12
"""Maximum number of pods listed before anything is typed."""

PLACEHOLDER = "Search actions, pods, GPUs, screens, themes…"

BREATH = 200
"""Number of names after which keys get their turn."""


CHOICES = (OptionList.OptionSelected, Input.Submitted, Button.Pressed, events.Key, events.Click)
"""Events that choose a hit, or close the palette."""


class HitList(CommandList):
    """Textual's list of hits, in which a click on a hit that is not there any more does nothing."""

    async def _on_click(self, event: events.Click) -> None:
        # Textual's own handler follows, and looks for the hit by the number that it had when it was drawn.
        if event.style.meta.get("option", 0) >= self.option_count:
            event.prevent_default()


class Palette(Once, CommandPalette):
    """Textual's palette, in which one hit is chosen, once."""

    CSS_PATH = styles("palette")

    def compose(self) -> ComposeResult:
        for widget in super().compose():
            yield HitList() if isinstance(widget, CommandList) else widget

    async def _dispatch_message(self, message: Message) -> None:
        # A second enter in one read, or a double click, would run the chosen hit again, and close another screen.
        if not (self._ended and isinstance(message, CHOICES)):
            await super()._dispatch_message(message)

    def run_worker(self, *arguments: Any, **options: Any) -> Any:
        # The search task looks for its list, even if that is not mounted yet, or is gone.
        return super().run_worker(*arguments, **{**options, "exit_on_error": False})

    def _action_command_list(self, action: str) -> None:
        # Textual looks for the option one page on, even if there is none, or none is laid out yet.
        with suppress(KeyError, IndexError):
            if self._count:
                super()._action_command_list(action)

    def _action_cursor_down(self) -> None:
        if self._count:
            super()._action_cursor_down()

    @property
    def _count(self) -> int:
        """The number of options; 0 before the list is mounted."""
        return sum(options.option_count for options in self.query(CommandList))


class Command(NamedTuple):
    """A hit: its name, the text beside it, and its effect."""

    name: str
    beside: str
    run: Callable[[], Awaitable[object] | object]


class Ranked(DiscoveryHit):
    """A hit that keeps its given position, and is not ordered by its name."""

    rank = 0

    def __lt__(self, other: object) -> bool:
        return isinstance(other, Ranked) and other.rank < self.rank


def titled(word: str, help: str) -> str:
    """The description of a key's action, with the footer's word for it: people search for either."""
    return help if word.lower() in help.lower() else f"{word.capitalize()}: {help[:1].lower()}{help[1:]}"


def entry(hint: Hint) -> tuple[str, str]:
    """The name of a key's action, and its keys with what it does beyond that: "Stop pod", "S  volume stays"."""
    keys = " ".join(hint.keys)
    if hint.id.removeprefix("act.") not in BY_ID:
        return titled(hint.word, hint.help), keys
    name, _, beyond = hint.help.partition(" (")
    return titled(hint.word, name), f"{keys}  {beyond.removesuffix(')')}".rstrip()


def holds(name: str, letters: str) -> bool:
    """Whether the letters occur in a name in their order: quick, and true of every fuzzy match."""
    rest = iter(name)
    return all(letter in rest for letter in letters)


class PaletteHost(Protocol):
    """The interface to the app that the palette needs."""

    @property
    def playback(self) -> Playback: ...

    @property
    def is_ascii(self) -> bool: ...

    @property
    def places(self) -> tuple[Place, ...]: ...

    @property
    def available_themes(self) -> Mapping[str, object]: ...

    def open_pod(self, pod_id: str) -> object: ...

    def look_for_gpu(self, gpu_id: str) -> object: ...

    def action_go(self, mode: str) -> object: ...

    def action_tour(self) -> object: ...


class Everything(Provider):
    """All hits for the screen below the palette."""

    @property
    def _podtop(self) -> PaletteHost:
        return cast("PaletteHost", self.app)

    def _commands(self) -> Iterator[Command]:
        yield from self._acts()
        yield from self._pods()
        yield from self._rest()

    def _hints(self, acts: bool) -> Iterator[Command]:
        """The actions that keys have now, from their bindings; an action only if it is available."""
        screen = self.screen
        may: Callable[[str], bool] = getattr(screen, "may", lambda id: True)
        advice: Callable[[str], str] = getattr(screen, "advice", lambda id: "")
        for hint in hints(screen.active_bindings, words=self._podtop.is_ascii):
            group = hint.id.split(".")[0]
            if group not in GROUPS or group == "screen" or (group == "act") != acts or hint.id == "app.palette":
                continue
            if hint.enabled and hint.action and may(hint.id):
                name, beside = entry(hint)
                why = advice(hint.id) if acts else ""
                yield Command(name, f"{beside}  {why}".rstrip(), self._doing(hint.action, hint.node))

    def _doing(self, action: str, node: object) -> Callable[[], Awaitable[object]]:
        async def run() -> None:
            # In the meantime another screen may have opened; then the hit was not chosen for it.
            if self.app.screen is self.screen:
                await self.app.run_action(action, node)  # type: ignore[arg-type]

        return run

    def _acts(self) -> Iterator[Command]:
        yield from self._hints(acts=True)
        # Without a key: it is armed once, and then for months.
        may: Callable[[str], bool] = getattr(self.screen, "may", lambda id: False)
        if hasattr(self.screen, "action_idle_stop") and may("act.idle-stop"):
            yield Command("Auto-stop when idle: on or off", "", self._doing("idle_stop", self.screen))

    def _pods(self) -> Iterator[Command]:
        fleet, now = self._podtop.playback.view
        for key in views.pods(fleet, now, Query(sort=views.ATTENTION)):
            record = fleet.records[key]
            word = record.phase(now).value
            open_pod = partial(self._podtop.open_pod, key)
            yield Command(f"Pod: {record.name or key}", f"{word}  {key}", open_pod)

    def _rest(self) -> Iterator[Command]:
        app = self._podtop
        for place in app.places:
            go = partial(app.action_go, place.mode)
            yield Command(f"Screen: {place.word}", place.key, go)
        yield from self._hints(acts=False)
        yield Command("Tour: podtop on one screen", "", app.action_tour)
        known = app.playback.view[0].market.value
        for offer in known.offers if known else ():
            memory = f"{offer.memory_gb} GB" if offer.memory_gb else ""
            yield Command(f"GPU: {offer.name}", memory, partial(app.look_for_gpu, offer.gpu_id))
        for theme in sorted(app.available_themes):
            yield Command(f"Theme: {theme}", "", partial(setattr, app, "theme", theme))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        letters = query.lower().replace(" ", "")
        for number, (name, beside, run) in enumerate(self._commands()):
            if number % BREATH == BREATH - 1:
                await asyncio.sleep(0)
            if not holds(name.lower(), letters):
                continue
            score, places = matcher.fuzzy_search.match(query, name)
            if score > 0:
                # Not by the matcher's own highlighting, which parses names as markup.
                shown = Content(name)
                for place in places:
                    shown = shown.stylize(matcher.match_style, place, place + 1)
                yield Hit(score, _line(shown, beside), run, text=name)

    async def discover(self) -> Hits:
        for rank, (name, beside, run) in enumerate(self._first()):
            hit = Ranked(_line(Content(name), beside), run, text=name)
            hit.rank = rank
            yield hit

    def _first(self) -> Iterable[Command]:
        """The hits shown before anything is typed."""
        pods = list(self._pods())
        yield from self._acts()
        yield from pods[:MOST_PODS]
        yield from (command for command in self._rest() if not command.name.startswith("GPU: "))


def _line(name: Content, beside: str) -> Content:
    return Content.assemble(name, "  ", (beside, "not bold $muted")) if beside else name
