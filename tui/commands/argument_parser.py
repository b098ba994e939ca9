"""The mechanics of the command line: plain errors with the nearest spelling, no silent winner among repeated flags,
and commands whose arguments are built when they are used. Part of every start, so it imports next to nothing.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, cast

from msgspec import Struct

from tui.commands.plain_start import SEVERAL
from tui.commands.stdio import shown, write

if TYPE_CHECKING:
    from _collections_abc import dict_items, dict_values

    from _typeshed import SupportsWrite

_PLAIN = (
    (r"argument (\S+): expected one argument", r"\1 needs a value"),
    (r"argument (\S+): ignored explicit argument .*", r"\1 takes no value"),
    (r"argument (\S+): not allowed with argument (\S+)", r"\2 and \1 cannot be combined"),
    (r"the following arguments are required: (.*)", r"missing argument: \1"),
    (r"one of the arguments (.*) is required", r"missing one of: \1"),
    (r"argument (-\S+): (.*)", r"\1: \2"),
    (r"argument \S+: (.*)", r"\1"),
)
"""The messages of argparse, and what podtop says."""

_CREDENTIALS = re.compile(r"//[^/@\s]*@")

_EXAMPLES_WIDTH = 80

_LONGEST = 1000
"""Characters of an error: it repeats what was typed, which may be the content of a file."""

WITHOUT_COMMAND = frozenset({"--replay", "--at"})
"""Flags of the full screen that no command accepts: those of a replay."""


class Example(NamedTuple):
    """A command line that works, and what it does."""

    line: str
    does: str


class Command(Struct, frozen=True):
    """What is known of a command before it is used.

    summary: in the list of commands; `about`: in its own help.
    fill:    adds its arguments to its parser.
    topic:   the help topic with more about it, and what is there.
    appendix: a list for the end of its help, which is made only when that is shown.
    """

    summary: str
    about: str
    fill: Callable[[Parser], object]
    examples: tuple[Example, ...]
    topic: tuple[str, str]
    appendix: Callable[[], str] | None = None


class Parser(argparse.ArgumentParser):
    """The arguments of podtop, or of one command.

    Never echoes a part of the command line that looks like a key, and fails if its help cannot be written.

    given: the flags with a value that were given, with that value, by their destination.
    above: the parser of podtop, in that of a command.
    """

    def __init__(
        self,
        prog: str,
        about: str,
        examples: Sequence[Example],
        topic: tuple[str, str],
        appendix: Callable[[], str] | None = None,
        above: Parser | None = None,
    ) -> None:
        super().__init__(
            prog=prog, description=about, formatter_class=_Formatter, allow_abbrev=False, add_help=False
        )  # fmt: skip
        # Python 3.14 would color its help in its own way.
        self.color = False
        self.examples = tuple(examples)
        self.topic = topic
        self.above = above
        self._appendix = appendix
        self.given: dict[str, tuple[str, object]] = {}
        self._words: tuple[str, ...] = ()
        self._positionals.title, self._optionals.title = "arguments", "flags"
        for name in (None, "store"):
            self.register("action", name, _Once)

    def finish(self) -> Parser:
        """Write the usage line, which is the same on every Python."""
        shapes = [_shape(action) for action in self._get_positional_actions()]
        for group in self._mutually_exclusive_groups:
            if group.required:
                shapes.append(f"({' | '.join(action.option_strings[-1] for action in group._group_actions)})")
        self.usage = " ".join((self.prog, "[FLAG]...", *shapes))
        return self

    def add_commands(self, commands: Mapping[str, Command], general: Callable[[Parser], object]) -> None:
        """Add commands. `general`: adds the arguments that every command has."""

        def built(name: str) -> Parser:
            command = commands[name]
            parser = Parser(
                f"{self.prog} {name}", command.about, command.examples, command.topic, command.appendix, above=self
            )
            command.fill(parser)
            general(parser)
            return parser.finish()

        action = cast("_Commands", self.add_subparsers(
            action=_Commands, dest="command", metavar="COMMAND", title="commands"
        ))  # fmt: skip
        action.offer({name: command.summary for name, command in commands.items()}, built)

    def format_help(self) -> str:
        """The help, with examples and a link to a topic."""
        name, about = self.topic
        end = [] if self._appendix is None else ["", self._appendix()]
        self.epilog = "\n".join(("examples:", *examples_of(self.examples), "", f"podtop help {name}: {about}", *end))
        return super().format_help()

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Parse; every argument is known, or an error."""
        self.given = {}
        self._words = tuple(sys.argv[1:] if args is None else args)
        namespace, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(self._unknown_flag(rest) or f"unexpected argument {rest[0]!r}")
        return namespace, rest

    def note(self, dest: str, flag: str, value: object) -> None:
        """Note that a flag was given. It is an error if it was given with another value: none of two wins silently."""
        before = self.given.setdefault(dest, (flag, value))[1]
        if before != value:
            self.error(f"{flag} was given twice, with different values: {_quoted(before)} and {_quoted(value)}")

    def _unknown_flag(self, typed: Iterable[str]) -> str:
        """The error for the first typed flag that does not exist, without its value; empty if there is none."""
        for word in typed:
            flag = word.partition("=")[0]
            if not word.startswith("-") or word in ("-", "--") or flag in self._option_string_actions:
                continue
            if self.above is not None and (other := self.above._option_string_actions.get(flag)) is not None:
                if flag in WITHOUT_COMMAND:
                    return f"{flag} cannot be combined with a command"
                example = flag if other.metavar is None else f"{flag} {other.metavar}"
                return f"{flag} goes before the command: {self.above.prog} {example} {self.prog.split()[-1]}"
            if (command := self._command()) is not None and flag in command._option_string_actions:
                return f"{flag} goes after the command: {command.prog} {flag}"
            return (
                f"unknown flag {flag}{nearest(flag, [name for name in self._option_string_actions if len(name) > 2])}"
            )
        return ""

    def _command(self) -> Parser | None:
        """The command that was typed, if one was."""
        offered = next((a for a in self._get_positional_actions() if isinstance(a, _Commands)), None)
        names = () if offered is None else [word for word in self._words if word in offered.choices]
        return offered.choices[names[0]] if offered is not None and names else None

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        names = [str(choice) for choice in action.choices]
        if isinstance(action, _Commands):
            # The value of a flag that there is not looks like a command.
            before = self._words[: self._words.index(value)] if value in self._words else ()
            near = nearest(value, names) or f"; {self.prog} help lists the commands"
            raise argparse.ArgumentError(None, self._unknown_flag(before) or f"unknown command {value!r}{near}")
        argument = action.option_strings[-1] if action.option_strings else action.metavar
        raise argparse.ArgumentError(
            None, f"{argument}: invalid value {value!r}; expected {', '.join(names)}{nearest(value, names)}"
        )

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in a line, and where to look in another; exit with 2."""
        for pattern, plain in _PLAIN:
            if re.fullmatch(pattern, message, re.DOTALL):
                message = re.sub(pattern, plain, message, flags=re.DOTALL)
                break
        text = shown(message).replace("\n", "?")
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        self.exit(2, f"podtop: {text}\nSee {self.prog} --help.\n")

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        if file is sys.stdout and message:
            write(message)
        else:
            super()._print_message(message, file)


class _Once(argparse.Action):
    """Stores the value of a flag or an argument."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: Any = None
    ) -> None:
        if option_string is not None:
            cast("Parser", parser).note(self.dest, option_string, values)
        setattr(namespace, self.dest, values)


