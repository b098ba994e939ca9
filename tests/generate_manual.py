"""The manual page: the options of every command, made from the parser, and the help topics.

`python -m tests.generate_manual > tui/commands/podtop.1` makes it; a test fails when that is due. It is the same on
every Python, which argparse's own usage lines are not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterator

from tui.commands.argument_parser import Parser
from tui.commands.topics import TOPICS, source
from tui.commands.topics.markdown import Block, Bullets, Code, Heading, Paragraph, Table, parse, rendered

_NAME = r"podtop \- htop for RunPod GPU pods"
_ELSEWHERE = {
    "EXIT STATUS": r"\fBSCRIPTS\fR",
    "ENVIRONMENT": r"\fBCONFIG\fR and, for proxies and certificates, \fBAPI\fR",
    "FILES": r"\fBCONFIG\fR",
}
"""Sections that readers of manuals look for, and the topics that have what is in them."""

_GENERAL = ("--no-color", "--quiet", "--help")
"""Flags of every command, which are explained once."""


def text(words: str) -> str:
    """Words as troff reads them, in ASCII: no hyphen, backslash, quote or leading dot of theirs means anything."""
    escaped = words.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    escaped = "".join(ch if ch.isascii() else f"\\[u{ord(ch):04X}]" for ch in escaped)
    return "\\&" + escaped if escaped.startswith((".", "\\(aq")) else escaped


def manual(parser: Parser) -> str:
    """The page, in the macros that every man knows."""
    return "\n".join(_lines(parser)) + "\n"


def _lines(parser: Parser) -> Iterator[str]:
    yield '.TH PODTOP 1 "" podtop "User Commands"'
    yield from (".SH NAME", _NAME)
    yield from (".SH SYNOPSIS", ".B podtop", text("[FLAG]... [COMMAND [ARGUMENT]...]"))
    yield from (".SH DESCRIPTION", text(parser.description or ""))
    yield ".SH OPTIONS"
    yield from _options(parser)
    yield from (".SH COMMANDS", text("Every command also takes --no-color, --quiet and --help."))
    for name, command in commands(parser).items():
        yield from (f'.SS "podtop {name}"', text(command.description or ""))
        yield from _options(command, but=_GENERAL)
        yield from _examples(command)
    yield ".SH EXAMPLES"
    yield from _examples(parser)
    for topic in TOPICS:
        for block in parse(source(topic)):
            yield from _block(block)
    for title, sections in _ELSEWHERE.items():
        yield from (f".SH {title}", f"See {sections}.")


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(1, title):
            name, _, about = title.partition(": ")
            yield from (f".SH {text(name.upper())}", text(f"{about[:1].upper()}{about[1:]}."))
        case Heading(2, title):
            yield f'.SS "{text(title)}"'
        case Heading(_, title):
            yield from (".PP", f"\\fB{text(title)}\\fR")
        case Paragraph(words):
            yield from (".PP", inline(words))
        case Bullets(items):
            for item in items:
                yield from (".IP \\(bu 2", inline(item))
        case Table(_, rows):
            for first, *rest in rows:
                yield from (".TP", inline(first), "; ".join(inline(cell) for cell in rest if cell))
        case Code(_, lines):
            yield from (".PP", ".RS 4", ".nf", *(text(line) for line in lines), ".fi", ".RE")


def inline(words: str) -> str:
    """A text as troff reads it: code is bold, a link to a topic is the name of its section."""

    def link(label: str, target: str) -> str:
        name = target.removesuffix(".md")
        return f"\\fB{text(name.upper())}\\fR" if name in TOPICS else f"{text(label)} ({text(target)})"

    return rendered(words, lambda code: f"\\fB{text(code)}\\fR", link, text, lambda words: f"\\fI{text(words)}\\fR")


def commands(parser: Parser) -> dict[str, Parser]:
    """The commands of a parser, by name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _options(parser: Parser, but: Collection[str] = ()) -> Iterator[str]:
    """Its flags, but for some."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) or {*action.option_strings} & {*but}:
            continue
        value = "" if action.nargs == 0 else f" \\fI{text(str(action.metavar or action.dest.upper()))}\\fR"
        flags = ", ".join(f"\\fB{text(flag)}\\fR{value}" for flag in action.option_strings) or value.strip()
        yield from (".TP", flags, text((action.help or "").replace("%%", "%")))


def _examples(parser: Parser) -> Iterator[str]:
    for line, does in parser.examples:
        yield from (".TP", f"\\fB{text(line)}\\fR", text(does))


def main() -> None:
    """Print the page."""
    from tui.commands.parser import parser

    sys.stdout.write(manual(parser()))


if __name__ == "__main__":
    main()
