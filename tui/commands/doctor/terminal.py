"""The terminal: what podtop draws on it, and how texts get from it to a clipboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tui.commands.doctor.finding import Finding, ok, warning
from tui.commands.doctor.subject import Subject
from tui.system import clipboard as clip
from tui.system import subprocesses
from tui.system.multiplexer import Inside, inside

SMALLEST = (40, 12)
"""Columns and rows that podtop needs."""

PATIENCE = 2.0
"""Seconds that tmux gets to respond."""

_PASSTHROUGH = "In tmux.conf: set -g allow-passthrough on"


def terminal(subject: Subject) -> Finding:
    """Which terminal it is, and its size."""
    term = subject.environ.get("TERM", "")
    program = subject.environ.get("TERM_PROGRAM", "")
    name = f"TERM={term}" + (f" ({program})" if program else "")
    if subject.size is None:
        return ok(f"{name}; not a terminal here. The full screen needs one, commands do not")
    text = f"{name}, {subject.size[0]}x{subject.size[1]}"
    if term in ("", "dumb"):
        return warning(f"{text}: {subject.no_screen}", "Commands work. For the full screen, set TERM.")
    if any(given < needed for given, needed in zip(subject.size, SMALLEST, strict=True)):
        return warning(f"{text}: too small", f"podtop needs {SMALLEST[0]}x{SMALLEST[1]}.")
    return ok(f"{text}; input or output redirected" if subject.no_screen else text)


def colors(subject: Subject) -> Finding:
    """The colors that podtop uses, and what shows that the terminal has them."""
    from tui.ui.terminal.capabilities import BARE, colour_system
    from tui.ui.terminal.display import Display

    environ = subject.environ
    if Display(subject.config, environ).plain:
        return ok("none: NO_COLOR is set")
    forced = environ.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if forced != "auto":
        return ok(f"{forced}, by TEXTUAL_COLOR_SYSTEM")
    term = environ.get("TERM", "")
    system = colour_system(environ)
    without = {name: value for name, value in environ.items() if name != "COLORTERM"}
    # The reason is the least that leads to the same.
    if colour_system(without, lambda name: None) == system:
        reason = f"by TERM={term}"
    elif colour_system(without) == system:
        reason = f"by terminfo of {term}"
    else:
        reason = f"by COLORTERM={environ['COLORTERM']}"
    number = {"truecolor": "true color", "256": "256 colors", "standard": "16 colors", None: "unknown"}[system]
    advice = (
        "For a terminal with true color: export COLORTERM=truecolor"
        if system == "standard" and term not in BARE
        else ""
    )
    return ok(f"{number}, {reason}", advice)


def characters(subject: Subject) -> Finding:
    """Whether podtop draws with Unicode or ASCII, and why."""
    from tui.ui.terminal.capabilities import BARE, charset
    from tui.ui.terminal.display import Display

    if not Display(subject.config, subject.environ).ascii:
        return ok("Unicode")
    if subject.config.ascii:
        return ok("ASCII only, as set (--ascii, PODTOP_ASCII or ascii = true)")
    term = subject.environ.get("TERM", "")
    if term in BARE:
        return ok(f"ASCII only: TERM={term}")
    return warning(
        f"ASCII only: the locale's character set is {charset(subject.environ)}",
        "Set LANG, or LC_ALL, to a locale with UTF-8, such as C.UTF-8.",
    )


class Tmux(NamedTuple):
    """What tmux says of itself and of the terminal behind it."""

    version: str
    passthrough: bool
    clipboard: bool


async def tmux(subject: Subject) -> Tmux | None:
    """Request it; None outside tmux, and if tmux does not respond."""
    if not clip.has_tmux(subject.environ, subject.which):
        return None
    form = "#{version}\n#{allow-passthrough}\n#{client_termfeatures}"
    try:
        code, output = await subprocesses.run(
            ("tmux", "display-message", "-p", form), subject.environ, subject.config.hidden,
            patience=PATIENCE, reads=True,
        )  # fmt: skip
    except (OSError, ValueError):
        return None
    version, passthrough, features, *_ = [*output.decode("utf-8", "replace").split("\n"), "", "", ""]
    return None if code else Tmux(version, passthrough in ("1", "on", "all"), "clipboard" in features)


def multiplexer(subject: Subject, tmux: Tmux | None) -> Finding:
    """tmux or GNU screen, and whether it passes on what podtop sends through it."""
    where = inside(subject.environ)
    if where is Inside.NOTHING:
        return ok("none")
    if where is not Inside.TMUX:
        return ok(where.value)
    if tmux is None:
        return warning("tmux, which does not respond", "Check TMUX, and that tmux is on the PATH.")
    text = f"tmux {tmux.version}, allow-passthrough {'on' if tmux.passthrough else 'off'}"
    notify = subject.config.notify
    if (notify.osc9 or notify.osc777) and not tmux.passthrough:
        return warning(f"{text}: notifications (osc9, osc777) do not reach the terminal", _PASSTHROUGH)
    return ok(text)


def clipboard(subject: Subject, tmux: Tmux | None) -> Finding:
    """Which way copies go."""
    environ = subject.environ
    if programs := clip.tools(environ, subject.which):
        return ok(f"{programs[0].name}")
    if subject.size is None:
        return ok("none without a terminal")
    far = "; over SSH, to the terminal at the other end" if clip.is_far(environ) else ""
    where = inside(environ)
    if tmux is not None:
        if tmux.clipboard:
            return ok(f"tmux's buffer and, by tmux, the terminal's clipboard{far}")
        if not tmux.passthrough:
            return warning("tmux's buffer only", f"{_PASSTHROUGH}, or: set -as terminal-features ',*:clipboard'")
        return ok(f"tmux's buffer and OSC 52, if the terminal accepts it{far}")
    if where is Inside.FAR_TMUX:
        return ok(f"OSC 52{far}", "tmux there needs: set -g set-clipboard on")
    through = " through screen" if where is Inside.SCREEN else ""
    return ok(f"OSC 52{through}, if the terminal accepts it{far}", _local_tool(environ) if not far else "")


def _local_tool(environ: Mapping[str, str]) -> str:
    """The program that would make copies certain, on a desktop without one."""
    if environ.get("WAYLAND_DISPLAY"):
        return "wl-clipboard makes copies certain."
    return "xclip makes copies certain." if environ.get("DISPLAY") else ""
