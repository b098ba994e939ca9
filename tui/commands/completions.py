"""`podtop completions`: completion of podtop's commands and flags for bash, zsh and fish, made from the parser.

Pods, GPU types and profiles are completed from what podtop recorded last: the scripts call `podtop --complete`.
"""

from __future__ import annotations

import argparse

from tui.commands.exit_codes import Exit
from tui.commands.recorded import FLAG
from tui.commands.stdio import write

FILES = ("--api-key-file", "--config", "--replay")
"""Flags that take a file."""

RECORDED = {
    ("stop", "pods_named"): "pods",
    ("resume", "pods_named"): "pods",
    ("terminate", "pods_named"): "pods",
    ("log", "pod"): "pods",
    ("market", "filter"): "gpus",
    ("once", "filter"): "gpus",
}
"""What is completed from recordings, by command and destination; profiles are, wherever they are taken."""

THEMES = (
    "podtop-dark", "podtop-light", "podtop-contrast", "podtop-deuteranopia", "podtop-tritanopia", "podtop-mono",
    "podtop-16",
)  # fmt: skip
"""podtop's own themes; loading them would load the screen."""

_BASH = f"""\
_podtop_recorded() {{
  local line word="$2" plain="$2"
  if [[ "$word" == [\\"\\']* ]]; then plain="${{word:1}}"; else plain="${{word//\\\\/}}"; fi
  while IFS= read -r line; do
    [[ "$line" == "$plain"* ]] || continue
    if [[ "$word" == [\\"\\']* ]]; then printf '%s\\n' "$line"; else printf '%q\\n' "$line"; fi
  done < <(podtop {FLAG} "$1" "${{COMP_WORDS[@]}}" 2>/dev/null)
}}"""

_ZSH = f"""\
_podtop_recorded() {{
  local kind="$1"
  shift
  # The words of zsh are those of the command alone, without the flags before it.
  local -a found=(${{(f)"$(podtop {FLAG} $kind "${{(@Q)${{(z)BUFFER}}}}" 2>/dev/null)"}})
  compadd "$@" -a found
}}"""


def show_completions(parser: argparse.ArgumentParser, shell: str) -> int:
    """Print a shell's completions; returns the exit code."""
    write(completions(parser, shell))
    return Exit.OK


def completions(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script for the shell."""
    import shtab

    for command, action in _actions(parser):
        kind = "profiles" if action.dest == "profile" else RECORDED.get((command, action.dest))
        if any(flag in FILES for flag in action.option_strings):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.dest == "theme":
            action.choices = THEMES
        elif kind is not None:
            action.complete = _recorded(kind)  # type: ignore[attr-defined]
    script = shtab.complete(parser, shell)
    # shtab completes only the first of several pods.
    return script.replace('"(*):', '"*:') if shell == "zsh" else script


def _recorded(kind: str) -> dict[str, object]:
    """Completion from recordings, as shtab takes it."""
    own = f"_podtop_{kind}"
    return {
        "bash": own,
        "zsh": own,
        "fish": f"(podtop {FLAG} {kind} (commandline -opc) 2>/dev/null)",
        "preamble": {
            "bash": f'{_BASH}\n{own}() {{ _podtop_recorded {kind} "$1"; }}',
            "zsh": f'{_ZSH}\n{own}() {{ _podtop_recorded {kind} "$@"; }}',
        },
    }


def _actions(parser: argparse.ArgumentParser, command: str = "") -> list[tuple[str, argparse.Action]]:
    """All flags of a parser and of its commands, each with the name of its command."""
    actions = []
    for action in parser._actions:
        actions.append((command, action))
        if isinstance(action, argparse._SubParsersAction):
            for name, of in action.choices.items():
                actions += _actions(of, name)
    return actions
