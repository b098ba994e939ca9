"""The rungs between a command and what it does: which pods, what happens to them, and whether a person agrees."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tui.commands.exit_codes import Exit
from tui.commands.stdio import width_of_terminal
from tui.domain.action import Consent

if TYPE_CHECKING:
    from tui.commands.prompt import Terminal
    from tui.domain.consequences import Case

_WIDEST = 100
_TOPIC = 8


class Refused(Exception):
    """It ends here, before anything was sent. `str()` says why, for people."""

    def __init__(self, why: str, code: Exit = Exit.REFUSED) -> None:
        super().__init__(f"{why.rstrip('.')}. Nothing was sent.")
        self.code = code


def find(wanted: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """The ids of the pods that are meant, each once: an id, or a name that one pod alone has. Raises Refused.

    names: of every pod, by id.
    """
    found: list[str] = []
    for word in wanted:
        named = [id for id, name in names.items() if name == word]
        if word in names:
            if others := sorted(id for id in named if id != word):
                several = ", ".join(others)
                raise Refused(
                    f"{word!r} is the id of one pod ({names[word]}) and the name of another ({several}). "
                    "Say which: that one by its own name or in podtop itself, the other by its id",
                    Exit.USAGE,
                )
            found.append(word)
            continue
        if len(named) > 1:
            several = ", ".join(sorted(named))
            raise Refused(f"{word!r} is the name of {len(named)} pods: {several}. Say which, by its id", Exit.USAGE)
        if not named:
            raise Refused(_unknown(word, names), Exit.NOTHING)
        found += named
    return tuple(dict.fromkeys(found))


def _unknown(word: str, names: Mapping[str, str]) -> str:
    text = word.lower()
    near = [f"{id} ({name})" for id, name in names.items() if text and (text in name.lower() or text in id.lower())]
    there = near or [f"{id} ({name})" for id, name in names.items()]
    if not there:
        return f"there is no pod {word!r}, nor any other"
    more = f", and {len(there) - 10} more" if len(there) > 10 else ""
    kind = "like it there are" if near else "there are"
    return f"there is no pod {word!r}; {kind} {', '.join(there[:10])}{more}"


def show(made: Case) -> None:
    """Say what will happen, to which pods, beside the output."""
    import sys

    width = min(_WIDEST, width_of_terminal(sys.stderr) or _WIDEST)
    try:
        sys.stderr.write("".join(f"{line}\n" for line in lines(made, width)))
        sys.stderr.flush()
    except OSError as error:
        raise Refused(f"what will happen cannot be shown: {error.strerror or error}") from None


def lines(made: Case, width: int) -> list[str]:
    """What a dialog says, in lines of `width` cells."""
    found = [made.title]
    for subject in made.subjects:
        found += [f"  {subject.pod.name or subject.pod.id} ({subject.pod.id})", f"    {subject.line}"]
    for point in made.points:
        head = f"  {point.topic:<{_TOPIC}}"
        found += textwrap.wrap(point.text, max(20, width), initial_indent=head, subsequent_indent=" " * len(head))
    return found


async def agree(made: Case, terminal: Terminal) -> None:
    """Raises Refused unless a person agrees."""
    answer = await terminal.ask(question(made))
    if answer is None:
        raise Refused("there was no answer")
    if not agreed(made, answer):
        raise Refused("not agreed" if not made.typed or not answer else f"that is not {made.typed!r}")


def question(made: Case) -> str:
    one = len(made.subjects) == 1
    verb = made.action.verb
    if made.action.consent is Consent.PRESS:
        return f"{verb.capitalize()} {'it' if one else f'these {len(made.subjects)} pods'}? [y/N] "
    if one:
        return f"To {verb} it, type its name, {made.typed}: "
    return f"To {verb} these {len(made.subjects)} pods, type how many they are: "


def agreed(made: Case, answer: str) -> bool:
    """Whether an answer is consent: `y`, or what has to be typed; for one pod its id is as good as its name."""
    if not made.typed:
        return answer.lower() in ("y", "yes")
    return answer == made.typed or (len(made.subjects) == 1 and answer == made.subjects[0].pod.id)
