"""The steps between a command and its action: which pods, what happens to them, and whether a person agrees."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tui.commands.exit_codes import Exit
from tui.commands.stdio import width_of_terminal
from tui.domain.action import Consent, Point

if TYPE_CHECKING:
    from tui.commands.prompt import Terminal
    from tui.domain.action import Command
    from tui.domain.consequences import Case

_WIDEST = 100
_TOPIC = 8


class Refused(Exception):
    """The command ends before anything was sent. `str()` is the reason, for users."""

    def __init__(self, why: str, code: Exit = Exit.REFUSED) -> None:
        super().__init__(f"{why.rstrip('.')}{'' if why.endswith('?') else '.'} Nothing was sent.")
        self.code = code


def find(wanted: Sequence[str], names: Mapping[str, str], *, is_cut: bool = False) -> tuple[str, ...]:
    """The ids of the selected pods, each once: by id, or by a name that only one pod has. Raises Refused.

    names:  of every pod, by id.
    is_cut: whether there are more pods than these, which may have the same names.
    """
    ids: list[str] = []
    for word in wanted:
        if is_cut and word not in names:
            raise Refused(
                f"RunPod lists more pods than podtop reads, and {word!r} is the ID of none of those. "
                "Select a pod by its ID, or use the RunPod console",
                Exit.NOTHING,
            )
        named = [id for id, name in names.items() if name == word]
        if word in names:
            if others := sorted(id for id in named if id != word):
                several = ", ".join(others)
                raise Refused(
                    f"{word!r} is the ID of one pod ({names[word]}) and the name of another ({several}). "
                    "Select the first by its name or in the podtop UI, the other by its ID",
                    Exit.USAGE,
                )
            ids.append(word)
            continue
        if len(named) > 1:
            several = ", ".join(sorted(named))
            raise Refused(f"{len(named)} pods are named {word!r}: {several}. Select one by its ID", Exit.USAGE)
        if not named:
            raise Refused(_unknown(word, names), Exit.NOTHING)
        ids += named
    return tuple(dict.fromkeys(ids))


def _unknown(word: str, names: Mapping[str, str]) -> str:
    if not names:
        return f"no pod named {word!r}; there are no pods"
    near = _near(word.lower(), names)
    listed = [f"{id} ({names[id]})" for id in (near or names)]
    some = f"{', '.join(listed[:10])}{f' and {len(listed) - 10} more' if len(listed) > 10 else ''}"
    return f"no pod named {word!r}; {f'did you mean {some}?' if near else f'pods: {some}'}"


def _near(text: str, names: Mapping[str, str]) -> list[str]:
    """The ids of pods whose id or name has the text in it; of none such, those that are spelled almost like it."""
    from difflib import get_close_matches

    if not text:
        return []
    if within := [id for id, name in names.items() if text in name.lower() or text in id.lower()]:
        return within
    spelled = {*get_close_matches(text, {word.lower() for pair in names.items() for word in pair}, 3)}
    return [id for id, name in names.items() if spelled & {id.lower(), name.lower()}]


def show(case: Case, account: str = "") -> None:
    """Print what will happen, to which pods, to standard error. `account`: whose pods these are, if there are several
    accounts."""
    import sys

    width = min(_WIDEST, width_of_terminal(sys.stderr) or _WIDEST)
    try:
        sys.stderr.write("".join(f"{line}\n" for line in lines(case, width, account)))
        sys.stderr.flush()
    except OSError as error:
        raise Refused(f"cannot show the consequences: {error.strerror or error}") from None


def lines(case: Case, width: int, account: str = "") -> list[str]:
    """The text of a dialog, in lines of `width` cells."""
    text = [case.title]
    for subject in case.subjects:
        text += [f"  {subject.pod.name or subject.pod.id} ({subject.pod.id})", f"    {subject.line}"]
    points = (Point("account", account), *case.points) if account else case.points
    for point in points:
        head = f"  {point.topic:<{_TOPIC}}"
        text += textwrap.wrap(point.text, max(20, width), initial_indent=head, subsequent_indent=" " * len(head))
    return text


def would(verb: str, command: Command) -> str:
    """What a dry run says of a command."""
    count = command.gpu_count
    gpus = "" if count is None else f" with {count} GPU{'' if count == 1 else 's'}"
    return f"would {verb} {command.name or command.pod} ({command.pod}){gpus}"


async def agree(case: Case, terminal: Terminal) -> None:
    """Raises Refused unless a person agrees."""
    answer = await terminal.ask(question(case))
    if answer is None:
        raise Refused("no reply")
    if not agreed(case, answer):
        raise Refused("not confirmed" if not case.typed or not answer else f"the reply is not {case.typed!r}")


def question(case: Case) -> str:
    single = len(case.subjects) == 1
    verb = case.action.verb
    if case.action.consent is Consent.PRESS:
        return f"{verb.capitalize()} {'this pod' if single else f'these {len(case.subjects)} pods'}? [y/N] "
    if single:
        return f"To {verb} this pod, type its name, {case.typed}: "
    return f"To {verb} these {len(case.subjects)} pods, type the number of pods: "


def agreed(case: Case, answer: str) -> bool:
    """Whether a reply is consent: `y`, or the text that must be typed; for one pod its id is as good as its name."""
    if not case.typed:
        return answer.lower() in ("y", "yes")
    return answer == case.typed or (len(case.subjects) == 1 and answer == case.subjects[0].pod.id)
