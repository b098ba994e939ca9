"""The header: connection, money, counts, from the fleet at an instant and for a width. Pure."""

from __future__ import annotations

import math
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tui.api.features import Feature
from tui.api.models import PARTIAL
from tui.format import numbers as fmt
from tui.store.views import attention as views
from tui.ui.primitives.cells import Cell
from tui.ui.render import attention
from tui.ui.render.fitting import Group, alone, kept
from tui.ui.render.header_figures import armed, busy, counts, money
from tui.ui.screen_table import EVERY, PLACES, Place
from tui.ui.widgets.status_lines import TwoSided, taken

if TYPE_CHECKING:
    from tui.api.errors import CloudError
    from tui.api.models import Problem
    from tui.history.playback import Playback
    from tui.store.feed import Feed
    from tui.store.fleet import Fleet


class Badges(Struct, frozen=True):
    """The header's information about podtop itself.

    profile: the account's name in the settings; empty if there is none. color: its badge's role.
    places:  the screens with their keys; back: the key that returns from history to live.
    """

    source: str
    demo: bool
    read_only: bool
    locked: bool = False
    profile: str = ""
    color: str = "accent"
    places: tuple[Place, ...] = PLACES
    back: str = "="


NAME: Cell = (("podtop", "key"),)

Forms = tuple[Cell, ...]
"""One text at different lengths, the longest first."""


def clock(at: float, tz: tzinfo | None) -> str:
    return datetime.fromtimestamp(at, tz).strftime("%H:%M:%S")


def trouble(error: CloudError) -> str:
    """An error in two or three words, for the header."""
    from tui.api import errors

    match error:
        case errors.NotOffered():
            return "not offered"
        case errors.Retired():
            return "switched off"
        case errors.TimedOut():
            return "timed out"
        case errors.Blocked():
            return "blocked"
        case errors.Faltering():
            return "server error"
        case errors.Unreachable():
            return "unreachable"
        case errors.Unauthorized():
            return "key rejected"
        case errors.Forbidden():
            return "forbidden"
        case errors.Throttled():
            return "rate limited"
        case errors.Rejected():
            return "rejected"
        case _:
            return "invalid response"


def _alarm(word: str, age: float | None, tail: str = "", role: str = "bad") -> Forms:
    """The error and the age of the shown data: the age is dropped last."""
    long = "no data yet" if age is None else f"data {fmt.duration(age)} old"
    short = "" if age is None else f" {fmt.short_duration(age)}"
    mark: Cell = ((f"▲ {word}", role),)
    return (
        (*mark, (f" · {long}{tail}", "muted")),
        (*mark, (f" · {long}", "muted")),
        (*mark, (short, "muted")),
        ((f"▲{short}", role),),
        (("▲", role),),
    )


def connection(fleet: Fleet, now: float, tz: tzinfo | None) -> Forms:
    """Whether the figures are live, since when they are not, and when podtop polls again."""
    feed: Feed[Any] = fleet.market if fleet.keyless else fleet.snapshot
    if fleet.recorded:
        return ((("◌ opening recording…", "muted"),), (("◌", "muted"),))
    if fleet.past:
        part = f"{100 * min(1.0, fleet.past_share):.0f} %"
        return (((f"◌ loading history {part}", "muted"),), ((f"◌ history {part}", "muted"),))
    if feed.retry_at == math.inf:
        return ((("◌ not offered", "muted"),), (("◌", "muted"),))
    if feed.error is not None:
        left = None if feed.retry_at is None else feed.retry_at - now
        wait = "" if left is None else f" · retry in {fmt.duration(left)}" if left >= 1 else " · retrying"
        return _alarm(trouble(feed.error), feed.age(now), wait)
    if feed.at is None:
        return ((("◌ connecting", "muted"),), (("◌", "muted"),))
    if fleet.market_stale(now) if fleet.keyless else fleet.stale(now):
        return _alarm("stale", feed.age(now), role="warn")
    live: Cell = (("● ", "good"), ("live", "text"))
    at: Cell = ((f" {clock(feed.at, tz)}", "muted"),)
    took: Cell = ((f" · {fmt.latency(feed.took)}", "muted"),)
    if (lost := missing(fleet)) and not fleet.keyless:
        return (
            (*live, *at, *took, (f" · ▲ {lost}", "warn")),
            (*live, *at, (f" · ▲ {lost}", "warn")),
            ((f"▲ {lost}", "warn"),),
            (("▲", "warn"),),
        )
    return ((*live, *at, *took), (*live, *at), live, (("●", "good"),))


