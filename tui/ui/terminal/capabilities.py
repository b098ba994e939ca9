"""The capabilities of a terminal, as far as its environment shows. Pure functions of the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.ui import themes

BARE = ("linux", "vt100", "vt102", "vt220", "ansi", "cons25")
"""Terminals whose fonts have neither braille nor round corners."""


def charset(environ: Mapping[str, str]) -> str:
    """The character set of the locale: the part after its dot, ASCII if there is none; "" without a locale."""
    locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    if not locale:
        return ""
    return locale.partition("@")[0].partition(".")[2].upper().replace("-", "") or "ASCII"


def only_ascii(environ: Mapping[str, str]) -> bool:
    """Whether podtop must draw with ASCII alone.

    An unset locale means nothing: containers start without one, on terminals that know UTF-8. For LANG=C Python itself
    sets LC_CTYPE=C.UTF-8; only LC_ALL=C counts.
    """
    if environ.get("TERM", "") in BARE:
        return True
    return charset(environ) not in ("", "UTF8")


def is_light(environ: Mapping[str, str]) -> bool:
    """Whether the terminal reports that its background is light (rxvt, Konsole and others set COLORFGBG)."""
    return environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")


def theme(
    configured: str | None, chosen: str, available: Mapping[str, object], *, few: bool, light: bool, plain: bool
) -> str:
    """The initial theme.

    configured: by a flag, the environment or the file; chosen: on the screen in an earlier run; few: the terminal has
    sixteen colours; light: its background is light; plain: no colours.
    """
    if plain:
        return themes.MONO.name
    if configured is not None and configured in available:
        return configured
    if few:
        return themes.SIXTEEN.name
    if chosen in available:
        return chosen
    return themes.LIGHT.name if light else themes.DEFAULT


TRUE_COLOURS = (
    "alacritty", "contour", "foot", "ghostty", "iterm2", "kitty", "konsole", "mintty", "rio", "st-direct", "vte",
    "warp", "wezterm", "xterm-ghostty", "xterm-kitty",
)  # fmt: skip
"""Terminals that have all colours, by their names; SSH passes on TERM, and not COLORTERM."""

MULTIPLEXERS = ("screen", "tmux")
"""Multiplexers: `screen.xterm-kitty` names the terminal behind, and is not that terminal."""


def terminfo(term: str) -> int | None:
    """The number of colours in the terminal database for a terminal; None if it has no entry of that name."""
    # Not before it is needed: if COLORTERM is set it never is.
    import curses
    import os

    # Any file will do: nothing is written, and standard output may be something else.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        curses.setupterm(term, nowhere)
        flags = [curses.tigetflag(name) for name in ("RGB", "Tc")]
        return 1 << 24 if any(flag > 0 for flag in flags) else curses.tigetnum("colors")
    except curses.error:
        return None
    finally:
        os.close(nowhere)


def colour_system(environ: Mapping[str, str], known: Callable[[str], int | None] = terminfo) -> str | None:
    """The colours of a terminal, as rich names them; None if its environment does not show them."""
    term = environ.get("TERM", "").strip().lower()
    if environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return "truecolor"
    if term in ("", "dumb", "unknown"):
        return None
    kind = term.partition(".")[0]
    direct = kind.endswith("-direct")
    behind = kind.startswith(MULTIPLEXERS)
    if direct or (not behind and (kind in TRUE_COLOURS or kind.startswith(tuple(f"{n}-" for n in TRUE_COLOURS)))):
        return "truecolor"
    colours = known(environ.get("TERM", "").strip())
    if colours is not None and colours >= 1 << 24:
        return "truecolor"
    if term.endswith("256color") or (colours is not None and colours >= 256):
        return "256"
    return "standard"
