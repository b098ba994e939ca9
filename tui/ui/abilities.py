"""What a terminal can show, as far as its environment tells. Pure functions of the environment."""

from __future__ import annotations

from collections.abc import Mapping

from tui.ui import themes

BARE = ("linux", "vt100", "vt102", "vt220", "ansi", "cons25")
"""Terminals whose fonts have neither braille nor round corners."""


def charset(environ: Mapping[str, str]) -> str:
    """The character set of the locale: what stands behind its dot, ASCII where nothing does; "" without a locale."""
    locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    if not locale:
        return ""
    return locale.partition("@")[0].partition(".")[2].upper().replace("-", "") or "ASCII"


def only_ascii(environ: Mapping[str, str]) -> bool:
    """Whether podtop is to draw with ASCII alone.

    A locale that is not set at all says nothing: that is how containers come, on terminals that know UTF-8. For LANG=C
    Python itself sets LC_CTYPE=C.UTF-8; only LC_ALL=C holds.
    """
    if environ.get("TERM", "") in BARE:
        return True
    return charset(environ) not in ("", "UTF8")


def is_light(environ: Mapping[str, str]) -> bool:
    """Whether the terminal says of itself that its background is light (rxvt, Konsole and others set COLORFGBG)."""
    return environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")


def theme(told: str | None, kept: str, known: Mapping[str, object], *, few: bool, light: bool, plain: bool) -> str:
    """The theme to begin with.

    told: by a flag, the environment or the file; kept: chosen on the screen the last time; few: the terminal has
    sixteen colours; light: its background is light; plain: it is to show no colours.
    """
    if plain:
        return themes.MONO.name
    if told is not None and told in known:
        return told
    if few:
        return themes.SIXTEEN.name
    if kept in known:
        return kept
    return themes.LIGHT.name if light else themes.DEFAULT