def missing(fleet: Fleet) -> str:
    """The missing part of RunPod's last response, in a few words; empty if it is complete."""
    value = fleet.snapshot.value
    if value is None:
        return ""
    # What the API does not offer is not missing from a response.
    funds = None if Feature.BALANCE in value.lacks else ("balance", value.funds)
    parts = [word for word, part in filter(None, (("pods", value.pods), funds)) if part is None]
    if not parts and value.problems:
        if any(problem.code == PARTIAL for problem in value.problems):
            return "pod list incomplete"
        parts = sorted({_lost(p) for p in value.problems})[:2]
    return f"{' and '.join(parts)} unavailable" if parts else ""


def _lost(problem: Problem) -> str:
    return str(problem.path[-1]) if problem.path else "some fields"


def paused(fleet: Fleet, held: float, now: float, tz: tzinfo | None) -> Forms:
    """How long the screen has been paused, and current errors: a pause hides no error."""
    age = fmt.duration(now - held)
    hold: Cell = ((f"‖ paused {age}", "warn"),)
    if fleet.snapshot.error is None and not fleet.stale(now):
        return (hold, (("‖ paused", "warn"),), (("‖", "warn"),))
    forms = connection(fleet, now, tz)
    gap = (" · ", "muted")
    return tuple((*short, gap, *form) for short, form in zip((hold, hold, hold, (("‖", "warn"),)), forms, strict=False))


def in_history(
    at: float, player: Playback, live: Fleet, now: float, tz: tzinfo | None, back: str = "=", *, alone: bool = False
) -> Forms:
    """The shown instant of the recording, whether it is playing, and current errors.

    alone: whether no other line says that this is history.
    """
    when = datetime.fromtimestamp(at, tz)
    day = "" if now - at < 12 * 3600 else f"{when:%a %d %b} "
    moves = f" ▶ ×{player.speed:g}" if player.playing else ""
    back_to = "" if player.replay else f" · {back} live"
    ago = "" if player.replay else f" ({fmt.duration(now - at)} ago){back_to}"
    sign = "HISTORY" if alone else "◀"
    time: Cell = ((f"{sign} {day}{when:%H:%M:%S}{moves}", "warn"),)
    long: Cell = time if player.replay else ((f"◀ HISTORY {day}{when:%H:%M:%S}{moves}", "warn"),)
    wrong = None if player.replay else live.snapshot.error
    word: Cell = () if wrong is None else ((f" ▲ {trouble(wrong)}", "bad"),)
    mark: Cell = () if wrong is None else ((" ▲", "bad"),)
    return (
        (*long, (ago, "muted"), *word),
        # Twice: the way back is worth more than the names of the other screens.
        *(((*time, (back_to, "muted"), *word),) * 2),
        ((f"{sign} {when:%H:%M:%S}", "warn"), *mark),
        ((f"◀ {when:%H:%M:%S}", "warn"), *mark),
        ((f"{when:%H:%M}", "warn"), *mark),
    )


def has_hosts(fleet: Fleet) -> bool:
    """Whether the account rents out machines, as far as known."""
    hosts = fleet.hosts.value
    return hosts is not None and bool(hosts.hosts or hosts.unreadable)


def tabs(
    here: str, hosts: bool = True, screens: tuple[Place, ...] = PLACES, unread: int = 0
) -> tuple[tuple[Cell, ...], ...]:
    """The screens, at four lengths: all names, the same closer together, numbers with the name of the current one, the
    current one alone.

    screens: all screens.
    hosts:   whether the account has machines; otherwise their screen has a tab only while it is shown.
    unread:  how many alerts began since the user last looked at the events: a badge on their tab.
    """
    places = [place for place in screens if hosts or place.mode in (here, *_ALWAYS)]

    def tab(place: Place, word: bool) -> Cell:
        if place.mode == here:
            return ((f" {place.key} {place.word} ", "tab"),)
        badge: Cell = ((f"▲{unread} ", "warn"),) if unread and place.mode == "events" else ()
        return ((f" {place.key}", "key"), (f" {place.word} " if word else " ", "muted"), *badge)

    return (
        tuple(tab(place, True) for place in places),
        tuple(_stripped(tab(place, True)) if place.mode != here else tab(place, True) for place in places),
        tuple(tab(place, False) for place in places),
        tuple(tab(place, False) for place in places if place.mode == here),
    )


def _stripped(tab: Cell) -> Cell:
    """A tab without the room around it."""
    (key, role), *others = tab
    *rest, (word, tone) = others
    return ((key.lstrip(), role), *rest, (word.rstrip(), tone))


_ALWAYS = tuple(place.mode for place in EVERY if place.mode != "hosts")
"""Screens that always have a tab."""


def picked(group: Cell, places: tuple[Place, ...] = PLACES) -> str | None:
    """The screen whose tab was clicked."""
    text = "".join(part for part, _ in group).partition("▲")[0].split()
    return next((place.mode for place in places if text[:1] == [place.key]), None)