class Several(argparse.Action):
    """Stores the value of a flag that may be given several times: the first under its name, all under `SEVERAL`."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: Any = None
    ) -> None:
        named = tuple(dict.fromkeys((*getattr(namespace, SEVERAL, ()), values)))
        setattr(namespace, SEVERAL, named)
        setattr(namespace, self.dest, named[0])


class _Built(dict[str, Parser]):
    """The parsers of the commands by name; each is built when it is first used."""

    def __init__(self, names: Collection[str], built: Callable[[str], Parser]) -> None:
        super().__init__(dict.fromkeys(names))  # type: ignore[arg-type]
        self._build = built

    def __getitem__(self, name: str) -> Parser:
        parser: Parser | None = super().__getitem__(name)
        if parser is None:
            parser = self[name] = self._build(name)
        return parser

    def __iter__(self) -> Iterator[str]:
        # With one of its own, `dict(self)` calls `__getitem__`.
        return iter(self.keys())

    def values(self) -> dict_values[str, Parser]:
        return {name: self[name] for name in self}.values()

    def items(self) -> dict_items[str, Parser]:
        return {name: self[name] for name in self}.items()


class _Commands(argparse._SubParsersAction):  # type: ignore[type-arg]
    """Hands the rest of the command line to a command."""

    def offer(self, summaries: Mapping[str, str], built: Callable[[str], Parser]) -> None:
        """Offer commands by name, each with its summary."""
        self._name_parser_map = self.choices = _Built(summaries, built)
        self._choices_actions = [self._ChoicesPseudoAction(name, (), text) for name, text in summaries.items()]

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: Any = None
    ) -> None:
        name, *rest = values
        command = self.choices[name]
        setattr(namespace, self.dest, name)
        before = getattr(namespace, SEVERAL, ())
        for dest, value in vars(command.parse_args(rest)).items():
            setattr(namespace, dest, value)
        if named := tuple(dict.fromkeys((*before, *getattr(namespace, SEVERAL, ())))):
            setattr(namespace, SEVERAL, named)
            namespace.profile = named[0]
        for dest, (flag, value) in command.given.items():
            if dest in cast("Parser", parser).given:
                cast("Parser", parser).note(dest, flag, value)


class _Formatter(argparse.HelpFormatter):
    """Text of several lines stays as it is, and no flag is broken at its hyphens."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        import textwrap

        return textwrap.wrap(text, width, break_on_hyphens=False)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else "\n".join(self._split_lines(text, width))


def nearest(word: str, names: Iterable[str]) -> str:
    """The nearest spelling, as the end of a sentence; empty where none is near."""
    from tui.config.reader import near

    return near(word, names)


def examples_of(examples: Sequence[Example]) -> list[str]:
    """Examples in lines: what one does stands behind it, or below it if it is long."""
    width = max((len(line) for line, does in examples if len(line) + len(does) + 4 <= _EXAMPLES_WIDTH), default=0)
    lines = []
    for line, does in examples:
        if len(line) <= width and width + len(does) + 4 <= _EXAMPLES_WIDTH:
            lines.append(f"  {line:<{width}}  {does}")
        else:
            lines += [f"  {line}", f"      {does}"]
    return lines


def _shape(action: argparse.Action) -> str:
    if action.nargs == argparse.PARSER:
        return f"[{action.metavar}]"
    return {"+": f"{action.metavar}...", "?": f"[{action.metavar}]"}.get(str(action.nargs), str(action.metavar))


def _quoted(value: object) -> str:
    return repr(_CREDENTIALS.sub("//•••@", value) if isinstance(value, str) else value)
