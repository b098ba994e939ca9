"""The parts of the help topics that are made from the program: keys, symbols, settings, filters, documents, exit codes.

`python -m tests.generate_topics` writes them anew, between their two comments; a test fails when that is due.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import NODEFAULT, Struct

from tui.commands import topics
from tui.commands.exit_codes import MEANINGS
from tui.commands.tables import flat
from tui.config.fields import Field, fields, free, tables
from tui.config.settings import Profile, Settings
from tui.config.writer import purpose
from tui.demo.faults import WITH_VALUE, WORDS
from tui.domain.filters import Vocabulary

FOLDER = Path(topics.__file__).parent
PART = re.compile(r"(<!-- made: ([a-z-]+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def code(text: str) -> str:
    """Text as a code span, also in a cell of a table."""
    return f"`{text}`".replace("|", "\\|")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table."""
    titles = tuple(head)
    yield f"| {' | '.join(titles)} |"
    yield "|" + "---|" * len(titles)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def bindings() -> Iterator[str]:
    """Every binding under the title of its group."""
    from tui.app import PodtopApp
    from tui.ui.key_hints import GROUPS, key_word
    from tui.ui.keymap_check import declared

    titles = {
        **GROUPS,
        "filter": "Filter line", "confirm": "Dialogs", "choice": "Choices in a dialog", "deploy": "Deploy form",
        "help": "Help", "copy": "Copy menu", "readme": "Template readme", "waste": "Waste", "mute": "Mute menu",
        "sort": "Sort menu", "columns": "Column picker", "accounts": "Accounts", "goto": "Go to a time",
    }  # fmt: skip
    every = declared(PodtopApp).values()
    assert {binding.id.partition(".")[0] for binding in every} == set(titles)
    for group, title in titles.items():
        yield from ("", f"### {title}", "")
        of_group = (binding for binding in every if binding.id.partition(".")[0] == group)
        yield from table(
            ("Key", "Action", "ID"),
            (
                (
                    " ".join(code(key_word(key)) for key in binding.keys),
                    binding.help + (" (fixed)" if binding.fixed else ""),
                    code(binding.id),
                )
                for binding in of_group
            ),
        )


def symbols() -> Iterator[str]:
    """What the symbols of the screen mean."""
    from tui.ui.modals.help import MARKS, SIGNS

    yield from table(("Symbol", "Meaning"), ((code(symbol), meaning) for symbol, meaning in SIGNS))
    yield ""
    yield from table(("Event on a chart", "Meaning"), ((code(symbol), meaning) for symbol, meaning in MARKS))


def settings() -> Iterator[str]:
    """Every setting with what it takes, its default and its environment variable."""
    every: list[tuple[str, type[Struct]]] = [("", Settings), *tables().items(), ("profiles.NAME", Profile)]
    for title, group in every:
        yield from ("", f"### {f'[{title}]' if title else 'At the top of the file'}", "")
        if title:
            yield from (purpose(group), "")
        for name, setting in fields(group).items():
            variable = setting.variable if group is Settings else None
            yield f"- {code(name)}: {_setting(setting)}" + (f" Environment: {code(variable)}." if variable else "")
    for name, inner in free().items():
        if isinstance(inner, Field):
            yield from ("", f"### [{name}]", "", f"- {_setting(inner)}")


def _setting(setting: Field) -> str:
    default = setting.default
    told = "" if default in (None, "", (), NODEFAULT) else f" Default: {code(_value(default))}."
    return f"{setting.words}. Expects {setting.kind.accepted}.{told}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return json.dumps(value)
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


def terms() -> Iterator[str]:
    """What the filter of the market compares."""
    from tui.store.views.offer_filter import OFFERS

    yield from table(("Field", "Meaning"), fields_of(OFFERS.vocabulary))


def pod_terms() -> Iterator[str]:
    """What the filter of pods compares."""
    from tui.store.views.pod_filter import VOCABULARY

    yield from table(("Field", "Meaning"), fields_of(VOCABULARY))


def fields_of(vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    """The fields of a filter, each with its other names."""
    for name, field in vocabulary.fields.items():
        yield ", ".join(code(each) for each in (name, *field.aliases)), field.words


def filters() -> Iterator[str]:
    """What RunPod filters by."""
    from tui.store.views.offers import FILTERS

    yield from table(("Filter", "Meaning"), ((code(f"{name}="), words) for name, (_, words) in FILTERS.items()))


def documents() -> Iterator[str]:
    """The fields of the items of each kind of document."""
    from tui.commands.printer import ITEMS
    from tui.commands.report_items import ReportItem

    for kind, item in {**ITEMS, "report": ReportItem}.items():
        nested = [name for name in item.__struct_fields__ if name not in flat(item)]
        more = f"; in JSON also {', '.join(map(code, nested))}" if nested else ""
        yield f"- {kind}: {', '.join(map(code, flat(item)))}{more}"


def exit_codes() -> Iterator[str]:
    """What each exit code means."""
    yield from table(("Code", "Meaning"), ((code(str(int(number))), meaning) for number, meaning in MEANINGS.items()))


def faults() -> Iterator[str]:
    """What the simulated RunPod does wrong on demand."""
    names = {name: f"{name}:{WITH_VALUE[name]:g}" if name in WITH_VALUE else name for name in WORDS}
    yield from table(("Fault", "Meaning"), ((code(names[name]), words) for name, words in WORDS.items()))


PARTS: dict[str, Callable[[], Iterable[str]]] = {
    "bindings": bindings, "symbols": symbols, "settings": settings, "terms": terms,
    "pod-terms": pod_terms, "filters": filters,
    "documents": documents, "exit-codes": exit_codes, "faults": faults,
}  # fmt: skip


def made(text: str) -> str:
    """A topic with its parts as the program has them now."""

    def part(match: re.Match[str]) -> str:
        lines = "\n".join(PARTS[match[2]]()).strip("\n")
        return f"{match[1]}\n{lines}\n\n{match[3]}"

    return PART.sub(part, text)


def main() -> None:
    """Write the parts of every topic."""
    for name in topics.TOPICS:
        (FOLDER / f"{name}.md").write_text(made(topics.source(name)), "utf-8")


if __name__ == "__main__":
    main()