def first_line(badges: Badges, forms: Forms, width: int, here: str, hosts: bool, api: str, unread: int) -> TwoSided:
    """Account, screen, and age of the data. Time and latency are dropped first, the API, screen names, badges last.

    The profile is never dropped: whose pods these are comes before everything else.
    """
    name = NAME

    def marks(read_only: str, locked: str) -> tuple[Cell, ...]:
        word = read_only if badges.read_only else locked if badges.locked else ""
        guard: tuple[Cell, ...] = (((word, "badge"),),) if word else ()
        return (*guard, ((f" {badges.source.upper()} ", "badge"),)) if badges.demo else guard

    source: tuple[Cell, ...] = () if badges.demo else (((badges.source, "muted"),),)
    full: tuple[Cell, ...] = (((f"{'' if badges.demo else f'{badges.source} '}{api}", "muted"),),) if api else source
    apis = (full, (((api, "muted"),),)) if api else ()
    long, short = marks(" READ-ONLY ", " LOCKED "), marks(" RO ", " LOCK ")
    middle = min(2, len(forms) - 1)
    named, closer, numbered, alone = tabs(here, hosts, badges.places, unread)

    def account(most: int) -> tuple[Cell, ...]:
        return (((f" {fmt.clip(badges.profile, most)} ", f"badge-{badges.color}"),),) if badges.profile else ()

    whose = account(len(badges.profile))
    lines = [
        *(TwoSided((name, *whose, *long, *s, *named), (forms[0],)) for s in (full, source)),
        *(TwoSided((name, *whose, *long, *s, *closer), (form,)) for form in forms[: middle + 1] for s in apis),
        *(TwoSided((name, *whose, *long, *s, *closer), (form,)) for form in forms[: middle + 1] for s in (source, ())),
        *(TwoSided((name, *whose, *long, *s, *numbered), (forms[0],)) for s in (full, source)),
        *(
            TwoSided((name, *whose, *long, *s, *numbered), (form,))
            for s in (full, source, ())
            for form in forms[1 : middle + 1]
        ),
        *(TwoSided((name, *whose, *long, *s, *alone), (form,)) for form in forms[: middle + 1] for s in (full, source)),
        TwoSided((name, *whose, *long, *alone), (forms[middle],)),
        TwoSided((name, *whose, *long), (forms[middle],)),
        TwoSided((*whose, *long), (forms[middle],)),
        *(TwoSided((*whose, *short), (form,)) for form in forms[middle:]),
        *(TwoSided((*account(most), *short), (forms[-1],)) for most in (12, 8, 4)),
    ]
    return next((line for line in lines if taken((*line.left, *line.right)) <= width), lines[-1])


def header(
    fleet: Fleet,
    badges: Badges,
    now: float,
    forms: Forms,
    width: int,
    held: bool = False,
    here: str = "fleet",
    hosts: bool = False,
    tz: tzinfo | None = None,
    live: Fleet | None = None,
    unread: int = 0,
) -> tuple[TwoSided, ...]:
    """The two lines of the header, `width` cells wide; the first is the one to keep if there is room for one.

    forms: the result of `connection` or `paused`; here: the current screen.
    hosts: whether the account rents out machines.
    unread: how many alerts began since the user last looked at the events.
    live:  the fleet whose alerts are shown, if another: a pause hides none. In history they are those of that time.
    """
    first = first_line(badges, forms, width, here, hosts, fleet.api or "", unread)
    if fleet.past:
        return first, TwoSided(kept((_of_the_past(fleet.snapshot.at, tz),), width))
    old = held or fleet.stale(now) or fleet.snapshot.error is not None
    pods_old = old or fleet.pods_stale(now)
    loud = views.needing(live or fleet)
    waste = attention.wasted(views.wasted(fleet, now), pods_old) if fleet.pods_at is not None else ()
    alerts = attention.item(loud)
    if (live or fleet).unjudged and fleet.pods_at is not None:
        alerts, waste = (attention.FOLLOW,), ()
    figures = money(fleet, old, tz, now)
    # What needs a person first, then what runs, until when, and at what price: the same order at every width.
    groups = (
        *alerts, *busy(fleet, pods_old), *figures[:2], *waste, *figures[2:], *counts(fleet, pods_old),
        *armed(fleet),
    )  # fmt: skip
    return first, TwoSided(kept(groups, width))


def _of_the_past(at: float | None, tz: tzinfo | None) -> Group:
    """While a demo's own history is loaded: its money and alerts are not those of now."""
    follow = "current figures follow"
    if at is None:
        return alone(0, ((follow, "muted"),))
    return (
        (1, ((f"history up to {datetime.fromtimestamp(at, tz):%a %H:%M}; {follow}", "muted"),)),
        (0, ((follow, "muted"),)),
    )
