"""The manual page, made from the parser, the settings, the exit codes and the shape of the documents.

`python -m tests.generate_manual > tui/commands/podtop.1` makes it anew; a test tells when that is due. It says the same
on every Python, which argparse's own usage lines do not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from msgspec import Struct

from tui.commands.exit_codes import MEANINGS, SIGNALLED
from tui.commands.parser import KINDS
from tui.commands.tables import flat
from tui.config.fields import Field, fields, free, tables
from tui.config.settings import Profile, Settings
from tui.config.writer import purpose
from tui.demo.faults import WITH_VALUE, WORDS

_NAME = r"podtop \- htop for RunPod GPU pods"

_SHAPE = (
    "Every document is one line: podtop (the version of the shape, 1), kind, at, source, profile (where one was "
    "chosen), filters (of the market), total (how many there are "
    "without the filter), items, problems (what RunPod failed to give), and for pods and alerts money. A field is "
    "added, never renamed, as long as the version is 1. Null is what RunPod does not tell; it never means zero. "
    "Instants are ISO 8601 in UTC; _usd are dollars, _per_hr dollars an hour, _s seconds. No secret is in it. CSV has "
    "the fields that hold one value, after the instant; of the account it has one row for each field."
)

_SURROUNDINGS = (
    (
        "HTTPS_PROXY, ALL_PROXY",
        "the proxy by which RunPod and webhooks are reached, as http://USER:PASSWORD@HOST:PORT; also https, and socks5 "
        "and socks5h with the extra podtop[socks]; lower case goes first",
    ),
    (
        "NO_PROXY",
        "hosts, domains, addresses and networks that are reached without a proxy, with commas between; * is all",
    ),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "certificate authorities to trust in place of podtop's own list"),
)

_FILES = (
    ("$XDG_CONFIG_HOME/podtop/config.toml", "settings"),
    ("$XDG_STATE_HOME/podtop/actions.jsonl", "what podtop was told to change, and how it ended: see podtop log"),
    ("$XDG_STATE_HOME/podtop/archive", "recordings"),
    ("~/.runpod/config.toml", "RunPod's own settings, for the API key where podtop has none"),
)

_EXAMPLES = (
    ("podtop --demo once alerts", "what needs an eye, on an account that is made up"),
    ("podtop once pods --json --filter llama", "pods whose name, id, GPU, status or image has that in it"),
    ("podtop once pods --csv --watch 60 >> pods.csv", "a row for each pod and minute"),
    ("podtop stop k3v9x0q2m1a7ze", "says what that does to money and data, and asks"),
)


def text(words: str) -> str:
    """Words as troff reads them: no hyphen, backslash, quote or leading dot of theirs means anything."""
    escaped = words.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return "\\&" + escaped if escaped.startswith((".", "\\(aq")) else escaped


def manual(parser: argparse.ArgumentParser) -> str:
    """The page, in the macros that every man knows."""
    return "\n".join(_lines(parser)) + "\n"


def _lines(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield '.TH PODTOP 1 "" podtop "User Commands"'
    yield from (".SH NAME", _NAME)
    yield from (".SH SYNOPSIS", ".B podtop", text("[OPTION]... [COMMAND [ARGUMENT]...]"))
    yield from (".SH DESCRIPTION", text(parser.description or ""), ".PP", text(parser.epilog or ""))
    yield ".SH OPTIONS"
    yield from _options(parser)
    yield ".SH COMMANDS"
    for name, command in commands(parser).items():
        yield from (f'.SS "podtop {name}"', text(command.description or ""))
        yield from _options(command)
        if name == "simulate":
            yield from (".PP", text("Faults, each with the number it takes where none is given:"))
            for fault, words in WORDS.items():
                yield from _term(f"{fault}:{WITH_VALUE[fault]:g}" if fault in WITH_VALUE else fault, words)
    yield from (
        ".SH DOCUMENTS",
        text(f"What podtop once {'|'.join(KINDS)} prints as JSON and CSV."),
        ".PP",
        text(_SHAPE),
    )
    for kind, item in _items().items():
        nested = [name for name in item.__struct_fields__ if name not in flat(item)]
        yield from _term(kind, ", ".join(flat(item)) + (f"; in JSON also {', '.join(nested)}" if nested else ""))
    yield ".SH EXIT STATUS"
    for code, meaning in MEANINGS.items():
        yield from _term(str(int(code)), meaning)
    yield from (".PP", text(SIGNALLED))
    yield ".SH ENVIRONMENT"
    yield from _term("RUNPOD_API_KEY", "the API key")
    for names, words in _SURROUNDINGS:
        yield from _term(names, words)
    for name, setting in fields(Settings).items():
        if setting.variable:
            yield from _term(setting.variable, f"{name}: {setting.words}; {setting.kind.accepted}")
    yield ".SH SETTINGS"
    yield text("What config.toml may hold; podtop config --init writes one with all of it.")
    every: list[tuple[str, type[Struct]]] = [("", Settings), *tables().items(), ("profiles.NAME", Profile)]
    for title, table in every:
        yield from (".SS " + (f'"[{text(title)}]"' if title else '"At the top"'), text(purpose(table)))
        for name, setting in fields(table).items():
            yield from _term(name, f"{setting.words}; {setting.kind.accepted}")
    for name, inner in free().items():
        if isinstance(inner, Field):
            yield from (f'.SS "[{text(name)}]"', text(f"{inner.words}; {inner.kind.accepted}"))
    yield ".SH FILES"
    for path, what in _FILES:
        yield from _term(path, what)
    yield ".SH EXAMPLES"
    for example, what in _EXAMPLES:
        yield from _term(example, what)


def _items() -> dict[str, type[Struct]]:
    from tui.commands.printer import ITEMS

    return ITEMS


def _term(term: str, words: str) -> Iterator[str]:
    yield from (".TP", f"\\fB{text(term)}\\fR", text(words))


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands of a parser, by name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        value = "" if action.nargs == 0 else f" \\fI{text(str(action.metavar or action.dest.upper()))}\\fR"
        flags = ", ".join(f"\\fB{text(flag)}\\fR{value}" for flag in action.option_strings) or value.strip()
        # argparse's own words for its own two differ from one Python to the next.
        own = {"help": "show this help and end", "version": "show podtop's version and end"}
        yield from (".TP", flags, text(own.get(action.dest) or (action.help or "").replace("%%", "%")))


def main() -> None:
    """Print the page."""
    from tui.commands.parser import parser

    sys.stdout.write(manual(parser()))


if __name__ == "__main__":
    main()
